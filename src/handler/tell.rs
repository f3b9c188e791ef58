//! Step 6 of a delivery: all notifiers at the same time.

use std::sync::Arc;

use futures_util::future::join_all;

use super::offer::Asking;
use super::promise::{JobView, note_plan};
use super::{Handler, Sight};
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::ids::Slug;
use crate::domain::outcome::{Failure, Step};
use crate::notifiers::note::{Note, Plan};
use crate::notifiers::telegram::Telegram;
use crate::notifiers::{Notifier, Story};
use crate::secrets::Secrets;

impl Handler {
    /// What is to become of the note. `Err` when that cannot be known, and the queue brings the delivery back.
    pub(super) async fn plan(&self, job: &JobView<'_>, deadline: Deadline) -> Result<Plan, Failure> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the handler reads the clock for the rooms that do not"
        )]
        let until = deadline.keeping(RESERVE * 2, std::time::Instant::now());
        let secrets = self.secrets.get().await.unwrap_or_default();
        let sentry = self.sentry(&secrets, job.occurrence.org(), until).ok();
        match note_plan(sentry.as_ref(), job).await {
            // Nothing would bring it back: a second note is better than none.
            Err(_) if self.redelivery.is_none() => Ok(Plan::Write),
            plan => plan,
        }
    }

    /// All notifiers at the same time, but for those that are `done`; those whose token was refused once more with
    /// fresh secrets.
    pub(super) async fn tell(
        &self,
        story: &Story,
        org: Option<&Slug>,
        plan: &Result<Plan, Failure>,
        done: &[(String, Option<String>)],
        asking: &Asking,
        deadline: Deadline,
    ) -> Vec<(&'static str, Step)> {
        let secrets = self.secrets.get().await.unwrap_or_default();
        let is_done = |name: &str| done.iter().any(|(done, _)| done == name);
        let unknown = plan.as_ref().err().copied();
        let plan = plan.as_ref().unwrap_or(&Plan::Write);
        let notifiers = self.notifiers(&secrets, org, plan, asking, deadline);
        let each = notifiers.iter().map(|notifier| async {
            let step = match (notifier.name(), unknown) {
                (name, _) if is_done(name) => Step::AlreadyDone,
                (Note::NAME, Some(why)) => Step::Failed(why),
                _ => {
                    self.saw(Sight::Telling(notifier.name()));
                    self.notify(notifier.as_ref(), story, asking).await
                }
            };
            self.saw(Sight::Told(notifier.name(), &step));
            (notifier.name(), step)
        });
        let mut steps = join_all(each).await;
        let refused = |step: &Step| *step == Step::Failed(Failure::Unauthorized);
        // A refusal while gathering has brought fresh secrets already: once a delivery is enough.
        let fresh_already = matches!(story, Story::Issue(report)
            if report.evidence.gaps.iter().any(|gap| gap.why == Failure::Unauthorized));
        if !fresh_already
            && unknown.is_none()
            && steps.iter().any(|(_, step)| refused(step))
            && let Some(fresh) = self.secrets.refreshed(&secrets).await
        {
            for (notifier, (_, step)) in
                self.notifiers(&fresh, org, plan, asking, deadline).iter().zip(&mut steps)
            {
                if refused(step) {
                    *step = self.notify(notifier.as_ref(), story, asking).await;
                    self.saw(Sight::Told(notifier.name(), step));
                }
            }
        }
        steps
    }

    /// Lets one of them tell, and writes down at once where a message that asks is.
    async fn notify(&self, notifier: &dyn Notifier, story: &Story, asking: &Asking) -> Step {
        let step = notifier.notify(story).await;
        if notifier.name() == Telegram::NAME {
            self.bind(asking).await;
        }
        step
    }

    fn notifiers(
        &self,
        secrets: &Secrets,
        org: Option<&Slug>,
        plan: &Plan,
        asking: &Asking,
        deadline: Deadline,
    ) -> [Box<dyn Notifier>; 2] {
        let language = self.config.language;
        let prepared = asking.offer.as_ref().map(|offer| Arc::clone(&offer.prepared));
        let (telegram, token) = (&self.config.telegram, secrets.get("TELEGRAM_BOT_TOKEN"));
        [
            Box::new(
                Note::new(self.sentry(secrets, org, deadline), plan.clone(), language)
                    .held_by(asking.held.clone()),
            ),
            Box::new(Telegram::new(&self.http, telegram, token, language, deadline).with(prepared)),
        ]
    }
}
