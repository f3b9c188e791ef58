//! What should be done to the issue? At most one thing, and only where the evidence is plain; a person decides.

use super::knowledge::Known;
use super::{Clues, commits, novelty};
use crate::domain::action::{Action, Assignee, AssigneeKind, Priority, Proposal};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::issue::Substatus;
use crate::domain::text::Foreign;
use crate::domain::words::{Arg, Sentence};

/// So many users make it urgent.
const MANY_USERS: u64 = 100;
/// So few users let noise be noise.
const FEW_USERS: u64 = 5;
/// Fewer events say nothing about having stopped.
const ENOUGH_EVENTS: u64 = 10;
/// Days without an event after which it may be over.
const SILENT_DAYS: usize = 3;

/// The first rule that applies.
pub(super) fn proposal(evidence: &Evidence, clues: &Clues) -> Proposal {
    clues
        .known
        .as_ref()
        .and_then(|known| noise(evidence, known))
        .or_else(|| urgent(evidence))
        .or_else(|| assign(evidence))
        .or_else(|| back(evidence))
        .or_else(|| silent(evidence))
        .unwrap_or_else(Proposal::none)
}

fn noise(evidence: &Evidence, known: &Known) -> Option<Proposal> {
    if !known.is_noise(evidence) {
        return None;
    }
    // Without statistics nobody knows how many see it.
    let users = evidence.issue.users?;
    let cites = vec![known.cite.clone(), Cite::Issue];
    if users <= FEW_USERS {
        let because = Sentence::plain(|w| w.because_noise);
        return Some(Proposal { action: Action::ArchiveUntilEscalating, because, cites });
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

/// Only somebody whom Sentry knows, for a commit that is tied to the stack, and only when nobody has it yet.
fn assign(evidence: &Evidence) -> Option<Proposal> {
    let (at, commit) = commits::tied(evidence).filter(|_| evidence.issue.assignee.is_none())?;
    let (id, name) = (commit.author_id.clone()?, commit.author.clone()?);
    Some(Proposal {
        action: Action::Assign(Assignee { kind: AssigneeKind::User, id: Some(id), name }),
        because: Sentence::new(|w| w.because_commit, [commits::short(commit)]),
        cites: vec![Cite::Commit(at)],
    })
}

fn back(evidence: &Evidence) -> Option<Proposal> {
    let is_back = novelty::state(evidence) == Some(Substatus::Regressed);
    let is_low = evidence.issue.priority.as_ref().map(Foreign::raw) == Some(Priority::Low.name());
    let because = Sentence::plain(|w| w.because_regressed);
    (is_back && is_low).then(|| priority(evidence, Priority::Medium, because, vec![Cite::Issue])).flatten()
}

fn silent(evidence: &Evidence) -> Option<Proposal> {
    let days = evidence.issue.daily.as_ref()?;
    let total = evidence.issue.events_30d().filter(|total| *total >= ENOUGH_EVENTS)?;
    let is_silent =
        days.len() > SILENT_DAYS && days.iter().rev().take(SILENT_DAYS).all(|events| *events == 0);
    is_silent.then(|| Proposal {
        action: Action::ResolveInNextRelease,
        because: Sentence::new(|w| w.because_silent, [Arg::Number(total)]),
        cites: vec![Cite::Statistics],
    })
}

/// A priority that the issue does not have already.
fn priority(evidence: &Evidence, to: Priority, because: Sentence, cites: Vec<Cite>) -> Option<Proposal> {
    let has = evidence.issue.priority.as_ref().map(Foreign::raw);
    (has != Some(to.name())).then_some(Proposal { action: Action::Priority(to), because, cites })
}
