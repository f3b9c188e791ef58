//! The clients of Sentry and Telegram. A call that is refused is repeated once with newer secrets, so a rotation needs
//! no deploy.

use std::future::Future;
use std::sync::Arc;

use crate::config::{SentryConfig, SlackConfig, TelegramConfig};
use crate::domain::deadline::Deadline;
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::http::Http;
use crate::secrets::{SecretStore, Secrets};
use crate::sentry::Sentry;
use crate::slack::SlackApi;
use crate::telegram::Bot;

/// Calls Sentry and Telegram with our secrets. Cloning shares the secrets and the connections.
#[derive(Clone)]
pub(super) struct Clients {
    pub(super) http: Http,
    pub(super) secrets: Arc<SecretStore>,
    sentry: SentryConfig,
    telegram: TelegramConfig,
    slack: SlackConfig,
}

impl Clients {
    pub(super) fn new(
        http: Http,
        secrets: Arc<SecretStore>,
        sentry: SentryConfig,
        (telegram, slack): (TelegramConfig, SlackConfig),
    ) -> Self {
        Self { http, secrets, sentry, telegram, slack }
    }

    /// The secrets. They are empty if they cannot be read.
    pub(super) async fn secrets(&self) -> Arc<Secrets> {
        self.secrets.get().await.unwrap_or_default()
    }

    /// Makes a call with our secrets. If it is refused and newer secrets exist, makes it once more with those. The
    /// calls are boxed to keep this future small, because it holds both.
    pub(super) async fn with_secrets<T, F: Future<Output = T> + Send>(
        &self,
        call: impl Fn(Arc<Secrets>) -> F + Send,
        is_refused: impl Fn(&T) -> bool + Send,
    ) -> T {
        let secrets = self.secrets().await;
        let outcome = Box::pin(call(Arc::clone(&secrets))).await;
        if is_refused(&outcome)
            && let Some(fresh) = self.secrets.refreshed(&secrets).await
        {
            return Box::pin(call(fresh)).await;
        }
        outcome
    }

    /// Calls Sentry, with one repetition after a refusal.
    pub(super) async fn with_sentry<T, F: Future<Output = Result<T, Failure>> + Send>(
        &self,
        org: Option<&Slug>,
        deadline: Deadline,
        call: impl Fn(Sentry) -> F + Sync,
    ) -> Result<T, Failure> {
        let call = |secrets: Arc<Secrets>| {
            let called = self.sentry(&secrets, org, deadline).map(&call);
            async { called?.await }
        };
        self.with_secrets(call, is_unauthorized).await
    }

    /// Calls the Bot API, with one repetition after a refusal.
    pub(super) async fn with_bot<F: Future<Output = Result<(), Failure>> + Send>(
        &self,
        deadline: Deadline,
        call: impl Fn(Bot) -> F + Sync,
    ) -> Result<(), Failure> {
        let call = |secrets: Arc<Secrets>| {
            let called = self.bot(&secrets, deadline).map(&call);
            async { called?.await }
        };
        self.with_secrets(call, is_unauthorized).await
    }

    /// Calls the Slack API, with one repetition after a refusal.
    pub(super) async fn with_slack<F: Future<Output = Result<(), Failure>> + Send>(
        &self,
        deadline: Deadline,
        call: impl Fn(SlackApi) -> F + Sync,
    ) -> Result<(), Failure> {
        let call = |secrets: Arc<Secrets>| {
            let called = self.slack(&secrets, deadline).map(&call);
            async { called?.await }
        };
        self.with_secrets(call, is_unauthorized).await
    }

    /// A client of the Slack API with these secrets.
    fn slack(&self, secrets: &Secrets, deadline: Deadline) -> Result<SlackApi, Failure> {
        let token = secrets.get("SLACK_BOT_TOKEN").ok_or(Failure::NotConfigured("SLACK_BOT_TOKEN"))?;
        SlackApi::new(&self.http, &self.slack.api, token, deadline)
    }

    /// A client of the Sentry API with these secrets.
    pub(super) fn sentry(
        &self,
        secrets: &Secrets,
        org: Option<&Slug>,
        deadline: Deadline,
    ) -> Result<Sentry, Failure> {
        let token = secrets.get("SENTRY_AUTH_TOKEN").ok_or(Failure::NotConfigured("SENTRY_AUTH_TOKEN"))?;
        Ok(Sentry::new(&self.http, &self.sentry, org, token, deadline))
    }

    /// A client of the Bot API with these secrets.
    pub(super) fn bot(&self, secrets: &Secrets, deadline: Deadline) -> Result<Bot, Failure> {
        let token = secrets.get("TELEGRAM_BOT_TOKEN").ok_or(Failure::NotConfigured("TELEGRAM_BOT_TOKEN"))?;
        Bot::new(&self.http, &self.telegram.api, token, deadline)
    }
}

fn is_unauthorized<T>(outcome: &Result<T, Failure>) -> bool {
    matches!(outcome, Err(Failure::Unauthorized))
}
