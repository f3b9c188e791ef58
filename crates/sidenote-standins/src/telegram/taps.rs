//! The actions of people in Telegram chats: they press buttons, write, delete messages, or send forged updates.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::super::server::locked;
use super::mailbox::Pushed;
use super::person::{Person, Query, Toast};
use super::{Message, Telegram};

/// The value of `chat_instance` in every callback query. One value is enough, because tests use one chat at a time.
const CHAT_INSTANCE: &str = "-3612700429187065432";

#[expect(
    clippy::must_use_candidate,
    reason = "what a person does is done, whether its id is of interest or not"
)]
impl Telegram {
    /// Presses a button, which is identified by its label or its data. Returns the id of the callback query.
    ///
    /// # Panics
    ///
    /// Panics if there is no such message, or if the message has no such button.
    #[expect(clippy::panic, reason = "a test that presses what is not there is wrong")]
    pub fn tap(&self, message_id: i64, button: &str, from: &Person) -> String {
        let message = self.message(message_id);
        let buttons = buttons(&message);
        let found = buttons.iter().find(|(text, data)| text == button || data == button);
        let Some((_, data)) = found else {
            panic!("message {message_id} has no button {button:?} that can be pressed: {buttons:?}")
        };
        let update = self.callback(message_id, data, from);
        let query = update["callback_query"]["id"].as_str().unwrap_or_default().to_owned();
        self.update(update);
        query
    }

    /// Builds the update of a button press with any data, as a modified client could send it. Only
    /// [`Telegram::update`] sends the update, unchanged or altered.
    ///
    /// # Panics
    ///
    /// Panics if there is no such message.
    #[must_use]
    pub fn callback(&self, message_id: i64, data: &str, from: &Person) -> Value {
        let message = self.message(message_id);
        let service = self.server.peer();
        let mut state = locked(&service.state);
        let id = format!("{}", 4_382_000_000_000_000_001_u64 + state.queries.len() as u64);
        state.queries.push(Query { id: id.clone(), from: Some(from.id), open: true });
        let is_gone = state.gone.contains(&message_id);
        drop(state);
        let mut shown = service.shown(&message);
        if is_gone {
            shown = json!({"chat": shown["chat"], "message_id": message_id, "date": 0});
        }
        json!({"callback_query": {
            "id": id, "from": from.json(), "message": shown, "chat_instance": CHAT_INSTANCE, "data": data,
        }})
    }

    /// Sends the bot an update and returns the update's id. An update that has an `update_id` keeps it, as a repeat
    /// does.
    pub fn update(&self, update: Value) -> i64 {
        self.server.peer().mailbox.post(update)
    }

    /// Writes a message as a person. The bot receives it only if it requested messages. Returns the id of the update.
    ///
    /// # Panics
    ///
    /// Panics if there is no such chat.
    #[expect(clippy::expect_used, reason = "a test that writes into no chat is wrong")]
    pub fn say(&self, chat_id: i64, thread: Option<i64>, text: &str, from: &Person) -> i64 {
        let chat = self.server.peer().world.chats.iter().find(|chat| chat.id == chat_id).expect("a chat");
        let mut message = json!({"message_id": 17, "from": from.json(), "chat": chat.json(), "date": 1_795_000_000, "text": text});
        if let Some(thread) = thread {
            message["message_thread_id"] = json!(thread);
            message["is_topic_message"] = json!(true);
        }
        self.update(json!({"message": message}))
    }

    /// Sets the webhook as `setWebhook` does, but also accepts loopback and plain HTTP, as a local Bot API server does.
    pub fn push_to(&self, url: &str, secret: &str) {
        let mut params = Map::new();
        params.insert("url".to_owned(), json!(url));
        params.insert("secret_token".to_owned(), json!(secret));
        params.insert("allowed_updates".to_owned(), json!(["callback_query"]));
        self.server.peer().mailbox.set_webhook(params);
    }

    /// Redirects updates for webhook URLs that start with `from` to `to`, an `http://` URL.
    pub fn route(&self, from: &str, to: &str) {
        self.server.peer().mailbox.route(from, to);
    }

    /// Every attempt so far to push an update to the webhook.
    #[must_use]
    pub fn pushed(&self) -> Vec<Pushed> {
        self.server.peer().mailbox.pushed()
    }

    /// Waits until no update is pending. The wait has no time limit.
    pub async fn delivered(&self) {
        while self.server.peer().mailbox.waiting() > 0 {
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// The bot's answers to callback queries, in the order in which people received them.
    #[must_use]
    pub fn toasts(&self) -> Vec<Toast> {
        locked(&self.server.peer().state).toasts.clone()
    }

    /// Makes every callback query too old to be answered.
    pub fn expire_queries(&self) {
        locked(&self.server.peer().state).queries.iter_mut().for_each(|query| query.open = false);
    }

    /// Deletes a message. It can no longer be edited, and the update of a press of its button contains it as
    /// inaccessible.
    pub fn delete(&self, message_id: i64) {
        locked(&self.server.peer().state).gone.insert(message_id);
    }

    /// Turns a group into the supergroup `to` of the initial data. Writing to the old chat fails with the new id. Old
    /// messages stay in the group, or move to the new chat if `taken_along` is set: the Bot API's description does not
    /// say in which chat the button of an old message is pressed.
    pub fn upgrade(&self, from: i64, to: i64, taken_along: bool) {
        let mut state = locked(&self.server.peer().state);
        state.upgraded.push((from, to));
        if taken_along {
            let messages = state.messages.iter_mut().filter(|message| message.chat_id == from);
            messages.for_each(|message| message.chat_id = to);
        }
    }

    #[expect(clippy::expect_used, reason = "a test that asks for a message that is not there is wrong")]
    fn message(&self, message_id: i64) -> Message {
        let state = locked(&self.server.peer().state);
        let found = state.messages.iter().find(|message| message.message_id == message_id);
        found.cloned().expect("a message with this id")
    }
}

/// Returns the label and the callback data of each button under a message that can be pressed.
fn buttons(message: &Message) -> Vec<(String, String)> {
    let rows = message.reply_markup.as_ref().and_then(|markup| markup["inline_keyboard"].as_array());
    let buttons = rows.into_iter().flatten().filter_map(Value::as_array).flatten();
    let text = |button: &Value, name: &str| button[name].as_str().map(str::to_owned);
    buttons.filter_map(|button| Some((text(button, "text")?, text(button, "callback_data")?))).collect()
}
