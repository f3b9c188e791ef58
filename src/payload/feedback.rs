//! Reads user feedback: a text that a person wrote. The person's name and e-mail address are removed.

use serde::Deserialize;

use crate::domain::ids::EventId;
use crate::domain::origin;
use crate::domain::text::Untrusted;
use crate::json::Text;

/// User feedback in the form of an issue's `metadata` and of an event's `contexts.feedback`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Feedback {
    pub(super) message: Text,
    pub(super) name: Text,
    pub(super) contact_email: Text,
    pub(super) url: Text,
    pub(super) associated_event_id: Text,
    pub(super) replay_id: Text,
}

/// A part of a name is removed from the text only if the part has at least this many characters. Shorter parts are
/// often ordinary words.
const SHORTEST_NAME: usize = 3;
/// A name or an e-mail address is removed from the text only if it has at most this many bytes. Each part of a name
/// costs a pass through the text, so this limit and [`MOST_PARTS`] bound the work.
const LONGEST_NAME: usize = 200;
/// At most this many parts of a name are removed from the text.
const MOST_PARTS: usize = 8;
/// At most this many characters of the text are read. Sentry accepts 4,096.
const LONGEST_TEXT: usize = 8_192;

impl Feedback {
    /// Returns the id of the session replay that was recorded while the person wrote.
    pub(crate) fn replay(&self) -> Option<EventId> {
        EventId::parse(self.replay_id.as_deref()?).ok()
    }

    /// Returns the feedback. The author's name and e-mail address are removed from the text.
    pub(crate) fn read(self) -> origin::Feedback {
        let name = self.name.as_deref().unwrap_or_default();
        let parts = name.split(|c: char| !c.is_alphanumeric());
        let parts = parts.filter(|part| part.chars().count() >= SHORTEST_NAME).take(MOST_PARTS);
        // The full name is removed before its parts.
        let all = self.contact_email.as_deref().into_iter().chain([name]).chain(parts);
        let person: Vec<&str> = all.filter(|name| name.len() <= LONGEST_NAME).collect();
        origin::Feedback {
            message: self.message.as_deref().map(|text| Untrusted::new(without(start(text), &person))),
            page: self.url.untrusted(),
            event: self.associated_event_id.as_deref().and_then(|id| EventId::parse(id).ok()),
        }
    }
}

/// Returns the first [`LONGEST_TEXT`] characters of a text.
fn start(text: &str) -> &str {
    text.char_indices().nth(LONGEST_TEXT).map_or(text, |(end, _)| &text[..end])
}

/// Returns `text` with `[name]` in place of each name in `person`. The comparison ignores case and matches whole words
/// only.
fn without(text: &str, person: &[&str]) -> String {
    let mut text = text.to_owned();
    for name in person.iter().filter(|name| !name.trim().is_empty()) {
        let mut kept = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((at, end)) = find(rest, name) {
            let is_word =
                !ends_in_word(&kept, &rest[..at]) && !rest[end..].starts_with(char::is_alphanumeric);
            kept.push_str(&rest[..at]);
            kept.push_str(if is_word { "[name]" } else { &rest[at..end] });
            rest = &rest[end..];
        }
        kept.push_str(rest);
        text = kept;
    }
    text
}

/// Whether the text before a match ends with a letter or a digit.
fn ends_in_word(kept: &str, before: &str) -> bool {
    before.chars().next_back().or_else(|| kept.chars().next_back()).is_some_and(char::is_alphanumeric)
}

/// Returns the byte range of the first occurrence of `name` in `text`. The comparison ignores case.
fn find(text: &str, name: &str) -> Option<(usize, usize)> {
    let wanted: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    text.char_indices().find_map(|(at, _)| {
        let mut end = at;
        let mut left = wanted.as_slice();
        for c in text[at..].chars() {
            if left.is_empty() {
                break;
            }
            for lower in c.to_lowercase() {
                left = left.strip_prefix(&[lower])?;
            }
            end += c.len_utf8();
        }
        left.is_empty().then_some((at, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feedback_text_of_3_mb_is_truncated() {
        let text = "a".repeat(3_000_000);
        let name = format!("{}b", "a".repeat(LONGEST_NAME - 1));
        let feedback = Feedback {
            message: Text(Some(text.into())),
            name: Text(Some(name.into())),
            ..Feedback::default()
        };
        let message = feedback.read().message.expect("a text");
        assert_eq!(message.raw().chars().count(), LONGEST_TEXT);
    }

    #[test]
    fn names_are_redacted_as_whole_words_in_any_case() {
        let person = ["jo.k@x.example", "Jo Kim-Lee", "Kim", "Lee"];
        let cases = [
            ("I am JO KIM-LEE, mail jo.k@x.example", "I am [name], mail [name]"),
            ("kim here: kimono and sleeve are fine", "[name] here: kimono and sleeve are fine"),
            ("Kim,Lee", "[name],[name]"),
            ("沒有名字", "沒有名字"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(without(text, &person), expected);
        }
        assert_eq!(without("x", &["", " "]), "x");
    }
}
