//! The import of an export into a store. The import never replaces a document that may be newer, and can be repeated.

use super::{ATTEMPTS, Documents, Export, Put, StateError, Store, Stored};

/// The numbers of documents of an import, by their result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// The documents that were written.
    pub written: usize,
    /// The documents that the store had already.
    pub unchanged: usize,
    /// The documents that were not written, because the store's document is newer or may be newer.
    pub kept: usize,
}

/// The failure of a write during an import. The documents of earlier lines are in the store.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct ImportError {
    /// The number of the line whose document was not written.
    line: usize,
    /// The result of the earlier lines.
    pub done: Imported,
    /// The reason.
    why: StateError,
}

/// The result for one document.
enum Fate {
    Written,
    Unchanged,
    Kept,
}

impl Documents {
    /// Writes the documents of an export, except where the document in the store is newer or may be newer.
    ///
    /// # Errors
    /// [`ImportError`] if the store cannot be read or written. Then a repetition continues the import.
    pub async fn import(&self, export: &Export) -> Result<Imported, ImportError> {
        let mut done = Imported::default();
        for ((key, document), line) in export.0.iter().zip(2..) {
            match import(&*self.0, key, document).await {
                Ok(Fate::Written) => done.written += 1,
                Ok(Fate::Unchanged) => done.unchanged += 1,
                Ok(Fate::Kept) => done.kept += 1,
                Err(why) => return Err(ImportError { line, done, why }),
            }
        }
        Ok(done)
    }
}

async fn import(store: &dyn Store, key: &str, next: &Stored) -> Result<Fate, StateError> {
    let mut standing = store.get(key).await?;
    for _ in 0..ATTEMPTS {
        match &standing {
            Some(standing) if standing == next => return Ok(Fate::Unchanged),
            Some(standing) if !is_newer(next, standing) => return Ok(Fate::Kept),
            _ => {}
        }
        let expected = standing.as_ref().map(|standing| standing.version);
        match store.put(key, next, expected).await? {
            Put::Stored => return Ok(Fate::Written),
            Put::Conflict(now) => standing = now,
        }
    }
    Err(StateError::Contended)
}

/// Whether `next` is newer than `standing` without doubt. A version alone does not say that, because each store counts
/// for itself; a document about a later time expires later.
fn is_newer(next: &Stored, standing: &Stored) -> bool {
    next.version > standing.version && next.expires >= standing.expires
}

#[cfg(feature = "cli")]
#[cfg(test)]
mod tests {
    use super::super::Spending;
    use super::super::tests::stores;
    use super::*;

    const SENTRY: &str = "https://sentry.io/";

    async fn copy(from: &Documents, to: &Documents) -> Imported {
        let text = from.export(SENTRY).await.expect("a store");
        let done = to.import(&Export::parse(&text, SENTRY).expect("an export")).await;
        done.expect("a store")
    }

    #[tokio::test]
    async fn an_import_is_the_same_again_and_replaces_nothing_newer() {
        let [(_, memory), (_folder, file)] = stores();
        let (here, there) = (Spending::new(&memory), Spending::new(&file));
        here.take_call(3, 0).await.expect("memory");
        let one = Imported { written: 1, ..Imported::default() };
        assert_eq!(copy(&memory, &file).await, one);
        assert_eq!(copy(&memory, &file).await, Imported { unchanged: 1, ..Imported::default() });
        // The file now is ahead, then behind.
        there.take_call(3, 0).await.expect("a file");
        assert_eq!(copy(&memory, &file).await, Imported { kept: 1, ..Imported::default() });
        here.take_call(3, 0).await.expect("memory");
        here.take_call(3, 0).await.expect("memory");
        assert_eq!(copy(&memory, &file).await, one);
        assert!(!there.take_call(3, 0).await.expect("a file"), "the budget came with the document");
    }

    #[tokio::test]
    async fn a_higher_version_that_expires_earlier_is_not_newer() {
        let stored = |version, expires| Stored { json: String::new(), version, expires };
        assert!(is_newer(&stored(2, 9), &stored(1, 9)));
        assert!(!is_newer(&stored(9, 8), &stored(1, 9)));
        assert!(!is_newer(&stored(1, 99), &stored(1, 9)));
    }
}
