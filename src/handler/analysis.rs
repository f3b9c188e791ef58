//! The rules always; a configured model on top, bounded by the deadline; and the rules alone when it does not speak.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use futures_util::FutureExt;

use super::Handler;
use super::measure::Counted;
use crate::analyzers::{self, Analyst, injection, rules};
use crate::config::ModelConfig;
use crate::domain::analysis::Analysis;
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::evidence::Evidence;
use crate::domain::model_error::ModelError;
use crate::models;
use crate::secrets::Secrets;

impl Handler {
    /// Says what the evidence says. Cannot fail: the rules are the answer when the model gives none. What the model cost is
    /// added to `tokens`.
    pub(super) async fn analyze(
        &self,
        evidence: &Evidence,
        tokens: &AtomicU64,
        deadline: Deadline,
    ) -> Analysis {
        let rules = injection::remarked(rules::analyze(evidence), evidence);
        let Some(config) = &self.config.model else { return rules };
        if evidence.seer.is_some() {
            return analyzers::seer_instead(rules);
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "the handler reads the clock for the rooms that do not"
        )]
        let now = Instant::now();
        let until = deadline.keeping(RESERVE, now).at_most(config.timeout, now);
        let known = &rules;
        let ask = |secrets: Arc<Secrets>| async move {
            self.ask_model(config, &secrets, evidence, known, (tokens, until)).await
        };
        let is_refused = |outcome: &Result<Analysis, ModelError>| {
            matches!(outcome, Err(ModelError::KeyRefused | ModelError::NotConfigured(_)))
        };
        self.with_secrets(ask, is_refused).await.unwrap_or_else(|why| {
            tracing::warn!(
                analyzer = config.provider.name(),
                outcome = why.name(),
                reason = %why,
                "model_silent"
            );
            analyzers::silent(rules, config, why)
        })
    }

    /// Asks the model once. A bug in there is an outcome, too.
    async fn ask_model(
        &self,
        config: &ModelConfig,
        secrets: &Secrets,
        evidence: &Evidence,
        rules: &Analysis,
        (tokens, until): (&AtomicU64, Deadline),
    ) -> Result<Analysis, ModelError> {
        let model = models::model(&self.http, &self.aws, config, secrets.get("LLM_API_KEY"))?;
        let model = Counted { model, tokens };
        let budget = self.budget.as_ref();
        let analyst = Analyst { model: &model, config, budget, language: self.config.language };
        let asked = AssertUnwindSafe(analyst.analyze(evidence, rules, until)).catch_unwind();
        asked.await.unwrap_or(Err(ModelError::Internal))
    }
}
