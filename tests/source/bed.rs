//! Runs a handler between a stand-in Sentry and a stand-in code host, and collects the note that it writes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use secrecy::SecretString;
use serde_json::{Value, json};
use sidenote::config::Config;
use sidenote::domain::deadline::Deadline;
use sidenote::handler::Handler;
use sidenote::webhook::{SIGNATURE_HEADER, sign};
use sidenote_standins::{
    CodeHost, Commit, Event, HostKind, HostedRepository, Issue, Kind, Sentry, SentryWorld, Token,
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
const ISSUE: &str = "4711";
const EVENT: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// A handler, with the stand-ins for Sentry and the code host.
pub(crate) struct Bed {
    pub(crate) sentry: Sentry,
    pub(crate) host: CodeHost,
    handler: Arc<Handler>,
}

/// Returns a Sentry with an issue whose first event is three days old. `commits` are its suspect commits, the most
/// likely first.
pub(crate) fn world(commits: &[&str]) -> SentryWorld {
    let event = commits.iter().fold(Event::new(EVENT), |event, sha| {
        event.commit(Commit::new(sha, "Change the shop", "Kim", "kim@acme.example"))
    });
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
        let own = [
            ("SENTRY_BASE_URL", sentry.url()),
            ("SENTRY_ORG", ORG.to_owned()),
            ("SENTRY_AUTH_TOKEN", TOKEN.to_owned()),
            ("SENTRY_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("SOURCE_PROVIDER", provider(kind).to_owned()),
            ("SOURCE_BASE_URL", host.url()),
            ("SOURCE_TOKEN", SOURCE_TOKEN.to_owned()),
            ("SOURCE_MAPPINGS", format!("/app/={REPOSITORY}:")),
        ];
        let find = |name: &str| {
            let changed = more.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            changed.or_else(|| own.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone()))
        };
        let config = Config::read(&find).unwrap_or_else(|problems| panic!("{problems}"));
        Self { sentry, host, handler: Arc::new(Handler::new(config).expect("a handler")) }
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
        let violations = [self.sentry.violations(), self.host.violations()].concat();
        assert!(violations.is_empty(), "{violations:?}");
        let note = self.sentry.notes(ISSUE).pop().expect("a note").text;
        assert!(!note.contains(SOURCE_TOKEN), "{note}");
        note
    }
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
