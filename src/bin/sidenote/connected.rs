//! The result of `sidenote telegram connect`, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use sidenote::domain::text::Untrusted;
use sidenote::domain::timestamp::Timestamp;
use sidenote::telegram::{Me, Seen, WebhookInfo};

/// The length limit of a displayed name or title, in characters.
const NAME: usize = 60;
/// The length limit of a displayed URL or Telegram error, in characters.
const LINE: usize = 200;

/// The chats and people that recently wrote to the bot. They are read from Telegram's pending updates.
pub(crate) enum Lately {
    /// No update is readable, because Telegram hides pending updates while a webhook is set.
    Hidden,
    /// The chats and people in the pending updates.
    Seen(Vec<Seen>),
}

/// The result of `sidenote telegram connect`.
pub(crate) struct Connected {
    pub(crate) me: Me,
    pub(crate) webhook: WebhookInfo,
    pub(crate) lately: Lately,
    /// The chat that got a test message, and the message's id.
    pub(crate) test: Option<(Value, Option<i64>)>,
}

impl Connected {
    /// Returns the kind and the title of each chat, by the chat's id and topic.
    fn chats(&self) -> BTreeMap<(i64, Option<i64>), (String, String)> {
        let Lately::Seen(all) = &self.lately else { return BTreeMap::new() };
        let chat = |seen: &Seen| ((seen.chat, seen.thread), (seen.kind.line(NAME), seen.title.line(NAME)));
        all.iter().map(chat).collect()
    }

    fn people(&self) -> BTreeMap<i64, String> {
        let Lately::Seen(all) = &self.lately else { return BTreeMap::new() };
        let people = all.iter().filter_map(|seen| seen.person.as_ref());
        people.map(|(id, name)| (*id, name.line(NAME))).collect()
    }

    fn username(&self) -> String {
        untrusted(self.me.username.as_deref(), NAME)
    }

    /// Returns the URL of the bot's webhook, if a webhook is set.
    fn url(&self) -> Option<String> {
        let url = self.webhook.url.as_deref().filter(|url| !url.is_empty());
        url.map(|url| untrusted(Some(url), LINE))
    }

    fn kinds(&self) -> Vec<String> {
        let kinds = self.webhook.allowed_updates.iter().flat_map(|list| &list.0);
        kinds.map(|kind| untrusted(kind.as_deref(), NAME)).collect()
    }

    /// Returns Telegram's last error about the webhook, and the time of the error.
    fn trouble(&self) -> Option<(String, String)> {
        let what = untrusted(Some(self.webhook.last_error_message.as_deref()?), LINE);
        let at = self.webhook.last_error_date.0.and_then(Timestamp::from_unix);
        Some((what, at.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string())))
    }

    /// Returns the result of the command as text for a terminal.
    pub(crate) fn text(&self) -> String {
        let mut out = format!("The token is @{}'s.\n", self.username());
        match self.url() {
            None => out.push_str("No webhook is set: button presses have no effect, unless `serve` polls (TELEGRAM_UPDATES).\n"),
            Some(url) => {
                let pending = self.webhook.pending_update_count.0.unwrap_or_default();
                let _ = writeln!(out, "The webhook is {url}, for {}.", self.kinds().join(", "));
                let _ = writeln!(out, "{pending} updates are pending.");
            }
        }
        if let Some((what, at)) = self.trouble() {
            let _ = writeln!(out, "The last failed delivery, on {at}: {what}");
        }
        self.write_lately(&mut out);
        if let Some((chat, message)) = &self.test {
            let id = message.map(|id| id.to_string()).unwrap_or_default();
            let _ = writeln!(out, "\nA test message was sent to {}: message {id}.", plain(chat));
        }
        out.trim_end().to_owned()
    }

    fn write_lately(&self, out: &mut String) {
        if let Lately::Hidden = self.lately {
            out.push_str(
                "\nA webhook was set, and then Telegram shows no updates (getUpdates). To find the ids of chats and \
                 people, remove it with --remove, write something in the chat, and look again.\n",
            );
            return;
        }
        let (chats, people) = (self.chats(), self.people());
        if chats.is_empty() {
            let name = self.username();
            let _ = writeln!(
                out,
                "\nNo chat is seen in recent updates. Add the bot to the chat, write /start@{name} there (in the topic, \
                 if it has topics), and look again."
            );
            return;
        }
        out.push_str("\nChats in recent updates:\n");
        for ((chat, thread), (kind, title)) in chats {
            let thread = thread.map(|it| format!(" TELEGRAM_THREAD_ID={it}")).unwrap_or_default();
            let _ = writeln!(out, "  TELEGRAM_CHAT_ID={chat}{thread}   {title} ({kind})");
        }
        if !people.is_empty() {
            out.push_str(
                "\nPeople in these chats; put the approvers into TELEGRAM_APPROVERS, separated by commas:\n",
            );
        }
        for (id, name) in people {
            let _ = writeln!(out, "  TELEGRAM_APPROVERS={id}   {name}");
        }
    }

    /// Returns the result of the command as JSON.
    pub(crate) fn json(&self) -> Value {
        let chat = |((id, thread), (kind, title)): ((i64, Option<i64>), (String, String))| json!({"id": id, "thread_id": thread, "type": kind, "title": title});
        let chats: Vec<Value> = self.chats().into_iter().map(chat).collect();
        let people: Vec<Value> =
            self.people().into_iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
        let trouble = self.trouble();
        json!({
            // The bot's id is not printed, because it is the first part of the token.
            "bot": {"username": self.username()},
            "webhook": {
                "url": self.url(), "allowed_updates": self.kinds(),
                "pending_updates": self.webhook.pending_update_count.0,
                "last_error": trouble.as_ref().map(|(what, _)| what), "last_error_at": trouble.as_ref().map(|(_, at)| at),
            },
            "updates_hidden_by_webhook": matches!(self.lately, Lately::Hidden),
            "chats": chats, "people": people,
            "test": self.test.as_ref().map(|(chat, message)| json!({"chat_id": chat, "message_id": message})),
        })
    }
}

fn untrusted(text: Option<&str>, longest: usize) -> String {
    Untrusted::new(text.unwrap_or_default()).line(longest)
}

fn plain(chat: &Value) -> String {
    chat.as_str().map_or_else(|| chat.to_string(), str::to_owned)
}
