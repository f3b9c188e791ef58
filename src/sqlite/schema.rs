//! The tables of the SQLite file, and the check that a file is one of Sidenote.
//!
//! | table | content |
//! |---|---|
//! | `documents` | one JSON document per key, with its version and the second after which it is deleted |
//! | `deliveries` | queued deliveries: when each is due, how often it was taken out and failed, and since when it is a dead letter |
//! | `installation` | the base URL of the Sentry that the file belongs to |

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, ffi};

/// The bytes "SDNT", which mark an SQLite file as one of Sidenote.
const APPLICATION_ID: i32 = 0x5344_4e54;
/// The version of the tables.
const VERSION: i32 = 1;

const TABLES: &str = "
CREATE TABLE documents (
    key TEXT PRIMARY KEY, version INTEGER NOT NULL, record TEXT NOT NULL, expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX documents_by_expiry ON documents (expires);
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL, due_ms INTEGER NOT NULL,
    taken INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0, dead_ms INTEGER, reason TEXT
);
CREATE INDEX deliveries_by_due ON deliveries (due_ms) WHERE dead_ms IS NULL;
CREATE TABLE installation (sentry TEXT NOT NULL);
";

/// The program and version that a file belongs to.
pub(super) enum Found {
    /// A file of Sidenote with the version of this program.
    Ours,
    /// A file of Sidenote with a later version.
    Newer,
    /// A file of another program.
    OtherProgram,
}

/// Configures the connection, and creates the tables in a new file. Returns the program and version that the file
/// belongs to.
pub(super) fn prepare(connection: &mut Connection, busy_timeout: Duration) -> rusqlite::Result<Found> {
    connection.busy_timeout(busy_timeout)?;
    // This setting takes effect only in a file without tables.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let number = |pragma: &str| transaction.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let found = match (number("application_id")?, number("user_version")?) {
        (APPLICATION_ID, VERSION) => Found::Ours,
        (APPLICATION_ID, _) => Found::Newer,
        (0, 0) if is_empty(&transaction)? => {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
            Found::Ours
        }
        _ => Found::OtherProgram,
    };
    transaction.commit()?;
    Ok(found)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

/// Checks the integrity of every page of the file.
pub(super) fn check_integrity(connection: &Connection) -> rusqlite::Result<()> {
    let said: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if said == "ok" {
        return Ok(());
    }
    Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(said)))
}

/// Writes a document that is as large as a queued delivery, and deletes it.
pub(super) fn probe(connection: &Connection) -> rusqlite::Result<()> {
    // Two commits: one commit would write nothing.
    let insert = "INSERT OR REPLACE INTO documents VALUES ('probe', 1, hex(zeroblob(8192)), 0)";
    connection.execute(insert, [])?;
    connection.execute("DELETE FROM documents WHERE key = 'probe'", []).map(drop)
}

/// Records in a new file that it belongs to the Sentry at `base`. If the file already belongs to another Sentry,
/// returns the base URL of that Sentry.
pub(super) fn belongs_to(connection: &mut Connection, base: &str) -> rusqlite::Result<Option<String>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: Option<String> =
        transaction.query_row("SELECT sentry FROM installation", [], |row| row.get(0)).optional()?;
    if found.is_none() {
        transaction.execute("INSERT INTO installation (sentry) VALUES (?1)", [base])?;
    }
    transaction.commit()?;
    Ok(found.filter(|found| found != base))
}
