//! Before telling: what a person is asked to approve, and with which buttons.

use std::sync::{Arc, OnceLock};

use secrecy::SecretString;

use super::promise::millis;
use super::{Handler, Sight};
use crate::config::Asks;
use crate::domain::approval::{Approval, Ask, Order, Shown, id_of};
use crate::domain::ids::Slug;
use crate::domain::outcome::{Failure, Step};
use crate::domain::report::Report;
use crate::http::unix_millis;
use crate::notifiers::Story;
use crate::notifiers::note;
use crate::notifiers::telegram::{Prepared, Telegram, keyboard, render, render_waiting};
use crate::state::{Claim, Versioned};

/// The longest note that a message can show whole, in characters.
const LONGEST_SHOWN_NOTE: usize = 3500;

/// What somebody is asked, and the message that asks.
pub(super) struct Offer {
    asked: Versioned<Approval>,
    pub(super) prepared: Arc<Prepared>,
}

/// What goes with the telling: the message that asks, and what becomes of the note meanwhile.
#[derive(Default)]
pub(super) struct Asking {
    pub(super) offer: Option<Offer>,
    /// The note's step, when it waits for approval.
    pub(super) held: Option<Step>,
}

impl Handler {
    /// Asks what there is to ask about a story, before it is told.
    pub(super) async fn asking(&self, story: &Story, org: Option<&Slug>, claim: Option<&Claim>) -> Asking {
        let Story::Issue(report) = story else { return Asking::default() };
        let is_told =
            claim.is_some_and(|claim| claim.record.done.iter().any(|(done, _)| done == Telegram::NAME));
        let offer = if is_told { None } else { self.offer(story, report, org, claim).await };
        let waits = self.config.approval.asks == Asks::Note;
        let step = match (&offer, is_told) {
            (None, false) => Step::Failed(Failure::StateUnavailable),
            _ => Step::Waiting,
        };
        let held = waits.then_some(step);
        Asking { offer, held }
    }

    async fn offer(
        &self,
        story: &Story,
        report: &Report,
        org: Option<&Slug>,
        claim: Option<&Claim>,
    ) -> Option<Offer> {
        let claim = claim?;
        let language = self.config.language;
        let ask = self.question(report)?;
        let message = match &ask {
            Ask::Act(_) => render(story, language),
            Ask::Post { text, .. } => render_waiting(text, report.link.as_deref(), language),
        };
        let shown = Shown {
            html: message.html.clone(),
            note_line: note::proposal(report, language),
            link: report.link.clone(),
        };
        let id = id_of(claim.key(), claim.record.started_ms, ask.name())?;
        let approval = Approval::new(&id, &report.evidence.issue.id, org, ask, shown)
            .open(unix_millis(), millis(self.config.approval.expiry));
        let asked = match self.approvals.ask(approval).await {
            Ok(asked) => asked?,
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable: nobody is asked to approve");
                return None;
            }
        };
        self.saw(Sight::Asked(&asked.content));
        let keyboard = keyboard(&asked.content, self.button_key().await.as_ref(), language);
        let prepared = Arc::new(Prepared { message, keyboard, place: OnceLock::new() });
        Some(Offer { asked, prepared })
    }

    /// What a report gives to ask; `None` when it proposes nothing, or nobody is to be asked.
    fn question(&self, report: &Report) -> Option<Ask> {
        let order = Order::of(&report.analysis.proposal.action);
        match self.config.approval.asks {
            Asks::Nothing => None,
            Asks::Action => order.map(Ask::Act),
            Asks::Note => {
                let text = note::render_within(report, self.config.language, LONGEST_SHOWN_NOTE);
                Some(Ask::Post { text, then: order })
            }
        }
    }

    /// The key of the buttons' tags: without a webhook secret no button's data would reach us.
    pub(super) async fn button_key(&self) -> Option<SecretString> {
        self.secrets.get().await.ok()?.get("TELEGRAM_WEBHOOK_SECRET").cloned()
    }

    /// Writes down which message asks: its buttons work nowhere else.
    pub(super) async fn bind(&self, asking: Asking) {
        let Some(Offer { asked, prepared }) = asking.offer else { return };
        let Some(place) = prepared.place.get() else { return };
        let bound = Approval { place: Some(*place), ..asked.content.clone() };
        let (approval_id, asks) = (bound.id.clone(), bound.ask.name());
        match self.approvals.update(&asked, bound).await {
            Ok(_) => tracing::info!(approval_id, asks, "approval_asked"),
            Err(error) => {
                tracing::error!(error = %error, approval_id, "state_unavailable: its buttons do not work");
            }
        }
    }
}
