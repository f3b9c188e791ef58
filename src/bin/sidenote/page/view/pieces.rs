//! The HTML of the pieces of evidence, with their ids, on the local page.

use maud::{Markup, html};

use super::Look;
use crate::page::pieces::{Kind, Pieces};
use crate::page::texts::with;
use sidenote::domain::report::wanted;

/// Renders the section with all displayed pieces, or nothing if there are none.
pub(super) fn section(pieces: &Pieces, look: &Look<'_>) -> Markup {
    let texts = look.texts();
    html! {
        @if !pieces.kinds.is_empty() {
            section.evidence data-part="evidence" aria-label=(texts.evidence) {
                h3.label { (texts.evidence) }
                p.hint { (texts.evidence_says) }
                div.kinds { @for kind in &pieces.kinds { (one(kind, look)) } }
            }
        }
    }
}

fn one(kind: &Kind, look: &Look<'_>) -> Markup {
    let texts = look.texts();
    html! {
        section.kind {
            h4 { ((kind.title)(texts)) }
            dl {
                @for piece in &kind.pieces {
                    div.piece.cited[piece.cited].library[piece.library] {
                        dt { code { bdi { (piece.id) } } }
                        dd {
                            bdi { (piece.text) }
                            @if piece.library { " " span.tag { (texts.library) } }
                            @if piece.cited { " " span.tag.cited { (texts.cited) } }
                        }
                    }
                }
            }
            @if kind.more > 0 { p.hint { (with(texts.more_pieces, &kind.more.to_string())) } }
        }
    }
}

/// Describes the gaps in the evidence in the visitor's language, one sentence each.
pub(super) fn gaps(pieces: &Pieces, look: &Look<'_>) -> Vec<String> {
    let words = look.face.language.words();
    let gap = |gap: &sidenote::domain::evidence::Gap| {
        with(look.texts().gap, wanted(gap.what)(words)).replacen("{1}", &look.why(gap.why), 1)
    };
    pieces.gaps.iter().map(gap).collect()
}
