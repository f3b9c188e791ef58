//! Prepares the question to a person whether an action or a note is approved. The question is stored as an approval
//! before the notification with its buttons is sent.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::Value;

use super::can_decide::{hook_secret, missing_to_decide, signing_secret};
use crate::clock::{millis, unix_millis};
use crate::config::{ApprovalMode, Config};
use crate::domain::action::IssueAction;
use crate::domain::approval::{Approval, ApprovalSubject, ShownMessage, id_of};
use crate::domain::ids::{ApprovalId, IssueId, Slug};
use crate::domain::message::{ChatMessage, IssueMessage, Menu, MenuView, MessageButtons};
use crate::domain::outcome::{Failure, Step};
use crate::domain::report::Report;
use crate::domain::words::Language;
use crate::handler::clients::Clients;
use crate::handler::observing::event::DeliveryEvent;
use crate::handler::observing::observers::Observers;
use crate::notifiers::telegram::{fits, keyboard, render_message};
use crate::notifiers::{ChatNotice, Notification, note, slack};
use crate::secrets::Secrets;
use crate::state::{Approvals, AskOutcome, Claim, StateError, Versioned};
use crate::telegram::Keyboard;

/// The largest number of attempts to record the references of messages.
const BINDINGS: usize = 4;

/// The question in a notification, and the result of the notifier that waits for the person's decision.
#[derive(Default)]
pub(in crate::handler) struct Question {
    asked: Option<Box<Versioned<Approval>>>,
    /// The result of the notifier that waits for the decision. `None` if no notifier waits.
    pub(in crate::handler) held: Option<Step>,
}

impl Question {
    /// Returns the stored approval of the question. `None` if there is no question.
    pub(in crate::handler) fn approval(&self) -> Option<&Approval> {
        self.asked.as_ref().map(|asked| &asked.content)
    }

    /// Returns a value without a question. A notifier that waits for approval gets `held` as its result.
    fn only_held(held: Option<Step>) -> Self {
        Self { asked: None, held }
    }
}

/// Prepares the questions that notifications ask, and their buttons.
pub(in crate::handler) struct Questions {
    config: Arc<Config>,
    approvals: Approvals,
    /// Whether the process ends with its work. A question that is stored only in memory would then be lost.
    is_one_shot: bool,
    clients: Clients,
    observers: Observers,
}

impl Questions {
    pub(in crate::handler) fn new(
        config: Arc<Config>,
        approvals: Approvals,
        is_one_shot: bool,
        (clients, observers): (Clients, Observers),
    ) -> Self {
        Self { config, approvals, is_one_shot, clients, observers }
    }

    /// Prepares the question of a notification, if it has one. `is_asked` means that the message of this incident was
    /// already sent.
    pub(in crate::handler) async fn question(
        &self,
        notification: &Notification,
        org: Option<&Slug>,
        claim: Option<&Claim>,
        is_asked: bool,
    ) -> Question {
        let Notification::Issue(report) = notification else { return Question::default() };
        if self.config.approval.mode == ApprovalMode::Nothing {
            return Question::default();
        }
        let waits = self.config.approval.mode == ApprovalMode::Note;
        let secrets = self.clients.secrets().await;
        if let Some(missing) = self.missing_to_be_answered(&secrets) {
            // No decision could reach Sidenote, so there is no question. A note that requires approval is not
            // written. `hook_secret` logs an unusable secret.
            let _ = hook_secret(&secrets);
            return Question::only_held(waits.then_some(Step::Skipped(Failure::NotConfigured(missing))));
        }
        let asked = match (self.subject(report).filter(|_| !is_asked), claim) {
            (Some(subject), Some(claim)) => self.prepare(report, org, claim, subject).await,
            (Some(_), None) => Err(()),
            (None, _) => Ok(None),
        };
        let step = match &asked {
            Ok(_) => Step::Waiting,
            Err(()) => Step::Failed(Failure::StateUnavailable),
        };
        Question { asked: asked.ok().flatten(), held: waits.then_some(step) }
    }

    /// Stores the question of a report. Returns `Ok(None)` if a person has answered the question before, and `Err` if
    /// the state store is unavailable.
    async fn prepare(
        &self,
        report: &Report,
        org: Option<&Slug>,
        claim: &Claim,
        subject: ApprovalSubject,
    ) -> Result<Option<Box<Versioned<Approval>>>, ()> {
        let language = self.config.language;
        let content = content(report, Some(&subject), language);
        let in_slack = self.config.slack.channel.is_some().then(|| slack::render(&content).shown());
        let shown = ShownMessage {
            html: render_message(&content).html,
            note_line: note::proposal(report, language),
            link: report.link.clone(),
            slack: in_slack,
        };
        let (incident_ms, until_ms) = (claim.record.started_ms, claim.until_ms());
        let id = id_of(claim.key(), incident_ms, &subject).ok_or(())?;
        let approval = Approval::new(&id, &report.evidence.issue.id, org, subject, shown);
        self.ask(approval, incident_ms, until_ms).await
    }

    /// Stores a question of an incident whose invocation ends by `until_ms` (milliseconds since 1970). The question
    /// is open from now on. Returns `Ok(None)` if a person has answered it before, and `Err` if the state store is
    /// unavailable.
    pub(super) async fn ask(
        &self,
        question: Approval,
        incident_ms: u64,
        until_ms: u64,
    ) -> Result<Option<Box<Versioned<Approval>>>, ()> {
        let question = question.open(unix_millis(), millis(self.config.approval.expiry));
        match self.approvals.ask(question.asked_by(incident_ms, until_ms)).await {
            Ok(AskOutcome::Open(asked)) => {
                self.observers.emit(DeliveryEvent::Asked(&asked.content));
                Ok(Some(asked))
            }
            Ok(AskOutcome::Answered) => Ok(None),
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable: nobody is asked to approve");
                Err(())
            }
        }
    }

    /// Returns the name of a variable without which no person can decide. `None` if a person can.
    fn missing_to_be_answered(&self, secrets: &Secrets) -> Option<&'static str> {
        let is_lost = self.is_one_shot && !self.config.is_durable();
        missing_to_decide(&self.config, secrets).or(is_lost.then_some("STATE_TABLE"))
    }

    /// Returns what a report asks a person to approve. `None` if the report proposes nothing, or approvals are off.
    fn subject(&self, report: &Report) -> Option<ApprovalSubject> {
        let action = report.analysis.proposal.action.as_ref().map(IssueAction::as_stored);
        match self.config.approval.mode {
            ApprovalMode::Nothing => None,
            ApprovalMode::Action => action.map(ApprovalSubject::Act),
            ApprovalMode::Note => {
                Some(ApprovalSubject::Post { text: self.showable_note(report), then: action })
            }
        }
    }

    /// Returns the longest form of the note whose text fits into a chat message.
    fn showable_note(&self, report: &Report) -> String {
        let language = self.config.language;
        note::render_so(report, language, |text| fits(&report.waiting_message(text, language)))
    }

    /// Stores a question that a person has already answered, without asking anybody.
    pub(super) async fn record(&self, question: Approval) -> Result<AskOutcome, StateError> {
        self.approvals.ask(question).await
    }

    /// Returns the stored approval with this id.
    pub(super) async fn find(&self, id: &ApprovalId) -> Result<Option<Versioned<Approval>>, StateError> {
        self.approvals.get(id).await
    }

    /// Returns the menu of buttons under an issue's message. `None` without approvers, or if no button press could
    /// reach Sidenote.
    pub(in crate::handler) async fn menu(&self, issue: &IssueId, content: &ChatMessage) -> Option<Menu> {
        if !self.config.has_buttons() {
            return None;
        }
        let secrets = self.clients.secrets().await;
        let can_reach = self.missing_to_be_answered(&secrets).is_none();
        can_reach.then(|| Menu::new(issue, content, unix_millis()))
    }

    /// Returns the buttons of a message: those for the state of `approval`, those of the menu, and the link.
    pub(super) async fn buttons(
        &self,
        approval: Option<&Approval>,
        menu: Option<&Menu>,
        link: Option<&str>,
    ) -> Keyboard {
        let buttons = MessageButtons { approval, menu, link };
        keyboard(&buttons, self.button_key().await.as_ref(), self.config.language)
    }

    /// Returns the key that signs the buttons in Telegram. `None` without `TELEGRAM_WEBHOOK_SECRET`, because no
    /// button press could then reach Sidenote.
    pub(super) async fn button_key(&self) -> Option<SecretString> {
        hook_secret(&*self.clients.secrets.get().await.ok()?).cloned()
    }

    /// Returns the buttons of an issue's message. `decided` replaces the stored approval if the message asks for the
    /// same approval.
    pub(in crate::handler) async fn buttons_of(
        &self,
        issue: &IssueId,
        message: &IssueMessage,
        (view, decided): (MenuView, Option<&Approval>),
    ) -> Keyboard {
        let decided = decided.filter(|decided| message.approval.as_ref() == Some(&decided.id));
        let stored = match message.approval.as_ref().filter(|_| decided.is_none()) {
            // A question that cannot be read cannot be answered either.
            Some(id) => self.approvals.get(id).await.ok().flatten().map(|found| found.content),
            None => None,
        };
        let menu = self.menu(issue, &message.content).await.map(|menu| Menu { view, ..menu });
        let approval = stored.as_ref().or(decided);
        self.buttons(approval, menu.as_ref(), message.content.link.as_deref()).await
    }

    /// Returns the JSON block with the buttons in Slack, for the current state of an approval.
    pub(super) async fn slack_buttons(&self, approval: &Approval) -> Option<Value> {
        let secrets = self.clients.secrets().await;
        slack::actions(approval, signing_secret(&secrets), self.config.language)
    }

    /// Records the references of the messages that were sent so far. The buttons work only in these messages.
    pub(in crate::handler) async fn bind(&self, question: &Question, chat: &ChatNotice) {
        let Some(asked) = &question.asked else { return };
        let mut standing = (**asked).clone();
        for _ in 0..BINDINGS {
            let bound = bound(&standing.content, chat);
            if bound == standing.content {
                return;
            }
            match self.approvals.update(&standing, bound).await {
                Ok(_) => return,
                // The record was changed in the meantime: by the message in another chat, or by a person who answered
                // quickly.
                Err(StateError::Contended) => match self.approvals.get(&asked.content.id).await {
                    Ok(Some(found)) => standing = found,
                    _ => return,
                },
                Err(error) => {
                    let approval_id = asked.content.id.as_str();
                    tracing::error!(error = %error, approval_id, "state_unavailable: its buttons do not work yet");
                    return;
                }
            }
        }
    }
}

impl Question {
    /// Logs that a person is asked. This is done after all messages with the question were sent.
    pub(in crate::handler) fn log(&self) {
        if let Some(asked) = &self.asked {
            let (approval_id, asks) = (asked.content.id.as_str(), asked.content.subject.name());
            tracing::info!(approval_id, asks, "approval_asked");
        }
    }
}

/// Returns the approval with the references of the messages that were sent so far.
fn bound(standing: &Approval, chat: &ChatNotice) -> Approval {
    Approval {
        message_ref: chat.sent.get().copied().or(standing.message_ref),
        slack_ref: chat.sent_in_slack.get().cloned().or_else(|| standing.slack_ref.clone()),
        ..standing.clone()
    }
}

/// Returns the content of a report's chat message. If the note waits for approval, the message shows the note.
pub(in crate::handler) fn content(
    report: &Report,
    subject: Option<&ApprovalSubject>,
    language: Language,
) -> ChatMessage {
    match subject {
        Some(ApprovalSubject::Post { text, .. }) => report.waiting_message(text, language),
        Some(ApprovalSubject::Act(_)) | None => report.message(language),
    }
}
