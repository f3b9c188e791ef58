//! Keeps the secrets in memory. They are read on first use, served even when outdated, and refreshed after a response.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Secrets, SecretsError, Source};
use crate::clock::Stopwatch;

/// The age after which the secrets in memory are refreshed, so that a rotation takes effect without a deployment. The
/// refresh happens during the work on an incident, which usually follows the answer to the webhook.
const MAX_AGE: Duration = Duration::from_mins(15);
/// The minimum age before the secrets in memory are read again because one is missing or because a signature was
/// invalid. A flood of forged requests therefore costs only one fetch in this time.
const DOUBTED_AGE: Duration = Duration::from_secs(30);
/// The secrets of one source, with a copy in memory. At most one fetch runs at a time, and readers of a complete copy
/// in memory never wait for a fetch.
pub struct SecretStore {
    source: Box<dyn Source>,
    pub(super) memory: Mutex<Memory>,
    reading: tokio::sync::Mutex<()>,
}

/// The last copy of the secrets, and the last failed fetch after that copy.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) copy: Option<(Stopwatch, Arc<Secrets>)>,
    pub(super) failure: Option<FailedFetch>,
}

/// A failed fetch.
pub(super) struct FailedFetch {
    pub(super) at: Stopwatch,
    /// The time before the fetch is repeated.
    wait: Duration,
    error: SecretsError,
}

impl FailedFetch {
    /// A fetch that has failed now and is repeated after `age` and a random part of up to a fifth of it, so that
    /// processes that failed together do not fetch together.
    fn now(error: &SecretsError, age: Duration) -> Self {
        let wait = age + age.mul_f64(fastrand::f64() / 5.0);
        Self { at: Stopwatch::start(), wait, error: error.clone() }
    }
}

impl Memory {
    /// Returns the copy that needs no fetch. A copy that lacks a needed secret is returned for [`DOUBTED_AGE`] only.
    fn served(&self) -> Option<Arc<Secrets>> {
        let (at, secrets) = self.copy.as_ref()?;
        (secrets.is_complete() || at.elapsed() < DOUBTED_AGE).then(|| Arc::clone(secrets))
    }

    /// Returns the outcome of another caller's fetch that ended after this caller had read `seen`. `None` if there was
    /// no such fetch, or if it failed so long ago that it is repeated now.
    fn outcome_since(&self, seen: Option<&Arc<Secrets>>) -> Option<Result<Arc<Secrets>, SecretsError>> {
        let newer = self.copy.as_ref().filter(|(_, copy)| seen.is_none_or(|seen| !Arc::ptr_eq(seen, copy)));
        let failure = self.failure.as_ref().filter(|failure| failure.at.elapsed() < failure.wait);
        let failed = || failure.map(|failure| Err(failure.error.clone()));
        newer.map(|(_, copy)| Ok(Arc::clone(copy))).or_else(failed)
    }

    fn keep(&mut self, fetched: &Result<Arc<Secrets>, SecretsError>, failure_age: Duration) {
        match fetched {
            Ok(secrets) => {
                *self = Self { copy: Some((Stopwatch::start(), Arc::clone(secrets))), failure: None }
            }
            Err(error) => self.failure = Some(FailedFetch::now(error, failure_age)),
        }
    }
}

impl SecretStore {
    /// Creates a store for `source`, without reading the source yet.
    pub(super) fn of(source: Box<dyn Source>) -> Self {
        Self { source, memory: Mutex::default(), reading: tokio::sync::Mutex::default() }
    }

    /// Returns the secrets. A complete copy in memory is returned at once, however old it is; [`Self::renew`] refreshes
    /// it after the response. A copy that lacks a needed secret and is older than half a minute is fetched again, and
    /// returned if the fetch fails.
    ///
    /// # Errors
    ///
    /// [`SecretsError`] if there is no copy in memory and the fetch fails.
    pub async fn get(&self) -> Result<Arc<Secrets>, SecretsError> {
        if let Some(secrets) = self.memory().served() {
            return Ok(secrets);
        }
        let incomplete = self.memory().copy.as_ref().map(|(_, secrets)| Arc::clone(secrets));
        let fetched = self.read(incomplete.as_ref()).await;
        fetched.or_else(|error| incomplete.ok_or(error))
    }

    /// Refreshes a copy that is older than 15 minutes. The caller has already sent its response, so no client waits.
    pub async fn renew(&self) {
        let old = self
            .memory()
            .copy
            .as_ref()
            .filter(|(at, _)| at.elapsed() >= MAX_AGE)
            .map(|(_, it)| Arc::clone(it));
        if let Some(old) = old {
            // The fetch logs its failure; the old copy stays in use.
            drop(self.read(Some(&old)).await);
        }
    }

    /// Fetches the secrets again after a service rejected one of `used`, because the copy is outdated after a rotation.
    ///
    /// Returns a newer copy, which may come from another caller's fetch, or `None` if the secrets have not changed or
    /// cannot be fetched.
    pub async fn refreshed(&self, used: &Arc<Secrets>) -> Option<Arc<Secrets>> {
        let fresh = self.read(Some(used)).await.ok()?;
        (!fresh.same_as(used)).then_some(fresh)
    }

    /// Fetches the secrets again because a signature does not match `used` and may be made with a newer secret. Returns
    /// `None` if the secrets have not changed, cannot be fetched, or are younger than half a minute.
    pub async fn doubted(&self, used: &Arc<Secrets>) -> Option<Arc<Secrets>> {
        let is_young =
            |(at, held): &(Stopwatch, Arc<Secrets>)| Arc::ptr_eq(held, used) && at.elapsed() < DOUBTED_AGE;
        if self.memory().copy.as_ref().is_some_and(is_young) {
            return None;
        }
        self.refreshed(used).await
    }

    /// Fetches the secrets, unless another fetch has ended since `seen` was read, or has just failed.
    async fn read(&self, seen: Option<&Arc<Secrets>>) -> Result<Arc<Secrets>, SecretsError> {
        let _turn = self.reading.lock().await;
        if let Some(outcome) = self.memory().outcome_since(seen) {
            return outcome;
        }
        let fetched = self.source.fetch().await.map(Arc::new);
        if let (Err(error), true) = (&fetched, seen.is_some()) {
            tracing::warn!(error = %error, "secrets_refresh_failed");
        }
        self.memory().keep(&fetched, self.source.failure_age());
        fetched
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
