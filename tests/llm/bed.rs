//! Runs a handler between stand-ins for Sentry, Telegram and the model's API, and collects the texts that it sends.

#![expect(clippy::disallowed_methods, reason = "a front door starts the clock")]

use std::io;
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use secrecy::SecretString;
use serde_json::{Value, json};
use sidenote::config::Config;
use sidenote::domain::deadline::Deadline;
use sidenote::handler::Handler;
use sidenote::webhook::{SIGNATURE_HEADER, sign};
use sidenote_standins::{Chat, Issue, Kind, Llm, Sentry, SentryWorld, Telegram, TelegramWorld, Token};

/// The API key that every stand-in model accepts.
pub(crate) const KEY: &str = "llm-key-of-the-tests-0001";
/// The agent's name in the stand-in gateway.
pub(crate) const AGENT: &str = "openclaw/sentry-rca";

const CLIENT_SECRET: &str = "client-secret-of-the-tests";
const TOKEN: &str = "token-of-the-tests";
const BOT_TOKEN: &str = "100200300:AAbot-token-of-the-tests-000000000000000";
const CHAT: i64 = -1001;
/// The id of the issue in all events of these tests.
pub(crate) const ISSUE: &str = "4711";

/// A handler that sends its notes to a stand-in Sentry and its messages to a stand-in Telegram.
pub(crate) struct Bed {
    pub(crate) sentry: Sentry,
    telegram: Telegram,
    handler: Arc<Handler>,
}

/// The texts that the handler sent for one webhook.
#[derive(Debug)]
pub(crate) struct Sent {
    /// The JSON answer to the webhook, which contains the outcome.
    pub(crate) answer: Value,
    /// The text of the note on the issue.
    pub(crate) note: String,
    /// The visible text of the message in Telegram.
    pub(crate) message: String,
    /// The message in Telegram as HTML.
    pub(crate) html: String,
}

impl Bed {
    /// Starts a handler with these environment variables, in addition to the variables for the stand-ins.
    pub(crate) async fn start(variables: &[(&str, String)]) -> Self {
        capture_log();
        let sentry = Sentry::start(world()).await;
        let telegram =
            Telegram::start(TelegramWorld::new(BOT_TOKEN).chat(Chat::supergroup(CHAT, "on-call"))).await;
        let own = [
            ("SENTRY_BASE_URL", sentry.url()),
            ("SENTRY_AUTH_TOKEN", TOKEN.to_owned()),
            ("SENTRY_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("TELEGRAM_API_BASE", telegram.url()),
            ("TELEGRAM_BOT_TOKEN", BOT_TOKEN.to_owned()),
            ("TELEGRAM_CHAT_ID", CHAT.to_string()),
        ];
        let find = |name: &str| {
            let all = variables.iter().chain(&own);
            all.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())
        };
        let config = Config::read(&find).unwrap_or_else(|problems| panic!("{problems}"));
        Self { sentry, telegram, handler: Arc::new(Handler::new(config).expect("a handler")) }
    }

    /// Starts a handler that uses the stand-in model `llm`, with the variables `more`.
    pub(crate) async fn with(analyzer: &str, model: &str, llm: &Llm, more: &[(&str, String)]) -> Self {
        let mut variables = vec![
            ("ANALYZER", analyzer.to_owned()),
            ("LLM_MODEL", model.to_owned()),
            ("LLM_BASE_URL", llm.base()),
            ("LLM_API_KEY", KEY.to_owned()),
            ("LLM_TIMEOUT_SECONDS", "5".to_owned()),
        ];
        variables.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        variables.extend(more.iter().cloned());
        Self::start(&variables).await
    }

    /// Delivers an alert about an event, waits for the outcome and returns the sent texts.
    pub(crate) async fn deliver(&self, event: &Value) -> Sent {
        self.deliver_as("event_alert", &json!({"action": "triggered", "data": {"event": event}})).await
    }

    /// Delivers a webhook with this resource, waits for the outcome and returns the sent texts.
    pub(crate) async fn deliver_as(&self, resource: &str, body: &Value) -> Sent {
        let body = Bytes::from(body.to_string());
        let request = Request::post("/api/v1/webhooks/sentry/error")
            .header("content-type", "application/json")
            .header("sentry-hook-resource", resource)
            .header(SIGNATURE_HEADER, sign(&SecretString::from(CLIENT_SECRET), &body))
            .header("prefer", "wait=50")
            .body(body)
            .expect("a request");
        let deadline = Deadline::after(Instant::now(), Duration::from_secs(55));
        let reply = self.handler.handle(request, deadline).await;
        if let Some(work) = reply.work {
            work.await;
        }
        let answer: Value = serde_json::from_slice(reply.response.body()).expect("JSON");
        assert_eq!(answer["status"], "completed", "{answer}");
        let note = self.sentry.notes(ISSUE).pop().expect("a note").text;
        let message = self.telegram.messages().pop().expect("a message");
        let sent = self.telegram.requests().pop().and_then(|request| request.json()).unwrap_or_default();
        let html = sent["text"].as_str().unwrap_or_default().to_owned();
        let violations = [self.sentry.violations(), self.telegram.violations()].concat();
        assert!(violations.is_empty(), "{violations:?}");
        Sent { answer, note, message: message.text_visible, html }
    }
}

fn world() -> SentryWorld {
    let issue = Issue::new(ISSUE, "SHOP-3B", "ZeroDivisionError: division by zero")
        .project("shop")
        .platform("python")
        .counts(57, 31)
        .hourly(&[2; 24])
        .daily(&[3; 30])
        .releases("shop@1.3.0", "shop@1.4.2");
    SentryWorld::new(Kind::SelfHosted, "acme")
        .token(Token::integration(TOKEN).scopes(&["event:read", "event:write", "project:read"]))
        .project("shop", "python")
        .issue(issue)
}

/// Returns an ordinary event: a division by zero in a web shop.
pub(crate) fn event() -> Value {
    let frame = |file: &str, function: &str, line: u32, source: &str, in_app: bool| {
        json!({"filename": file, "module": file.trim_end_matches(".py").replace('/', "."), "function": function,
            "lineno": line, "context_line": source, "pre_context": ["def around():"], "post_context": ["", "pass"],
            "vars": {"total": "90", "coupon": "<Coupon months=0>"}, "in_app": in_app})
    };
    json!({
        "event_id": "7ca573c0f4814912aaa9bdc77d1a7d51", "issue_id": ISSUE, "project": 1, "platform": "python",
        "level": "error", "type": "error", "title": "ZeroDivisionError: division by zero",
        "culprit": "shop.checkout.instalments", "release": "shop@1.4.2", "environment": "production",
        "datetime": "2026-11-23T08:00:00.000000Z", "transaction": "/checkout",
        "request": {"method": "POST", "url": "https://shop.example/checkout"},
        "tags": [["release", "shop@1.4.2"], ["environment", "production"], ["server_name", "web-1"]],
        "exception": {"values": [{"type": "ZeroDivisionError", "value": "division by zero", "module": "builtins",
            "stacktrace": {"frames": [
                frame("django/core/handlers/base.py", "_get_response", 197, "response = wrapped(request)", false),
                frame("shop/checkout.py", "instalments", 41, "    return total / coupon.months", true)]}}]},
        "breadcrumbs": {"values": [
            {"timestamp": 1_795_420_799.0, "category": "query", "level": "info",
             "message": "SELECT months FROM coupon WHERE code = 'ZERO'"}]},
    })
}

/// Returns the answer of a model that understood [`event`].
pub(crate) fn good_answer() -> Value {
    let cause = json!({"claim": "`coupon.months` is 0, so the division fails.", "evidence": ["F1", "X1"],
        "quote": "return total / coupon.months"});
    json!({
        "status": "likely",
        "causal_chain": [{"claim": "The coupon was read just before.", "evidence": ["B1"], "quote": null}, cause],
        "root_cause": cause,
        "headline": {"claim": "Checkout fails for coupons without months.", "evidence": ["X1"], "quote": null},
        "fix_steps": [{"step": "Refuse coupons with 0 months in shop/checkout.py.", "evidence": ["F1"]}],
        "alternatives": [{"claim": "Somebody wrote the coupon by hand.", "evidence": [], "quote": null}],
        "ruled_out": [{"claim": "The total is not the cause.", "evidence": ["F1"], "quote": null}],
        "missing": ["The row of the coupon."],
        "confidence": "high",
    })
}

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Returns the log of all tests in this process so far.
pub(crate) fn log() -> String {
    String::from_utf8_lossy(&LOG.lock().expect("no holder panics")).into_owned()
}

struct Captured;

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().expect("no holder panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn capture_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let lines = tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE);
        lines.with_writer(|| Captured).init();
    });
}
