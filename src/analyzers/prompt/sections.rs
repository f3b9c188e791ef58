//! The sections of the prompt for a model, their order, and the selection of the pieces that fit into the prompt.

use super::piece::{Caps, Piece, Source};
use super::{Making, Shows, frames, pieces, source};
use crate::domain::analysis::Analysis;
use crate::domain::evidence::Evidence;
use crate::domain::order::sorted_by_key;
use crate::domain::words::Phrase;

/// The sections of the prompt, the most important first.
///
/// Each section first gets its share of the prompt's length, in percent. The length that then remains goes to the
/// sections in the same order. Within a section the most important piece comes first.
const SECTIONS: &[Section] = &[
    Section { name: |w| w.shown_issue, share: 20, pieces: pieces::issue },
    Section { name: |w| w.shown_messages, share: 30, pieces: pieces::messages },
    Section { name: |w| w.shown_own, share: 50, pieces: frames::own },
    Section { name: |w| w.shown_source, share: 30, pieces: source::code },
    Section { name: |w| w.shown_attributes, share: 15, pieces: pieces::of_the_program },
    Section { name: |w| w.shown_breadcrumbs, share: 15, pieces: pieces::breadcrumbs },
    Section { name: |w| w.shown_comparisons, share: 10, pieces: pieces::comparisons },
    Section { name: |w| w.shown_comments, share: 10, pieces: pieces::comments },
    Section { name: |w| w.shown_rules, share: 10, pieces: pieces::rules },
    Section { name: |w| w.shown_tags, share: 10, pieces: pieces::tags },
    Section { name: |w| w.shown_commits, share: 10, pieces: pieces::commits },
    Section { name: |w| w.shown_library, share: 10, pieces: frames::library },
    Section { name: |w| w.shown_attributes, share: 10, pieces: pieces::of_the_platform },
];

/// A section of the prompt: its name, its share of the prompt's length in percent, and the function that returns its
/// pieces.
struct Section {
    /// The section's name in the note, which lists sections that did not fit completely.
    name: Phrase,
    share: usize,
    pieces: fn(&Source<'_>) -> Vec<Piece>,
}

/// A section that did not fit into the prompt completely.
#[derive(Debug, Clone, Copy)]
pub(in crate::analyzers) struct Cut {
    /// The section's name in the note, which lists sections that did not fit completely.
    pub(in crate::analyzers) name: Phrase,
    /// The number of pieces that were left out.
    pub(in crate::analyzers) left_out: usize,
    /// The number of all pieces of the section.
    pub(in crate::analyzers) of: usize,
}

/// A section of the prompt while its pieces are selected. The flag of a piece is true once it is selected.
struct Filling {
    section: &'static Section,
    pieces: Vec<(Piece, bool)>,
}

impl Filling {
    /// Selects further pieces while they fit into `room` and into `share`, both in bytes. Returns the bytes of `room`
    /// that remain.
    fn take(&mut self, mut room: usize, mut share: usize) -> usize {
        for (piece, is_in) in self.pieces.iter_mut().filter(|(_, is_in)| !is_in) {
            let size = piece.size();
            if size <= room && size <= share {
                *is_in = true;
                room -= size;
                share -= size;
            }
        }
        room
    }

    fn cut(&self) -> Option<Cut> {
        let left_out = self.pieces.iter().filter(|(_, is_in)| !is_in).count();
        (left_out > 0).then_some(Cut { name: self.section.name, left_out, of: self.pieces.len() })
    }

    fn lines(self) -> impl Iterator<Item = Shows> {
        let shown = self.pieces.into_iter().filter_map(|(piece, is_in)| is_in.then_some(piece));
        sorted_by_key(shown, |piece| piece.at).into_iter().flat_map(|piece| piece.lines)
    }
}

/// Returns the lines of evidence that fit into `room` bytes, and the sections that do not fit completely. The details
/// of the issue are always included.
pub(super) fn fit(
    evidence: &Evidence,
    rules: &Analysis,
    making: Making<'_>,
    room: usize,
) -> (Vec<Shows>, Vec<Cut>) {
    let source = Source { evidence, rules, caps: Caps::of(room), with_code: making.reads_source };
    let filling = |section: &'static Section| {
        let pieces = (section.pieces)(&source).into_iter().map(|piece| (piece, false)).collect();
        Filling { section, pieces }
    };
    let mut all: Vec<Filling> = SECTIONS.iter().map(filling).collect();
    let mut left = room;
    if let Some((issue, is_in)) = all.first_mut().and_then(|section| section.pieces.first_mut()) {
        *is_in = true;
        left = left.saturating_sub(issue.size());
    }
    for filling in &mut all {
        left = filling.take(left, room * filling.section.share / 100);
    }
    for filling in &mut all {
        left = filling.take(left, left);
    }
    let cuts = all.iter().filter_map(Filling::cut).collect();
    (all.into_iter().flat_map(Filling::lines).collect(), cuts)
}
