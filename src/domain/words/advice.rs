//! Advice on well-known failures, such as a missing key. Each language has one JSON file with the texts, by the id of
//! the failure.

use std::collections::HashMap;

use serde::Deserialize;

use super::placeholder::next_place;
use super::{Markup, NAME};
use crate::domain::text::Untrusted;

/// The advice on one well-known failure.
#[derive(Debug, Deserialize)]
pub struct Advice {
    /// The cause of the failure in plain words.
    pub cause: Box<str>,
    /// The first thing to check, written so that it completes "Check …".
    pub check: Box<str>,
    /// The next steps for the reader.
    pub steps: Vec<Box<str>>,
    /// Variants of the texts for an error message that contains a name, such as a missing key.
    #[serde(default)]
    named: Named,
}

/// Texts in which the placeholder `{0}` stands for a name from the error message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    cause: Option<Box<str>>,
    check: Option<Box<str>>,
}

/// Selects a part of an [`Advice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The cause of the failure.
    Cause,
    /// The first thing to check.
    Check,
    /// The step with this index, from 0.
    Step(usize),
}

/// All advice in one language, by the id of the failure.
#[derive(Debug, Default)]
pub struct Advices(HashMap<Box<str>, Advice>);

impl Advices {
    /// Parses the JSON file of a language. An invalid file gives no advice; a test ensures that all files are valid.
    pub(super) fn read(json: &str) -> Self {
        Self(serde_json::from_slice(json.as_bytes()).unwrap_or_default())
    }

    /// Returns the number of steps in the advice with this id.
    #[must_use]
    pub fn steps(&self, id: &str) -> usize {
        self.0.get(id).map_or(0, |advice| advice.steps.len())
    }

    /// Returns the ids of the failures with advice.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|id| &**id)
    }

    /// Returns a part of the advice with this id, or an empty text if there is no such part.
    #[must_use]
    pub fn text(&self, id: &str, part: Part) -> &str {
        let text = self.0.get(id).and_then(|advice| match part {
            Part::Cause => Some(&advice.cause),
            Part::Check => Some(&advice.check),
            Part::Step(at) => advice.steps.get(at),
        });
        text.map(|text| &**text).unwrap_or_default()
    }

    /// Returns a part of the advice in its variant with a placeholder for a name. `None` if there is no such variant.
    #[must_use]
    pub fn named(&self, id: &str, part: Part) -> Option<&str> {
        let named = &self.0.get(id)?.named;
        match part {
            Part::Cause => named.cause.as_deref(),
            Part::Check => named.check.as_deref(),
            Part::Step(_) => None,
        }
    }
}

/// Writes a text of Sidenote, with `name` as code in place of each placeholder.
pub(super) fn write_named(text: &str, name: &Untrusted, markup: &mut dyn Markup) {
    let mut rest = text;
    while let Some((before, _, after)) = next_place(rest) {
        write(before, markup);
        markup.quote(&name.line(NAME));
        rest = after;
    }
    write(rest, markup);
}

/// Writes a text of Sidenote. Names with an underscore, such as `max_allowed_packet`, are written as code, because
/// Markdown would read the underscore as emphasis.
pub(super) fn write(text: &str, markup: &mut dyn Markup) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let mut rest = text;
    while let Some(underscore) = rest.find('_') {
        let start = rest[..underscore].rfind(|c| !is_part(c)).map_or(0, |at| at + char_length(rest, at));
        let end = rest[underscore..].find(|c| !is_part(c)).map_or(rest.len(), |length| underscore + length);
        let name = rest[start..end].trim_end_matches('.');
        markup.say(&rest[..start]);
        markup.quote(name);
        rest = &rest[start + name.len()..];
    }
    markup.say(rest);
}

fn char_length(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::words::{LANGUAGES, Marked};

    #[test]
    fn names_with_an_underscore_become_code() {
        let written = |text: &str| {
            let mut markup = Marked::default();
            write(text, &mut markup);
            markup.0
        };
        assert_eq!(written("Raise wait_timeout."), "Raise ⟦wait_timeout⟧.");
        assert_eq!(written("看 __init__、app.x_y。"), "看 ⟦__init__⟧、⟦app.x_y⟧。");
        assert_eq!(written("none"), "none");
    }

    #[test]
    fn advice_has_the_same_parts_in_every_language_and_no_markup_characters() {
        let (_, _, first) = LANGUAGES[0];
        let mut ids: Vec<&str> = (first.advice)().ids().collect();
        ids.sort_unstable();
        assert!(ids.len() >= 150);
        for (code, _, words) in LANGUAGES {
            let advices = (words.advice)();
            let mut own: Vec<&str> = advices.ids().collect();
            own.sort_unstable();
            assert_eq!(own, ids, "{code}");
            for id in &ids {
                assert_eq!(advices.steps(id), (first.advice)().steps(id), "{code}: {id}");
                let steps = (0..advices.steps(id)).map(Part::Step);
                let parts = [Part::Cause, Part::Check];
                let named = parts.map(|part| advices.named(id, part));
                assert_eq!(
                    named.map(|text| text.is_some()),
                    parts.map(|part| (first.advice)().named(id, part).is_some())
                );
                let named = named.into_iter().flatten();
                assert!(named.clone().all(|text| text.matches("{0}").count() == 1), "{code}: {id}");
                let texts = parts.into_iter().chain(steps).map(|part| advices.text(id, part));
                for text in texts.chain(named) {
                    assert!(text.ends_with(['.', '。']), "{code}: {id}: {text}");
                    assert!(
                        !text.contains(['<', '>', '&', '`', '*', '[', ']', '\\', '|']),
                        "{code}: {id}: {text}"
                    );
                }
            }
        }
    }
}
