//! Additions to the analysis of a native crash: the library and the offset of the crash, and missing debug files.

use crate::domain::analysis::{Analysis, Confidence, Finding, Level};
use crate::domain::event::{Event, Frame};
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::image::Image;
use crate::domain::words::{Arg, MESSAGE, Sentence};

/// The note names at most this many libraries.
const MOST: usize = 3;

/// Adds the parts that only native crashes have to the analysis of the general rules.
pub(in super::super) fn extend(evidence: &Evidence, analysis: &mut Analysis) {
    analysis.cause.extend(evidence.event.as_ref().and_then(null));
    let Some(event) = evidence.event.as_ref().filter(|event| event.lacks_symbols()) else { return };
    analysis.confidence = Confidence { level: Level::Low, because: Sentence::plain(|w| w.sure_no_symbols) };
    if let Some((headline, title)) = headline(event) {
        (analysis.headline, analysis.title) = (headline, title);
    }
    let missing = missing(event);
    let found: Vec<Finding> = missing.iter().filter_map(|(at, image)| lacking(*at, image)).collect();
    let steps: Vec<Sentence> = missing.iter().filter_map(|(_, image)| upload(image)).collect();
    let none = Finding::new(Sentence::plain(|w| w.native_no_images), [Cite::Frame(0)]);
    let nothing_loaded = event.images.is_empty().then_some(none);
    analysis.findings.splice(0..0, found.into_iter().chain(nothing_loaded));
    analysis.next_steps.splice(0..0, steps);
    let is_open = missing.is_empty() && !event.images.is_empty();
    analysis.would_settle = is_open.then(|| Sentence::plain(|w| w.settle_source_maps)).into_iter().collect();
}

/// The names of signals and exceptions for an invalid memory access.
const BAD_ACCESS: &[&str] = &["SIGSEGV", "SIGBUS", "EXC_BAD_ACCESS", "ACCESS_VIOLATION"];
/// The end of the first memory page, which no program may use. An access below this address goes through a null
/// pointer.
const NULL_PAGE: u64 = 0x1000;

/// Returns a statement that the address of an invalid memory access is close to zero.
fn null(event: &Event) -> Option<Finding> {
    let crash = event.exceptions.last()?;
    let kind = crash.kind.as_ref()?.raw();
    let message = crash.message.as_ref()?.start(MESSAGE);
    let (_, digits) =
        message.rsplit_once("0x").filter(|_| BAD_ACCESS.iter().any(|mark| kind.contains(mark)))?;
    let digits = digits.split(|c: char| !c.is_ascii_hexdigit()).next().unwrap_or_default();
    let address = u64::from_str_radix(digits, 16).ok().filter(|address| *address < NULL_PAGE)?;
    let said = Sentence::new(|w| w.native_null, [Arg::Name(format!("{address:#x}"))]);
    Some(Finding::new(said, [Cite::Exception(event.exceptions.len() - 1)]))
}

/// Returns the headline and the title: the crash, and the newest frame in a library that is not part of the system, or
/// else the newest frame. The title omits the message of the crash.
fn headline(event: &Event) -> Option<(Sentence, Sentence)> {
    let crash = event.exceptions.last()?;
    let is_own = |frame: &&Frame| event.image_of(frame).is_some_and(|(image, _)| !image.is_of_system());
    let frame = event.frames.iter().find(is_own).or_else(|| event.frames.first())?;
    let place = event.address_of(frame)?;
    let (kind, place) = (Arg::from(crash.kind.as_ref()?), Arg::from(&place));
    let title = Sentence::new(|w| w.headline_where, [kind.clone(), place.clone()]);
    let headline = match crash.message.as_ref().map(Arg::message) {
        Some(said) => Sentence::new(|w| w.headline_full, [kind, said, place]),
        None => title.clone(),
    };
    Some((headline, title))
}

/// Returns the libraries (images) that lack debug files, each with the index of a frame in it. Libraries of the system
/// are left out.
fn missing(event: &Event) -> Vec<(usize, &Image)> {
    let mut missing: Vec<(usize, &Image)> = Vec::new();
    for (at, frame) in event.frames.iter().enumerate().filter(|(_, frame)| !frame.is_resolved()) {
        let Some((image, _)) = event.image_of(frame) else { continue };
        let is_new = !missing.iter().any(|(_, known)| *known == image);
        if is_new && image.has_debug_file != Some(true) && !image.is_of_system() && missing.len() < MOST {
            missing.push((at, image));
        }
    }
    missing
}

fn lacking(at: usize, image: &Image) -> Option<Finding> {
    let name = Arg::from(&image.name()?);
    let said = match &image.debug_id {
        Some(id) => Sentence::new(|w| w.native_missing_id, [name, Arg::from(id)]),
        None => Sentence::new(|w| w.native_missing, [name]),
    };
    Some(Finding::new(said, [Cite::Frame(at)]))
}

fn upload(image: &Image) -> Option<Sentence> {
    Some(Sentence::new(|w| w.native_step_upload, [Arg::from(&image.name()?)]))
}
