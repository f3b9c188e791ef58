//! A phrase and what it is about, and how the two are written.

use std::time::Duration;

use super::spacing::Spaced;
use super::{Part, Phrase, Words, advice, prose};
use crate::domain::text::Untrusted;
use crate::domain::timestamp::Timestamp;

/// Something said: a phrase, and what it is about.
#[derive(Debug, Clone)]
pub struct Sentence {
    phrase: Phrase,
    args: Vec<Arg>,
}

/// What a sentence is about.
#[derive(Debug, Clone)]
pub enum Arg {
    /// Untrusted text, quoted, of at most so many characters.
    Quote(Untrusted, usize),
    /// A model's sentence, of at most so many characters: words are said, all else is quoted.
    Prose(Untrusted, usize),
    /// A number.
    Number(u64),
    /// A point in time.
    Moment(Timestamp),
    /// A length of time.
    Duration(Duration),
    /// A name of our own: a variable, a version.
    Name(String),
    /// What is said of a well-known failure, by its id.
    Advice(&'static str, Part),
    /// Another phrase.
    Phrase(Phrase),
    /// Another sentence.
    Sentence(Box<Sentence>),
}

/// What sentences are written with: Markdown, Telegram's HTML, plain text.
pub trait Markup {
    /// Writes our own words.
    fn say(&mut self, words: &str);
    /// Quotes foreign text of one line, already scrubbed and capped, so that none of it has a meaning.
    fn quote(&mut self, line: &str);
}

/// Writes plain text, for where there is no markup: a button, a short answer, a model's prompt.
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

/// Shows in tests what is said and what is quoted.
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

/// What stands between two sentences: the full stop of a script without blanks has room enough around it.
#[must_use]
pub fn between_sentences(before: &str) -> &'static str {
    if before.ends_with(['。', '？', '！']) { "" } else { " " }
}

/// How many characters of a name (function, type, file, release) are quoted.
pub const NAME: usize = 120;
/// How many characters of a message are quoted.
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
    /// Quotes foreign text as a message.
    #[must_use]
    pub fn message(text: &Untrusted) -> Self {
        Self::Quote(text.clone(), MESSAGE)
    }

    fn write(&self, words: &Words, ink: &mut dyn Markup) {
        match self {
            Self::Quote(text, max) => ink.quote(&text.line(*max)),
            Self::Prose(text, max) => prose::write(&text.line(*max), ink),
            Self::Number(number) => ink.say(&number.to_string()),
            Self::Moment(at) => ink.say(&at.to_string()),
            Self::Duration(took) => ink.say(&rounded(*took)),
            Self::Name(name) => ink.quote(name),
            Self::Advice(id, part) => advice::write((words.advice)().text(id, *part), ink),
            Self::Phrase(phrase) => ink.say(phrase(words)),
            Self::Sentence(sentence) => sentence.write_parts(words, ink),
        }
    }
}

/// `85 ms`, `1.23 s`, `4 min`: as exact as a person can use.
fn rounded(took: Duration) -> String {
    match took.as_millis() {
        0 => format!("{} µs", took.as_micros()),
        ms @ 1..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{:.2} s", took.as_secs_f64()),
        ms => format!("{} min", ms / 60_000),
    }
}

impl Sentence {
    /// The sentence without any markup.
    #[must_use]
    pub fn plain_text(&self, words: &Words) -> String {
        let mut plain = Plain::default();
        self.write(words, &mut plain);
        plain.0
    }

    /// A sentence about `args`.
    #[must_use]
    pub fn new(phrase: Phrase, args: impl Into<Vec<Arg>>) -> Self {
        Self { phrase, args: args.into() }
    }

    /// A sentence that is about nothing but itself.
    #[must_use]
    pub fn plain(phrase: Phrase) -> Self {
        Self::new(phrase, [])
    }

    /// `a, b, c`, as one argument; `None` of nothing.
    #[must_use]
    pub fn list(parts: impl IntoIterator<Item = Arg>) -> Option<Arg> {
        let both = |list, part| Arg::Sentence(Box::new(Self::new(|w| w.two, [list, part])));
        parts.into_iter().reduce(both)
    }

    /// Whether this is said of every failure of its kind, and nothing of this event.
    #[must_use]
    pub fn is_general(&self) -> bool {
        self.args.iter().any(|arg| match arg {
            Arg::Advice(..) => true,
            Arg::Sentence(sentence) => sentence.is_general(),
            _ => false,
        })
    }

    /// Writes the sentence. A place without an argument stays empty.
    pub fn write(&self, words: &Words, ink: &mut dyn Markup) {
        self.write_parts(words, &mut Spaced::new(ink));
    }

    fn write_parts(&self, words: &Words, ink: &mut dyn Markup) {
        let mut rest = (self.phrase)(words);
        while let Some((before, place, after)) = next_place(rest) {
            ink.say(before);
            if let Some(arg) = self.args.get(place) {
                arg.write(words, ink);
            }
            rest = after;
        }
        ink.say(rest);
    }
}

/// The text before the first `{N}`, the N, and the text after it.
pub(super) fn next_place(template: &str) -> Option<(&str, usize, &str)> {
    let (before, rest) = template.split_once('{')?;
    let (place, after) = rest.split_once('}')?;
    Some((before, place.parse().ok()?, after))
}
