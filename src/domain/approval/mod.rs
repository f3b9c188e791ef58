//! Approvals: requests for a person's decision, and the rule by which each decision is executed only once.
//!
//! An approval belongs to an *incident*, the period of an issue that one note and one message cover. An invocation that
//! executes a decision has a *lease*: until it ends, no other invocation executes the same decision.
//!
//! An [`Approval`] is a record in the state store. The pure function [`decide()`] contains all rules. The store only
//! ensures that one of two concurrent writers succeeds.
//!
//! ```text
//! pending ──▶ working until T ──▶ done (approved, rejected, analysed again)
//!       │           │  └── T has passed ──▶ resumed, in the name of the first decider
//!       │           └──▶ failed ──▶ (like pending: the buttons stay)
//!       └──▶ expired, or superseded by a newer incident of the issue
//! ```

mod chat;
mod completed;
mod decide;

pub use chat::{ShownInSlack, SlackRef, UserId};
pub use completed::completed;
pub use decide::{DecisionAttempt, DecisionSource, Ruling, decide};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::action::IssueAction;
use super::ids::{ApprovalId, IssueId, Slug};
use super::text::Untrusted;

/// The largest length of a person's name, in characters. A longer name is cut.
const NAME: usize = 60;

/// The subject of an approval: the thing that a person approves or rejects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalSubject {
    /// An action on the issue, which Sidenote executes after the approval.
    Act(IssueAction),
    /// A note, which Sidenote writes on the issue after the approval. Its proposed action is then a second question.
    Post {
        /// The text of the note, exactly as it was shown.
        text: String,
        /// The action that the note proposes, if it proposes one.
        then: Option<IssueAction>,
    },
}

impl ApprovalSubject {
    /// Returns the subject's name for responses and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Act(action) => action.name(),
            Self::Post { .. } => "post_note",
        }
    }
}

/// The chat message in which a person is asked for a decision, as it was shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownMessage {
    /// The text of the message in Telegram, as HTML.
    pub html: String,
    /// The paragraph of the note that names the proposed action. The decision is later added to this paragraph.
    pub note_line: Option<String>,
    /// The link to the issue's page in Sentry.
    pub link: Option<String>,
    /// The content of the message in Slack. `None` if Slack is not configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slack: Option<ShownInSlack>,
}

impl ShownMessage {
    /// Returns the SHA-256 digest, in hex, of the message's HTML and the subject.
    #[must_use]
    pub fn digest(&self, subject: &ApprovalSubject) -> String {
        let mut sha = Sha256::new();
        sha.update(self.html.as_bytes());
        sha.update([0]);
        sha.update(serde_json::to_string(subject).unwrap_or_default());
        hex::encode(sha.finalize())
    }
}

/// A reference to a message in Telegram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    /// The id of the Telegram chat.
    pub chat: i64,
    /// The id of the message in that chat.
    pub message: i64,
}

/// The person who decided, and the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decider {
    /// The person's id in Telegram or Slack; `None` for a command.
    pub id: Option<UserId>,
    /// The person's name with the id, without secrets and control characters.
    pub name: String,
    /// The time of the decision, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
}

impl Decider {
    /// Creates a decider. The id is added to the name, because people can choose any name in a chat.
    #[must_use]
    pub fn new(id: Option<UserId>, name: &Untrusted, at_ms: u64) -> Self {
        let name = name.line(NAME);
        let name = id.as_ref().map_or_else(|| name.clone(), |id| format!("{name} #{id}"));
        Self { id, name, at_ms }
    }
}

/// The choice of a person about an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// The action is executed, or the note is written.
    Approve,
    /// Nothing is changed.
    Reject,
    /// Nothing is changed, and the issue is analysed again.
    Again,
}

/// The state of an approval, as its record stores it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// The approval waits for a decision.
    Pending,
    /// A person has decided, and an invocation executes the decision until its lease ends.
    Working {
        /// The choice of the person.
        choice: Choice,
        /// The person who decided.
        by: Decider,
        /// The time when the lease ends, in milliseconds since 1970. The invocation ends before it.
        until_ms: u64,
    },
    /// The person's decision was executed.
    Done {
        /// The choice of the person.
        choice: Choice,
        /// The person who decided.
        by: Decider,
    },
    /// The approved action failed, or the approved note could not be written. The approval can be decided again.
    Failed {
        /// The person who approved the action or the note.
        by: Decider,
        /// The reason of the failure, in plain words.
        why: String,
        /// The time of the failure, in milliseconds since 1970. A choice that was received before this time has no
        /// effect.
        at_ms: u64,
    },
    /// The approval was not decided in time.
    Expired,
    /// A newer incident of the issue has begun, so this approval can no longer be decided.
    Superseded,
}

impl ApprovalState {
    /// Returns the state's name for responses and logs.
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

    /// Returns the person who decided, if a person has decided.
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
    /// The id of the approval, which `sidenote approve` accepts.
    pub id: ApprovalId,
    /// The id of the Sentry issue.
    pub issue: IssueId,
    /// The slug of the Sentry organization, if the webhook contained it.
    pub org: Option<Slug>,
    /// The time when the approval's incident began, in milliseconds since 1970.
    #[serde(rename = "episode_ms")]
    pub incident_ms: u64,
    /// The action or the note that needs approval.
    #[serde(rename = "ask")]
    pub subject: ApprovalSubject,
    /// The digest of the message and the subject, as [`ShownMessage::digest`] computes it.
    pub digest: String,
    /// The content of the message that asks the person.
    pub shown: ShownMessage,
    /// The reference of the message with the buttons in Telegram. `None` until it is recorded, and if there is no
    /// message.
    #[serde(rename = "place")]
    pub message_ref: Option<MessageRef>,
    /// The reference of the message with the buttons in Slack. `None` until it is recorded, and if there is no
    /// message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slack_ref: Option<SlackRef>,
    /// The time when the approval was created, in milliseconds since 1970 (UTC).
    pub created_ms: u64,
    /// The end of the lease of the invocation that created the approval, in milliseconds since 1970. The invocation
    /// records the references of the messages before this time. If it died first, a later button press records the
    /// reference of its own message.
    pub placed_by_ms: u64,
    /// The time when the approval expires, in milliseconds since 1970 (UTC).
    pub expires_ms: u64,
    /// The stored state. [`Approval::state_at`] also checks whether the approval has expired.
    pub state: ApprovalState,
    /// The numbers of the handled button presses, newest last.
    pub updates: Vec<i64>,
    /// Whether a person chose the action from the menu below a message. Such an approval has no question.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_from_menu: bool,
}

impl Approval {
    /// Creates an approval that waits for a decision. Its times are zero until [`Approval::open`] and
    /// [`Approval::asked_by`] set them.
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
            slack_ref: None,
            created_ms: 0,
            placed_by_ms: 0,
            expires_ms: 0,
            state: ApprovalState::Pending,
            updates: Vec::new(),
            is_from_menu: false,
        }
    }

    /// Returns the approval as created at `now_ms` (milliseconds since 1970), with its expiry `for_ms` milliseconds
    /// later.
    #[must_use]
    pub fn open(self, now_ms: u64, for_ms: u64) -> Self {
        Self { created_ms: now_ms, expires_ms: now_ms.saturating_add(for_ms), ..self }
    }

    /// Returns the approval with its incident, which began at `incident_ms`, and with the end `until_ms` of the lease
    /// of the invocation that creates it. Both times are in milliseconds since 1970.
    #[must_use]
    pub fn asked_by(self, incident_ms: u64, until_ms: u64) -> Self {
        Self { incident_ms, placed_by_ms: until_ms, ..self }
    }

    /// Returns the state at `now_ms` (milliseconds since 1970). An open approval counts as expired after its time,
    /// even if that is not recorded yet.
    #[must_use]
    pub fn state_at(&self, now_ms: u64) -> &ApprovalState {
        if self.state.is_open() && now_ms >= self.expires_ms { &ApprovalState::Expired } else { &self.state }
    }
}

/// Returns the id of the approval for this incident and subject. An invocation that takes over an incident and asks
/// for the same subject again gets the same id.
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
