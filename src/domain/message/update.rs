//! Updates of an issue's chat message: lines about events after the message was sent, such as a decision or a new
//! incident.

use serde::{Deserialize, Serialize};

use super::{ChatMessage, FoldedSection, RichText, Severity};
use crate::domain::action::IssueAction;
use crate::domain::approval::{Approval, ApprovalState, ApprovalSubject, Choice, MessageRef, SlackRef};
use crate::domain::change::ChangeKind;
use crate::domain::ids::{ApprovalId, Slug};
use crate::domain::issue::{IssueGone, IssueStatus};
use crate::domain::issue_update::{IssueUpdate, UpdateKind};
use crate::domain::outcome::{Failure, Step};
use crate::domain::timestamp::Timestamp;
use crate::domain::words::{Arg, Language, Phrase, Sentence, reason};

/// A message stores at most this many updates.
const REMEMBERED: usize = 20;
/// A message shows at most this many updates: the newest ones.
const SHOWN: usize = 4;
/// The updates that a message shows have together at most this many UTF-16 units, unless the newest one alone is longer. A
/// new message leaves this room in Telegram's limit.
const ROOM: usize = 600;
/// At most this many lines stand before the fold, with the first line and blank lines. A phone shows about twelve lines
/// without scrolling.
const BEFORE_FOLD: usize = 12;
/// A webhook reports Sidenote's own change again (it is an echo) if an app made the change, and if the times of the
/// webhook and of a decision differ by less than this, in milliseconds.
const ECHO_MS: u64 = 60_000;
/// A person can undo an action within this time, in milliseconds.
const UNDO_MS: u64 = 5 * 60 * 1000;
/// The prefix of the id of an update about a decision.
const DECISION: &str = "decision ";
/// The id of the update about a note that could not be written.
const FAILED_NOTE: &str = "failed note";

/// The id of the update about an issue that was deleted or merged.
const GONE: &str = "gone";

/// The chat message about an issue, as it was sent to Telegram and Slack. It is stored in the issue's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueMessage {
    /// The content of the message, with its updates.
    pub content: ChatMessage,
    /// The reference to the message in Telegram, if it was sent there.
    #[serde(default)]
    pub message_ref: Option<MessageRef>,
    /// The reference to the message in Slack, if it was sent there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slack_ref: Option<SlackRef>,
    /// The time when the message's incident began, in milliseconds since 1970. It is zero in records of earlier
    /// versions.
    #[serde(default)]
    pub incident_ms: u64,
    /// The approval whose buttons the message has.
    #[serde(default)]
    pub approval: Option<ApprovalId>,
    /// The slug of the Sentry organization, if the webhook contained it.
    #[serde(default)]
    pub org: Option<Slug>,
}

impl IssueMessage {
    /// Whether `telegram` or `slack` is the reference to this message.
    #[must_use]
    pub fn is_at(&self, telegram: Option<&MessageRef>, slack: Option<&SlackRef>) -> bool {
        let in_telegram = telegram.is_some() && telegram == self.message_ref.as_ref();
        in_telegram || (slack.is_some() && slack == self.slack_ref.as_ref())
    }

    /// Returns the message with one more update.
    #[must_use]
    pub fn with(self, update: MessageUpdate) -> Self {
        Self { content: self.content.updated(update), ..self }
    }

    /// Returns the message of an issue that exists at the time `at_ms` (milliseconds since 1970): an earlier update about
    /// its deletion is removed, because it was wrong.
    #[must_use]
    pub fn seen_at(mut self, at_ms: u64) -> Self {
        self.content.updates.retain(|known| known.id != GONE || known.at_ms > at_ms);
        self
    }

    /// Adds the updates that the stored message `now` has and the earlier state `before` of the stored message has not.
    #[must_use]
    pub fn with_updates_since(mut self, before: Option<&Self>, now: &Self) -> Self {
        let is_new =
            |update: &&MessageUpdate| before.is_none_or(|before| !before.content.updates.contains(update));
        let updates = now.content.updates.iter().filter(is_new).cloned();
        self.content = updates.fold(self.content, ChatMessage::updated);
        self
    }

    /// Adds an update that says that the note could not be written, or removes this update if the note was written or is
    /// not needed any more. `at_ms` is the time when the note was attempted, in milliseconds since 1970.
    #[must_use]
    pub fn with_note(mut self, note: &Step, at_ms: u64, language: Language) -> Self {
        match note {
            Step::Failed(why) => {
                let update = MessageUpdate::of_failed_note(*why, at_ms, language);
                let is_shown = |known: &MessageUpdate| known.id == update.id && known.line == update.line;
                if !self.content.updates.iter().any(is_shown) {
                    self.content = self.content.updated(update);
                }
            }
            Step::Done(_) | Step::AlreadyDone | Step::Obsolete(_) => {
                self.content.updates.retain(|known| known.id != FAILED_NOTE);
            }
            Step::Skipped(_) | Step::Off(_) | Step::Waiting | Step::NotApplicable => {}
        }
        self
    }
}

/// An update of an issue's message: one line about an event after the message was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageUpdate {
    /// The id of the update. A repeated update has the same id and replaces the first.
    pub id: String,
    /// The line that the message shows.
    pub line: RichText,
    /// The time of the event, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// The status of the issue after the event, if the event changes it.
    pub status: Option<IssueStatus>,
    /// The action that undoes the event, if a person chose the event's action from the menu.
    #[serde(default)]
    pub undo: Option<IssueAction>,
    /// The number of the button press that caused the event.
    #[serde(default)]
    pub press: Option<i64>,
}

impl MessageUpdate {
    /// Returns the update about a change of an issue that Sentry reported at `at_ms` (milliseconds since 1970).
    #[must_use]
    pub fn of_issue(update: &IssueUpdate, id: String, at_ms: u64, language: Language) -> Self {
        let by = update.by.as_ref().map_or(Arg::Phrase(|w| w.by_sentry), Arg::from);
        let (phrase, status): (Phrase, _) = match update.kind {
            UpdateKind::Resolved => (|w| w.update_resolved, Some(IssueStatus::Resolved)),
            UpdateKind::Archived => (|w| w.update_archived, Some(IssueStatus::Archived)),
            UpdateKind::Unresolved => (|w| w.update_unresolved, Some(IssueStatus::Open)),
            UpdateKind::Assigned => (|w| w.update_assigned, None),
        };
        let to = update.assignee.as_ref().map_or(Arg::Phrase(|w| w.someone), Arg::from);
        let sentence = Sentence::new(phrase, [by, moment(at_ms), to]);
        Self { id, line: RichText::of(&sentence, language), at_ms, status, undo: None, press: None }
    }

    /// Returns the update about a new incident that began at `at_ms` (milliseconds since 1970) with this change.
    #[must_use]
    pub fn of_incident(change: ChangeKind, at_ms: u64, language: Language) -> Self {
        let sentence = Sentence::new(change_phrase(change), [moment(at_ms)]);
        let (id, line) = (format!("incident {at_ms}"), RichText::of(&sentence, language));
        Self { id, line, at_ms, status: Some(IssueStatus::Open), undo: None, press: None }
    }

    /// Returns the update about an issue that was found deleted or merged at `at_ms` (milliseconds since 1970).
    #[must_use]
    pub fn of_gone(gone: &IssueGone, at_ms: u64, language: Language) -> Self {
        let sentence = match gone {
            IssueGone::MergedInto(issue) => {
                Sentence::new(|w| w.update_merged, [Arg::from(issue), moment(at_ms)])
            }
            IssueGone::Unknown => Sentence::new(|w| w.update_gone, [moment(at_ms)]),
        };
        let line = RichText::of(&sentence, language);
        Self { id: GONE.to_owned(), line, at_ms, status: Some(IssueStatus::Gone), undo: None, press: None }
    }

    fn of_failed_note(why: Failure, at_ms: u64, language: Language) -> Self {
        let sentence = Sentence::new(|w| w.note_missing, [Arg::Sentence(Box::new(reason(why)))]);
        let (id, line) = (FAILED_NOTE.to_owned(), RichText::of(&sentence, language));
        Self { id, line, at_ms, status: None, undo: None, press: None }
    }

    /// Returns the update about a decision on an approval at `at_ms` (milliseconds since 1970). The sentence
    /// `decision` describes the decision.
    #[must_use]
    pub fn of_decision(approval: &Approval, decision: &Sentence, at_ms: u64, language: Language) -> Self {
        let done = match (&approval.subject, &approval.state) {
            (ApprovalSubject::Act(action), ApprovalState::Done { choice: Choice::Approve, .. }) => {
                Some(action)
            }
            _ => None,
        };
        Self {
            id: format!("{DECISION}{}", approval.id),
            line: RichText::of(decision, language),
            at_ms,
            status: done.and_then(IssueAction::status),
            undo: done.filter(|_| approval.is_from_menu).and_then(IssueAction::undo),
            press: approval.updates.last().copied(),
        }
    }
}

fn change_phrase(change: ChangeKind) -> Phrase {
    match change {
        ChangeKind::Regressed => |w| w.update_regressed,
        ChangeKind::Escalating => |w| w.update_escalating,
        ChangeKind::Seen => |w| w.update_seen,
        ChangeKind::Manual => |w| w.update_analysed,
    }
}

fn moment(at_ms: u64) -> Arg {
    let at = i64::try_from(at_ms / 1000).ok().and_then(Timestamp::from_unix);
    at.map_or(Arg::Phrase(|_| ""), Arg::from)
}

impl ChatMessage {
    /// Returns the message with one more update. Updates are ordered by time, because a webhook can arrive late. An
    /// update with the same id is replaced, and the oldest updates beyond the limit are dropped.
    #[must_use]
    pub fn updated(mut self, update: MessageUpdate) -> Self {
        self.updates.retain(|known| known.id != update.id);
        let at = self.updates.partition_point(|known| known.at_ms <= update.at_ms);
        self.updates.insert(at, update);
        let excess = self.updates.len().saturating_sub(REMEMBERED);
        self.updates.drain(..excess);
        self
    }

    /// Whether the message already shows a change that Sentry reports: an update has the same id, or the change is
    /// the echo of a decision that the message shows.
    #[must_use]
    pub fn knows(&self, id: &str, update: &IssueUpdate, at_ms: u64) -> bool {
        let is_echo = |known: &MessageUpdate| {
            known.id.starts_with(DECISION) && known.at_ms.abs_diff(at_ms) < ECHO_MS && update.is_by_app
        };
        self.updates.iter().any(|known| known.id == id || is_echo(known))
    }

    /// Returns the text of the short message that announces a new incident as a reply to this message. `None` if a
    /// person requested the analysis.
    #[must_use]
    pub fn announcement(&self, change: ChangeKind, language: Language) -> Option<RichText> {
        let phrase: Phrase = match change {
            ChangeKind::Regressed => |w| w.reply_regressed,
            ChangeKind::Escalating => |w| w.reply_escalating,
            ChangeKind::Seen => |w| w.reply_seen,
            ChangeKind::Manual => return None,
        };
        let mut line = self.first_line();
        line.say(" — ");
        line.extend(RichText::of(&Sentence::plain(phrase), language));
        Some(line)
    }

    /// Returns the id of the approval that the button press with this number has decided. `None` if the message shows
    /// no decision of this press.
    #[must_use]
    pub fn decided_by(&self, press: i64) -> Option<ApprovalId> {
        let update = self.updates.iter().find(|update| update.press == Some(press))?;
        ApprovalId::parse(update.id.strip_prefix(DECISION)?).ok()
    }

    /// Returns the id of the newest update; empty if there is none. Two presses of the same action count as one press
    /// if this id has not changed between them.
    #[must_use]
    pub fn state_id(&self) -> &str {
        self.updates.last().map_or("", |update| &update.id)
    }

    /// Returns the action that undoes the newest update, if a person chose the update's action from the menu less
    /// than five minutes before `now_ms` (milliseconds since 1970).
    #[must_use]
    pub fn undo(&self, now_ms: u64) -> Option<&IssueAction> {
        let newest = self.updates.last()?;
        newest.undo.as_ref().filter(|_| now_ms < newest.at_ms.saturating_add(UNDO_MS))
    }

    /// Returns the current status of the issue, after all updates.
    #[must_use]
    pub fn status(&self) -> IssueStatus {
        let newest = self.updates.iter().rev().find_map(|update| update.status);
        newest.unwrap_or(self.first_status)
    }

    /// Returns the coloured mark of the first line, by the status of the issue and the urgency.
    pub(super) fn mark(&self) -> &'static str {
        match self.status() {
            IssueStatus::Resolved => "🟢",
            IssueStatus::Archived => "⚪",
            IssueStatus::Gone => "⚫",
            IssueStatus::Open => match self.severity {
                Severity::Error => "🔴",
                Severity::Warning => "🟠",
                Severity::Info => "🔵",
            },
        }
    }

    /// Returns the paragraphs that are always visible: the newest updates, and as much of the lead as fits before the
    /// fold. The lead of a closed issue is not visible.
    #[must_use]
    pub fn visible(&self) -> Vec<Vec<RichText>> {
        let updates = self.shown_updates().iter().map(|it| it.line.clone()).collect::<Vec<_>>();
        let updates = (!updates.is_empty()).then_some(updates);
        updates.into_iter().chain(self.divided_lead().0).collect()
    }

    /// Returns the sections that chats fold. They begin with the part of the lead that is not visible.
    #[must_use]
    pub fn details(&self) -> Vec<FoldedSection> {
        let rest = self.divided_lead().1.into_iter().map(|lines| FoldedSection { title: None, lines });
        rest.chain(self.folded.clone()).collect()
    }

    fn shown_updates(&self) -> &[MessageUpdate] {
        let mut used = 0;
        let fits = |update: &&MessageUpdate| {
            used += update.line.plain().encode_utf16().count() + 1;
            used <= ROOM
        };
        let fitting = self.updates.iter().rev().take(SHOWN).take_while(fits).count();
        let shown = fitting.max(self.updates.len().min(1));
        &self.updates[self.updates.len() - shown..]
    }

    /// Returns the lead in two parts: the paragraphs before the fold, and those behind it. A paragraph that does not fit
    /// is divided between two of its lines.
    fn divided_lead(&self) -> (Vec<Vec<RichText>>, Vec<Vec<RichText>>) {
        let updates = self.shown_updates().len();
        // A blank line stands before each paragraph.
        let used = 1 + updates + usize::from(updates > 0);
        let mut room = if self.is_folded() { 0 } else { BEFORE_FOLD.saturating_sub(used) };
        let (mut visible, mut folded) = (Vec::new(), Vec::new());
        for paragraph in &self.lead {
            let (shown, rest) = paragraph.split_at(paragraph.len().min(room.saturating_sub(1)));
            room = room.saturating_sub(1 + shown.len());
            for (lines, part) in [(shown, &mut visible), (rest, &mut folded)] {
                if !lines.is_empty() {
                    part.push(lines.to_vec());
                }
            }
        }
        (visible, folded)
    }

    /// Whether the lead is folded, because the issue was closed after the message was sent.
    fn is_folded(&self) -> bool {
        self.status() != IssueStatus::Open && !self.updates.is_empty()
    }
}

#[cfg(test)]
mod tests;
