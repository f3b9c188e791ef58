//! Formatted text: what a reader sees, and which parts of it are set how.

use serde_json::{Value, json};

/// A part of a message that is formatted. Offsets and lengths are UTF-16 units of the visible text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// The Bot API's name: `bold`, `code`, `pre`, `text_link` …
    pub kind: &'static str,
    /// Where it begins.
    pub offset: usize,
    /// How long it is.
    pub length: usize,
    /// The URL of a `text_link`, the language of a `pre`, the user of a `text_mention`, the custom emoji, the
    /// time of a `date_time`.
    pub argument: Option<String>,
}

/// Every kind, with its rank (of entities over the same text, the lower rank comes first) and the JSON member
/// its argument goes into.
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
    /// Code with a language comes before code without.
    fn rank(&self) -> u8 {
        let rank = KINDS.iter().find(|(kind, ..)| *kind == self.kind).map_or(u8::MAX, |(_, rank, _)| *rank);
        rank - u8::from(self.kind == "pre" && self.argument.is_some())
    }

    /// The Bot API's `MessageEntity`.
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

/// A text with its formatting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Formatted {
    pub(super) text: String,
    pub(super) entities: Vec<Entity>,
}

impl Formatted {
    /// Puts the entities into Telegram's order: by beginning, then longest first, then by rank.
    pub(super) fn sort(&mut self) {
        self.entities.sort_by_key(|entity| (entity.offset, std::cmp::Reverse(entity.length), entity.rank()));
    }

    /// What is done to a text after parsing and before sending: control characters become blanks, both ends are
    /// trimmed, and nothing stays formatted inside code.
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

/// Line ends stay; everything else below the blank goes.
fn is_control(letter: char) -> bool {
    letter < ' ' && letter != '\n'
}

/// The length in UTF-16 units.
pub(super) fn utf16_length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}
