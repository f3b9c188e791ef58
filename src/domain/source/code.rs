//! Compares the line of a stack frame with the text of its file, and chooses the lines that are kept.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::function;
use crate::domain::event::Frame;
use crate::domain::text::{Untrusted, hide_key_lines};

/// If a frame's line is in no function, this many lines are kept on each side of it.
const AROUND: usize = 5;
/// SDKs cut long lines. A reported text with at least this many characters matches each line that begins with it. A
/// shorter text must equal the line.
const CUT: usize = 60;

/// The text of a file, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// The number of the text's first line in the file, from 1.
    pub first: u64,
    /// The lines of the file, separated by line ends.
    pub text: Arc<str>,
    /// Whether the text is the whole file.
    pub is_whole: bool,
}

/// The result of comparing the line of a stack frame with the text of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// The line exists, and nothing shows that it differs from the code that ran. The value contains the lines around
    /// it.
    Read(Excerpt),
    /// The line has another text than the event reports, so the file is not the one that ran.
    Changed,
    /// The file has only this number of lines, so the file is not the one that ran.
    Shorter(u64),
}

/// Lines of a file around the line of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The number of the first of these lines in the file, from 1.
    pub first: u64,
    /// The texts of the lines.
    pub lines: Vec<Untrusted>,
    /// Whether the lines are a whole function.
    pub is_function: bool,
    /// Whether the event reports the same text for the line of the frame.
    pub is_confirmed: bool,
}

impl Excerpt {
    /// Returns the text of the line with this number, if it is one of these lines.
    #[must_use]
    pub fn line(&self, number: u64) -> Option<&Untrusted> {
        self.lines.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Returns at most `most` lines around the line with the number `line`, with their numbers. About two thirds of
    /// the lines come before that line.
    #[must_use]
    pub fn around(&self, line: u64, most: usize) -> Vec<(u64, &Untrusted)> {
        let at = usize::try_from(line.saturating_sub(self.first)).unwrap_or(0);
        let start = at.saturating_sub(most * 2 / 3).min(self.lines.len().saturating_sub(most));
        let numbered = (self.first..).zip(&self.lines);
        numbered.skip(start).take(most).collect()
    }

    /// Returns the numbers of the first and the last line.
    #[must_use]
    pub fn range(&self) -> RangeInclusive<u64> {
        let count = u64::try_from(self.lines.len()).unwrap_or(0);
        self.first..=(self.first + count).saturating_sub(1)
    }
}

impl Code {
    /// Compares the line number and line text of a frame with the text of its file. Returns `None` if `text` is only
    /// a part of the file and does not contain the line.
    #[must_use]
    pub fn of(text: &SourceText, frame: &Frame, line: u64) -> Option<Self> {
        let lines: Vec<&str> = text.text.lines().collect();
        let at = usize::try_from(line.checked_sub(text.first)?).ok()?;
        let Some(found) = lines.get(at) else {
            let count = u64::try_from(lines.len()).unwrap_or(u64::MAX);
            return text.is_whole.then_some(Self::Shorter(count));
        };
        let is_confirmed = match frame.source.as_ref().map(|reported| is_same(reported.raw(), found)) {
            Some(Some(false)) => return Some(Self::Changed),
            Some(Some(true)) => true,
            Some(None) | None => false,
        };
        let function = function::enclosing(&lines, at + 1).map(|range| range.start() - 1..=range.end() - 1);
        let is_function = function.is_some();
        let range = function.unwrap_or(at.saturating_sub(AROUND)..=(at + AROUND).min(lines.len() - 1));
        let first = text.first + u64::try_from(*range.start()).unwrap_or(0);
        let mut lines: Vec<Untrusted> = lines[range].iter().map(|line| Untrusted::new(*line)).collect();
        hide_key_lines(&mut lines);
        Some(Self::Read(Excerpt { first, lines, is_function, is_confirmed }))
    }
}

/// Whether a line that the event reports equals the line of the file, regardless of white space. `None` if the
/// reported line is minified, redacted or blank.
fn is_same(reported: &str, found: &str) -> Option<bool> {
    let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (reported, found) = (fold(reported), fold(found));
    let is_altered =
        ["{snip}", "[Filtered]", "[redacted]", "****"].iter().any(|mark| reported.contains(mark));
    if is_altered || reported.is_empty() {
        return None;
    }
    let beginning = reported.trim_end_matches(['.', '…']);
    let is_cut = beginning.chars().count() >= CUT && found.starts_with(beginning);
    Some(reported == found || is_cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "import x\n\ndef total(cart):\n    net = cart.net\n    return net * cart.rate\n\nRATE = 1\n";

    fn code(reported: Option<&str>, line: u64) -> Option<Code> {
        let text = SourceText { first: 1, text: FILE.into(), is_whole: true };
        let source = reported.map(Untrusted::new);
        Code::of(&text, &Frame { source, ..Frame::default() }, line)
    }

    fn read(code: Option<Code>) -> Option<(u64, usize, bool, bool)> {
        match code {
            Some(Code::Read(it)) => Some((it.first, it.lines.len(), it.is_function, it.is_confirmed)),
            _ => None,
        }
    }

    #[test]
    fn the_line_of_the_event_decides_whether_the_code_is_the_same() {
        assert_eq!(read(code(Some("  return net  * cart.rate"), 5)), Some((3, 3, true, true)));
        assert_eq!(read(code(None, 5)), Some((3, 3, true, false)));
        assert_eq!(read(code(Some("return [Filtered]"), 5)), Some((3, 3, true, false)));
        assert_eq!(code(Some("return net"), 5), Some(Code::Changed));
        assert_eq!(code(Some("return net * cart.rate"), 4), Some(Code::Changed));
        assert_eq!((code(None, 8), code(None, 0)), (Some(Code::Shorter(7)), None));
        assert_eq!(read(code(None, 7)), Some((2, 6, false, false)));
    }

    #[test]
    fn an_excerpt_gives_no_code_for_lines_outside_of_it() {
        let text = SourceText { first: 40, text: "a\nb\nc".into(), is_whole: false };
        let at = |line| Code::of(&text, &Frame::default(), line);
        assert_eq!((at(39), at(43)), (None, None));
        assert_eq!(read(at(41)), Some((40, 3, false, false)));
    }

    #[test]
    fn a_line_truncated_by_the_sdk_matches_the_complete_line() {
        let long = "x = ".to_owned() + &"a + ".repeat(40);
        assert_eq!(is_same(&format!("{}...", &long[..100]), &long), Some(true));
        assert_eq!(is_same("x = a...", &long), Some(false));
    }

    #[test]
    fn few_lines_around_a_line_are_shown() {
        let lines = (1..=40).map(|n| Untrusted::new(n.to_string())).collect();
        let excerpt = Excerpt { first: 1, lines, is_function: true, is_confirmed: true };
        let shown = |line| {
            let shown: Vec<u64> = excerpt.around(line, 12).iter().map(|(number, _)| *number).collect();
            (shown.first().copied(), shown.last().copied(), shown.contains(&line))
        };
        assert_eq!(shown(20), (Some(12), Some(23), true));
        assert_eq!(shown(1), (Some(1), Some(12), true));
        assert_eq!(shown(40), (Some(29), Some(40), true));
        assert_eq!(excerpt.line(40).map(Untrusted::raw), Some("40"));
        assert_eq!((excerpt.line(41), excerpt.range()), (None, 1..=40));
    }
}
