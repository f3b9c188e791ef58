//! The source code of the repository in the prompt for a model: whole functions first, then the diffs of the suspect
//! commits, and then the lines around other failing lines.

use super::piece::{Piece, Source};
use super::{Shows, shows};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::order::sorted_by_key;
use crate::domain::source::{CommitDiff, CommitId, DiffLine, SourceCode};
use crate::domain::text::Untrusted;
use crate::domain::words::NAME;

/// The importance of a piece of source code; the most important piece comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Function,
    Diff,
    Window,
}

/// Returns the source code of the stack frames, and the diffs of the suspect commits. Returns nothing if source code may
/// not go to a model.
pub(super) fn code(source: &Source<'_>) -> Vec<Piece> {
    if !source.with_code {
        return Vec::new();
    }
    let (evidence, width) = (source.evidence, source.caps.line);
    let codes = evidence.source.iter().enumerate().filter_map(|(at, code)| piece(at, code, width));
    let diffs = evidence.diffs.iter().enumerate();
    let diffs = diffs.map(|(at, diff)| (Rank::Diff, changes(evidence, at, diff, width)));
    sorted_by_key(codes.chain(diffs), |(rank, _)| *rank).into_iter().map(|(_, piece)| piece).collect()
}

/// Returns the source code of one stack frame. Returns `None` if the code is unknown, for example because it has changed
/// since the event.
fn piece(at: usize, code: &SourceCode, width: usize) -> Option<(Rank, Piece)> {
    let excerpt = code.excerpt()?;
    let lines = (excerpt.first..).zip(&excerpt.lines).map(|(number, line)| {
        let mark = if number == code.line { " >|" } else { "  |" };
        shows(None, &format!("{mark}{}", indented(line, width)))
    });
    let head = shows(Some(Cite::Source(at)), &head(code, excerpt.is_function));
    let lines: Vec<Shows> = std::iter::once(head).chain(lines).collect();
    let rank = if excerpt.is_function { Rank::Function } else { Rank::Window };
    Some((rank, Piece::new(at, lines)))
}

/// Returns the change of a file by a suspect commit. `@@` separates parts of the file, and `…` says that lines of the
/// change are missing. Lines of the file have a bar, so they cannot imitate these marks. `at` is the index of the diff.
fn changes(evidence: &Evidence, at: usize, diff: &CommitDiff, width: usize) -> Piece {
    let path = diff.location.path.text().line(NAME);
    let head = format!("{path}, changed by {}", Cite::Commit(diff.commit));
    let mut lines = vec![shows(Some(Cite::Diff(at)), &head)];
    for (number, part) in diff.seen().into_iter().enumerate() {
        lines.extend((number > 0).then(|| shows(None, "  @@")));
        let said = |line: &DiffLine| format!("  {}|{}", line.effect.mark(), indented(&line.text, width));
        lines.extend(part.iter().map(|line| shows(None, &said(line))));
    }
    lines.extend(diff.is_cut().then(|| shows(None, "  …")));
    Piece::new(evidence.source.len() + at, lines)
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
    if line.is_secret() {
        return line.code_line(width);
    }
    let code = line.raw().trim_start_matches([' ', '\t']);
    let indentation = &line.raw()[..line.raw().len() - code.len()];
    let indentation: String = indentation.chars().take(width).collect();
    format!("{indentation}{}", Untrusted::new(code).code_line(width))
}
