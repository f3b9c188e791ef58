//! Reads and changes typed documents in a state store.
//!
//! Changes are optimistic: a writer names the version of the document that it has read. [`Documents::change`] reads a
//! document, lets a function decide, and writes against the version that was read. If another writer was first, the
//! function decides again. The function must be pure, because it may run several times.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Put, StateError, Store, Stored};

/// The largest number of decisions for one change. Each conflict means that another writer has changed the document.
pub(super) const ATTEMPTS: usize = 8;

/// A document, with the version that a writer must name to replace it.
#[derive(Debug, Clone)]
pub struct Versioned<T> {
    /// The content of the document.
    pub content: T,
    /// The version of the document. Every write increments it.
    version: u64,
}

/// The result of a decision about a document.
#[derive(Debug)]
pub enum Decision<T, R> {
    /// The document is replaced by `next`.
    Write {
        /// The new content of the document.
        next: T,
        /// The time after which the store may delete the document, in seconds since 1970.
        expires: u64,
        /// The value that [`Documents::change`] returns to its caller.
        result: R,
    },
    /// The document stays unchanged. [`Documents::change`] returns this value to its caller.
    Leave(R),
}

/// The result of changing a document.
#[derive(Debug)]
pub struct Changed<T, R> {
    /// The value that the decision returned.
    pub result: R,
    /// The document after the change. `None` if there is no document.
    pub standing: Option<Versioned<T>>,
}

/// The result of one attempt to write a document.
enum Written<T> {
    /// The write succeeded. The value is the written document.
    Stored(Versioned<T>),
    /// Another writer was first. The value is the document of that writer.
    Conflict(Option<Versioned<T>>),
}

/// The typed documents in the configured state store. A clone shares the store.
#[derive(Clone)]
pub struct Documents(pub(super) Arc<dyn Store>);

impl Documents {
    pub(super) fn in_store(store: impl Store + 'static) -> Self {
        Self(Arc::new(store))
    }

    /// Returns the document with this key; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read, or the document has an unknown form.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<Versioned<T>>, StateError> {
        self.0.get(key).await?.as_ref().map(read).transpose()
    }

    /// Reads the document with this key and changes it as `decide` says. Returns the value from `decide` and the
    /// document after the change.
    ///
    /// If another write has stored exactly the new content, this write counts as successful, because the reply to it
    /// may have been lost and the client may have sent it again. Writers that must be distinguished therefore include
    /// a unique value in the content, such as an owner or a random number.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written, or if other writers won every attempt.
    pub async fn change<T, R>(
        &self,
        key: &str,
        decide: impl FnMut(Option<&T>) -> Decision<T, R>,
    ) -> Result<Changed<T, R>, StateError>
    where
        T: Serialize + DeserializeOwned + PartialEq,
    {
        let standing = self.get(key).await?;
        self.change_from(key, standing, decide).await
    }

    /// Changes a document like [`Self::change`], but starts from `standing`, the document as it was read before.
    /// Returns the same as [`Self::change`]. The document is read again only after a conflict.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written, or if other writers won every attempt.
    pub async fn change_from<T, R>(
        &self,
        key: &str,
        mut standing: Option<Versioned<T>>,
        mut decide: impl FnMut(Option<&T>) -> Decision<T, R>,
    ) -> Result<Changed<T, R>, StateError>
    where
        T: Serialize + DeserializeOwned + PartialEq,
    {
        for _ in 0..ATTEMPTS {
            let (next, expires, result) = match decide(standing.as_ref().map(|it| &it.content)) {
                Decision::Leave(result) => return Ok(Changed { result, standing }),
                Decision::Write { next, expires, result } => (next, expires, result),
            };
            match self.replace(key, standing.as_ref(), next, expires).await? {
                Written::Stored(now) => return Ok(Changed { result, standing: Some(now) }),
                Written::Conflict(now) => standing = now,
            }
        }
        Err(StateError::Contended)
    }

    /// Changes each document whose key begins with `prefix` as `decide` says, unless it leaves the document unchanged.
    /// Returns the sum of the results.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written. Documents that were changed before the error stay so.
    pub(super) async fn change_each<T>(
        &self,
        prefix: &str,
        decide: impl Fn(Option<&T>) -> Decision<T, usize>,
    ) -> Result<usize, StateError>
    where
        T: Serialize + DeserializeOwned + PartialEq,
    {
        let mut changed = 0;
        for (key, listed) in self.list::<T>(prefix).await? {
            if matches!(decide(Some(&listed)), Decision::Write { .. }) {
                changed += self.change(&key, &decide).await?.result;
            }
        }
        Ok(changed)
    }

    /// Replaces the document that was read as `before`. Returns the new document.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be written, or another writer was first.
    pub(super) async fn replace_read<T>(
        &self,
        key: &str,
        before: &Versioned<T>,
        next: T,
        expires: u64,
    ) -> Result<Versioned<T>, StateError>
    where
        T: Serialize + DeserializeOwned + PartialEq,
    {
        match self.replace(key, Some(before), next, expires).await? {
            Written::Stored(now) => Ok(now),
            Written::Conflict(_) => Err(StateError::Contended),
        }
    }

    /// Returns all documents whose keys begin with `prefix`, with their keys. A document that cannot be parsed is
    /// left out.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read.
    pub async fn list<T: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<(String, T)>, StateError> {
        let stored = self.0.list(prefix).await?;
        let content = |(key, stored): (String, Stored)| Some((key, read(&stored).ok()?.content));
        Ok(stored.into_iter().filter_map(content).collect())
    }

    /// Checks that documents can be written. A store that cannot check this cheaply returns `Ok`.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be written.
    pub async fn check(&self) -> Result<(), StateError> {
        self.0.check().await
    }

    /// Returns the size of the store in bytes; `None` if the store does not know it.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read.
    pub async fn size(&self) -> Result<Option<u64>, StateError> {
        self.0.size().await
    }

    async fn replace<T>(
        &self,
        key: &str,
        before: Option<&Versioned<T>>,
        next: T,
        expires: u64,
    ) -> Result<Written<T>, StateError>
    where
        T: Serialize + DeserializeOwned + PartialEq,
    {
        let expected = before.map(|it| it.version);
        let version = expected.unwrap_or(0) + 1;
        let json = serde_json::to_string(&next).map_err(|_| StateError::NotOurs)?;
        let Put::Conflict(standing) = self.0.put(key, &Stored { json, version, expires }, expected).await?
        else {
            return Ok(Written::Stored(Versioned { content: next, version }));
        };
        Ok(match standing.as_ref().map(read).transpose()? {
            // The reply to an earlier copy of the same write was lost, and the client has sent the write again.
            Some(now) if now.content == next => Written::Stored(now),
            now => Written::Conflict(now),
        })
    }
}

fn read<T: DeserializeOwned>(stored: &Stored) -> Result<Versioned<T>, StateError> {
    let content = serde_json::from_slice(stored.json.as_bytes()).map_err(|_| StateError::NotOurs)?;
    Ok(Versioned { content, version: stored.version })
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::tests::stores;
    use super::*;

    /// Returns a decision that adds `step` to a counter. Its result is `true` for the first count.
    fn count(step: u64) -> impl Fn(Option<&u64>) -> Decision<u64, bool> {
        move |standing| {
            let next = standing.copied().unwrap_or(0) + step;
            Decision::Write { next, expires: 9, result: standing.is_none() }
        }
    }

    #[tokio::test]
    async fn a_change_is_decided_again_after_a_concurrent_write() {
        for (_folder, documents) in stores() {
            let first = documents.change("k", count(1)).await.expect("memory");
            assert!(first.result);
            // Both have read that there is no document.
            let second = documents.change_from("k", None, count(10)).await.expect("memory");
            assert!(!second.result);
            assert_eq!(second.standing.map(|it| (it.content, it.version)), Some((11, 2)));
            let left = documents.change("k", |n: Option<&u64>| Decision::<u64, _>::Leave(n.copied())).await;
            assert_eq!(left.expect("memory").result, Some(11));
        }
    }

    #[tokio::test]
    async fn a_repeated_write_of_the_same_content_writes_nothing() {
        for (_folder, documents) in stores() {
            let write = |_: Option<&u64>| Decision::Write { next: 7, expires: 9, result: () };
            documents.change("k", write).await.expect("memory");
            let again = documents.change_from("k", None, write).await.expect("memory");
            assert_eq!(again.standing.map(|it| it.version), Some(1), "nothing was written");
        }
    }

    #[tokio::test]
    async fn a_replacement_based_on_an_outdated_read_fails() {
        for (_folder, documents) in stores() {
            documents.change("k", count(1)).await.expect("memory");
            let before = documents.get::<u64>("k").await.expect("memory").expect("a document");
            documents.change("k", count(1)).await.expect("memory");
            let lost = documents.replace_read("k", &before, 9, 9).await;
            assert!(matches!(lost, Err(StateError::Contended)));
        }
    }
}
