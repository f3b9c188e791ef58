//! Approvals: the question to a person, and the rule that lets each decision happen once.
//!
//! An [`Approval`] is a record in the state store. [`decide()`] is the whole rule; the store only makes sure that of two
//! writers one wins.
//!
//! ```text
//! pending ──▶ working until T ──▶ done (approved, rejected, analysed again)
//!       │           │  └── T has passed ──▶ resumed, in the name of who decided
//!       │           └──▶ failed ──▶ (as pending: it is offered again)
//!       └──▶ expired, or superseded by a newer incident of the issue
//! ```

mod completed;
mod decide;

pub use completed::completed;
pub use decide::{DecisionAttempt, DecisionSource, Ruling, decide};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::action::IssueAction;
use super::ids::{ApprovalId, IssueId, Slug};
use super::text::Untrusted;

/// The longest name of a person or a team, in characters.
const NAME: usize = 60;

/// The subject of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalSubject {
    /// Whether to change the issue so.
    Act(IssueAction),
    /// Whether to write this note on the issue, and then whether to carry out its proposal.
    Post {
        /// The note's text, as it was shown.
        text: String,
        /// The proposed action.
        then: Option<IssueAction>,
    },
}

impl ApprovalSubject {
    /// The name in answers and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Act(action) => action.name(),
            Self::Post { .. } => "post_note",
        }
    }
}

/// The message that people saw when they were asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownMessage {
    /// The message, with its markup.
    pub html: String,
    /// The note's paragraph that names the action. The decision completes it.
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

/// The person who decided, and the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decider {
    /// The user's id in Telegram; a command has none.
    pub id: Option<i64>,
    /// The name, scrubbed.
    pub name: String,
    /// The time, in milliseconds since 1970.
    pub at_ms: u64,
}

impl Decider {
    /// A person. People choose their names themselves, so the id stands beside the name.
    #[must_use]
    pub fn new(id: Option<i64>, name: &Untrusted, at_ms: u64) -> Self {
        let name = name.line(NAME);
        Self { id, name: id.map_or_else(|| name.clone(), |id| format!("{name} #{id}")), at_ms }
    }
}

/// A choice that a person has.
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

/// The state of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// It is not decided yet.
    Pending,
    /// A person has decided, and an invocation carries it out until this moment. After it, the invocation is dead.
    Working {
        /// The choice.
        choice: Choice,
        /// The person.
        by: Decider,
        /// The end of the lease, in milliseconds since 1970.
        until_ms: u64,
    },
    /// It is over.
    Done {
        /// The choice.
        choice: Choice,
        /// The person.
        by: Decider,
    },
    /// It was approved and did not work. It can be decided once more.
    Failed {
        /// The person who approved it.
        by: Decider,
        /// The reason, in plain words.
        why: String,
        /// The time of the failure, in milliseconds since 1970. A tap from before does not count.
        at_ms: u64,
    },
    /// It was not decided in time.
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

    /// The person who decided, if one has.
    #[must_use]
    pub fn by(&self) -> Option<&Decider> {
        match self {
            Self::Working { by, .. } | Self::Done { by, .. } | Self::Failed { by, .. } => Some(by),
            Self::Pending | Self::Expired | Self::Superseded => None,
        }
    }

    /// The choice, if a person has decided.
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

/// A question to a person, and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// The issue.
    pub issue: IssueId,
    /// The organization's slug, when the webhook gave it away.
    pub org: Option<Slug>,
    /// The beginning of the incident that asks, in milliseconds since 1970.
    #[serde(rename = "episode_ms")]
    pub incident_ms: u64,
    /// The subject.
    #[serde(rename = "ask")]
    pub subject: ApprovalSubject,
    /// The digest of what was shown and asked.
    pub digest: String,
    /// The message that was shown.
    pub shown: ShownMessage,
    /// The place of the message; `None` while it is not known, and when there is no message.
    #[serde(rename = "place")]
    pub message_ref: Option<MessageRef>,
    /// The time of the question, in milliseconds since 1970.
    pub created_ms: u64,
    /// The time after which the place is not written down any more, because the invocation that asked is dead.
    pub placed_by_ms: u64,
    /// The time after which it cannot be decided.
    pub expires_ms: u64,
    /// The state.
    pub state: ApprovalState,
    /// The updates of Telegram that were worked on, newest last.
    pub updates: Vec<i64>,
}

impl Approval {
    /// A question about an issue, without an answer yet.
    #[must_use]
    pub fn new(
        id: &ApprovalId,
        issue: &IssueId,
        org: Option<&Slug>,
        subject: ApprovalSubject,
        shown: ShownMessage,
    ) -> Self {
        Self {
            id: id.clone(),
            issue: issue.clone(),
            org: org.cloned(),
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

    /// The state at a moment. An approval that was not decided in time has expired, even if no record says so.
    #[must_use]
    pub fn state_at(&self, now_ms: u64) -> &ApprovalState {
        if self.state.is_open() && now_ms >= self.expires_ms { &ApprovalState::Expired } else { &self.state }
    }
}

/// The id of an incident's question. An invocation that takes the incident over and asks the same gets the same id.
#[must_use]
pub fn id_of(issue_key: &str, incident_ms: u64, subject: &ApprovalSubject) -> Option<ApprovalId> {
    let subject = serde_json::to_string(subject).ok()?;
    let digest = Sha256::digest(format!("{issue_key}\n{incident_ms}\n{subject}"));
    ApprovalId::parse(&hex::encode(&digest[..8])).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const OLD: &str = r#"{"id":"0123456789abcdef","issue":"4711","org":"acme","episode_ms":500,
        "ask":{"act":{"assign_user":{"id":"7","name":"Kim"}}},"digest":"d",
        "shown":{"html":"<b>x</b>","note_line":null,"link":"https://s.example/1"},
        "place":{"chat":-1,"message":7},"created_ms":1000,"placed_by_ms":2000,"expires_ms":9000,
        "state":{"working":{"choice":"approve","by":{"id":1,"name":"Kim #1","at_ms":3},"until_ms":4}},
        "updates":[1,2]}"#;

    #[test]
    fn a_record_of_an_earlier_version_is_read_and_written_as_it_was() {
        for subject in [
            r#"{"act":{"assign_user":{"id":"7","name":"Kim"}}}"#,
            r#"{"post":{"text":"x","then":"priority_high"}}"#,
        ] {
            let old = OLD.replace(r#"{"act":{"assign_user":{"id":"7","name":"Kim"}}}"#, subject);
            let approval: Approval = serde_json::from_str(&old).expect("a record");
            assert_eq!((approval.issue.as_str(), approval.state.name()), ("4711", "approved"));
            let written = serde_json::to_value(&approval).expect("JSON");
            assert_eq!(written, serde_json::from_str::<Value>(&old).expect("JSON"));
        }
    }
}
