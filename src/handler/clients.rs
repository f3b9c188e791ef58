//! Calls the APIs of Sentry, Telegram and Slack with Sidenote's secrets. If an API rejects a token, the secrets are
//! read again. If they have changed, the call is repeated once, so a rotated secret needs no new deployment.

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

/// The clients for Sentry, Telegram and Slack. A clone shares the secrets and the connections.
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

    /// Returns the current secrets. The result is empty if the secrets cannot be read.
    pub(super) async fn secrets(&self) -> Arc<Secrets> {
        self.secrets.get().await.unwrap_or_default()
    }

    /// Makes a call with Sidenote's secrets and returns its result. If `is_refused` is true for the result and newer
    /// secrets exist, makes the call once more with the newer ones and returns the second result. The two calls are
    /// boxed, because this future would otherwise contain both.
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

    /// Makes a call to the Sentry API and returns its result. If Sentry rejects the token and newer secrets exist, the
    /// call is repeated once with them.
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

    /// Makes a call to the Bot API of Telegram. If Telegram rejects the token and newer secrets exist, the call is
    /// repeated once with them.
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

    /// Makes a call to the Slack API. If Slack rejects the token and newer secrets exist, the call is repeated once
    /// with them.
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

    /// Returns a client for the Slack API with these secrets.
    fn slack(&self, secrets: &Secrets, deadline: Deadline) -> Result<SlackApi, Failure> {
        let token = secrets.get("SLACK_BOT_TOKEN").ok_or(Failure::NotConfigured("SLACK_BOT_TOKEN"))?;
        SlackApi::new(&self.http, &self.slack.api, token, deadline)
    }

    /// Returns a client for the Sentry API with these secrets.
    pub(super) fn sentry(
        &self,
        secrets: &Secrets,
        org: Option<&Slug>,
        deadline: Deadline,
    ) -> Result<Sentry, Failure> {
        let token = secrets.get("SENTRY_AUTH_TOKEN").ok_or(Failure::NotConfigured("SENTRY_AUTH_TOKEN"))?;
        Ok(Sentry::new(&self.http, &self.sentry, org, token, deadline))
    }

    /// Returns a client for the Bot API of Telegram with these secrets.
    pub(super) fn bot(&self, secrets: &Secrets, deadline: Deadline) -> Result<Bot, Failure> {
        let token = secrets.get("TELEGRAM_BOT_TOKEN").ok_or(Failure::NotConfigured("TELEGRAM_BOT_TOKEN"))?;
        Bot::new(&self.http, &self.telegram.api, token, deadline)
    }
}

fn is_unauthorized<T>(outcome: &Result<T, Failure>) -> bool {
    matches!(outcome, Err(Failure::Unauthorized))
}
