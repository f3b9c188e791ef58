//! `sidenote demo`: handles sample alerts with local stand-ins for Sentry and Telegram. It needs no account.
//!
//! In a terminal the command keeps running and serves the local page. Otherwise it prints a summary and exits.

mod incidents;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::builder::PossibleValuesParser;
use secrecy::SecretString;
use serde_json::Value;
use sidenote::clock::{now, pause};
use sidenote::config::{Config, Problems};
use sidenote::domain::outcome::Failure;
use sidenote::domain::words::Language;
use sidenote::http::Http;
use sidenote::logging;
use sidenote::telegram::HOOK_PATH;
use sidenote::webhook::{SIGNATURE_HEADER, sign};
use sidenote_standins::{Chat, Recorded, Sentry, Telegram, TelegramWorld};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use self::incidents::Incident;
use crate::{End, local, output, page, serve};

/// The command-line arguments of `sidenote demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The language of notes and messages
    #[arg(long, default_value = "en", ignore_case = true, value_parser = PossibleValuesParser::new(Language::codes()))]
    language: String,
    /// The address to listen on [default in a terminal: 127.0.0.1:8000 if it is free]
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Keep running until Ctrl-C, even without a terminal
    #[arg(long)]
    stay: bool,
    /// Keep running and deliver nothing, so that you can use the stand-ins yourself
    #[arg(long)]
    idle: bool,
}

const TOKEN: &str = "demo-token-of-the-integration";
const CLIENT_SECRET: &str = "demo-client-secret";
const BOT_TOKEN: &str = "100200300:AAdemo-bot-token-of-the-stand-in-000";
const WEBHOOK_SECRET: &str = "demo-webhook-secret-that-guards-nothing";
const CHAT: i64 = -1001;
/// The time between Sentry's two webhooks about one change of an issue.
const BETWEEN: Duration = Duration::from_millis(200);
/// The pause between two sample incidents while `sidenote demo` keeps running.
const BREATH: Duration = Duration::from_millis(1500);
/// The longest wait for a browser to open the local page before the first sample incident is delivered.
const AUDIENCE: Duration = Duration::from_secs(30);

/// The services that `sidenote demo` runs: the stand-ins for Sentry and Telegram, and `sidenote serve` at `url`.
struct Stage {
    sentry: Sentry,
    telegram: Arc<Telegram>,
    url: String,
    http: Http,
}

/// Runs `sidenote demo`. Always returns `true`. Fails with [`End::Usage`] if the language is invalid, and with
/// [`End::Failed`] if a stand-in has seen a mistake in a request, or if the listener or a webhook of a sample incident
/// failed.
pub(crate) async fn run(arguments: Arguments) -> Result<bool, End> {
    let stays = arguments.stay || arguments.idle || (std::io::stdout().is_terminal() && !is_ci());
    let listener = listen(arguments.listen, stays).await?;
    let address = listener.local_addr().context("the listening address")?;
    let sentry = Sentry::start(incidents::world(TOKEN)).await;
    let world = TelegramWorld::new(BOT_TOKEN).chat(Chat::supergroup(CHAT, "on-call"));
    let telegram = Arc::new(Telegram::start(world).await);
    let config =
        config(&sentry, &telegram, &arguments.language).map_err(|problems| End::Usage(problems.into()))?;
    logging::start_for_command(&config.log_filter);
    let page = page::Plan::demo(address, config.language, Arc::clone(&telegram))?;
    let (shown, opened) = (page.url(), page.opened());
    let (end, ended) = oneshot::channel::<()>();
    let front_door = tokio::spawn(serve::serve(listener, config, Some(page), async move {
        let _ = ended.await;
    }));

    let url = format!("http://{address}");
    telegram.push_to(&format!("{url}{HOOK_PATH}"), WEBHOOK_SECRET);
    let stage =
        Stage { sentry, telegram, url: url.clone(), http: Http::new(None).context("the HTTP client")? };
    output::title("Sidenote, from webhook to note");
    output::say(&format!(
        "stand-in Sentry    {}\nstand-in Telegram  {}\nsidenote serve     {url}/api/v1/webhooks/sentry/error",
        stage.sentry.url(),
        stage.telegram.url()
    ));
    if stays {
        output::say(&format!("the page           {shown}"));
        if !arguments.idle {
            output::say("\nOpen the page with its key to see three incidents arrive. Ctrl-C ends the demo.");
            output::say(&without_browser(address, stage.sentry.url().trim_start_matches("http://")));
            let _ = tokio::time::timeout(AUDIENCE, opened).await;
        }
    }
    let result = if arguments.idle {
        output::say(&format!("the client secret  {CLIENT_SECRET}\nthe token          {TOKEN}"));
        Vec::new()
    } else {
        stage.play(stays).await?
    };
    if stays {
        serve::ended().await;
    }
    let _ = end.send(());
    front_door.await.context("the front door")??;
    if !stays {
        for (incident, timeline) in &result {
            stage.show(incident, timeline);
        }
    }
    stage.judge()?;
    Ok(true)
}

/// Opens the listener: at the address `asked`, else at port 8000 if the command keeps running, else at any free port.
async fn listen(asked: Option<SocketAddr>, stays: bool) -> anyhow::Result<TcpListener> {
    if let Some(address) = asked {
        return TcpListener::bind(address).await.with_context(|| format!("--listen {address}"));
    }
    if stays && let Ok(listener) = TcpListener::bind("127.0.0.1:8000").await {
        return Ok(listener);
    }
    TcpListener::bind("127.0.0.1:0").await.context("a port on loopback")
}

#[expect(clippy::disallowed_methods, reason = "a front door reads the environment")]
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| !ci.is_empty() && ci != "false")
}

impl Stage {
    /// Delivers the webhooks of all sample incidents. Returns each incident with the lines of its timeline.
    async fn play(&self, slowly: bool) -> anyhow::Result<Vec<(&'static Incident, Vec<String>)>> {
        let mut result = Vec::new();
        for incident in incidents::ALL {
            let started = now();
            let mut answers = Vec::new();
            for (resource, body) in incident.webhooks(&self.sentry.url()) {
                answers.push(self.deliver(resource, &body, started).await?);
                pause(BETWEEN, local::deadline()).await;
            }
            self.wait_for(incident).await?;
            result.push((incident, self.timeline(started, answers)));
            if slowly {
                pause(BREATH, local::deadline()).await;
            }
        }
        Ok(result)
    }

    /// Delivers one webhook. Returns the line of the timeline that describes the response.
    async fn deliver(&self, resource: &str, body: &Value, started: Instant) -> anyhow::Result<String> {
        let body = body.to_string();
        let request = self
            .http
            .client()
            .post(format!("{}/api/v1/webhooks/sentry/error", self.url))
            .header("content-type", "application/json")
            .header("sentry-hook-resource", resource)
            .header(SIGNATURE_HEADER, sign(&SecretString::from(CLIENT_SECRET), body.as_bytes()))
            .body(body);
        let answer = self.http.send(request, local::deadline()).await;
        let answer = answer.map_err(|why: Failure| anyhow::anyhow!("the delivery: {why}"))?;
        let (status, said) = (answer.status.as_u16(), String::from_utf8_lossy(&answer.body));
        Ok(format!("{:>8.1} ms  response to {resource}: {status} {said}", millis(now(), started)))
    }

    async fn wait_for(&self, incident: &Incident) -> anyhow::Result<()> {
        let deadline = local::deadline();
        let at = incidents::ALL.iter().position(|it| it.id == incident.id).unwrap_or_default();
        let is_notified =
            || !self.sentry.notes(incident.id).is_empty() && self.telegram.messages().len() > at;
        while !is_notified() && pause(Duration::from_millis(5), deadline).await {}
        ensure!(is_notified(), "{}: no note, or no message", incident.name);
        Ok(())
    }

    /// Returns the timeline: `lines` about the responses to Sentry, and the requests to the stand-ins since `started`.
    fn timeline(&self, started: Instant, mut lines: Vec<String>) -> Vec<String> {
        for request in self.sentry.requests().iter().chain(&self.telegram.requests()) {
            let Recorded { at, path, method, .. } = request;
            if *at >= started {
                let path = path.replace(BOT_TOKEN, "<token>");
                lines.push(format!("{:>8.1} ms  {method} {path}", millis(*at, started)));
            }
        }
        let moment = |line: &str| line[..8].trim().parse::<f64>().unwrap_or(0.0);
        lines.sort_by(|a, b| moment(a).total_cmp(&moment(b)));
        lines
    }

    /// Prints the note, the message and the timeline of a sample incident.
    fn show(&self, incident: &Incident, timeline: &[String]) {
        output::title(incident.name);
        for line in timeline {
            output::say(line);
        }
        for note in self.sentry.notes(incident.id) {
            output::title(&format!("The note on the issue (comment {})", note.id));
            output::say(&note.text);
        }
        let at = incidents::ALL.iter().position(|it| it.id == incident.id).unwrap_or_default();
        if let Some(message) = self.telegram.messages().get(at) {
            output::title(&format!("The message in Telegram (message {})", message.message_id));
            output::say(&message.text_visible);
            for row in buttons(message.reply_markup.as_ref()) {
                output::say(&row);
            }
        }
    }

    fn judge(&self) -> anyhow::Result<()> {
        let violations: Vec<String> =
            self.sentry.violations().into_iter().chain(self.telegram.violations()).collect();
        ensure!(violations.is_empty(), "the stand-ins found violations: {violations:?}");
        Ok(())
    }
}

/// Returns what to do on a machine without a browser. The page accepts only requests for the address that it listens
/// on, so the tunnel has the same port at both ends. "Open in Sentry" leads to the address `sentry`.
fn without_browser(page: SocketAddr, sentry: &str) -> String {
    let port = page.port();
    format!(
        "No browser on this machine? On the machine with your browser, run\n  \
         ssh -N -L {port}:{page} -L {}:{sentry} NAME-OF-THIS-MACHINE\n\
         and open the page there. Or add `| cat` to the command, which then prints notes and messages, and ends.",
        sentry.rsplit(':').next().unwrap_or_default()
    )
}

/// Returns the rows of buttons under a Telegram message, as text.
fn buttons(markup: Option<&Value>) -> Vec<String> {
    let rows = markup.and_then(|markup| markup["inline_keyboard"].as_array()).into_iter().flatten();
    let text = |button: &Value| format!("[{}]", button["text"].as_str().unwrap_or_default());
    rows.map(|row| row.as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(" ")).collect()
}

fn millis(at: Instant, since: Instant) -> f64 {
    at.saturating_duration_since(since).as_secs_f64() * 1000.0
}

fn config(sentry: &Sentry, telegram: &Telegram, language: &str) -> Result<Config, Problems> {
    let variables = [
        ("SENTRY_BASE_URL", sentry.url()),
        ("SENTRY_ORG", "acme".to_owned()),
        ("SENTRY_AUTH_TOKEN", TOKEN.to_owned()),
        ("SENTRY_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ("TELEGRAM_API_BASE", telegram.url()),
        ("TELEGRAM_BOT_TOKEN", BOT_TOKEN.to_owned()),
        ("TELEGRAM_CHAT_ID", CHAT.to_string()),
        ("TELEGRAM_WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
        ("TELEGRAM_APPROVERS", page::DEMO_APPROVER.to_string()),
        ("OUTPUT_LANGUAGE", language.to_owned()),
        ("SWEEP_EVERY", "off".to_owned()),
        ("RUST_LOG", "error".to_owned()),
    ];
    Config::read(&|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone()))
}
