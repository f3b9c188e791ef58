//! `sidenote replay FILE`: handles a payload from a file as if Sentry had just delivered it.

use std::path::PathBuf;

use serde_json::Value;
use sidenote::config::Config;

use crate::{End, input, local, output};

/// The command-line arguments of `sidenote replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A webhook body or a Lambda event; `-` for standard input
    file: PathBuf,
    /// Print the response as one line of JSON
    #[arg(long)]
    json: bool,
}

/// Runs `sidenote replay` and prints the response. Returns `true` if the delivery was completed, ignored or a
/// duplicate, and `false` for any other response. Fails with [`End::Usage`] if the payload cannot be read or the HTTP
/// client cannot be built, and with [`End::Failed`] if the payload makes no request.
pub(crate) async fn run(arguments: Arguments, config: Config) -> Result<bool, End> {
    let given = input::read(&arguments.file).map_err(End::Usage)?;
    let handler = local::handler(config)?;
    let request = local::request(&given, local::time_limit(handler.config()))?;
    let reply = handler.handle(request, local::work_deadline(handler.config())).await;
    if let Some(work) = reply.work {
        work.await;
    }
    let answer: Value = serde_json::from_slice(reply.response.body()).unwrap_or_default();
    show(&answer, arguments.json);
    Ok(matches!(answer["status"].as_str(), Some("completed" | "ignored" | "duplicate")))
}

/// Prints the JSON response to a delivery, on one line if `as_json` is set.
pub(crate) fn show(answer: &Value, as_json: bool) {
    let text = if as_json { Ok(answer.to_string()) } else { serde_json::to_string_pretty(answer) };
    output::say(&text.unwrap_or_default());
}
