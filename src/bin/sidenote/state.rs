//! `sidenote state`: exports the records of a store as JSON lines, and imports them into another store.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use serde_json::json;
use sidenote::aws::Aws;
use sidenote::config::Config;
use sidenote::redelivery::{FileQueue, Redelivery as _};
use sidenote::sqlite::{self, Database};
use sidenote::state::{self, Documents, Export, Imported};

use crate::{End, input, output, storage};

/// The command-line arguments of `sidenote state`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print all records of `STATE_TABLE` or `STATE_PATH` as JSON lines
    Export,
    /// Write the records of an export into `STATE_TABLE` or `STATE_PATH`, unless a newer one is there
    Import(Import),
}

/// The command-line arguments of `sidenote state import`.
#[derive(Debug, clap::Args)]
struct Import {
    /// The export; `-` is standard input
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `sidenote state export` or `sidenote state import`. Always returns `true`. Fails with [`End::Usage`] if neither
/// a table nor a file is configured or the export cannot be imported, and with [`End::Failed`] if the store cannot be
/// read or written.
pub(crate) async fn run(arguments: Arguments, config: Config) -> Result<bool, End> {
    match arguments.command {
        Command::Export => export(&storage::for_command(config).await?).await,
        Command::Import(wanted) => import(&wanted, config).await,
    }
}

async fn export(config: &Config) -> Result<bool, End> {
    let exported = documents(config)?.export(config.sentry.base.as_str()).await;
    output::say(&exported.map_err(|error| End::Failed(error.into()))?);
    if let Some(path) = config.state_file() {
        report_queue(path).await;
    }
    Ok(true)
}

/// Reports deliveries in the queue of the file, because an export does not contain them.
async fn report_queue(path: &Path) {
    let queue = FileQueue::new(&Database::at(path));
    let (Ok(standing), Ok(dead)) = (queue.look().await, queue.dead().await) else { return };
    let waiting = standing.waiting + standing.delayed;
    if waiting > 0 || dead > 0 {
        output::complain(&anyhow!(
            "not exported: {waiting} deliveries in the queue, which `sidenote serve` completes, and {dead} dead letters"
        ));
    }
}

async fn import(wanted: &Import, config: Config) -> Result<bool, End> {
    let text = input::text(&wanted.file).map_err(End::Usage)?;
    let export = Export::parse(&text, config.sentry.base.as_str())
        .with_context(|| wanted.file.display().to_string())
        .map_err(|error| End::Usage(error.context("nothing was written")))?;
    let config = storage::for_import(config).await?;
    match documents(&config)?.import(&export).await {
        Ok(done) => {
            output::say(&if wanted.json { as_json(&done) } else { as_text(&done) });
            Ok(true)
        }
        Err(error) => {
            let done = as_text(&error.done);
            Err(End::Failed(anyhow::Error::new(error).context(format!("{done}; run it again"))))
        }
    }
}

fn documents(config: &Config) -> Result<Documents, End> {
    if !config.is_durable() {
        return Err(End::Usage(anyhow!("set STATE_TABLE, or STATE_PATH to a file of `sidenote serve`")));
    }
    let file = sqlite::database(config.state_file());
    Ok(state::open(config.state_table.as_deref(), file.as_ref(), &Aws::default()))
}

fn as_text(Imported { written, unchanged, kept }: &Imported) -> String {
    format!(
        "{written} records written, {unchanged} already there, {kept} not replaced because they are newer"
    )
}

fn as_json(Imported { written, unchanged, kept }: &Imported) -> String {
    json!({ "written": written, "unchanged": unchanged, "kept": kept }).to_string()
}
