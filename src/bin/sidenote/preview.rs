//! `sidenote preview FILE`: shows the note and the message for a payload. The command writes no note and sends no
//! message. It reads from the Sentry API if a token is configured, and from the code host if one is configured. If a
//! language model is configured, the command sends the prompt to the model, which may cost money.

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

/// Runs `sidenote preview` and prints the result. Always returns `true`. Fails with [`End::Usage`] if the payload
/// cannot be read or decoded, or the HTTP client cannot be built, and with [`End::Failed`] if the payload makes no
/// signed request. Failures to reach Sentry or the model are no errors: the note lists what is missing.
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
