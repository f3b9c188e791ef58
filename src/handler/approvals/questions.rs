//! The question that asks a person to approve an action or a note. It is recorded as an approval before the
//! notification is sent.

use std::sync::{Arc, OnceLock};

use secrecy::SecretString;

use super::can_decide::{hook_secret, missing_to_decide};
use crate::clock::{millis, unix_millis};
use crate::config::{ApprovalMode, Config};
use crate::domain::action::IssueAction;
use crate::domain::approval::{Approval, ApprovalSubject, ShownMessage, id_of};
use crate::domain::ids::Slug;
use crate::domain::outcome::{Failure, Step};
use crate::domain::report::Report;
use crate::handler::clients::Clients;
use crate::handler::observing::event::DeliveryEvent;
use crate::handler::observing::observers::Observers;
use crate::notifiers::Notification;
use crate::notifiers::note;
use crate::notifiers::telegram::{Prepared, keyboard, render, render_waiting};
use crate::secrets::Secrets;
use crate::state::{Approvals, AskOutcome, Claim, Versioned};
use crate::telegram::Keyboard;

/// An approval, and the Telegram message with the question and its buttons.
pub(in crate::handler) struct QuestionMessage {
    asked: Box<Versioned<Approval>>,
    prepared: Prepared,
}

/// The question of a notification, and the step of a notifier that it holds back.
#[derive(Default)]
pub(in crate::handler) struct Question {
    message: Option<QuestionMessage>,
    /// The step of a notifier that waits for the approval. `None` if no notifier waits.
    pub(in crate::handler) held: Option<Step>,
}

impl Question {
    /// The message with the question, if there is one.
    pub(in crate::handler) fn prepared(&self) -> Option<&Prepared> {
        self.message.as_ref().map(|message| &message.prepared)
    }

    /// A result without a question. A notifier that waits for approval ends with `held`.
    fn only_held(held: Option<Step>) -> Self {
        Self { message: None, held }
    }
}

/// Prepares the questions of notifications.
pub(in crate::handler) struct Questions {
    config: Arc<Config>,
    approvals: Approvals,
    /// Whether the process ends with its work. It then loses a question that is stored only in memory.
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

    /// Prepares the question of a notification, if it has one. `is_asked` means that this incident's message was sent
    /// before.
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
            // No decision could reach us, so there is no question. A note that requires approval is not written.
            // `hook_secret` logs a secret that is unusable.
            let _ = hook_secret(&secrets);
            return Question::only_held(waits.then_some(Step::Skipped(Failure::NotConfigured(missing))));
        }
        let asked = match (self.subject(report).filter(|_| !is_asked), claim) {
            (Some(subject), Some(claim)) => self.prepare(notification, report, org, claim, subject).await,
            (Some(_), None) => Err(()),
            (None, _) => Ok(None),
        };
        let step = match &asked {
            Ok(_) => Step::Waiting,
            Err(()) => Step::Failed(Failure::StateUnavailable),
        };
        Question { message: asked.ok().flatten(), held: waits.then_some(step) }
    }

    /// Records the question. `Ok(None)` if it was answered before; `Err` if the store is unavailable.
    async fn prepare(
        &self,
        notification: &Notification,
        report: &Report,
        org: Option<&Slug>,
        claim: &Claim,
        subject: ApprovalSubject,
    ) -> Result<Option<QuestionMessage>, ()> {
        let language = self.config.language;
        let message = match &subject {
            ApprovalSubject::Act(_) => render(notification, language),
            ApprovalSubject::Post { text, .. } => render_waiting(text, report.link.as_deref(), language).0,
        };
        let shown = ShownMessage {
            html: message.html.clone(),
            note_line: note::proposal(report, language),
            link: report.link.clone(),
        };
        let (incident_ms, until_ms) = (claim.record.started_ms, claim.until_ms());
        let id = id_of(claim.key(), incident_ms, &subject).ok_or(())?;
        let approval = Approval::new(&id, &report.evidence.issue.id, org, subject, shown);
        let Some(asked) = self.ask(approval, incident_ms, until_ms).await? else { return Ok(None) };
        let keyboard = self.buttons(&asked.content).await;
        Ok(Some(QuestionMessage {
            asked,
            prepared: Prepared { message, keyboard, message_ref: OnceLock::new() },
        }))
    }

    /// Records the question of an incident whose invocation ends by `until_ms`. It is open from now on. `Ok(None)` if
    /// it was answered before; `Err` if the store is unavailable.
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

    /// The variable that is missing for any person to decide. `None` if a person can.
    fn missing_to_be_answered(&self, secrets: &Secrets) -> Option<&'static str> {
        let is_lost = self.is_one_shot && !self.config.is_durable();
        missing_to_decide(&self.config, secrets).or(is_lost.then_some("STATE_TABLE"))
    }

    /// The subject of a report's question. `None` if the report proposes nothing, or approvals are off.
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

    /// The longest form of the note that fits into a message.
    fn showable_note(&self, report: &Report) -> String {
        let (language, link) = (self.config.language, report.link.as_deref());
        note::render_so(report, language, |text| render_waiting(text, link, language).1)
    }

    /// The buttons for the current state of an approval.
    pub(super) async fn buttons(&self, approval: &Approval) -> Keyboard {
        keyboard(approval, self.button_key().await.as_ref(), self.config.language)
    }

    /// The key of the signatures in the buttons. `None` without a webhook secret, because no button press could then
    /// reach us.
    pub(super) async fn button_key(&self) -> Option<SecretString> {
        hook_secret(&*self.clients.secrets.get().await.ok()?).cloned()
    }

    /// Records the reference of the sent message. The buttons are valid only in that message.
    pub(in crate::handler) async fn bind(&self, question: &Question) {
        let Some(QuestionMessage { asked, prepared }) = &question.message else { return };
        let (approval_id, asks) = (asked.content.id.as_str(), asked.content.subject.name());
        tracing::info!(approval_id, asks, "approval_asked");
        let Some(message_ref) = prepared.message_ref.get() else { return };
        let bound = Approval { message_ref: Some(*message_ref), ..asked.content.clone() };
        if let Err(error) = self.approvals.update(asked, bound).await {
            tracing::error!(error = %error, approval_id, "state_unavailable: its buttons do not work yet");
        }
    }
}
