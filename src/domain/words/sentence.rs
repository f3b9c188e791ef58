//! Sentences: phrases with their arguments, and the code that writes them in an output format.

use std::time::Duration;

use super::placeholder::next_place;
use super::spacing::Spaced;
use super::{Part, Phrase, Words, advice, prose};
use crate::domain::text::Untrusted;
use crate::domain::timestamp::Timestamp;

/// A sentence: a phrase with the arguments for its placeholders.
#[derive(Debug, Clone)]
pub struct Sentence {
    phrase: Phrase,
    args: Vec<Arg>,
}

/// An argument of a sentence.
#[derive(Debug, Clone)]
pub enum Arg {
    /// Untrusted text, which is quoted and cut to this number of characters.
    Quote(Untrusted, usize),
    /// A sentence of a language model, cut to this number of characters. Everything in it except ordinary words and
    /// punctuation, such as an identifier, is written as code.
    Prose(Untrusted, usize),
    /// A number, written in digits.
    Number(u64),
    /// A point in time, written in UTC.
    Moment(Timestamp),
    /// A length of time, written with a sensible precision.
    Duration(Duration),
    /// A name that is written as it is: one of Sidenote's own, a setting, or a number or identifier whose form was
    /// checked.
    Name(String),
    /// A part of the advice on the well-known failure with this id.
    Advice(&'static str, Part),
    /// A part of the advice in its variant with a name, which the error message contains.
    Named(&'static str, Part, Untrusted),
    /// Another phrase, which has no arguments.
    Phrase(Phrase),
    /// Another sentence, which is part of this one.
    Sentence(Box<Sentence>),
}

/// An output format for sentences, such as Markdown, Telegram's HTML or plain text.
pub trait Markup {
    /// Writes words that are not quoted as code: words of Sidenote itself, or plain words of a model.
    fn say(&mut self, words: &str);
    /// Writes one line of untrusted text as code, so that it has no effect as markup. The line is already scrubbed and
    /// shortened.
    fn quote(&mut self, line: &str);
}

/// Writes plain text, for places without markup: a button, a short reply, a language model's prompt.
#[derive(Debug, Default)]
pub(super) struct Plain(pub(super) String);

impl Markup for Plain {
    fn say(&mut self, words: &str) {
        self.0.push_str(words);
    }

    fn quote(&mut self, line: &str) {
        self.0.push_str(line);
    }
}

/// An output format for tests, which marks quoted parts with `⟦` and `⟧`.
#[cfg(test)]
#[derive(Debug, Default)]
pub(super) struct Marked(pub(super) String);

#[cfg(test)]
impl Markup for Marked {
    fn say(&mut self, words: &str) {
        self.0.push_str(words);
    }

    fn quote(&mut self, line: &str) {
        self.0.extend(["⟦", line, "⟧"]);
    }
}

/// Returns the separator between a text that ends with `before` and the next sentence: a blank, or nothing after a
/// Chinese full stop.
#[must_use]
pub fn between_sentences(before: &str) -> &'static str {
    if before.ends_with(['。', '？', '！']) { "" } else { " " }
}

/// The longest quote of a name (function, type, file, release), in characters.
pub const NAME: usize = 120;
/// The longest quote of a message, in characters.
pub const MESSAGE: usize = 300;

impl From<&Untrusted> for Arg {
    fn from(text: &Untrusted) -> Self {
        Self::Quote(text.clone(), NAME)
    }
}

impl From<u64> for Arg {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<Timestamp> for Arg {
    fn from(at: Timestamp) -> Self {
        Self::Moment(at)
    }
}

impl Arg {
    /// Quotes untrusted text as a message of at most [`MESSAGE`] characters.
    #[must_use]
    pub fn message(text: &Untrusted) -> Self {
        Self::Quote(text.clone(), MESSAGE)
    }

    fn write(&self, words: &Words, markup: &mut dyn Markup) {
        match self {
            Self::Quote(text, max) => markup.quote(&text.line(*max)),
            Self::Prose(text, max) => prose::write(&text.line(*max), markup),
            Self::Number(number) => markup.say(&number.to_string()),
            Self::Moment(at) => markup.say(&at.to_string()),
            Self::Duration(took) => markup.say(&rounded(*took)),
            Self::Name(name) => markup.quote(name),
            Self::Advice(id, part) => advice::write((words.advice)().text(id, *part), markup),
            Self::Named(id, part, name) => {
                let text = (words.advice)().named(id, *part).unwrap_or_default();
                advice::write_named(text, name, markup);
            }
            Self::Phrase(phrase) => markup.say(phrase(words)),
            Self::Sentence(sentence) => sentence.write_parts(words, markup),
        }
    }
}

/// Formats a duration with a sensible precision, such as `85 ms`, `1.23 s` or `4 min`.
fn rounded(took: Duration) -> String {
    match took.as_millis() {
        0 => format!("{} µs", took.as_micros()),
        ms @ 1..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{:.2} s", took.as_secs_f64()),
        ms => format!("{} min", ms / 60_000),
    }
}

impl Sentence {
    /// Returns the sentence as text without markup.
    #[must_use]
    pub fn plain_text(&self, words: &Words) -> String {
        let mut plain = Plain::default();
        self.write(words, &mut plain);
        plain.0
    }

    /// Creates a sentence from a phrase and its arguments.
    #[must_use]
    pub fn new(phrase: Phrase, args: impl Into<Vec<Arg>>) -> Self {
        Self { phrase, args: args.into() }
    }

    /// Creates a sentence from a phrase without arguments.
    #[must_use]
    pub fn plain(phrase: Phrase) -> Self {
        Self::new(phrase, [])
    }

    /// Joins arguments to the list `a, b, c`. Returns `None` if there are no arguments.
    #[must_use]
    pub fn list(parts: impl IntoIterator<Item = Arg>) -> Option<Arg> {
        let both = |list, part| Arg::Sentence(Box::new(Self::new(|w| w.two, [list, part])));
        parts.into_iter().reduce(both)
    }

    /// Whether the sentence contains advice on a well-known failure, which is not specific to the issue.
    #[must_use]
    pub fn is_general(&self) -> bool {
        self.args.iter().any(|arg| match arg {
            Arg::Advice(..) | Arg::Named(..) => true,
            Arg::Sentence(sentence) => sentence.is_general(),
            _ => false,
        })
    }

    /// Writes the sentence to `markup`. A placeholder without an argument stays empty.
    pub fn write(&self, words: &Words, markup: &mut dyn Markup) {
        self.write_parts(words, &mut Spaced::new(markup));
    }

    fn write_parts(&self, words: &Words, markup: &mut dyn Markup) {
        let mut rest = (self.phrase)(words);
        while let Some((before, place, after)) = next_place(rest) {
            markup.say(before);
            if let Some(arg) = self.args.get(place) {
                arg.write(words, markup);
            }
            rest = after;
        }
        markup.say(rest);
    }
}
