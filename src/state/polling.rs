//! Stores the lease of the one process that polls Telegram for updates, and the id of the next update.

use serde::{Deserialize, Serialize};

use super::{Decision, Documents, StateError};

/// The key of the document with the lease and the id of the next update.
const KEY: &str = "telegram-updates";
/// The document is kept for this time after the end of the lease, in milliseconds.
const KEPT_MS: u64 = 90 * 24 * 3_600_000;
/// The stored id of the next update is valid for this time, in milliseconds. After a week without updates, Telegram may
/// continue with smaller ids.
const VALID_MS: u64 = 24 * 3_600_000;

/// The lease and the next update's id in the state store.
pub struct Polling(Documents);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    owner: String,
    until_ms: u64,
    /// The id of the next update, and the time when the last update was taken, in milliseconds since 1970.
    next: Option<(i64, u64)>,
}

/// The right of this process to poll until its lease ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollTurn {
    /// The id of the first update to request. If it is `None`, Telegram begins with the oldest update that it has.
    pub next: Option<i64>,
}

impl Polling {
    /// Returns the lease and the next update's id that are stored in `documents`.
    #[must_use]
    pub fn new(documents: &Documents) -> Self {
        Self(documents.clone())
    }

    /// Takes or renews the lease until `until_ms`. Returns `None` if another process has the lease. The times are in
    /// milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn take(
        &self,
        owner: &str,
        now_ms: u64,
        until_ms: u64,
    ) -> Result<Option<PollTurn>, StateError> {
        let decide = |standing: Option<&Position>| match standing {
            Some(other) if other.owner != owner && now_ms < other.until_ms => Decision::Leave(None),
            standing => {
                let next = standing.and_then(|it| it.next);
                let turn = PollTurn { next: next.filter(|(_, at)| now_ms < at + VALID_MS).map(|(id, _)| id) };
                write(Position { owner: owner.to_owned(), until_ms, next }, Some(turn))
            }
        };
        Ok(self.0.change(KEY, decide).await?.result)
    }

    /// Records that all updates with ids below `next` were taken, unless another process has the lease now.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn advance(&self, owner: &str, next: i64, now_ms: u64) -> Result<(), StateError> {
        let decide = |standing: Option<&Position>| match standing {
            Some(ours) if ours.owner == owner => {
                write(Position { next: Some((next, now_ms)), ..ours.clone() }, ())
            }
            _ => Decision::Leave(()),
        };
        self.0.change(KEY, decide).await.map(|changed| changed.result)
    }

    /// Ends the lease of any process at `now_ms`, in milliseconds since 1970. This is correct only if no other process is
    /// at work.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written.
    pub async fn release(&self, now_ms: u64) -> Result<(), StateError> {
        let decide = |standing: Option<&Position>| match standing {
            Some(held) => write(Position { until_ms: now_ms, ..held.clone() }, ()),
            None => Decision::Leave(()),
        };
        self.0.change(KEY, decide).await.map(|changed| changed.result)
    }
}

fn write<R>(next: Position, result: R) -> Decision<Position, R> {
    Decision::Write { expires: (next.until_ms + KEPT_MS) / 1000, next, result }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::tests::stores;
    use super::*;

    /// Returns the time after which the store may delete the document, in seconds since 1970.
    async fn expires(documents: &Documents) -> Option<u64> {
        Some(documents.0.get(KEY).await.ok()??.expires)
    }

    #[tokio::test]
    async fn one_process_polls_and_the_next_continues_after_its_updates() {
        for (_folder, documents) in stores() {
            let polling = Polling::new(&documents);
            let take = async |owner, now| polling.take(owner, now, now + 30_000).await.expect("a store");
            assert_eq!(take("a", 1_000).await, Some(PollTurn { next: None }));
            assert_eq!(take("b", 2_000).await, None);
            polling.advance("b", 9, 2_000).await.expect("a store");
            polling.advance("a", 7, 2_000).await.expect("a store");
            assert_eq!(take("a", 3_000).await, Some(PollTurn { next: Some(7) }));
            assert_eq!(take("b", 33_001).await, Some(PollTurn { next: Some(7) }));
            polling.release(33_002).await.expect("a store");
            assert_eq!(
                expires(&documents).await,
                Some((33_002 + KEPT_MS) / 1000),
                "it is kept after the release"
            );
            assert_eq!(take("c", 33_003).await, Some(PollTurn { next: Some(7) }));
            let later = VALID_MS + 3_000;
            assert_eq!(take("c", later).await, Some(PollTurn { next: None }), "its ids may have begun anew");
        }
    }
}
