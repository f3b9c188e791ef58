//! Keeps the message of an issue up to date.

mod gone;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::approvals::buttons::ChatButtons;
use super::approvals::chats::Chats;
use super::approvals::questions::Questions;
use super::chat_texts::ChatTexts;
use super::clients::Clients;
use super::delivery::incidents::Incidents;
use super::observing::event::DeliveryEvent;
use super::observing::observers::Observers;
use crate::clock::{pause, unix_millis};
use crate::domain::approval::{Approval, DecisionSource, MessageRef, ShownInSlack, SlackRef};
use crate::domain::deadline::Deadline;
use crate::domain::ids::{ApprovalId, IssueId};
use crate::domain::incident::{IncidentRecord, IncidentState};
use crate::domain::issue_update::IssueUpdate;
use crate::domain::message::{IssueMessage, MenuView, MessageUpdate};
use crate::domain::outcome::Failure;
use crate::domain::words::Language;
use crate::slack::SlackApi;
use crate::telegram::{Bot, BotError, Keyboard};

/// The pause between two reads of the record while the incident is being handled.
const LOOK: Duration = Duration::from_millis(500);

/// The largest number of repeated edits. Each one means that another invocation has recorded an update.
const EDITS: usize = 3;

/// Updates the messages of issues.
pub(in crate::handler) struct Messages {
    incidents: Arc<Incidents>,
    questions: Arc<Questions>,
    chats: Arc<Chats>,
    language: Language,
    clients: Clients,
    observers: Observers,
}

impl Messages {
    pub(in crate::handler) fn new(
        incidents: Arc<Incidents>,
        questions: Arc<Questions>,
        chats: Arc<Chats>,
        language: Language,
        (clients, observers): (Clients, Observers),
    ) -> Self {
        Self { incidents, questions, chats, language, clients, observers }
    }

    /// Adds a line about a change that Sentry reported to the issue's message. The record is written first, so that a
    /// repetition after a failure only edits the message again. Nothing happens if the issue has no message.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the message does not show the change yet.
    pub(in crate::handler) async fn show_update(
        &self,
        update: &IssueUpdate,
        (id, at_ms): (String, u64),
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let Some(record) = self.at_rest(&update.issue, deadline).await? else { return Ok(()) };
        let Some(standing) = record.message else { return Ok(()) };
        let mut message = *standing;
        if !message.content.knows(&id, update, at_ms) {
            let line = MessageUpdate::of_issue(update, id, at_ms, self.language);
            let add = |message: &IssueMessage| message.clone().seen_at(at_ms).with(line.clone());
            let kept = self.change(&update.issue, &add).await?;
            message = kept.unwrap_or_else(|| add(&message));
        }
        self.show(&update.issue, &message, (MenuView::Actions, None), deadline).await
    }

    /// Changes the stored message. Returns the message, if there is one.
    ///
    /// # Errors
    ///
    /// [`Failure::StateUnavailable`] if the record cannot be read or written.
    async fn change(
        &self,
        issue: &IssueId,
        change: &(dyn Fn(&IssueMessage) -> IssueMessage + Sync),
    ) -> Result<Option<IssueMessage>, Failure> {
        self.incidents.change_message(issue, change).await.map_err(|_| Failure::StateUnavailable)
    }

    /// Edits the message in every chat so that it shows this content and this view of the menu. `decided` is the
    /// approval that the message asks for, if the caller has a newer state of it than the store. If another invocation
    /// edits the message at the same time, the message shows the newer record in the end.
    ///
    /// # Errors
    ///
    /// [`Failure`] if an edit failed.
    pub(in crate::handler) async fn show(
        &self,
        issue: &IssueId,
        message: &IssueMessage,
        (view, decided): (MenuView, Option<&Approval>),
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let edited = self.edit(issue, message, (view, decided), deadline).await;
        // The failure of one chat does not leave an older text in the other one.
        edited.and(self.catch_up(issue, message, decided, deadline).await)
    }

    /// Edits the message again if its record has changed since it was read as `drawn`.
    ///
    /// # Errors
    ///
    /// [`Failure`] if an edit failed.
    pub(in crate::handler) async fn catch_up(
        &self,
        issue: &IssueId,
        drawn: &IssueMessage,
        decided: Option<&Approval>,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let mut drawn = drawn.clone();
        for _ in 0..EDITS {
            let Some(newer) = self.newer(issue, &drawn).await else { return Ok(()) };
            self.edit(issue, &newer, (MenuView::Actions, decided), deadline).await?;
            drawn = newer;
        }
        Ok(())
    }

    /// Returns the recorded message if it differs from `drawn` and is the same message of the chats. `None` while an
    /// invocation is handling the incident, because this invocation shows the record at its end.
    async fn newer(&self, issue: &IssueId, drawn: &IssueMessage) -> Option<IssueMessage> {
        let record = self.incidents.record(issue).await.ok().flatten().filter(is_at_rest)?;
        record
            .message
            .map(|it| *it)
            .filter(|it| it.is_at(drawn.message_ref.as_ref(), drawn.slack_ref.as_ref()) && it != drawn)
    }

    /// Reports that the message of an issue does not show the event `what`, if `shown` is a failure. `approval` is the
    /// approval that the event ended.
    pub(in crate::handler) fn report_unshown(
        &self,
        issue: &IssueId,
        (what, approval): (&'static str, Option<&ApprovalId>),
        shown: Result<(), Failure>,
    ) {
        if let Err(why) = shown {
            self.observers.emit(DeliveryEvent::NotShown { issue, what, approval, why });
        }
    }

    async fn edit(
        &self,
        issue: &IssueId,
        message: &IssueMessage,
        (view, decided): (MenuView, Option<&Approval>),
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let texts = ChatTexts::of(&message.content);
        let buttons = self.questions.buttons_of(issue, message, (view, decided)).await;
        let refs = (message.message_ref, message.slack_ref.as_ref());
        // A message that stayed in the old group cannot be edited any more.
        let moved = |_: Bot, old, new| async move {
            self.chats.moved(old, new);
            Ok(())
        };
        self.edit_in_chats((issue, refs), (&texts, buttons), moved, deadline).await
    }

    /// Edits the message in Telegram and in Slack at the same time, as far as it was sent there, and reports the edit.
    /// If Telegram's message stayed in a group that became a supergroup, `moved` is called with the ids of the old and
    /// the new chat.
    ///
    /// # Errors
    ///
    /// [`Failure`] if an edit or `moved` failed.
    pub(in crate::handler) async fn edit_in_chats<F: Future<Output = Result<(), Failure>> + Send>(
        &self,
        (issue, (telegram, slack)): (&IssueId, (Option<MessageRef>, Option<&SlackRef>)),
        (texts, buttons): (&ChatTexts, ChatButtons),
        moved: impl Fn(Bot, i64, i64) -> F + Sync,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let (in_telegram, in_slack) = tokio::join!(
            self.edit_in_telegram(telegram, (&texts.html, &buttons.telegram), &moved, deadline),
            self.edit_in_slack(slack, (texts.slack.clone(), buttons.slack), deadline),
        );
        in_telegram.and(in_slack)?;
        tracing::info!(issue_id = issue.as_str(), "message_edited");
        self.observers.emit(DeliveryEvent::Edited { issue, html: &texts.html, menu: buttons.menu.as_ref() });
        Ok(())
    }

    /// Shows a view of the menu in the message that a button was pressed in, and not in the other chat.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the edit failed.
    pub(in crate::handler) async fn show_view(
        &self,
        issue: &IssueId,
        message: &IssueMessage,
        (view, source): (MenuView, &DecisionSource),
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let (telegram, slack) = source.message();
        let (message_ref, slack_ref) = (telegram.copied(), slack.cloned());
        let pressed = IssueMessage { message_ref, slack_ref, ..message.clone() };
        self.edit(issue, &pressed, (view, None), deadline).await
    }

    async fn edit_in_telegram<F: Future<Output = Result<(), Failure>> + Send>(
        &self,
        message: Option<MessageRef>,
        (html, buttons): (&str, &Keyboard),
        moved: &(impl Fn(Bot, i64, i64) -> F + Sync),
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let Some(message) = message else { return Ok(()) };
        let edit = |bot: Bot| async move {
            match bot.edit(message, html, buttons).await {
                Err(BotError::Moved(chat)) => moved(bot, message.chat, chat).await,
                edited => edited.map_err(BotError::failure),
            }
        };
        self.clients.with_bot(deadline, edit).await
    }

    /// Edits the message in Slack, if there is one. `buttons` is the block with its buttons.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the edit failed.
    pub(in crate::handler) async fn edit_in_slack(
        &self,
        message: Option<&SlackRef>,
        (text, buttons): (Option<ShownInSlack>, Option<Value>),
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let Some((message, text)) = message.zip(text) else { return Ok(()) };
        let content = &buttons.into_iter().fold(text, ShownInSlack::with);
        let edit = |slack: SlackApi| async move { slack.edit(message, content).await };
        self.clients.with_slack(deadline, edit).await
    }

    /// Waits until no invocation is handling the issue's incident, and returns the record of the issue. `None` if there
    /// is no record.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the record cannot be read, or the incident does not end before the deadline.
    pub(in crate::handler) async fn at_rest(
        &self,
        issue: &IssueId,
        deadline: Deadline,
    ) -> Result<Option<IncidentRecord>, Failure> {
        loop {
            let record = self.incidents.record(issue).await.map_err(|_| Failure::StateUnavailable)?;
            let Some(record) = record else { return Ok(None) };
            if is_at_rest(&record) {
                return Ok(Some(record));
            }
            if !pause(LOOK, deadline).await {
                return Err(Failure::Timeout);
            }
        }
    }
}

/// Whether no invocation is handling the incident.
pub(in crate::handler) fn is_at_rest(record: &IncidentRecord) -> bool {
    match record.state {
        IncidentState::Working { until_ms } => unix_millis() >= until_ms,
        IncidentState::Partial | IncidentState::Done => true,
    }
}
