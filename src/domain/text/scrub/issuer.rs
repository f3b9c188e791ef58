//! Finds access tokens in the formats of known issuers, such as GitHub's `ghp_…`.

use std::sync::LazyLock;

use super::found::Found;
use super::word::{head, is_mixed, is_random, runs};

/// At most this many bytes of a token are examined whether they look random: the first ones.
const JUDGED: usize = 512;
/// The shortest token, in bytes.
const SHORTEST: usize = 16;

/// The format of an issuer's tokens, from a line of the file `issuers.txt`: a prefix, the alphabet and the least length
/// of the rest, and the placeholder.
struct Format {
    prefix: &'static str,
    /// Whether a byte belongs to the alphabet of the rest.
    is_in: fn(u8) -> bool,
    least: usize,
    /// Whether the alphabet is Base32. A token in Base32 can have few digits and look like a word.
    is_base32: bool,
    placeholder: &'static str,
}

impl Format {
    /// Whether `rest`, the part of a token after the prefix, is long enough and looks random.
    fn is_drawn(&self, rest: &str) -> bool {
        let is_base32 = self.is_base32 && (rest.len() == 16 || is_mixed(rest));
        rest.len() >= self.least && (is_base32 || is_random(rest))
    }
}

/// The formats of `issuers.txt`, indexed by the first byte of their prefix. The file is parsed on first use, which is
/// after the answer to the webhook.
static FORMATS: LazyLock<Vec<Vec<Format>>> = LazyLock::new(|| {
    let mut formats: Vec<Vec<Format>> = (0..=u8::MAX).map(|_| Vec::new()).collect();
    for format in include_str!("issuers.txt").lines().filter_map(format) {
        formats[usize::from(format.prefix.as_bytes()[0])].push(format);
    }
    formats
});

fn format(line: &'static str) -> Option<Format> {
    let mut parts = line.splitn(4, ' ');
    let prefix = parts.next().filter(|prefix| !prefix.is_empty() && *prefix != "#")?;
    let letters = parts.next()?;
    let is_in: fn(u8) -> bool = match letters {
        "hex" => |b| b.is_ascii_hexdigit(),
        "upper" => |b| b.is_ascii_uppercase() || b.is_ascii_digit(),
        "alnum" => |b| b.is_ascii_alphanumeric(),
        "word" => is_word,
        "chain" => |b| b.is_ascii_alphanumeric() || b".$".contains(&b),
        "dotted" => |b| b.is_ascii_alphanumeric() || b"_-.=+/".contains(&b),
        _ => return None,
    };
    let is_base32 = letters == "upper";
    Some(Format { prefix, is_in, is_base32, least: parts.next()?.parse().ok()?, placeholder: parts.next()? })
}

/// Adds the tokens in `text` to `found`: those of known issuers, JSON web tokens, those of Telegram and Discord bots,
/// and those of Mailchimp and Asana.
pub(super) fn find(text: &str, found: &mut Found) {
    for run in runs(text, is_token).filter(|run| run.len() >= SHORTEST) {
        word(text, run.start, run.end, found);
    }
}

fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"_-.=+/~:$".contains(&b)
}

fn word(text: &str, start: usize, end: usize, found: &mut Found) {
    let bytes = &text.as_bytes()[..end];
    let mut at = start;
    while at < end {
        let is_start = at == start || !bytes[at - 1].is_ascii_alphanumeric();
        let token = is_start.then(|| token(&text[at..end])).flatten();
        let (length, placeholder) = token.unwrap_or((0, ""));
        let length = if placeholder == JWT { length + continued(text, at + length) } else { length };
        found.add(at..at + length, placeholder);
        at += length.max(1);
    }
}

const JWT: &str = "[jwt]";
/// At most this many further lines belong to one token with line breaks in it.
const LINES: usize = 8;

/// Returns the length and the placeholder of the token at the beginning of `text`.
fn token(text: &str) -> Option<(usize, &'static str)> {
    let known = FORMATS[usize::from(*text.as_bytes().first()?)].iter();
    let fits = |format: &&Format| {
        let rest = text.strip_prefix(format.prefix)?;
        let judged = head(rest, JUDGED).bytes().take_while(|b| (format.is_in)(*b)).count();
        if !format.is_drawn(&rest[..judged]) {
            return None;
        }
        let length = rest.bytes().take_while(|b| (format.is_in)(*b)).count();
        Some((format.prefix.len() + length, format.placeholder))
    };
    known
        .map(|format| fits(&format))
        .find(Option::is_some)
        .flatten()
        .or_else(|| jwt(text))
        .or_else(|| telegram(text))
        .or_else(|| mailchimp(text))
        .or_else(|| discord(text))
        .or_else(|| asana(text))
}

/// Recognizes a JSON web token at the beginning of `text`: parts separated by dots, of which the first is a JSON object
/// in Base64 (`eyJ…`). The last part may be cut off.
fn jwt(text: &str) -> Option<(usize, &'static str)> {
    if !text.starts_with("eyJ") {
        return None;
    }
    let (header, _) = head(text, 1_024).split_once('.')?;
    let is_in = |b: &u8| b.is_ascii_alphanumeric() || b"_-.=".contains(b);
    if header.len() < 9 || !header.bytes().all(|b| is_in(&b)) {
        return None;
    }
    let length = text.bytes().take_while(is_in).count();
    let (_, rest) = text[..length].split_once('.')?;
    (rest.len() >= 4).then_some((length, JWT))
}

/// Returns the length of the rest of a token in the lines after `end`, if a program wrapped the token's line.
fn continued(text: &str, end: usize) -> usize {
    let mut length = 0;
    for _ in 0..LINES {
        let Some(rest) = text[end + length..].strip_prefix('\n') else { break };
        let line = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"_-.=".contains(b)).count();
        if line < SHORTEST || rest[line..].starts_with(|c: char| c != '\n' && !c.is_whitespace()) {
            break;
        }
        length += 1 + line;
    }
    length
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"_-".contains(&b)
}

/// Recognizes the token of a Telegram bot: a number, a colon, and a word that begins with `A`.
fn telegram(text: &str) -> Option<(usize, &'static str)> {
    let id = text.strip_prefix("bot").unwrap_or(text);
    let digits = id.bytes().take(17).take_while(u8::is_ascii_digit).count();
    let secret = id[digits..].strip_prefix(':').filter(|secret| secret.starts_with('A') && digits >= 5)?;
    let length = head(secret, 160).bytes().take_while(|b| is_word(*b)).count();
    let skipped = text.len() - secret.len();
    (digits <= 16 && length >= 30).then_some((skipped + length, "[telegram token]"))
}

/// Recognizes a key of Mailchimp: 32 hexadecimal digits and the name of a data center, such as `-us14`.
fn mailchimp(text: &str) -> Option<(usize, &'static str)> {
    let center = text.get(32..)?.strip_prefix("-us")?;
    let digits = center.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let is_key = digits > 0 && text.bytes().take(32).all(|b| b.is_ascii_hexdigit());
    is_key.then_some((text.len() - center.len() + digits, "[token]"))
}

/// Recognizes the token of a Discord bot. Its first part is a number in Base64.
fn discord(text: &str) -> Option<(usize, &'static str)> {
    let text = text.starts_with(['M', 'N', 'O']).then_some(head(text, 160))?;
    let mut parts = text.splitn(3, '.');
    let (id, time, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let code = rest.bytes().take_while(|b| is_word(*b)).count();
    let is_token =
        (23..=28).contains(&id.len()) && (5..=7).contains(&time.len()) && code >= 25 && is_random(id);
    is_token.then_some((id.len() + time.len() + code + 2, "[token]"))
}

/// Recognizes a personal token of Asana: a version, one or two numbers, and 32 hexadecimal digits, as in `1/12:9f…`.
fn asana(text: &str) -> Option<(usize, &'static str)> {
    let rest = text.strip_prefix("1/").or_else(|| text.strip_prefix("2/"))?;
    let numbers = rest.bytes().take(40).take_while(|b| b.is_ascii_digit() || *b == b'/').count();
    let secret = rest[numbers..].strip_prefix(':').filter(|_| numbers >= 10)?;
    let digits = secret.bytes().take(64).take_while(u8::is_ascii_hexdigit).count();
    (digits >= 32).then_some((text.len() - secret.len() + digits, "[token]"))
}
