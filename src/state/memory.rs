//! Records in the memory of this process: for one process at a time, as `serve` is.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Put, StateError, Store, Versioned};

/// More issues than this within the life of a process, and the records that were written longest ago go.
const MOST: usize = 50_000;

/// Records by key, with the order of their writing.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<String, Versioned>>);

#[async_trait]
impl Store for Memory {
    async fn get(&self, key: &str) -> Result<Option<Versioned>, StateError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    async fn put(&self, key: &str, next: &Versioned, expected: Option<u64>) -> Result<Put, StateError> {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = records.get(key);
        if standing.map(|s| s.version) != expected {
            return Ok(Put::Conflict(standing.cloned()));
        }
        if records.len() >= MOST && expected.is_none() {
            let oldest = records.iter().min_by_key(|(_, v)| v.record.started_ms).map(|(key, _)| key.clone());
            oldest.and_then(|key| records.remove(&key));
        }
        records.insert(key.to_owned(), next.clone());
        Ok(Put::Stored)
    }
}
