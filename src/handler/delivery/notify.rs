//! Runs all notifiers at the same time, such as the note on the issue and the chat message.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;

use crate::clock::{self, time_left};
use crate::config::Config;
use crate::domain::deadline::Deadline;
use crate::domain::ids::Slug;
use crate::domain::outcome::{Failure, Step};
use crate::domain::words::Sentence;
use crate::handler::approvals::questions::{Question, Questions};
use crate::handler::clients::Clients;
use crate::handler::observing::event::DeliveryEvent;
use crate::handler::observing::observers::Observers;
use crate::http::together;
use crate::notifiers::note::NoteAction;
use crate::notifiers::{ChatNotice, Means, Notice, Notification, Notifier, Notifiers};
use crate::secrets::Secrets;

/// The time for which one announcement may wait for a chat, so that a hanging chat leaves time for the sweep.
const ANNOUNCEMENT: Duration = Duration::from_secs(20);

/// A notifier that ends a call at the deadline still returns its own result within this time. Only the notifier knows
/// whether the call may be repeated.
const GRACE: Duration = Duration::from_millis(100);

/// The notifiers, with the values that they need.
pub(super) struct Notifying {
    pub(super) config: Arc<Config>,
    pub(super) notifiers: Arc<Notifiers>,
    pub(super) questions: Arc<Questions>,
    pub(super) clients: Clients,
    pub(super) observers: Observers,
}

/// A notification to send, with the facts that all notifiers need.
#[derive(Clone, Copy)]
pub(super) struct Outgoing<'a> {
    pub(super) notification: &'a Notification,
    pub(super) org: Option<&'a Slug>,
    pub(super) note: &'a NoteAction,
    /// The names of the notifiers that have already done their work for this incident, each with the id that the
    /// third party gave to the note or message.
    pub(super) done: &'a [(String, Option<String>)],
    pub(super) question: &'a Question,
    pub(super) chat: &'a ChatNotice,
    pub(super) deadline: Deadline,
}

impl Notifying {
    /// Sends a message about Sidenote itself through every notifier that supports such messages, or through those named
    /// in `only`. Returns the names of the notifiers that failed. A failure is logged.
    pub(super) async fn announce(
        &self,
        sentence: &Sentence,
        only: Option<&[String]>,
        deadline: Deadline,
    ) -> Vec<String> {
        let secrets = self.clients.secrets().await;
        let deadline = clock::at_most(deadline, ANNOUNCEMENT);
        let means = Means { config: &self.config, http: &self.clients.http, secrets: &*secrets, deadline };
        let is_chosen = |name: &str| only.is_none_or(|only| only.iter().any(|it| it == name));
        let chosen = self.notifiers.iter().filter(|notifier| is_chosen(notifier.profile().name));
        let announce = async |notifier: &dyn Notifier| {
            let name = notifier.profile().name;
            let (Step::Skipped(why) | Step::Failed(why)) = notifier.announce(sentence, &means).await else {
                return None;
            };
            tracing::error!(notifier = name, outcome = why.name(), reason = %why, "announcement_failed");
            Some(name.to_owned())
        };
        together(chosen.map(|notifier| announce(notifier).boxed())).await.into_iter().flatten().collect()
    }

    /// Runs all notifiers at the same time, and returns the outcome of each with its name.
    pub(super) async fn notify_all(&self, outgoing: Outgoing<'_>) -> Vec<(&'static str, Step)> {
        let steps =
            together(self.notifiers.iter().map(|notifier| self.step(notifier, outgoing).boxed())).await;
        outgoing.question.log();
        steps
    }

    /// Runs one notifier and returns its name and result. A notifier that did its work before is not run again.
    async fn step(&self, notifier: &dyn Notifier, outgoing: Outgoing<'_>) -> (&'static str, Step) {
        let name = notifier.profile().name;
        let step = if outgoing.done.iter().any(|(done, _)| done == name) {
            Step::AlreadyDone
        } else {
            self.notify(notifier, outgoing).await
        };
        self.observers.emit(DeliveryEvent::NotifierEnded(name, &step));
        (name, step)
    }

    async fn notify(&self, notifier: &dyn Notifier, outgoing: Outgoing<'_>) -> Step {
        let profile = notifier.profile();
        if profile.waits_for_approval
            && let Some(held) = outgoing.question.held.clone()
            && !matches!(outgoing.note, NoteAction::Unknown(_) | NoteAction::Obsolete)
        {
            return held;
        }
        self.observers.emit(DeliveryEvent::NotifierStarted(profile.name));
        let call = |secrets: Arc<Secrets>| async move {
            let means = Means {
                config: &self.config,
                http: &self.clients.http,
                secrets: &*secrets,
                deadline: outgoing.deadline,
            };
            let Outgoing { notification, org, note, chat, .. } = outgoing;
            let notice = Notice { notification, means, org, note, chat };
            let sending = notifier.notify(&notice);
            // Each notifier should end by the deadline. The timeout stops a notifier that does not.
            let ended = tokio::time::timeout(time_left(outgoing.deadline) + GRACE, sending).await;
            ended.unwrap_or(Step::Failed(Failure::Timeout))
        };
        // If Sentry or the code host rejected its token while evidence was gathered, the secrets were read again then,
        // and one such read per delivery is enough.
        let fresh_already =
            matches!(outgoing.notification, Notification::Issue(report) if report.evidence.was_refused());
        let is_refused = |step: &Step| !fresh_already && *step == Step::Failed(Failure::Unauthorized);
        let step = self.clients.with_secrets(call, is_refused).await;
        if profile.asks_for_approval {
            self.questions.bind(outgoing.question, outgoing.chat).await;
        }
        step
    }
}
