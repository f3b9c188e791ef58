//! The verdict on a model's answer: the code decides what of it is kept.
//!
//! | a statement that | becomes |
//! |---|---|
//! | cites evidence that was shown | a finding with those citations |
//! | cites nothing, or only what was not shown | inferred |
//! | names a file or a function that was not shown, or quotes a line that its frames do not have | nothing |
//!
//! Advice may cite nothing, but it may not name unknown files, hold a command or a link, or come from a model that saw
//! an event which gives instructions. All that such a model says is quoted, so that nobody takes it for our words.

mod names;
mod parse;

use super::prompt::{Shown, neutral};
use super::schema::{Claim, Draft, Step};
use crate::domain::analysis::{Confidence, Finding, Level, Status};
use crate::domain::event::Frame;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::reading::Reading;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, MESSAGE, Phrase, Sentence};
use crate::json::{Lenient, List, Text};

/// Statements of one list that are kept.
const CHAIN: usize = 6;
const OTHERS: usize = 3;
const STEPS: usize = 5;
const INFERRED: usize = 4;
const WISHES: usize = 4;

/// What of an answer is kept.
#[derive(Debug)]
pub(super) struct Verdict {
    /// What it came to.
    pub(super) status: Status,
    /// How sure it can be.
    pub(super) confidence: Confidence,
    /// What broke, and the root cause; empty when nothing that the model said of it is shown by the evidence.
    pub(super) cause: Vec<Finding>,
    /// What it says beside that.
    pub(super) reading: Reading,
    /// What would settle what is open.
    pub(super) wishes: Vec<Sentence>,
    /// How many statements were left out.
    pub(super) left_out: u64,
    /// Whether the answer ended too early.
    pub(super) was_cut: bool,
}

/// Judges an answer; `None` when it is not in the form that was asked for.
pub(super) fn judge(text: &str, evidence: &Evidence, shown: &Shown, is_suspicious: bool) -> Option<Verdict> {
    let (draft, was_cut) = parse::draft(text)?;
    let mut bench = Bench { evidence, shown, is_suspicious, inferred: Vec::new(), left_out: 0 };
    let summary = bench.claim(&draft.headline, false);
    let chain = bench.claims(&draft.causal_chain, CHAIN);
    let mut root_cause = bench.claim(&draft.root_cause, true);
    let mut alternatives = bench.claims(&draft.alternatives, OTHERS);
    if draft.status.as_deref() == Some("undetermined") {
        alternatives.extend(root_cause.take());
    }
    let ruled_out = bench.claims(&draft.ruled_out, OTHERS);
    let fix = if is_suspicious { Vec::new() } else { bench.steps(&draft.fix_steps) };
    let wishes = bench.wishes(&draft.missing);
    let (inferred, left_out) = (bench.inferred, bench.left_out);
    let confidence =
        confidence(&draft, root_cause.as_ref(), evidence, left_out == 0 && !was_cut, is_suspicious);
    let status = if root_cause.is_some() { Status::Likely } else { Status::Undetermined };
    let summary = summary.filter(|_| root_cause.is_some());
    let named = root_cause.map(|cause| Finding {
        sentence: Sentence::new(|w| w.root_cause, [Arg::Sentence(Box::new(cause.sentence))]),
        cites: cause.cites,
    });
    Some(Verdict {
        status,
        confidence,
        cause: summary.into_iter().chain(named).collect(),
        reading: Reading { chain, inferred, fix, alternatives, ruled_out },
        wishes,
        left_out,
        was_cut,
    })
}

/// How sure the model may be: never surer than it says, nor than its evidence allows.
///
/// High needs the frame of the own code that the statement rests on and a line of it quoted; medium needs a frame or an
/// exception; and an answer of which something was left out is never high.
fn confidence(
    draft: &Draft,
    cause: Option<&Finding>,
    evidence: &Evidence,
    is_whole: bool,
    is_suspicious: bool,
) -> Confidence {
    let said = match draft.confidence.as_deref() {
        Some("high") => Level::High,
        Some("medium") => Level::Medium,
        _ => Level::Low,
    };
    let (allowed, because) = match cause {
        _ if is_suspicious => (Level::Low, (|w| w.sure_injection) as Phrase),
        None => (Level::Low, (|w| w.sure_model_nothing) as Phrase),
        Some(cause) => allowed(draft, cause, evidence, is_whole),
    };
    let because: Phrase = if said < allowed { |w| w.sure_model_says } else { because };
    Confidence { level: said.min(allowed), because: Sentence::plain(because) }
}

/// What the evidence of a root cause allows, and why.
fn allowed(draft: &Draft, cause: &Finding, evidence: &Evidence, is_whole: bool) -> (Level, Phrase) {
    let frames = evidence.event.as_ref().map(|event| event.frames.as_slice()).unwrap_or_default();
    let rests_on = |wanted: fn(&Frame) -> bool| {
        cause.cites.iter().any(|cite| matches!(cite, Cite::Frame(at) if frames.get(*at).is_some_and(wanted)))
    };
    let quotes = draft.root_cause.0.as_ref().is_some_and(|claim| claim.quote.as_deref().is_some());
    let shows = rests_on(|_| true) || cause.cites.iter().any(|cite| matches!(cite, Cite::Exception(_)));
    match (shows, rests_on(|frame| frame.in_app) && quotes && is_whole) {
        (_, true) => (Level::High, |w| w.sure_model_line),
        (true, false) => (Level::Medium, |w| w.sure_model_stack),
        (false, false) => (Level::Low, |w| w.sure_model_little),
    }
}

/// Where statements are judged, one after the other.
struct Bench<'e> {
    evidence: &'e Evidence,
    shown: &'e Shown,
    /// The event gives instructions, and the model may have followed them: then all that it says is quoted.
    is_suspicious: bool,
    inferred: Vec<Sentence>,
    left_out: u64,
}

impl Bench<'_> {
    fn claims(&mut self, list: &List<Lenient<Claim>>, most: usize) -> Vec<Finding> {
        let kept: Vec<Finding> = list.0.iter().filter_map(|claim| self.claim(claim, true)).collect();
        kept.into_iter().take(most).collect()
    }

    /// A statement with its evidence. What has none is inferred, if it is worth saying at all.
    fn claim(&mut self, claim: &Lenient<Claim>, else_inferred: bool) -> Option<Finding> {
        let claim = claim.0.as_ref()?;
        let text = Untrusted::new(claim.text.as_deref()?);
        let cites = self.cites(&claim.evidence);
        if names::invents_code(text.raw(), &self.shown.text) || !self.has_quote(&claim.quote, &cites) {
            self.left_out += 1;
            return None;
        }
        let sentence = self.words(&text);
        if !cites.is_empty() {
            return Some(Finding::new(sentence, cites));
        }
        if else_inferred && self.inferred.len() < INFERRED {
            self.inferred.push(sentence);
        }
        None
    }

    fn steps(&mut self, steps: &List<Lenient<Step>>) -> Vec<Finding> {
        let mut kept = Vec::new();
        for advice in steps.0.iter().filter_map(|step| step.0.as_ref()).take(STEPS) {
            let Some(text) = advice.step.as_deref().map(Untrusted::new) else { continue };
            if is_command(text.raw()) || names::invents_files(text.raw(), &self.shown.text) {
                self.left_out += 1;
            } else {
                kept.push(Finding::new(self.words(&text), self.cites(&advice.evidence)));
            }
        }
        kept
    }

    fn wishes(&mut self, wishes: &List<Text>) -> Vec<Sentence> {
        let texts: Vec<Untrusted> =
            wishes.0.iter().filter_map(|wish| wish.as_deref().map(Untrusted::new)).take(WISHES).collect();
        let (kept, out): (Vec<Untrusted>, Vec<Untrusted>) =
            texts.into_iter().partition(|wish| !is_command(wish.raw()));
        self.left_out += out.len() as u64;
        kept.iter().map(|wish| self.words(wish)).collect()
    }

    fn words(&self, text: &Untrusted) -> Sentence {
        let quoted = Arg::message(text);
        let arg = if self.is_suspicious { quoted } else { Arg::Prose(text.clone(), MESSAGE) };
        Sentence::new(|_| "{0}", [arg])
    }

    /// The citations that name what was shown, each once.
    fn cites(&self, ids: &List<Text>) -> Vec<Cite> {
        let mut cites: Vec<Cite> = ids.0.iter().filter_map(|id| Cite::parse(id.as_deref()?)).collect();
        cites.retain(|cite| self.shown.cites.contains(cite) && self.evidence.holds(cite));
        cites.sort();
        cites.dedup();
        cites
    }

    /// Whether the quoted line, if there is one, stands in one of the cited frames.
    fn has_quote(&self, quote: &Text, cites: &[Cite]) -> bool {
        let Some(quote) = quote.as_deref().map(Untrusted::new).map(|quote| squeezed(&quote)) else {
            return true;
        };
        let frames = self.evidence.event.iter().flat_map(|event| event.frames.iter().enumerate());
        let rested_on = frames.filter(|(at, _)| cites.contains(&Cite::Frame(*at)));
        let mut lines =
            rested_on.flat_map(|(_, frame)| frame.before.iter().chain(&frame.source).chain(&frame.after));
        quote.is_empty() || lines.any(|line| squeezed(line).contains(&quote))
    }
}

/// A line as the model saw it, without the white space that it may have changed.
fn squeezed(line: &Untrusted) -> String {
    neutral(&line.line(400)).split_whitespace().collect()
}

/// Words that fetch, run or destroy: advice that has one is no change of the code.
const COMMANDS: &[&str] = &[
    "curl",
    "wget",
    "npx",
    "npm",
    "pnpm",
    "yarn",
    "pip",
    "pipx",
    "uvx",
    "gem",
    "cargo",
    "brew",
    "apt",
    "apt-get",
    "sudo",
    "bash",
    "sh",
    "zsh",
    "powershell",
    "pwsh",
    "cmd",
    "iex",
    "eval",
    "chmod",
    "chown",
    "rm",
    "dd",
    "ssh",
    "scp",
    "nc",
    "netcat",
    "telnet",
    "kubectl",
    "docker",
    "base64",
    "mkfs",
    "crontab",
    "git",
];

fn is_command(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let is_word = |c: char| c.is_alphanumeric() || "-_".contains(c);
    text.contains("://")
        || text.contains("www.")
        || text.contains("t.me/")
        || text.split(|c| !is_word(c)).any(|word| COMMANDS.contains(&word))
}

#[cfg(test)]
mod tests;
