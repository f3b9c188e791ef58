//! The tags of an issue in the Sentry stand-in.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::stamp::seconds;

/// The distribution of an issue's events over the values of one tag.
#[derive(Clone, Debug)]
pub(super) struct Tag {
    pub(super) key: String,
    values: Vec<(String, u64)>,
}

impl Tag {
    pub(super) fn new(key: &str, values: &[(&str, u64)]) -> Self {
        let values = values.iter().map(|&(value, count)| (value.to_owned(), count)).collect();
        Self { key: key.to_owned(), values }
    }

    fn total(&self) -> u64 {
        self.values.iter().map(|(_, count)| count).sum()
    }

    /// Returns the display name of the tag, for example `Server Name` for `server_name`.
    fn name(&self) -> String {
        let words = self.key.split('_').map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        });
        words.collect::<Vec<String>>().join(" ")
    }

    /// Whether an event of the issue has this value of the tag.
    pub(super) fn has(&self, value: &str) -> bool {
        self.values.iter().any(|(known, _)| known == value)
    }

    /// The tag as JSON, with its number of events.
    pub(super) fn summary(&self) -> Value {
        json!({"key": self.key, "name": self.name(), "totalValues": self.total()})
    }

    /// The tag as JSON, with all its values, most frequent first.
    pub(super) fn details(&self, start: OffsetDateTime) -> Value {
        let mut values = self.values.clone();
        values.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let top: Vec<Value> = values
            .iter()
            .map(|(value, count)| {
                json!({
                    "key": self.key, "name": value, "value": value, "count": count,
                    "lastSeen": seconds(start), "firstSeen": seconds(start),
                })
            })
            .collect();
        json!({
            "key": self.key, "name": self.name(), "uniqueValues": self.values.len(),
            "totalValues": self.total(), "topValues": top,
        })
    }
}
