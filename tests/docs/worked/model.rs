//! The worked example of a language model whose API has a format of its own.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use sidenote::domain::deadline::Deadline;
use sidenote::domain::model_error::ModelError;
use sidenote::domain::words::Language;
use sidenote::http::Http;
use sidenote::models::{Model, ModelReply, Question};

/// An API that takes `{"system", "turns", "max_tokens"}` and returns `{"text"}`.
struct Plain {
    http: Http,
    url: reqwest::Url,
}

#[async_trait]
impl Model for Plain {
    async fn ask(&self, question: &Question, deadline: Deadline) -> Result<ModelReply, ModelError> {
        let turns = question.turns.iter().map(|turn| json!({"role": turn.role.name(), "text": turn.text}));
        let body = json!({"system": question.system, "turns": turns.collect::<Vec<_>>(),
            "max_tokens": question.answer_tokens});
        let request = self.http.client().post(self.url.clone()).json(&body);
        let answer = self.http.send_within(request, deadline, Duration::from_mins(1)).await;
        let answer = answer.map_err(|_| ModelError::Unreachable)?;
        // Every error has a name. The note contains it, and the rules analyse alone.
        match answer.status.as_u16() {
            200 => {}
            401 => return Err(ModelError::KeyRefused),
            429 => return Err(ModelError::RateLimited),
            status => return Err(ModelError::ServerFailed(status)),
        }
        let reply: Value = serde_json::from_slice(&answer.body).map_err(|_| ModelError::WrongForm)?;
        let text = reply["text"].as_str().ok_or(ModelError::WrongForm)?;
        Ok(ModelReply { text: text.to_owned(), ..ModelReply::default() })
    }
}

/// Asks the model at `url` about a crash of a Go program, as the handler does.
async fn analyzed(url: reqwest::Url) -> Result<sidenote::domain::analysis::Analysis, ModelError> {
    let find = |name: &str| match name {
        "ANALYZER" => Some("openai".to_owned()),
        "LLM_MODEL" => Some("plain-1".to_owned()),
        _ => None,
    };
    let config = sidenote::config::Config::read(&find).expect("valid").model.expect("a model");
    let model = Plain { http: Http::new(None).expect("a client"), url };
    let evidence = super::evidence(&super::crash());
    let rules = sidenote::analyzers::rules::analyze(&evidence);
    let analyst = sidenote::analyzers::Analyst {
        model: &model,
        config: &config,
        budget: &sidenote::analyzers::Memory::default(),
        language: Language::English,
    };
    analyst.analyze(&evidence, &rules, super::deadline()).await
}

#[tokio::test]
async fn a_models_claims_are_kept_if_the_evidence_supports_them() {
    let claim = |text: &str, evidence: &[&str]| json!({"claim": text, "evidence": evidence, "quote": "return rows[0]"});
    let verdict = json!({"status": "likely", "causal_chain": [],
        "root_cause": claim("The queue was empty, so rows has no first element.", &["X1", "F1"]),
        "headline": claim("First fails on an empty queue.", &["X1"]), "fix_steps": [], "alternatives": [], "ruled_out": [],
        "missing": [], "confidence": "medium"});
    let (url, mut requests) = super::server(200, json!({"text": verdict.to_string()})).await;
    let analysis = analyzed(url).await.expect("an answer");
    let words = Language::English.words();
    let cause = analysis.reading.and_then(|reading| reading.cause).expect("a cause that the evidence shows");
    let said = cause.finding.sentence.plain_text(words);
    assert!(cause.is_shown && said.contains("The queue was empty"), "{said}");
    let asked = requests.recv().await.expect("a request");
    assert!(asked["turns"][0]["text"].as_str().is_some_and(|text| text.contains("index out of range")));
}

#[tokio::test]
async fn a_model_that_does_not_answer_says_why() {
    for (status, why) in [
        (401, ModelError::KeyRefused),
        (429, ModelError::RateLimited),
        (500, ModelError::ServerFailed(500)),
        (200, ModelError::WrongForm),
    ] {
        let (url, _requests) = super::server(status, json!({})).await;
        assert_eq!(analyzed(url).await.expect_err("silence"), why);
    }
}
