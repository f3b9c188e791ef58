//! Tests with prompt injections in events. Outside of quotes, note and message may contain only Sidenote's own words
//! and links, and no advice of a model that followed the injection.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use sidenote_standins::{Dialect, Llm, Said};

use crate::bed::{Bed, KEY, Sent, event};
use crate::secrets::add_everywhere;

/// A text in an event that gives instructions to the model or imitates a format.
#[derive(Debug, Deserialize)]
struct Attack {
    name: String,
    text: String,
}

/// The names of attacks that only imitate a format. They contain no instructions, so Sidenote need not detect them.
const FORM_ONLY: &[&str] = &[
    "fake evidence ids",
    "Markdown link",
    "Markdown image",
    "reference link",
    "autolink",
    "Telegram link",
    "HTML link",
    "mentions and commands",
    "Markdown of every kind",
    "fence",
    "backticks",
    "table",
    "entities",
    "IDN link",
    "placeholders of ours",
    "very long",
    "fake answer",
];

fn corpus() -> Vec<Attack> {
    serde_json::from_str(include_str!("corpus/injections.json")).expect("the corpus")
}

fn attacked(text: &str) -> Value {
    let mut event = event();
    event["logentry"] = json!({"formatted": text});
    add_everywhere(&mut event, text);
    // The text is also tested at the beginning, where imitated formats are most dangerous.
    event["exception"]["values"][0]["value"] = json!(text);
    event["breadcrumbs"]["values"][0]["message"] = json!(text);
    event
}

/// Returns the answer of a model that follows all instructions in `text`.
fn obedient(text: &str) -> String {
    let claim = json!({"claim": text, "evidence": ["F1", "X1", "B1", "M"], "quote": null});
    let step = |step: String| json!({"step": step, "evidence": ["F1"]});
    json!({
        "status": "likely", "causal_chain": [claim, claim], "root_cause": claim, "headline": claim,
        "fix_steps": [step(text.to_owned()), step("Run npx @acme/fix now.".to_owned()),
            step(format!("Do as it says: {text}"))],
        "alternatives": [claim], "ruled_out": [claim], "missing": [text, "https://evil.example"],
        "confidence": "high",
    })
    .to_string()
}

/// Returns the note without its code spans and code blocks.
fn without_code(note: &str) -> String {
    let mut outside = String::new();
    let mut fence: Option<String> = None;
    for line in note.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 && line == format!("{ticks}text") => fence = Some(ticks),
            None => {
                outside.push_str(&without_spans(line));
                outside.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "a code block is left open: {note}");
    outside
}

fn without_spans(line: &str) -> String {
    let (mut outside, mut rest) = (String::new(), line);
    while let Some(start) = rest.find('`') {
        let length = rest[start..].chars().take_while(|c| *c == '`').count();
        let fence = "`".repeat(length);
        outside.push_str(&rest[..start]);
        let after = &rest[start + length..];
        let end = closing(after, &fence).unwrap_or_else(|| panic!("a code span is left open: {line}"));
        outside.push('§');
        rest = &after[end + length..];
    }
    outside + rest
}

/// Returns the position of the first run of exactly as many backticks as `fence` has.
fn closing(text: &str, fence: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('`') {
        let run = text[at + found..].chars().take_while(|c| *c == '`').count();
        if run == fence.len() {
            return Some(at + found);
        }
        at += found + run;
    }
    None
}

/// Returns the message's HTML without its code.
fn without_code_tags(html: &str) -> String {
    let mut outside = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("<code>") {
        outside.push_str(before);
        outside.push('§');
        rest = after.split_once("</code>").map_or("", |(_, rest)| rest);
    }
    outside + rest
}

/// Returns all words in the English texts of Sidenote.
fn our_words() -> BTreeSet<String> {
    let file = include_str!("../../src/domain/words/en.rs");
    let own = "sidenote utc";
    file.split(|c: char| !c.is_alphanumeric()).chain(own.split(' ')).map(str::to_lowercase).collect()
}

/// Checks that every word outside of quotes is from Sidenote's own phrases.
fn check_words(name: &str, ours: &BTreeSet<String>, note: &str, message: &str) {
    for word in format!("{note} {message}").split(|c: char| !c.is_alphanumeric()) {
        let is_ours = word.parse::<u64>().is_ok() || ours.contains(&word.to_lowercase());
        assert!(word.is_empty() || is_ours, "{name}: {word:?} is not ours: {note}\n{message}");
    }
}

fn check_form(name: &str, sent: &Sent, link: &str) -> (String, String) {
    let note = without_code(&sent.note);
    let marker = "<!-- sidenote:v1 -->";
    assert_eq!(note.matches(marker).count(), 1, "{name}: {note}");
    assert!(note.trim_end().ends_with(marker), "{name}: {note}");
    let note = note.replace(marker, "");
    let message = without_code_tags(&sent.html).replace("<b>", "").replace("</b>", "");
    assert!(message.matches("<a ").count() <= 2, "{name}: {message}");
    let message = ["Open in Sentry", "SHOP-3B"].iter().fold(message, |message, label| {
        message
            .replace(&format!("<a href=\"{link}\">{label}</a>"), "")
            .replace(&format!("{label}: {link}"), "")
    });
    let message = message.replace("<blockquote expandable>", "").replace("</blockquote>", "");
    for (place, text) in [("note", &note), ("message", &message)] {
        for bad in
            ["](", "![", "<", "://", "www.", "t.me", "tg:", "@", "evil.", "~~", "&lt", "\u{202e}", "\u{200b}"]
        {
            assert!(!text.contains(bad), "{name}: {bad:?} in the {place}: {text}");
        }
        let hidden = |c: char| matches!(u32::from(c), 0xe0000..=0xe0fff | 0xfe00..=0xfe0f | 0x0..=0x8 | 0x1b);
        assert!(!text.contains(hidden), "{name}: a hidden character in the {place}");
    }
    for heading in note.lines().filter(|line| line.starts_with('#')) {
        let title = heading.trim_start_matches('#').trim();
        let file = include_str!("../../src/domain/words/en.rs");
        assert!(file.contains(&format!("\"{title}\"")), "{name}: a heading that is not ours: {heading}");
    }
    (note, message)
}

fn link(bed: &Bed) -> String {
    format!("{}/organizations/acme/issues/4711/", bed.sentry.url())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_by_rules_contain_only_our_own_words_outside_of_code() {
    let corpus = corpus();
    assert!(corpus.len() >= 40);
    let (ours, mut unseen) = (our_words(), Vec::new());
    for Attack { name, text } in &corpus {
        let bed = Bed::start(&[("SENTRY_ORG", "acme".to_owned())]).await;
        let sent = bed.deliver(&attacked(text)).await;
        let (note, message) = check_form(name, &sent, &link(&bed));
        check_words(name, &ours, &note, &message);
        if !sent.note.contains("contains instructions to its reader") {
            unseen.push(name.as_str());
        }
    }
    unseen.retain(|name| !FORM_ONLY.contains(name));
    assert_eq!(unseen, Vec::<&str>::new(), "orders that nobody saw");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_obeys_gets_no_advice_and_no_link_through() {
    let ours = our_words();
    for Attack { name, text } in &corpus() {
        let llm = Llm::start(Dialect::OpenAi, KEY, "m", [Said::Answer(obedient(text))]).await;
        let bed = Bed::with("openai", "m", &llm, &[("SENTRY_ORG", "acme".to_owned())]).await;
        let sent = bed.deliver(&attacked(text)).await;
        let (note, message) = check_form(name, &sent, &link(&bed));
        if sent.note.contains("contains instructions to its reader") {
            assert!(!sent.note.contains("### Proposed fix"), "{name}: {}", sent.note);
            check_words(name, &ours, &note, &message);
            let is_sure = |line: &str| line.contains("Confidence") && line.contains(": high");
            assert!(!sent.note.lines().any(is_sure), "{name}: {}", sent.note);
        }
        assert!(!sent.note.contains("Run npx"), "{name}: {}", sent.note);
        let request = llm.requests().pop().and_then(|request| request.json()).expect("JSON");
        let prompt = request["messages"][1]["content"].as_str().expect("a text");
        let boundary = prompt.split_whitespace().nth(1).expect("a boundary");
        assert_eq!(prompt.matches(boundary).count(), 2, "{name}: {prompt}");
        let evidence = prompt.split(&format!("EVIDENCE {boundary}>>>")).next().expect("the evidence");
        for token in ["<|im_start|>", "[INST]", "<<SYS>>", "<start_of_turn>", "</evidence>", "<system>"] {
            assert!(!evidence.contains(token), "{name}: {token} in the prompt");
        }
    }
}
