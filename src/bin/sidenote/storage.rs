//! The SQLite file of this machine: `serve` owns it, and the commands work on it meanwhile.

use std::path::Path;
use std::sync::OnceLock;

use sidenote::config::{Config, StatePath};
use sidenote::redelivery::FileQueue;
use sidenote::sqlite::{CommandLock, Database, DatabaseError, ServeLock};

use crate::End;

/// The lock of this command, held until the process ends.
static COMMAND: OnceLock<CommandLock> = OnceLock::new();

/// The file that this `serve` owns.
pub(crate) struct Storage {
    pub(crate) database: Database,
    pub(crate) queue: FileQueue,
    /// Whether every lease in the file was a dead process's when this one started.
    pub(crate) is_alone: bool,
    _lock: ServeLock,
}

impl Storage {
    /// Opens and checks the file of the settings, if they name one.
    pub(crate) async fn open(config: &Config) -> Result<Option<Self>, End> {
        let Some(path) = config.state_file() else { return Ok(None) };
        let unusable = |error: DatabaseError| End::Usage(anyhow::Error::new(error).context("STATE_PATH"));
        let lock = ServeLock::take(path).map_err(unusable)?;
        let database = Database::at(path);
        database.check(config.sentry.base.as_str()).await.map_err(unusable)?;
        let (queue, is_alone) = (FileQueue::new(&database), lock.is_alone());
        Ok(Some(Self { database, queue, is_alone, _lock: lock }))
    }
}

/// The settings of a command: the usual file counts if it is there, because `serve` has made it.
pub(crate) fn for_command(config: Config) -> Result<Config, End> {
    let is_unset = config.state_path == StatePath::Unset;
    let usual = config.clone().with_usual_state_file();
    let Some(path) = usual.state_file() else { return Ok(config) };
    if !path.exists() {
        return if is_unset { Ok(config) } else { Err(End::Usage(missing(path))) };
    }
    let lock = CommandLock::take(path).map_err(|error| End::Usage(error.into()))?;
    COMMAND.get_or_init(|| lock);
    Ok(usual)
}

/// As [`for_command`], but a file that is not there yet is no fault: `serve` has not run.
pub(crate) fn for_doctor(config: &Config) -> Config {
    let usual = config.clone().with_usual_state_file();
    let exists = usual.state_file().is_none_or(Path::exists);
    if exists { usual } else { usual.without_state_file() }
}

fn missing(path: &Path) -> anyhow::Error {
    anyhow::anyhow!("STATE_PATH {}: there is no such file; `sidenote serve` makes it", path.display())
}
