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
//! | `storage.rs` | `state.table`, `redelivery.queue` |
//! | `sentry.rs`, `clock.rs`, `note.rs` | `sentry.reachable`, `clock`, `sentry.token`, `sentry.scopes`, `sentry.organization`, `sentry.issues`, `sentry.project`, `sentry.comment` |
//! | `telegram.rs`, `webhook.rs` | `telegram.bot`, `telegram.chat`, `telegram.rights`, `telegram.thread`, `telegram.webhook` |
//! | `analyzer.rs` | `analyzer`, or `analyzer.health`, `analyzer.endpoint`, `analyzer.model`, `analyzer.agent`, `analyzer.answer` |
//! | `front_door.rs` | `url.health`, `url.delivery`, `url.speed`, `url.lock` |

mod analyzer;
mod clock;
mod configuration;
mod finding;
mod front_door;
mod keys;
mod note;
mod reach;
mod report;
mod sentry;
mod storage;
mod telegram;
mod webhook;

use reqwest::Url;

pub use self::configuration::misconfigured;
pub use self::finding::{CheckResult, CheckStatus};
pub use self::report::DoctorReport;
use crate::aws::Aws;
use crate::config::{ApprovalMode, Config};
use crate::domain::deadline::Deadline;
use crate::domain::ids::{IssueId, Slug};
use crate::http::Http;
use crate::secrets::SecretStore;

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

impl Visit<'_> {
    /// Whether approvals by buttons are configured.
    fn has_buttons(&self) -> bool {
        !self.config.telegram.approvers.is_empty() && self.config.approval.mode != ApprovalMode::Nothing
    }
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
    // A value under the wrong key is not sent to any service.
    let is_mistaken = |key: &str| {
        keys.iter()
            .any(|it| it.verdict == CheckStatus::Failed && it.name.strip_prefix("secrets.") == Some(key))
    };
    let secret = |key: &str| secrets.as_ref().and_then(|it| it.get(key)).filter(|_| !is_mistaken(key));
    let (sentry, telegram, analyzer, url) = tokio::join!(
        sentry::check(visit, secret("SENTRY_AUTH_TOKEN")),
        telegram::check(visit, secret("TELEGRAM_BOT_TOKEN"), secret("TELEGRAM_WEBHOOK_SECRET").is_some()),
        async {
            match &secrets {
                Some(_) => analyzer::check(visit, aws, secret("LLM_API_KEY")).await,
                None => vec![CheckResult::skipped("analyzer", "see secrets: it may want a key")],
            }
        },
        front_door::check(visit, secret("SENTRY_CLIENT_SECRET")),
    );
    (keys, [sentry, telegram, analyzer, url].concat())
}
