//! The phrases of all texts that Sidenote writes, with one file per language. The compiler rejects a language that
//! lacks a phrase.

mod advice;
mod en;
#[cfg(feature = "cli")]
mod page;
mod phrases;
mod placeholder;
mod prose;
mod reason;
mod sentence;
mod spacing;
mod zh_tw;

pub use advice::{Advice, Advices, Part};
#[cfg(feature = "cli")]
pub use page::PageWords;
pub use phrases::Words;
#[cfg(test)]
use placeholder::next_place;
pub use reason::reason;
pub use sentence::{Arg, MESSAGE, Markup, NAME, Sentence, between_sentences};
#[cfg(test)]
use sentence::{Marked, Plain};

/// A language of notes and messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Traditional Chinese as written in Taiwan.
    TraditionalChinese,
}

/// All languages, each with its value of the setting `OUTPUT_LANGUAGE` and its phrases.
pub const LANGUAGES: &[(&str, Language, &Words)] =
    &[("en", Language::English, &en::WORDS), ("zh-TW", Language::TraditionalChinese, &zh_tw::WORDS)];

impl Language {
    /// Returns the language for a value of the setting `OUTPUT_LANGUAGE`, in upper or lower case. `None` for an unknown
    /// value.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        LANGUAGES
            .iter()
            .find(|(name, _, _)| name.eq_ignore_ascii_case(code))
            .map(|(_, language, _)| *language)
    }

    /// Returns the accepted values of the setting `OUTPUT_LANGUAGE`.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        LANGUAGES.iter().map(|(code, _, _)| *code)
    }

    /// Returns the phrases of this language.
    #[must_use]
    pub fn words(self) -> &'static Words {
        LANGUAGES.iter().find(|(_, language, _)| *language == self).map_or(&en::WORDS, |(_, _, words)| words)
    }
}

/// A phrase, independent of the language. The function selects a field of [`Words`].
pub type Phrase = fn(&Words) -> &'static str;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::phrases::PHRASES;
    use super::*;

    fn places(template: &str) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut rest = template;
        while let Some((_, place, after)) = next_place(rest) {
            found.insert(place);
            rest = after;
        }
        assert!(!rest.contains(['{', '}']), "a brace that is no place: {template}");
        found
    }

    #[test]
    fn every_phrase_has_the_same_placeholders_in_every_language() {
        for (name, phrase) in PHRASES {
            let english = places(phrase(Language::English.words()));
            for (code, _, words) in LANGUAGES {
                assert!(!phrase(words).trim().is_empty(), "{code}: {name} is empty");
                assert_eq!(places(phrase(words)), english, "{code}: {name}");
            }
        }
    }

    #[test]
    fn no_phrase_has_a_character_that_markdown_or_html_reads() {
        for (code, _, words) in LANGUAGES {
            for (name, phrase) in PHRASES {
                assert!(
                    !phrase(words).contains(['<', '>', '&', '`', '*', '_', '[', ']', '\\', '|']),
                    "{code}: {name}"
                );
            }
        }
    }

    #[test]
    fn language_codes_are_case_insensitive() {
        assert_eq!(Language::parse("zh-tw"), Some(Language::TraditionalChinese));
        assert_eq!(Language::parse("fr"), None);
    }
}
