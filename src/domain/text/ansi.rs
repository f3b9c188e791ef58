//! Removes the escape sequences of terminals from a text: colours, window titles and links that a program wrote for
//! a screen.

use std::borrow::Cow;

/// The beginnings of an escape sequence in logs that show the escape character as visible text, such as `\x1b[`.
const SPELLED: &[&str] =
    &["\\x1b[", "\\x1B[", "\\u001b[", "\\u001B[", "\\033[", "\\e[", "^[[", "#033[", "␛["];
/// The end of a window title or a link is searched within this many characters.
const LONGEST: usize = 2_048;

/// Returns `text` without escape sequences (ECMA-48): CSI, OSC and similar ones, and those of two characters.
pub(super) fn stripped(text: &str) -> Cow<'_, str> {
    if !may_have_sequences(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = sequence(rest).or_else(|| spelled(rest)).unwrap_or(0);
        if length == 0 {
            out.push(c);
        }
        rest = &rest[length.max(c.len_utf8() * usize::from(length == 0))..];
    }
    Cow::Owned(out)
}

/// Whether `text` may contain an escape sequence. The check is cheap, because each text of an event passes it.
fn may_have_sequences(text: &str) -> bool {
    text.as_bytes().contains(&0x1b)
        || (!text.is_ascii() && text.contains(['\u{9b}', '\u{9d}']))
        || text.match_indices('[').any(|(at, _)| is_spelled(&text[..at]))
}

/// Whether `before` and a `[` after it end with one of [`SPELLED`].
fn is_spelled(before: &str) -> bool {
    // The last byte excludes most texts.
    matches!(before.as_bytes().last(), Some(b'b' | b'B' | b'3' | b'e' | b'^' | b'[' | 0x9b))
        && SPELLED.iter().filter_map(|start| start.strip_suffix('[')).any(|start| before.ends_with(start))
}

/// Returns the length of the escape sequence at the beginning of `text`, in bytes.
fn sequence(text: &str) -> Option<usize> {
    let control = |c: char| text.strip_prefix(c);
    let escaped = |c: char| text.strip_prefix('\u{1b}').and_then(|rest| rest.strip_prefix(c));
    if let Some(rest) = escaped('[').or_else(|| control('\u{9b}')) {
        return Some(text.len() - rest.len() + parameters(rest));
    }
    let strings = [']', 'P', 'X', '^', '_'].into_iter().find_map(escaped);
    if let Some(rest) = strings.or_else(|| control('\u{9d}')) {
        return Some(text.len() - rest.len() + string(rest));
    }
    // A designation such as `ESC ( B`, or an escape with one letter.
    let rest = text.strip_prefix('\u{1b}')?;
    let between = rest.bytes().take_while(|b| (0x20..=0x2f).contains(b)).count();
    let end = rest.as_bytes().get(between).is_some_and(|b| (0x30..=0x7e).contains(b));
    Some(1 + between + usize::from(end))
}

/// Returns the length of the rest of a sequence after `ESC [`: its parameters, intermediate bytes and final letter. A
/// broken sequence ends at the first other byte.
fn parameters(text: &str) -> usize {
    let length = text.bytes().take_while(|b| (0x20..=0x3f).contains(b)).count();
    length + usize::from(text.as_bytes().get(length).is_some_and(|b| (0x40..=0x7e).contains(b)))
}

/// Returns the length of a window title, a link or another string of a sequence. The string ends at a bell, a string
/// terminator or a line break. Returns 0 if no end is near, so that the text stays.
fn string(text: &str) -> usize {
    let near =
        text.char_indices().take(LONGEST).find(|(_, c)| matches!(c, '\u{7}' | '\u{1b}' | '\u{9c}' | '\n'));
    match near {
        Some((at, '\u{1b}')) => at + 1 + usize::from(text[at + 1..].starts_with('\\')),
        Some((at, '\n')) => at,
        Some((at, c)) => at + c.len_utf8(),
        None => 0,
    }
}

/// Returns the length of a colour code whose escape character is spelled out, such as `\x1b[31m`.
fn spelled(text: &str) -> Option<usize> {
    let start = SPELLED.iter().find(|start| text.starts_with(**start))?;
    let rest = &text[start.len()..];
    let length = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b';').count();
    let is_code = matches!(rest.as_bytes().get(length), Some(b'm' | b'K' | b'J' | b'H'));
    is_code.then_some(start.len() + length + 1)
}

#[cfg(test)]
mod tests {
    use super::{SPELLED, stripped};

    #[test]
    fn ansi_sequences_are_removed_completely() {
        for (text, expected) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}[1;38;5;196mbold\u{1b}[m", "bold"),
            ("\u{9b}32mgreen\u{9b}0m", "green"),
            ("\u{1b}]0;title\u{7}text", "text"),
            ("\u{1b}]8;;https://x.example\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}(Bplain\u{1b}c", "plain"),
            ("\\x1b[31mspelled\\u001b[0m ^[[1mout^[[0m", "spelled out"),
            ("a\u{1b}", "a"),
            ("\u{1b}[31", ""),
            ("\u{1b}]no end é", "no end é"),
        ] {
            assert_eq!(stripped(text), expected, "{text:?}");
        }
    }

    #[test]
    fn every_spelled_beginning_is_recognised() {
        for start in SPELLED {
            assert_eq!(stripped(&format!("a{start}31mb{start}0mc")), "abc", "{start}");
        }
    }

    #[test]
    fn text_that_resembles_an_ansi_sequence_is_kept() {
        for text in ["rate(x[5m])", "array[31m", "\\e[", "re.compile('\\033[')", "[0m", "é"] {
            assert_eq!(stripped(text), text);
        }
    }
}
