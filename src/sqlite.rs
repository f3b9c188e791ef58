//! The SQLite file of `sidenote serve`, which holds its state and its queue. This module opens and checks the file.
//!
//! A commit is on the disk when it returns: the file is in WAL mode with `synchronous=FULL`. `NORMAL` would be faster,
//! but a power failure could then undo the last commits, and with them a delivery that was answered with 202.
//!
//! A call succeeds only if the file is still at its path afterwards. If it was deleted or replaced, all further calls
//! fail, so that no delivery is accepted into a file that nobody can open again.
//!
//! SQLite's calls block, so each runs on its own thread ([`tokio::task::spawn_blocking`]), one after the other.

mod error;
mod identity;
mod lock;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::ffi::SQLITE_IOERR_WRITE;
use rusqlite::{Connection, ErrorCode};

pub use self::error::DatabaseError;
use self::error::READ_ONLY;
use self::identity::Identity;
pub use self::lock::{CommandLock, ServeLock};
use crate::clock::{Stopwatch, unix_seconds};

/// A call waits at most this long while another process writes to the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Dead letters are deleted after this time. A dead letter is a delivery whose attempts all failed.
const LETTERS_KEPT: Duration = Duration::from_hours(90 * 24);
/// One run of the clean-up returns at most this many pages to the file system, so that it locks the file only briefly.
const PAGES_AT_ONCE: u32 = 1_000;
/// A successful probe is valid for this time. A probe writes to the file.
const PROBE_VALID: Duration = Duration::from_mins(1);

/// The SQLite file. The first call opens it; if that fails, the next call tries again. Clones share the open file.
#[derive(Clone)]
pub struct Database(Arc<Shared>);

struct Shared {
    path: PathBuf,
    open: Mutex<Option<Open>>,
    /// The stopwatch since the last successful probe. `None` if there was none, or if a call has failed since then.
    probed: Mutex<Option<Stopwatch>>,
}

/// The open SQLite file.
struct Open {
    connection: Connection,
    /// The identity of the file on the disk when it was opened.
    identity: Option<Identity>,
}

/// Returns the SQLite file at `path`, or `None` if there is no path.
#[must_use]
pub fn database(path: Option<&Path>) -> Option<Database> {
    path.map(Database::at)
}

impl Database {
    /// Returns the SQLite file at `path`. The first call opens it.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(Arc::new(Shared { path: path.to_owned(), open: Mutex::default(), probed: Mutex::default() }))
    }

    /// Returns the path of the SQLite file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Opens the file for the Sentry installation at the URL `base`, and checks that the file is intact.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if the file cannot be used, or belongs to another Sentry installation.
    pub async fn check(&self, base: &str) -> Result<(), DatabaseError> {
        let base = base.to_owned();
        let found = self
            .call(move |connection| {
                schema::check_integrity(connection)?;
                schema::belongs_to(connection, &base)
            })
            .await?;
        match found {
            None => Ok(()),
            Some(found) => Err(DatabaseError::OtherSentry { path: self.0.path.clone(), found }),
        }
    }

    /// Runs `work` with the connection to the file, on a thread that may block, and returns the result of `work`.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if the file cannot be opened, if it was deleted or replaced, or if `work` fails.
    pub async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let shared = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || shared.run(work)).await;
        done.unwrap_or_else(|_| Err(self.0.unusable("the call was interrupted")))
    }

    /// Tests whether the file can be written, because a full disk or a read-only file can still be read. The test runs
    /// at most once a minute, unless a call has failed since the last one.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if the file cannot be written.
    pub async fn probe(&self) -> Result<(), DatabaseError> {
        if self.0.probed().is_some_and(|at| at.elapsed() < PROBE_VALID) {
            return Ok(());
        }
        self.call(|connection| schema::probe(connection)).await?;
        *self.0.probed() = Some(Stopwatch::start());
        Ok(())
    }

    /// Deletes expired records and dead letters that are older than 90 days, and returns free pages to the file system.
    /// Returns the number of deleted rows.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if the file cannot be written.
    pub async fn tidy(&self) -> Result<usize, DatabaseError> {
        self.call(|connection| {
            let now = unix_seconds();
            let documents = connection.execute("DELETE FROM documents WHERE expires < ?1", [now])?;
            let oldest_ms = now.saturating_sub(LETTERS_KEPT.as_secs()) * 1000;
            let letters = connection.execute("DELETE FROM deliveries WHERE dead_ms < ?1", [oldest_ms])?;
            let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?;
            let mut pages = vacuum.query([])?;
            // Each step returns one page.
            while pages.next()?.is_some() {}
            Ok(documents + letters)
        })
        .await
    }

    /// Returns the size of the SQLite file in bytes, without the write-ahead log.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if the file cannot be read.
    pub async fn size(&self) -> Result<u64, DatabaseError> {
        let pages = |connection: &mut Connection| {
            connection.query_row(
                "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
                [],
                |row| row.get(0),
            )
        };
        self.call(pages).await
    }
}

impl Shared {
    fn run<T>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T, DatabaseError> {
        let done = self.try_run(work);
        if done.is_err() {
            *self.probed() = None;
        }
        done
    }

    fn try_run<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DatabaseError> {
        let mut held = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match &mut *held {
            Some(open) => open,
            none => none.insert(self.open()?),
        };
        let done = work(&mut open.connection);
        if Identity::at(&self.path) != open.identity {
            return Err(self.unusable("was deleted or replaced while it was open; restart `sidenote serve`"));
        }
        done.map_err(|error| self.failure(&error))
    }

    fn open(&self) -> Result<Open, DatabaseError> {
        let mut connection = Connection::open(&self.path).map_err(|error| self.failure(&error))?;
        let version = schema::prepare(&mut connection, BUSY_TIMEOUT).map_err(|error| self.failure(&error))?;
        match version {
            schema::Found::Ours => Ok(Open { connection, identity: Identity::at(&self.path) }),
            schema::Found::Newer => Err(self.unusable("was written by a newer version of sidenote")),
            schema::Found::OtherProgram => Err(self.unusable("is a database of another program")),
        }
    }

    fn probed(&self) -> MutexGuard<'_, Option<Stopwatch>> {
        self.probed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unusable(&self, why: &'static str) -> DatabaseError {
        DatabaseError::Unusable { path: self.path.clone(), why }
    }

    fn failure(&self, error: &rusqlite::Error) -> DatabaseError {
        if error.sqlite_error().is_some_and(|it| it.extended_code == SQLITE_IOERR_WRITE) {
            return self.unusable("cannot be written; is its file system read-only?");
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => self.unusable("the disk is full"),
            Some(ErrorCode::ReadOnly) => self.unusable(READ_ONLY),
            Some(ErrorCode::CannotOpen) => self.unusable("cannot be opened; does its folder exist?"),
            Some(ErrorCode::PermissionDenied) => self.unusable("permission denied"),
            Some(ErrorCode::DatabaseCorrupt) => {
                self.unusable("is corrupt; restore a backup, or move it away")
            }
            Some(ErrorCode::NotADatabase) => self.unusable("is not an SQLite database"),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                self.unusable("another process has kept it locked for five seconds")
            }
            _ => DatabaseError::Failed { path: self.path.clone(), why: error.to_string() },
        }
    }
}
