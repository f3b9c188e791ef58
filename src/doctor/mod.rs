//! `sidenote doctor`: checks everything that a delivery needs, and says how to repair it.
//!
//! There is one file per subject. A check yields [`CheckResult`]s: a stable name, a status, the evidence and the
//! remedy. One fault yields one failure: checks that depend on it are skipped and point to it. Independent checks run
//! in parallel.
//!
//! | file | checks |
//! |---|---|
//! | `configuration.rs` | `configuration`, `configuration.VARIABLE` |
//! | `keys.rs` | `secrets`, `secrets.KEY` |
//! | `storage.rs` | `state.table` or `state.file`, `redelivery.queue` |
//! | `sentry.rs`, `clock.rs`, `note.rs` | `sentry.reachable`, `clock`, `sentry.token`, `sentry.scopes`, `sentry.organization`, `sentry.issues`, `sentry.project`, `sentry.comment` |
//! | `alerts.rs` | `sentry.subscription`, `sentry.webhooks`, `sentry.alerts` |
//! | each notifier's own `check` | names that begin with the notifier's, such as `telegram.bot` |
//! | `analyzer.rs`, `gateway.rs`, `model.rs` | `analyzer`, or `analyzer.health`, `analyzer.endpoint`, `analyzer.model`, `analyzer.agent`, `analyzer.answer` |
//! | `front_door.rs` | `url.health`, `url.delivery`, `url.speed`, `url.lock` |

mod alerts;
mod analyzer;
mod clock;
mod configuration;
mod finding;
mod front_door;
mod gateway;
mod keys;
mod model;
mod note;
mod report;
mod scopes;
mod sentry;
mod source;
mod storage;

use futures_util::future::join_all;
use reqwest::Url;
use secrecy::SecretString;

pub use self::configuration::misconfigured;
pub use self::finding::{CheckResult, CheckStatus};
pub use self::report::DoctorReport;
use crate::aws::Aws;
use crate::config::{Config, SecretLookup};
use crate::domain::deadline::Deadline;
use crate::domain::ids::{IssueId, Slug};
use crate::http::{Http, reach};
use crate::notifiers::{Examination, Means, Notifiers};
use crate::secrets::{SecretStore, Secrets};

/// The checks that options request, in addition to those for the settings.
#[derive(Debug, Clone, Default)]
pub struct CheckScope {
    /// The webhook's URL or its base.
    pub url: Option<Url>,
    /// The issue for a test note.
    pub write: Option<IssueId>,
    /// Projects that must be visible.
    pub projects: Vec<Slug>,
    /// The deadline for one question to the model; `None` asks no question.
    pub ask: Option<Deadline>,
}

/// The context that every check shares.
struct Visit<'a> {
    config: &'a Config,
    http: &'a Http,
    scope: &'a CheckScope,
    deadline: Deadline,
}

/// Runs every check.
pub async fn examine(config: &Config, scope: &CheckScope, deadline: Deadline) -> DoctorReport {
    let http = match Http::new(config.extra_roots.as_deref()) {
        Ok(http) => http,
        Err(error) => return DoctorReport { findings: vec![configuration::without_http(&error)] },
    };
    let visit = Visit { config, http: &http, scope, deadline };
    let aws = Aws::default();
    let store = SecretStore::new(&config.secrets, &aws);
    let (table, queue, (keys, others)) = tokio::join!(
        storage::table(&visit, &aws),
        storage::queue(&visit, &aws),
        with_secrets(&visit, &aws, &store),
    );
    let mut findings = configuration::check(config);
    findings.extend(keys);
    findings.extend([table, queue]);
    findings.extend(others);
    DoctorReport { findings }
}

/// Runs the checks that need secrets.
async fn with_secrets(
    visit: &Visit<'_>,
    aws: &Aws,
    store: &SecretStore,
) -> (Vec<CheckResult>, Vec<CheckResult>) {
    let (secrets, keys) = keys::check(visit, store).await;
    let usable = Usable { secrets: secrets.as_deref(), keys: &keys };
    let secret = |key| usable.secret(key);
    let means = Means { config: visit.config, http: visit.http, secrets: &usable, deadline: visit.deadline };
    let examination = Examination { means, url: visit.scope.url.as_ref() };
    let notifiers = Notifiers::default();
    let (sentry, notifiers, analyzer, source, url) = tokio::join!(
        sentry::check(visit, secret("SENTRY_AUTH_TOKEN")),
        join_all(notifiers.iter().map(|notifier| notifier.check(&examination))),
        async {
            match &secrets {
                Some(_) => analyzer::check(visit, aws, secret("LLM_API_KEY")).await,
                None => vec![CheckResult::skipped("analyzer", "see secrets: it may want a key")],
            }
        },
        source::check(visit, secret("SENTRY_AUTH_TOKEN"), secret("SOURCE_TOKEN")),
        front_door::check(visit, secret("SENTRY_CLIENT_SECRET")),
    );
    (keys, [sentry, notifiers.concat(), analyzer, source, url].concat())
}

/// The secrets without those that are under the wrong key. Such a value is not sent to any service.
struct Usable<'a> {
    secrets: Option<&'a Secrets>,
    keys: &'a [CheckResult],
}

impl SecretLookup for Usable<'_> {
    fn secret(&self, key: &str) -> Option<&SecretString> {
        let is_misplaced = |it: &CheckResult| {
            it.verdict == CheckStatus::Failed && it.name.strip_prefix("secrets.") == Some(key)
        };
        if self.keys.iter().any(is_misplaced) { None } else { self.secrets?.get(key) }
    }
}
