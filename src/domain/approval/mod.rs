//! What a person is asked to decide, and the rule that lets each decision happen once.
//!
//! An [`Approval`] is a record in the state store. [`decide()`] is the whole rule; the store only sees to it that two
//! writers do not both win.
//!
//! ```text
//! pending ──▶ working until T ──▶ done (approved, rejected, analysed again)
//!       │           │  └── T has passed ──▶ resumed, in the name of who decided
//!       │           └──▶ failed ──▶ (as pending: it is offered again)
//!       └──▶ expired, or superseded by a newer incident of the issue
//! ```

mod completed;
mod decide;
mod order;

pub use completed::completed;
pub use decide::{DecisionAttempt, DecisionSource, Ruling, decide};
pub use order::Order;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::ids::{ApprovalId, IssueId, Slug};
use super::text::Untrusted;

/// The longest name of a person or a team, in characters.
const NAME: usize = 60;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalSubject {
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

impl ApprovalSubject {
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
pub struct ShownMessage {
    /// The message, with its markup.
    pub html: String,
    /// The note's paragraph that names the action; it is completed when somebody has decided.
    pub note_line: Option<String>,
    /// The issue's page.
    pub link: Option<String>,
}

impl ShownMessage {
    /// The digest of what was shown and asked.
    #[must_use]
    pub fn digest(&self, subject: &ApprovalSubject) -> String {
        let mut sha = Sha256::new();
        sha.update(self.html.as_bytes());
        sha.update([0]);
        sha.update(serde_json::to_string(subject).unwrap_or_default());
        hex::encode(sha.finalize())
    }
}

/// The message that carries the buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
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
    /// Somebody with a name that they chose themselves; so the id stands beside it.
    #[must_use]
    pub fn new(id: Option<i64>, name: &Untrusted, at_ms: u64) -> Self {
        let name = name.line(NAME);
        Self { id, name: id.map_or_else(|| name.clone(), |id| format!("{name} #{id}")), at_ms }
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
pub enum ApprovalState {
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
        /// When that was known, in milliseconds since 1970: a tap from before does not count.
        at_ms: u64,
    },
    /// Nobody decided in time.
    Expired,
    /// A newer incident of the issue began, with a message of its own.
    Superseded,
}

impl ApprovalState {
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
            Self::Superseded => "superseded",
        }
    }

    /// Who decided, if somebody has.
    #[must_use]
    pub fn by(&self) -> Option<&Decider> {
        match self {
            Self::Working { by, .. } | Self::Done { by, .. } | Self::Failed { by, .. } => Some(by),
            Self::Pending | Self::Expired | Self::Superseded => None,
        }
    }

    /// What was chosen, if somebody has.
    #[must_use]
    pub fn choice(&self) -> Option<Choice> {
        match self {
            Self::Working { choice, .. } | Self::Done { choice, .. } => Some(*choice),
            Self::Failed { .. } => Some(Choice::Approve),
            Self::Pending | Self::Expired | Self::Superseded => None,
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
    /// When the incident began that asks, in milliseconds since 1970.
    #[serde(rename = "episode_ms")]
    pub incident_ms: u64,
    /// What is asked.
    #[serde(rename = "ask")]
    pub subject: ApprovalSubject,
    /// The digest of what was shown and asked.
    pub digest: String,
    /// What was shown.
    pub shown: ShownMessage,
    /// Where it was shown; `None` while that is not known, or when it is nowhere.
    #[serde(rename = "place")]
    pub message_ref: Option<MessageRef>,
    /// When it was asked, in milliseconds since 1970.
    pub created_ms: u64,
    /// When the place will not be written down any more, because whoever sent the message is dead.
    pub placed_by_ms: u64,
    /// When it can be decided no longer.
    pub expires_ms: u64,
    /// Where it stands.
    pub state: ApprovalState,
    /// Telegram's updates that were worked on, newest last.
    pub updates: Vec<i64>,
}

impl Approval {
    /// A question about an issue that nobody has answered.
    #[must_use]
    pub fn new(
        id: &ApprovalId,
        issue: &IssueId,
        org: Option<&Slug>,
        subject: ApprovalSubject,
        shown: ShownMessage,
    ) -> Self {
        Self {
            id: id.to_string(),
            issue: issue.to_string(),
            org: org.map(Slug::to_string),
            digest: shown.digest(&subject),
            incident_ms: 0,
            subject,
            shown,
            message_ref: None,
            created_ms: 0,
            placed_by_ms: 0,
            expires_ms: 0,
            state: ApprovalState::Pending,
            updates: Vec::new(),
        }
    }

    /// The same, asked at `now_ms` and open for so long.
    #[must_use]
    pub fn open(self, now_ms: u64, for_ms: u64) -> Self {
        Self { created_ms: now_ms, expires_ms: now_ms.saturating_add(for_ms), ..self }
    }

    /// The same, asked by an incident, in an invocation that is dead after `until_ms`.
    #[must_use]
    pub fn asked_by(self, incident_ms: u64, until_ms: u64) -> Self {
        Self { incident_ms, placed_by_ms: until_ms, ..self }
    }

    /// Where it stands at a moment: what nobody decided in time has expired, whether or not somebody wrote that down.
    #[must_use]
    pub fn state_at(&self, now_ms: u64) -> &ApprovalState {
        if self.state.is_open() && now_ms >= self.expires_ms { &ApprovalState::Expired } else { &self.state }
    }
}

/// The id of what an incident of an issue asks: the same when whoever takes the incident over asks the same.
#[must_use]
pub fn id_of(issue_key: &str, incident_ms: u64, subject: &ApprovalSubject) -> Option<ApprovalId> {
    let subject = serde_json::to_string(subject).ok()?;
    let digest = Sha256::digest(format!("{issue_key}\n{incident_ms}\n{subject}"));
    ApprovalId::parse(&hex::encode(&digest[..8])).ok()
}
