//! The SQLite file in which `sidenote serve` keeps the records of incidents and the queue of deliveries. Commands can
//! use the file while `serve` runs.

use std::path::Path;
use std::sync::OnceLock;

use sidenote::config::{Config, StatePath};
use sidenote::redelivery::FileQueue;
use sidenote::sqlite::{CommandLock, Database, DatabaseError, ServeLock};

use crate::End;

/// The lock that a command has on the SQLite file until the process ends.
static COMMAND: OnceLock<CommandLock> = OnceLock::new();

/// The SQLite file that this `serve` process owns.
pub(crate) struct Storage {
    pub(crate) database: Database,
    pub(crate) queue: FileQueue,
    /// Whether no other process used the file at the start. Every lease in the file then belongs to a dead process.
    pub(crate) is_alone: bool,
    _lock: ServeLock,
}

impl Storage {
    /// Opens and checks the SQLite file in the settings. Returns `None` if the settings name no file.
    pub(crate) async fn open(config: &Config) -> Result<Option<Self>, End> {
        let Some(path) = config.state_file() else { return Ok(None) };
        let lock = ServeLock::take(path).map_err(unusable)?;
        let database = Database::at(path);
        database.check(config.sentry.base.as_str()).await.map_err(unusable)?;
        let (queue, is_alone) = (FileQueue::new(&database), lock.is_alone());
        Ok(Some(Self { database, queue, is_alone, _lock: lock }))
    }
}

/// Returns the settings for a command. The default SQLite file is used if it exists, because `serve` has created it.
/// The file must be intact and belong to the Sentry in the settings.
pub(crate) async fn for_command(config: Config) -> Result<Config, End> {
    let is_unset = config.state_path == StatePath::Unset;
    let usual = config.clone().with_usual_state_file();
    let Some(path) = usual.state_file() else { return Ok(config) };
    if !path.exists() {
        return if is_unset { Ok(config) } else { Err(End::Usage(missing(path))) };
    }
    let lock = CommandLock::take(path).map_err(|error| End::Usage(error.into()))?;
    COMMAND.get_or_init(|| lock);
    Database::at(path).check(config.sentry.base.as_str()).await.map_err(unusable)?;
    Ok(usual)
}

/// Returns the settings for `sidenote state import`, which creates the SQLite file in `STATE_PATH` if it is missing.
pub(crate) async fn for_import(config: Config) -> Result<Config, End> {
    if let Some(path) = config.state_file().filter(|path| !path.exists()) {
        Database::at(path).check(config.sentry.base.as_str()).await.map_err(unusable)?;
    }
    for_command(config).await
}

/// Returns the settings for `sidenote doctor`. A missing SQLite file is no error here: `serve` may not have run yet.
pub(crate) fn for_doctor(config: &Config) -> Config {
    let usual = config.clone().with_usual_state_file();
    let exists = usual.state_file().is_none_or(Path::exists);
    if exists { usual } else { usual.without_state_file() }
}

fn unusable(error: DatabaseError) -> End {
    End::Usage(anyhow::Error::new(error).context("STATE_PATH"))
}

fn missing(path: &Path) -> anyhow::Error {
    anyhow::anyhow!("STATE_PATH {}: there is no such file; `sidenote serve` makes it", path.display())
}
