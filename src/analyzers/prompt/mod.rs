//! The prompt: our instructions, and the evidence as numbered lines between delimiters that nobody can guess.
//!
//! Pure: the delimiter is an argument. All foreign text comes through `Untrusted`, so it is scrubbed and capped, and then
//! through `neutral`, so that none of it looks like the prompt's own frame.

mod frames;
mod neutral;
mod piece;
mod pieces;
mod sections;

use std::collections::BTreeMap;

use crate::domain::analysis::Analysis;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::text::Untrusted;
use crate::domain::words::Language;
use crate::models::{Role, Turn};

pub(super) use neutral::neutral;
pub(super) use sections::Cut;

/// Changes with every change of the prompt or of the schema, so that no answer to an older one is used.
pub(super) const VERSION: u32 = 3;

/// Bytes of a token, on the safe side: English has four, Chinese three.
const BYTES_PER_TOKEN: usize = 3;

/// A prompt, and what it showed.
#[derive(Debug, Clone)]
pub(super) struct Prompt {
    /// Our instructions.
    pub(super) system: String,
    /// The evidence.
    pub(super) turn: Turn,
    /// What the model can cite and name.
    pub(super) shown: Shown,
    /// What did not fit.
    pub(super) left_out: Vec<Cut>,
}

/// What a model was shown: it can neither cite nor name anything else.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    /// Each piece of evidence by its name, with the lines below it.
    pub(super) pieces: BTreeMap<Cite, String>,
    /// All lines.
    pub(super) text: String,
    /// All lines without white space, to look for quotes.
    pub(super) squeezed: String,
}

impl Shown {
    fn of(lines: &[Shows]) -> Self {
        let mut shown = Self::default();
        let mut at: Option<&Cite> = None;
        for Shows { cite, line } in lines {
            at = if line.starts_with(' ') { at } else { cite.as_ref() };
            shown.text.extend([line, "\n"]);
            if let Some(cite) = at {
                shown.pieces.entry(cite.clone()).or_default().extend([line, "\n"]);
            }
        }
        shown.squeezed = shown.text.split_whitespace().collect();
        shown
    }

    /// Whether a sentence only repeats a message or a line of the evidence.
    pub(super) fn repeats(&self, sentence: &str) -> bool {
        let folded =
            |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        let sentence = folded(sentence);
        let is_of_event = |cite: &&Cite| matches!(cite, Cite::Exception(_) | Cite::Message | Cite::Frame(_));
        let lines =
            self.pieces.iter().filter(|(cite, _)| is_of_event(cite)).flat_map(|(_, piece)| piece.lines());
        lines.into_iter().any(|line| folded(line).contains(&sentence))
    }
}

/// One line of evidence, and its name.
#[derive(Debug, Clone)]
struct Shows {
    cite: Option<Cite>,
    line: String,
}

/// What a prompt is made with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Making<'m> {
    /// The language of the answer.
    pub(super) language: Language,
    /// The most tokens of the whole prompt.
    pub(super) tokens: u32,
    /// Random letters and digits, new for each call.
    pub(super) boundary: &'m str,
}

/// Builds the prompt: of the evidence what fits, by the table in `sections.rs`.
pub(super) fn build(evidence: &Evidence, rules: &Analysis, making: Making<'_>) -> Prompt {
    let system = system(making);
    let room = (making.tokens as usize * BYTES_PER_TOKEN).saturating_sub(system.len());
    let (lines, left_out) = sections::fit(evidence, rules, room);
    let shown = Shown::of(&lines);
    let (text, boundary) = (&shown.text, making.boundary);
    Prompt {
        system,
        turn: Turn {
            role: Role::User,
            text: format!(
                "<<<EVIDENCE {boundary}\n{text}EVIDENCE {boundary}>>>\n\nExplain the root cause. Answer with the JSON \
                 object only."
            ),
        },
        shown,
        left_out,
    }
}

/// The size of a prompt, and the evidence that does not fit.
#[derive(Debug, Clone)]
pub struct Extent {
    /// The size of the whole prompt, in bytes.
    pub bytes: usize,
    /// The number of pieces of evidence that the prompt shows.
    pub shown: usize,
    /// The sections that do not fit as a whole: their names, the pieces left out, and all pieces.
    pub cut: Vec<(&'static str, usize, usize)>,
}

/// Returns the extent of the prompt for `evidence`. A call of the model may use `tokens`, of which one third is reserved
/// for the answer.
#[must_use]
pub fn extent(evidence: &Evidence, rules: &Analysis, language: Language, tokens: u32) -> Extent {
    let making =
        Making { language, tokens: tokens - tokens / super::analyst::ANSWER_SHARE, boundary: BOUNDARY };
    let prompt = build(evidence, rules, making);
    let words = Language::English.words();
    let cut = prompt.left_out.iter().map(|cut| ((cut.name)(words), cut.left_out, cut.of)).collect();
    Extent { bytes: prompt.system.len() + prompt.turn.text.len(), shown: prompt.shown.pieces.len(), cut }
}

/// A boundary of the usual length, for a prompt that is only measured.
const BOUNDARY: &str = "0123456789abcdef01234567";

/// One line of evidence, made harmless.
fn shows(cite: Option<Cite>, text: &str) -> Shows {
    let text = neutral(text);
    let line = cite.as_ref().map_or_else(|| text.clone(), |cite| format!("{cite} {text}"));
    Shows { cite, line }
}

fn said(text: Option<&Untrusted>, max: usize) -> String {
    text.map(|text| text.line(max)).unwrap_or_default()
}

/// Our instructions.
fn system(making: Making<'_>) -> String {
    include_str!("system.txt")
        .trim_end()
        .replace("{boundary}", making.boundary)
        .replace("{language}", name(making.language))
}

/// A language's name, as a model knows it.
pub(super) fn name(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        Language::TraditionalChinese => "Traditional Chinese as written in Taiwan (繁體中文)",
    }
}

#[cfg(test)]
mod tests;
