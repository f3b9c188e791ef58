//! Checks whether Sentry notifies Sidenote's integration: by the subscription to issues, by the alerts of each project,
//! and by Sentry's own log of sent webhooks.
//!
//! An alert never fires if it is disabled or remained from before an upgrade of Sentry. Without this check nobody
//! notices: Sidenote stays as silent as in a week without errors.

use futures_util::stream::{StreamExt as _, iter};

use super::finding::CheckResult;
use crate::config::SentryConfig;
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::domain::timestamp::Timestamp;
use crate::sentry::{Alert, Alerts, Integration, Project, SentWebhook, Sentry, pages};

const SUBSCRIPTION: &str = "sentry.subscription";
const WEBHOOKS: &str = "sentry.webhooks";
const ALERTS: &str = "sentry.alerts";
pub(super) const NAMES: [&str; 3] = [SUBSCRIPTION, WEBHOOKS, ALERTS];

/// One run checks the alerts of at most this many projects.
const MOST_PROJECTS: usize = 20;
/// At most this many projects are checked at the same time.
const AT_ONCE: usize = 4;

/// The values that the checks of the subscription, the alerts and the webhook log need.
pub(super) struct Notifications<'a> {
    pub(super) config: &'a SentryConfig,
    /// The client for the server of `SENTRY_BASE_URL`.
    pub(super) sentry: &'a Sentry,
    /// The client for the server that knows the organization's integrations: `sentry.io` if `sentry` is for one of
    /// its regions, else the same server as `sentry`.
    pub(super) home: &'a Sentry,
    /// The slug of the integration that the auth token belongs to; `None` for a person's token.
    pub(super) slug: Option<&'a Slug>,
    /// The projects to check. An empty list means all projects of the organization.
    pub(super) projects: &'a [&'a Slug],
}

impl Notifications<'_> {
    /// Checks the subscription, the webhook log and the alerts. The last two are skipped if the slug of the integration
    /// is unknown.
    pub(super) async fn check(&self) -> Vec<CheckResult> {
        let found = self.home.integration(self.slug).await;
        let integration = found.as_ref().ok().and_then(Option::as_ref);
        let slug = integration.map(|it| &it.slug).or(self.slug);
        let subscription = self.subscription(&found);
        let Some(slug) = slug else {
            let unknown = |name| CheckResult::skipped(name, format!("see {SUBSCRIPTION}"));
            return std::iter::once(subscription).chain([WEBHOOKS, ALERTS].map(unknown)).collect();
        };
        let (sent, alerts) = tokio::join!(self.home.sent_webhooks(slug), self.alerts(slug, integration));
        [vec![subscription, self.webhooks(slug, sent)], alerts].concat()
    }

    fn subscription(&self, found: &Result<Option<Integration>, Failure>) -> CheckResult {
        match found {
            Ok(Some(integration)) if integration.is_subscribed_to("issue") => {
                CheckResult::ok(SUBSCRIPTION, format!("{} gets the webhooks of `issue`", integration.slug))
            }
            Ok(Some(integration)) => CheckResult::failed(
                SUBSCRIPTION,
                format!("{} does not get the webhooks of `issue`", integration.slug),
                format!("tick `issue` under Webhooks on {}", self.settings(&integration.slug)),
            ),
            Ok(None) => CheckResult::skipped(
                SUBSCRIPTION,
                "not checked: which of the organization's integrations is Sidenote's is unknown with this token",
            ),
            Err(why) => CheckResult::skipped(SUBSCRIPTION, unchecked(*why)),
        }
    }

    fn settings(&self, integration: &Slug) -> String {
        pages::integration(self.config, self.sentry.org(), integration)
            .unwrap_or_else(|| "the integration's page".to_owned())
    }

    fn webhooks(&self, slug: &Slug, sent: Result<Vec<SentWebhook>, Failure>) -> CheckResult {
        let sent = match sent {
            Ok(sent) => sent,
            Err(why) => {
                let evidence =
                    format!("{}; a member sees the log on {}", unchecked(why), self.settings(slug));
                return CheckResult::skipped(WEBHOOKS, evidence);
            }
        };
        let failed: Vec<&SentWebhook> = sent.iter().filter(|it| it.has_failed()).collect();
        let shown = |it: &SentWebhook| format!("{}, {}", when(it.at), answer(it.status));
        match (sent.first(), failed.first()) {
            (None, _) => CheckResult::warning(
                WEBHOOKS,
                format!("Sentry has sent {slug} no webhook within 30 days"),
                "resolve an issue in Sentry, wait a minute and run the doctor again",
            ),
            (Some(newest), _) if newest.has_failed() => CheckResult::failed(
                WEBHOOKS,
                format!("the newest webhook failed ({})", shown(newest)),
                format!("correct the Webhook URL on {}; test it with --url", self.settings(slug)),
            ),
            (Some(newest), Some(last)) => CheckResult::warning(
                WEBHOOKS,
                format!(
                    "{} of {} webhooks within 30 days failed, the last one {}; the newest arrived ({})",
                    failed.len(),
                    sent.len(),
                    shown(last),
                    when(newest.at)
                ),
                "Sentry does not repeat them: sidenote sweep writes the missing notes",
            ),
            (Some(newest), None) => CheckResult::ok(
                WEBHOOKS,
                format!("all {} webhooks within 30 days arrived, the newest {}", sent.len(), when(newest.at)),
            ),
        }
    }

    /// Checks that each project has an enabled alert that notifies the integration. Returns one result per checked
    /// project and, if there are too many projects, one for all others. If no project can be checked, the only result
    /// gives the reason.
    async fn alerts(&self, slug: &Slug, integration: Option<&Integration>) -> Vec<CheckResult> {
        if integration.is_some_and(|it| !it.is_alertable) {
            let remedy = format!("turn Alert Rule Action on, on {}", self.settings(slug));
            return vec![CheckResult::warning(ALERTS, format!("no alert can notify {slug}"), remedy)];
        }
        let known = tokio::join!(self.sentry.identifiers(slug, integration), self.sentry.projects());
        let (identifiers, projects) = match known {
            (Ok(identifiers), Ok(projects)) => (identifiers, projects),
            (Err(why), _) => return vec![CheckResult::skipped(ALERTS, unchecked(why))],
            (_, Err(Failure::Forbidden)) => {
                return vec![CheckResult::skipped(ALERTS, "not checked: the token lacks project:read")];
            }
            (_, Err(why)) => return vec![CheckResult::skipped(ALERTS, format!("not checked: {why}"))],
        };
        let wanted = |project: &Project| self.projects.is_empty() || self.projects.contains(&&project.slug);
        let mut projects: Vec<Project> = projects.into_iter().filter(wanted).collect();
        let rest = projects.split_off(projects.len().min(MOST_PROJECTS));
        let check = |project| self.of_project(project, slug, &identifiers);
        let mut results: Vec<CheckResult> = iter(&projects).map(check).buffered(AT_ONCE).collect().await;
        if results.is_empty() {
            results.push(CheckResult::skipped(ALERTS, "no project is visible"));
        }
        if !rest.is_empty() {
            let evidence = format!("{} more projects were not checked: name them with --project", rest.len());
            results.push(CheckResult::skipped(ALERTS, evidence));
        }
        results
    }

    async fn of_project(&self, project: &Project, slug: &Slug, identifiers: &[String]) -> CheckResult {
        let alerts = match self.sentry.alerts(project, identifiers).await {
            Ok(alerts) => alerts,
            Err(Failure::Forbidden) => {
                let evidence = "not checked: the token lacks project:read, or may not see this project";
                return CheckResult::skipped(ALERTS, format!("{}: {evidence}", project.slug));
            }
            Err(why) => {
                return CheckResult::skipped(ALERTS, format!("{}: {}", project.slug, unchecked(why)));
            }
        };
        let (alerts, is_current) = match alerts {
            Alerts::Current(alerts) => (alerts, true),
            Alerts::Rules(rules) => (rules, false),
        };
        if let Some(evidence) = firing(&alerts) {
            return CheckResult::ok(ALERTS, format!("{}: {evidence} {slug}", project.slug));
        }
        let page = pages::alerts(self.config, self.sentry.org(), is_current).unwrap_or_default();
        let left_behind = if is_current && alerts.is_empty() {
            self.sentry.rules(project, identifiers).await.unwrap_or_default()
        } else {
            Vec::new()
        };
        let (what, remedy) = match (alerts.first(), left_behind.first()) {
            (Some(alert), _) => (
                format!("the alert `{}` that notifies {slug} is disabled", alert.name.line(60)),
                format!("enable it on {page}"),
            ),
            (None, Some(rule)) => (
                format!("the rule `{}` is from before Sentry's alerts and does not fire", rule.name.line(60)),
                format!("create it again on {page}, with an action that notifies {slug}"),
            ),
            (None, None) => (
                format!("no alert notifies {slug}, so only the webhooks of `issue` arrive"),
                format!("add an action that notifies {slug} to an alert of this project on {page}"),
            ),
        };
        CheckResult::warning(ALERTS, format!("{}: {what}", project.slug), remedy)
    }
}

/// Returns the text about a project's enabled alerts and their last firing; `None` if no alert is enabled.
fn firing(alerts: &[Alert]) -> Option<String> {
    let enabled: Vec<&Alert> = alerts.iter().filter(|alert| alert.is_enabled).collect();
    let newest = enabled.iter().filter_map(|alert| alert.last_fired).max();
    let fired = newest.map_or_else(|| "never fired".to_owned(), |at| format!("last fired {at}"));
    match enabled.len() {
        0 => None,
        1 => Some(format!("1 alert ({fired}) notifies")),
        count => Some(format!("{count} alerts ({fired}) notify")),
    }
}

fn when(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "at an unknown time".to_owned(), |at| at.to_string())
}

fn answer(status: i64) -> String {
    if status == 0 { "no answer".to_owned() } else { format!("answer {status}") }
}

/// Returns the evidence text for a check whose request to Sentry failed.
fn unchecked(why: Failure) -> String {
    match why {
        Failure::Forbidden | Failure::Unauthorized => {
            "not checked: the token lacks org:read (Organization: Read)".to_owned()
        }
        Failure::NotFound => "not checked: this Sentry does not have it".to_owned(),
        Failure::Unreadable => {
            "not checked: Sentry's answer could not be read, or the list has more than 1000 entries"
                .to_owned()
        }
        why => format!("not checked: {why}"),
    }
}
