//! Asks a language model for the cause of an issue. The analyst builds the prompt, calls the model unless an answer is
//! stored, asks at most once for a corrected answer, and adds the accepted statements to the analysis that the fixed
//! rules made.

use std::fmt::Write as _;
use std::time::Duration;

use super::budget::{ModelBudget, QuestionId};
use super::injection;
use super::keeping;
use super::prompt::{self, Cut, Making};
use super::rules;
use super::schema;
use super::verdict::{self, Case, Unusable, Verdict};
use crate::clock::{Stopwatch, millis, time_left};
use crate::config::ModelConfig;
use crate::domain::analysis::{Analysis, Finding, Status};
use crate::domain::deadline::Deadline;
use crate::domain::evidence::Evidence;
use crate::domain::model_error::ModelError;
use crate::domain::text::capped;
use crate::domain::words::{Arg, Language, Phrase, Sentence};
use crate::models::{Model, ModelReply, Question, Role, Turn};

/// A call to the model begins only if at least this time is left before the deadline.
const SHORTEST: Duration = Duration::from_secs(2);
/// At most this many characters of an unusable answer are sent back to the model for correction.
const SENT_BACK: usize = 8_000;

/// Analyses the issue of one delivery with a language model.
pub struct Analyst<'a> {
    /// The API of the model's provider.
    pub model: &'a dyn Model,
    /// The settings of the model.
    pub config: &'a ModelConfig,
    /// The count of today's calls to the model, and its stored answers.
    pub budget: &'a dyn ModelBudget,
    /// The language in which the model must answer.
    pub language: Language,
}

/// The usable part of a model's answer, and whether the answer was stored earlier and not asked for now.
struct Understood {
    verdict: Verdict,
    is_remembered: bool,
}

impl Analyst<'_> {
    /// Asks the model for the cause of the issue, or uses the stored answer to the same question. Returns `of_rules`,
    /// the analysis that the fixed rules made of the same evidence, with the model's statements added.
    ///
    /// # Errors
    ///
    /// [`ModelError`] if the model gives no usable answer, or if no time or no call is left to ask it. The caller then
    /// uses `of_rules` alone.
    pub async fn analyze(
        &self,
        evidence: &Evidence,
        of_rules: &Analysis,
        deadline: Deadline,
    ) -> Result<Analysis, ModelError> {
        let answer_tokens = self.config.max_tokens / prompt::ANSWER_SHARE;
        let boundary = boundary()?;
        let tokens = self.config.max_tokens - answer_tokens;
        let reads_source = self.config.reads_source;
        let making = Making { language: self.language, tokens, reads_source, boundary: &boundary };
        let prompt = prompt::build(evidence, of_rules, making);
        let is_suspicious = !injection::suspected(evidence, of_rules).is_empty();
        let (language, shown) = (self.language, &prompt.shown);
        let case = Case { evidence, rules: of_rules, shown, language, is_suspicious };
        let judge = |text: &str| verdict::judge(text, case);
        let id = QuestionId::of(evidence, self.config, self.language);
        if let Some(Ok(verdict)) = self.budget.recall(&id).await.as_deref().map(judge) {
            tracing::info!(analyzer = self.config.provider.name(), "model_answer_remembered");
            let understood = Understood { verdict, is_remembered: true };
            return Ok(self.written(case, &prompt.left_out, understood));
        }
        let question = Question {
            system: prompt.system.clone(),
            turns: vec![prompt.turn.clone()],
            format: self.config.format,
            schema: schema::schema(prompt.reads_source),
            answer_tokens,
        };
        let (answer, verdict) = self.converse(question, judge, deadline).await?;
        // An answer about an event that gives instructions may repeat the attacker's words. No other note may reuse it.
        let kept = keeping::keepable(&answer.text).filter(|kept| !is_suspicious && judge(kept).is_ok());
        if let Some(kept) = kept {
            let kept = self.budget.remember(&id, &kept);
            // An answer that cannot be stored in time is lost. The next delivery then asks the model again.
            let _ = tokio::time::timeout(time_left(deadline), kept).await;
        }
        Ok(self.written(case, &prompt.left_out, Understood { verdict, is_remembered: false }))
    }

    /// Sends the question to the model. If the answer is unusable, asks the model once to correct it, unless the answer
    /// was cut at its length limit. Returns the usable answer and the judgement on it.
    async fn converse(
        &self,
        mut question: Question,
        judge: impl Fn(&str) -> Result<Verdict, Unusable>,
        deadline: Deadline,
    ) -> Result<(ModelReply, Verdict), ModelError> {
        let answer = self.ask(&question, deadline).await?;
        let unusable = match judge(&answer.text) {
            Ok(verdict) => return Ok((answer, verdict)),
            Err(_) if answer.cut => return Err(ModelError::Truncated),
            Err(unusable) => unusable,
        };
        question.turns.push(Turn { role: Role::Assistant, text: capped(answer.text, SENT_BACK) });
        question.turns.push(Turn { role: Role::User, text: self.mend(unusable) });
        let answer = self.ask(&question, deadline).await.map_err(|why| match why {
            ModelError::NoTime | ModelError::BudgetUsedUp => silence(unusable),
            why => why,
        })?;
        let verdict = judge(&answer.text).map_err(silence)?;
        Ok((answer, verdict))
    }

    /// Returns the request to a model to correct its unusable answer.
    fn mend(&self, unusable: Unusable) -> String {
        match unusable {
            Unusable::Form => MEND.to_owned(),
            Unusable::Language => {
                format!(
                    "Answer again with the same JSON object, but with every sentence in {}.",
                    prompt::name(self.language)
                )
            }
        }
    }

    /// Makes one call to the model, counts it against the limit of calls per day, and logs the number of its tokens.
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

    /// Returns the analysis of the fixed rules with the model's statements added, and with remarks about the prompt and
    /// the answer. `not_seen` lists the evidence that did not fit into the prompt.
    fn written(&self, case: Case<'_>, not_seen: &[Cut], understood: Understood) -> Analysis {
        let Understood { verdict, is_remembered } = understood;
        match verdict.reading.edit_problem {
            Some(why) => tracing::info!(reason = why.name(), "edit_refused"),
            None if verdict.reading.change.is_some() => tracing::info!("edit_accepted"),
            None => {}
        }
        let mut analysis = in_its_light(case, &verdict);
        analysis.analyzer = self.config.provider.name();
        analysis.would_settle.extend(verdict.wishes);
        analysis.reading = Some(Box::new(verdict.reading));
        let who: Phrase = if is_remembered { |w| w.model_remembered } else { |w| w.model_spoke };
        let left_out = Sentence::new(|w| w.model_left_out, [verdict.left_out.into()]);
        let remarks = [
            Some(Sentence::new(who, [Arg::Name(self.config.model.clone())])),
            (verdict.left_out > 0).then_some(left_out),
            not_shown(not_seen),
            verdict.was_cut.then(|| Sentence::plain(|w| w.model_cut)),
        ];
        analysis.remarks.extend(remarks.into_iter().flatten().map(|said| Finding::new(said, [])));
        analysis
    }
}

/// Returns the analysis of the fixed rules, adapted to the cause that the model states. If the answer has no accepted
/// cause, the analysis is unchanged. Otherwise:
///
/// - The model's frame is the first frame of the program's own code that the cause cites. If the rules suspect another
///   frame, they run again with the model's frame as the suspect.
/// - The status becomes `Likely`, and the confidence becomes that of the verdict on the model's answer.
/// - The rules' statements about the cause become findings. Their general advice on a well-known failure is dropped.
/// - If the model proposes a fix, general next steps are dropped. If its cause is also proven, all of the rules' steps
///   are dropped.
fn in_its_light(case: Case<'_>, verdict: &Verdict) -> Analysis {
    let of_rules = case.rules.clone();
    let Some(root) = &verdict.reading.cause else { return of_rules };
    let mut analysis = match verdict.frame.filter(|frame| of_rules.suspect != Some(*frame)) {
        Some(frame) => injection::remarked(rules::analyze_at(case.evidence, frame), case.evidence),
        None => of_rules,
    };
    analysis.status = Status::Likely;
    analysis.confidence = verdict.confidence.clone();
    let facts = std::mem::take(&mut analysis.cause).into_iter().filter(|said| !said.sentence.is_general());
    analysis.findings.splice(0..0, facts);
    if !verdict.reading.fix.is_empty() {
        analysis.next_steps.retain(|step| !(root.is_shown || step.is_general()));
    }
    analysis
}

fn silence(unusable: Unusable) -> ModelError {
    match unusable {
        Unusable::Form => ModelError::WrongForm,
        Unusable::Language => ModelError::OtherLanguage,
    }
}

/// The request to a model whose answer does not have the required form.
const MEND: &str = "That is not the JSON object that was asked for. Answer again with that object alone: no words \
                    around it, no fence, all its members.";

/// Returns a remark that lists the sections of the prompt that were not sent whole, and logs how much is missing.
/// Returns `None` if the whole evidence was sent.
fn not_shown(cuts: &[Cut]) -> Option<Sentence> {
    let words = Language::English.words();
    for Cut { name, left_out, of } in cuts {
        tracing::debug!(section = name(words), left_out, of, "prompt_cut");
    }
    let mut names: Vec<Phrase> = cuts.iter().map(|cut| cut.name).collect();
    names.dedup_by_key(|name| name(words));
    let list = Sentence::list(names.into_iter().map(Arg::Phrase))?;
    Some(Sentence::new(|w| w.model_not_shown, [list]))
}

/// Returns the random text for the delimiters of a prompt: 96 bits in hex, from the random source of the TLS library.
fn boundary() -> Result<String, ModelError> {
    let mut bytes = [0u8; 12];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).map_err(|_| ModelError::Internal)?;
    Ok(bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}
