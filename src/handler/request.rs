//! Before telling: what a person is asked to approve, and with which buttons.

use std::sync::{Arc, OnceLock};

use secrecy::SecretString;

use super::intake::millis;
use super::{DeliveryEvent, Handler};
use crate::config::{ApprovalMode, Config};
use crate::domain::approval::{Approval, ApprovalSubject, Order, ShownMessage, id_of};
use crate::domain::ids::Slug;
use crate::domain::outcome::{Failure, Step};
use crate::domain::report::Report;
use crate::http::unix_millis;
use crate::notifiers::Notification;
use crate::notifiers::note;
use crate::notifiers::telegram::{Prepared, Telegram, render, render_waiting};
use crate::secrets::Secrets;
use crate::state::{AskOutcome, Claim, Versioned};
use crate::telegram::{HOOK_SECRET_RULE, is_hook_secret};

/// What somebody is asked, and the message that asks.
pub(super) struct ApprovalMessage {
    asked: Box<Versioned<Approval>>,
    pub(super) prepared: Arc<Prepared>,
}

/// What goes with the telling: the message that asks, and what becomes of the note meanwhile.
#[derive(Default)]
pub(super) struct ApprovalRequest {
    pub(super) offer: Option<ApprovalMessage>,
    /// The note's step, when it waits for approval.
    pub(super) held: Option<Step>,
}

impl Handler {
    /// Asks what there is to ask about a notification, before it is told.
    pub(super) async fn asking(
        &self,
        notification: &Notification,
        org: Option<&Slug>,
        claim: Option<&Claim>,
    ) -> ApprovalRequest {
        let Notification::Issue(report) = notification else { return ApprovalRequest::default() };
        if self.config.approval.mode == ApprovalMode::Nothing {
            return ApprovalRequest::default();
        }
        let waits = self.config.approval.mode == ApprovalMode::Note;
        let secrets = self.secrets.get().await.unwrap_or_default();
        if let Err(missing) = self.can_be_answered(&secrets) {
            // Nobody would be asked, so it is not said that somebody was. A note that is not to be posted unread is not. An
            // unusable secret is named in the log, as where it makes no button.
            let _ = hook_secret(&secrets);
            let skipped = Step::Skipped(Failure::NotConfigured(missing));
            return ApprovalRequest { offer: None, held: waits.then_some(skipped) };
        }
        let is_told =
            claim.is_some_and(|claim| claim.record.done.iter().any(|(done, _)| done == Telegram::NAME));
        let question = self.question(report).filter(|_| !is_told);
        let asked = match (question, claim) {
            (Some(question), Some(claim)) => self.offer(notification, report, org, claim, question).await,
            (Some(_), None) => Err(()),
            (None, _) => Ok(None),
        };
        let step = match &asked {
            Ok(_) => Step::Waiting,
            Err(()) => Step::Failed(Failure::StateUnavailable),
        };
        ApprovalRequest { offer: asked.ok().flatten(), held: waits.then_some(step) }
    }

    /// Writes the question down. `Ok(None)` if it was answered before; `Err` if the store cannot be asked.
    async fn offer(
        &self,
        notification: &Notification,
        report: &Report,
        org: Option<&Slug>,
        claim: &Claim,
        subject: ApprovalSubject,
    ) -> Result<Option<ApprovalMessage>, ()> {
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
        Ok(Some(ApprovalMessage {
            asked,
            prepared: Arc::new(Prepared { message, keyboard, message_ref: OnceLock::new() }),
        }))
    }

    /// Writes a question down that an incident asks, in an invocation that is dead after `until_ms`. It is open from now on.
    /// `Ok(None)` if it was answered before; `Err` if the store cannot be asked.
    pub(super) async fn ask(
        &self,
        question: Approval,
        incident_ms: u64,
        until_ms: u64,
    ) -> Result<Option<Box<Versioned<Approval>>>, ()> {
        let question = question.open(unix_millis(), millis(self.config.approval.expiry));
        match self.approvals.ask(question.asked_by(incident_ms, until_ms)).await {
            Ok(AskOutcome::Open(asked)) => {
                self.emit(DeliveryEvent::Asked(&asked.content));
                Ok(Some(asked))
            }
            Ok(AskOutcome::Answered) => Ok(None),
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable: nobody is asked to approve");
                Err(())
            }
        }
    }

    /// Whether somebody can decide, and is still heard then; `Err` names what is missing.
    fn can_be_answered(&self, secrets: &Secrets) -> Result<(), &'static str> {
        can_decide(&self.config, secrets)?;
        // What a process that ends has in its memory, nobody finds.
        let is_lost = self.is_one_shot && self.config.state_table.is_none();
        if is_lost { Err("STATE_TABLE") } else { Ok(()) }
    }

    /// What a report gives to ask; `None` when it proposes nothing, or nobody is to be asked.
    fn question(&self, report: &Report) -> Option<ApprovalSubject> {
        let order = Order::of(&report.analysis.proposal.action);
        match self.config.approval.mode {
            ApprovalMode::Nothing => None,
            ApprovalMode::Action => order.map(ApprovalSubject::Act),
            ApprovalMode::Note => {
                Some(ApprovalSubject::Post { text: self.showable_note(report), then: order })
            }
        }
    }

    /// The longest note that a message can show whole.
    fn showable_note(&self, report: &Report) -> String {
        let (language, link) = (self.config.language, report.link.as_deref());
        note::render_so(report, language, |text| render_waiting(text, link, language).1)
    }

    /// The key of the buttons' tags: without a webhook secret no button's data would reach us.
    pub(super) async fn button_key(&self) -> Option<SecretString> {
        hook_secret(&*self.secrets.get().await.ok()?).cloned()
    }

    /// Writes down which message asks, as soon as it was sent: its buttons work nowhere else.
    pub(super) async fn bind(&self, asking: &ApprovalRequest) {
        let Some(ApprovalMessage { asked, prepared }) = &asking.offer else { return };
        let (approval_id, asks) = (asked.content.id.as_str(), asked.content.subject.name());
        tracing::info!(approval_id, asks, "approval_asked");
        let Some(message_ref) = prepared.message_ref.get() else { return };
        let bound = Approval { message_ref: Some(*message_ref), ..asked.content.clone() };
        if let Err(error) = self.approvals.update(asked, bound).await {
            tracing::error!(error = %error, approval_id, "state_unavailable: its buttons do not work yet");
        }
    }
}

/// Whether a decision could reach us; `Err` names what is missing for a button.
///
/// With a table somebody always can: `sidenote approve` finds there what was asked, whatever is missing for the chat. Without
/// one it takes a button. Whether anybody is named in `TELEGRAM_APPROVERS` makes no difference here: who presses a button and
/// may not is told what to set, and that is how people learn their id.
pub(super) fn can_decide(config: &Config, secrets: &Secrets) -> Result<(), &'static str> {
    if config.state_table.is_some() {
        return Ok(());
    }
    let parts = [
        ("TELEGRAM_CHAT_ID", config.telegram.chat.is_some()),
        ("TELEGRAM_BOT_TOKEN", secrets.get("TELEGRAM_BOT_TOKEN").is_some()),
        ("TELEGRAM_WEBHOOK_SECRET", secrets.get("TELEGRAM_WEBHOOK_SECRET").is_some_and(is_hook_secret)),
    ];
    parts.into_iter().find(|(_, is_there)| !is_there).map_or(Ok(()), |(missing, _)| Err(missing))
}

/// The webhook's secret. One that can be guessed is as good as none.
pub(super) fn hook_secret(secrets: &Secrets) -> Option<&SecretString> {
    let secret = secrets.get("TELEGRAM_WEBHOOK_SECRET")?;
    let is_good = is_hook_secret(secret);
    if !is_good {
        tracing::error!(
            variable = "TELEGRAM_WEBHOOK_SECRET",
            rule = HOOK_SECRET_RULE,
            "telegram_secret_unusable: there are no buttons, and no update is taken"
        );
    }
    is_good.then_some(secret)
}
