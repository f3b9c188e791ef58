//! The prompt: our instructions, and the evidence as numbered lines between delimiters that nobody can guess.
//!
//! Pure: the delimiter is an argument. All foreign text comes through `Untrusted`, so it is scrubbed and capped, and then
//! through `neutral`, so that none of it looks like the prompt's own frame.

mod neutral;
mod sections;

use std::collections::BTreeSet;

use crate::domain::analysis::Analysis;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::words::{Language, Phrase};
use crate::models::{Role, Turn};

pub(super) use neutral::neutral;
use sections::{EXPENDABLE, Include};

/// Changes with every change of the prompt or of the schema, so that no answer to an older one is used.
pub(super) const VERSION: u32 = 2;

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
    /// What was left out for length.
    pub(super) left_out: Vec<Phrase>,
}

/// What a model was shown: it can neither cite nor name anything else.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    /// The evidence by its names.
    pub(super) cites: BTreeSet<Cite>,
    /// All lines.
    pub(super) text: String,
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

/// Builds the prompt. When it is too long, what is expendable goes, in the order of [`EXPENDABLE`].
pub(super) fn build(evidence: &Evidence, rules: &Analysis, making: Making<'_>) -> Prompt {
    let system = system(making);
    let most = (making.tokens as usize * BYTES_PER_TOKEN).saturating_sub(system.len());
    let mut include = Include::default();
    let mut lines = sections::lines(evidence, rules, &include);
    let mut left_out = Vec::new();
    for (part, name) in EXPENDABLE {
        if size(&lines) <= most {
            break;
        }
        let before = size(&lines);
        include.leave_out(*part);
        lines = sections::lines(evidence, rules, &include);
        if size(&lines) < before {
            left_out.push(*name);
        }
    }
    // What is indispensable does not fit either: the end goes, which is the oldest of the stack.
    while size(&lines) > most && lines.len() > 1 {
        lines.pop();
    }
    let text = lines.iter().fold(String::new(), |text, shows| text + &shows.line + "\n");
    let boundary = making.boundary;
    Prompt {
        system,
        turn: Turn {
            role: Role::User,
            text: format!(
                "<<<EVIDENCE {boundary}\n{text}EVIDENCE {boundary}>>>\n\nExplain the root cause. Answer with the JSON \
                 object only."
            ),
        },
        shown: Shown { cites: lines.into_iter().filter_map(|shows| shows.cite).collect(), text },
        left_out,
    }
}

fn size(lines: &[Shows]) -> usize {
    lines.iter().map(|shows| shows.line.len() + 1).sum()
}

/// Our instructions.
fn system(making: Making<'_>) -> String {
    let language = match making.language {
        Language::English => "English",
        Language::TraditionalChinese => "Traditional Chinese as written in Taiwan (繁體中文)",
    };
    include_str!("system.txt")
        .trim_end()
        .replace("{boundary}", making.boundary)
        .replace("{language}", language)
}

#[cfg(test)]
mod tests;
