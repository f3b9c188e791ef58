//! The pending updates of a bot. They are pushed to the bot's webhook or kept for `getUpdates`.
//!
//! The order is that of the real server (`WebhookActor.cpp` of tdlib/telegram-bot-api): updates of one person arrive in
//! order, updates of different people in parallel. If the webhook does not reply with a 2xx status, the update is sent
//! again: at once, then after a wait that doubles each time, or after the webhook's `Retry-After`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use tokio::time::sleep;

use super::super::server::locked;
use super::methods::Refusal;
use crate::push::{self, Target};

const FIRST_UPDATE: i64 = 700_001;
/// The wait before a retry is at most this multiple of [`Pace::retry`].
const LONGEST_WAIT: u32 = 60;
/// A `Retry-After` of the webhook's reply is followed up to this many seconds.
const LONGEST_RETRY_AFTER: u64 = 3600;
const MOST_UPDATES: i64 = 100;
const WEBHOOK_ACTIVE: &str = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to \
                              delete the webhook first";
/// The kinds of updates that a bot receives only on request.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// The timing of pushes to a webhook.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The unit of the waits before retries; one second in the real server. The first retry is immediate. The next ones
    /// wait for two units, four units, and so on.
    pub(super) retry: Duration,
    /// The time limit for the webhook's reply; a minute in the real server.
    pub(super) timeout: Duration,
}

/// One attempt to push an update to the webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The id of the update.
    pub update_id: i64,
    /// The status of the webhook's reply; `None` if there was no reply.
    pub status: Option<u16>,
    /// The body of the reply.
    pub body: String,
}

/// The pending updates of one bot.
pub(super) struct Mailbox {
    pace: Pace,
    mail: Mutex<Mail>,
}

#[derive(Default)]
struct Mail {
    last_id: i64,
    waiting: Vec<Update>,
    /// The queues whose updates a task is pushing now.
    busy: BTreeSet<i64>,
    webhook: Map<String, Value>,
    allowed: Vec<String>,
    /// Redirections for tests: the beginning of a webhook's URL, and the address to which updates are pushed instead.
    routes: Vec<(String, String)>,
    last_error: Option<(i64, String)>,
    pushed: Vec<Pushed>,
}

#[derive(Clone)]
struct Update {
    id: i64,
    /// The id of the person who pressed a button, or 0 for any other update. The updates with the same number form a
    /// queue.
    queue: i64,
    body: Value,
    failures: u32,
}

impl Mailbox {
    pub(super) fn new(pace: Pace) -> Arc<Self> {
        Arc::new(Self { pace, mail: Mutex::default() })
    }

    /// Accepts an update and returns its id: the update's own id if it has one, or the next free id. An update of a
    /// kind that the bot did not request is dropped, as in the real server.
    pub(super) fn post(self: &Arc<Self>, mut body: Value) -> i64 {
        let mut mail = locked(&self.mail);
        let next = mail.last_id.max(FIRST_UPDATE - 1) + 1;
        let id = body["update_id"].as_i64().unwrap_or(next);
        mail.last_id = mail.last_id.max(id);
        body["update_id"] = json!(id);
        let person = body["callback_query"]["from"]["id"].as_i64();
        if mail.asks_for(&body) {
            mail.waiting.push(Update { id, queue: person.unwrap_or_default(), body, failures: 0 });
        }
        drop(mail);
        self.deliver();
        id
    }

    /// Sets the webhook with the parameters of `setWebhook`, or removes it if there is no URL.
    pub(super) fn set_webhook(self: &Arc<Self>, params: Map<String, Value>) -> Value {
        let mut mail = locked(&self.mail);
        mail.remember_kinds(&params);
        if params.get("drop_pending_updates") == Some(&json!(true)) {
            mail.waiting.clear();
        }
        mail.last_error = None;
        mail.webhook = params;
        drop(mail);
        self.deliver();
        json!(true)
    }

    /// Redirects pushes for webhook URLs that start with `from` to the address `to`.
    pub(super) fn route(&self, from: &str, to: &str) {
        locked(&self.mail).routes.push((from.to_owned(), to.to_owned()));
    }

    /// Returns the Bot API's `WebhookInfo`.
    pub(super) fn webhook_info(&self) -> Value {
        let mail = locked(&self.mail);
        let mut info = json!({
            "url": mail.url(), "has_custom_certificate": false, "pending_update_count": mail.waiting.len(),
        });
        if mail.url().is_empty() {
            return info;
        }
        info["max_connections"] = mail.webhook.get("max_connections").cloned().unwrap_or(json!(40));
        if !mail.allowed.is_empty() {
            info["allowed_updates"] = json!(mail.allowed);
        }
        if let Some((date, message)) = &mail.last_error {
            info["last_error_date"] = json!(date);
            info["last_error_message"] = json!(message);
        }
        info
    }

    /// Returns the result of `getUpdates` at once, without the long polling of the real server.
    pub(super) fn updates(&self, params: &Map<String, Value>) -> Result<Value, Refusal> {
        let mut mail = locked(&self.mail);
        if !mail.url().is_empty() {
            return Err((StatusCode::CONFLICT, WEBHOOK_ACTIVE.to_owned(), None));
        }
        mail.remember_kinds(params);
        let number = |name: &str| params.get(name).and_then(Value::as_i64);
        let offset = number("offset").unwrap_or_default();
        let from_end = usize::try_from(-offset).unwrap_or_default().min(mail.waiting.len());
        if from_end > 0 {
            let before = mail.waiting.len() - from_end;
            mail.waiting.drain(..before);
        } else {
            mail.waiting.retain(|update| update.id >= offset);
        }
        let limit =
            number("limit").filter(|limit| (1..=MOST_UPDATES).contains(limit)).unwrap_or(MOST_UPDATES);
        let limit = usize::try_from(limit).unwrap_or_default();
        Ok(mail.waiting.iter().take(limit).map(|update| update.body.clone()).collect())
    }

    /// Every attempt to push an update so far, oldest first.
    pub(super) fn pushed(&self) -> Vec<Pushed> {
        locked(&self.mail).pushed.clone()
    }

    /// The number of updates that are still pending.
    pub(super) fn waiting(&self) -> usize {
        locked(&self.mail).waiting.len()
    }

    /// Starts a task for every queue that has updates but no task, if a webhook is set.
    fn deliver(self: &Arc<Self>) {
        let mut mail = locked(&self.mail);
        if mail.url().is_empty() {
            return;
        }
        let queues: BTreeSet<i64> = mail.waiting.iter().map(|update| update.queue).collect();
        for queue in queues {
            if mail.busy.insert(queue) {
                tokio::spawn(empty(Arc::downgrade(self), queue));
            }
        }
    }

    /// Returns the oldest update of a queue, and the webhook. `None` if the queue is empty or no webhook is set; the
    /// task of the queue then ends.
    fn next(&self, queue: i64) -> Option<(Update, Target)> {
        let mut mail = locked(&self.mail);
        let update = mail.waiting.iter().find(|update| update.queue == queue).cloned();
        let found = update.filter(|_| !mail.url().is_empty()).map(|update| (update, mail.target()));
        if found.is_none() {
            mail.busy.remove(&queue);
        }
        found
    }

    /// Records an attempt to push an update. Returns the wait before the next attempt if this one failed.
    fn record(&self, update: &Update, answer: &Result<push::Answer, String>) -> Option<Duration> {
        let mut mail = locked(&self.mail);
        let (status, body) =
            answer.as_ref().map_or((None, ""), |answer| (Some(answer.status), answer.body.as_str()));
        mail.pushed.push(Pushed { update_id: update.id, status, body: body.to_owned() });
        let (complaint, retry_after) = match answer {
            Ok(answer) if (200..300).contains(&answer.status) => {
                mail.waiting.retain(|waiting| (waiting.id, waiting.queue) != (update.id, update.queue));
                return None;
            }
            Ok(answer) => {
                let words = format!("Wrong response from the webhook: {} {}", answer.status, answer.reason);
                (words, answer.retry_after.min(LONGEST_RETRY_AFTER))
            }
            Err(words) => (words.clone(), 0),
        };
        mail.last_error = Some((OffsetDateTime::now_utc().unix_timestamp(), complaint));
        let failed = mail.waiting.iter_mut().find(|waiting| waiting.id == update.id)?;
        failed.failures += 1;
        Some(match (retry_after, update.failures) {
            (0, 0) => Duration::ZERO,
            (0, failures) => self.pace.retry * 2u32.saturating_pow(failures).min(LONGEST_WAIT),
            (seconds, _) => Duration::from_secs(seconds),
        })
    }
}

/// Pushes the updates of a queue in order, until the queue is empty or the server has stopped.
async fn empty(mailbox: Weak<Mailbox>, queue: i64) {
    loop {
        let Some(strong) = mailbox.upgrade() else { return };
        let Some((update, target)) = strong.next(queue) else { return };
        let timeout = strong.pace.timeout;
        // The task must not keep the server alive while it waits for the webhook.
        drop(strong);
        let answer = push::push(target, update.body.to_string(), timeout).await;
        let Some(strong) = mailbox.upgrade() else { return };
        let wait = strong.record(&update, &answer);
        drop(strong);
        if let Some(wait) = wait {
            sleep(wait).await;
        }
    }
}

impl Mail {
    fn url(&self) -> &str {
        self.webhook.get("url").and_then(Value::as_str).unwrap_or_default()
    }

    fn target(&self) -> Target {
        let url = self.url();
        let routed = self.routes.iter().rev().find_map(|(from, to)| {
            let rest = url.strip_prefix(from.as_str())?;
            Some(format!("{to}{rest}"))
        });
        let secret = self.webhook.get("secret_token").and_then(Value::as_str);
        let secret = secret.map(|it| ("X-Telegram-Bot-Api-Secret-Token".to_owned(), it.to_owned()));
        let json = ("Content-Type".to_owned(), "application/json".to_owned());
        let headers = secret.into_iter().chain([json]).collect();
        Target { url: routed.unwrap_or_else(|| url.to_owned()), headers }
    }

    /// Remembers the kinds of updates that the bot requests. A list stays in force until another one is given.
    fn remember_kinds(&mut self, params: &Map<String, Value>) {
        if let Some(kinds) = params.get("allowed_updates").and_then(Value::as_array) {
            self.allowed = kinds.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
    }

    fn asks_for(&self, update: &Value) -> bool {
        let members = update.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let mut kinds = members.filter(|name| *name != "update_id");
        kinds.all(|kind| {
            if self.allowed.is_empty() {
                !ON_REQUEST.contains(&kind)
            } else {
                self.allowed.iter().any(|allowed| allowed == kind)
            }
        })
    }
}
