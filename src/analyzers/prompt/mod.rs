//! The prompt for a model: Sidenote's instructions, and the evidence as numbered lines between delimiters.
//!
//! The delimiters contain a random text, so the evidence cannot imitate a delimiter. The functions of this module are
//! pure: the random text is an argument. Every text of the event is scrubbed and shortened (`Untrusted`). Then the
//! module `neutral` replaces the parts that look like a delimiter or a control token of a model.

mod frames;
mod neutral;
mod piece;
mod pieces;
mod sections;
mod source;

use std::collections::BTreeMap;

use crate::domain::analysis::Analysis;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::text::Untrusted;
use crate::domain::words::Language;
use crate::models::{Role, Turn};

pub(super) use neutral::neutral;
pub(super) use sections::Cut;

/// The version of the prompt and of the JSON schema of answers. A stored answer to another version of the prompt is not
/// used.
pub(super) const VERSION: u32 = 5;

/// The tokens of a call, divided by this number, are reserved for the answer: 3 means one third.
pub(super) const ANSWER_SHARE: u32 = 3;

/// The assumed length of a token, in bytes. It converts the limit of tokens into a length of the prompt.
const BYTES_PER_TOKEN: usize = 3;

/// A prompt for a model, with a record of the evidence that it contains.
#[derive(Debug, Clone)]
pub(super) struct Prompt {
    /// The system prompt with Sidenote's instructions.
    pub(super) system: String,
    /// The user's turn, with the evidence.
    pub(super) turn: Turn,
    /// The evidence in the prompt, against which the model's answer is checked.
    pub(super) shown: Shown,
    /// The sections of evidence that did not fit into the prompt completely.
    pub(super) left_out: Vec<Cut>,
    /// Whether the prompt contains source code of a repository.
    pub(super) reads_source: bool,
}

/// The evidence in a prompt. A statement of the model that cites or names anything else is not used.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    /// The lines of each piece of evidence, by the id that the model cites.
    pub(super) pieces: BTreeMap<Cite, String>,
    /// All lines of evidence in the prompt.
    pub(super) text: String,
    /// All lines of evidence without white space. Quotes in a model's answer are looked up here, because models change
    /// white space.
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

    /// Whether a sentence of a model only repeats a message or a line of the evidence.
    pub(super) fn repeats(&self, sentence: &str) -> bool {
        let folded =
            |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        let sentence = folded(sentence);
        let is_of_event = |cite: &&Cite| {
            matches!(
                cite,
                Cite::Exception(_) | Cite::Message | Cite::Frame(_) | Cite::Source(_) | Cite::Diff(_)
            )
        };
        let lines =
            self.pieces.iter().filter(|(cite, _)| is_of_event(cite)).flat_map(|(_, piece)| piece.lines());
        lines.into_iter().any(|line| folded(line).contains(&sentence))
    }
}

/// One line of evidence in the prompt, with the id that the model cites.
#[derive(Debug, Clone)]
struct Shows {
    cite: Option<Cite>,
    line: String,
}

/// The parameters of a prompt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Making<'m> {
    /// The language in which the model must answer.
    pub(super) language: Language,
    /// The largest number of tokens of the whole prompt.
    pub(super) tokens: u32,
    /// Whether source code of a repository may go to the model.
    pub(super) reads_source: bool,
    /// The random letters and digits in the delimiters, different for each prompt.
    pub(super) boundary: &'m str,
}

/// Returns the prompt about `evidence`, with the findings of `rules`. If the evidence does not fit, the table in
/// `sections.rs` decides which pieces are left out.
pub(super) fn build(evidence: &Evidence, rules: &Analysis, making: Making<'_>) -> Prompt {
    let has_source =
        evidence.source.iter().any(|source| source.excerpt().is_some()) || !evidence.diffs.is_empty();
    let reads_source = making.reads_source && has_source;
    let making = Making { reads_source, ..making };
    let system = system(making);
    let room = (making.tokens as usize * BYTES_PER_TOKEN).saturating_sub(system.len());
    let (lines, left_out) = sections::fit(evidence, rules, making, room);
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
        reads_source,
    }
}

/// The size of a prompt, and the evidence that does not fit into it.
#[derive(Debug, Clone)]
pub struct Extent {
    /// The size of the whole prompt, in bytes.
    pub bytes: usize,
    /// The number of pieces of evidence that the prompt shows.
    pub shown: usize,
    /// The sections that do not fit completely: the name, the number of pieces left out, and the number of all pieces.
    pub cut: Vec<(&'static str, usize, usize)>,
}

/// Returns the size of the prompt for `evidence`, and the sections that do not fit into it completely. `tokens` is the
/// limit of one call to the model. One third of the tokens is reserved for the answer.
#[must_use]
pub fn extent(evidence: &Evidence, rules: &Analysis, language: Language, tokens: u32) -> Extent {
    let making =
        Making { language, tokens: tokens - tokens / ANSWER_SHARE, reads_source: false, boundary: BOUNDARY };
    let prompt = build(evidence, rules, making);
    let words = Language::English.words();
    let cut = prompt.left_out.iter().map(|cut| ((cut.name)(words), cut.left_out, cut.of)).collect();
    Extent { bytes: prompt.system.len() + prompt.turn.text.len(), shown: prompt.shown.pieces.len(), cut }
}

/// A text in place of the random text in the delimiters, of the same length, for a prompt that is only measured and not
/// sent.
const BOUNDARY: &str = "0123456789abcdef01234567";

/// Creates one line of evidence, with parts replaced that look like a delimiter or a control token.
fn shows(cite: Option<Cite>, text: &str) -> Shows {
    let text = neutral(text);
    let line = cite.as_ref().map_or_else(|| text.clone(), |cite| format!("{cite} {text}"));
    Shows { cite, line }
}

fn said(text: Option<&Untrusted>, max: usize) -> String {
    text.map(|text| text.line(max)).unwrap_or_default()
}

/// Returns the system prompt: Sidenote's instructions to the model.
fn system(making: Making<'_>) -> String {
    let [rules, form] = if making.reads_source {
        [include_str!("source.txt"), r#""edit":[{"file":"…","old":"…","new":"…"}],"#]
    } else {
        [""; 2]
    };
    include_str!("system.txt")
        .trim_end()
        .replace("{source}", rules)
        .replace("{edit}", form)
        .replace("{boundary}", making.boundary)
        .replace("{language}", name(making.language))
}

/// Returns the English name of a language, for the instruction to answer in it.
pub(super) fn name(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        Language::TraditionalChinese => "Traditional Chinese as written in Taiwan (繁體中文)",
    }
}

#[cfg(test)]
mod tests;
