//! `sidenote doctor`: checks everything that Sidenote needs to handle a webhook, and names a remedy for each problem.
//!
//! There is one file per subject. A check yields [`CheckResult`]s: a stable name, a status, the evidence and the
//! remedy. One fault yields one failure: checks that depend on a failed check are skipped and name the failed check.
//! Independent checks run in parallel.
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
//! | `source.rs` | `source`, or `source.host`, `source.repository`, `source.mapping`, `source.release`, `source.model` |
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
use crate::notifiers::{Examination, Means, examined};
use crate::secrets::{SecretStore, Secrets};

/// The checks that command-line options of `sidenote doctor` request, in addition to the checks of the settings.
#[derive(Debug, Clone, Default)]
pub struct CheckScope {
    /// The URL of the webhook to test, with or without its path; `None` skips these checks.
    pub url: Option<Url>,
    /// The Sentry issue on which a test note is posted; `None` posts no note.
    pub write: Option<IssueId>,
    /// The Sentry projects that the auth token must be able to see.
    pub projects: Vec<Slug>,
    /// The deadline for one question to the model; `None` asks no question, because an answer costs tokens.
    pub ask: Option<Deadline>,
}

/// The settings, the HTTP client, the requested scope and the deadline that all checks share.
struct Visit<'a> {
    config: &'a Config,
    http: &'a Http,
    scope: &'a CheckScope,
    deadline: Deadline,
}

/// Runs all checks, independent ones in parallel, and returns their results. HTTP requests end by `deadline`, except
/// the question to the model, whose deadline is in `scope`. If the file of `SSL_CERT_FILE` is unusable, this failure is
/// the only result, because no request is possible then.
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

/// Reads the secrets and runs the checks that need them. Returns the results about the secrets themselves, and those
/// of the other checks.
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
    let examined = examined();
    let (sentry, notifiers, analyzer, source, url) = tokio::join!(
        sentry::check(visit, secret("SENTRY_AUTH_TOKEN")),
        join_all(examined.iter().map(|notifier| notifier.check(&examination))),
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

/// The secrets without those whose check failed, for example a token under the wrong name. A failed value is never
/// sent to a service.
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
