//! Analyses the evidence about an issue. The rules always run. A configured model adds its analysis before the
//! deadline; if the model gives none, the rules' analysis stands alone.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use futures_util::FutureExt;

use crate::analyzers::{self, Analyst, ModelBudget, injection, rules};
use crate::aws::Aws;
use crate::clock;
use crate::config::ModelConfig;
use crate::domain::analysis::Analysis;
use crate::domain::deadline::{Deadline, RESERVE};
use crate::domain::evidence::Evidence;
use crate::domain::model_error::ModelError;
use crate::domain::words::Language;
use crate::handler::clients::Clients;
use crate::handler::observing::timings::Counted;
use crate::models;
use crate::secrets::Secrets;

/// The analyzers of this process: the rules, and the model if one is configured.
pub(in crate::handler) struct Analyses {
    pub(in crate::handler) model: Option<ModelConfig>,
    pub(in crate::handler) language: Language,
    pub(in crate::handler) aws: Aws,
    /// The number of the model's calls on this day, and its earlier answers.
    pub(in crate::handler) budget: Box<dyn ModelBudget>,
    pub(in crate::handler) clients: Clients,
}

impl Analyses {
    /// Analyses the evidence. The method always returns an analysis, because the rules need no model. If the evidence
    /// contains a root cause from Sentry's AI agent Seer, no model is asked. Adds the tokens that the model used to
    /// `tokens`.
    pub(super) async fn analyze(
        &self,
        evidence: &Evidence,
        tokens: &AtomicU64,
        deadline: Deadline,
    ) -> Analysis {
        let rules = injection::remarked(rules::analyze(evidence), evidence);
        let Some(config) = &self.model else { return rules };
        if evidence.seer.is_some() {
            return analyzers::seer_instead(rules);
        }
        let until = clock::at_most(clock::keeping(deadline, RESERVE), config.timeout);
        let known = &rules;
        let ask = |secrets: Arc<Secrets>| async move {
            self.ask_model(config, &secrets, evidence, known, (tokens, until)).await
        };
        let is_refused = |outcome: &Result<Analysis, ModelError>| {
            matches!(outcome, Err(ModelError::KeyRefused | ModelError::NotConfigured(_)))
        };
        self.clients.with_secrets(ask, is_refused).await.unwrap_or_else(|why| {
            tracing::warn!(
                analyzer = config.provider.name(),
                outcome = why.name(),
                reason = %why,
                "model_silent"
            );
            analyzers::silent(rules, config, why)
        })
    }

    /// Asks the model and returns the analysis by the model. A panic in this call becomes a [`ModelError`].
    async fn ask_model(
        &self,
        config: &ModelConfig,
        secrets: &Secrets,
        evidence: &Evidence,
        rules: &Analysis,
        (tokens, until): (&AtomicU64, Deadline),
    ) -> Result<Analysis, ModelError> {
        let model = models::model(&self.clients.http, &self.aws, config, secrets.get("LLM_API_KEY"))?;
        let model = Counted { model, tokens };
        let budget = self.budget.as_ref();
        let analyst = Analyst { model: &model, config, budget, language: self.language };
        let asked = AssertUnwindSafe(analyst.analyze(evidence, rules, until)).catch_unwind();
        asked.await.unwrap_or(Err(ModelError::Internal))
    }
}
