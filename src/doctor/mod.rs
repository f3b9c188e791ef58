//! `sidenote doctor`: is there what a delivery needs, and if not, what is to be done about it.
//!
//! One file a subject. A check yields [`CheckResult`]s: a stable name, a verdict, the evidence, the remedy. One fault is to
//! be one failure: what cannot be looked at because of it is skipped, and says where to look instead. Checks that do not
//! depend on each other go out together.
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

/// What is to be looked at beside what the settings name.
#[derive(Debug, Clone, Default)]
pub struct CheckScope {
    /// The webhook's URL, or its base.
    pub url: Option<Url>,
    /// The issue that gets a test note.
    pub write: Option<IssueId>,
    /// Projects that have to be visible.
    pub projects: Vec<Slug>,
    /// Until when the model may answer one question; `None` asks it nothing.
    pub ask: Option<Deadline>,
}

/// What every check has at hand.
struct Visit<'a> {
    config: &'a Config,
    http: &'a Http,
    scope: &'a CheckScope,
    deadline: Deadline,
}

impl Visit<'_> {
    /// Whether somebody is to decide by buttons.
    fn has_buttons(&self) -> bool {
        !self.config.telegram.approvers.is_empty() && self.config.approval.mode != ApprovalMode::Nothing
    }
}

/// Looks at everything.
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

/// The secrets, and what is asked with them.
async fn with_secrets(
    visit: &Visit<'_>,
    aws: &Aws,
    store: &SecretStore,
) -> (Vec<CheckResult>, Vec<CheckResult>) {
    let (secrets, keys) = keys::check(visit, store).await;
    // What is in the wrong place is shown to nobody.
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
