//! The index of the knowledge base of well-known failures. One pass over a message finds all patterns, however many
//! there are.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::naming::Naming;
use super::platform::{Host, Platform};

/// A well-known failure, as a `.json` file of the knowledge base describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The id of the failure, `family.name`. The explanations in each language use the same id.
    pub(super) id: &'static str,
    /// The platforms on which the failure occurs, such as `python`. An empty list means all platforms.
    platforms: Vec<&'static str>,
    /// The kinds of machines to which the advice applies. An empty list means all.
    #[serde(default)]
    hosts: Vec<Host>,
    /// The names of matching exception types, without their packages. An empty list matches all types.
    types: Vec<&'static str>,
    /// The message must contain one of these texts, after the variable parts of the message were replaced. An empty
    /// list matches all messages.
    contains: Vec<&'static str>,
    /// Whether the failure usually is harmless noise.
    pub(super) noise: bool,
    /// The places in the message of a name that the explanation quotes, such as a missing key. The first place that
    /// fits is used.
    #[serde(default)]
    pub(super) names: Vec<Naming>,
}

/// The files of the knowledge base, in the order of the search: families of specific failures come before general ones.
const FAMILIES: &[&str] = &[
    include_str!("deploy.json"),
    include_str!("browser_noise.json"),
    include_str!("python.json"),
    include_str!("javascript.json"),
    include_str!("node.json"),
    include_str!("java.json"),
    include_str!("go.json"),
    include_str!("ruby.json"),
    include_str!("php.json"),
    include_str!("dotnet.json"),
    include_str!("rust.json"),
    include_str!("elixir.json"),
    include_str!("apple.json"),
    include_str!("dart.json"),
    include_str!("queue.json"),
    include_str!("cloud.json"),
    include_str!("database.json"),
    include_str!("network.json"),
    include_str!("resource.json"),
    include_str!("native.json"),
    include_str!("observed.json"),
];

/// A pattern is found by this many of its first bytes. A test shows that no pattern is shorter.
const KEY: usize = 4;

/// All entries of the knowledge base, indexed by exception type and by pattern.
pub(super) struct Index {
    entries: Vec<Entry>,
    /// The indexes of the entries without patterns, by exception type.
    by_type: HashMap<&'static str, Vec<usize>>,
    /// The patterns with the indexes of their entries, by the first bytes of the pattern.
    by_pattern: HashMap<[u8; KEY], Vec<(&'static str, usize)>>,
    /// Whether any pattern begins with two bytes, by their value ([`pair`]). This first check excludes most positions
    /// of a message.
    begins: Box<[bool]>,
}

/// The index of the whole knowledge base. It is built on first use, which is after the answer to the webhook.
pub(super) static INDEX: LazyLock<Index> = LazyLock::new(|| Index::build(FAMILIES));

impl Index {
    fn build(families: &[&'static str]) -> Self {
        // A test shows that every family can be parsed.
        let read =
            |json: &&'static str| serde_json::from_slice::<Vec<Entry>>(json.as_bytes()).unwrap_or_default();
        let entries: Vec<Entry> = families.iter().flat_map(read).collect();
        let mut index = Self {
            entries: Vec::new(),
            by_type: HashMap::new(),
            by_pattern: HashMap::new(),
            begins: vec![false; 1 << 16].into(),
        };
        for (at, entry) in entries.iter().enumerate() {
            if entry.contains.is_empty() {
                entry.types.iter().for_each(|kind| index.by_type.entry(kind).or_default().push(at));
            }
            for pattern in &entry.contains {
                let Some(key) = pattern.as_bytes().first_chunk::<KEY>() else { continue };
                index.by_pattern.entry(*key).or_default().push((pattern, at));
                index.begins[pair(*key)] = true;
            }
        }
        index.entries = entries;
        index
    }

    /// Returns the first entry, in the order of [`FAMILIES`], that fits the platform and the exception type `kind`, and
    /// matches one of the `readings` of a message.
    pub(super) fn find(&self, platform: Platform<'_>, kind: &str, readings: &[String]) -> Option<&Entry> {
        let fits = |at: &usize| self.entries.get(*at).is_some_and(|entry| entry.fits(platform, kind));
        let by_type = self.by_type.get(kind).into_iter().flatten().copied();
        let by_pattern = readings.iter().flat_map(|reading| self.patterns_in(reading)).map(|(_, at)| at);
        self.entries.get(by_type.chain(by_pattern).filter(fits).min()?)
    }

    fn patterns_in<'m>(&'m self, message: &'m str) -> impl Iterator<Item = (&'static str, usize)> + 'm {
        let bytes = message.as_bytes();
        let places = bytes.windows(KEY).enumerate();
        places
            .filter_map(|(at, window)| {
                let key = window.first_chunk::<KEY>().filter(|key| self.begins[pair(**key)])?;
                Some((at, self.by_pattern.get(key)?))
            })
            .flat_map(move |(at, patterns)| patterns.iter().filter(move |(p, _)| occurs_at(bytes, at, p)))
            .copied()
    }
}

/// Whether a pattern matches the message at the byte `at`. A pattern that begins with a letter or a digit must begin a
/// word: `enfile` does not match in `openfile`.
fn occurs_at(message: &[u8], at: usize, pattern: &str) -> bool {
    let is_inside = |before: &u8| {
        before.is_ascii_alphanumeric() && pattern.starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    message[at..].starts_with(pattern.as_bytes())
        && !at.checked_sub(1).and_then(|before| message.get(before)).is_some_and(is_inside)
}

fn pair(key: [u8; KEY]) -> usize {
    usize::from(key[0]) << 8 | usize::from(key[1])
}

impl Entry {
    fn fits(&self, platform: Platform<'_>, kind: &str) -> bool {
        let is_one = |list: &[&str], value: &str| list.is_empty() || list.contains(&value);
        is_one(&self.platforms, platform.name)
            && is_one(&self.types, kind)
            && (self.hosts.is_empty() || self.hosts.contains(&platform.host))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::words::{LANGUAGES, Part};

    #[test]
    fn every_family_can_be_read_and_every_entry_can_match() {
        for family in FAMILIES {
            serde_json::from_str::<Vec<Entry>>(family).expect("a family of entries");
        }
        for entry in &INDEX.entries {
            assert!(!entry.types.is_empty() || !entry.contains.is_empty(), "{}", entry.id);
            for pattern in &entry.contains {
                assert!(
                    pattern.len() >= KEY && *pattern == pattern.to_lowercase(),
                    "{}: {pattern}",
                    entry.id
                );
                assert!(INDEX.patterns_in(pattern).any(|(found, _)| found == *pattern), "{pattern}");
            }
        }
    }

    #[test]
    fn every_entry_has_its_texts_in_every_language_and_no_text_is_left_over() {
        let ids: BTreeSet<&str> = INDEX.entries.iter().map(|entry| entry.id).collect();
        assert_eq!(ids.len(), INDEX.entries.len(), "an id stands twice");
        for (code, _, words) in LANGUAGES {
            let texts = (words.advice)();
            assert_eq!(texts.ids().collect::<BTreeSet<_>>(), ids, "{code}");
            for entry in &INDEX.entries {
                assert!(!texts.text(entry.id, Part::Cause).is_empty(), "{code}: {}", entry.id);
                let has_named =
                    [Part::Cause, Part::Check].iter().any(|part| texts.named(entry.id, *part).is_some());
                assert!(entry.names.is_empty() || has_named, "{code}: {}", entry.id);
            }
        }
    }
}
