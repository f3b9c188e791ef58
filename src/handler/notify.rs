//! Step 6 of a delivery: all notifiers at the same time.

use std::future::Future;
use std::sync::Arc;

use super::intake::{Job, note_action};
use super::request::ApprovalRequest;
use super::{DeliveryEvent, Handler};
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::ids::Slug;
use crate::domain::outcome::{Failure, Step};
use crate::notifiers::note::{Note, NoteAction};
use crate::notifiers::telegram::Telegram;
use crate::notifiers::{Notification, Notifier};
use crate::secrets::Secrets;

impl Handler {
    /// What is to become of the note. `Err` when that cannot be known, and the queue brings the delivery back.
    pub(super) async fn plan(&self, job: &Job, deadline: Deadline) -> Result<NoteAction, Failure> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the handler reads the clock for the rooms that do not"
        )]
        let until = deadline.keeping(RESERVE * 2, std::time::Instant::now());
        let secrets = self.secrets.get().await.unwrap_or_default();
        let sentry = self.sentry(&secrets, job.occurrence.org(), until).ok();
        match note_action(sentry.as_ref(), job).await {
            // Nothing would bring it back: a second note is better than none.
            Err(_) if self.redelivery.is_none() => Ok(NoteAction::Write),
            plan => plan,
        }
    }

    /// All notifiers at the same time, but for those that are `done`.
    pub(super) async fn tell(
        &self,
        notification: &Notification,
        org: Option<&Slug>,
        plan: &Result<NoteAction, Failure>,
        done: &[(String, Option<String>)],
        asking: &ApprovalRequest,
        deadline: Deadline,
    ) -> Vec<(&'static str, Step)> {
        let language = self.config.language;
        let note = async {
            let plan = match plan {
                Ok(plan) => plan,
                Err(why) => return Step::Failed(*why),
            };
            let note = |secrets: &Secrets| -> Box<dyn Notifier> {
                let note = Note::new(self.sentry(secrets, org, deadline), plan.clone(), language);
                Box::new(note.held_by(asking.held.clone()))
            };
            self.notify(Note::NAME, note, notification).await
        };
        let message = async {
            let prepared = asking.offer.as_ref().map(|offer| &offer.prepared);
            let message = |secrets: &Secrets| -> Box<dyn Notifier> {
                let (config, token) = (&self.config.telegram, secrets.get("TELEGRAM_BOT_TOKEN"));
                let message = Telegram::new(&self.http, config, token, language, deadline);
                Box::new(message.with(prepared.map(Arc::clone)))
            };
            let step = self.notify(Telegram::NAME, message, notification).await;
            self.bind(asking).await;
            step
        };
        let (note, message) =
            tokio::join!(self.told(Note::NAME, done, note), self.told(Telegram::NAME, done, message));
        vec![note, message]
    }

    /// Lets one of them tell.
    async fn notify(
        &self,
        name: &'static str,
        notifier: impl Fn(&Secrets) -> Box<dyn Notifier> + Sync,
        notification: &Notification,
    ) -> Step {
        self.emit(DeliveryEvent::Telling(name));
        let notify = |secrets: Arc<Secrets>| {
            let notifier = notifier(&secrets);
            async move { notifier.notify(notification).await }
        };
        // A refusal while gathering has brought fresh secrets already: once a delivery is enough.
        let fresh_already =
            matches!(notification, Notification::Issue(report) if report.evidence.was_refused());
        self.with_secrets(notify, |step| !fresh_already && *step == Step::Failed(Failure::Unauthorized)).await
    }

    /// How one of them has ended, if it was not done before.
    async fn told(
        &self,
        name: &'static str,
        done: &[(String, Option<String>)],
        telling: impl Future<Output = Step> + Send,
    ) -> (&'static str, Step) {
        let is_done = done.iter().any(|(done, _)| done == name);
        let step = if is_done { Step::AlreadyDone } else { telling.await };
        self.emit(DeliveryEvent::Told(name, &step));
        (name, step)
    }
}
