//! Handles presses of a message's menu. The chats differ only in the form of a press and of its answer.

use std::sync::Arc;

use super::decisions::{Decisions, RetryLater};
use super::menu::{Meaning, MenuTap, Menus};
use super::presses::{Presser, refuse};
use crate::domain::approval::{Approval, Choice};
use crate::domain::deadline::Deadline;
use crate::domain::incident::press_digest;
use crate::domain::message::{IssueMessage, MenuAction, MenuView};
use crate::domain::words::{Arg, Phrase, Sentence};
use crate::handler::delivery::again::AnalysisPress;
use crate::handler::messages::Messages;
use crate::state::{StateError, Versioned};

/// Handles presses of the menu.
pub(in crate::handler) struct MenuPresses {
    menus: Menus,
    decisions: Arc<Decisions>,
    messages: Arc<Messages>,
}

impl MenuPresses {
    pub(in crate::handler) fn new(menus: Menus, decisions: Arc<Decisions>, messages: Arc<Messages>) -> Self {
        Self { menus, decisions, messages }
    }

    /// Does what a press means, and answers the person.
    pub(super) async fn handle(
        &self,
        presser: &dyn Presser,
        tap: &MenuTap<'_>,
        deadline: Deadline,
    ) -> Result<(), RetryLater> {
        let meaning = match self.meaning(tap, deadline).await {
            Ok(meaning) => meaning,
            Err(error) => return self.decisions.judged(presser, Err(error)).await,
        };
        let (why, toast): (&'static str, Phrase) = match meaning {
            Meaning::Act(asked) => return self.act(presser, tap, *asked, deadline).await,
            Meaning::Again(message) => return self.again(presser, tap, &message, deadline).await,
            Meaning::Show(message) => {
                self.show(presser, tap, &message, deadline).await;
                return Ok(());
            }
            Meaning::Gone(message) => {
                self.redraw(presser, tap, &message, ("gone", |w| w.toast_gone), deadline).await;
                return Ok(());
            }
            Meaning::TooLate(message) => {
                self.redraw(presser, tap, &message, ("too_late", |w| w.toast_undo_late), deadline).await;
                return Ok(());
            }
            Meaning::NoMember => {
                presser.report("no_member");
                let args = [Arg::Name(presser.user().to_string()), Arg::Name("PEOPLE".to_owned())];
                presser.answer(&Sentence::new(|w| w.toast_no_member, args)).await;
                return Ok(());
            }
            Meaning::Unknown => return self.decisions.judged(presser, Ok(None)).await,
            Meaning::Repeat => return Ok(()),
            Meaning::Unplaced => ("unplaced", |w| w.toast_unplaced),
            Meaning::Elsewhere => ("elsewhere", |w| w.toast_elsewhere),
            Meaning::Already => ("already", |w| w.toast_already),
        };
        refuse(presser, why, toast).await;
        Ok(())
    }

    /// Refuses a press of a button that the message should not have any more, and edits the message so that it has the
    /// current buttons.
    async fn redraw(
        &self,
        presser: &dyn Presser,
        tap: &MenuTap<'_>,
        message: &IssueMessage,
        (why, toast): (&'static str, Phrase),
        deadline: Deadline,
    ) {
        let shown = self.messages.show(tap.issue, message, (MenuView::Actions, None), deadline);
        let ((), shown) = tokio::join!(refuse(presser, why, toast), shown);
        self.messages.report_unshown(tap.issue, ("buttons", None), shown);
    }

    /// Returns the effect that a press should have. If the message says that the issue was deleted or merged, the issue
    /// is looked for first.
    async fn meaning(&self, tap: &MenuTap<'_>, deadline: Deadline) -> Result<Meaning, StateError> {
        let meaning = self.menus.meaning(tap).await?;
        match &meaning {
            Meaning::Gone(message) if !self.messages.is_still_gone(tap.issue, message, deadline).await => {
                self.menus.meaning(tap).await
            }
            _ => Ok(meaning),
        }
    }

    /// Decides the approval of the press, and executes its action.
    async fn act(
        &self,
        presser: &dyn Presser,
        tap: &MenuTap<'_>,
        asked: Versioned<Approval>,
        deadline: Deadline,
    ) -> Result<(), RetryLater> {
        let (by, source) = (tap.by.clone(), tap.source.clone());
        let tapped = self.decisions.tap(asked, Choice::Approve, by, source, deadline).await;
        self.decisions.judged(presser, tapped.map(Some)).await
    }

    /// Analyses the issue again.
    async fn again(
        &self,
        presser: &dyn Presser,
        tap: &MenuTap<'_>,
        message: &IssueMessage,
        deadline: Deadline,
    ) -> Result<(), RetryLater> {
        let toast = Sentence::plain(|w| w.toast_again);
        let press = AnalysisPress {
            digest: press_digest(&format!("{} {}", presser.user(), presser.number())),
            received_ms: tap.is_again.then_some(tap.by.at_ms),
        };
        let again = self.decisions.analyse_again(tap.issue, message.org.as_ref(), press, deadline);
        let ((), ended) = tokio::join!(presser.answer(&toast), Box::pin(again));
        ended
    }

    /// Shows the priorities or the actions in the message that was pressed.
    async fn show(
        &self,
        presser: &dyn Presser,
        tap: &MenuTap<'_>,
        message: &IssueMessage,
        deadline: Deadline,
    ) {
        let is_priorities = tap.action == MenuAction::Priorities;
        let view = if is_priorities { MenuView::Priorities } else { MenuView::Actions };
        let shown = self.messages.show_view(tap.issue, message, (view, &tap.source), deadline);
        let toast = Sentence::plain(|w| w.toast_choose);
        let (shown, ()) = tokio::join!(shown, presser.answer(&toast));
        self.messages.report_unshown(tap.issue, ("buttons", None), shown);
    }
}
