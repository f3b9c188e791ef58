//! Native crashes: in which library, at which offset, and which debug file is missing.

use crate::domain::analysis::{Analysis, Confidence, Finding, Level};
use crate::domain::event::Event;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::image::Image;
use crate::domain::words::{Arg, Sentence};

/// Libraries whose missing debug files are named.
const MOST: usize = 3;

/// Adds what only native crashes have.
pub(in super::super) fn tell(evidence: &Evidence, analysis: &mut Analysis) {
    let Some(event) = evidence.event.as_ref().filter(|event| event.lacks_symbols()) else { return };
    analysis.suspect = None;
    analysis.confidence = Confidence { level: Level::Low, because: Sentence::plain(|w| w.sure_unresolved) };
    if let Some(place) = event.frames.first().and_then(|frame| event.address_of(frame)) {
        let headline = std::mem::replace(&mut analysis.headline, Sentence::plain(|_| ""));
        let said = Arg::Sentence(Box::new(headline));
        analysis.headline = Sentence::new(|w| w.headline_where, [said, Arg::from(&place)]);
    }
    let missing = missing(event);
    let found: Vec<Finding> = missing.iter().filter_map(|(at, image)| lacking(*at, image)).collect();
    let steps: Vec<Sentence> = missing.iter().filter_map(|(_, image)| upload(image)).collect();
    let none = Finding::new(Sentence::plain(|w| w.native_no_images), [Cite::Frame(0)]);
    let nothing_loaded = event.images.is_empty().then_some(none);
    analysis.findings.splice(0..0, found.into_iter().chain(nothing_loaded));
    analysis.next_steps.splice(0..0, steps);
    analysis.would_settle.clear();
}

/// The images that the nameless frames lie in and that Sentry is not known to have a debug file of.
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
