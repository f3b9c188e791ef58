//! `sidenote dead-letters`: lists the deliveries and button presses whose attempts all failed, puts them back into the
//! queue, or deletes one of them.

use anyhow::anyhow;
use serde_json::{Value, json};
use sidenote::aws::Aws;
use sidenote::config::Config;
use sidenote::domain::queued_delivery::QueuedDelivery;
use sidenote::domain::timestamp::Timestamp;
use sidenote::redelivery::{self, DeadLetter};
use sidenote::sqlite;

use crate::{End, output};

/// The command-line arguments of `sidenote dead-letters`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Put all of them back into the queue; `serve` or the function handles them at once
    #[arg(long)]
    redrive: bool,
    /// Delete the dead letter with this id
    #[arg(long, value_name = "ID", conflicts_with = "redrive")]
    drop: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `sidenote dead-letters`. Always returns `true`. Fails with [`End::Usage`] if neither a queue nor a state file
/// is configured, and with [`End::Failed`] if the queue cannot be used or has no dead letter with the given id.
pub(crate) async fn run(arguments: Arguments, config: Config) -> Result<bool, End> {
    let file = sqlite::database(config.state_file());
    let queue = redelivery::dead_letters(config.redelivery_queue.as_deref(), file.as_ref(), &Aws::default());
    let queue = queue.ok_or_else(|| {
        End::Usage(anyhow!("set REDELIVERY_QUEUE_URL, or STATE_PATH to a file of `sidenote serve`"))
    })?;
    let failed = |error| End::Failed(anyhow::Error::new(error));
    if arguments.redrive {
        let count = queue.redrive().await.map_err(failed)?;
        say(arguments.json, &json!({ "redriven": count }), &format!("{count} put back into the queue"));
    } else if let Some(id) = arguments.drop {
        if !queue.drop_letter(&id).await.map_err(failed)? {
            return Err(End::Failed(anyhow!("there is no dead letter {id}")));
        }
        say(arguments.json, &json!({ "dropped": id }), &format!("{id} deleted"));
    } else {
        let letters = queue.dead_letters().await.map_err(failed)?;
        let lines: Vec<String> = letters.iter().map(line).collect();
        let text = if lines.is_empty() { "no dead letters".to_owned() } else { lines.join("\n") };
        say(arguments.json, &json!(letters.iter().map(object).collect::<Vec<Value>>()), &text);
    }
    Ok(true)
}

fn say(as_json: bool, object: &Value, text: &str) {
    output::say(&if as_json { object.to_string() } else { text.to_owned() });
}

fn moment(ms: u64) -> String {
    let at = i64::try_from(ms / 1000).ok().and_then(Timestamp::from_unix);
    at.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string())
}

fn resource(letter: &DeadLetter) -> String {
    let queued = QueuedDelivery::unpack(&letter.message);
    queued.and_then(|queued| queued.resource).unwrap_or_else(|| "unknown".to_owned())
}

fn line(letter: &DeadLetter) -> String {
    format!("{}  {}  {}  {}", letter.id, moment(letter.at_ms), resource(letter), letter.reason)
}

fn object(letter: &DeadLetter) -> Value {
    json!({"id": letter.id, "since": moment(letter.at_ms), "resource": resource(letter), "reason": letter.reason})
}
