//! Converts the metric alert in a webhook (`data.metric_alert`) to [`MetricAlert`].

use super::links;
use super::wire::{self, Content};
use crate::domain::ids::Slug;
use crate::domain::occurrence::{MetricAlert, MetricState, Threshold};
use crate::domain::text::Untrusted;
use crate::json::Text;

/// Reads an alert about a metric. `state` is the metric's state after the change.
pub(super) fn alert(state: MetricState, content: Content) -> MetricAlert {
    let alert = content.metric_alert.0.unwrap_or_default();
    let rule = alert.alert_rule.0.unwrap_or_default();
    let titles = [&content.description_title, &alert.title, &rule.name];
    let title = titles.into_iter().find_map(Text::as_deref).unwrap_or("metric alert");
    MetricAlert {
        state,
        title: Untrusted::new(without_state(title)),
        description: content.description_text.as_deref().map(lines).unwrap_or_default(),
        threshold: threshold(state, &rule),
        org: content.web_url.as_deref().and_then(links::org),
        rule_id: rule.id.as_deref().and_then(|id| Slug::parse(id).ok()),
    }
}

/// Removes the state from a title such as `Critical: p95 over 2 s`. Sidenote writes the state in the reader's language
/// instead.
fn without_state(title: &str) -> &str {
    let states = ["Critical: ", "Warning: ", "Resolved: "];
    states.iter().find_map(|state| title.strip_prefix(state)).unwrap_or(title)
}

/// Splits a text into its non-blank lines. A backslash followed by `n` also counts as a line break.
fn lines(text: &str) -> Vec<Untrusted> {
    let text = text.replace("\\n", "\n");
    text.lines().filter(|line| !line.trim().is_empty()).map(Untrusted::new).collect()
}

/// Returns the threshold that the metric crossed. A resolved metric has crossed none.
fn threshold(state: MetricState, rule: &wire::AlertRule) -> Option<Threshold> {
    let label = match state {
        MetricState::Critical => "critical",
        MetricState::Warning => "warning",
        MetricState::Resolved => return None,
    };
    let mut triggers = rule.triggers.0.iter().filter_map(|trigger| trigger.0.as_ref());
    let trigger = triggers.find(|trigger| trigger.label.as_deref() == Some(label))?;
    let value = trigger.alert_threshold.as_deref().or(trigger.old_alert_threshold.as_deref())?;
    let kind = rule.threshold_type.0.or(rule.old_threshold_type.0).unwrap_or_default();
    Some(Threshold { value: Untrusted::new(value), is_above: kind != BELOW })
}

/// The value of `threshold_type` in Sentry's JSON for a rule that alerts when the value falls below the threshold.
const BELOW: i64 = 1;
