//! Decides by a key, such as `DB_PASSWORD`, `x-api-key`, `sessionId` or `身分證字號`, how likely its value is a secret.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// The likelihood that the value under a key is a secret or personal data, from the least to the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sensitivity {
    /// The value is a secret only if it looks random.
    Possible,
    /// The value is the name or the address of a person.
    Person,
    /// The value is a personal number or code: a telephone number, a PIN, a day of birth.
    Number,
    /// The value is a secret unless it is a plain word.
    Likely,
    /// Any value is a secret, except a placeholder, code and prose.
    Certain,
}

use Sensitivity::{Certain, Likely, Number, Person, Possible};

/// The longest key, in bytes.
const LONGEST: usize = 64;

/// The words that make a key sensitive, from the file `keys.txt`. The file is parsed on first use.
static WORDS: LazyLock<Words> = LazyLock::new(|| Words::read(include_str!("keys.txt")));

#[derive(Default)]
struct Words {
    whole: HashMap<&'static str, Sensitivity>,
    last: LastWords,
    /// The endings that make a key sensitive even without a separator before them, indexed by their last character:
    /// `password` in `PGPASSWORD`.
    glued: BTreeMap<char, Vec<(&'static str, Sensitivity)>>,
    continuing: Vec<&'static str>,
    continuing_lengths: LastWords,
    describing: Vec<&'static str>,
}

impl Words {
    fn read(list: &'static str) -> Self {
        let mut words = Self::default();
        for line in list.lines() {
            let mut all = line.split(' ');
            let sensitivity = match all.next() {
                Some("certain") => Certain,
                Some("likely") => Likely,
                Some("possible") => Possible,
                Some("number") => Number,
                Some("person") => Person,
                Some("continuing") => {
                    all.for_each(|word| words.add_continuing(word));
                    continue;
                }
                Some("describing") => {
                    words.describing.extend(all);
                    continue;
                }
                _ => continue,
            };
            all.for_each(|word| words.add(word, sensitivity));
        }
        words
    }

    fn add(&mut self, word: &'static str, sensitivity: Sensitivity) {
        if let Some(end) = word.strip_prefix('*') {
            let last = end.chars().next_back().unwrap_or('*');
            self.glued.entry(last).or_default().push((end, sensitivity));
        } else {
            self.whole.insert(word, sensitivity);
            self.last.add(word);
        }
    }

    fn add_continuing(&mut self, word: &'static str) {
        self.continuing.push(word);
        self.continuing_lengths.add(word);
    }

    fn is_continuing(&self, word: &str) -> bool {
        self.continuing_lengths.may_have(word) && self.continuing.contains(&word)
    }

    /// Returns the sensitivity of the key's last words. The key must be in lower case with `_` between its words.
    fn ending(&self, key: &str) -> Option<Sensitivity> {
        if !self.last.may_have(key) {
            return self.glued(key);
        }
        let starts = key.rmatch_indices('_').map(|(at, _)| at + 1).take(3).chain([0]);
        // The longest known ending decides.
        let known = starts.filter_map(|at| self.whole.get(&key[at..]).copied()).last();
        known.or_else(|| self.glued(key))
    }

    fn glued(&self, key: &str) -> Option<Sensitivity> {
        let ends = self.glued.get(&key.chars().next_back()?)?;
        let end = ends.iter().find(|(end, _)| key.ends_with(end));
        end.map(|(_, sensitivity)| *sensitivity)
    }
}

/// The lengths of the last words of listed keys: for each last byte of a key, a bit for each length. The check is quick,
/// and most keys fail it.
struct LastWords([u64; 256]);

impl Default for LastWords {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl LastWords {
    fn add(&mut self, key: &str) {
        if let Some((last, length)) = Self::place(key) {
            self.0[last] |= length;
        }
    }

    /// Whether a listed key may have the same last word as `key`. If not, no such key exists.
    fn may_have(&self, key: &str) -> bool {
        Self::place(key).is_some_and(|(last, length)| self.0[last] & length != 0)
    }

    /// Returns the last byte of the key, and the bit for the length of its last word.
    fn place(key: &str) -> Option<(usize, u64)> {
        let length = key.bytes().rev().take_while(|b| *b != b'_').count();
        Some((usize::from(*key.as_bytes().last()?), 1 << length.min(63)))
    }
}

/// Returns the sensitivity of `key`, or `None` if the key denotes nothing secret or personal.
pub(crate) fn sensitivity(key: &str) -> Option<Sensitivity> {
    if key.len() < 2 || key.len() > LONGEST {
        return None;
    }
    let words = &*WORDS;
    if !key.is_ascii() {
        return words.glued(key).or_else(|| words.ending(&key.to_lowercase()));
    }
    let key = key.trim_end_matches(|c: char| c.is_ascii_digit());
    if is_one_word(key) {
        return words.ending(key);
    }
    let key = Parted::of(key);
    let is_continuing = |word: &str| words.is_continuing(word) || word.bytes().all(|b| b.is_ascii_digit());
    let mut core = key.as_str();
    while let Some((before, last)) = core.rsplit_once('_').filter(|(_, last)| is_continuing(last)) {
        let _ = last;
        core = before;
    }
    words.ending(core).map(|found| surer(core, found)).or_else(|| {
        // An unknown word can follow a sensitive one, as in `DB_PASSWORD_SHOP`.
        let (before, last) = core.rsplit_once('_')?;
        let is_inside = before.split('_').any(|word| words.glued(word).is_some());
        (is_inside && !words.describing.contains(&last)).then_some(Possible)
    })
}

/// Whether `key` can be the last word of a sensitive key. The key `key` is weak alone, but certain in `api.key`.
pub(crate) fn may_continue(key: &str) -> bool {
    if key.len() > LONGEST || !key.is_ascii() {
        return key.len() <= LONGEST;
    }
    // As in `sensitivity`, digits and continuing words at the end do not count: `key1`, `key_prod`.
    let key = Parted::of(key.trim_end_matches(|c: char| c.is_ascii_digit()));
    let last = key.as_str().rsplit('_').next().unwrap_or_default();
    WORDS.last.may_have(key.as_str()) || WORDS.is_continuing(last)
}

/// Whether the key is one word in lower case, as most keys are. Such a key needs only one look into the list.
fn is_one_word(key: &str) -> bool {
    key.bytes().all(|b| b.is_ascii_lowercase())
}

/// Keys whose value is the name of another value, as in `name="password" value="x"`.
const NAMING: &[&str] = &["name", "key", "field", "header", "param", "parameter", "property", "attribute"];
/// Keys that hold the value of a name beside them, as `value` in `name="password" value="x"`.
const HOLDING: &[&str] = &["value", "val", "content", "data", "v", "string"];

/// Whether the value of `key` can be the name of another value, as for `name` in `name="password" value="x"`.
pub(crate) fn names(key: &str) -> bool {
    NAMING.iter().any(|known| key.eq_ignore_ascii_case(known))
}

/// Whether the value of `key` can belong to a name beside it, as for `value` in `name="password" value="x"`.
pub(crate) fn holds(key: &str) -> bool {
    HOLDING.iter().any(|known| key.eq_ignore_ascii_case(known))
}

/// Whether the value of `key` only describes a secret, as for `length` in `password: {"length": 7}`.
pub(crate) fn describes(key: &str) -> bool {
    let key = Parted::of(key);
    WORDS.describing.contains(&key.as_str().rsplit('_').next().unwrap_or_default())
}

/// Returns the sensitivity of `key`, raised from `found` if the key has several words. `refresh_token` is always a
/// credential, while `token` alone is also a word of parsers.
fn surer(key: &str, found: Sensitivity) -> Sensitivity {
    let is_qualified = key.contains('_') && found == Likely;
    let ends = ["_token", "_pass", "_cookie", "_signature", "_auth"];
    if is_qualified && ends.iter().any(|end| key.ends_with(end)) { Certain } else { found }
}

/// The words of a key in lower case, joined by `_`.
enum Parted<'k> {
    /// The key, or the part of it without the signs at its ends.
    Kept(&'k str),
    /// The rewritten key.
    Written(Written),
}

impl<'k> Parted<'k> {
    /// Splits the last [`LONGEST`] bytes of a key into words. A word begins after a sign, or at a capital letter as in
    /// `sessionId`.
    fn of(key: &'k str) -> Self {
        let inside = key.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_parted(inside) { Self::Kept(inside) } else { Self::Written(Written::of(key)) }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Kept(key) => key,
            Self::Written(key) => key.as_str(),
        }
    }
}

/// Whether a key without signs at its ends consists of words in lower case, joined by `_`.
fn is_parted(key: &str) -> bool {
    let mut before = b'_';
    let is_part = |b: u8| {
        let is_second = std::mem::replace(&mut before, b) == b'_';
        b.is_ascii_lowercase() || b.is_ascii_digit() || (b == b'_' && !is_second)
    };
    key.len() <= LONGEST && key.bytes().all(is_part)
}

/// A key that was rewritten. The text is on the stack, because every key of an event is judged.
struct Written {
    bytes: [u8; Self::ROOM],
    length: usize,
}

impl Written {
    /// The space for a key of [`LONGEST`] bytes with an `_` before each capital.
    const ROOM: usize = 2 * LONGEST;

    fn of(key: &str) -> Self {
        let bytes = &key.as_bytes()[key.len().saturating_sub(LONGEST)..];
        let mut written = Self { bytes: [0; Self::ROOM], length: 0 };
        for (at, &b) in bytes.iter().enumerate() {
            if !b.is_ascii_alphanumeric() {
                written.end_word();
                continue;
            }
            let before = at.checked_sub(1).map_or(b'_', |at| bytes[at]);
            let next_is_small = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
            let is_hump = b.is_ascii_uppercase()
                && (before.is_ascii_lowercase() || (before.is_ascii_uppercase() && next_is_small));
            // `OAuth` is one word.
            let is_oauth = written.last() == Some(b'o') && before == b'O';
            if is_hump && !is_oauth {
                written.end_word();
            }
            written.push(b.to_ascii_lowercase());
        }
        written.length -= usize::from(written.last() == Some(b'_'));
        written
    }

    fn last(&self) -> Option<u8> {
        self.bytes[..self.length].last().copied()
    }

    fn push(&mut self, b: u8) {
        self.bytes[self.length] = b;
        self.length += 1;
    }

    fn end_word(&mut self) {
        if self.last().is_some_and(|b| b != b'_') {
            self.push(b'_');
        }
    }

    fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_of_a_key_decide_its_sensitivity() {
        for (key, expected) in [
            ("password", Certain),
            ("DB_PASSWORD", Certain),
            ("PGPASSWORD", Certain),
            ("userPassword", Certain),
            ("aws_secret_access_key", Certain),
            ("SECRET_KEY_BASE", Certain),
            ("X-Api-Key", Certain),
            ("jsessionid", Certain),
            ("sessionId", Certain),
            ("refresh_token", Certain),
            ("password2", Certain),
            ("password_hash", Certain),
            ("token", Likely),
            ("connect.sid", Likely),
            ("OAuth", Likely),
            ("key", Possible),
            ("OTP", Number),
            ("phoneNumber", Number),
            ("first_name", Person),
            ("使用者密碼", Certain),
            ("身分證字號", Number),
            ("DB_PASSWORD_SHOP", Possible),
        ] {
            assert_eq!(sensitivity(key), Some(expected), "{key}");
        }
        for key in [
            "author",
            "monkey",
            "keyboard",
            "secretary",
            "tokenizers",
            "sidebar",
            "token_type",
            "password_length",
            "auth_url",
            "max_token_count",
            "primaryKeyColumn",
            "user",
            "錯誤",
            "x",
            "",
        ] {
            assert_eq!(sensitivity(key), None, "{key}");
        }
    }

    #[test]
    fn every_line_of_the_key_list_has_a_known_category() {
        let kinds = ["certain", "likely", "possible", "number", "person", "continuing", "describing"];
        for line in include_str!("keys.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            assert!(kinds.contains(&line.split(' ').next().unwrap_or_default()), "{line}");
        }
    }
}
