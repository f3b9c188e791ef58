//! Prints the size of the prompt that Sidenote would send to a model about each event of a file, and the evidence that
//! does not fit into the prompt.
//!
//! `cargo run --example prompts FILE [TOKENS …]`: the file contains one event, a list of objects with an `event`, or
//! one such object on each line. Each of `TOKENS` is the token limit of a call (`LLM_MAX_TOKENS`). The default is
//! 12000.

#![expect(clippy::print_stdout, reason = "a program for developers: its output is its purpose")]

use anyhow::{Context as _, ensure};
use serde_json::Value;
use sidenote::analyzers::{extent, rules::analyze};
use sidenote::domain::evidence::Evidence;
use sidenote::domain::ids::IssueId;
use sidenote::domain::words::Language;
use sidenote::webhook::bare_event;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().context("usage: prompts FILE [TOKENS …]")?;
    let mut tokens: Vec<u32> = arguments.map(|number| number.parse()).collect::<Result<_, _>>()?;
    if tokens.is_empty() {
        tokens.push(12_000);
    }
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let events = events(&text)?;
    ensure!(!events.is_empty(), "{path} contains no event");
    println!("{:32} {:>7} {:>7} {:>7}  left out", "event", "tokens", "bytes", "pieces");
    for (name, event) in &events {
        for tokens in &tokens {
            println!("{}", row(name, event, *tokens)?);
        }
    }
    Ok(())
}

/// Returns the events of a file with their names.
fn events(text: &str) -> anyhow::Result<Vec<(String, Value)>> {
    let whole: Option<Value> = serde_json::from_str(text).ok();
    let records = match whole {
        Some(Value::Array(records)) => records,
        Some(record) => vec![record],
        None => text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?,
    };
    let named = |(at, record): (usize, Value)| {
        let name = ["name", "id", "event_id"].iter().find_map(|key| record[key].as_str());
        let name = name.map_or_else(|| format!("event {}", at + 1), str::to_owned);
        (name, if record["event"].is_object() { record["event"].clone() } else { record })
    };
    Ok(records.into_iter().enumerate().map(named).collect())
}

/// Returns the line of the table for one event and one limit of tokens.
fn row(name: &str, event: &Value, tokens: u32) -> anyhow::Result<String> {
    let event = bare_event(event.to_string().as_bytes()).context("no event of Sentry")?;
    let evidence = Evidence::of_event(IssueId::parse("1")?, Some(event));
    let extent = extent(&evidence, &analyze(&evidence), Language::English, tokens);
    let cut = extent.cut.iter().map(|(section, left_out, of)| format!("{left_out} of {of} {section}"));
    let cut: Vec<String> = cut.collect();
    let cut = if cut.is_empty() { "nothing".to_owned() } else { cut.join(", ") };
    let name: String = name.chars().take(32).collect();
    Ok(format!("{name:32} {tokens:>7} {:>7} {:>7}  {cut}", extent.bytes, extent.shown))
}
