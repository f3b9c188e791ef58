//! The HTML of a message on the local page, as Telegram displays it, with its buttons.

use maud::{Markup, html};
use secrecy::SecretString;
use serde_json::Value;
use sidenote::domain::message::MessageButtons;
use sidenote::notifiers::telegram::keyboard;
use sidenote::telegram::markup;

use super::Look;
use crate::page::chat;
use crate::page::entry::{Entry, Progress, Stage};

/// A button under the message.
enum Button {
    /// A button that works on the local page: its label, the message's id in the Telegram stand-in, and its callback
    /// data.
    Press(String, i64, String),
    /// A picture of a button that works only in Telegram: its label.
    Still(String),
    Open(String, String),
}

/// Renders the message of a delivery. In `sidenote demo` the message comes from the Telegram stand-in.
pub(super) fn section(entry: &Entry, look: &Look<'_>) -> Markup {
    let texts = look.texts();
    let sent = look
        .chat
        .zip(entry.message_id)
        .and_then(|(chat, id)| chat.messages().into_iter().find(|message| message.message_id == id));
    let (html, rows, edited) = if let Some(message) = sent {
        let rows = rows(message.reply_markup.as_ref(), Some(message.message_id));
        (message.text_raw, rows, message.edits > 0)
    } else {
        let html = entry.notices.message.clone().unwrap_or_default();
        (html, still(entry, look), entry.is_edited)
    };
    let is_sent = entry.step(Stage::MESSAGE).progress == Progress::Done;
    html! {
        @if !html.is_empty() {
            section.message data-part="message" aria-label=(texts.message) {
                h3.label { (texts.message) }
                @if !is_sent { p.hint { (texts.message_unsent) } }
                @if look.chat.is_some() { p.hint { (texts.chat_is_standin) } }
                (bubble(&html, &rows, edited, entry.id, look))
                (elsewhere(entry, look))
            }
        }
    }
}

/// Renders the message of a preview, which is not sent.
pub(super) fn unsent(html: &str, look: &Look<'_>) -> Markup {
    let texts = look.texts();
    html! {
        section.message data-part="message" aria-label=(texts.message) {
            h3.label { (texts.message) }
            (bubble(html, &[], false, 0, look))
        }
    }
}

fn bubble(text: &str, rows: &[Vec<Button>], edited: bool, delivery: u64, look: &Look<'_>) -> Markup {
    html! {
        div.chat {
            div.bubble lang=(look.note_code()) {
                p.from { "Sidenote" }
                div.text { (chat::bubble(text)) }
                @if edited { p.edited { (look.texts().edited) } }
            }
            @if !rows.is_empty() {
                div.keyboard {
                    @for row in rows {
                        div.row { @for button in row { (one(button, delivery)) } }
                    }
                }
            }
        }
    }
}

fn one(button: &Button, delivery: u64) -> Markup {
    html! {
        @match button {
            Button::Press(text, message, data) => {
                form method="post" action="/page/tap" data-quiet {
                    input type="hidden" name="message" value=(message);
                    input type="hidden" name="data" value=(data);
                    input type="hidden" name="delivery" value=(delivery);
                    button type="submit" { bdi { (text) } }
                }
            }
            Button::Still(text) => button type="button" disabled { bdi { (text) } },
            Button::Open(text, url) => a href=(url) rel="noopener noreferrer" target="_blank" { bdi { (text) } " ↗" },
        }
    }
}

/// Renders the command that decides an open approval, because the buttons on the local page are only pictures.
fn elsewhere(entry: &Entry, look: &Look<'_>) -> Markup {
    let open = entry.approval.as_ref().filter(|approval| approval.state.is_open() && look.chat.is_none());
    html! {
        @if let Some(approval) = open {
            p.hint { (look.texts().decide_elsewhere) " " code { "sidenote approve " (approval.id) } }
        }
    }
}

/// Returns the buttons of a message as Telegram shows them, without their callback data.
fn still(entry: &Entry, look: &Look<'_>) -> Vec<Vec<Button>> {
    let (key, link) = (SecretString::from("for the labels only"), entry.notices.link.as_deref());
    let buttons = MessageButtons { approval: entry.approval.as_ref(), menu: entry.menu.as_ref(), link };
    rows(Some(&markup(&keyboard(&buttons, Some(&key), look.note_language))), None)
}

/// Returns the buttons of an `InlineKeyboardMarkup`. `message` is the message's id if its buttons work on the local
/// page.
fn rows(markup: Option<&Value>, message: Option<i64>) -> Vec<Vec<Button>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let rows = markup.map(|markup| list(&markup["inline_keyboard"])).unwrap_or_default();
    rows.iter().map(|row| list(row).iter().filter_map(|it| button(it, message)).collect()).collect()
}

fn button(button: &Value, message: Option<i64>) -> Option<Button> {
    let text = button["text"].as_str()?.to_owned();
    let url = button["url"].as_str().filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    Some(match (url, button["callback_data"].as_str(), message) {
        (Some(url), ..) => Button::Open(text, url.to_owned()),
        (None, Some(data), Some(message)) => Button::Press(text, message, data.to_owned()),
        _ => Button::Still(text),
    })
}
