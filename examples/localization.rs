//! Scores the ranking of suspect frames, the stack frames that most likely contain the bug, on crashes with known
//! fixes.
//!
//! `cargo run --example localization FILE.jsonl [--verbose]`: each line contains an `event` in Sentry's stored form and
//! one of two answers:
//!
//! - `faulty_modules`: the Java classes that the fix changed. A frame counts as its outer class.
//! - `faulty_files` and `own`: the files that the fix changed, in any language (`lang`). `own` maps
//!   `filename|function|lineno` of a frame to its file in the repository. A frame that is not in it counts as the file
//!   that the frame names.
//!
//! Each class or file has one rank. A crash is a hit if a changed class or file is first (top-1) or among the first
//! three (top-3). For comparison, the baseline always selects the newest frame of the application. The first table
//! shows the score for each language, the second one for each level of the note's confidence. `--verbose` lists the
//! misses. The last line is the total score.

#![expect(clippy::print_stdout, reason = "a program for developers: its output is its purpose")]

use std::collections::{BTreeMap, HashSet};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use sidenote::analyzers::rules::suspect::class_of;
use sidenote::analyzers::rules::{analyze, candidate, ranking};
use sidenote::domain::analysis::Level;
use sidenote::domain::event::{Event, Frame};
use sidenote::domain::evidence::Evidence;
use sidenote::domain::ids::IssueId;
use sidenote::webhook::bare_event;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().context("usage: localization FILE.jsonl [--verbose]")?;
    let is_verbose = arguments.any(|argument| argument == "--verbose");
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let mut crashes = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let record: Value = serde_json::from_str(line).with_context(|| format!("line {}", number + 1))?;
        // A line that describes the format has no event.
        if record.get("event").is_some() {
            crashes.push(Crash::scored(&record).with_context(|| format!("line {}", number + 1))?);
        }
    }
    ensure!(!crashes.is_empty(), "{path} holds no crash");
    if is_verbose {
        for crash in crashes.iter().filter(|crash| crash.place != Some(1)) {
            println!(
                "{} {}: {}",
                crash.id,
                crash.place.map_or("-".to_owned(), |at| at.to_string()),
                crash.said
            );
        }
    }
    print_table("language", &crashes, |crash| crash.language.clone());
    print_table("confidence", &crashes, |crash| crash.confidence.to_owned());
    println!("{}", score(&crashes));
    Ok(())
}

/// A crash of the file, with the result of the ranking.
struct Crash {
    id: String,
    language: String,
    /// The name of the confidence level in the note.
    confidence: &'static str,
    /// The best rank of a changed class or file, from 1. `None` if the ranking contains none of them.
    place: Option<usize>,
    /// Whether the newest frame of the application is in a changed class or file.
    is_baseline_right: bool,
    /// The class or file of the first frame in the ranking.
    said: String,
}

impl Crash {
    fn scored(record: &Value) -> anyhow::Result<Self> {
        let event = bare_event(record["event"].to_string().as_bytes()).context("the event is no object")?;
        let answer = Answer::of(record).context("neither faulty_modules nor faulty_files")?;
        let ranked = ranking(&event);
        let frames = ranked.iter().filter_map(|ranked| event.frames.get(ranked.index));
        let mut seen = HashSet::new();
        let mut once =
            frames.clone().map(|frame| answer.unit(frame)).filter(|unit| seen.insert(unit.clone()));
        Ok(Self {
            id: record["id"].as_str().unwrap_or_default().to_owned(),
            language: record["lang"].as_str().unwrap_or("java").to_owned(),
            place: once.position(|unit| answer.is_faulty(&unit)).map(|at| at + 1),
            is_baseline_right: newest_own(&event, &answer).is_some_and(|unit| answer.is_faulty(&unit)),
            said: frames.clone().next().map(|frame| answer.unit(frame)).unwrap_or_default(),
            confidence: confidence(event)?,
        })
    }
}

/// The classes or files that the fix of a crash changed.
enum Answer<'a> {
    Modules(HashSet<&'a str>),
    Files { faulty: HashSet<&'a str>, own: &'a Value },
}

impl<'a> Answer<'a> {
    fn of(record: &'a Value) -> Option<Self> {
        let set = |name: &str| Some(record[name].as_array()?.iter().filter_map(Value::as_str).collect());
        set("faulty_modules")
            .map(Self::Modules)
            .or_else(|| Some(Self::Files { faulty: set("faulty_files")?, own: &record["own"] }))
    }

    /// Returns the class or file of a frame. The frames of one class or file count once.
    fn unit(&self, frame: &Frame) -> String {
        let file = || text(frame.file.as_ref()).to_owned();
        match self {
            Self::Modules(_) => class_of(&candidate(frame)).to_owned(),
            Self::Files { .. } => self.own_file(frame).map_or_else(file, str::to_owned),
        }
    }

    /// Returns the file in the repository for a frame of the application. Returns `None` if `own` does not contain the
    /// frame.
    fn own_file(&self, frame: &Frame) -> Option<&'a str> {
        let Self::Files { own, .. } = self else { return None };
        // The keys of `own` were written by Python, where a missing value is `None`.
        let none = || "None".to_owned();
        let line = frame.line.map_or_else(none, |line| line.to_string());
        let function = frame.function.as_ref().map_or_else(none, |function| function.raw().to_owned());
        own[[text(frame.file.as_ref()), &function, &line].join("|")].as_str()
    }

    fn is_faulty(&self, unit: &str) -> bool {
        match self {
            Self::Modules(faulty) | Self::Files { faulty, .. } => faulty.contains(unit),
        }
    }
}

fn text(text: Option<&sidenote::domain::text::Untrusted>) -> &str {
    text.map(sidenote::domain::text::Untrusted::raw).unwrap_or_default()
}

/// Returns the class or file of the newest frame of the application.
fn newest_own(event: &Event, answer: &Answer<'_>) -> Option<String> {
    let is_own = |frame: &&Frame| match answer {
        Answer::Modules(_) => frame.in_app,
        Answer::Files { .. } => answer.own_file(frame).is_some(),
    };
    event.frames.iter().find(is_own).map(|frame| answer.unit(frame))
}

fn confidence(event: Event) -> anyhow::Result<&'static str> {
    let evidence = Evidence::of_event(IssueId::parse("1").context("an id")?, Some(event));
    Ok(match analyze(&evidence).confidence.level {
        Level::High => "high",
        Level::Medium => "medium",
        Level::Low => "low",
    })
}

/// Prints one line per group of crashes: their number, top-1, top-3 and the baseline.
fn print_table(title: &str, crashes: &[Crash], group: impl Fn(&Crash) -> String) {
    let mut groups: BTreeMap<String, Vec<&Crash>> = BTreeMap::new();
    for crash in crashes {
        groups.entry(group(crash)).or_default().push(crash);
    }
    println!("{title:<12} {:>9} {:>9} {:>9}", "top-1", "top-3", "baseline");
    for (name, members) in groups {
        let of = |count: usize| format!("{count}/{}", members.len());
        let within =
            |most| members.iter().filter(|crash| crash.place.is_some_and(|place| place <= most)).count();
        let baseline = members.iter().filter(|crash| crash.is_baseline_right).count();
        println!("{name:<12} {:>9} {:>9} {:>9}", of(within(1)), of(within(3)), of(baseline));
    }
}

fn score(crashes: &[Crash]) -> String {
    let all = crashes.len();
    let places = || crashes.iter().filter_map(|crash| crash.place);
    let within = |most: usize| places().filter(|place| *place <= most).count();
    #[expect(clippy::cast_precision_loss, reason = "places and lines are small numbers")]
    let mrr = places().map(|place| 1.0 / place as f64).sum::<f64>() / all as f64;
    format!("top-1 {}/{all} top-3 {}/{all} mrr {mrr:.4}", within(1), within(3))
}
