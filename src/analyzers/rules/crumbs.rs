//! Finds a failure just before the event in its breadcrumbs: a call that returned an error, or an error that was
//! logged.

use crate::domain::analysis::Finding;
use crate::domain::event::{Breadcrumb, Event};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Phrase, Sentence};

/// At most this many breadcrumbs are read: the newest ones.
const NEWEST: usize = 8;
/// At most this many characters of each message are compared.
const SAID: usize = 2_000;
/// At most this many exceptions are compared.
const EXCEPTIONS: usize = 20;
/// The longest time between a breadcrumb and the event, in seconds.
const JUST: i64 = 60;

/// A failure that a breadcrumb recorded just before the event.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    /// Whether the failure was a call to another service. Otherwise it was a logged error.
    is_call: bool,
    /// Whether the call had no answer or a 5xx status. Another status can be intended.
    is_outage: bool,
    /// The statement about the failure in the note.
    pub(super) finding: Finding,
}

/// Returns the newest failed call just before the event. If no call failed, returns the newest logged error.
pub(super) fn failed(evidence: &Evidence) -> Option<Failed> {
    let event = evidence.event.as_ref()?;
    let newest = event.breadcrumbs.iter().enumerate().rev().take(NEWEST);
    let before = newest.filter(|(_, crumb)| is_just_before(event, crumb) && !is_the_event(event, crumb));
    // `min_by_key` returns the first of equal elements, so calls come before logged errors.
    before.filter_map(|(at, crumb)| failure(crumb, at)).min_by_key(|failed| !failed.is_call)
}

fn failure(crumb: &Breadcrumb, at: usize) -> Option<Failed> {
    let is_refused = crumb.status.is_some_and(|status| status >= 400);
    let is_error = matches!(crumb.level.as_ref().map(Untrusted::raw), Some("error" | "fatal" | "critical"));
    let is_call = is_refused || is_error && is_call(crumb);
    if !is_call && !is_error {
        return None;
    }
    let phrase: Phrase = if is_call { |w| w.crumb_failed } else { |w| w.crumb_error };
    let said = Sentence::new(phrase, [Arg::message(crumb.message.as_ref()?)]);
    let is_outage = is_call && crumb.status.is_none_or(|status| status >= 500);
    Some(Failed { is_call, is_outage, finding: Finding::new(said, [Cite::Breadcrumb(at)]) })
}

fn is_call(crumb: &Breadcrumb) -> bool {
    let category = crumb.category.as_ref().map(Untrusted::raw).unwrap_or_default();
    ["http", "xhr", "fetch", "httplib", "query", "sql", "db", "grpc", "redis"]
        .iter()
        .any(|call| category.split('.').any(|part| part == *call))
}

/// Whether the breadcrumb is at most [`JUST`] seconds older than the event. A breadcrumb without a time counts as
/// recent.
fn is_just_before(event: &Event, crumb: &Breadcrumb) -> bool {
    match (event.at, crumb.at) {
        (Some(event), Some(crumb)) => event.unix() - crumb.unix() <= JUST,
        _ => true,
    }
}

/// Whether the breadcrumb repeats the event. Loggers record the event itself as the last breadcrumb.
fn is_the_event(event: &Event, crumb: &Breadcrumb) -> bool {
    let Some(said) = crumb.message.as_ref().map(|said| said.start(SAID)) else { return false };
    let raised = event.exceptions.iter().take(EXCEPTIONS).filter_map(|x| x.message.as_ref());
    raised
        .chain(&event.message)
        .map(|message| message.start(SAID))
        .any(|message| !message.is_empty() && said.contains(message))
}

impl Failed {
    /// Returns the advice to check the service that failed. Returns `None` if the failure was not an outage.
    pub(super) fn step(&self) -> Option<Sentence> {
        self.is_outage.then(|| Sentence::plain(|w| w.step_crumb))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::IssueId;
    use crate::domain::timestamp::Timestamp;

    fn crumb(category: &str, level: &str, status: Option<u64>, message: &str) -> Breadcrumb {
        Breadcrumb {
            at: Timestamp::from_unix(1_000),
            category: Some(Untrusted::new(category)),
            level: Some(Untrusted::new(level)),
            message: Some(Untrusted::new(message)),
            status,
            details: Vec::new(),
        }
    }

    fn cited(breadcrumbs: Vec<Breadcrumb>, at: i64) -> Option<String> {
        let event = Event {
            at: Timestamp::from_unix(at),
            message: Some(Untrusted::new("order failed")),
            breadcrumbs,
            ..Event::default()
        };
        let evidence = Evidence::of_event(IssueId::parse("1").expect("an id"), Some(event));
        failed(&evidence).map(|failed| failed.finding.cites[0].to_string())
    }

    #[test]
    fn failed_calls_and_logged_errors_just_before_the_error_are_reported() {
        let crumbs = vec![
            crumb("http", "info", Some(503), "GET https://stock.example/items 503"),
            crumb("http", "info", Some(200), "GET https://stock.example/ 200"),
            crumb("console", "error", None, "cannot show the cart"),
            crumb("console", "error", None, "order failed: no stock"),
        ];
        assert_eq!(cited(crumbs.clone(), 1_010).as_deref(), Some("B1"));
        assert_eq!(cited(crumbs[1..].to_vec(), 1_010).as_deref(), Some("B2"));
        assert_eq!(cited(crumbs, 2_000), None);
    }
}
