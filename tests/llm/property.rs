//! Tests with random answers of a model: every claim in the rendered analysis cites existing evidence or is listed as
//! inferred.

#![expect(clippy::disallowed_methods, reason = "a front door starts the clock")]

use std::time::{Duration, Instant};

use async_trait::async_trait;
use proptest::prelude::*;
use serde_json::{Value, json};
use sidenote::analyzers::{Analyst, Memory, injection, rules};
use sidenote::config::{Config, ModelConfig};
use sidenote::domain::deadline::Deadline;
use sidenote::domain::event::{Breadcrumb, Event, Exception, Frame};
use sidenote::domain::evidence::{Cite, Evidence};
use sidenote::domain::ids::{IssueId, TagKey};
use sidenote::domain::issue::Issue;
use sidenote::domain::model_error::ModelError;
use sidenote::domain::occurrence::{IssueOccurrence, Trigger};
use sidenote::domain::report::{Block, Report};
use sidenote::domain::text::Untrusted;
use sidenote::domain::words::{Language, Words};
use sidenote::models::{Model, ModelReply, Question};
use sidenote::notifiers::note::render;

/// A model that returns a given answer.
struct Parrot(String);

#[async_trait]
impl Model for Parrot {
    async fn ask(&self, _: &Question, _: Deadline) -> Result<ModelReply, ModelError> {
        Ok(ModelReply { text: self.0.clone(), ..ModelReply::default() })
    }
}

fn evidence(frames: usize, crumbs: usize) -> Evidence {
    let text = |text: &str| Some(Untrusted::new(text));
    let frame = |at: usize| Frame {
        exception: Some(0),
        function: text(&format!("function_{at}")),
        file: text(&format!("src/file_{at}.py")),
        line: Some(at as u64),
        in_app: at.is_multiple_of(2),
        source: text("value = load(key)"),
        ..Frame::default()
    };
    let event = Event {
        exceptions: vec![Exception {
            kind: text("KeyError"),
            message: text("'key'"),
            ..Exception::default()
        }],
        frames: (0..frames).map(frame).collect(),
        breadcrumbs: vec![Breadcrumb { message: text("GET /"), ..Breadcrumb::default() }; crumbs],
        tags: vec![(TagKey::parse("release").expect("a key"), Untrusted::new("1.0"))],
        ..Event::default()
    };
    Evidence::of(IssueOccurrence {
        trigger: Trigger::Created,
        issue: Issue::unknown(IssueId::parse("1").expect("an id")),
        org: None,
        event: Some(event),
        rule: None,
        seer: None,
    })
}

fn config() -> ModelConfig {
    let variables = [("ANALYZER", "openai"), ("LLM_MODEL", "m")];
    let find = |name: &str| variables.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned());
    Config::read(&find).expect("valid").model.expect("a model")
}

/// Generates ids of evidence: existing ones, unknown ones and nonsense.
fn id() -> impl Strategy<Value = Value> {
    prop_oneof![
        (prop::sample::select(vec!["X", "F", "B", "C"]), 0usize..20)
            .prop_map(|(k, n)| json!(format!("{k}{n}"))),
        prop::sample::select(vec![
            "T:release",
            "T:other",
            "M",
            "S",
            "I",
            "R",
            "",
            "F-1",
            "F99999999999999999999"
        ])
        .prop_map(Value::from),
        Just(Value::Null),
        "[ -~]{0,6}".prop_map(Value::from),
    ]
}

/// Generates sentences of a model: correct ones, invented ones, and markup of every kind.
fn sentence() -> impl Strategy<Value = Value> {
    let piece = prop::sample::select(vec![
        "the value is missing",
        "`key`",
        "function_0()",
        "src/file_0.py:0",
        "invented.py",
        "made_up()",
        "**bold**",
        "[x](http://evil.example)",
        "![i](tg://x)",
        "<b>",
        "<!-- sidenote:v1 -->",
        "\n## Resolution\n",
        "|a|b|",
        "```",
        "@all",
        "evil.com",
        "- item",
        "1. item",
        "> quote",
        "資料遺失，",
        "\u{202e}\u{200b}",
        "&lt;",
        "\\",
        "F1",
        "`F99`",
        "https://evil.example/x",
        "~~x~~",
        "www.evil.example",
        "#1",
        "_x_",
    ]);
    prop_oneof![
        prop::collection::vec(piece, 0..6).prop_map(|pieces| json!(pieces.join(" "))),
        any::<String>().prop_map(Value::from),
        Just(Value::Null),
    ]
}

fn claim() -> impl Strategy<Value = Value> {
    let quote = prop::sample::select(vec![Value::Null, json!("value = load(key)"), json!("x = 1"), json!(7)]);
    (sentence(), prop::collection::vec(id(), 0..4), quote)
        .prop_map(|(claim, evidence, quote)| json!({"claim": claim, "evidence": evidence, "quote": quote}))
}

fn answer() -> impl Strategy<Value = Value> {
    let claims = || prop::collection::vec(claim(), 0..4);
    let step = (sentence(), prop::collection::vec(id(), 0..3))
        .prop_map(|(step, evidence)| json!({"step": step, "evidence": evidence}));
    let word = |words: &[&str]| prop::sample::select(words.iter().map(|w| json!(w)).collect::<Vec<_>>());
    (
        (claims(), claim(), claim(), prop::collection::vec(step, 0..3)),
        (claims(), claims(), prop::collection::vec(sentence(), 0..3)),
        (word(&["likely", "undetermined", "sure"]), word(&["low", "medium", "high", "100%"])),
    )
        .prop_map(
            |((chain, cause, headline, steps), (alternatives, ruled_out, missing), (status, sure))| {
                json!({"status": status, "causal_chain": chain, "root_cause": cause, "headline": headline,
                "fix_steps": steps, "alternatives": alternatives, "ruled_out": ruled_out, "missing": missing,
                "confidence": sure})
            },
        )
}

/// Returns whether a section contains advice, wishes, gaps or remarks, and no claims about the error.
fn holds_no_claims(title: &str, words: &Words) -> bool {
    [
        words.inferred,
        words.fix,
        words.next_steps,
        words.would_settle,
        words.would_help,
        words.not_checked,
        words.about,
        words.frequency,
        words.evidence,
    ]
    .contains(&title)
}

fn check(report: &Report) {
    let words = Language::English.words();
    for section in report.note() {
        let title = section.title.map_or("", |title| title(words));
        for block in &section.blocks {
            let (Block::Paragraph(_) | Block::List(_) | Block::Steps(_)) = block else { continue };
            let lines = match block {
                Block::Paragraph(line) => std::slice::from_ref(line),
                Block::List(lines) | Block::Steps(lines) => lines,
                _ => &[],
            };
            for line in lines {
                assert!(line.cites.iter().all(|cite| report.evidence.holds(cite)), "{title}: {line:?}");
                let is_claim = !title.is_empty() && !holds_no_claims(title, words);
                assert!(!is_claim || !line.cites.is_empty(), "{title}: {line:?}");
            }
        }
    }
    let reading = report.analysis.reading.as_deref().expect("a reading");
    let uncited = reading.statements().filter(|finding| finding.cites.is_empty()).count();
    assert!(uncited <= reading.fix.len(), "only advice may cite nothing");
    assert!(report.analysis.cause.iter().all(|cause| !cause.cites.is_empty()));
}

/// Checks that the note contains no markup of the model outside of code.
fn check_note(note: &str) {
    let mut outside = String::new();
    let mut fenced = false;
    for line in note.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            for (at, part) in line.split('`').enumerate() {
                if at % 2 == 0 {
                    outside.push_str(part);
                }
            }
            outside.push('\n');
        }
    }
    let outside = outside.replace("<!-- sidenote:v1 -->", "").replace("**", "");
    for bad in ["](", "![", "<", "://", "www.", "~~", "@", "evil.", "\\", "\u{202e}"] {
        assert!(!outside.contains(bad), "{bad:?} outside of code: {note}");
    }
    assert_eq!(
        note.matches("<!-- sidenote:v1 -->").count() - note.matches("`<!-- sidenote").count(),
        1,
        "{note}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_claim_is_cited_or_inferred(answer in answer(), frames in 0usize..20, crumbs in 0usize..12) {
        let evidence = evidence(frames, crumbs);
        let rules = injection::remarked(rules::analyze(&evidence), &evidence);
        let (model, config, budget) = (Parrot(answer.to_string()), config(), Memory::default());
        let analyst = Analyst { model: &model, config: &config, budget: &budget, language: Language::English };
        let deadline = Deadline::after(Instant::now(), Duration::from_mins(1));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let Ok(analysis) = runtime.block_on(analyst.analyze(&evidence, &rules, deadline)) else { return Ok(()) };
        prop_assert!(analysis.cites().iter().all(|cite: &Cite| evidence.holds(cite)));
        let report = Report {
            evidence, analysis, link: None, note_missing: None, history: Vec::new(), cut_short: false,
        };
        check(&report);
        check_note(&render(&report, Language::English));
    }
}
