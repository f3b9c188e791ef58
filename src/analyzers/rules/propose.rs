//! Proposes an action on the Sentry issue, such as to assign or archive it: at most one, and only if the evidence is
//! clear. A person decides about it.

use super::commits::Tied;
use super::knowledge::Known;
use super::{Clues, commits, novelty};
use crate::domain::action::{Actor, Assignee, IssueAction, Priority, Proposal};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::issue::Substatus;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Sentence};

/// An issue counts as urgent if it affects at least this many users.
const MANY_USERS: u64 = 100;
/// Archiving a harmless issue is proposed only if it affects at most this many users.
const FEW_USERS: u64 = 5;
/// An issue counts as silent only if it had at least this many events in the last 30 days.
const ENOUGH_EVENTS: u64 = 10;
/// An issue counts as silent only if it had no event for this many days.
const SILENT_DAYS: u8 = 3;
/// The length of a day in seconds.
const DAY: i64 = 86_400;

/// Returns the proposal of the first rule that applies.
pub(super) fn proposal(evidence: &Evidence, clues: &Clues) -> Proposal {
    clues
        .known
        .as_ref()
        .and_then(|known| noise(evidence, known))
        .or_else(|| urgent(evidence))
        .or_else(|| assign(evidence, clues.commit?))
        .or_else(|| back(evidence))
        .or_else(|| silent(evidence))
        .unwrap_or_else(Proposal::none)
}

fn noise(evidence: &Evidence, known: &Known) -> Option<Proposal> {
    if !known.is_noise(evidence) {
        return None;
    }
    // Without statistics the number of users is unknown.
    let users = evidence.issue.users?;
    let cites = vec![known.cite.clone(), Cite::Issue];
    if users <= FEW_USERS {
        let because = Sentence::plain(|w| w.because_noise);
        return Some(Proposal { action: Some(IssueAction::ArchiveUntilEscalating), because, cites });
    }
    let because = Sentence::new(|w| w.because_noise_many, [Arg::Number(users)]);
    priority(evidence, Priority::Low, because, cites)
}

fn urgent(evidence: &Evidence) -> Option<Proposal> {
    let users = evidence.issue.users.unwrap_or(0);
    if novelty::is_escalating(evidence) {
        return priority(
            evidence,
            Priority::High,
            Sentence::plain(|w| w.because_escalating),
            vec![Cite::Issue],
        );
    }
    let because = Sentence::new(|w| w.because_users, [Arg::Number(users)]);
    (users >= MANY_USERS).then(|| priority(evidence, Priority::High, because, vec![Cite::Issue])).flatten()
}

/// Proposes an assignee: the Sentry user whose commit is connected with the stack trace. An issue that has an assignee
/// gets no proposal.
fn assign(evidence: &Evidence, suspect: Tied) -> Option<Proposal> {
    let (at, commit) = suspect.with_stack(evidence).filter(|_| evidence.issue.assignee.is_none())?;
    let (id, name) = (commit.author_id.clone()?, commit.author.clone()?);
    Some(Proposal {
        action: Some(IssueAction::Assign(Assignee { actor: Actor::User(id), name })),
        because: Sentence::new(|w| w.because_commit, [commits::short(commit)]),
        cites: vec![Cite::Commit(at)],
    })
}

fn back(evidence: &Evidence) -> Option<Proposal> {
    let is_back = evidence.substatus() == Some(Substatus::Regressed);
    let is_low = evidence.issue.priority.as_ref().map(Untrusted::raw) == Some(Priority::Low.name());
    let because = Sentence::plain(|w| w.because_regressed);
    (is_back && is_low).then(|| priority(evidence, Priority::Medium, because, vec![Cite::Issue])).flatten()
}

fn silent(evidence: &Evidence) -> Option<Proposal> {
    let days = evidence.issue.daily.as_ref()?;
    let total = evidence.issue.events_30d().filter(|total| *total >= ENOUGH_EVENTS)?;
    let silent = usize::from(SILENT_DAYS);
    let is_silent = days.len() > silent && days.iter().rev().take(silent).all(|events| *events == 0);
    (is_silent && is_old(evidence)).then(|| Proposal {
        action: Some(IssueAction::ResolveInNextRelease),
        because: Sentence::new(|w| w.because_silent, [Arg::Number(total)]),
        cites: vec![Cite::Statistics],
    })
}

/// Whether the newest event is older than [`SILENT_DAYS`]. Sentry's statistics lag behind the events, so they may not
/// count the event of this webhook yet.
fn is_old(evidence: &Evidence) -> bool {
    let issue = &evidence.issue;
    let (Some(last_day), Some(last_seen)) = (issue.last_day, issue.last_seen) else { return false };
    let own = evidence.event.as_ref().and_then(|event| event.at);
    let silent_since = last_day.unix() - DAY * i64::from(SILENT_DAYS - 1);
    own.map_or(last_seen, |own| own.max(last_seen)).unix() < silent_since
}

/// Returns a proposal to set the priority of the issue to `to`. Returns `None` if the issue already has this priority,
/// or has none, because older versions of Sentry do not know priorities.
fn priority(evidence: &Evidence, to: Priority, because: Sentence, cites: Vec<Cite>) -> Option<Proposal> {
    let has = evidence.issue.priority.as_ref().map(Untrusted::raw)?;
    (has != to.name()).then_some(Proposal { action: Some(IssueAction::Priority(to)), because, cites })
}

#[cfg(test)]
mod tests {
    use crate::analyzers::rules::analyze;
    use crate::domain::analysis::Level;
    use crate::domain::event::{Event, Exception, Frame};
    use crate::domain::evidence::{Evidence, SuspectCommit};
    use crate::domain::ids::{IssueId, MemberId, TagKey};
    use crate::domain::issue::Substatus;
    use crate::domain::text::Untrusted;
    use crate::domain::timestamp::Timestamp;

    fn evidence(platform: &str, kind: &str, message: &str) -> Evidence {
        let text = |text: &str| Some(Untrusted::new(text));
        let frame = Frame {
            exception: Some(0),
            function: text("total"),
            file: text("shop/cart.py"),
            source: text("return total / months"),
            in_app: true,
            ..Frame::default()
        };
        let exception = Exception { kind: text(kind), message: text(message), ..Exception::default() };
        let event = Event {
            platform: text(platform),
            exceptions: vec![exception],
            frames: vec![frame],
            ..Event::default()
        };
        let mut evidence = Evidence::of_event(IssueId::parse("1").expect("an id"), Some(event));
        evidence.issue.priority = text("medium");
        evidence
    }

    fn proposed(change: impl Fn(&mut Evidence)) -> &'static str {
        let mut evidence = evidence("python", "ZeroDivisionError", "division by zero");
        change(&mut evidence);
        analyze(&evidence).proposal.name()
    }

    #[test]
    fn high_priority_is_proposed_for_escalating_or_widespread_issues() {
        assert_eq!(proposed(|_| {}), "none");
        assert_eq!(proposed(|e| e.issue.substatus = Some(Substatus::Escalating)), "priority_high");
        assert_eq!(proposed(|e| e.issue.users = Some(100)), "priority_high");
        assert_eq!(proposed(|e| e.issue.users = Some(99)), "none");
        let has_it_already = |e: &mut Evidence| {
            e.issue.users = Some(100);
            e.issue.priority = Some(Untrusted::new("high"));
        };
        assert_eq!(proposed(has_it_already), "none");
        let has_none = |e: &mut Evidence| (e.issue.users, e.issue.priority) = (Some(100), None);
        assert_eq!(proposed(has_none), "none", "an older Sentry knows no priorities");
        assert_eq!(proposed(|e| e.issue.daily = Some(vec![1; 30])), "none");
    }

    #[test]
    fn resolving_is_proposed_only_if_statistics_and_last_event_are_old() {
        let day = |day: i64| Timestamp::from_unix(86_400 * day);
        let silent = |e: &mut Evidence| {
            e.issue.daily = Some([vec![1; 27], vec![0; 3]].concat());
            (e.issue.last_day, e.issue.last_seen) = (day(100), day(97));
        };
        assert_eq!(proposed(silent), "resolve_in_next_release");
        let changed = |change: fn(&mut Evidence)| {
            proposed(|e| {
                silent(e);
                change(e);
            })
        };
        assert_eq!(changed(|e| e.issue.last_seen = Timestamp::from_unix(86_400 * 98)), "none");
        assert_eq!(changed(|e| e.issue.last_seen = None), "none");
        assert_eq!(changed(|e| e.issue.last_day = None), "none");
        let own = |at: i64| {
            proposed(|e| {
                silent(e);
                e.event.as_mut().expect("an event").at = day(at);
            })
        };
        assert_eq!((own(100), own(96)), ("none", "resolve_in_next_release"));
    }

    #[test]
    fn assignment_is_proposed_only_to_a_blamed_author_with_a_member_id() {
        let commit = |is_blamed, id: Option<&str>| SuspectCommit {
            author: Some(Untrusted::new("Kim")),
            author_id: id.and_then(|id| MemberId::parse(id).ok()),
            is_blamed,
            ..SuspectCommit::default()
        };
        assert_eq!(proposed(|e| e.commits = vec![commit(true, Some("7"))]), "assign");
        assert_eq!(proposed(|e| e.commits = vec![commit(true, None)]), "none");
        assert_eq!(proposed(|e| e.commits = vec![commit(false, Some("7"))]), "none");
        let taken = |e: &mut Evidence| {
            e.commits = vec![commit(true, Some("7"))];
            e.issue.assignee = Some(Untrusted::new("Lee"));
        };
        assert_eq!(proposed(taken), "none");
    }

    #[test]
    fn archiving_noise_is_proposed_only_if_few_users_are_affected() {
        let noise = |users: Option<u64>| {
            let mut evidence = evidence("javascript", "TypeError", "Failed to fetch");
            evidence.issue.users = users;
            analyze(&evidence).proposal.name()
        };
        assert_eq!(noise(Some(2)), "archive_until_escalating");
        assert_eq!(noise(Some(10)), "priority_low");
        assert_eq!(noise(Some(400)), "priority_high");
        assert_eq!(noise(None), "none");
    }

    #[test]
    fn a_fatal_issue_is_never_treated_as_noise() {
        let mut evidence = evidence("javascript", "TypeError", "Failed to fetch");
        evidence.issue.users = Some(2);
        assert_eq!(analyze(&evidence).proposal.name(), "archive_until_escalating");
        evidence.event.as_mut().expect("an event").tags =
            vec![(TagKey::parse("level").expect("a key"), Untrusted::new("fatal"))];
        assert_eq!(analyze(&evidence).proposal.name(), "none");
        evidence.event.as_mut().expect("an event").tags.clear();
        evidence.issue.level = Some(Untrusted::new("fatal"));
        let analysis = analyze(&evidence);
        assert_eq!((analysis.proposal.name(), analysis.cause.len()), ("none", 1), "nor is it called so");
    }

    #[test]
    fn a_matching_local_variable_raises_the_confidence_to_high() {
        let mut evidence = evidence("python", "ZeroDivisionError", "division by zero");
        assert_eq!(analyze(&evidence).confidence.level, Level::Medium);
        let event = evidence.event.as_mut().expect("an event");
        event.frames[0].locals = vec![(Untrusted::new("months"), Untrusted::new("0"))];
        assert_eq!(analyze(&evidence).confidence.level, Level::High);
    }
}
