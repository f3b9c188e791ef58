//! Decides by fixed rules which parts of a model's answer are used.
//!
//! | a statement that | becomes |
//! |---|---|
//! | cites evidence that was shown | a finding with those citations |
//! | cites nothing, or only what was not shown | inferred |
//! | names code that was not shown, or contains a command, a link or an unknown host | dropped |
//!
//! | a root cause that | becomes |
//! |---|---|
//! | quotes the failing line, or quotes or names a value that was shown | the root cause |
//! | shares names with its evidence, and does not ignore a value that the rules found | the probable cause |
//! | has no such support | another explanation; the rules' cause stays |
//!
//! A suggested edit of the source code is shown only if it applies to its file (`suggestion.rs`).
//!
//! If one quote of a statement does not match the evidence, all its quotes are ignored. Advice may have no citations
//! and may name new functions, but advice is used only together with an accepted cause. If the event gives
//! instructions, no cause and no advice is used, and the other statements are quoted, so that readers can distinguish
//! them from Sidenote's own words.

mod cites;
mod harm;
mod language;
mod names;
mod parse;
mod proof;
mod suggestion;
mod sure;

use std::collections::BTreeSet;

use super::prompt::Shown;
use super::schema::{Claim, Draft, Step, Texts};
use crate::domain::analysis::{Analysis, Confidence, Finding};
use crate::domain::event::Frame;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::reading::{Reading, RootCause};
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Language, MESSAGE, Sentence};
use crate::json::{Lenient, List};
use harm::Role;
use proof::Proof;

/// The causal chain has at most this many steps.
const CHAIN: usize = 6;
/// The list of other explanations, and the list of excluded explanations, have at most this many elements each.
const OTHERS: usize = 3;
/// The fix has at most this many steps.
const STEPS: usize = 5;
/// At most this many statements without evidence are shown.
const INFERRED: usize = 4;
/// At most this many pieces of information that the model asks for are shown.
const WISHES: usize = 4;
/// One statement has at most this many citations.
const CITES: usize = 6;

/// The accepted part of a model's answer.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The confidence in the cause that the model states.
    pub(super) confidence: Confidence,
    /// The accepted statements.
    pub(super) reading: Reading,
    /// The first frame of the program's own code that the accepted cause cites, by its index in the event.
    pub(super) frame: Option<usize>,
    /// The pieces of information that would answer the open questions.
    pub(super) wishes: Vec<Sentence>,
    /// The number of statements that were left out.
    pub(super) left_out: u64,
    /// Whether the answer was incomplete JSON.
    pub(super) was_cut: bool,
}

/// The reason why no part of a model's answer can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unusable {
    /// The answer is not in the required form, or has no statements.
    Form,
    /// The answer is not in the requested language.
    Language,
}

/// The facts against which a model's answer is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'c> {
    pub(super) evidence: &'c Evidence,
    /// The analysis that the fixed rules made of the evidence.
    pub(super) rules: &'c Analysis,
    /// The evidence that the model saw.
    pub(super) shown: &'c Shown,
    /// The language in which the model was asked to answer.
    pub(super) language: Language,
    /// Whether the event gives instructions, which the model may have followed.
    pub(super) is_suspicious: bool,
}

impl Case<'_> {
    fn frames(&self) -> impl Iterator<Item = (usize, &Frame)> {
        self.evidence.event.iter().flat_map(|event| event.frames.iter().enumerate())
    }

    fn is_own(&self, at: usize) -> bool {
        self.frames().any(|(place, frame)| place == at && frame.in_app)
    }

    /// Whether the fixed rules found a value in the failing line. The cause that they state cites a frame only for such
    /// a value.
    fn has_value(&self) -> bool {
        let mut cites = self.rules.cause.iter().flat_map(|finding| &finding.cites);
        cites.any(|cite| matches!(cite, Cite::Frame(_)))
    }
}

/// Returns the accepted part of `text`, a model's answer.
///
/// # Errors
///
/// [`Unusable`] if no part of the answer can be used.
pub(super) fn judge(text: &str, case: Case<'_>) -> Result<Verdict, Unusable> {
    let (draft, was_cut) = parse::draft(text).ok_or(Unusable::Form)?;
    if language::is_other(draft.texts(), case.language) {
        return Err(Unusable::Language);
    }
    let mut bench = Bench { case, inferred: Vec::new(), left_out: 0 };
    let root = bench.root(&draft);
    let (root, other) = match root {
        Some(root) if root.stands(&case) => (Some(root), None),
        Some(root) => (None, Some(root.finding)),
        None => (None, None),
    };
    let confidence = sure::confidence(&draft, root.as_ref(), was_cut);
    let frame = root.as_ref().and_then(|root| root.frame);
    let reading = bench.reading(&draft, root, other);
    let wishes = bench.wishes(&draft.missing);
    Ok(Verdict { confidence, reading, frame, wishes, left_out: bench.left_out, was_cut })
}

/// A model's statement of the cause, and the evidence for it.
struct Root {
    finding: Finding,
    proof: Option<Proof>,
    /// The first frame of the program's own code among the citations.
    frame: Option<usize>,
    /// The words of the statement that can be compared with the evidence.
    words: BTreeSet<String>,
    /// Whether the model itself says that the cause is uncertain.
    is_open: bool,
}

impl Root {
    /// Whether the statement may replace the cause that the fixed rules state. If the rules found a value in the
    /// failing line, a statement whose only support is shared names must share a word with their cause.
    fn stands(&self, case: &Case<'_>) -> bool {
        let outweighs = || {
            let of_rules =
                case.rules.cause.iter().map(|cause| cause.sentence.plain_text(Language::English.words()));
            of_rules.into_iter().any(|cause| !proof::words(&cause).is_disjoint(&self.words))
        };
        !case.is_suspicious
            && !self.is_open
            && match self.proof {
                Some(Proof::FailingLine | Proof::Value) => true,
                Some(Proof::Names) => !case.has_value() || outweighs(),
                None => false,
            }
    }

    fn into_cause(self) -> RootCause {
        let is_shown = self.proof > Some(Proof::Names);
        RootCause { finding: self.finding, is_shown }
    }
}

/// The judgement so far, while the statements of an answer are judged one after the other.
struct Bench<'c> {
    case: Case<'c>,
    inferred: Vec<Sentence>,
    left_out: u64,
}

impl Bench<'_> {
    fn root(&mut self, draft: &Draft) -> Option<Root> {
        let claim = draft.root_cause.0.as_ref()?;
        let text = claim.text()?;
        let quotes = proof::quoted(&claim.quote);
        let mut cites = self.cites(&claim.evidence);
        // A quote of a failing line counts as evidence, even if the answer does not cite the frame.
        if let Some(at) = proof::failing_frame(&quotes, &cites, &self.case).filter(|_| !cites.is_empty()) {
            let of_line = Cite::Frame(at);
            cites.extend((!cites.contains(&of_line)).then_some(of_line));
        }
        let proof = proof::proof(text, &quotes, &cites, &self.case);
        let is_own = |cite: &Cite| matches!(cite, Cite::Frame(at) if self.case.is_own(*at));
        let frame = cites.iter().find(|cite| is_own(cite)).and_then(|cite| match cite {
            Cite::Frame(at) => Some(*at),
            _ => None,
        });
        let is_open = draft.status.as_deref() == Some("undetermined");
        let finding = self.statement(text, cites, true)?;
        Some(Root { finding, proof, frame, words: proof::words(text), is_open })
    }

    /// Returns all accepted statements of the answer. `root` is the accepted cause, and `other` a cause that was not
    /// accepted, which becomes another explanation.
    fn reading(&mut self, draft: &Draft, root: Option<Root>, other: Option<Finding>) -> Reading {
        let said = draft.root_cause.0.as_ref().and_then(Claim::text).unwrap_or_default();
        let is_new = |claim: &&Lenient<Claim>| claim.0.as_ref().and_then(Claim::text) != Some(said);
        let chain: Vec<&Lenient<Claim>> = draft.causal_chain.0.iter().filter(is_new).collect();
        let summary = Some(&draft.headline).filter(is_new);
        let summary = summary.filter(|_| root.is_some()).and_then(|claim| self.claim(claim, false));
        // Without an accepted cause, the causal chain and the fix have no basis.
        let (chain, fix) = match root {
            Some(_) => (self.claims(chain, CHAIN), self.steps(&draft.fix_steps)),
            None => (Vec::new(), Vec::new()),
        };
        let mut alternatives: Vec<Finding> = other.into_iter().collect();
        alternatives.extend(self.claims(&draft.alternatives.0, OTHERS));
        let ruled_out = self.claims(&draft.ruled_out.0, OTHERS);
        let cause = root.map(Root::into_cause);
        let change = suggestion::judge(&draft.edit, &self.case, cause.as_ref());
        let edit_problem = change.as_ref().and_then(|change| change.as_ref().err().copied());
        self.left_out += u64::from(edit_problem.is_some());
        let change = change.and_then(Result::ok);
        let inferred = std::mem::take(&mut self.inferred);
        Reading { cause, summary, chain, inferred, fix, change, edit_problem, alternatives, ruled_out }
    }

    fn claims<'d>(
        &mut self,
        list: impl IntoIterator<Item = &'d Lenient<Claim>>,
        most: usize,
    ) -> Vec<Finding> {
        let kept: Vec<Finding> = list.into_iter().filter_map(|claim| self.claim(claim, true)).collect();
        kept.into_iter().take(most).collect()
    }

    fn claim(&mut self, claim: &Lenient<Claim>, else_inferred: bool) -> Option<Finding> {
        let claim = claim.0.as_ref()?;
        let cites = self.cites(&claim.evidence);
        self.statement(claim.text()?, cites, else_inferred)
    }

    /// Returns an accepted statement with the evidence that it cites. Returns `None` if the statement is not accepted.
    /// A statement that cites nothing is listed as inferred, if `else_inferred` is true.
    fn statement(&mut self, text: &str, mut cites: Vec<Cite>, else_inferred: bool) -> Option<Finding> {
        let shown = self.case.shown;
        if shown.repeats(text) {
            return None;
        }
        if names::invents_code(text, &shown.text) || harm::does_harm(text, &shown.text, Role::Statement) {
            self.left_out += 1;
            return None;
        }
        let sentence = self.words(text);
        if !cites.is_empty() {
            cites.sort();
            return Some(Finding::new(sentence, cites));
        }
        if else_inferred && self.inferred.len() < INFERRED {
            self.inferred.push(sentence);
        }
        None
    }

    fn steps(&mut self, steps: &List<Lenient<Step>>) -> Vec<Finding> {
        let mut kept = Vec::new();
        for step in steps.0.iter().filter_map(|step| step.0.as_ref()).take(STEPS) {
            let Some(text) = step.text() else { continue };
            let shown = &self.case.shown.text;
            if harm::does_harm(text, shown, Role::Advice) || names::invents_files(text, shown) {
                self.left_out += 1;
            } else {
                let mut cites = self.cites(&step.evidence);
                cites.sort();
                kept.push(Finding::new(self.words(text), cites));
            }
        }
        kept
    }

    fn wishes(&mut self, wishes: &Texts) -> Vec<Sentence> {
        let texts = wishes.0.iter().filter_map(|wish| super::schema::meaningful(wish)).take(WISHES);
        let (kept, out): (Vec<&str>, Vec<&str>) =
            texts.partition(|wish| !harm::does_harm(wish, &self.case.shown.text, Role::Statement));
        self.left_out += out.len() as u64;
        kept.into_iter().map(|wish| self.words(wish)).collect()
    }

    fn words(&self, text: &str) -> Sentence {
        let text = Untrusted::new(text);
        let quoted = Arg::message(&text);
        let arg = if self.case.is_suspicious { quoted } else { Arg::Prose(text, MESSAGE) };
        Sentence::new(|_| "{0}", [arg])
    }

    /// Returns the citations of evidence that the prompt contained, each once, in the model's order.
    fn cites(&self, ids: &Texts) -> Vec<Cite> {
        let mut kept: Vec<Cite> = Vec::new();
        for cite in cites::ids(ids) {
            let is_there = self.case.shown.pieces.contains_key(&cite) && self.case.evidence.holds(&cite);
            if is_there && !kept.contains(&cite) && kept.len() < CITES {
                kept.push(cite);
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests;
