//! Scores the scrubbing of secrets on texts with known secrets.
//!
//! `cargo run --release --example scrub FILE.jsonl`: each line is `{"name", "text", "secret": […]}`. A text with
//! secrets passes if the scrubbed text contains none of them. A text without secrets passes if it is unchanged.
//! `--verbose` lists the failures. `--half 0` or `--half 1` selects the texts with an even or odd digest. The last line
//! is the score.

#![expect(clippy::print_stdout, reason = "a program for developers: its output is its purpose")]

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use sidenote::domain::text::Untrusted;

/// A text of the file, with the secrets that it contains.
#[derive(Deserialize)]
struct Sample {
    name: String,
    text: String,
    secret: Vec<String>,
}

impl Sample {
    /// Returns the complete text as a note or a message shows it.
    fn shown(&self) -> String {
        Untrusted::new(self.text.as_str()).line(self.text.chars().count() * 2 + 100)
    }

    /// Whether the scrubbing is right: it leaves no secret, or leaves a text without secrets unchanged. A difference in
    /// white space does not count.
    fn is_right(&self, shown: &str) -> bool {
        if self.secret.is_empty() {
            return shown.split_whitespace().eq(self.text.split_whitespace());
        }
        let kept = Untrusted::new(self.text.as_str()).scrubbed();
        !self.secret.iter().any(|secret| shown.contains(secret) || kept.contains(secret))
    }

    /// Returns the half of the file's texts to which this text belongs, 0 or 1. The half depends only on the digest of
    /// name and text.
    fn half(&self) -> u8 {
        Sha256::digest(format!("{}\n{}", self.name, self.text))[0] % 2
    }
}

#[derive(Default)]
struct Score {
    secrets: usize,
    held: usize,
    harmless: usize,
    damaged: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.first().context("usage: scrub FILE.jsonl [--verbose] [--half 0|1]")?;
    let is_verbose = arguments.iter().any(|argument| argument == "--verbose");
    let half = arguments.iter().position(|argument| argument == "--half");
    let half: Option<u8> = half.and_then(|at| arguments.get(at + 1)).map(|half| half.parse()).transpose()?;
    let text = std::fs::read_to_string(path).with_context(|| path.clone())?;
    let mut score = Score::default();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let sample: Sample = serde_json::from_str(line).with_context(|| format!("line {}", number + 1))?;
        if half.is_none_or(|half| half == sample.half()) {
            count(&sample, is_verbose, &mut score);
        }
    }
    ensure!(score.secrets + score.harmless > 0, "{path} holds no text");
    println!("held {}/{} damaged {}/{}", score.held, score.secrets, score.damaged, score.harmless);
    Ok(())
}

fn count(sample: &Sample, is_verbose: bool, score: &mut Score) {
    let shown = sample.shown();
    let is_right = sample.is_right(&shown);
    if sample.secret.is_empty() {
        score.harmless += 1;
        score.damaged += usize::from(!is_right);
    } else {
        score.secrets += 1;
        score.held += usize::from(is_right);
    }
    if is_verbose && !is_right {
        let fault = if sample.secret.is_empty() { "damaged" } else { "left" };
        println!("{fault} {:?}\n  {:?}\n  {shown:?}", sample.name, sample.text);
    }
}
