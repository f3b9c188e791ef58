//! The source code of the repository in the prompt for a model: whole functions first, and then the lines around other
//! failing lines.

use super::piece::{Piece, Source};
use super::{Shows, shows};
use crate::domain::evidence::Cite;
use crate::domain::source::{CommitId, SourceCode};
use crate::domain::text::Untrusted;
use crate::domain::words::NAME;

/// Returns the source code of the stack frames. Returns nothing if source code may not go to a model.
pub(super) fn code(source: &Source<'_>) -> Vec<Piece> {
    let codes = source.evidence.source.iter().enumerate().filter(|_| source.with_code);
    let mut pieces: Vec<(bool, Piece)> =
        codes.filter_map(|(at, code)| piece(at, code, source.caps.line)).collect();
    pieces.sort_by_key(|(is_window, _)| *is_window);
    pieces.into_iter().map(|(_, piece)| piece).collect()
}

/// Returns the source code of one stack frame. The flag is true if the code is not a whole function. Returns `None` if
/// the code is unknown, for example because it has changed since the event.
fn piece(at: usize, code: &SourceCode, width: usize) -> Option<(bool, Piece)> {
    let excerpt = code.excerpt()?;
    let lines = (excerpt.first..).zip(&excerpt.lines).map(|(number, line)| {
        let mark = if number == code.line { " >|" } else { "  |" };
        shows(None, &format!("{mark}{}", indented(line, width)))
    });
    let head = shows(Some(Cite::Source(at)), &head(code, excerpt.is_function));
    let lines: Vec<Shows> = std::iter::once(head).chain(lines).collect();
    Some((!excerpt.is_function, Piece::new(at, lines)))
}

fn head(code: &SourceCode, is_function: bool) -> String {
    let path = code.location.path.text().line(NAME);
    let what = if is_function { "whole function" } else { "lines around it" };
    let commit = code.revision.commit().map_or("the default branch now", CommitId::short);
    let doubt = if code.revision.is_confirmed() { "" } else { ", which only the event names" };
    format!("{path} [{}] line {}, {what}, at {commit}{doubt}", Cite::Frame(code.frame), code.line)
}

/// Returns a line of code, scrubbed, with its original indentation. A model that suggests an edit must repeat the line
/// exactly.
fn indented(line: &Untrusted, width: usize) -> String {
    let code = line.raw().trim_start_matches([' ', '\t']);
    let indentation = &line.raw()[..line.raw().len() - code.len()];
    let indentation: String = indentation.chars().take(width).collect();
    format!("{indentation}{}", Untrusted::new(code).code_line(width))
}
