//! The methods of Telegram's Bot API, and their effect on the chats.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::super::exchange::Recorded;
use super::super::server::locked;
use super::mailbox::Mailbox;
use super::person::{Query, Toast};
use super::request::{self, Understood};
use super::{Chat, Entity, Message, TelegramWorld, rules};

const FIRST_ID: i64 = 1001;
const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup are exactly \
                            the same as a current content and reply markup of the message";
const QUERY_TOO_OLD: &str = "query is too old and response timeout expired or query ID is invalid";

/// The methods that fail in a group that became a supergroup.
const WRITES: [&str; 4] = ["sendMessage", "sendChatAction", "editMessageText", "editMessageReplyMarkup"];

/// A bot with its chats, messages and pending updates.
pub(super) struct Service {
    pub(super) world: TelegramWorld,
    pub(super) state: Mutex<State>,
    pub(super) mailbox: Arc<Mailbox>,
}

/// The data that requests and the actions of people change.
#[derive(Default)]
pub(super) struct State {
    pub(super) messages: Vec<Message>,
    /// The ids of deleted messages.
    pub(super) gone: BTreeSet<i64>,
    /// The callback queries (button presses). Those of the initial data come first.
    pub(super) queries: Vec<Query>,
    pub(super) toasts: Vec<Toast>,
    /// Groups that became supergroups during the test: the old id and the new one.
    pub(super) upgraded: Vec<(i64, i64)>,
}

impl State {
    /// Returns the error for a group that has become a supergroup, or `None` for any other chat.
    fn is_upgraded(&self, chat: &Value) -> Option<Refusal> {
        let (_, new) = self.upgraded.iter().find(|(old, _)| *chat == *old)?;
        let (status, words, _) = bad_request("group chat was upgraded to a supergroup chat");
        Some((status, words, Some(json!({"migrate_to_chat_id": new}))))
    }
}

/// An error of the Bot API: the status, the description and the `parameters`.
pub(super) type Refusal = (StatusCode, String, Option<Value>);

fn bad_request(words: &str) -> Refusal {
    (StatusCode::BAD_REQUEST, format!("Bad Request: {words}"), None)
}

impl Service {
    /// Handles a request to a method. Returns the method's result or the error.
    pub(super) fn perform(&self, request: &Recorded) -> Result<Value, Refusal> {
        let not_found = |words: &str| (StatusCode::NOT_FOUND, words.to_owned(), None);
        let (token, name) = request::parts(&request.path).ok_or_else(|| not_found("Not Found"))?;
        if !request::is_token(token) {
            return Err(not_found("Not Found"));
        }
        if token != self.world.token {
            return Err((StatusCode::UNAUTHORIZED, "Unauthorized".to_owned(), None));
        }
        let (name, fields) = rules::method(name).ok_or_else(|| not_found("Not Found: method not found"))?;
        let given = request::understand(name, fields, request);
        if let Some(refusal) = given.refusal() {
            return Err(bad_request(refusal));
        }
        let mut state = locked(&self.state);
        if WRITES.contains(&name) {
            state.is_upgraded(&given.params["chat_id"]).map_or(Ok(()), Err)?;
        }
        match name {
            "getMe" => Ok(self.me()),
            "getChat" => self.chat_info(&given),
            "getChatMember" => self.member(&given),
            "sendChatAction" => self.act(&given),
            "sendMessage" => self.send(&mut state, &given),
            "editMessageText" => self.edit(&mut state, &given, true),
            "editMessageReplyMarkup" => self.edit(&mut state, &given, false),
            "answerCallbackQuery" => Self::answer_callback(&mut state, &given),
            "setWebhook" | "deleteWebhook" => Ok(self.mailbox.set_webhook(given.params)),
            "getWebhookInfo" => Ok(self.webhook_info()),
            _ => self.mailbox.updates(&given.params),
        }
    }

    fn me(&self) -> Value {
        let mut me = self.world.bot();
        for (ability, has) in [
            ("can_join_groups", true),
            ("can_read_all_group_messages", false),
            ("supports_inline_queries", false),
            ("can_connect_to_business", false),
            ("has_main_web_app", false),
        ] {
            me[ability] = json!(has);
        }
        me
    }

    fn chat(&self, given: &Understood) -> Result<&Chat, Refusal> {
        let wanted = &given.params["chat_id"];
        self.world.chats.iter().find(|chat| chat.is(wanted)).ok_or_else(|| bad_request("chat not found"))
    }

    fn chat_info(&self, given: &Understood) -> Result<Value, Refusal> {
        let chat = self.chat(given)?;
        chat.hidden().map_or(Ok(()), Err)?;
        let mut chat = chat.json();
        chat["accent_color_id"] = json!(0);
        chat["max_reaction_count"] = json!(11);
        chat["accepted_gift_types"] = json!({"unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false,
            "premium_subscription": false, "gifts_from_channels": false});
        Ok(chat)
    }

    /// Handles `getChatMember`. Unless the bot is an administrator, the stand-in answers it only about the bot itself.
    fn member(&self, given: &Understood) -> Result<Value, Refusal> {
        let chat = self.chat(given)?;
        chat.hidden().map_or(Ok(()), Err)?;
        let bot = self.world.bot();
        if given.params["user_id"] == bot["id"] {
            return Ok(chat.membership(&bot));
        }
        let person = self.world.people.iter().find(|person| given.params["user_id"] == person.id);
        let person = person.ok_or_else(|| bad_request("member not found"))?;
        Ok(json!({"user": person.json(), "status": "member"}))
    }

    /// Handles `sendChatAction`, which changes no data.
    fn act(&self, given: &Understood) -> Result<Value, Refusal> {
        let chat = self.chat(given)?;
        // Telegram reports a mute in the member's rights, not as an error here.
        chat.refusal().filter(|_| !chat.is_muted()).map_or(Ok(()), Err)?;
        let thread = given.params.get("message_thread_id").and_then(Value::as_i64);
        chat.topic_refusal(thread).map_or(Ok(()), |words| Err(bad_request(words)))?;
        Ok(json!(true))
    }

    /// Returns the chat of a request, or the error if the bot may not write there.
    fn writable(&self, given: &Understood) -> Result<&Chat, Refusal> {
        let chat = self.chat(given)?;
        chat.refusal().map_or(Ok(chat), Err)
    }

    fn send(&self, state: &mut State, given: &Understood) -> Result<Value, Refusal> {
        let chat = self.writable(given)?;
        let thread = given.params.get("message_thread_id").and_then(Value::as_i64);
        chat.topic_refusal(thread).map_or(Ok(()), |words| Err(bad_request(words)))?;
        if let Some(reply) = given.params.get("reply_parameters") {
            let known =
                state.messages.iter().any(|it| it.chat_id == chat.id && reply["message_id"] == it.message_id);
            if !known && reply["allow_sending_without_reply"] != true {
                return Err(bad_request("message to be replied not found"));
            }
        }
        let next = FIRST_ID + i64::try_from(state.messages.len()).unwrap_or_default();
        let message = Message {
            chat_id: chat.id,
            message_id: next,
            thread,
            text_raw: String::new(),
            text_visible: String::new(),
            entities: Vec::new(),
            reply_markup: keyboard(given),
            parse_mode: None,
            silent: given.params.get("disable_notification").is_some_and(|flag| *flag == json!(true)),
            edits: 0,
        };
        let message = with_text(message, given);
        let json = self.message_json(&message, chat);
        state.messages.push(message);
        Ok(json)
    }

    /// Edits a message. An edit without `reply_markup` removes the message's keyboard.
    fn edit(&self, state: &mut State, given: &Understood, text: bool) -> Result<Value, Refusal> {
        let chat = self.writable(given)?;
        let wanted = &given.params["message_id"];
        let same = |it: &&mut Message| it.chat_id == chat.id && *wanted == it.message_id;
        let message = state.messages.iter_mut().find(same).filter(|it| !state.gone.contains(&it.message_id));
        let message = message.ok_or_else(|| bad_request("message to edit not found"))?;
        let mut edited = Message { reply_markup: keyboard(given), ..message.clone() };
        if text {
            edited = with_text(edited, given);
        }
        let seen = |it: &Message| (it.text_visible.clone(), it.entities.clone(), it.reply_markup.clone());
        if seen(&edited) == seen(message) {
            return Err(bad_request(NOT_MODIFIED));
        }
        edited.edits += 1;
        *message = edited;
        let mut json = self.message_json(message, chat);
        json["edit_date"] = json["date"].clone();
        Ok(json)
    }

    fn message_json(&self, message: &Message, chat: &Chat) -> Value {
        let now = self.world.fixed_now.unwrap_or_else(OffsetDateTime::now_utc);
        let entities: Vec<Value> = message.entities.iter().map(Entity::json).collect();
        let mut json = json!({
            "message_id": message.message_id, "from": self.world.bot(), "chat": chat.json(),
            "date": now.unix_timestamp(), "text": message.text_visible,
        });
        if !entities.is_empty() {
            json["entities"] = json!(entities);
        }
        if let Some(markup) = &message.reply_markup {
            json["reply_markup"] = markup.clone();
        }
        if let Some(thread) = message.thread {
            json["message_thread_id"] = json!(thread);
            json["is_topic_message"] = json!(true);
        }
        json
    }

    /// Returns a message as JSON, in the form in which the bot receives it now.
    pub(super) fn shown(&self, message: &Message) -> Value {
        let chat = self.world.chats.iter().find(|chat| chat.id == message.chat_id);
        chat.map(|chat| self.message_json(message, chat)).unwrap_or_default()
    }

    fn answer_callback(state: &mut State, given: &Understood) -> Result<Value, Refusal> {
        let text = |name: &str| given.params.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = text("callback_query_id");
        let query = state.queries.iter_mut().find(|query| query.id == id && query.open);
        let query = query.ok_or_else(|| bad_request(QUERY_TOO_OLD))?;
        query.open = false;
        let alert = given.params.get("show_alert") == Some(&json!(true));
        let toast = Toast { query: id, to: query.from, text: text("text"), alert };
        state.toasts.push(toast);
        Ok(json!(true))
    }

    /// Returns the `WebhookInfo`. If the initial data prescribe an error and a webhook is set, this error is in it.
    fn webhook_info(&self) -> Value {
        let mut info = self.mailbox.webhook_info();
        if let Some((message, pending)) = &self.world.webhook_trouble
            && info["url"] != ""
        {
            info["last_error_date"] = json!(OffsetDateTime::now_utc().unix_timestamp() - 60);
            info["last_error_message"] = json!(message);
            info["pending_update_count"] = json!(pending);
        }
        info
    }
}

/// Returns the keyboard in a request, or `None` if the keyboard has no buttons.
fn keyboard(given: &Understood) -> Option<Value> {
    let markup = given.params.get("reply_markup")?;
    let rows = markup["inline_keyboard"].as_array()?;
    rows.iter().any(|row| row.as_array().is_some_and(|row| !row.is_empty())).then(|| markup.clone())
}

fn with_text(message: Message, given: &Understood) -> Message {
    let text = |name: &str| given.params.get(name).and_then(Value::as_str).map(str::to_owned);
    Message {
        text_raw: text("text").unwrap_or_default(),
        text_visible: given.text.text.clone(),
        entities: given.text.entities.clone(),
        parse_mode: text("parse_mode"),
        ..message
    }
}
