//! What models have cost today, and what they have said before: a counter a day, and a document an answer.

use serde::{Deserialize, Serialize};

use super::{Decision, Documents, StateError};

/// Seconds of a day.
const DAY: u64 = 86_400;
/// An answer is kept this long: about the same release nothing new is said much later.
const KEPT_SECONDS: u64 = 30 * DAY;
/// A longer answer is not kept: a store takes some 400 KB at once, and no honest one is nearly as long.
const LONGEST: usize = 64 * 1024;

/// The calls of the day and the answers, among the documents of an installation.
pub struct Spending(Documents);

/// The calls of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Calls {
    calls: u32,
    /// Random, so that a count whose answer was lost is not counted twice, and another's count is not taken for it.
    #[serde(default)]
    writer: u64,
}

/// What a model said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    answer: String,
    /// Seconds since 1970 after which it does not count; a store may be late to drop it.
    until: u64,
}

impl Spending {
    /// The spending among `documents`.
    #[must_use]
    pub fn new(documents: &Documents) -> Self {
        Self(documents.clone())
    }

    /// Takes one of the `most` calls of the day that `now` (seconds since 1970) is in; false when none is left.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked, or others kept counting.
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

    /// What was said to `question` before.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn recall(&self, question: &str, now: u64) -> Result<Option<String>, StateError> {
        let found = self.0.get::<Said>(&key_of(question)).await?;
        Ok(found.map(|found| found.content).filter(|said| said.until > now).map(|said| said.answer))
    }

    /// Keeps what was said to `question`, in place of an older answer.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be asked.
    pub async fn remember(&self, question: &str, answer: &str, now: u64) -> Result<(), StateError> {
        if answer.len() > LONGEST {
            return Ok(());
        }
        let (key, until) = (key_of(question), now + KEPT_SECONDS);
        let said = Said { answer: answer.to_owned(), until };
        // Nothing stands there as a rule: the first write needs no read.
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
    async fn a_day_has_so_many_calls_whoever_takes_them() {
        let documents = open(None, None, &Aws::default());
        let (one, other) = (Spending::new(&documents), Spending::new(&documents));
        assert!(one.take_call(2, 10).await.expect("memory"));
        assert!(other.take_call(2, DAY - 1).await.expect("memory"));
        assert!(!one.take_call(2, DAY - 1).await.expect("memory"));
        assert!(one.take_call(2, DAY).await.expect("memory"), "the next day has its own");
        assert!(!spending().take_call(0, 10).await.expect("memory"));
    }

    #[tokio::test]
    async fn an_answer_is_kept_replaced_and_outlived() {
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
