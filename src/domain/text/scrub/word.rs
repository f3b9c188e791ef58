//! Distinguishes words that a person chose from random words that a machine generated, such as tokens.

use std::ops::Range;

use super::pairs;

/// Returns the first `max` bytes of `text`, or a few less to end between characters. A limit of the examined text keeps
/// the total cost linear.
pub(super) fn head(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Returns the last `max` bytes of `text`, or a few less to begin between characters.
pub(super) fn tail(text: &str, max: usize) -> &str {
    let mut start = text.len().saturating_sub(max);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

/// Returns the places of the longest runs of bytes for which `is_in` holds. `is_in` must hold only for ASCII.
pub(super) fn runs(text: &str, is_in: impl Fn(u8) -> bool) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|b| is_in(*b))?;
        at = start + bytes[start..].iter().take_while(|b| is_in(**b)).count();
        Some(start..at)
    })
}

/// Names of algorithms and formats that mix letters and digits like random words.
const NAMES: &[&str] = &[
    "argon2id",
    "pbkdf2",
    "base64",
    "base64url",
    "sha256",
    "sha512",
    "md5",
    "hs256",
    "rs256",
    "es256",
    "ed25519",
    "oauth2",
    "http2",
];
/// A word in camel case with more than two parts counts as chosen only if its parts have at least this many letters on
/// average. A word with shorter parts, such as `ZqFUMsBq`, is random. The parts of a word with digits must have one
/// letter more.
const SHORTEST_HUMP: usize = 3;

/// The largest number of consecutive capitals in a chosen word with small letters.
const LONGEST_ACRONYM: usize = 6;

/// Whether the word looks random, because it mixes letters and digits, or has capitals where no name has them.
pub(super) fn is_random(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.len() >= 6
        && !is_timestamp(word)
        && !NAMES.iter().any(|name| word.eq_ignore_ascii_case(name))
        && !word.split(|c: char| !c.is_alphanumeric()).all(is_name)
}

/// Whether the word is a plain word of prose, such as `timeout`, `Invalid`, `same-origin` or `LDAP`.
pub(super) fn is_plain(word: &str) -> bool {
    let word = word.trim_matches(|c: char| ".,:;!?()'\"".contains(c));
    !word.is_empty()
        && word.len() <= 24
        && word
            .split(['-', '\'', '/', '_', '.'])
            .all(|part| part.chars().all(char::is_alphabetic) && is_name(part))
}

/// Whether the word contains letters and digits.
pub(super) fn is_mixed(word: &str) -> bool {
    word.bytes().any(|b| b.is_ascii_digit()) && word.chars().any(char::is_alphabetic)
}

/// Whether a run of letters and digits looks chosen: `utf8`, `TokenService`, `i18n`, `4711`, `0x7ffe12ab`.
fn is_name(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    if digits == part.len() {
        return true;
    }
    if let Some(hex) = part.strip_prefix("0x") {
        return hex.len() <= 16 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    }
    if pairs::are_random(part) {
        return false;
    }
    let letters = part.chars().count() - digits;
    if digits > 0 {
        return digits <= 4
            && changes(part) <= 2
            && (digits <= 3 || changes(part) == 1)
            && has_humps(part, letters, SHORTEST_HUMP + 1);
    }
    letters <= 24 && has_humps(part, letters, SHORTEST_HUMP)
}

/// Returns the number of changes between letters and digits in a word: two in `i18n`.
fn changes(part: &str) -> usize {
    let bytes = part.as_bytes();
    bytes.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count()
}

/// Whether the capitals of a word stand as in camel case: they begin at most two parts, or parts of at least `shortest`
/// letters on average. A word of capitals only passes too. `letters` is the number of letters in the word.
fn has_humps(part: &str, letters: usize, shortest: usize) -> bool {
    let bytes = part.as_bytes();
    let starts = |at: usize| {
        let next_is_small = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
        let (before, this) = (bytes[at - 1], bytes[at]);
        this.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || (before.is_ascii_uppercase() && next_is_small))
    };
    let is_small = |b: &u8| !b.is_ascii_uppercase();
    let longest = bytes.split(is_small).map(<[u8]>::len).max().unwrap_or(0);
    if longest > LONGEST_ACRONYM && longest < letters {
        return false;
    }
    let humps = 1 + (1..bytes.len()).filter(|at| starts(*at)).count();
    humps <= 2 || letters >= shortest * humps
}

/// Whether the word is a timestamp such as `2026-11-29T10:00:00Z`.
fn is_timestamp(word: &str) -> bool {
    let bytes = word.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    digits(0..4)
        && bytes.get(4) == Some(&b'-')
        && digits(5..7)
        && bytes.get(7) == Some(&b'-')
        && digits(8..10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_words_are_distinguished_from_identifiers_and_dates() {
        for drawn in [
            "ZqutlZfOjUSt",
            "ZqFUMsBqHquR",
            "q7Xw2Lp9Rt",
            "45ffa4d1278220ad2cf1337349e455d5",
            "Tr0ub4dor",
            "4/0AbCdEfGhI",
            "550e8400-e29b-41d4-a716-446655440000",
            "a1b2c3d4",
        ] {
            assert!(is_random(drawn), "{drawn}");
        }
        for chosen in [
            "identifier",
            "TokenService",
            "getElementById",
            "XMLHttpRequest",
            "load_user",
            "sha256",
            "Base64Encoder",
            "2026-11-29T10:00:00Z",
            "same-origin",
            "order-12345678",
            "0x7ffe12ab",
            "v1.2.3-beta4",
            "com.acme.auth.TokenService",
            "i18next",
            "PKCS8EncodedKeySpec",
            "file2.txt",
        ] {
            assert!(!is_random(chosen), "{chosen}");
        }
    }

    #[test]
    fn plain_words_have_letters_only() {
        for plain in ["timeout", "Invalid,", "same-origin", "LDAP", "can't", "錯誤"] {
            assert!(is_plain(plain), "{plain}");
        }
        for other in ["hunter2", "ZqutlZfOjUSt", "", "...", "a=b"] {
            assert!(!is_plain(other), "{other}");
        }
    }
}
