//! `sidenote preview FILE`: shows the note and the message for a payload. The command sends nothing. It reads the
//! Sentry API if a token is configured.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use sidenote::config::Config;
use sidenote::domain::words::Language;
use sidenote::notifiers::{Notification, note, telegram};
use sidenote::webhook::{Decoded, Delivery, Keys, decode};

use crate::{End, input, local, output};

/// The command-line arguments of `sidenote preview`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A webhook body, a Lambda event or a bare event; `-` for standard input
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `sidenote preview`. Fails if the payload cannot be read.
pub(crate) async fn run(arguments: Arguments, config: Config) -> Result<bool, End> {
    let given = input::read(&arguments.file).map_err(End::Usage)?;
    let request = local::request(&given, Duration::ZERO)?;
    let delivery = Delivery::verify(request.headers(), given.body.clone(), &Keys::parse(&local::key()));
    let delivery = delivery.ok_or_else(|| anyhow::anyhow!("the payload could not be signed"))?;
    let language = config.language;
    match decode(&delivery).map_err(|error| End::Usage(error.into()))? {
        Decoded::Update(update) => output::say(&format!("Nothing to analyse: {}", update.kind.reason())),
        Decoded::Ignored(why) => output::say(&format!("Nothing to do: {}", why.reason())),
        Decoded::Occurrence(occurrence) => {
            let handler = local::handler(config)?;
            let deadline = local::work_deadline(handler.config());
            let notification = handler.notification(occurrence, deadline).await;
            show(&notification, language, arguments.json);
        }
    }
    Ok(true)
}

/// Prints the note and the message of a notification.
pub(crate) fn show(notification: &Notification, language: Language, as_json: bool) {
    let note = match notification {
        Notification::Issue(report) => Some(note::render(report, language)),
        Notification::Metric(_) => None,
    };
    let message = telegram::render(notification, language);
    if as_json {
        output::say(
            &json!({"note": note, "telegram": {"html": message.html, "plain": message.plain}}).to_string(),
        );
        return;
    }
    if let Some(note) = note {
        output::title("The note on the issue");
        output::say(&note);
    }
    output::title("The message in Telegram");
    output::say(&message.plain);
}
