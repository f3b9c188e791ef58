//! Formatted text of Telegram: the visible text and its formatting entities.

use serde_json::{Value, json};

/// A formatted part of a message. Offset and length are in UTF-16 units of the visible text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// The kind of the format, by the Bot API's name: `bold`, `code`, `pre`, `text_link` …
    pub kind: &'static str,
    /// The beginning of the part in the visible text, in UTF-16 units.
    pub offset: usize,
    /// The length of the part, in UTF-16 units.
    pub length: usize,
    /// The value that some kinds need: the URL of a `text_link`, the language of a `pre`, the user of a `text_mention`,
    /// the id of a custom emoji, or the time of a `date_time`.
    pub argument: Option<String>,
}

/// Every kind of entity with its rank and the name of the JSON member for its argument. If entities cover the same
/// text, the one with the lower rank comes first.
const KINDS: [(&str, u8, &str); 13] = [
    ("blockquote", 0, ""),
    ("expandable_blockquote", 0, ""),
    ("pre", 11, "language"),
    ("code", 20, ""),
    ("date_time", 48, "unix_time"),
    ("text_link", 49, "url"),
    ("text_mention", 49, "user"),
    ("bold", 90, ""),
    ("italic", 91, ""),
    ("underline", 92, ""),
    ("strikethrough", 93, ""),
    ("spoiler", 94, ""),
    ("custom_emoji", 99, "custom_emoji_id"),
];

impl Entity {
    /// Returns the rank for sorting. Code with a language comes before code without a language.
    fn rank(&self) -> u8 {
        let rank = KINDS.iter().find(|(kind, ..)| *kind == self.kind).map_or(u8::MAX, |(_, rank, _)| *rank);
        rank - u8::from(self.kind == "pre" && self.argument.is_some())
    }

    /// The entity as JSON, in the form of the Bot API's `MessageEntity`.
    pub(super) fn json(&self) -> Value {
        let mut entity = json!({"type": self.kind, "offset": self.offset, "length": self.length});
        let member = KINDS.iter().find(|(kind, ..)| *kind == self.kind).map_or("", |(_, _, member)| *member);
        if let Some(argument) = self.argument.as_deref().filter(|_| !member.is_empty()) {
            entity[member] = match member {
                "user" => json!({"id": argument.parse::<i64>().ok(), "is_bot": false, "first_name": "User"}),
                "unix_time" => json!(argument.parse::<i64>().ok()),
                _ => json!(argument),
            };
        }
        entity
    }

    fn end(&self) -> usize {
        self.offset + self.length
    }
}

/// A text with its formatting entities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Formatted {
    pub(super) text: String,
    pub(super) entities: Vec<Entity>,
}

impl Formatted {
    /// Sorts the entities in Telegram's order: by beginning, then longest first, then by rank.
    pub(super) fn sort(&mut self) {
        self.entities.sort_by_key(|entity| (entity.offset, std::cmp::Reverse(entity.length), entity.rank()));
    }

    /// The text as Telegram sends it after parsing: control characters become blanks, both ends are trimmed, and code
    /// contains no other formatting.
    pub(super) fn cleaned(&self) -> Self {
        let text: String =
            self.text.chars().map(|letter| if is_control(letter) { ' ' } else { letter }).collect();
        let text_start = text.trim_start();
        let cut = utf16_length(&text) - utf16_length(text_start);
        let text = text_start.trim_end();
        let end = utf16_length(text);
        let shifted = self.entities.iter().filter_map(|entity| {
            let from = entity.offset.saturating_sub(cut);
            let to = entity.end().saturating_sub(cut).min(end);
            (from < to).then(|| Entity { offset: from, length: to - from, ..entity.clone() })
        });
        let mut entities: Vec<Entity> = shifted.collect();
        let code: Vec<Entity> =
            entities.iter().filter(|it| matches!(it.kind, "pre" | "code")).cloned().collect();
        entities.retain(|inner| {
            code.iter()
                .all(|outer| outer == inner || inner.offset < outer.offset || inner.end() > outer.end())
        });
        Self { text: text.to_owned(), entities }
    }
}

/// Whether a character becomes a blank: every ASCII control character before the blank, except for the line feed.
fn is_control(letter: char) -> bool {
    letter < ' ' && letter != '\n'
}

/// Returns the length of a text in UTF-16 units.
pub(super) fn utf16_length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}
