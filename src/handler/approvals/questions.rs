//! Prepares the question to a person whether an action or a note is approved. The question is stored as an approval
//! before the notification with its buttons is sent.

use std::sync::Arc;

use super::can_decide::{hook_secret, missing_to_decide};
use crate::clock::{millis, unix_millis};
use crate::config::{ApprovalMode, Config};
use crate::domain::action::IssueAction;
use crate::domain::approval::{Approval, ApprovalSubject, ShownMessage, id_of};
use crate::domain::ids::{ApprovalId, Slug};
use crate::domain::message::ChatMessage;
use crate::domain::outcome::{Failure, Step};
use crate::domain::report::Report;
use crate::domain::words::Language;
use crate::handler::clients::Clients;
use crate::handler::observing::event::DeliveryEvent;
use crate::handler::observing::observers::Observers;
use crate::notifiers::telegram::{fits, render_message};
use crate::notifiers::{ChatNotice, Notification, note, slack};
use crate::secrets::Secrets;
use crate::state::{Approvals, AskOutcome, Claim, StateError, Versioned};

/// The attempt to record the references of messages is made at most this many times.
const BINDINGS: usize = 4;

/// The question in a notification, and the result of the notifier that waits for the person's decision.
#[derive(Default)]
pub(in crate::handler) struct Question {
    asked: Option<Box<Versioned<Approval>>>,
    /// Whether a message in another chat has asked the question before.
    is_repeated: bool,
    /// The step of a notifier that waits for the approval. `None` if no notifier waits.
    pub(in crate::handler) held: Option<Step>,
}

impl Question {
    /// Returns the stored approval of the question. `None` if there is no question.
    pub(in crate::handler) fn approval(&self) -> Option<&Approval> {
        self.asked.as_ref().map(|asked| &asked.content)
    }

    /// Returns a value without a question. A notifier that waits for approval gets `held` as its result.
    fn only_held(held: Option<Step>) -> Self {
        Self { held, ..Self::default() }
    }
}

/// Prepares the questions that notifications ask, and their buttons.
pub(in crate::handler) struct Questions {
    pub(super) config: Arc<Config>,
    pub(super) approvals: Approvals,
    /// Whether the process ends with its work. It then loses a question that is stored only in memory.
    is_one_shot: bool,
    pub(super) clients: Clients,
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

    /// Prepares and returns the question of a notification, which is empty if nothing is asked. `is_asked` means that
    /// the message of this incident was already sent.
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
        let asked = match (self.subject(report), claim) {
            (_, Some(claim)) if is_asked && claim.record.message.is_some() => self.asked_before(claim).await,
            (Some(subject), Some(claim)) => self.prepare(report, org, claim, subject).await,
            (Some(_), None) => Err(()),
            (None, _) => Ok(None),
        };
        let step = match &asked {
            Ok(_) => Step::Waiting,
            Err(()) => Step::Failed(Failure::StateUnavailable),
        };
        Question { asked: asked.ok().flatten(), is_repeated: is_asked, held: waits.then_some(step) }
    }

    /// Returns the question that this incident's message has asked in one chat, so that the other chat asks the same
    /// one. `Ok(None)` if the question is no longer open, and `Err` if the state store is unavailable.
    async fn asked_before(&self, claim: &Claim) -> Result<Option<Box<Versioned<Approval>>>, ()> {
        let message = claim.record.message.as_deref();
        let Some(id) = message.and_then(|message| message.approval.as_ref()) else { return Ok(None) };
        let found = self.approvals.get(id).await.map_err(|error| {
            tracing::error!(error = %error, "state_unavailable: nobody is asked to approve");
        })?;
        Ok(found.filter(|found| found.content.state.is_open()).map(Box::new))
    }

    /// Stores the question of a report. Returns `Ok(None)` if the question was asked before and is not open any more,
    /// and `Err` if the state store is unavailable.
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
    /// is open from now on. Returns `Ok(None)` if it was asked before and is not open any more, and `Err` if the state
    /// store is unavailable.
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

    /// Returns the name of a missing variable without which nobody can decide. `None` if decisions are possible.
    pub(super) fn missing_to_be_answered(&self, secrets: &Secrets) -> Option<&'static str> {
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

    /// Stores the approval of an action that a person chose from the buttons under an issue's message. No question is
    /// sent, because the choice is also the decision. Returns the stored approval, or [`AskOutcome::Answered`] if the
    /// decision was stored before.
    pub(super) async fn record(&self, question: Approval) -> Result<AskOutcome, StateError> {
        self.approvals.ask(question).await
    }

    /// Returns the stored approval with this id.
    pub(super) async fn find(&self, id: &ApprovalId) -> Result<Option<Versioned<Approval>>, StateError> {
        self.approvals.get(id).await
    }

    /// Records the references of the messages sent so far. The buttons are valid only in these messages.
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
        if let Some(asked) = self.asked.as_ref().filter(|_| !self.is_repeated) {
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

/// Returns the content of a report's chat message. If the note waits for approval, the message shows the
/// note in place of the report.
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
