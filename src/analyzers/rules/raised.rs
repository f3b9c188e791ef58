//! The place where an error was raised. The headline names the suspect frame, the stack frame that most likely contains
//! the bug, and this frame may only have called the code that raised the error.

use super::blame::{self, Suspect, facts, owner_of};
use super::headline;
use super::lineage::group_size;
use super::suspect::{Facts, Owner, is_panic, is_sdk};
use crate::domain::analysis::Finding;
use crate::domain::event::{Event, Frame};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::kind::Kind;
use crate::domain::words::{Phrase, Sentence};

/// This many frames are shown if no frame is suspect.
const FRAMES: usize = 4;
/// Platforms in which most errors are returned as values. Without a panic, their stack shows where the value was
/// created or wrapped, often in a library for errors.
const VALUES: &[&str] = &["go", "rust"];
/// PHP's class for warnings of the runtime. A framework's handler raises it, so the raising frame says nothing.
const WARNING: &str = "ErrorException";

/// Returns a statement about the place where the error was raised. Returns `None` if that is the suspect frame, if it is
/// the runtime that raised the error for this frame, or if the stack does not show the place.
pub(super) fn elsewhere(evidence: &Evidence, suspect: &Suspect) -> Option<Finding> {
    let event = evidence.event.as_ref()?;
    let called = event.frames.get(suspect.frame)?;
    let exception = event.exceptions.get(called.exception?)?;
    let is_told = headline::exception(event, Some(suspect)) == called.exception
        && evidence.kind() == Kind::Error
        && group_size(event).is_none()
        && !exception.synthetic
        && exception.kind.as_ref().is_none_or(|kind| kind.raw() != WARNING)
        && !blame::only_reports(event, suspect);
    let at = raiser(event, suspect.frame).filter(|_| is_told)?;
    let frame = event.frames.get(at).filter(|frame| !frame.is_minified())?;
    let phrase: Phrase = if is_library(event, frame) { |w| w.raised_in_library } else { |w| w.raised_in };
    let said = Sentence::new(phrase, [blame::location(frame)?, blame::name(called)?]);
    Some(Finding::new(said, [Cite::Frame(at)]))
}

/// Returns the index of the frame that raised the exception of the frame at `suspect`, if it is a newer frame outside of
/// the runtime.
fn raiser(event: &Event, suspect: usize) -> Option<usize> {
    let owner = event.frames.get(suspect)?.exception;
    let newer = event.frames.iter().enumerate().take(suspect).filter(|(_, frame)| frame.exception == owner);
    let newer: Vec<(usize, Facts<'_>)> = newer.map(|(at, frame)| (at, facts(frame))).collect();
    let is_outside =
        |(_, frame): &&(usize, Facts<'_>)| matches!(Owner::of(frame), Owner::Program | Owner::Dependency);
    if let Some(panic) = newer.iter().rposition(|(_, frame)| is_panic(frame)) {
        return newer.iter().skip(panic + 1).find(is_outside).map(|(at, _)| *at);
    }
    let (at, newest) = newer.first().filter(is_outside)?;
    let are_values = event.platform.as_ref().is_some_and(|platform| VALUES.contains(&platform.raw()));
    (!is_sdk(newest) && (newest.in_app || !are_values)).then_some(*at)
}

fn is_library(event: &Event, frame: &Frame) -> bool {
    let is_marked = event.frames.iter().any(|frame| frame.in_app);
    (is_marked && !frame.in_app) || owner_of(frame) == Owner::Dependency
}

/// Returns the indexes of the newest frames, for a note without a suspect frame. The frames of Sentry's SDK and those
/// that handle a panic are left out.
pub(super) fn newest(evidence: &Evidence) -> Vec<usize> {
    let Some(event) = &evidence.event else { return Vec::new() };
    let panic = event.frames.iter().rposition(|frame| is_panic(&facts(frame)));
    let frames = event.frames.iter().enumerate().skip(panic.map_or(0, |panic| panic + 1));
    frames.filter(|(_, frame)| !is_sdk(&facts(frame))).map(|(at, _)| at).take(FRAMES).collect()
}
