//! The analyst that asks a model: prompt, call, one repair, verdict.

use std::fmt::Write as _;
use std::time::Duration;

use super::budget::{ModelBudget, QuestionId};
use super::injection;
use super::keeping;
use super::prompt::{self, Making, Prompt};
use super::schema;
use super::verdict::{self, Verdict};
use crate::clock::{Stopwatch, millis, time_left};
use crate::config::ModelConfig;
use crate::domain::analysis::{Analysis, Finding};
use crate::domain::deadline::Deadline;
use crate::domain::evidence::Evidence;
use crate::domain::model_error::ModelError;
use crate::domain::text::capped;
use crate::domain::words::{Arg, Language, Phrase, Sentence};
use crate::models::{Model, ModelReply, Question, Role, Turn};

/// With less time than this no call is begun.
const SHORTEST: Duration = Duration::from_secs(2);
/// Characters of a useless answer that are sent back with the request to mend it.
const SENT_BACK: usize = 8_000;
/// The answer's share of a call's tokens: one third.
const ANSWER_SHARE: u32 = 3;

/// A model, and what it is asked with.
pub struct Analyst<'a> {
    /// The provider's API.
    pub model: &'a dyn Model,
    /// The settings.
    pub config: &'a ModelConfig,
    /// What was spent and said before.
    pub budget: &'a dyn ModelBudget,
    /// The language of the answer.
    pub language: Language,
}

/// An answer that was understood.
struct Understood {
    verdict: Verdict,
    is_remembered: bool,
}

impl Analyst<'_> {
    /// Asks the model for its reading of the evidence, on top of what the rules say.
    ///
    /// # Errors
    /// [`ModelError`]: then the rules' analysis stands alone.
    pub async fn analyze(
        &self,
        evidence: &Evidence,
        rules: &Analysis,
        deadline: Deadline,
    ) -> Result<Analysis, ModelError> {
        let answer_tokens = self.config.max_tokens / ANSWER_SHARE;
        let boundary = boundary()?;
        let tokens = self.config.max_tokens - answer_tokens;
        let making = Making { language: self.language, tokens, boundary: &boundary };
        let prompt = prompt::build(evidence, rules, making);
        let is_suspicious = !injection::suspected(evidence, rules).is_empty();
        let judge = |text: &str| verdict::judge(text, evidence, &prompt.shown, is_suspicious);
        let id = QuestionId::of(evidence, self.config, self.language);
        if let Some(verdict) = self.budget.recall(&id).await.as_deref().and_then(judge) {
            tracing::info!(analyzer = self.config.provider.name(), "model_answer_remembered");
            return Ok(self.written(rules, &prompt, Understood { verdict, is_remembered: true }));
        }
        let question = Question {
            system: prompt.system.clone(),
            turns: vec![prompt.turn.clone()],
            format: self.config.format,
            schema: schema::schema(),
            answer_tokens,
        };
        let (answer, verdict) = self.converse(question, judge, deadline).await?;
        // What was said of a suspicious event may be its writer's words: no other event's note is to say them.
        let kept = keeping::keepable(&answer.text).filter(|kept| !is_suspicious && judge(kept).is_some());
        if let Some(kept) = kept {
            let kept = self.budget.remember(&id, &kept);
            // An answer that is not kept in time is asked for again, no more.
            let _ = tokio::time::timeout(time_left(deadline), kept).await;
        }
        Ok(self.written(rules, &prompt, Understood { verdict, is_remembered: false }))
    }

    /// One question, and one request to mend the form of its answer.
    async fn converse(
        &self,
        mut question: Question,
        judge: impl Fn(&str) -> Option<Verdict>,
        deadline: Deadline,
    ) -> Result<(ModelReply, Verdict), ModelError> {
        let answer = self.ask(&question, deadline).await?;
        if let Some(verdict) = judge(&answer.text) {
            return Ok((answer, verdict));
        }
        if answer.cut {
            return Err(ModelError::Truncated);
        }
        question.turns.push(Turn { role: Role::Assistant, text: capped(answer.text, SENT_BACK) });
        question.turns.push(Turn { role: Role::User, text: MEND.to_owned() });
        let answer = self.ask(&question, deadline).await.map_err(|why| match why {
            ModelError::NoTime | ModelError::BudgetUsedUp => ModelError::WrongForm,
            why => why,
        })?;
        let verdict = judge(&answer.text).ok_or(ModelError::WrongForm)?;
        Ok((answer, verdict))
    }

    /// One call, counted, and what it cost in the log.
    async fn ask(&self, question: &Question, deadline: Deadline) -> Result<ModelReply, ModelError> {
        if time_left(deadline) < SHORTEST {
            return Err(ModelError::NoTime);
        }
        if !self.budget.take_call(self.config.daily_calls).await {
            return Err(ModelError::BudgetUsedUp);
        }
        let watch = Stopwatch::start();
        let answer = tokio::time::timeout(time_left(deadline), self.model.ask(question, deadline)).await;
        let answer = answer.unwrap_or(Err(ModelError::Timeout))?;
        tracing::info!(
            analyzer = self.config.provider.name(),
            model = self.config.model,
            tokens_in = answer.tokens_in,
            tokens_out = answer.tokens_out,
            cut = answer.cut,
            duration_ms = millis(watch.elapsed()),
            "model_answered"
        );
        Ok(answer)
    }

    /// The rules' analysis with the model's reading in it, and what has to be known about that.
    fn written(&self, rules: &Analysis, prompt: &Prompt, understood: Understood) -> Analysis {
        let Understood { verdict, is_remembered } = understood;
        let mut analysis = rules.clone();
        analysis.analyzer = self.config.provider.name();
        analysis.status = verdict.status;
        analysis.confidence = verdict.confidence;
        // What the rules hold for the cause is one finding among others now.
        let of_rules = std::mem::replace(&mut analysis.cause, verdict.cause);
        analysis.findings.splice(0..0, of_rules);
        analysis.would_settle.extend(verdict.wishes);
        analysis.reading = Some(Box::new(verdict.reading));
        let who: Phrase = if is_remembered { |w| w.model_remembered } else { |w| w.model_spoke };
        let left_out = Sentence::new(|w| w.model_left_out, [verdict.left_out.into()]);
        let remarks = [
            Some(Sentence::new(who, [Arg::Name(self.config.model.clone())])),
            (verdict.left_out > 0).then_some(left_out),
            not_shown(&prompt.left_out),
            verdict.was_cut.then(|| Sentence::plain(|w| w.model_cut)),
        ];
        analysis.remarks.extend(remarks.into_iter().flatten().map(|said| Finding::new(said, [])));
        analysis
    }
}

/// What is said to a model whose answer could not be read.
const MEND: &str = "That is not the JSON object that was asked for. Answer again with that object alone: no words \
                    around it, no fence, all its members.";

fn not_shown(names: &[Phrase]) -> Option<Sentence> {
    let list = Sentence::list(names.iter().map(|name| Arg::Phrase(*name)))?;
    Some(Sentence::new(|w| w.model_not_shown, [list]))
}

/// 96 random bits in hex, from the TLS library's source.
fn boundary() -> Result<String, ModelError> {
    let mut bytes = [0u8; 12];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).map_err(|_| ModelError::Internal)?;
    Ok(bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}
