//! PLUG-IN: where secrets come from.
//!
//! | source | chosen by | file |
//! |---|---|---|
//! | AWS Secrets Manager | `SECRET_ID` | `manager.rs` |
//! | a file, as Kubernetes mounts it | `SECRETS_FILE` | `file.rs` |
//! | the environment | neither | `environment.rs` |

mod environment;
mod file;
mod manager;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::aws::Aws;
use crate::config::{SECRET_KEYS, SecretsConfig};
use crate::json::Entries;

/// Older values are fetched again before use, so that a rotation is seen without a deploy.
const MAX_AGE: Duration = Duration::from_mins(15);
/// What looks wrong (a key that is missing, a signature that does not fit) is fetched again no sooner: a flood of requests
/// with wrong signatures costs no more than this.
const DOUBTED_AGE: Duration = Duration::from_secs(30);
/// What a delivery needs.
const NEEDED: [&str; 2] = ["SENTRY_AUTH_TOKEN", "SENTRY_CLIENT_SECRET"];

/// The secrets, as one source gave them.
#[derive(Debug, Clone, Default)]
pub struct Secrets(Vec<(&'static str, SecretString)>);

impl Secrets {
    /// A secret by its variable's name; an empty one counts as absent.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&SecretString> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// How old these may become: somebody is about to add what is missing.
    fn max_age(&self) -> Duration {
        if NEEDED.iter().all(|key| self.get(key).is_some()) { MAX_AGE } else { DOUBTED_AGE }
    }

    /// Whether these are the same values in the same order.
    fn same_as(&self, other: &Self) -> bool {
        let values = |(name, value): &(&'static str, SecretString)| (*name, value.expose_secret().to_owned());
        self.0.iter().map(values).eq(other.0.iter().map(values))
    }
}

/// Why there are no secrets. Names the source and the key, never a value.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The source cannot be read.
    #[error("{place}: cannot be read: {why}")]
    Unreadable {
        /// The source.
        place: String,
        /// What it said.
        why: String,
    },
    /// What it holds is no JSON object.
    #[error("{place}: not a JSON object")]
    NotAnObject {
        /// The source.
        place: String,
    },
    /// A key's value is no text.
    #[error("{place}: key {key} is not a text")]
    NotText {
        /// The source.
        place: String,
        /// The key.
        key: &'static str,
    },
}

/// A source of secrets.
#[async_trait]
trait Source: Send + Sync {
    /// Fetches the secrets anew.
    async fn fetch(&self) -> Result<Secrets, SecretsError>;
}

/// The secrets, fetched on first use, kept, and fetched again when they are old or were refused.
pub struct SecretStore {
    source: Box<dyn Source>,
    held: Mutex<Option<(Instant, Arc<Secrets>)>>,
}

impl SecretStore {
    /// The store that the configuration asks for. Nothing is fetched yet.
    #[must_use]
    pub fn new(config: &SecretsConfig, aws: &Aws) -> Self {
        let source: Box<dyn Source> = match config {
            SecretsConfig::Manager(id) => Box::new(manager::Manager::new(id, aws)),
            SecretsConfig::File(path) => Box::new(file::File::new(path)),
            SecretsConfig::Environment(values) => Box::new(environment::Environment::new(values)),
        };
        Self { source, held: Mutex::new(None) }
    }

    /// The secrets. Old ones are fetched again; if that fails, the old ones serve on.
    ///
    /// # Errors
    /// [`SecretsError`] if there are none at all.
    pub async fn get(&self) -> Result<Arc<Secrets>, SecretsError> {
        let mut held = self.held.lock().await;
        match held.as_ref() {
            Some((at, secrets)) if age(*at) < secrets.max_age() => Ok(Arc::clone(secrets)),
            Some((_, stale)) => {
                let stale = Arc::clone(stale);
                let fetched = self.fetch_into(&mut held).await;
                Ok(fetched.unwrap_or_else(|error| {
                    tracing::warn!(error = %error, "secrets_refresh_failed");
                    stale
                }))
            }
            None => self.fetch_into(&mut held).await,
        }
    }

    /// Fetches the secrets anew, because a third party refused one of `used`: after a rotation ours are the old ones.
    ///
    /// If somebody else has fetched them since, theirs are taken. `None` when there are no others: a refused token is
    /// not tried again.
    pub async fn refreshed(&self, used: &Arc<Secrets>) -> Option<Arc<Secrets>> {
        let mut held = self.held.lock().await;
        let fresh = match held.as_ref() {
            Some((_, secrets)) if !Arc::ptr_eq(secrets, used) => Ok(Arc::clone(secrets)),
            _ => self.fetch_into(&mut held).await,
        };
        let fresh =
            fresh.inspect_err(|error| tracing::warn!(error = %error, "secrets_refresh_failed")).ok()?;
        (!fresh.same_as(used)).then_some(fresh)
    }

    /// Fetches the secrets anew, because something signed does not fit `used`: it may be signed with a newer one. Not
    /// sooner than half a minute after the last time. `None` when there are no others.
    pub async fn doubted(&self, used: &Arc<Secrets>) -> Option<Arc<Secrets>> {
        let is_young =
            |(at, held): &(Instant, Arc<Secrets>)| Arc::ptr_eq(held, used) && age(*at) < DOUBTED_AGE;
        if self.held.lock().await.as_ref().is_some_and(is_young) {
            return None;
        }
        self.refreshed(used).await
    }

    async fn fetch_into(
        &self,
        held: &mut Option<(Instant, Arc<Secrets>)>,
    ) -> Result<Arc<Secrets>, SecretsError> {
        let secrets = Arc::new(self.source.fetch().await?);
        #[expect(
            clippy::disallowed_methods,
            reason = "the age of a cached secret is a matter of the real clock"
        )]
        let now = Instant::now();
        *held = Some((now, Arc::clone(&secrets)));
        Ok(secrets)
    }
}

#[expect(clippy::disallowed_methods, reason = "the age of a cached secret is a matter of the real clock")]
fn age(at: Instant) -> Duration {
    at.elapsed()
}

/// Reads the JSON object that Secrets Manager or a file holds. Unknown keys are left alone.
fn parse(text: &str, place: &str) -> Result<Secrets, SecretsError> {
    let not_an_object = || SecretsError::NotAnObject { place: place.to_owned() };
    if !text.trim_start().starts_with('{') {
        return Err(not_an_object());
    }
    let entries: Entries<Value> = serde_json::from_str(text).map_err(|_| not_an_object())?;
    let mut secrets = Secrets::default();
    for (name, value) in entries.0 {
        let Some(key) = SECRET_KEYS.into_iter().find(|key| **key == *name) else { continue };
        match value {
            Value::Text(text) if text.trim().is_empty() => {}
            Value::Text(text) => secrets.0.push((key, SecretString::from(text.trim().to_owned()))),
            Value::Other(_) => return Err(SecretsError::NotText { place: place.to_owned(), key }),
        }
    }
    Ok(secrets)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Other(serde::de::IgnoredAny),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_read_and_its_faults_are_named_without_their_value() {
        let secrets =
            parse(r#"{"SENTRY_AUTH_TOKEN":"t","TELEGRAM_BOT_TOKEN":"","other":1}"#, "s").expect("an object");
        assert_eq!(
            secrets.get("SENTRY_AUTH_TOKEN").map(|s| s.expose_secret().to_owned()).as_deref(),
            Some("t")
        );
        assert!(secrets.get("TELEGRAM_BOT_TOKEN").is_none());
        let fault = |text: &str| parse(text, "secret x").expect_err("a fault").to_string();
        assert_eq!(fault("canary"), "secret x: not a JSON object");
        assert_eq!(fault(r#"["canary"]"#), "secret x: not a JSON object");
        assert_eq!(fault(r#"{"LLM_API_KEY":{"v":"canary"}}"#), "secret x: key LLM_API_KEY is not a text");
    }

    /// Gives other secrets each time.
    struct Rotating(std::sync::atomic::AtomicU32);

    #[async_trait]
    impl Source for Rotating {
        async fn fetch(&self) -> Result<Secrets, SecretsError> {
            let times = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let missing = if times < 2 { "" } else { r#","SENTRY_AUTH_TOKEN":"t""# };
            parse(&format!(r#"{{"SENTRY_CLIENT_SECRET":"{times}"{missing}}}"#), "a test")
        }
    }

    /// Makes the copy in memory this much older.
    async fn wait(store: &SecretStore, seconds: u64) {
        let mut held = store.held.lock().await;
        let (at, _) = held.as_mut().expect("a copy");
        *at = at.checked_sub(Duration::from_secs(seconds)).expect("the machine has been up so long");
    }

    #[tokio::test]
    async fn what_looks_wrong_is_fetched_again_but_not_all_the_time() {
        let store = SecretStore { source: Box::new(Rotating(0.into())), held: Mutex::new(None) };
        let client = |secrets: &Secrets| {
            secrets.get("SENTRY_CLIENT_SECRET").map(|s| s.expose_secret().to_owned()).expect("a secret")
        };
        let first = store.get().await.expect("secrets");
        assert!(store.doubted(&first).await.is_none(), "just fetched");
        wait(&store, 31).await;
        let second = store.doubted(&first).await.expect("newer ones");
        assert_eq!((client(&first).as_str(), client(&second).as_str()), ("0", "1"));
        assert_eq!(client(&store.doubted(&first).await.expect("somebody else's")), "1");
        // A copy that lacks what a delivery needs is looked at again soon, a whole one is not.
        wait(&store, 31).await;
        assert_eq!(client(&store.get().await.expect("secrets")), "2");
        wait(&store, 31).await;
        assert_eq!(client(&store.get().await.expect("secrets")), "2");
    }
}
