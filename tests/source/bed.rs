//! Runs a handler between a stand-in Sentry and a stand-in code host, and collects the note that it writes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use secrecy::SecretString;
use serde_json::{Value, json};
use sidenote::config::Config;
use sidenote::domain::deadline::Deadline;
use sidenote::domain::ids::IssueId;
use sidenote::handler::Handler;
use sidenote::handler::{DeliveryEvent, Observer, Setup, measured};
use sidenote::webhook::{SIGNATURE_HEADER, sign};
use sidenote_standins::{
    Chat, CodeHost, Commit, Event, HostKind, HostedRepository, Issue, Kind, Message, Sentry, SentryWorld,
    Telegram, TelegramWorld, Token,
};

/// The access token that the code host accepts.
pub(crate) const SOURCE_TOKEN: &str = "source-token-of-the-tests-0001";
/// The slug of the Sentry organization.
pub(crate) const ORG: &str = "acme";
/// The slug of the Sentry project.
pub(crate) const PROJECT: &str = "shop";
/// The name of the repository at the code host.
pub(crate) const REPOSITORY: &str = "acme/shop";

const CLIENT_SECRET: &str = "client-secret-of-the-tests";
const TOKEN: &str = "token-of-the-tests";
const BOT_TOKEN: &str = "123456:AAH-token_of_the_tests";
const CHAT: i64 = -1_001_234;
const ISSUE: &str = "4711";
pub(crate) const EVENT: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// The sums of the metrics that the handler measured.
#[derive(Default)]
struct Counts(Mutex<BTreeMap<&'static str, u64>>);

impl Observer for Counts {
    fn observe(&self, event: &DeliveryEvent<'_>) {
        let mut counts = self.0.lock().expect("no holder panics");
        for (metric, value) in measured(event) {
            *counts.entry(metric.name()).or_default() += value;
        }
    }
}

/// A handler, with the stand-ins for Sentry, Telegram and the code host.
pub(crate) struct Bed {
    pub(crate) sentry: Sentry,
    pub(crate) host: CodeHost,
    telegram: Telegram,
    counts: Arc<Counts>,
    handler: Arc<Handler>,
}

/// Returns a Sentry with an issue whose first event is three days old. `commits` are its suspect commits, the most
/// likely first.
pub(crate) fn world(commits: &[&str]) -> SentryWorld {
    let event = commits.iter().fold(Event::new(EVENT), |event, sha| {
        event.commit(Commit::new(sha, "Change the shop", "Kim", "kim@acme.example"))
    });
    world_with(event)
}

/// Returns a Sentry with an issue that has this event.
pub(crate) fn world_with(event: Event) -> SentryWorld {
    let issue = Issue::new(ISSUE, "SHOP-1", "Error")
        .project(PROJECT)
        .seen(Duration::from_hours(72), Duration::from_secs(40))
        .event(event);
    SentryWorld::new(Kind::SelfHosted, ORG).token(Token::integration(TOKEN)).issue(issue)
}

/// Returns the value of `SOURCE_PROVIDER` for a kind of stand-in.
pub(crate) fn provider(kind: HostKind) -> &'static str {
    match kind {
        HostKind::GitHub => "github",
        HostKind::GitLab => "gitlab",
        HostKind::Gitea => "gitea",
    }
}

/// Returns the variables of the handler, before a test changes them.
fn own(sentry: &Sentry, telegram: &Telegram, host: &CodeHost, kind: HostKind) -> Vec<(&'static str, String)> {
    vec![
        ("SENTRY_BASE_URL", sentry.url()),
        ("SENTRY_ORG", ORG.to_owned()),
        ("SENTRY_AUTH_TOKEN", TOKEN.to_owned()),
        ("SENTRY_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ("TELEGRAM_API_BASE", telegram.url()),
        ("TELEGRAM_CHAT_ID", CHAT.to_string()),
        ("TELEGRAM_BOT_TOKEN", BOT_TOKEN.to_owned()),
        ("SOURCE_PROVIDER", provider(kind).to_owned()),
        ("SOURCE_BASE_URL", host.url()),
        ("SOURCE_TOKEN", SOURCE_TOKEN.to_owned()),
        ("SOURCE_MAPPINGS", format!("/app/={REPOSITORY}:")),
    ]
}

impl Bed {
    /// Starts a handler that reads from this code host, with the variables `more`. An empty value removes a variable.
    pub(crate) async fn start(
        world: SentryWorld,
        kind: HostKind,
        repository: HostedRepository,
        more: &[(&str, &str)],
    ) -> Self {
        Self::start_late(world, kind, repository, more, Duration::ZERO).await
    }

    /// Starts a handler like [`Self::start`], with a code host that waits for `latency` before every reply.
    pub(crate) async fn start_late(
        world: SentryWorld,
        kind: HostKind,
        repository: HostedRepository,
        more: &[(&str, &str)],
        latency: Duration,
    ) -> Self {
        let set = |name: &str| more.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        // `FOLDER` is not an environment variable but the folder of the server below which the code host is.
        let folder = set("FOLDER").unwrap_or_default();
        let host = CodeHost::start_below(folder, kind, SOURCE_TOKEN, [repository], latency).await;
        // `LINKS` is not an environment variable but the host to which Sentry's code mappings link; `outside` is the
        // code host's server without the folder. With `SOURCE_PROVIDER=sentry` the host of `world` stays.
        let world = match (set("LINKS"), set("SOURCE_PROVIDER")) {
            (Some("outside"), _) => world.code_host(host.url().trim_end_matches(folder)),
            (Some(links), _) => world.code_host(links),
            (None, Some("sentry")) => world,
            (None, _) => world.code_host(&host.url()),
        };
        let sentry = Sentry::start(world).await;
        let chat = Chat::supergroup(CHAT, "Alerts");
        let telegram = Telegram::start(TelegramWorld::new(BOT_TOKEN).chat(chat)).await;
        let own = own(&sentry, &telegram, &host, kind);
        let find = |name: &str| {
            let changed = more.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            changed.or_else(|| own.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone()))
        };
        let config = Config::read(&find).unwrap_or_else(|problems| panic!("{problems}"));
        let counts = Arc::new(Counts::default());
        let setup = Setup::from(config).with_observer(Arc::clone(&counts) as _);
        let handler = Arc::new(Handler::new(setup).expect("a handler"));
        Self { sentry, host, telegram, counts, handler }
    }

    /// Delivers an alert about an event, and returns the note. Panics if the work is incomplete, or if a stand-in has
    /// seen a violation, which is a mistake in a request.
    pub(crate) async fn note(&self, event: &Value) -> String {
        let body = Bytes::from(json!({"action": "triggered", "data": {"event": event}}).to_string());
        let request = Request::post("/api/v1/webhooks/sentry/error")
            .header("content-type", "application/json")
            .header("sentry-hook-resource", "event_alert")
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
        let violations =
            [self.sentry.violations(), self.host.violations(), self.telegram.violations()].concat();
        assert!(violations.is_empty(), "{violations:?}");
        let note = self.sentry.notes(ISSUE).pop().expect("a note").text;
        assert!(!note.contains(SOURCE_TOKEN), "{note}");
        note
    }

    /// Analyses the issue as a person asks for it, without a webhook, and returns the note.
    pub(crate) async fn asked(&self) -> String {
        let deadline = Deadline::after(Instant::now(), Duration::from_secs(55));
        let issue = IssueId::parse(ISSUE).expect("an id");
        let processed = self.handler.analyze(&issue, deadline).await.expect("the issue can be read");
        assert!(processed.is_some(), "nobody else handles the issue");
        self.sentry.notes(ISSUE).pop().expect("a note").text
    }

    /// Returns the newest message in the chat.
    pub(crate) fn message(&self) -> Message {
        let message = self.telegram.messages().pop().expect("a message");
        assert!(!message.text_raw.contains(SOURCE_TOKEN), "{}", message.text_raw);
        message
    }

    /// Returns the sum of the values of a metric.
    pub(crate) fn counted(&self, metric: &str) -> u64 {
        self.counts.0.lock().expect("no holder panics").get(metric).copied().unwrap_or(0)
    }

    /// Returns the JSON of the health endpoint.
    pub(crate) async fn health(&self) -> Value {
        let request = Request::get("/api/v1/health").body(Bytes::new()).expect("a request");
        let deadline = Deadline::after(Instant::now(), Duration::from_secs(10));
        let reply = self.handler.handle(request, deadline).await;
        serde_json::from_slice(reply.response.body()).expect("JSON")
    }
}

/// Returns the part of a message that is always visible, before its fold.
pub(crate) fn visible(message: &Message) -> String {
    let fold = message.entities.iter().find(|entity| entity.kind == "expandable_blockquote");
    let units: Vec<u16> = message.text_visible.encode_utf16().collect();
    String::from_utf16_lossy(&units[..fold.map_or(units.len(), |fold| fold.offset)])
}

/// Returns the targets of the links in a message.
pub(crate) fn links(message: &Message) -> Vec<String> {
    let links = message.entities.iter().filter(|entity| entity.kind == "text_link");
    links.filter_map(|link| link.argument.clone()).collect()
}

/// Returns an event with this release and these frames, the oldest first.
pub(crate) fn event(platform: &str, release: &str, frames: &[Value]) -> Value {
    json!({
        "event_id": EVENT, "issue_id": ISSUE, "platform": platform, "type": "error", "level": "error",
        "release": release, "tags": [["release", release]],
        "exception": {"values": [{"type": "Error", "value": "it broke", "stacktrace": {"frames": frames}}]},
        "url": format!("https://sentry.io/api/0/projects/{ORG}/{PROJECT}/events/{EVENT}/"),
    })
}

/// Returns a frame of the program's own code in a file below `/app/`, without source lines.
pub(crate) fn frame(path: &str, function: &str, line: usize) -> Value {
    json!({"filename": path, "abs_path": format!("/app/{path}"), "function": function, "lineno": line, "in_app": true})
}
