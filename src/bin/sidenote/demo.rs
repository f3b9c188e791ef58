//! `sidenote demo`: the whole way against stand-ins, on loopback, without an account.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use secrecy::SecretString;
use serde_json::{Value, json};
use sidenote::config::Config;
use sidenote::domain::outcome::Failure;
use sidenote::http::{Http, pause};
use sidenote::logging;
use sidenote::standins::{
    Chat, Commit, Event, Issue, Kind, Sentry, SentryWorld, Telegram, TelegramWorld, Token,
};
use sidenote::webhook::{SIGNATURE_HEADER, sign};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::{End, local, output, serve};

/// What `demo` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The language of note and message
    #[arg(long, default_value = "en")]
    language: String,
}

const ISSUE: &str = "4711";
const EVENT: &str = "7ca573c0f4814912aaa9bdc77d1a7d51";
const TOKEN: &str = "demo-token-of-the-integration";
const CLIENT_SECRET: &str = "demo-client-secret";
const BOT_TOKEN: &str = "100200300:AAdemo-bot-token-of-the-stand-in-000";
const CHAT: i64 = -1001;

/// Runs the command.
pub(crate) async fn run(arguments: Arguments) -> Result<bool, End> {
    let sentry = Sentry::start(sentry_world()).await;
    let telegram =
        Telegram::start(TelegramWorld::new(BOT_TOKEN).chat(Chat::supergroup(CHAT, "on-call"))).await;
    let config =
        config(&sentry, &telegram, &arguments.language).map_err(|problems| End::Usage(problems.into()))?;
    logging::start(&config.log_filter, logging::To::Stderr);
    output::title("Sidenote, from webhook to note");
    output::say(&format!("stand-in Sentry    {}\nstand-in Telegram  {}", sentry.url(), telegram.url()));

    let listener = TcpListener::bind("127.0.0.1:0").await.context("a port on loopback")?;
    let url =
        format!("http://{}/api/v1/webhooks/sentry/error", listener.local_addr().context("its address")?);
    let (end, ended) = oneshot::channel::<()>();
    let front_door = tokio::spawn(serve::serve(listener, config, async move {
        let _ = ended.await;
    }));
    output::say(&format!("sidenote serve     {url}"));

    let timeline = deliver(&url, &sentry, &telegram).await?;
    let _ = end.send(());
    front_door.await.context("the front door")??;

    output::title("Timeline");
    for line in &timeline {
        output::say(line);
    }
    show(&sentry, &telegram)?;
    Ok(true)
}

/// Delivers as Sentry does, and waits for what follows. Gives the timeline.
async fn deliver(url: &str, sentry: &Sentry, telegram: &Telegram) -> anyhow::Result<Vec<String>> {
    let body = webhook().to_string();
    let http = Http::new(None)?;
    let request = http
        .client()
        .post(url)
        .header("content-type", "application/json")
        .header("sentry-hook-resource", "event_alert")
        .header(SIGNATURE_HEADER, sign(&SecretString::from(CLIENT_SECRET), body.as_bytes()))
        .body(body);
    let (deadline, started) = (local::deadline(), now());
    let answer =
        http.send(request, deadline).await.map_err(|why: Failure| anyhow::anyhow!("the delivery: {why}"))?;
    let mut timeline = vec![format!(
        "{:>8.1} ms  Sentry has its answer: {} {}",
        millis(started),
        answer.status.as_u16(),
        String::from_utf8_lossy(&answer.body)
    )];
    while (sentry.notes(ISSUE).is_empty() || telegram.messages().is_empty())
        && pause(Duration::from_millis(5), deadline).await
    {}
    ensure!(!sentry.notes(ISSUE).is_empty(), "no note was written");
    ensure!(!telegram.messages().is_empty(), "no message was sent");
    for request in sentry.requests().iter().chain(&telegram.requests()) {
        let at = request.at.duration_since(started).as_secs_f64() * 1000.0;
        let path = request.path.replace(BOT_TOKEN, "<token>");
        timeline.push(format!("{at:>8.1} ms  {} {path}", request.method));
    }
    timeline.sort_by(|a, b| {
        a[..8].trim().parse::<f64>().unwrap_or(0.0).total_cmp(&b[..8].trim().parse().unwrap_or(0.0))
    });
    Ok(timeline)
}

fn show(sentry: &Sentry, telegram: &Telegram) -> anyhow::Result<()> {
    for note in sentry.notes(ISSUE) {
        output::title(&format!("The note on the issue (comment {})", note.id));
        output::say(&note.text);
    }
    for message in telegram.messages() {
        output::title(&format!("The message in Telegram (message {})", message.message_id));
        output::say(&message.text_visible);
    }
    let violations: Vec<String> = sentry.violations().into_iter().chain(telegram.violations()).collect();
    ensure!(violations.is_empty(), "the stand-ins saw what the real services would not: {violations:?}");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a front door starts the clock")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a front door reads the clock")]
fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

fn config(
    sentry: &Sentry,
    telegram: &Telegram,
    language: &str,
) -> Result<Config, sidenote::config::Problems> {
    let variables = [
        ("SENTRY_BASE_URL", sentry.url()),
        ("SENTRY_AUTH_TOKEN", TOKEN.to_owned()),
        ("SENTRY_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ("TELEGRAM_API_BASE", telegram.url()),
        ("TELEGRAM_BOT_TOKEN", BOT_TOKEN.to_owned()),
        ("TELEGRAM_CHAT_ID", CHAT.to_string()),
        ("OUTPUT_LANGUAGE", language.to_owned()),
        ("RUST_LOG", "error".to_owned()),
    ];
    Config::read(&|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone()))
}

/// A shop whose checkout broke with a release.
fn sentry_world() -> SentryWorld {
    let day = |counts: &[u64]| counts.to_vec();
    let issue = Issue::new(ISSUE, "SHOP-3B", "ZeroDivisionError: division by zero")
        .project("shop")
        .platform("python")
        .level("error")
        .status("unresolved", Some("regressed"))
        .counts(57, 31)
        .seen(Duration::from_hours(960), Duration::from_secs(30))
        .hourly(&day(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 19, 20]))
        .daily(&day(&[
            1, 2, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 42,
        ]))
        .releases("shop@1.3.0", "shop@1.4.2")
        .tag("release", &[("shop@1.4.2", 42), ("shop@1.3.0", 1)])
        .tag("environment", &[("production", 43)])
        .event(Event::new(EVENT).commit(Commit::new(
            "9f2c1e7a60b14d3f8a55c0c2d7f4e1b3a6d8e901",
            "Let coupons set the number of instalments",
            "Kim",
            "kim@shop.example",
        )));
    SentryWorld::new(Kind::SelfHosted, "acme")
        .token(Token::integration(TOKEN).scopes(&["event:read", "event:write", "project:read"]))
        .project("shop", "python")
        .issue(issue)
}

/// What Sentry sends when an alert rule fires.
fn webhook() -> Value {
    let frame = |file: &str, function: &str, line: u32, source: &str, in_app: bool| {
        json!({"filename": file, "module": file.trim_end_matches(".py").replace('/', "."), "function": function,
            "lineno": line, "context_line": source, "in_app": in_app})
    };
    let mut event = json!({
        "event_id": EVENT, "issue_id": ISSUE, "project": 1, "platform": "python", "level": "error", "type": "error",
        "title": "ZeroDivisionError: division by zero", "culprit": "shop.checkout.instalments",
        "release": "shop@1.4.2", "environment": "production", "datetime": "2026-11-23T08:00:00.000000Z", "message": "",
        "request": {"method": "POST", "url": "https://shop.example/checkout"},
        "tags": [["release", "shop@1.4.2"], ["environment", "production"], ["user", "email:jane@example.com"]],
        "exception": {"values": [
            {"type": "ZeroDivisionError", "value": "division by zero", "stacktrace": {"frames": [
                frame("django/core/handlers/base.py", "_get_response", 197, "response = wrapped_callback(request)", false),
                frame("shop/views.py", "checkout", 88, "plan = instalments(cart.total, coupon)", true),
                frame("shop/checkout.py", "instalments", 41, "return total / months", true)]}},
            {"type": "CheckoutError", "value": "cannot split 90.00 for jane@example.com",
             "mechanism": {"type": "django", "handled": false}}]},
        "breadcrumbs": {"values": [
            {"timestamp": 1_795_420_799.0, "category": "query", "message": "SELECT months FROM coupon WHERE code = 'ZERO'"},
            {"timestamp": 1_795_420_799.5, "category": "http", "data": {"method": "GET", "url": "/api/rates", "status_code": 200}}]},
        "url": format!("https://sentry.example/api/0/projects/acme/shop/events/{EVENT}/"),
        "web_url": format!("https://sentry.example/organizations/acme/issues/{ISSUE}/events/{EVENT}/"),
    });
    let frames = &mut event["exception"]["values"][0]["stacktrace"]["frames"];
    frames[2]["vars"] = json!({"total": "Decimal('90.00')", "months": "0", "coupon": "<Coupon ZERO>"});
    json!({"action": "triggered", "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"},
        "data": {"event": event, "triggered_rule": "Regressions in production"},
        "actor": {"type": "application", "id": "sentry", "name": "Sentry"}})
}
