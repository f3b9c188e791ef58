//! Stores the number of a model's calls and its answers in the state store: one counter per day, and one document per
//! answer.

use serde::{Deserialize, Serialize};

use super::{Decision, Documents, StateError};

/// The number of seconds of a day.
const DAY: u64 = 86_400;
/// The time for which an answer is kept, in seconds. Keeping answers longer helps little, because the same question
/// rarely occurs again after a new release.
const KEPT_SECONDS: u64 = 30 * DAY;
/// The longest answer that is kept, in bytes. A store accepts about 400 KB per document, and ordinary answers are far
/// shorter.
const LONGEST: usize = 64 * 1024;

/// The number of calls of each day and the answers, in the state store.
pub struct Spending(Documents);

/// The number of calls on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Calls {
    calls: u32,
    /// A random number that distinguishes writers, so that a repeated write counts once and the write of another
    /// process is not mistaken for it.
    #[serde(default)]
    writer: u64,
}

/// A stored answer of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    answer: String,
    /// The time after which the answer is ignored, in seconds since 1970. A store may delete it later.
    until: u64,
}

impl Spending {
    /// Returns the calls and answers that are stored in `documents`.
    #[must_use]
    pub fn new(documents: &Documents) -> Self {
        Self(documents.clone())
    }

    /// Counts one more call on the day (UTC) that contains `now` (seconds since 1970). Returns false, and counts
    /// nothing, if the day already has `most` calls.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read or written, or if other writers won every attempt.
    pub async fn take_call(&self, most: u32, now: u64) -> Result<bool, StateError> {
        let (day, writer) = (now / DAY, fastrand::u64(..));
        let key = format!("model-calls#{day}");
        let taken = self.0.change(&key, |standing: Option<&Calls>| {
            let calls = standing.map_or(0, |it| it.calls);
            if calls >= most {
                return Decision::Leave(false);
            }
            Decision::Write {
                next: Calls { calls: calls + 1, writer },
                expires: (day + 2) * DAY,
                result: true,
            }
        });
        Ok(taken.await?.result)
    }

    /// Returns the stored answer to `question`. `None` if there is none, or if it has expired at `now` (seconds since
    /// 1970).
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be read.
    pub async fn recall(&self, question: &str, now: u64) -> Result<Option<String>, StateError> {
        let found = self.0.get::<Said>(&key_of(question)).await?;
        Ok(found.map(|found| found.content).filter(|said| said.until > now).map(|said| said.answer))
    }

    /// Stores the answer to `question`, and replaces an older answer. An answer of more than 64 KiB is not stored.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store cannot be written.
    pub async fn remember(&self, question: &str, answer: &str, now: u64) -> Result<(), StateError> {
        if answer.len() > LONGEST {
            return Ok(());
        }
        let (key, until) = (key_of(question), now + KEPT_SECONDS);
        let said = Said { answer: answer.to_owned(), until };
        // Usually there is no stored answer yet, so the first write is attempted without a read.
        let kept = self.0.change_from(&key, None, |_: Option<&Said>| Decision::Write {
            next: said.clone(),
            expires: until,
            result: (),
        });
        kept.await.map(drop)
    }
}

fn key_of(question: &str) -> String {
    format!("model-answer#{question}")
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;
    use crate::aws::Aws;

    fn spending() -> Spending {
        Spending::new(&open(None, None, &Aws::default()))
    }

    #[tokio::test]
    async fn a_day_has_a_limited_number_of_calls_for_all_callers() {
        let documents = open(None, None, &Aws::default());
        let (one, other) = (Spending::new(&documents), Spending::new(&documents));
        assert!(one.take_call(2, 10).await.expect("memory"));
        assert!(other.take_call(2, DAY - 1).await.expect("memory"));
        assert!(!one.take_call(2, DAY - 1).await.expect("memory"));
        assert!(one.take_call(2, DAY).await.expect("memory"), "the next day has its own");
        assert!(!spending().take_call(0, 10).await.expect("memory"));
    }

    #[tokio::test]
    async fn a_cached_model_answer_can_be_replaced_and_expires() {
        let spending = spending();
        assert_eq!(spending.recall("q", 0).await.expect("memory"), None);
        spending.remember("q", "one", 0).await.expect("memory");
        spending.remember("q", "two", 5).await.expect("memory");
        spending.remember("q", &"x".repeat(LONGEST + 1), 6).await.expect("memory");
        assert_eq!(spending.recall("q", 9).await.expect("memory").as_deref(), Some("two"));
        assert_eq!(spending.recall("other", 9).await.expect("memory"), None);
        assert_eq!(spending.recall("q", 5 + KEPT_SECONDS).await.expect("memory"), None);
    }
}
