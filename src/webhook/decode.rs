//! Decodes the body of a webhook delivery to an [`Occurrence`], or to the reason why the delivery needs no work.

use super::wire::{self, Body, Content};
use super::{Delivery, event, links, metric};
use crate::domain::ids::{IssueId, Slug};
use crate::domain::issue::{Issue, Substatus};
use crate::domain::issue_update::{IssueUpdate, UpdateKind};
use crate::domain::occurrence::{IssueOccurrence, MetricState, Occurrence, SeerRootCause, Trigger};
use crate::domain::text::Untrusted;
use crate::json::{self, Lenient, Text};

/// The content of a webhook delivery whose body can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// The delivery reports a change of an issue or a metric alert, which has to be handled.
    Occurrence(Occurrence),
    /// The delivery reports a change that only updates the message about the issue. It needs no analysis.
    Update(IssueUpdate),
    /// The delivery needs no work, for this reason.
    Ignored(Ignored),
}

/// The reason why a delivery needs no work. Sentry still gets a 200, because the delivery itself is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// A comment was written, changed or deleted. Sidenote's own notes cause deliveries about comments, too.
    Comment,
    /// The integration with Sidenote was installed in Sentry or removed.
    Installation,
    /// Sentry analysed the size of a mobile app's build.
    Preprod,
    /// Sentry's AI agent Seer is still at work, or it finished a step other than the root cause.
    SeerProgress,
    /// The payload names no issue.
    NoIssue,
    /// Sidenote itself reported the error. The analysis of the error could cause another error of Sidenote, without
    /// end.
    Ourselves,
    /// The resource of the webhook (the kind of object that it is about) is unknown.
    UnknownResource,
    /// The action of the webhook, such as `created`, is unknown.
    UnknownAction,
}

impl Ignored {
    /// Returns the reason as it is written into replies and logs.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Installation => "installation",
            Self::Preprod => "preprod artifact",
            Self::SeerProgress => "seer progress",
            Self::NoIssue => "no issue in the payload",
            Self::Ourselves => "an error of our own",
            Self::UnknownResource => "unknown resource",
            Self::UnknownAction => "unknown action",
        }
    }
}

/// The deepest nesting of lists and objects that is read. Sentry trims events to far less.
const DEEPEST: usize = 100;

/// The reason why a body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The body is empty.
    #[error("the body is empty")]
    Empty,
    /// The body is not UTF-8.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// The body is not JSON.
    #[error("the body is not JSON (line {line}, column {column})")]
    NotJson {
        /// The line of the first error, from 1.
        line: usize,
        /// The column of the first error, from 1.
        column: usize,
    },
    /// The body is JSON, but it is nested deeper than any event.
    #[error("the body is nested too deeply")]
    TooDeep,
    /// The body is JSON, but not an object.
    #[error("the body is not a JSON object")]
    NotAnObject,
}

/// Decodes the body of a delivery.
///
/// # Errors
///
/// [`Unreadable`] if the body is not a JSON object in UTF-8, or is nested too deeply. Any other object is readable.
pub fn decode(delivery: &Delivery) -> Result<Decoded, Unreadable> {
    let body = parse(delivery.body())?;
    Ok(match kind(delivery.resource(), &body) {
        Ok(Kind::Update(kind)) => {
            update(kind, body).map_or(Decoded::Ignored(Ignored::NoIssue), Decoded::Update)
        }
        Ok(kind) => match occurrence(kind, body) {
            None => Decoded::Ignored(Ignored::NoIssue),
            Some(occurrence) if is_our_own(&occurrence) => Decoded::Ignored(Ignored::Ourselves),
            Some(occurrence) => Decoded::Occurrence(occurrence),
        },
        Err(reason) => Decoded::Ignored(reason),
    })
}

/// Whether the occurrence is an error of Sidenote itself: its release begins with `sidenote@`.
fn is_our_own(occurrence: &Occurrence) -> bool {
    let Occurrence::Issue(issue) = occurrence else { return false };
    let release =
        issue.event.as_ref().and_then(|event| event.release.as_ref().or_else(|| event.tag("release")));
    release.is_some_and(|release| release.raw().starts_with("sidenote@"))
}

fn parse(bytes: &[u8]) -> Result<Body, Unreadable> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Unreadable::Empty);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Unreadable::NotUtf8)?;
    if is_too_deep(text) {
        return Err(Unreadable::TooDeep);
    }
    // `Lenient` rejects a list here. A plain `Body` would take one, because serde reads a list as members in their
    // order.
    let body: Lenient<Body> = json::read(text)
        .map_err(|error| Unreadable::NotJson { line: error.line(), column: error.column() })?;
    body.0.ok_or(Unreadable::NotAnObject)
}

/// Whether lists and objects are nested deeper than [`DEEPEST`]. `serde_json` has a limit for the values it builds,
/// but none for the values it skips.
fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    text.bytes().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

/// The form of a webhook's body, together with the change that caused the webhook.
#[derive(Clone, Copy)]
enum Kind {
    /// The body has an issue in `data.issue`. If a person sent the webhook by hand, it can also have `data.event`.
    Issue(Trigger),
    /// The body has an event of an issue in `data.event`.
    Event(Trigger),
    /// The body has an event of an error in `data.error`.
    Error,
    /// The body has a metric alert in `data.metric_alert`.
    Metric(MetricState),
    /// The body has a root cause that Seer found in `data.root_cause`.
    Seer,
    /// The body is flat, as Sentry's legacy webhook plugin writes it.
    Flat,
    /// The body has an issue in `data.issue`, and reports a change that needs no analysis.
    Update(UpdateKind),
}

/// Recognizes the form of a body. A body with both an issue and an event is a person's request. For all others
/// `resource`, from the webhook's header, decides, or the content if there is no header. The header is not signed, so a
/// forged one can make Sidenote read a signed body in another form, or ignore it.
fn kind(resource: Option<&str>, body: &Body) -> Result<Kind, Ignored> {
    let action = body.action.as_deref().unwrap_or_default();
    let empty = Content::default();
    let content = body.data.0.as_ref().unwrap_or(&empty);
    if content.issue.0.is_some() && content.event.0.is_some() {
        return Ok(Kind::Issue(Trigger::Manual));
    }
    match (resource.or_else(|| resource_by_content(body, content)), action) {
        (Some("issue"), _) => issue_kind(action, content),
        (Some("event_alert"), "triggered") => Ok(Kind::Event(Trigger::Alert)),
        (Some("error"), "created") => Ok(Kind::Error),
        (Some("activity_alert"), "triggered") => {
            Ok(closed(content).map_or(Kind::Issue(Trigger::Alert), Kind::Update))
        }
        (Some("metric_alert"), _) => metric_state(action).map(Kind::Metric).ok_or(Ignored::UnknownAction),
        (Some("seer"), "root_cause_completed") if content.root_cause.0.is_some() => Ok(Kind::Seer),
        (Some("seer"), _) => Err(Ignored::SeerProgress),
        (Some("comment"), _) => Err(Ignored::Comment),
        (Some("installation"), _) => Err(Ignored::Installation),
        (Some("preprod_artifact"), _) => Err(Ignored::Preprod),
        (Some(FLAT), _) => Ok(Kind::Flat),
        (Some("event_alert" | "error" | "activity_alert"), _) => Err(Ignored::UnknownAction),
        (Some(_) | None, _) => Err(Ignored::UnknownResource),
    }
}

/// Sidenote's own name for the resource of the legacy plugin's webhooks, which have no resource header.
const FLAT: &str = "webhooks-plugin";

/// Returns the resource that the content of a body shows, for a webhook without the resource header.
fn resource_by_content(body: &Body, content: &Content) -> Option<&'static str> {
    let forms = [
        (content.error.0.is_some(), "error"),
        (content.metric_alert.0.is_some(), "metric_alert"),
        (content.root_cause.0.is_some(), "seer"),
        (content.event.0.is_some(), "event_alert"),
        (content.issue.0.is_some(), "issue"),
        (body.event.0.is_some() && body.id.as_deref().is_some(), FLAT),
    ];
    forms.into_iter().find(|(is_there, _)| *is_there).map(|(_, resource)| resource)
}

fn issue_kind(action: &str, content: &Content) -> Result<Kind, Ignored> {
    let substatus = || Substatus::parse(content.issue.0.as_ref()?.substatus.as_deref()?);
    match action {
        "created" => Ok(Kind::Issue(Trigger::Created)),
        "unresolved" => match substatus() {
            Some(changed @ (Substatus::Regressed | Substatus::Escalating)) => {
                Ok(Kind::Issue(Trigger::Unresolved(changed)))
            }
            _ => Ok(Kind::Update(UpdateKind::Unresolved)),
        },
        "resolved" => Ok(Kind::Update(UpdateKind::Resolved)),
        "assigned" => Ok(Kind::Update(UpdateKind::Assigned)),
        "ignored" | "archived" => Ok(Kind::Update(UpdateKind::Archived)),
        _ => Err(Ignored::UnknownAction),
    }
}

/// Returns the change that an alert on an issue's activity reports, if the issue was resolved or archived.
fn closed(content: &Content) -> Option<UpdateKind> {
    let activity = content.activity.0.as_ref().and_then(|activity| activity.kind.as_deref());
    let status = content.issue.0.as_ref().and_then(|issue| issue.status.as_deref());
    match (activity.unwrap_or_default(), status.unwrap_or_default()) {
        (kind, _) if kind.starts_with("set_resolved") => Some(UpdateKind::Resolved),
        (kind, _) if kind.starts_with("set_ignored") => Some(UpdateKind::Archived),
        (_, "resolved") => Some(UpdateKind::Resolved),
        (_, "ignored") => Some(UpdateKind::Archived),
        _ => None,
    }
}

fn metric_state(action: &str) -> Option<MetricState> {
    match action {
        "critical" | "open" => Some(MetricState::Critical),
        "warning" => Some(MetricState::Warning),
        "resolved" => Some(MetricState::Resolved),
        _ => None,
    }
}

/// Reads the occurrence in a body of the form `kind`. The result is `None` if the body names no issue although its form
/// requires one.
fn occurrence(kind: Kind, body: Body) -> Option<Occurrence> {
    let content = body.data.0.unwrap_or_default();
    let found = match kind {
        Kind::Update(_) => return None,
        Kind::Metric(state) => return Some(Occurrence::Metric(metric::alert(state, content))),
        Kind::Issue(trigger) => of_issue(trigger, content)?,
        Kind::Event(trigger) => of_event(trigger, *content.event.0?, content.triggered_rule)?,
        Kind::Error => of_event(Trigger::Error, *content.error.0?, Text::default())?,
        Kind::Seer => of_seer(&content)?,
        Kind::Flat => of_flat(FlatBody {
            id: body.id,
            project: body.project_slug,
            culprit: body.culprit,
            message: body.message,
            level: body.level,
            url: body.url,
            rule: body.triggering_rules.0.into_iter().next().unwrap_or_default(),
            event: *body.event.0?,
        })?,
    };
    Some(Occurrence::Issue(Box::new(found)))
}

/// Reads a change of an issue that needs no analysis. The result is `None` if the body names no issue.
fn update(kind: UpdateKind, body: Body) -> Option<IssueUpdate> {
    let content = body.data.0?;
    let wire = content.issue.0?;
    let issue = IssueId::parse(wire.id.as_deref()?).ok()?;
    let actor = body.actor.0.unwrap_or_default();
    let is_sentry = actor.id.as_deref() == Some("sentry");
    let assignee = content.assignee.0.map(|it| it.name).or(wire.assigned_to.0.map(|it| it.name));
    Some(IssueUpdate {
        issue,
        kind,
        is_by_app: !is_sentry && actor.kind.as_deref() == Some("application"),
        by: actor.name.untrusted().filter(|_| !is_sentry),
        assignee: assignee.and_then(Text::untrusted),
    })
}

fn bare(trigger: Trigger, issue: Issue) -> IssueOccurrence {
    IssueOccurrence { trigger, issue, org: None, event: None, rule: None, seer: None }
}

fn of_issue(trigger: Trigger, content: Content) -> Option<IssueOccurrence> {
    let wire = content.issue.0?;
    let id = IssueId::parse(wire.id.as_deref()?).ok()?;
    let urls = [&wire.web_url, &wire.url, &wire.permalink];
    let org = urls.into_iter().find_map(|url| links::org(url.as_deref()?));
    let mut occurrence = bare(trigger, wire.of(id));
    occurrence.org = org;
    occurrence.event = content.event.0.map(|wire| event::event(*wire));
    occurrence.rule = content.alert.0.and_then(|alert| alert.title.untrusted());
    Some(occurrence)
}

fn of_event(trigger: Trigger, wire: wire::Event, rule: Text) -> Option<IssueOccurrence> {
    let urls = [&wire.url, &wire.web_url, &wire.issue_url];
    let in_urls = || urls.into_iter().find_map(|url| links::issue(url.as_deref()?));
    let id = wire.issue_id.as_deref().and_then(|id| IssueId::parse(id).ok()).or_else(in_urls)?;
    let org = urls.into_iter().find_map(|url| links::org(url.as_deref()?));
    let project = wire.url.as_deref().and_then(links::project);
    let issue = Issue { project, ..issue_of_event(&wire, id) };
    Some(IssueOccurrence {
        org,
        event: Some(event::event(wire)),
        rule: rule.untrusted(),
        ..bare(trigger, issue)
    })
}

/// Returns an issue with the title, culprit and level in one of its events.
fn issue_of_event(wire: &wire::Event, id: IssueId) -> Issue {
    let text = |text: &Text| text.as_deref().map(Untrusted::new);
    Issue {
        title: text(&wire.title),
        culprit: text(&wire.culprit),
        level: text(&wire.level),
        ..Issue::unknown(id)
    }
}

fn of_seer(content: &Content) -> Option<IssueOccurrence> {
    let in_issue = || content.issue.0.as_ref()?.id.as_deref();
    let id = content.group_id.as_deref().or_else(in_issue).and_then(|id| IssueId::parse(id).ok())?;
    let cause = content.root_cause.0.as_ref()?;
    let texts = |list: &[Text]| list.iter().filter_map(|text| text.as_deref().map(Untrusted::new)).collect();
    let seer = SeerRootCause {
        summary: Untrusted::new(cause.one_line_description.as_deref()?),
        reasoning: texts(&cause.five_whys.0),
        reproduction: texts(&cause.reproduction_steps.0),
    };
    Some(IssueOccurrence { seer: Some(seer), ..bare(Trigger::SeerFinished, Issue::unknown(id)) })
}

/// The members of a body of Sentry's legacy webhook plugin.
struct FlatBody {
    id: Text,
    project: Text,
    culprit: Text,
    message: Text,
    level: Text,
    url: Text,
    rule: Text,
    event: wire::Event,
}

fn of_flat(flat: FlatBody) -> Option<IssueOccurrence> {
    let id = IssueId::parse(flat.id.as_deref()?).ok()?;
    let known = issue_of_event(&flat.event, id.clone());
    let issue = Issue {
        title: flat.message.untrusted(),
        culprit: flat.culprit.untrusted(),
        level: flat.level.untrusted(),
        project: flat.project.as_deref().and_then(|slug| Slug::parse(slug).ok()),
        ..Issue::unknown(id)
    };
    let org = flat.url.as_deref().and_then(links::org);
    let event = Some(event::event(flat.event));
    Some(IssueOccurrence { org, event, rule: flat.rule.untrusted(), ..bare(Trigger::Alert, issue.or(known)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_json_value_affects_only_its_member() {
        let body = parse(
            br#"{"action":"created","action":"resolved","data":{"event":{"message":"half \ud83d a pair","level":NaN,
            "level":"error","count":1e999},"event":{}}}"#,
        );
        let body = body.expect("a body");
        assert_eq!(body.action.as_deref(), Some("created"));
        let event = body.data.0.expect("data").event.0.expect("an event");
        assert_eq!(event.message.as_deref(), Some("half \u{fffd} a pair"));
    }
}
