//! The HTML of the form for a payload on the local page, and of the payload's preview.

use maud::{Markup, html};

use super::{Look, Place, delivery, pieces, shell, telegram};
use crate::page::entry::Progress;
use crate::page::preview::{Preview, Seen};

/// Renders the form with `payload`, and below it the preview or the error.
pub(in crate::page) fn preview(seen: Option<&Seen>, payload: &str, look: &Look<'_>) -> Markup {
    let texts = look.texts();
    let content = html! {
        main.single #detail tabindex="-1" {
            form.paste method="post" action="/page/preview" {
                h2 { label for="payload" { (texts.preview) } }
                p.hint #payload-says { (texts.payload_says) " " (texts.payload_reads) }
                textarea #payload name="payload" rows="10" spellcheck="false" autocomplete="off" required
                    aria-describedby="payload-says" dir="ltr" { (payload) }
                button type="submit" { (texts.show_preview) }
            }
            @match seen {
                None => {},
                Some(Seen::Nothing(why)) => p.troubles role="alert" { bdi { (why) } },
                Some(Seen::Shown(preview)) => (shown(preview, look)),
            }
        }
    };
    shell(Place::Preview, look, 0, &content)
}

fn shown(preview: &Preview, look: &Look<'_>) -> Markup {
    let texts = look.texts();
    let gaps = pieces::gaps(&preview.pieces, look);
    html! {
        article.delivery aria-labelledby="preview-title" {
            h2 #preview-title {
                (texts.preview_of)
                @if let Some(title) = &preview.title { ": " bdi { (title) } }
            }
            @if !gaps.is_empty() {
                section.troubles { h3 { (texts.troubles) } ul { @for gap in gaps { li { (gap) } } } }
            }
            @if let Some(note) = &preview.notices.note { (delivery::note(note, Progress::Ahead, look)) }
            @if let Some(message) = &preview.notices.message { (telegram::unsent(message, look)) }
            (pieces::section(&preview.pieces, look))
        }
    }
}
