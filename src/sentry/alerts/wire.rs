//! The JSON forms in which Sentry's API returns integrations, alerts, rules and its log of sent webhooks.

use serde::Deserialize;

use super::types::{Alert, Integration, Project, SentWebhook};
use crate::domain::ids::Slug;
use crate::domain::timestamp::Timestamp;
use crate::json::{Flag, Int, Lenient, List, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct App {
    slug: Text,
    name: Text,
    events: List<Text>,
    is_alertable: Flag,
}

impl App {
    pub(super) fn integration(self) -> Option<Integration> {
        let slug = Slug::parse(self.slug.as_deref()?).ok()?;
        let is_alertable = self.is_alertable.0 != Some(false);
        Some(Integration { slug, is_alertable, resources: self.events.0, name: self.name })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AvailableAction {
    pub(super) sentry_app: Lenient<AvailableApp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AvailableApp {
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) installation_uuid: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Listed {
    id: Text,
    slug: Text,
}

impl Listed {
    pub(super) fn project(&self) -> Option<Project> {
        let parsed = |text: &Text| Slug::parse(text.as_deref()?).ok();
        Some(Project { slug: parsed(&self.slug)?, id: parsed(&self.id)? })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Workflow {
    name: Text,
    enabled: Flag,
    last_triggered: Text,
    action_filters: List<Lenient<ActionFilter>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ActionFilter {
    actions: List<Lenient<Action>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Action {
    #[serde(rename = "type")]
    kind: Text,
    config: Lenient<ActionConfig>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ActionConfig {
    target_identifier: Text,
}

impl Workflow {
    pub(super) fn notifying(self, identifiers: &[String]) -> Option<Alert> {
        let filters = self.action_filters.0.into_iter().filter_map(|filter| filter.0);
        let mut actions = filters.flat_map(|filter| filter.actions.0).filter_map(|action| action.0);
        let notifies = actions.any(|Action { kind, config }| {
            let target = config.0.map(|config| config.target_identifier).unwrap_or_default();
            kind.as_deref() == Some("sentry_app") && is_one_of(identifiers, &target)
        });
        notifies.then(|| alert(self.name, self.enabled.0 != Some(false), &self.last_triggered))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Rule {
    name: Text,
    snooze_for_everyone: Flag,
    last_triggered: Text,
    actions: List<Lenient<RuleAction>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RuleAction {
    service: Text,
    sentry_app_installation_uuid: Text,
}

impl Rule {
    pub(super) fn notifying(self, identifiers: &[String]) -> Option<Alert> {
        let mut actions = self.actions.0.into_iter().filter_map(|action| action.0);
        let notifies = actions.any(|action| {
            let targets = [action.service, action.sentry_app_installation_uuid];
            targets.iter().any(|target| is_one_of(identifiers, target))
        });
        let is_enabled = self.snooze_for_everyone.0 != Some(true);
        notifies.then(|| alert(self.name, is_enabled, &self.last_triggered))
    }
}

fn is_one_of(identifiers: &[String], target: &Text) -> bool {
    target.as_deref().is_some_and(|target| identifiers.iter().any(|it| it == target))
}

fn alert(name: Text, is_enabled: bool, last_fired: &Text) -> Alert {
    let last_fired = last_fired.as_deref().and_then(Timestamp::parse);
    Alert { name: name.untrusted().unwrap_or_default(), is_enabled, last_fired }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct LogEntry {
    date: Text,
    response_code: Int,
}

impl LogEntry {
    pub(super) fn webhook(&self) -> Option<SentWebhook> {
        // Sentry writes a space between date and time here.
        let date = self.date.as_deref().map(|date| date.replacen(' ', "T", 1));
        let at = date.as_deref().and_then(Timestamp::parse);
        Some(SentWebhook { status: self.response_code.0?, at })
    }
}
