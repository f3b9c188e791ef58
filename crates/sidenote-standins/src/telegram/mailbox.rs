//! Updates on their way to the bot: pushed to its webhook, or kept for `getUpdates`.
//!
//! As in the real server (`WebhookActor.cpp` of tdlib/telegram-bot-api), what one person does arrives in order, what
//! several do at the same time; an update that got no 2xx is sent again, first at once, then after a wait that doubles,
//! or when the webhook's `Retry-After` says.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use tokio::time::sleep;

use super::super::server::locked;
use super::methods::Refusal;
use super::push::{self, Target};

const FIRST_UPDATE: i64 = 700_001;
/// The real server waits no longer than this many times its first wait.
const LONGEST_WAIT: u32 = 60;
const LONGEST_RETRY_AFTER: u64 = 3600;
const MOST_UPDATES: i64 = 100;
const WEBHOOK_ACTIVE: &str = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to \
                              delete the webhook first";
/// Without a list, a bot gets every kind but these.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// How patient the server is with a webhook.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The first wait that doubles; one second in the real server.
    pub(super) retry: Duration,
    /// How long an answer may take; a minute in the real server.
    pub(super) timeout: Duration,
}

/// One attempt to push an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The update.
    pub update_id: i64,
    /// What the webhook answered; `None` when it did not.
    pub status: Option<u16>,
    /// The answer's body.
    pub body: String,
}

/// Everything that waits for one bot.
pub(super) struct Mailbox {
    pace: Pace,
    mail: Mutex<Mail>,
}

#[derive(Default)]
struct Mail {
    last_id: i64,
    waiting: Vec<Update>,
    /// The queues that are being emptied.
    busy: BTreeSet<i64>,
    webhook: Map<String, Value>,
    allowed: Vec<String>,
    /// Where the hosts of webhooks really are.
    routes: Vec<(String, String)>,
    last_error: Option<(i64, String)>,
    pushed: Vec<Pushed>,
}

#[derive(Clone)]
struct Update {
    id: i64,
    /// Who did it: each person's updates are a queue of their own.
    queue: i64,
    body: Value,
    failures: u32,
}

impl Mailbox {
    pub(super) fn new(pace: Pace) -> Arc<Self> {
        Arc::new(Self { pace, mail: Mutex::default() })
    }

    /// Takes an update in, and gives its id: the one it brings, or the next. A kind that the bot did not ask for is
    /// forgotten, as the real server forgets it.
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

    /// Sets the webhook with the parameters of `setWebhook`, or, without a URL, removes it.
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

    /// From now on what is sent to a URL that starts with `from` goes to `to`.
    pub(super) fn route(&self, from: &str, to: &str) {
        locked(&self.mail).routes.push((from.to_owned(), to.to_owned()));
    }

    /// The Bot API's `WebhookInfo`.
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

    /// What `getUpdates` gives. It does not wait for more.
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

    /// Every attempt so far.
    pub(super) fn pushed(&self) -> Vec<Pushed> {
        locked(&self.mail).pushed.clone()
    }

    /// How many updates wait.
    pub(super) fn waiting(&self) -> usize {
        locked(&self.mail).waiting.len()
    }

    /// Sees to it that every queue with something in it is being emptied, if there is a webhook.
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

    /// The oldest update of a queue, and where it goes. `None` when there is nothing to do, and nobody does it.
    fn next(&self, queue: i64) -> Option<(Update, Target)> {
        let mut mail = locked(&self.mail);
        let update = mail.waiting.iter().find(|update| update.queue == queue).cloned();
        let found = update.filter(|_| !mail.url().is_empty()).map(|update| (update, mail.target()));
        if found.is_none() {
            mail.busy.remove(&queue);
        }
        found
    }

    /// Writes an attempt down. The wait before the next one, if it was in vain.
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

/// Pushes what is in a queue, in order, until it is empty or the server is gone.
async fn empty(mailbox: Weak<Mailbox>, queue: i64) {
    loop {
        let Some(strong) = mailbox.upgrade() else { return };
        let Some((update, target)) = strong.next(queue) else { return };
        let timeout = strong.pace.timeout;
        // Nobody keeps the server alive while the webhook thinks.
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
        let secret = self.webhook.get("secret_token").and_then(Value::as_str).map(str::to_owned);
        Target { url: routed.unwrap_or_else(|| url.to_owned()), secret }
    }

    /// A list that was given is kept until another one is.
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
