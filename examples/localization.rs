//! Scores the suspect frame on crashes of which it is known what was changed to mend them.
//!
//! `cargo run --release --example localization FILE.jsonl`: each line is `{"id", "event", "faulty_modules"}`, the event
//! in Sentry's stored form. Frames count as their outer class, a class counts once; a crash is a hit when a class that
//! was changed stands first (top-1) or among the first three (top-3). The last line is the score.

#![expect(clippy::print_stdout, reason = "a program for developers: its output is its purpose")]

use std::collections::HashSet;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use sidenote::analyzers::rules::suspect::class_of;
use sidenote::analyzers::rules::{candidate, ranking};
use sidenote::webhook::bare_event;

/// Where the changed class stands in a ranking: 1 is first, `None` nowhere.
type Place = Option<usize>;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().context("usage: localization FILE.jsonl [--verbose]")?;
    let is_verbose = arguments.any(|argument| argument == "--verbose");
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let mut places: Vec<Place> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let record: Value = serde_json::from_str(line).with_context(|| format!("line {}", number + 1))?;
        // A line that only describes the format has no event.
        if record.get("event").is_none() {
            continue;
        }
        let place = place(&record).with_context(|| format!("line {}", number + 1))?;
        if is_verbose {
            println!("{} {}", record["id"], place.map_or("-".to_owned(), |place| place.to_string()));
        }
        places.push(place);
    }
    ensure!(!places.is_empty(), "{path} holds no crash");
    println!("{}", score(&places));
    Ok(())
}

fn place(record: &Value) -> anyhow::Result<Place> {
    let event = bare_event(record["event"].to_string().as_bytes()).context("the event is no object")?;
    let faulty = record["faulty_modules"].as_array().context("no faulty_modules")?;
    let faulty: HashSet<&str> = faulty.iter().filter_map(Value::as_str).collect();
    let mut seen = HashSet::new();
    let frames = ranking(&event).into_iter().filter_map(|ranked| event.frames.get(ranked.index));
    let classes = frames.map(|frame| class_of(&candidate(frame)).to_owned());
    let mut once = classes.filter(|class| seen.insert(class.clone()));
    Ok(once.position(|class| faulty.contains(class.as_str())).map(|at| at + 1))
}

fn score(places: &[Place]) -> String {
    let all = places.len();
    let within = |most: usize| places.iter().flatten().filter(|place| **place <= most).count();
    #[expect(clippy::cast_precision_loss, reason = "places and lines are small numbers")]
    let mrr = places.iter().flatten().map(|place| 1.0 / *place as f64).sum::<f64>() / all as f64;
    format!("top-1 {}/{all} top-3 {}/{all} mrr {mrr:.4}", within(1), within(3))
}
