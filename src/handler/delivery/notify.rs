//! Step 6 of a delivery: all notifiers at the same time.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::clock::time_left;
use crate::config::Config;
use crate::domain::deadline::Deadline;
use crate::domain::ids::Slug;
use crate::domain::outcome::{Failure, Step};
use crate::handler::approvals::questions::{Question, Questions};
use crate::handler::clients::Clients;
use crate::handler::observing::event::DeliveryEvent;
use crate::handler::observing::observers::Observers;
use crate::notifiers::note::NoteAction;
use crate::notifiers::{Means, Notice, Notification, Notifier, Notifiers};
use crate::secrets::Secrets;

/// Lets the notifiers tell.
pub(super) struct Notifying {
    pub(super) config: Arc<Config>,
    pub(super) notifiers: Arc<Notifiers>,
    pub(super) questions: Arc<Questions>,
    pub(super) clients: Clients,
    pub(super) observers: Observers,
}

/// One notification on its way out.
#[derive(Clone, Copy)]
pub(super) struct Telling<'a> {
    pub(super) notification: &'a Notification,
    pub(super) org: Option<&'a Slug>,
    pub(super) note: &'a NoteAction,
    /// The steps that are done already, by the notifier's name.
    pub(super) done: &'a [(String, Option<String>)],
    pub(super) question: &'a Question,
    pub(super) deadline: Deadline,
}

impl Notifying {
    /// Lets all notifiers tell at the same time.
    pub(super) async fn tell(&self, telling: Telling<'_>) -> Vec<(&'static str, Step)> {
        join_all(self.notifiers.iter().map(|notifier| self.step(notifier, telling))).await
    }

    /// The step of one notifier, when it was not done before.
    async fn step(&self, notifier: &dyn Notifier, telling: Telling<'_>) -> (&'static str, Step) {
        let name = notifier.profile().name;
        let step = if telling.done.iter().any(|(done, _)| done == name) {
            Step::AlreadyDone
        } else {
            self.notify(notifier, telling).await
        };
        self.observers.emit(DeliveryEvent::Told(name, &step));
        (name, step)
    }

    async fn notify(&self, notifier: &dyn Notifier, telling: Telling<'_>) -> Step {
        let profile = notifier.profile();
        if profile.waits_for_approval
            && let Some(held) = telling.question.held.clone()
            && !matches!(telling.note, NoteAction::Unknown(_))
        {
            return held;
        }
        self.observers.emit(DeliveryEvent::Telling(profile.name));
        let call = |secrets: Arc<Secrets>| async move {
            let question = telling.question.prepared().filter(|_| profile.asks_for_approval);
            let means = Means {
                config: &self.config,
                http: &self.clients.http,
                secrets: &*secrets,
                deadline: telling.deadline,
            };
            let Telling { notification, org, note, .. } = telling;
            let notice = Notice { notification, means, org, note, question };
            let sending = notifier.notify(&notice);
            // Each call ends by the deadline of its own accord; this holds even a notifier that forgets it.
            let ended = tokio::time::timeout(time_left(telling.deadline), sending).await;
            ended.unwrap_or(Step::Failed(Failure::Timeout))
        };
        // A refusal while gathering has brought fresh secrets already: once a delivery is enough.
        let fresh_already =
            matches!(telling.notification, Notification::Issue(report) if report.evidence.was_refused());
        let is_refused = |step: &Step| !fresh_already && *step == Step::Failed(Failure::Unauthorized);
        let step = self.clients.with_secrets(call, is_refused).await;
        if profile.asks_for_approval {
            self.questions.bind(telling.question).await;
        }
        step
    }
}
