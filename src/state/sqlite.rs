//! Keeps documents in the SQLite file of `sidenote serve`, one row per key.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use super::{Put, StateError, Store, Stored};
use crate::sqlite::{Database, DatabaseError};

/// The documents in one SQLite file.
pub(super) struct Sqlite(Database);

impl Sqlite {
    pub(super) fn new(database: &Database) -> Self {
        Self(database.clone())
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn get(&self, key: &str) -> Result<Option<Stored>, StateError> {
        let key = key.to_owned();
        self.0.call(move |connection| get(connection, &key)).await.map_err(|error| unavailable(&error))
    }

    async fn put(&self, key: &str, next: &Stored, expected: Option<u64>) -> Result<Put, StateError> {
        let (key, next) = (key.to_owned(), next.clone());
        self.0
            .call(move |connection| put(connection, &key, &next, expected))
            .await
            .map_err(|error| unavailable(&error))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, Stored)>, StateError> {
        let prefix = prefix.to_owned();
        let list = move |connection: &mut Connection| {
            let query =
                "SELECT record, version, expires, key FROM documents WHERE substr(key, 1, length(?1)) = ?1";
            connection.prepare(query)?.query_map([prefix], |row| Ok((row.get(3)?, stored(row)?)))?.collect()
        };
        self.0.call(list).await.map_err(|error| unavailable(&error))
    }

    async fn check(&self) -> Result<(), StateError> {
        self.0.probe().await.map_err(|error| unavailable(&error))
    }

    async fn size(&self) -> Result<Option<u64>, StateError> {
        self.0.size().await.map(Some).map_err(|error| unavailable(&error))
    }
}

fn get(connection: &Connection, key: &str) -> rusqlite::Result<Option<Stored>> {
    let query = "SELECT record, version, expires FROM documents WHERE key = ?1";
    connection.query_row(query, [key], stored).optional()
}

fn put(
    connection: &mut Connection,
    key: &str,
    next: &Stored,
    expected: Option<u64>,
) -> rusqlite::Result<Put> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let standing = get(&transaction, key)?;
    if standing.as_ref().map(|it| it.version) != expected {
        return Ok(Put::Conflict(standing));
    }
    transaction.execute(
        "INSERT OR REPLACE INTO documents (key, version, record, expires) VALUES (?1, ?2, ?3, ?4)",
        params![key, next.version, next.json, next.expires],
    )?;
    transaction.commit()?;
    Ok(Put::Stored)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored { json: row.get(0)?, version: row.get(1)?, expires: row.get(2)? })
}

fn unavailable(error: &DatabaseError) -> StateError {
    StateError::Unavailable { place: "STATE_PATH".to_owned(), why: error.to_string() }
}
