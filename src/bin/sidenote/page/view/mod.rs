//! The HTML of the local page. The templates escape every value; texts from events are isolated in `bdi` elements.

mod delivery;
mod list;
mod pieces;
mod preview;
mod telegram;

use maud::{DOCTYPE, Markup, html};
use sidenote::domain::outcome::Failure;
use sidenote::domain::words::{Language, PageWords, reason};
use sidenote_standins as standins;

use super::entry::{Entry, Progress, Said};
use super::face::{self, Face};
use super::texts::{Pick, with};

pub(super) use self::preview::preview;

/// The context in which a view is rendered.
#[derive(Clone, Copy)]
pub(super) struct Look<'l> {
    pub(super) face: Face,
    /// Sentry's base URL, for the links to paths in a note.
    pub(super) base: &'l str,
    /// The language of notes and messages.
    pub(super) note_language: Language,
    pub(super) chat: Option<&'l standins::Telegram>,
    /// The id of this run of the program.
    pub(super) run: &'l str,
    /// The number of messages, edits and replies in chats that are missing since the start of the program.
    pub(super) not_told: u64,
}

impl Look<'_> {
    fn texts(&self) -> &'static PageWords {
        self.face.texts()
    }

    fn note_code(&self) -> &'static str {
        face::code(self.note_language)
    }

    /// Returns the description of a failure in the visitor's language.
    fn why(&self, why: Failure) -> String {
        reason(why).plain_text(self.face.language.words())
    }

    fn said(&self, said: &Said) -> String {
        let texts = self.texts();
        match said {
            Said::Plain(pick) => pick(texts).to_owned(),
            Said::About(pick, what) => with(pick(texts), what),
            Said::Why(why) => self.why(*why),
        }
    }
}

/// The part of the local page that is displayed, for the navigation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Home,
    Delivery(u64),
    Preview,
}

/// Renders the start page: the list of deliveries, and beside it the delivery `shown`.
pub(super) fn home(entries: &[Entry], shown: Option<&Entry>, version: u64, look: &Look<'_>) -> Markup {
    let detail = match shown {
        Some(entry) => delivery::article(entry, look),
        None => empty(look),
    };
    shell(Place::Home, look, version, &columns(entries, shown, &detail, look))
}

/// Renders the page of the delivery that the visitor chose, with the list of deliveries.
pub(super) fn delivery(entries: &[Entry], shown: &Entry, version: u64, look: &Look<'_>) -> Markup {
    let detail = delivery::article(shown, look);
    shell(Place::Delivery(shown.id), look, version, &columns(entries, Some(shown), &detail, look))
}

/// Renders the local page for a delivery that is no longer in memory.
pub(super) fn gone(entries: &[Entry], version: u64, look: &Look<'_>) -> Markup {
    let detail = html! { p.empty { (look.texts().not_here) } };
    shell(Place::Delivery(0), look, version, &columns(entries, None, &detail, look))
}

/// Renders the update that the event stream sends: the row and the article of a changed delivery.
pub(super) fn news(entry: &Entry, look: &Look<'_>) -> Markup {
    html! { (list::row(entry, false, look)) (delivery::article(entry, look)) (not_told(look)) }
}

/// Renders the line about messages, edits and replies that are missing. It is hidden if there are none.
fn not_told(look: &Look<'_>) -> Markup {
    html! {
        p.untold #untold role="status" hidden[look.not_told == 0] {
            (with(look.texts().not_told, &look.not_told.to_string()))
        }
    }
}

fn empty(look: &Look<'_>) -> Markup {
    let texts = look.texts();
    html! {
        section.empty #empty {
            h2 { (texts.none_yet) }
            p { (texts.none_yet_how) }
            p { code { "POST /api/v1/webhooks/sentry/error" } }
        }
    }
}

fn columns(entries: &[Entry], shown: Option<&Entry>, detail: &Markup, look: &Look<'_>) -> Markup {
    html! {
        div.columns {
            (list::all(entries, shown.map(|entry| entry.id), look))
            main #detail tabindex="-1" { (detail) }
        }
    }
}

fn shell(place: Place, look: &Look<'_>, version: u64, content: &Markup) -> Markup {
    let texts = look.texts();
    let tab = |to: Place, href: &str, text: &str| {
        html! { a href=(href) aria-current=[(place == to).then_some("page")] { (text) } }
    };
    html! {
        (DOCTYPE)
        html lang=(look.face.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Sidenote" }
                link rel="icon" href="/page/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/page/page.css";
                script src="/page/page.js" defer {}
            }
            body data-run=(look.run) data-version=(version) data-chosen[matches!(place, Place::Delivery(_))]
                data-listens[place != Place::Preview] {
                a.skip href="#detail" { (texts.skip) }
                header.top {
                    div.brand {
                        img src="/page/icon.svg" alt="" width="28" height="28";
                        h1 { "Sidenote" }
                        p { (texts.tagline) }
                    }
                    nav aria-label="Sidenote" {
                        (tab(Place::Home, "/", texts.deliveries))
                        (tab(Place::Preview, "/page/preview", texts.preview))
                        a.language href={ "?lang=" (look.face.other()) } lang=(look.face.other())
                            hreflang=(look.face.other()) { (texts.other_language) }
                    }
                    @if place != Place::Preview {
                        p.live #live role="status" hidden data-live=(texts.live) data-lost=(texts.reconnecting) {}
                    }
                }
                @if place != Place::Preview { (not_told(look)) }
                (content)
                p.quiet #said role="log" aria-live="polite" data-arrived=(texts.arrived) {}
                footer { (texts.footer) }
            }
        }
    }
}

/// Returns the words for the progress of a step.
fn progress(progress: Progress) -> Pick {
    match progress {
        Progress::Ahead => |t| t.is_ahead,
        Progress::Now => |t| t.is_now,
        Progress::Done => |t| t.is_done,
        Progress::Waiting => |t| t.is_waiting,
        Progress::Skipped => |t| t.is_skipped,
        Progress::Failed => |t| t.is_failed,
        Progress::None => |t| t.is_none,
    }
}

/// Returns the CSS class for the progress of a step.
fn progress_class(progress: Progress) -> &'static str {
    match progress {
        Progress::Ahead => "ahead",
        Progress::Now => "now",
        Progress::Done => "done",
        Progress::Waiting => "waiting",
        Progress::Skipped => "skipped",
        Progress::Failed => "failed",
        Progress::None => "none",
    }
}
