//! What a person is asked to decide, and the rule that lets each decision happen once.
//!
//! An [`Approval`] is a record in the state store. [`decide`] is the whole rule; the store only sees to it that two
//! writers do not both win.
//!
//! ```text
//! pending ──▶ working until T ──▶ done (approved, rejected, analysed again)
//!    ▲  │          │   └── T has passed ──▶ resumed, for whoever comes next
//!    │  └─▶ expired└──▶ failed ──▶ (as pending: it is offered again)
//! ```

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::action::{Action, Assignee, AssigneeKind, Priority};
use super::ids::{ApprovalId, IssueId, MemberId, Slug};
use super::text::Foreign;

/// The longest name of a person or a team, in characters.
const NAME: usize = 60;
/// A message whose place was not written down by then never will be: its sender died, or its answer was lost.
const UNPLACED_MS: u64 = 30_000;
/// Updates that a record remembers, so that one that is delivered again does nothing.
const UPDATES: usize = 20;

/// What is done to the issue when a person approves it: an [`Action`] that can be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Assign it to a user of Sentry.
    AssignUser {
        /// The user's id.
        id: String,
        /// The name, scrubbed.
        name: String,
    },
    /// Assign it to a team.
    AssignTeam {
        /// The team's id.
        id: String,
        /// The name, scrubbed.
        name: String,
    },
    /// Set its priority to high.
    PriorityHigh,
    /// Set its priority to medium.
    PriorityMedium,
    /// Set its priority to low.
    PriorityLow,
    /// Archive it until it escalates.
    ArchiveUntilEscalating,
    /// Resolve it in the next release.
    ResolveInNextRelease,
}

impl Order {
    /// The action as an order; `None` for one that cannot be carried out: none at all, or somebody without an id.
    #[must_use]
    pub fn of(action: &Action) -> Option<Self> {
        Some(match action {
            Action::None => return None,
            Action::Assign(Assignee { kind, id, name }) => {
                let (id, name) = (id.as_ref()?.to_string(), name.line(NAME));
                match kind {
                    AssigneeKind::User => Self::AssignUser { id, name },
                    AssigneeKind::Team => Self::AssignTeam { id, name },
                }
            }
            Action::Priority(Priority::High) => Self::PriorityHigh,
            Action::Priority(Priority::Medium) => Self::PriorityMedium,
            Action::Priority(Priority::Low) => Self::PriorityLow,
            Action::ArchiveUntilEscalating => Self::ArchiveUntilEscalating,
            Action::ResolveInNextRelease => Self::ResolveInNextRelease,
        })
    }

    /// The action that this is the order for.
    #[must_use]
    pub fn action(&self) -> Action {
        let assign = |kind, id: &str, name: &str| {
            Action::Assign(Assignee { kind, id: MemberId::parse(id).ok(), name: Foreign::new(name) })
        };
        match self {
            Self::AssignUser { id, name } => assign(AssigneeKind::User, id, name),
            Self::AssignTeam { id, name } => assign(AssigneeKind::Team, id, name),
            Self::PriorityHigh => Action::Priority(Priority::High),
            Self::PriorityMedium => Action::Priority(Priority::Medium),
            Self::PriorityLow => Action::Priority(Priority::Low),
            Self::ArchiveUntilEscalating => Action::ArchiveUntilEscalating,
            Self::ResolveInNextRelease => Action::ResolveInNextRelease,
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Whether to do this to the issue.
    Act(Order),
    /// Whether to write this note on the issue; and then, whether to do what it proposes.
    Post {
        /// The note's text, as it was shown.
        text: String,
        /// What it proposes.
        then: Option<Order>,
    },
}

impl Ask {
    /// The name in answers and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Act(order) => order.action().name(),
            Self::Post { .. } => "post_note",
        }
    }
}

/// What people were shown when they were asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The message, with its markup.
    pub html: String,
    /// The note's paragraph that names the action; it is completed when somebody has decided.
    pub note_line: Option<String>,
    /// The issue's page.
    pub link: Option<String>,
}

impl Shown {
    /// The digest of what was shown and asked.
    #[must_use]
    pub fn digest(&self, ask: &Ask) -> String {
        let mut sha = Sha256::new();
        sha.update(self.html.as_bytes());
        sha.update([0]);
        sha.update(serde_json::to_string(ask).unwrap_or_default());
        hex::encode(sha.finalize())
    }
}

/// The message that carries the buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The chat's id.
    pub chat: i64,
    /// The message's id in that chat.
    pub message: i64,
}

/// Who decided, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decider {
    /// The user's id in Telegram; a command has none.
    pub id: Option<i64>,
    /// The name, scrubbed.
    pub name: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

impl Decider {
    /// Somebody with a name that a stranger chose.
    #[must_use]
    pub fn new(id: Option<i64>, name: &Foreign, at_ms: u64) -> Self {
        Self { id, name: name.line(NAME), at_ms }
    }
}

/// What a person can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Do it.
    Approve,
    /// Leave it.
    Reject,
    /// Look at the issue once more.
    Again,
}

/// Where an approval stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has decided.
    Pending,
    /// Somebody has, and an invocation sees to it until this moment; after it, the invocation is dead.
    Working {
        /// What was chosen.
        choice: Choice,
        /// By whom.
        by: Decider,
        /// The end of the lease, in milliseconds since 1970.
        until_ms: u64,
    },
    /// It is over.
    Done {
        /// What was chosen.
        choice: Choice,
        /// By whom.
        by: Decider,
    },
    /// It was approved and did not work. It can be decided once more.
    Failed {
        /// By whom it was approved.
        by: Decider,
        /// Why it did not work, in plain words.
        why: String,
    },
    /// Nobody decided in time.
    Expired,
}

impl State {
    /// The name in answers and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Working { choice: Choice::Approve, .. } => "approved",
            Self::Done { choice: Choice::Approve, .. } => "done",
            Self::Working { choice: Choice::Reject, .. } | Self::Done { choice: Choice::Reject, .. } => {
                "rejected"
            }
            Self::Working { choice: Choice::Again, .. } | Self::Done { choice: Choice::Again, .. } => {
                "analysed_again"
            }
            Self::Failed { .. } => "failed",
            Self::Expired => "expired",
        }
    }

    /// Who decided, if somebody has.
    #[must_use]
    pub fn by(&self) -> Option<&Decider> {
        match self {
            Self::Working { by, .. } | Self::Done { by, .. } | Self::Failed { by, .. } => Some(by),
            Self::Pending | Self::Expired => None,
        }
    }

    /// What was chosen, if somebody has.
    #[must_use]
    pub fn choice(&self) -> Option<Choice> {
        match self {
            Self::Working { choice, .. } | Self::Done { choice, .. } => Some(*choice),
            Self::Failed { .. } => Some(Choice::Approve),
            Self::Pending | Self::Expired => None,
        }
    }

    /// Whether it can still be decided.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Pending | Self::Failed { .. })
    }
}

/// A question to a person, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Its id.
    pub id: String,
    /// The issue.
    pub issue: String,
    /// The organization's slug, when the webhook gave it away.
    pub org: Option<String>,
    /// What is asked.
    pub ask: Ask,
    /// The digest of what was shown and asked.
    pub digest: String,
    /// What was shown.
    pub shown: Shown,
    /// Where it was shown; `None` while that is not known, or when it is nowhere.
    pub place: Option<Place>,
    /// When it was asked, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it can be decided no longer.
    pub expires_ms: u64,
    /// Where it stands.
    pub state: State,
    /// Telegram's updates that were worked on, newest last.
    pub updates: Vec<i64>,
}

impl Approval {
    /// A question that nobody has answered.
    #[must_use]
    pub fn new(id: &ApprovalId, issue: &IssueId, org: Option<&Slug>, ask: Ask, shown: Shown) -> Self {
        Self {
            id: id.to_string(),
            issue: issue.to_string(),
            org: org.map(Slug::to_string),
            digest: shown.digest(&ask),
            ask,
            shown,
            place: None,
            created_ms: 0,
            expires_ms: 0,
            state: State::Pending,
            updates: Vec::new(),
        }
    }

    /// The same, asked at `now_ms` and open for so long.
    #[must_use]
    pub fn open(self, now_ms: u64, for_ms: u64) -> Self {
        Self { created_ms: now_ms, expires_ms: now_ms.saturating_add(for_ms), ..self }
    }

    /// Where it stands at a moment: what nobody decided in time has expired, whether or not somebody wrote that down.
    #[must_use]
    pub fn state_at(&self, now_ms: u64) -> &State {
        if self.state.is_open() && now_ms >= self.expires_ms { &State::Expired } else { &self.state }
    }
}

/// The id of what an episode of an issue asks: the same whoever takes the episode over.
#[must_use]
pub fn id_of(issue_key: &str, episode_ms: u64, ask: &str) -> Option<ApprovalId> {
    let digest = Sha256::digest(format!("{issue_key}\n{episode_ms}\n{ask}"));
    ApprovalId::parse(&hex::encode(&digest[..8])).ok()
}

/// Somebody has chosen.
#[derive(Debug, Clone)]
pub struct Tap {
    /// What.
    pub choice: Choice,
    /// Who, and when.
    pub by: Decider,
    /// The message whose button it was; a command has none.
    pub place: Option<Place>,
    /// Whether that message is in the chat that we write to.
    pub is_at_home: bool,
    /// Telegram's number of it.
    pub update: Option<i64>,
    /// When the invocation that works on it will be dead.
    pub until_ms: u64,
}

/// What is to become of a tap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It decides: write this record, then see to it.
    Take(Box<Approval>),
    /// It was decided by an invocation that died, who knows how far on: write this record, then see to the rest.
    Resume(Box<Approval>),
    /// It comes too late: write this record.
    Expire(Box<Approval>),
    /// This very update was worked on before.
    Repeat,
    /// An invocation is at it right now.
    Busy,
    /// It was decided before.
    Closed,
    /// The button was in another message.
    Elsewhere,
    /// The message is so new that nobody has written down where it is.
    Unplaced,
}

/// Decides what is to become of a tap, given the record.
#[must_use]
pub fn decide(approval: &Approval, tap: &Tap) -> Verdict {
    if let Some(place) = tap.place {
        match approval.place {
            None if !tap.is_at_home => return Verdict::Elsewhere,
            None if tap.by.at_ms < approval.created_ms + UNPLACED_MS => return Verdict::Unplaced,
            Some(own) if own != place => return Verdict::Elsewhere,
            None | Some(_) => {}
        }
    }
    let is_repeat = tap.update.is_some_and(|update| approval.updates.contains(&update));
    let with = |state| {
        let mut next = Approval { state, place: approval.place.or(tap.place), ..approval.clone() };
        next.updates.extend(tap.update.filter(|_| !is_repeat));
        let excess = next.updates.len().saturating_sub(UPDATES);
        next.updates.drain(..excess);
        Box::new(next)
    };
    match &approval.state {
        State::Working { until_ms, .. } if tap.by.at_ms < *until_ms => Verdict::Busy,
        // Whether it was carried out is not known: it is seen to, whoever asks, and in the name of who decided.
        State::Working { choice, by, .. } => {
            Verdict::Resume(with(State::Working { choice: *choice, by: by.clone(), until_ms: tap.until_ms }))
        }
        State::Done { .. } | State::Expired | State::Failed { .. } if is_repeat => Verdict::Repeat,
        State::Done { .. } | State::Expired => Verdict::Closed,
        State::Pending | State::Failed { .. } if tap.by.at_ms >= approval.expires_ms => {
            Verdict::Expire(with(State::Expired))
        }
        State::Pending | State::Failed { .. } => Verdict::Take(with(State::Working {
            choice: tap.choice,
            by: tap.by.clone(),
            until_ms: tap.until_ms,
        })),
    }
}

/// A note whose paragraph `line` is completed by what was decided. A note that does not have it (left out for length, or
/// of a later episode) gets a paragraph of its own, before its last one.
#[must_use]
pub fn completed(note: &str, line: Option<&str>, decision: &str) -> String {
    let is_ours = |own: &&str| line.is_some_and(|line| own.starts_with(line));
    if let Some(standing) = note.lines().find(is_ours) {
        let line = line.unwrap_or_default();
        return note.replacen(standing, &format!("{line} {decision}"), 1);
    }
    match note.trim_end().rsplit_once("\n\n") {
        Some((text, last)) => format!("{text}\n\n{decision}\n\n{last}\n"),
        None => format!("{note}\n\n{decision}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place = Place { chat: -1, message: 7 };

    fn approval(state: State) -> Approval {
        let id = id_of("issue#x#1", 5, "act").expect("an id");
        let issue = IssueId::parse("1").expect("an id");
        let ask = Ask::Act(Order::ArchiveUntilEscalating);
        let asked = Approval::new(&id, &issue, None, ask, Shown::default()).open(1_000, 9_000);
        Approval { state, place: Some(HERE), ..asked }
    }

    fn by(name: &str, at_ms: u64) -> Decider {
        Decider::new(Some(1), &Foreign::new(name), at_ms)
    }

    fn tap(choice: Choice, at_ms: u64, update: i64) -> Tap {
        let by = by("Kim", at_ms);
        Tap { choice, by, place: Some(HERE), is_at_home: true, update: Some(update), until_ms: at_ms + 100 }
    }

    fn taken(verdict: Verdict) -> Approval {
        match verdict {
            Verdict::Take(next) | Verdict::Resume(next) => *next,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_of_two_wins_and_the_other_is_told() {
        let first = taken(decide(&approval(State::Pending), &tap(Choice::Approve, 2_000, 1)));
        assert_eq!(first.state.name(), "approved");
        assert_eq!(decide(&first, &tap(Choice::Reject, 2_050, 2)), Verdict::Busy);
        let done = Approval { state: State::Done { choice: Choice::Approve, by: by("Kim", 2_000) }, ..first };
        assert_eq!(decide(&done, &tap(Choice::Reject, 2_200, 2)), Verdict::Closed);
        assert_eq!(decide(&done, &tap(Choice::Approve, 2_200, 1)), Verdict::Repeat);
    }

    #[test]
    fn what_a_dead_invocation_began_is_resumed_in_the_name_of_who_decided() {
        let first = taken(decide(&approval(State::Pending), &tap(Choice::Approve, 2_000, 1)));
        let mut other = tap(Choice::Reject, 2_100, 2);
        other.by = by("Lee", 2_100);
        let resumed = taken(decide(&first, &other));
        assert_eq!(resumed.state.name(), "approved");
        assert_eq!(resumed.state.by().map(|by| by.name.as_str()), Some("Kim"));
        assert_eq!(resumed.updates, [1, 2]);
    }

    #[test]
    fn it_expires_whether_or_not_it_failed_before() {
        let failed = State::Failed { by: by("Kim", 2_000), why: "timeout".to_owned() };
        for state in [State::Pending, failed] {
            let asked = approval(state);
            assert!(matches!(decide(&asked, &tap(Choice::Approve, 10_000, 1)), Verdict::Expire(_)));
            assert!(matches!(decide(&asked, &tap(Choice::Approve, 9_999, 1)), Verdict::Take(_)));
            assert_eq!(
                (asked.state_at(9_999).name() == "expired", asked.state_at(10_000).name()),
                (false, "expired")
            );
        }
    }

    #[test]
    fn a_button_works_in_its_own_message_only() {
        let asked = approval(State::Pending);
        for place in [Place { chat: -2, ..HERE }, Place { message: 8, ..HERE }] {
            let elsewhere = Tap { place: Some(place), ..tap(Choice::Approve, 2_000, 1) };
            assert_eq!(decide(&asked, &elsewhere), Verdict::Elsewhere);
        }
        let unplaced = Approval { place: None, expires_ms: 90_000, ..asked };
        assert_eq!(decide(&unplaced, &tap(Choice::Approve, 2_000, 1)), Verdict::Unplaced);
        let late = tap(Choice::Approve, 31_000, 1);
        assert_eq!(taken(decide(&unplaced, &late)).place, Some(HERE));
        assert_eq!(decide(&unplaced, &Tap { is_at_home: false, ..late }), Verdict::Elsewhere);
        let by_command = Tap { place: None, ..tap(Choice::Approve, 2_000, 1) };
        assert!(matches!(decide(&unplaced, &by_command), Verdict::Take(_)));
    }

    #[test]
    fn a_decision_completes_its_line_once() {
        let note = "## Head\n\nProposed: x, because y. `I`\n\nColophon\n\n<!-- m -->\n";
        let line = Some("Proposed: x, because y. `I`");
        let failed = completed(note, line, "Failed.");
        assert_eq!(failed, "## Head\n\nProposed: x, because y. `I` Failed.\n\nColophon\n\n<!-- m -->\n");
        assert_eq!(completed(&failed, line, "Done."), failed.replace("Failed.", "Done."));
        let elsewhere = completed("## Head\n\nText\n\n<!-- m -->\n", line, "Done.");
        assert_eq!(elsewhere, "## Head\n\nText\n\nDone.\n\n<!-- m -->\n");
    }

    #[test]
    fn an_order_is_its_action_and_nobody_without_an_id_is_one() {
        let name = || Foreign::new("Kim");
        let id = MemberId::parse("7").ok();
        for kind in [AssigneeKind::User, AssigneeKind::Team] {
            let action = Action::Assign(Assignee { kind, id: id.clone(), name: name() });
            assert_eq!(Order::of(&action).map(|order| order.action()), Some(action));
            assert_eq!(Order::of(&Action::Assign(Assignee { kind, id: None, name: name() })), None);
        }
        assert_eq!(Order::of(&Action::None), None);
    }
}
