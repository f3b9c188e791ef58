//! The queue in the SQLite file of `sidenote serve`, which also takes the deliveries out.
//!
//! A delivery that was taken out becomes due again after its lease, so a dying process loses nothing. After the last
//! attempt it is a dead letter, which stays in the file until a person redrives or deletes it.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, Row, TransactionBehavior, params};

use super::{DeadLetter, DeadLetters, Redelivery, RedeliveryError, Standing};
use crate::clock::{millis, unix_millis};
use crate::domain::queued_delivery::QueuedDelivery;
use crate::sqlite::{Database, DatabaseError};

/// The wait after each failed attempt. One more failure makes the delivery a dead letter.
const WAITS: [Duration; 4] =
    [Duration::from_secs(15), Duration::from_mins(1), Duration::from_mins(5), Duration::from_mins(15)];

/// The lease of a delivery ends this much later than the time limit of the work on it. After its lease, a delivery that
/// was taken out becomes due again.
const LEASE_MARGIN: Duration = Duration::from_secs(30);
/// Each lease has at least this length, which is enough for work without a slow model.
const SHORTEST_LEASE: Duration = Duration::from_secs(90);
/// After a change of the system clock, each delivery becomes due after this time at the latest.
const LONGEST: Duration = Duration::from_mins(15);
/// A delivery that was taken out this many times without any result is a suspect: it may kill the process. Suspects are
/// taken out without other deliveries, at most [`SUSPECTS_AT_ONCE`] at the same time.
const SUSPECT: u32 = 2;
/// A suspect that was taken out this many times without any result is taken out alone, so that no other delivery is
/// lost with it.
const PRIME_SUSPECT: u32 = 3;
/// The largest number of suspects that are taken out at the same time. A backlog of suspects, most of which are
/// harmless, is therefore not handled one by one.
const SUSPECTS_AT_ONCE: usize = 8;
/// A delivery that was taken out this many times without any result becomes a dead letter.
const MOST_TAKEN: u32 = 5;

/// The queue in a file.
#[derive(Clone)]
pub struct FileQueue(Database);

/// A delivery that was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The row id of the delivery in the file.
    pub id: i64,
    /// The delivery as a text (JSON), as [`QueuedDelivery::pack`] returns it.
    pub message: String,
    /// The number of failed attempts before this one.
    pub failed: usize,
}

/// The state of a delivery after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The delivery becomes due again later.
    Waits,
    /// The delivery is a dead letter now.
    Dead,
}

impl FileQueue {
    /// Returns the queue in `database`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self(database.clone())
    }

    /// Makes every waiting delivery due now. This is correct only after a start, when no other process can have taken a
    /// delivery out. Returns the number of deliveries that were not due yet.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if the file cannot be written.
    pub async fn take_over(&self) -> Result<usize, DatabaseError> {
        let now = unix_millis();
        let update = "UPDATE deliveries SET due_ms = ?1 WHERE dead_ms IS NULL AND due_ms > ?1";
        self.0.call(move |connection| connection.execute(update, [now])).await
    }

    /// Moves the times at which deliveries are due, because the system clock was moved by `by_ms` milliseconds. Returns
    /// the number of deliveries, which includes those that are taken out, but not the dead letters.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if the file cannot be written.
    pub async fn shift(&self, by_ms: i64) -> Result<usize, DatabaseError> {
        // A delivery that was queued after the move is right already. The bound keeps it from waiting for days.
        let latest = unix_millis().saturating_add(millis(LONGEST));
        let update = "UPDATE deliveries SET due_ms = max(0, min(due_ms + ?1, ?2)) WHERE dead_ms IS NULL";
        self.0.call(move |connection| connection.execute(update, params![by_ms, latest])).await
    }

    /// Takes out and returns up to `most` due deliveries. Each becomes due again after its lease, which is longer than
    /// `work_limit`, the time limit of the work on it.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if the file cannot be written.
    pub async fn take(&self, most: usize, work_limit: Duration) -> Result<Vec<Taken>, DatabaseError> {
        let now = unix_millis();
        let leased_until = now.saturating_add(millis(SHORTEST_LEASE.max(work_limit + LEASE_MARGIN)));
        self.0.call(move |connection| take(connection, most, (now, leased_until))).await
    }

    /// Removes a delivery whose work is complete. Returns `false` if the queue has no delivery with this id.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if the file cannot be written.
    pub async fn remove(&self, id: i64) -> Result<bool, DatabaseError> {
        let delete = "DELETE FROM deliveries WHERE id = ?1";
        self.0.call(move |connection| Ok(connection.execute(delete, [id])? > 0)).await
    }

    /// Puts a delivery back after a failed attempt. After the last attempt it becomes a dead letter. Returns which of
    /// the two happened.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if the file cannot be written.
    pub async fn put_back(&self, taken: &Taken, reason: &str) -> Result<Fate, DatabaseError> {
        let (id, now, reason) = (taken.id, unix_millis(), reason.to_owned());
        let due = WAITS.get(taken.failed).map(|wait| now.saturating_add(millis(*wait)));
        let update = "UPDATE deliveries SET failed = failed + 1, taken = 0, reason = ?2, due_ms = coalesce(?3, due_ms),
            dead_ms = iif(?3 IS NULL, ?4, NULL) WHERE id = ?1";
        self.0.call(move |connection| connection.execute(update, params![id, reason, due, now])).await?;
        Ok(if due.is_some() { Fate::Waits } else { Fate::Dead })
    }
}

#[async_trait]
impl Redelivery for FileQueue {
    async fn enqueue(&self, queued: &QueuedDelivery, delay: Duration) -> Result<(), RedeliveryError> {
        let message = queued.pack().ok_or(RedeliveryError::TooLarge)?;
        let due = unix_millis().saturating_add(millis(delay));
        let insert = "INSERT INTO deliveries (message, due_ms) VALUES (?1, ?2)";
        let inserted = self.0.call(move |connection| connection.execute(insert, params![message, due])).await;
        inserted.map(drop).map_err(|error| unavailable(&error))
    }

    async fn look(&self) -> Result<Standing, RedeliveryError> {
        let (now, query) = (
            unix_millis(),
            "SELECT count(*) FILTER (WHERE due_ms <= ?1), count(*) FILTER (WHERE due_ms > ?1) FROM deliveries
             WHERE dead_ms IS NULL",
        );
        let count = move |connection: &mut Connection| {
            connection.query_row(query, [now], |row| Ok((row.get(0)?, row.get(1)?)))
        };
        let (waiting, delayed) = self.0.call(count).await.map_err(|error| unavailable(&error))?;
        let hidden_seconds = SHORTEST_LEASE.as_secs();
        Ok(Standing { waiting, delayed, hidden_seconds, has_dead_letters: true })
    }

    async fn dead(&self) -> Result<usize, RedeliveryError> {
        let query = "SELECT count(*) FROM deliveries WHERE dead_ms IS NOT NULL";
        let counted = self.0.call(move |connection| connection.query_row(query, [], |row| row.get(0))).await;
        counted.map_err(|error| unavailable(&error))
    }
}

#[async_trait]
impl DeadLetters for FileQueue {
    async fn dead_letters(&self) -> Result<Vec<DeadLetter>, RedeliveryError> {
        let query =
            "SELECT id, dead_ms, reason, message FROM deliveries WHERE dead_ms IS NOT NULL ORDER BY id";
        let list =
            move |connection: &mut Connection| connection.prepare(query)?.query_map([], letter)?.collect();
        self.0.call(list).await.map_err(|error| unavailable(&error))
    }

    async fn redrive(&self) -> Result<usize, RedeliveryError> {
        let now = unix_millis();
        let update = "UPDATE deliveries SET dead_ms = NULL, failed = 0, taken = 0, due_ms = ?1 WHERE dead_ms IS NOT NULL";
        let redriven = self.0.call(move |connection| connection.execute(update, [now])).await;
        redriven.map_err(|error| unavailable(&error))
    }

    async fn drop_letter(&self, id: &str) -> Result<bool, RedeliveryError> {
        let Ok(id) = id.parse::<i64>() else { return Ok(false) };
        let delete = "DELETE FROM deliveries WHERE id = ?1 AND dead_ms IS NOT NULL";
        let dropped = self.0.call(move |connection| connection.execute(delete, [id])).await;
        dropped.map(|rows| rows > 0).map_err(|error| unavailable(&error))
    }
}

fn unavailable(error: &DatabaseError) -> RedeliveryError {
    RedeliveryError::Unavailable { place: "STATE_PATH".to_owned(), why: error.to_string() }
}

fn take(
    connection: &mut Connection,
    most: usize,
    (now, leased_until): (u64, u64),
) -> rusqlite::Result<Vec<Taken>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let bury = "UPDATE deliveries SET dead_ms = ?1, reason = 'the process has ended in every attempt'
        WHERE dead_ms IS NULL AND due_ms <= ?1 AND taken >= ?2";
    transaction.execute(bury, params![now, MOST_TAKEN])?;
    let mut taken = take_out(&transaction, 0..SUSPECT, most, (now, leased_until))?;
    if taken.is_empty() {
        taken = take_suspects(&transaction, most, (now, leased_until))?;
    }
    transaction.commit()?;
    Ok(taken)
}

/// Takes out and returns at most `most` suspects: several at the same time, or a prime suspect alone.
fn take_suspects(
    connection: &Connection,
    most: usize,
    (now, leased_until): (u64, u64),
) -> rusqlite::Result<Vec<Taken>> {
    let out = suspects_out(connection, SUSPECT, now)?;
    if suspects_out(connection, PRIME_SUSPECT, now)? > 0 {
        return Ok(Vec::new());
    }
    let room = most.min(SUSPECTS_AT_ONCE.saturating_sub(out));
    let taken = take_out(connection, SUSPECT..PRIME_SUSPECT, room, (now, leased_until))?;
    if !taken.is_empty() || out > 0 {
        return Ok(taken);
    }
    take_out(connection, PRIME_SUSPECT..MOST_TAKEN, most.min(1), (now, leased_until))
}

/// Returns the number of deliveries that are taken out now, and were taken out at least `times` times before.
fn suspects_out(connection: &Connection, times: u32, now: u64) -> rusqlite::Result<usize> {
    let query = "SELECT count(*) FROM deliveries WHERE dead_ms IS NULL AND due_ms > ?1 AND taken > ?2";
    connection.query_row(query, params![now, times], |row| row.get(0))
}

/// Takes out and returns at most `most` due deliveries that were taken out before as many times as `times` allows.
fn take_out(
    connection: &Connection,
    times: Range<u32>,
    most: usize,
    (now, leased_until): (u64, u64),
) -> rusqlite::Result<Vec<Taken>> {
    let query = "UPDATE deliveries SET due_ms = ?3, taken = taken + 1 WHERE id IN
        (SELECT id FROM deliveries WHERE dead_ms IS NULL AND due_ms <= ?1 AND taken >= ?4 AND taken < ?5
        ORDER BY due_ms LIMIT ?2) RETURNING id, message, failed";
    let parameters = params![now, most, leased_until, times.start, times.end];
    connection.prepare(query)?.query_map(parameters, taken)?.collect()
}

fn taken(row: &Row<'_>) -> rusqlite::Result<Taken> {
    Ok(Taken { id: row.get(0)?, message: row.get(1)?, failed: row.get(2)? })
}

fn letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let reason = row.get::<_, Option<String>>(2)?.unwrap_or_default();
    let id = row.get::<_, i64>(0)?.to_string();
    Ok(DeadLetter { id, at_ms: row.get(1)?, reason, message: row.get(3)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Duration = Duration::from_mins(1);

    fn queued() -> QueuedDelivery {
        QueuedDelivery { resource: None, signature: "ab".to_owned(), received_ms: 7, body: b"{}".to_vec() }
    }

    fn queue() -> (tempfile::TempDir, FileQueue) {
        let folder = tempfile::tempdir().expect("a folder");
        let queue = FileQueue::new(&Database::at(&folder.path().join("q.db")));
        (folder, queue)
    }

    #[tokio::test]
    async fn a_delivery_is_taken_out_when_it_is_due_and_only_once_within_its_lease() {
        let (_folder, queue) = queue();
        queue.enqueue(&queued(), Duration::from_mins(1)).await.expect("a file");
        assert_eq!(queue.take(9, WORK).await.expect("a file"), []);
        assert_eq!(queue.take_over().await.expect("a file"), 1);
        let taken = queue.take(9, WORK).await.expect("a file");
        assert_eq!((taken.len(), taken[0].failed), (1, 0));
        assert_eq!(QueuedDelivery::unpack(&taken[0].message), Some(queued()));
        assert_eq!(queue.take(9, WORK).await.expect("a file"), [], "it has a lease");
        // The process that took it out has died. That does not count as a failed attempt.
        queue.take_over().await.expect("a file");
        let again = queue.take(9, WORK).await.expect("a file");
        assert_eq!((again.len(), again[0].failed), (1, 0));
        assert!(queue.remove(again[0].id).await.expect("a file"));
        assert_eq!(queue.take_over().await.expect("a file"), 0);
    }

    #[tokio::test]
    async fn the_lease_is_longer_than_the_longest_work() {
        let (_folder, queue) = queue();
        // The limit of the work follows `LLM_TIMEOUT_SECONDS`, which may be ten minutes.
        for (limit, lease) in [(Duration::from_mins(1), 90), (Duration::from_secs(635), 665)] {
            queue.enqueue(&queued(), Duration::ZERO).await.expect("a file");
            let id = queue.take(1, limit).await.expect("a file").remove(0).id;
            let mut left = lease * 1000;
            while left > 0 {
                queue.shift(-30_000).await.expect("a file");
                left -= 30_000;
                let is_due = !queue.take(1, limit).await.expect("a file").is_empty();
                assert_eq!(is_due, left < 1_000, "{left} ms before the end of the lease of {lease} s");
            }
            assert!(queue.remove(id).await.expect("a file"));
        }
    }

    #[tokio::test]
    async fn a_delivery_that_kills_every_process_is_a_dead_letter_in_the_end() {
        let (_folder, queue) = queue();
        queue.enqueue(&queued(), Duration::ZERO).await.expect("a file");
        for _ in 0..MOST_TAKEN {
            assert_eq!(queue.take(9, WORK).await.expect("a file").len(), 1);
            queue.take_over().await.expect("a file");
        }
        assert_eq!(queue.take(9, WORK).await.expect("a file"), []);
        assert_eq!(queue.dead().await.expect("a file"), 1);
    }

    /// Takes out all due deliveries that may be handled together, and returns their ids.
    async fn taken(queue: &FileQueue) -> Vec<i64> {
        queue.take(99, WORK).await.expect("a file").iter().map(|it| it.id).collect()
    }

    /// Queues deliveries and lets the process die `times` times while it handles all of them.
    async fn crashed(queue: &FileQueue, deliveries: usize, times: u32) {
        for _ in 0..deliveries {
            queue.enqueue(&queued(), Duration::ZERO).await.expect("a file");
        }
        for _ in 0..times {
            assert_eq!(taken(queue).await.len(), deliveries);
            queue.take_over().await.expect("a file");
        }
    }

    #[tokio::test]
    async fn deliveries_suspected_of_crashes_are_taken_in_small_groups_after_the_others() {
        let (_folder, queue) = queue();
        crashed(&queue, SUSPECTS_AT_ONCE + 2, SUSPECT).await;
        queue.enqueue(&queued(), Duration::ZERO).await.expect("a file");
        let new = i64::try_from(SUSPECTS_AT_ONCE).expect("a few") + 3;
        assert_eq!(taken(&queue).await, [new], "the new one");
        let group = queue.take(99, WORK).await.expect("a file");
        assert_eq!(group.len(), SUSPECTS_AT_ONCE);
        assert_eq!(taken(&queue).await, [] as [i64; 0], "no more than a group at the same time");
        // The group fills up again while it is being handled. A failure that is recorded has not killed the process.
        assert!(queue.remove(group[0].id).await.expect("a file"));
        queue.put_back(&group[1], "a step is incomplete").await.expect("a file");
        assert_eq!(taken(&queue).await.len(), 2, "the other two suspects");
        queue.take_over().await.expect("a file");
        let again = taken(&queue).await;
        assert!(again.contains(&group[1].id) && again.contains(&new), "no suspects: {again:?}");
        assert_eq!(again.len(), 2, "{again:?}");
    }

    #[tokio::test]
    async fn a_delivery_that_kills_the_process_becomes_a_dead_letter_and_takes_no_other_with_it() {
        let (_folder, queue) = queue();
        crashed(&queue, SUSPECTS_AT_ONCE + 2, SUSPECT).await;
        let poison = 3;
        let mut crashes = SUSPECT;
        loop {
            let group = taken(&queue).await;
            if group.is_empty() {
                break;
            }
            if group.contains(&poison) {
                crashes += 1;
                assert!(crashes == SUSPECT + 1 || group == [poison], "it is alone: {group:?}");
                queue.take_over().await.expect("a file");
            } else {
                for id in group {
                    assert!(queue.remove(id).await.expect("a file"));
                }
            }
        }
        assert_eq!(crashes, MOST_TAKEN);
        let letters = queue.dead_letters().await.expect("a file");
        assert_eq!(letters.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["3"]);
    }

    #[tokio::test]
    async fn a_moved_clock_delays_a_queued_delivery_by_at_most_15_minutes() {
        let (_folder, queue) = queue();
        queue.enqueue(&queued(), Duration::from_mins(1)).await.expect("a file");
        let minute = 60_000;
        // The clock was a day ahead when the delivery was queued, and is then put right.
        queue.shift(24 * 60 * minute).await.expect("a file");
        assert_eq!(
            queue.take(9, WORK).await.expect("a file"),
            [],
            "it is due in a quarter of an hour at the latest"
        );
        queue.shift(-14 * minute).await.expect("a file");
        assert_eq!(queue.take(9, WORK).await.expect("a file"), []);
        queue.shift(-minute).await.expect("a file");
        assert_eq!(queue.take(9, WORK).await.expect("a file").len(), 1);
    }

    #[tokio::test]
    async fn the_last_attempt_makes_a_dead_letter_that_can_be_redriven_and_dropped() {
        let (_folder, queue) = queue();
        queue.enqueue(&queued(), Duration::ZERO).await.expect("a file");
        for failed in 0..=WAITS.len() {
            queue.take_over().await.expect("a file");
            let taken = queue.take(1, WORK).await.expect("a file").remove(0);
            assert_eq!(taken.failed, failed);
            let fate = queue.put_back(&taken, "a step is incomplete").await.expect("a file");
            assert_eq!(fate, if failed == WAITS.len() { Fate::Dead } else { Fate::Waits });
        }
        assert_eq!(queue.take_over().await.expect("a file"), 0, "a dead letter stays one");
        let letters = queue.dead_letters().await.expect("a file");
        assert_eq!((letters.len(), letters[0].reason.as_str()), (1, "a step is incomplete"));
        assert_eq!(queue.dead().await.expect("a file"), 1);
        assert_eq!(queue.redrive().await.expect("a file"), 1);
        assert!(!queue.drop_letter(&letters[0].id).await.expect("a file"), "it waits, and is no dead letter");
        assert_eq!(queue.take(1, WORK).await.expect("a file")[0].failed, 0);
    }
}
