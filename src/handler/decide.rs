//! After a decision: what was approved is done, and everybody can see by whom.
//!
//! The order is: the record says that it is being worked on; the issue is changed; message and note are completed; the
//! record says how it ended. Whoever dies in between is taken over when the lease has ended, and only what is still to be
//! done is done then: the issue is looked at first, and the same text in the same place is no change.

use std::future::Future;
use std::time::{Duration, Instant};

use super::promise::{Job, millis};
use super::{Handler, Sight};
use crate::domain::approval::{
    Approval, Ask, Choice, Decider, Order, Shown, State, Tap, Verdict, completed, id_of,
};
use crate::domain::deadline::Deadline;
use crate::domain::ids::{ApprovalId, IssueId, NoteId, Slug};
use crate::domain::issue::Issue;
use crate::domain::occurrence::{IssueOccurrence, Occurrence};
use crate::domain::outcome::{Failure, Processed};
use crate::domain::report::reason;
use crate::domain::text::Foreign;
use crate::domain::timestamp::Timestamp;
use crate::domain::words::{Arg, Phrase, Sentence};
use crate::http::{time_left, unix_millis};
use crate::notifiers::note::{self, MARKER};
use crate::notifiers::telegram::{keyboard, with_line};
use crate::sentry::{Noted, Sentry};
use crate::state::{Claimed, StateError, Tapped, Versioned};
use crate::telegram::{Bot, Keyboard};

/// How long an invocation may work on a decision before another one takes it over.
const DECIDING: Duration = Duration::from_secs(20);

/// What became of a decision that was made by command.
#[derive(Debug)]
pub struct Decided {
    /// Whether this decision counted.
    pub counted: bool,
    /// The approval as it stands now.
    pub approval: Approval,
}

impl Handler {
    /// Every approval, the newest first.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn approvals(&self) -> Result<Vec<Approval>, StateError> {
        self.approvals.all().await
    }

    /// Decides by command what could have been decided in the chat. `None` if there is no such approval.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn decide_by_command(
        &self,
        id: &ApprovalId,
        choice: Choice,
        name: &str,
        deadline: Deadline,
    ) -> Result<Option<Decided>, StateError> {
        let by = Decider::new(None, &Foreign::new(name), unix_millis());
        let (tap, deadline) = tap(choice, by, deadline);
        let Some(Tapped { verdict, approval }) = self.approvals.tap(id, &tap).await? else { return Ok(None) };
        Ok(Some(match verdict {
            Verdict::Take(_) | Verdict::Resume(_) => {
                let resumed = matches!(verdict, Verdict::Resume(_));
                Decided { counted: true, approval: self.see_to(approval, resumed, deadline).await }
            }
            Verdict::Expire(_) => {
                self.show(&approval.content, None, deadline).await;
                Decided { counted: false, approval: approval.content }
            }
            _ => Decided { counted: false, approval: approval.content },
        }))
    }

    /// Sees to a decision that has just been written down. Gives the approval as it stands in the end.
    pub(super) async fn see_to(
        &self,
        asked: Versioned<Approval>,
        resumed: bool,
        deadline: Deadline,
    ) -> Approval {
        let State::Working { choice, by, .. } = asked.content.state.clone() else { return asked.content };
        let acted = match choice {
            Choice::Approve => self.act(&asked.content, resumed, deadline).await,
            Choice::Reject | Choice::Again => Ok(()),
        };
        let state = match acted {
            Ok(()) => State::Done { choice, by },
            Err(why) => State::Failed { by, why: why.to_string() },
        };
        let ended = Approval { state, ..asked.content.clone() };
        self.show(&ended, acted.err(), deadline).await;
        if let (Choice::Again, Ok(issue)) = (choice, IssueId::parse(&ended.issue)) {
            Box::pin(self.work_on(issue, org_of(&ended), deadline)).await;
        }
        self.settle(&asked, ended).await
    }

    async fn settle(&self, asked: &Versioned<Approval>, ended: Approval) -> Approval {
        super::journal::decided(&ended);
        self.metrics.emit(&super::measure::decided(&ended.state), unix_millis());
        self.saw(Sight::Decided(&ended));
        if let Err(error) = self.approvals.update(asked, ended.clone()).await {
            tracing::error!(error = %error, approval_id = ended.id, "state_unavailable: it may be seen to once more");
        }
        ended
    }

    /// Does what was approved; once, even if a dead invocation may have done it.
    async fn act(&self, approval: &Approval, resumed: bool, deadline: Deadline) -> Result<(), Failure> {
        let issue = IssueId::parse(&approval.issue).map_err(|_| Failure::Internal)?;
        match &approval.ask {
            Ask::Act(order) => {
                let issue = &issue;
                self.with_sentry(approval, deadline, |sentry| async move {
                    if resumed && sentry.is_carried_out(issue, order).await? {
                        return Ok(());
                    }
                    sentry.carry_out(issue, order).await
                })
                .await
            }
            Ask::Post { text, .. } => self.post(approval, &issue, text, deadline).await,
        }
    }

    /// Writes the note that waited, in the place of an earlier one if there is one.
    async fn post(
        &self,
        approval: &Approval,
        issue: &IssueId,
        text: &str,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let key = self.issue_key(issue);
        let known = self.claims.note(&key).await.map_err(|_| Failure::StateUnavailable)?;
        let known = &known.and_then(|id| NoteId::parse(&id).ok());
        let id = self
            .with_sentry(approval, deadline, |sentry| async move {
                let noted = match known {
                    Some(note) => sentry.edit_note(issue, note, text).await?,
                    None => sentry.post_note(issue, text).await?,
                };
                Ok(match noted {
                    Noted::Posted(id) => id,
                    // A dead invocation wrote it: it is found by its mark.
                    Noted::StoodAlready => sentry.own_note(issue, MARKER).await?.map(|own| own.id),
                })
            })
            .await?;
        if let Some(id) = id
            && let Err(error) = self.claims.noted(&key, id.as_str()).await
        {
            tracing::error!(error = %error, "state_unavailable: a later episode will look for the note");
        }
        Ok(())
    }

    /// Works on an issue because a person asked, in an episode of its own. `None` if somebody is working on it.
    pub async fn work_on(&self, id: IssueId, org: Option<Slug>, deadline: Deadline) -> Option<Processed> {
        let occurrence = Occurrence::Issue(Box::new(IssueOccurrence::asked(Issue::unknown(id), org)));
        let claim = match self.claim(&occurrence, None, deadline, None).await {
            Ok(Claimed::Ours(claim)) => Some(claim),
            Ok(Claimed::Running | Claimed::Finished) => return None,
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable");
                None
            }
        };
        Some(self.process(Job { occurrence, claim, received_ms: None }, deadline).await)
    }

    /// Completes message and note, at the same time. What cannot be completed is logged: the decision stands.
    pub(super) async fn show(&self, approval: &Approval, failed: Option<Failure>, deadline: Deadline) {
        let Some(decision) = sentence(approval, failed) else { return };
        let (message, note) = tokio::join!(
            self.complete_message(approval, &decision, deadline),
            self.complete_note(approval, &decision, deadline)
        );
        for (what, outcome) in [("message", message), ("note", note)] {
            if let Err(why) = outcome {
                tracing::warn!(approval_id = approval.id, what, outcome = why.name(), "approval_not_shown");
            }
        }
    }

    async fn complete_message(
        &self,
        approval: &Approval,
        decision: &Sentence,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let (Some(place), Some(bot)) = (approval.place, self.bot(deadline).await) else { return Ok(()) };
        let html = with_line(&approval.shown.html, decision, self.config.language);
        let buttons = self.buttons_after(approval, &html).await;
        bot.edit(place, &html, &buttons).await
    }

    /// The buttons of a message that was decided: again those of what failed, those of the action that a note proposes
    /// once it was posted, and else only the link.
    async fn buttons_after(&self, approval: &Approval, html: &str) -> Keyboard {
        let (key, language) = (self.button_key().await, self.config.language);
        if let (Ask::Post { then: Some(order), .. }, State::Done { choice: Choice::Approve, .. }) =
            (&approval.ask, &approval.state)
            && let Some(next) = self.ask_then(approval, order, html).await
        {
            return keyboard(&next, key.as_ref(), language);
        }
        keyboard(approval, key.as_ref(), language)
    }

    /// Asks for the action that a posted note proposes, under the same message.
    async fn ask_then(&self, posted: &Approval, order: &Order, html: &str) -> Option<Approval> {
        let (id, issue) =
            (id_of(&posted.id, posted.created_ms, "then")?, IssueId::parse(&posted.issue).ok()?);
        let shown = Shown { html: html.to_owned(), ..posted.shown.clone() };
        let next = Approval::new(&id, &issue, org_of(posted).as_ref(), Ask::Act(order.clone()), shown);
        let expiry = millis(self.config.approval.expiry);
        let next = Approval { place: posted.place, ..next.open(unix_millis(), expiry) };
        match self.approvals.ask(next).await {
            Ok(asked) => asked.map(|asked| asked.content),
            Err(error) => {
                tracing::error!(error = %error, "state_unavailable: nobody is asked to approve the action");
                None
            }
        }
    }

    /// Completes the line of the note that names the action.
    async fn complete_note(
        &self,
        approval: &Approval,
        decision: &Sentence,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        // A note that was not posted, or was posted a moment ago as it was shown, says nothing of it.
        let Ask::Act(_) = approval.ask else { return Ok(()) };
        let issue = IssueId::parse(&approval.issue).map_err(|_| Failure::Internal)?;
        let known = self.claims.note(&self.issue_key(&issue)).await.map_err(|_| Failure::StateUnavailable)?;
        let Some(id) = known.and_then(|id| NoteId::parse(&id).ok()) else { return Ok(()) };
        let decision = note::line(decision, self.config.language);
        let (line, decision, issue, id) = (approval.shown.note_line.as_deref(), &decision, &issue, &id);
        self.with_sentry(approval, deadline, |sentry| async move {
            let Some(text) = sentry.note_text(issue, id).await? else { return Ok(()) };
            let now = completed(&text, line, decision);
            if now == text { Ok(()) } else { sentry.edit_note(issue, id, &now).await.map(drop) }
        })
        .await
    }

    /// Calls Sentry for an approval; once more with fresh secrets if the token was refused.
    async fn with_sentry<T, F: Future<Output = Result<T, Failure>> + Send>(
        &self,
        approval: &Approval,
        deadline: Deadline,
        call: impl Fn(Sentry) -> F + Send,
    ) -> Result<T, Failure> {
        let org = org_of(approval);
        let secrets = self.secrets.get().await.unwrap_or_default();
        match call(self.sentry(&secrets, org.as_ref(), deadline)?).await {
            Err(Failure::Unauthorized) => match self.secrets.refreshed(&secrets).await {
                Some(fresh) => call(self.sentry(&fresh, org.as_ref(), deadline)?).await,
                None => Err(Failure::Unauthorized),
            },
            outcome => outcome,
        }
    }

    /// The bot, when Telegram is on.
    pub(super) async fn bot(&self, deadline: Deadline) -> Option<Bot> {
        let secrets = self.secrets.get().await.ok()?;
        let (config, token) = (self.config.telegram.as_ref()?, secrets.get("TELEGRAM_BOT_TOKEN")?);
        Bot::new(&self.http, &config.api, token, deadline).ok()
    }
}

/// The tap of somebody who chooses now, and when it has to be seen to.
#[expect(clippy::disallowed_methods, reason = "the handler reads the clock for the rooms that do not")]
pub(super) fn tap(choice: Choice, by: Decider, deadline: Deadline) -> (Tap, Deadline) {
    let deadline = match choice {
        Choice::Again => deadline,
        Choice::Approve | Choice::Reject => deadline.at_most(DECIDING, Instant::now()),
    };
    let until_ms = by.at_ms.saturating_add(millis(time_left(deadline)));
    (Tap { choice, by, place: None, is_at_home: false, update: None, until_ms }, deadline)
}

fn org_of(approval: &Approval) -> Option<Slug> {
    Slug::parse(approval.org.as_deref()?).ok()
}

/// Who decided, and how that went; `None` while nobody has.
fn sentence(approval: &Approval, failed: Option<Failure>) -> Option<Sentence> {
    let phrase: Phrase = match &approval.state {
        State::Expired => return Some(Sentence::plain(|w| w.decided_expired)),
        State::Pending | State::Working { .. } => return None,
        State::Done { choice: Choice::Approve, .. } => |w| w.decided_done,
        State::Done { choice: Choice::Reject, .. } => |w| w.decided_rejected,
        State::Done { choice: Choice::Again, .. } => |w| w.decided_again,
        State::Failed { .. } => |w| w.decided_failed,
    };
    let by = approval.state.by()?;
    let at = Timestamp::from_unix(i64::try_from(by.at_ms / 1000).ok()?)?;
    let mut args = vec![Arg::from(&Foreign::new(by.name.as_str())), Arg::from(at)];
    args.extend(failed.map(|why| Arg::Sentence(Box::new(reason(why)))));
    Some(Sentence::new(phrase, args))
}
