//! The Sentry endpoints about notifications of an integration: integrations, alerts in both generations of the API, and
//! Sentry's log of the webhooks that it sent.
//!
//! A current Sentry has alerts for the whole organization, which its API calls workflows. An older one has rules for
//! each project.

use serde_json::{Value, json};

use super::super::exchange::{Recorded, Reply};
use super::routes::{Endpoint, Found};
use super::state::{Call, State};
use super::world::{AlertApi, Project, SentryWorld};
use super::{answers, paging};

/// An internal integration of the organization.
#[derive(Clone, Debug)]
#[must_use]
pub struct Integration {
    pub(super) slug: String,
    resources: Vec<String>,
    is_alertable: bool,
    sent: Vec<(String, u16, String)>,
}

impl Integration {
    /// Creates an integration that is subscribed to webhooks about issues and has never been sent one.
    pub fn new(slug: &str) -> Self {
        Self {
            slug: slug.to_owned(),
            resources: vec!["issue".to_owned()],
            is_alertable: true,
            sent: Vec::new(),
        }
    }

    /// Replaces the resources whose webhooks the integration gets.
    pub fn subscribed_to(mut self, resources: &[&str]) -> Self {
        self.resources = resources.iter().map(|&resource| resource.to_owned()).collect();
        self
    }

    /// Makes the integration one that alerts cannot notify.
    pub fn not_alertable(mut self) -> Self {
        self.is_alertable = false;
        self
    }

    /// Adds a webhook to Sentry's log: its event, the status of the reply (0 without a reply) and the time. Later calls
    /// add newer webhooks.
    pub fn sent(mut self, event: &str, status: u16, at: &str) -> Self {
        self.sent.push((event.to_owned(), status, at.to_owned()));
        self
    }

    fn id(&self) -> String {
        self.slug.bytes().map(u64::from).sum::<u64>().to_string()
    }

    fn uuid(&self, of: &str) -> String {
        format!("{of}-of-{}", self.slug)
    }
}

/// An alert of a project. A Sentry of the older generation has a rule instead.
#[derive(Clone, Debug)]
#[must_use]
pub struct Alert {
    project: String,
    name: String,
    notifies: String,
    is_enabled: bool,
    last_fired: Option<String>,
    is_old_rule: bool,
}

impl Alert {
    /// Creates an enabled alert of a project that has never fired. It notifies the integration with the slug
    /// `notifies`.
    pub fn new(project: &str, name: &str, notifies: &str) -> Self {
        Self {
            project: project.to_owned(),
            name: name.to_owned(),
            notifies: notifies.to_owned(),
            is_enabled: true,
            last_fired: None,
            is_old_rule: false,
        }
    }

    /// Sets the last time at which the alert fired, in Sentry's form (ISO 8601).
    pub fn fired(mut self, at: &str) -> Self {
        self.last_fired = Some(at.to_owned());
        self
    }

    /// Disables the alert. A rule of an older Sentry is muted for everyone instead, because Sentry does not list
    /// disabled rules.
    pub fn disabled(mut self) -> Self {
        self.is_enabled = false;
        self
    }

    /// Turns the alert into a rule from before an upgrade. A Sentry with alerts lists it among the rules, but never
    /// fires it.
    pub fn old_rule(mut self) -> Self {
        self.is_old_rule = true;
        self
    }

    fn workflow(&self, world: &SentryWorld, id: usize) -> Value {
        let app = world.integrations.iter().find(|app| app.slug == self.notifies);
        let action = app.map(|app| {
            json!({"id": "9", "type": "sentry_app", "integrationId": null, "data": {}, "status": "active",
                "config": {"targetType": "sentry_app", "targetIdentifier": app.id(), "targetDisplay": null,
                    "sentryAppIdentifier": "sentry_app_id"}})
        });
        let actions: Vec<Value> = action.into_iter().collect();
        json!({"id": id.to_string(), "name": self.name, "enabled": self.is_enabled, "detectorIds": ["1"],
            "lastTriggered": self.last_fired, "environment": null, "config": {"frequency": 30}, "triggers": null,
            "actionFilters": [{"id": "8", "logicType": "all", "conditions": [], "actions": actions}]})
    }

    fn rule(&self, id: usize) -> Value {
        json!({"id": id.to_string(), "name": self.name, "status": "active", "snooze": !self.is_enabled,
            "snoozeForEveryone": !self.is_enabled, "lastTriggered": self.last_fired, "projects": [self.project],
            "conditions": [], "filters": [], "frequency": 30, "actionMatch": "any", "actions": [
                {"id": "sentry.mail.actions.NotifyEmailAction", "targetType": "IssueOwners"},
                {"id": "sentry.rules.actions.notify_event_service.NotifyEventServiceAction",
                    "service": self.notifies}]})
    }
}

/// Whether a route exists only in a Sentry with alerts.
pub(super) fn needs_alerts(found: &Found, request: &Recorded) -> bool {
    matches!(found.route.endpoint, Endpoint::Actions | Endpoint::Alerts)
        || request.path.ends_with("/webhook-requests/")
}

fn wanted<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a Integration, Reply> {
    let slug = call.found.capture("app");
    state.world.integrations.iter().find(|app| app.slug == slug).ok_or_else(answers::not_found)
}

/// Replies to `GET /organizations/{org}/projects/` with the projects of the organization.
pub(super) fn projects(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    paging::page(state, call, &state.world.projects.iter().map(Project::json).collect::<Vec<_>>())
}

/// Replies to `GET /projects/` with the projects that the token's user can see. A person sees the projects of other
/// organizations too.
pub(super) fn visible_projects(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let is_person = call.token.and_then(|token| token.identity.as_ref()).is_some_and(|who| who.app.is_none());
    let elsewhere = state.world.projects_elsewhere.iter().filter(|_| is_person);
    let all: Vec<Value> = state.world.projects.iter().chain(elsewhere).map(Project::json).collect();
    paging::page(state, call, &all)
}

/// Replies to `GET /organizations/{org}/sentry-apps/` with the organization's integrations.
pub(super) fn integrations(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let each = |app: &Integration| {
        json!({"slug": app.slug, "name": app.slug, "uuid": app.uuid("app"), "status": "internal",
            "isAlertable": app.is_alertable, "events": app.resources, "scopes": [], "schema": {}, "verifyInstall": false,
            "webhookUrl": "https://hook.example/"})
    };
    paging::page(state, call, &state.world.integrations.iter().map(each).collect::<Vec<_>>())
}

/// Replies to `GET /organizations/{org}/available-actions/` with the actions that an alert can have.
pub(super) fn actions(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let email =
        json!({"type": "email", "handlerGroup": "notification", "configSchema": {}, "dataSchema": {}});
    let each = |app: &Integration| {
        json!({"type": "sentry_app", "handlerGroup": "other", "configSchema": {}, "dataSchema": {},
            "sentryApp": {"id": app.id(), "name": app.slug, "installationId": "3",
                "installationUuid": app.uuid("installation"), "status": 1}})
    };
    let all: Vec<Value> = std::iter::once(email)
        .chain(state.world.integrations.iter().filter(|app| app.is_alertable).map(each))
        .collect();
    paging::page(state, call, &all)
}

/// Replies to `GET /organizations/{org}/workflows/` with the alerts of the project with the id in `project`.
pub(super) fn workflows(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let project = call.query("project").unwrap_or_default();
    let project = state.world.projects.iter().find(|it| it.id == project).ok_or_else(answers::forbidden)?;
    let alerts = state.world.alerts.iter().enumerate();
    let alerts = alerts.filter(|(_, it)| !it.is_old_rule && it.project == project.slug);
    let each: Vec<Value> = alerts.map(|(at, alert)| alert.workflow(&state.world, at + 1)).collect();
    paging::page(state, call, &each)
}

/// Replies to `GET /projects/{org}/{project}/rules/` with the project's rules.
pub(super) fn rules(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let project = call.found.capture("project");
    let rules = state.world.alerts.iter().enumerate();
    let rules = rules.filter(|(_, it)| {
        it.project == project && (it.is_old_rule || state.world.alert_api == AlertApi::Rules)
    });
    paging::page(state, call, &rules.map(|(at, rule)| rule.rule(at + 1)).collect::<Vec<_>>())
}

/// Replies to `GET /sentry-apps/{app}/webhook-requests/`, or `…/requests/` in an older Sentry, with all webhooks of the
/// log, newest first.
pub(super) fn webhooks(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let app = wanted(state, call)?;
    let each = |(event, status, at): &(String, u16, String)| {
        json!({"webhookUrl": "https://hook.example/", "sentryAppSlug": app.slug, "eventType": event, "date": at,
            "responseCode": status})
    };
    Ok(answers::ok(&json!(app.sent.iter().rev().map(each).collect::<Vec<_>>())))
}
