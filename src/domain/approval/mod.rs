//! Approvals: requests for a person's decision, and the rule that executes each decision only once.
//!
//! An approval belongs to an *incident*, the period of an issue that one note and one message cover. An invocation that
//! executes a decision has a *lease*: until it ends, no other invocation executes the same decision.
//!
//! An [`Approval`] is a record in the state store. [`decide()`] is the complete rule. The store only ensures that one
//! of two concurrent writers succeeds.
//!
//! ```text
//! pending ──▶ working until T ──▶ done (approved, rejected, analysed again)
//!       │           │  └── T has passed ──▶ resumed, in the name of the first decider
//!       │           └──▶ failed ──▶ (like pending: the buttons stay)
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

/// The subject of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalSubject {
    /// Executing this action on the issue.
    Act(IssueAction),
    /// Writing this note on the issue, and executing its proposal in a second step.
    Post {
        /// The text of the note, exactly as it was shown.
        text: String,
        /// The action that the note proposes.
        then: Option<IssueAction>,
    },
}

impl ApprovalSubject {
    /// The subject's name in responses and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Act(action) => action.name(),
            Self::Post { .. } => "post_note",
        }
    }
}

/// The message that contains the request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownMessage {
    /// The text of the message as HTML.
    pub html: String,
    /// The paragraph of the note that names the action. The decision is added to it.
    pub note_line: Option<String>,
    /// The link to the issue's page.
    pub link: Option<String>,
}

impl ShownMessage {
    /// Returns the digest of the shown message and the subject.
    #[must_use]
    pub fn digest(&self, subject: &ApprovalSubject) -> String {
        let mut sha = Sha256::new();
        sha.update(self.html.as_bytes());
        sha.update([0]);
        sha.update(serde_json::to_string(subject).unwrap_or_default());
        hex::encode(sha.finalize())
    }
}

/// The identity of the message that contains the buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    /// The id of the chat.
    pub chat: i64,
    /// The id of the message in that chat.
    pub message: i64,
}

/// The person who decided, and the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decider {
    /// The person's id in Telegram. A command has none.
    pub id: Option<i64>,
    /// The person's scrubbed name.
    pub name: String,
    /// The time of the decision, in milliseconds since 1970.
    pub at_ms: u64,
}

impl Decider {
    /// Creates a decider. The id is added to the name, because people can choose any name.
    #[must_use]
    pub fn new(id: Option<i64>, name: &Untrusted, at_ms: u64) -> Self {
        let name = name.line(NAME);
        Self { id, name: id.map_or_else(|| name.clone(), |id| format!("{name} #{id}")), at_ms }
    }
}

/// A choice that a person can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Execute the subject.
    Approve,
    /// Leave everything as it is.
    Reject,
    /// Analyse the issue again.
    Again,
}

/// The state of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// The approval waits for a decision.
    Pending,
    /// A person has decided, and an invocation executes the decision until its lease ends.
    Working {
        /// The choice.
        choice: Choice,
        /// The person.
        by: Decider,
        /// The end of the lease, in milliseconds since 1970. The invocation cannot run longer.
        until_ms: u64,
    },
    /// The decision was executed.
    Done {
        /// The choice.
        choice: Choice,
        /// The person.
        by: Decider,
    },
    /// The approved action failed. The approval can be decided again.
    Failed {
        /// The person who approved it.
        by: Decider,
        /// The reason in plain words.
        why: String,
        /// The time of the failure, in milliseconds since 1970. An earlier press has no effect.
        at_ms: u64,
    },
    /// The approval was not decided in time.
    Expired,
    /// A newer incident of the issue has its own request.
    Superseded,
}

impl ApprovalState {
    /// The state's name in responses and logs.
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

    /// Returns the person who decided.
    #[must_use]
    pub fn by(&self) -> Option<&Decider> {
        match self {
            Self::Working { by, .. } | Self::Done { by, .. } | Self::Failed { by, .. } => Some(by),
            Self::Pending | Self::Expired | Self::Superseded => None,
        }
    }

    /// Returns the choice, if a person has decided.
    #[must_use]
    pub fn choice(&self) -> Option<Choice> {
        match self {
            Self::Working { choice, .. } | Self::Done { choice, .. } => Some(*choice),
            Self::Failed { .. } => Some(Choice::Approve),
            Self::Pending | Self::Expired | Self::Superseded => None,
        }
    }

    /// Whether the approval can still be decided.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Pending | Self::Failed { .. })
    }
}

/// An approval: a request for a person's decision, and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The id of the approval.
    pub id: ApprovalId,
    /// The id of the issue.
    pub issue: IssueId,
    /// The slug of the organization, if the webhook contained it.
    pub org: Option<Slug>,
    /// The beginning of the incident that made the request, in milliseconds since 1970.
    #[serde(rename = "episode_ms")]
    pub incident_ms: u64,
    /// The action or the note that needs approval.
    #[serde(rename = "ask")]
    pub subject: ApprovalSubject,
    /// The digest of the shown message and the subject.
    pub digest: String,
    /// The message that asks the person.
    pub shown: ShownMessage,
    /// The message with the buttons. `None` until its id is recorded, and if there is no message.
    #[serde(rename = "place")]
    pub message_ref: Option<MessageRef>,
    /// The time of the request, in milliseconds since 1970.
    pub created_ms: u64,
    /// The end of the requesting invocation's lease, in milliseconds since 1970. The message's id is not recorded
    /// later.
    pub placed_by_ms: u64,
    /// The time of expiry, in milliseconds since 1970.
    pub expires_ms: u64,
    /// The stored state. [`Approval::state_at`] also considers the time of expiry.
    pub state: ApprovalState,
    /// The numbers of the handled Telegram updates, newest last.
    pub updates: Vec<i64>,
    /// Whether a person chose the action from a message's menu. Nothing was proposed then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_from_menu: bool,
}

impl Approval {
    /// Creates an approval that waits for a decision.
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
            is_from_menu: false,
        }
    }

    /// Returns the approval with the request at `now_ms` and its expiry `for_ms` later. Both are in milliseconds.
    #[must_use]
    pub fn open(self, now_ms: u64, for_ms: u64) -> Self {
        Self { created_ms: now_ms, expires_ms: now_ms.saturating_add(for_ms), ..self }
    }

    /// Returns the approval as a request of this incident, made by an invocation whose lease ends at `until_ms`.
    #[must_use]
    pub fn asked_by(self, incident_ms: u64, until_ms: u64) -> Self {
        Self { incident_ms, placed_by_ms: until_ms, ..self }
    }

    /// Returns the state at a given time. An open approval expires even if its record does not state it.
    #[must_use]
    pub fn state_at(&self, now_ms: u64) -> &ApprovalState {
        if self.state.is_open() && now_ms >= self.expires_ms { &ApprovalState::Expired } else { &self.state }
    }
}

/// Returns the id of an incident's request. An invocation that takes over the incident and makes the same request
/// gets the same id.
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
