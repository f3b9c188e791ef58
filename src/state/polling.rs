//! The lease and the position of the one process that polls Telegram.

use serde::{Deserialize, Serialize};

use super::{Decision, Documents, StateError};

/// The key of the document with the lease and the position.
const KEY: &str = "telegram-updates";
/// The time for which the document is kept after the lease, in milliseconds.
const KEPT_MS: u64 = 90 * 24 * 3_600_000;
/// The time for which a position (the id of the next update) is valid, in milliseconds. After a week without updates,
/// Telegram continues with ids that may be smaller.
const VALID_MS: u64 = 24 * 3_600_000;

/// The polling of updates, in the store.
pub struct Polling(Documents);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    owner: String,
    until_ms: u64,
    /// The id of the next update, and the time of the last one, in milliseconds since 1970.
    next: Option<(i64, u64)>,
}

/// The right to poll until the lease ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollTurn {
    /// The id of the next update. `None` if Telegram decides.
    pub next: Option<i64>,
}

impl Polling {
    /// The polling in `documents`.
    #[must_use]
    pub fn new(documents: &Documents) -> Self {
        Self(documents.clone())
    }

    /// Takes or renews the lease. `None` if another process holds it. The times are in milliseconds since 1970.
    ///
    /// # Errors
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

    /// Records that all updates before `next` were taken, unless another process has the lease now.
    ///
    /// # Errors
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

    /// Ends the lease. Correct only if no other process is at work.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read or written.
    pub async fn release(&self) -> Result<(), StateError> {
        let decide = |standing: Option<&Position>| match standing {
            Some(held) => write(Position { until_ms: 0, ..held.clone() }, ()),
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
            polling.release().await.expect("a store");
            assert_eq!(take("c", 33_002).await, Some(PollTurn { next: Some(7) }));
            let later = VALID_MS + 3_000;
            assert_eq!(take("c", later).await, Some(PollTurn { next: None }), "its ids may have begun anew");
        }
    }
}
