//! PLUG-IN: sources of secrets.
//!
//! | source | chosen by | file |
//! |---|---|---|
//! | AWS Secrets Manager | `SECRET_ID`, cargo feature `aws` | `manager.rs` |
//! | a file, as Kubernetes mounts it | `SECRETS_FILE` | `file.rs` |
//! | the environment | neither | `environment.rs` |

mod environment;
mod file;
#[cfg(feature = "aws")]
mod manager;
mod slip;
mod store;

use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

pub use self::slip::{Slip, slip};
pub use self::store::SecretStore;
use crate::aws::Aws;
use crate::config::{SECRET_KEYS, SecretLookup, SecretsConfig};
use crate::json::Entries;

/// The names of the secrets that every webhook delivery needs.
const NEEDED: [&str; 2] = ["SENTRY_AUTH_TOKEN", "SENTRY_CLIENT_SECRET"];

/// The secrets that one fetch from a source returned, by name.
#[derive(Debug, Clone, Default)]
pub struct Secrets(Vec<(&'static str, SecretString)>);

impl Secrets {
    /// Returns the secret called `key`, such as `SENTRY_AUTH_TOKEN`. An empty secret counts as absent.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&SecretString> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Whether all secrets that every webhook delivery needs are present.
    fn is_complete(&self) -> bool {
        NEEDED.iter().all(|key| self.get(key).is_some())
    }

    /// Whether `self` and `other` hold the same values in the same order.
    fn same_as(&self, other: &Self) -> bool {
        let values = |(name, value): &(&'static str, SecretString)| (*name, value.expose_secret().to_owned());
        self.0.iter().map(values).eq(other.0.iter().map(values))
    }
}

impl SecretLookup for Secrets {
    fn secret(&self, key: &str) -> Option<&SecretString> {
        self.get(key)
    }
}

/// The reason why the secrets cannot be read. The error names the source and the key, never a value.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SecretsError {
    /// The source cannot be read.
    #[error("{place}: cannot be read: {why}")]
    Unreadable {
        /// The name of the source, such as `SECRETS_FILE` with its path.
        place: String,
        /// The error text of the source.
        why: String,
    },
    /// The text is not a JSON object.
    #[error("{place}: not a JSON object")]
    NotAnObject {
        /// The name of the source.
        place: String,
    },
    /// The value of a secret is not a string.
    #[error("{place}: key {key} is not a text")]
    NotText {
        /// The name of the source.
        place: String,
        /// The name of the secret.
        key: &'static str,
    },
}

/// A source of secrets, such as a file or AWS Secrets Manager.
#[async_trait]
trait Source: Send + Sync {
    /// Reads all secrets from the source.
    async fn fetch(&self) -> Result<Secrets, SecretsError>;

    /// The time before a failed fetch is repeated. A random part is added to it. The default is zero, for sources that
    /// cost nothing to read.
    fn failure_age(&self) -> Duration {
        Duration::ZERO
    }
}

impl SecretStore {
    /// Creates a store for the configured source, without reading the source yet.
    #[must_use]
    pub fn new(config: &SecretsConfig, aws: &Aws) -> Self {
        // Only Secrets Manager uses AWS.
        let _ = aws;
        Self::of(match config {
            #[cfg(feature = "aws")]
            SecretsConfig::Manager(id) => Box::new(manager::Manager::new(id, aws)),
            SecretsConfig::File(path) => Box::new(file::File::new(path)),
            SecretsConfig::Environment(values) => Box::new(environment::Environment::new(values)),
            // The configuration rejects `SECRET_ID` in a build without AWS.
            #[cfg(not(feature = "aws"))]
            SecretsConfig::Manager(_) => Box::new(environment::Environment::new(&[])),
        })
    }
}

/// Parses the JSON object from Secrets Manager or a file. A byte order mark is skipped, unknown keys are ignored, and a
/// `null` or empty value counts as absent.
fn parse(text: &str, place: &str) -> Result<Secrets, SecretsError> {
    let not_an_object = || SecretsError::NotAnObject { place: place.to_owned() };
    let text = text.trim_start_matches('\u{feff}');
    if !text.trim_start().starts_with('{') {
        return Err(not_an_object());
    }
    let entries: Entries<Value> = serde_json::from_slice(text.as_bytes()).map_err(|_| not_an_object())?;
    let mut secrets = Secrets::default();
    for (name, value) in entries.0 {
        let Some(key) = SECRET_KEYS.into_iter().find(|key| **key == *name) else { continue };
        match value {
            Value::Absent(()) => {}
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
    Absent(()),
    Text(String),
    Other(serde::de::IgnoredAny),
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use super::store::Memory;
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

    #[test]
    fn a_byte_order_mark_and_null_values_are_accepted_in_secrets() {
        let text = "\u{feff}{\"SENTRY_AUTH_TOKEN\": \"t\", \"LLM_API_KEY\": null}";
        let secrets = parse(text, "a file").expect("an object");
        assert!(secrets.get("SENTRY_AUTH_TOKEN").is_some() && secrets.get("LLM_API_KEY").is_none());
    }

    /// A source that returns different secrets on each fetch. The first two results lack the token.
    #[derive(Default)]
    struct Rotating {
        times: AtomicU32,
        fails: AtomicBool,
    }

    #[async_trait]
    impl Source for Arc<Rotating> {
        async fn fetch(&self) -> Result<Secrets, SecretsError> {
            let times = self.times.fetch_add(1, Ordering::Relaxed);
            if self.fails.load(Ordering::Relaxed) {
                return Err(SecretsError::Unreadable { place: "a test".to_owned(), why: "ill".to_owned() });
            }
            let missing = if times < 2 { "" } else { r#","SENTRY_AUTH_TOKEN":"t""# };
            parse(&format!(r#"{{"SENTRY_CLIENT_SECRET":"{times}"{missing}}}"#), "a test")
        }

        fn failure_age(&self) -> Duration {
            Duration::from_secs(2)
        }
    }

    fn store() -> (Arc<Rotating>, SecretStore) {
        let source = Arc::new(Rotating::default());
        (Arc::clone(&source), SecretStore::of(Box::new(source)))
    }

    /// Makes the copy and the failure in memory older by the given time.
    fn wait(store: &SecretStore, seconds: u64) {
        let mut memory = store.memory();
        let Memory { copy, failure } = &mut *memory;
        let times =
            copy.iter_mut().map(|(at, _)| at).chain(failure.iter_mut().map(|failure| &mut failure.at));
        for at in times {
            *at = at.started_earlier(Duration::from_secs(seconds)).expect("the machine has been up so long");
        }
    }

    fn client(secrets: &Secrets) -> String {
        secrets.get("SENTRY_CLIENT_SECRET").map(|s| s.expose_secret().to_owned()).expect("a secret")
    }

    #[tokio::test]
    async fn doubted_secrets_are_read_again_at_a_limited_rate() {
        let (_, store) = store();
        let first = store.get().await.expect("secrets");
        assert!(store.doubted(&first).await.is_none(), "just read");
        wait(&store, 31);
        let second = store.doubted(&first).await.expect("newer ones");
        assert_eq!((client(&first), client(&second)), ("0".to_owned(), "1".to_owned()));
        assert_eq!(client(&store.doubted(&first).await.expect("the copy of another caller")), "1");
        // A copy that lacks a needed secret is read again soon; a complete one is not.
        wait(&store, 31);
        assert_eq!(client(&store.get().await.expect("secrets")), "2");
        wait(&store, 31);
        assert_eq!(client(&store.get().await.expect("secrets")), "2");
    }

    #[tokio::test]
    async fn an_old_copy_is_served_at_once_and_renewed_afterwards() {
        let (source, store) = store();
        source.times.store(2, Ordering::Relaxed);
        assert_eq!(client(&store.get().await.expect("secrets")), "2");
        wait(&store, 16 * 60);
        assert_eq!(client(&store.get().await.expect("secrets")), "2");
        assert_eq!(source.times.load(Ordering::Relaxed), 3, "serving an old copy reads nothing");
        store.renew().await;
        assert_eq!(client(&store.get().await.expect("secrets")), "3");
        store.renew().await;
        assert_eq!(source.times.load(Ordering::Relaxed), 4, "a young copy is not renewed");
    }

    #[tokio::test]
    async fn a_failed_read_is_cached_for_seconds_and_old_secrets_stay_in_use() {
        let (source, store) = store();
        source.fails.store(true, Ordering::Relaxed);
        for _ in 0..100 {
            assert!(store.get().await.is_err());
        }
        assert_eq!(source.times.load(Ordering::Relaxed), 1, "one reading for a hundred requests");
        wait(&store, 1);
        assert!(store.get().await.is_err());
        assert_eq!(source.times.load(Ordering::Relaxed), 1, "it is too early for another one");
        wait(&store, 3);
        source.fails.store(false, Ordering::Relaxed);
        source.times.store(2, Ordering::Relaxed);
        assert_eq!(client(&store.get().await.expect("secrets")), "2");
        source.fails.store(true, Ordering::Relaxed);
        wait(&store, 16 * 60);
        store.renew().await;
        assert_eq!(client(&store.get().await.expect("secrets")), "2");
    }
}
