//! Limits the calls to a language model per day, and stores its answers, so that the same question is not asked again.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use super::prompt;
use crate::clock::unix_seconds;
use crate::config::ModelConfig;
use crate::domain::evidence::Evidence;
use crate::domain::text::Untrusted;
use crate::domain::words::Language;

/// A store that counts the model's calls of each day (UTC) and keeps its answers. All invocations share the budget if a
/// state store is configured.
#[async_trait]
pub trait ModelBudget: Send + Sync {
    /// Takes one of today's `most` calls. Returns false if no call is left. While the store is unavailable, an
    /// implementation counts in its own memory.
    async fn take_call(&self, most: u32) -> bool;
    /// Returns the stored answer to a question, if there is one.
    async fn recall(&self, question: &QuestionId) -> Option<String>;
    /// Stores an answer to a question. A failure is not reported to the caller.
    async fn remember(&self, question: &QuestionId, answer: &str);
}

/// The identity of a question: a hash, in hex, of the issue, the release, the types of the first exceptions, the newest
/// frames, the prompt's version, the provider, the model, the limit of tokens, the language, and, if the model may read
/// source code, the files and their commits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QuestionId(String);

/// The identity of a question contains at most this many stack frames (the newest ones) and at most this many
/// exceptions.
const FRAMES: usize = 5;

impl QuestionId {
    /// Returns the id of the question about this evidence, for this model and language.
    #[must_use]
    pub fn of(evidence: &Evidence, config: &ModelConfig, language: Language) -> Self {
        let raw = |text: Option<&Untrusted>| text.map(|text| text.raw().to_owned()).unwrap_or_default();
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update(part.len().to_le_bytes());
            hash.update(part.as_bytes());
        };
        add(evidence.issue.id.as_str());
        add(&raw(evidence.release()));
        for exception in evidence.event.iter().flat_map(|event| &event.exceptions).take(FRAMES) {
            add(&raw(exception.kind.as_ref()));
        }
        for frame in evidence.event.iter().flat_map(|event| &event.frames).take(FRAMES) {
            add(&raw(frame.place().as_ref()));
            add(&raw(frame.function.as_ref()));
        }
        add(&format!("{} {} {language:?} {}", prompt::VERSION, config.provider.name(), config.max_tokens));
        for source in evidence.source.iter().filter(|_| config.reads_source) {
            add(source.location.path.raw());
            add(source.revision.name());
        }
        for diff in evidence.diffs.iter().filter(|_| config.reads_source) {
            add(diff.location.path.raw());
            add(&raw(evidence.commits.get(diff.commit).map(|commit| &commit.id)));
        }
        add(&config.model);
        let hex = hash.finalize().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Self(hex)
    }

    /// Returns the hash in hex.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A [`ModelBudget`] in the memory of this process, which no other process shares.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    day: u64,
    calls: u32,
    answers: HashMap<QuestionId, String>,
    /// The questions in the order in which their answers were stored. The oldest answer is dropped first.
    order: VecDeque<QuestionId>,
}

/// A process keeps at most this many answers in its memory.
const MOST_ANSWERS: usize = 256;

impl Memory {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn today() -> u64 {
    unix_seconds() / 86_400
}

#[async_trait]
impl ModelBudget for Memory {
    async fn take_call(&self, most: u32) -> bool {
        let mut held = self.held();
        let today = today();
        if held.day != today {
            (held.day, held.calls) = (today, 0);
        }
        let is_left = held.calls < most;
        held.calls += u32::from(is_left);
        is_left
    }

    async fn recall(&self, question: &QuestionId) -> Option<String> {
        self.held().answers.get(question).cloned()
    }

    async fn remember(&self, question: &QuestionId, answer: &str) {
        let mut held = self.held();
        if held.answers.insert(question.clone(), answer.to_owned()).is_none() {
            held.order.push_back(question.clone());
        }
        if held.order.len() > MOST_ANSWERS
            && let Some(oldest) = held.order.pop_front()
        {
            held.answers.remove(&oldest);
        }
    }
}
