//! The buttons of a message: those of its question, the menu, and the link.

use secrecy::SecretString;
use serde_json::Value;

use super::can_decide::{hook_secret, signing_secret};
use super::questions::Questions;
use crate::clock::unix_millis;
use crate::domain::approval::Approval;
use crate::domain::ids::IssueId;
use crate::domain::message::{ChatMessage, IssueMessage, Menu, MenuView, MessageButtons};
use crate::notifiers::slack;
use crate::notifiers::telegram::keyboard;
use crate::telegram::Keyboard;

/// The buttons of a message in the form of each chat.
pub(in crate::handler) struct ChatButtons {
    /// The keyboard for Telegram.
    pub(in crate::handler) telegram: Keyboard,
    /// The block for Slack. `None` if there is no button.
    pub(in crate::handler) slack: Option<Value>,
    /// The menu in both forms.
    pub(in crate::handler) menu: Option<Menu>,
}

impl Questions {
    /// Returns the menu of an issue's message. `None` without approvers, or if no press could reach Sidenote.
    pub(in crate::handler) async fn menu(&self, issue: &IssueId, content: &ChatMessage) -> Option<Menu> {
        if !self.config.has_buttons() && !self.config.has_slack_buttons() {
            return None;
        }
        let secrets = self.clients.secrets().await;
        let can_reach = self.missing_to_be_answered(&secrets).is_none();
        can_reach.then(|| Menu::new(issue, content, unix_millis()))
    }

    /// Returns the buttons of a message with the state `approval` of its approval. A chat without approvers shows no
    /// menu.
    pub(super) async fn buttons(
        &self,
        approval: Option<&Approval>,
        menu: Option<&Menu>,
        link: Option<&str>,
    ) -> ChatButtons {
        let (config, secrets) = (&*self.config, self.clients.secrets().await);
        let buttons = |has_menu: bool| MessageButtons { approval, menu: menu.filter(|_| has_menu), link };
        let (in_telegram, in_slack) = (buttons(config.has_buttons()), buttons(config.has_slack_buttons()));
        ChatButtons {
            telegram: keyboard(&in_telegram, hook_secret(&secrets), config.language),
            slack: slack::actions(&in_slack, signing_secret(&secrets), config.language),
            menu: menu.cloned(),
        }
    }

    /// Returns the key of the signatures in Telegram's buttons. `None` if the webhook secret is missing or too weak,
    /// because no button press could then reach Sidenote.
    pub(super) async fn button_key(&self) -> Option<SecretString> {
        hook_secret(&*self.clients.secrets.get().await.ok()?).cloned()
    }

    /// Returns the buttons of an issue's message. If the message asks for the approval `decided`, this value is used
    /// instead of the stored approval.
    pub(in crate::handler) async fn buttons_of(
        &self,
        issue: &IssueId,
        message: &IssueMessage,
        (view, decided): (MenuView, Option<&Approval>),
    ) -> ChatButtons {
        let decided = decided.filter(|decided| message.approval.as_ref() == Some(&decided.id));
        let stored = match message.approval.as_ref().filter(|_| decided.is_none()) {
            // A question that cannot be read cannot be answered either.
            Some(id) => self.approvals.get(id).await.ok().flatten().map(|found| found.content),
            None => None,
        };
        let menu = self.menu(issue, &message.content).await.map(|menu| Menu { view, ..menu });
        let approval = stored.as_ref().or(decided);
        self.buttons(approval, menu.as_ref(), message.content.link.as_deref()).await
    }
}
