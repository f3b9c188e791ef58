//! Finds hashes of passwords. An attacker can recover a weak password from its hash by trying many passwords.

use super::found::Found;
use super::word::head;

/// The names of hash schemes, which stand before a dollar sign or between two: `$2b$12$…`, `bcrypt$…`.
const SCHEMES: &[&str] = &[
    "1",
    "2a",
    "2b",
    "2y",
    "5",
    "6",
    "7",
    "y",
    "apr1",
    "argon2i",
    "argon2d",
    "argon2id",
    "scrypt",
    "pbkdf2",
    "pbkdf2-sha256",
    "pbkdf2-sha512",
    "pbkdf2_sha256",
    "pbkdf2_sha1",
    "bcrypt",
    "bcrypt_sha256",
    "argon2",
];
/// The shortest hash with its salt, in bytes.
const SHORTEST: usize = 20;

/// The longest hash with its salt, in bytes.
const LONGEST: usize = 256;

/// Adds the password hashes in `text` to `found`. The known forms are those of crypt (`$2b$12$…`) and of Django
/// (`pbkdf2_sha256$600000$…`).
pub(super) fn find(text: &str, found: &mut Found) {
    for (at, _) in text.match_indices('$') {
        let is_in = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let name = head(&text[at + 1..], 16);
        let name = &name[..name.find(|c| !is_in(c)).unwrap_or(name.len())];
        let before = text[..at].char_indices().rev().take(16).take_while(|(_, c)| is_in(*c)).last();
        let before = before.map_or(at, |(start, _)| start);
        let (start, rest) = if SCHEMES.contains(&name) && text[at + 1 + name.len()..].starts_with('$') {
            (at, &text[at + 1 + name.len()..])
        } else if SCHEMES.contains(&&text[before..at]) {
            (before, &text[at..])
        } else {
            continue;
        };
        let is_hash = |b: &u8| b.is_ascii_alphanumeric() || b"$./+=,-_".contains(b);
        let length = head(rest, LONGEST).bytes().take_while(is_hash).count();
        if length >= SHORTEST && !found.covers(start) {
            found.add(start..text.len() - rest.len() + length, "[password hash]");
        }
    }
}
