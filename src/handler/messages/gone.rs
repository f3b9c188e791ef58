//! Shows in the message of an issue that the issue was deleted or merged, and takes this back if the issue is found again.

use std::time::Duration;

use super::Messages;
use crate::clock::{at_most, unix_millis};
use crate::domain::deadline::Deadline;
use crate::domain::ids::IssueId;
use crate::domain::issue::{IssueGone, IssueStatus};
use crate::domain::message::{IssueMessage, MenuView, MessageUpdate};
use crate::domain::outcome::Failure;
use crate::sentry::{IssueLookup, Sentry};

/// The longest time of the look for an issue while a person waits for the answer to a button press.
const LOOK: Duration = Duration::from_secs(5);

impl Messages {
    /// Shows in the issue's message that the issue was deleted or merged. It does nothing if the issue has no message.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the message does not show it yet.
    pub(in crate::handler) async fn show_gone(
        &self,
        issue: &IssueId,
        gone: &IssueGone,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let Some(message) = self.keep_gone(issue, gone).await? else { return Ok(()) };
        self.show(issue, &message, (MenuView::Actions, None), deadline).await
    }

    /// Adds to the stored message that the issue was deleted or merged, unless the message already contains this.
    /// Returns the message, if there is one.
    ///
    /// # Errors
    ///
    /// [`Failure::StateUnavailable`] if the record cannot be read or written.
    pub(in crate::handler) async fn keep_gone(
        &self,
        issue: &IssueId,
        gone: &IssueGone,
    ) -> Result<Option<IssueMessage>, Failure> {
        let update = MessageUpdate::of_gone(gone, unix_millis(), self.language);
        tracing::info!(issue_id = issue.as_str(), "issue_gone");
        let add = |message: &IssueMessage| match message.content.status() {
            IssueStatus::Gone => message.clone(),
            _ => message.clone().with(update.clone()),
        };
        self.change(issue, &add).await
    }

    /// Whether the issue is deleted or merged, as its message says. If the message says so, the issue is looked for once.
    /// If it is found, the message is corrected, and the result is `false`.
    pub(in crate::handler) async fn is_still_gone(
        &self,
        issue: &IssueId,
        message: &IssueMessage,
        deadline: Deadline,
    ) -> bool {
        if message.content.status() != IssueStatus::Gone {
            return false;
        }
        let look = |sentry: Sentry| async move { sentry.look(issue).await };
        let looked = self.clients.with_sentry(message.org.as_ref(), at_most(deadline, LOOK), look).await;
        let is_found = matches!(looked, Ok(IssueLookup::Here(_)));
        if is_found {
            self.show_found(issue, message, deadline).await;
        }
        !is_found
    }

    /// Corrects the message of an issue that was found, if `message` says that the issue was deleted or merged. A failure
    /// is logged.
    pub(in crate::handler) async fn show_found(
        &self,
        issue: &IssueId,
        message: &IssueMessage,
        deadline: Deadline,
    ) {
        if message.content.status() != IssueStatus::Gone {
            return;
        }
        tracing::info!(issue_id = issue.as_str(), "issue_found_again");
        let now_ms = unix_millis();
        let shown = match self.change(issue, &|message| message.clone().seen_at(now_ms)).await {
            Ok(Some(found)) => self.show(issue, &found, (MenuView::Actions, None), deadline).await,
            kept => kept.map(drop),
        };
        self.report_unshown(issue, ("issue found", None), shown);
    }
}
