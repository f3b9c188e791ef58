//! Keeps documents in the memory of this process, which suits a single process such as `sidenote serve`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Put, StateError, Store, Stored};

/// The largest number of documents. If there are more, the document that expires first is deleted.
const MOST: usize = 50_000;

/// The documents of this process, by their keys.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<String, Stored>>);

#[async_trait]
impl Store for Memory {
    async fn get(&self, key: &str) -> Result<Option<Stored>, StateError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    async fn put(&self, key: &str, next: &Stored, expected: Option<u64>) -> Result<Put, StateError> {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = records.get(key);
        if standing.map(|s| s.version) != expected {
            return Ok(Put::Conflict(standing.cloned()));
        }
        if records.len() >= MOST && expected.is_none() {
            let oldest = records.iter().min_by_key(|(_, it)| it.expires).map(|(key, _)| key.clone());
            oldest.and_then(|key| records.remove(&key));
        }
        records.insert(key.to_owned(), next.clone());
        Ok(Put::Stored)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, Stored)>, StateError> {
        let records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(records
            .iter()
            .filter(|(key, _)| key.starts_with(prefix))
            .map(|(key, it)| (key.clone(), it.clone()))
            .collect())
    }
}
