//! The stack frames in the prompt for a model. Frames of the program's own code are shown with source lines and
//! variables, and frames of libraries only with the line of the call.

use std::collections::HashSet;

use super::piece::{Piece, Source};
use super::{Shows, said, shows};
use crate::domain::attribute::assignment;
use crate::domain::event::{Event, Frame};
use crate::domain::evidence::Cite;
use crate::domain::text::Untrusted;
use crate::domain::words::NAME;

/// The prompt shows at most this many source lines before a failing line, and as many after it.
const AROUND: usize = 5;
/// The prompt shows at most this many values of one frame: variables, and values inside variables.
const VALUES: usize = 24;

/// Returns the lines of the prompt about frames of the program's own code, and about the newest frame and the frame
/// that the rules suspect, even if they belong to a library. If Sentry's SDK marks no frame as the program's own, all
/// frames are returned. The frame that the rules suspect comes first.
pub(super) fn own(source: &Source<'_>) -> Vec<Piece> {
    let Some(event) = &source.evidence.event else { return Vec::new() };
    let mut printed = Printed::default();
    let own = event.frames.iter().enumerate().filter(|(at, _)| is_own(event, source, *at));
    let piece = |(at, frame)| {
        let head = head(event, at, frame);
        let window = printed.window(frame, source.caps.line);
        let values = variables(frame, source.caps.value);
        Piece::new(at, [vec![head], window, values.into_iter().collect()].concat())
    };
    let (mut pieces, others): (Vec<Piece>, Vec<Piece>) =
        own.map(piece).partition(|piece| source.rules.suspect == Some(piece.at));
    pieces.extend(others);
    pieces
}

/// Returns the lines of the prompt about frames of libraries, each with the source line of its call.
pub(super) fn library(source: &Source<'_>) -> Vec<Piece> {
    let Some(event) = &source.evidence.event else { return Vec::new() };
    let others = event.frames.iter().enumerate().filter(|(at, _)| !is_own(event, source, *at));
    let piece = |(at, frame): (usize, &Frame)| {
        let line = frame.source.as_ref().map(|line| marked(" > ", line, source.caps.line));
        Piece::new(at, std::iter::once(head(event, at, frame)).chain(line).collect::<Vec<_>>())
    };
    others.map(piece).collect()
}

fn is_own(event: &Event, source: &Source<'_>, at: usize) -> bool {
    let is_marked = event.frames.iter().any(|frame| frame.in_app);
    let is_in_app = event.frames.get(at).is_some_and(|frame| frame.in_app);
    is_in_app || !is_marked || at == 0 || source.rules.suspect == Some(at)
}

fn head(event: &Event, at: usize, frame: &Frame) -> Shows {
    let is_marked = event.frames.iter().any(|frame| frame.in_app);
    let whose = if frame.in_app || !is_marked { "" } else { " [library]" };
    let place = frame.place().map(|place| place.line(NAME)).unwrap_or_default();
    let function = said(frame.function.as_ref(), NAME);
    let of = frame.exception.map(|x| format!(" [{}]", Cite::Exception(x))).unwrap_or_default();
    shows(Some(Cite::Frame(at)), &format!("{place} {function}{whose}{of}"))
}

fn marked(mark: &str, line: &Untrusted, width: usize) -> Shows {
    shows(None, &format!("{mark}{}", line.code_line(width)))
}

/// The source lines that the prompt already contains, by file and line number. Frames of the same file can have the
/// same lines around their calls, and the prompt contains each line once.
#[derive(Default)]
struct Printed<'f>(HashSet<(&'f str, u64)>);

impl<'f> Printed<'f> {
    /// Returns the source line of the frame's call, and the lines around it that the prompt does not contain yet.
    fn window(&mut self, frame: &'f Frame, width: usize) -> Vec<Shows> {
        let Some(source) = &frame.source else { return Vec::new() };
        let skipped = frame.before.len().saturating_sub(AROUND);
        let before: Vec<&Untrusted> = frame.before.iter().skip(skipped).collect();
        let first = frame.line.and_then(|line| line.checked_sub(u64::try_from(before.len()).ok()?));
        let after = frame.after.iter().take(AROUND);
        let lines = before.iter().copied().chain([source]).chain(after);
        let mut out = Vec::new();
        for (at, line) in lines.enumerate() {
            let number = first.zip(u64::try_from(at).ok()).map(|(first, at)| first + at);
            let is_new = self.is_new(frame, number);
            if at == before.len() {
                out.push(marked(" > ", line, width));
            } else if is_new {
                out.push(marked("   ", line, width));
            }
        }
        out
    }

    fn is_new(&mut self, frame: &'f Frame, number: Option<u64>) -> bool {
        let file = frame.file.as_ref().map(Untrusted::raw);
        file.zip(number).is_none_or(|place| self.0.insert(place))
    }
}

/// Returns the variables of a frame as one line. Variables that occur in the failing line come first.
fn variables(frame: &Frame, width: usize) -> Option<Shows> {
    let line = frame.source.as_ref().map(Untrusted::raw).unwrap_or_default();
    let pairs = frame.locals.iter().chain(&frame.nested);
    let (there, elsewhere): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| line.contains(name.raw()));
    let pairs = there.into_iter().chain(elsewhere).take(VALUES);
    let assigned: Vec<String> = pairs.map(|(name, value)| assignment(name, value).line(width)).collect();
    (!assigned.is_empty()).then(|| shows(None, &format!("    variables: {}", assigned.join("; "))))
}
