//! Step 6 of a delivery: all notifiers at the same time.

use futures_util::future::join_all;

use super::Handler;
use super::promise::{JobView, note_plan};
use crate::domain::deadline::Deadline;
use crate::domain::ids::Slug;
use crate::domain::outcome::{Failure, Step};
use crate::notifiers::note::{Note, Plan};
use crate::notifiers::telegram::Telegram;
use crate::notifiers::{Notifier, Story};
use crate::secrets::Secrets;

impl Handler {
    pub(super) async fn plan(&self, job: &JobView<'_>, deadline: Deadline) -> Plan {
        let secrets = self.secrets.get().await.unwrap_or_default();
        let sentry = self.sentry(&secrets, job.occurrence.org(), deadline).ok();
        note_plan(sentry.as_ref(), job).await
    }

    /// All notifiers at the same time, but for those that are `done`; those whose token was refused once more with
    /// fresh secrets.
    pub(super) async fn tell(
        &self,
        story: &Story,
        org: Option<&Slug>,
        plan: &Plan,
        done: &[(String, Option<String>)],
        deadline: Deadline,
    ) -> Vec<(&'static str, Step)> {
        let secrets = self.secrets.get().await.unwrap_or_default();
        let is_done = |name: &str| done.iter().any(|(done, _)| done == name);
        let notifiers = self.notifiers(&secrets, org, plan, deadline);
        let each = notifiers.iter().map(|notifier| async {
            let name = notifier.name();
            (name, if is_done(name) { Step::AlreadyDone } else { notifier.notify(story).await })
        });
        let mut steps = join_all(each).await;
        let refused = |step: &Step| *step == Step::Failed(Failure::Unauthorized);
        // A refusal while gathering has brought fresh secrets already: once a delivery is enough.
        let fresh_already = matches!(story, Story::Issue(report)
            if report.evidence.gaps.iter().any(|gap| gap.why == Failure::Unauthorized));
        if !fresh_already
            && steps.iter().any(|(_, step)| refused(step))
            && let Ok(fresh) = self.secrets.refreshed(&secrets).await
        {
            for (notifier, (_, step)) in self.notifiers(&fresh, org, plan, deadline).iter().zip(&mut steps) {
                if refused(step) {
                    *step = notifier.notify(story).await;
                }
            }
        }
        steps
    }

    fn notifiers(
        &self,
        secrets: &Secrets,
        org: Option<&Slug>,
        plan: &Plan,
        deadline: Deadline,
    ) -> [Box<dyn Notifier>; 2] {
        let language = self.config.language;
        let (telegram, token) = (self.config.telegram.as_ref(), secrets.get("TELEGRAM_BOT_TOKEN"));
        [
            Box::new(Note::new(self.sentry(secrets, org, deadline), plan.clone(), language)),
            Box::new(Telegram::new(&self.http, telegram, token, language, deadline)),
        ]
    }
}
