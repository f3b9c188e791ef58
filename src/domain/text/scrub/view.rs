//! A decoded copy of a text, such as `key:@x` for `key:%40x`, and the position of each of its bytes in the original.

use std::borrow::Cow;

/// At most this many nested encodings are removed, such as JSON in JSON in a query string.
const DEEPEST: usize = 3;

/// A decoded copy of a text, and for each of its bytes the position in the original text.
#[derive(Debug)]
pub(super) struct View<'t> {
    text: Cow<'t, str>,
    /// The position in the original of each byte, and of the end. `None` if the copy equals the original.
    origin: Option<Vec<usize>>,
}

impl<'t> View<'t> {
    /// Returns a copy of `text` with full-width letters, typographic quotes and rare blanks replaced by their ASCII
    /// counterparts.
    pub(super) fn folded(text: &'t str) -> Self {
        if text.is_ascii() || !text.chars().any(|c| folded(c) != c) {
            return Self { text: Cow::Borrowed(text), origin: None };
        }
        let mut build = Build::default();
        for (at, c) in text.char_indices() {
            build.push(folded(c), at);
        }
        build.view(text.len())
    }

    /// Returns a copy with percent encoding, backslash escapes and HTML entities decoded. Returns `None` if the text
    /// contains none of them.
    pub(super) fn decoded(&self) -> Option<View<'static>> {
        let mut view = self.decoded_once()?;
        for _ in 1..DEEPEST {
            match view.decoded_once() {
                Some(deeper) => view = deeper,
                None => break,
            }
        }
        Some(view)
    }

    fn decoded_once(&self) -> Option<View<'static>> {
        if !self.text.contains(['%', '\\', '&']) {
            return None;
        }
        let mut build = Build::default();
        let (mut at, mut changed) = (0, false);
        while let Some(c) = self.text[at..].chars().next() {
            let (plain, length) = decoded(&self.text[at..]).unwrap_or((c, c.len_utf8()));
            changed |= length != c.len_utf8();
            build.push(plain, self.origin(at));
            at += length;
        }
        changed.then(|| build.view(self.origin(self.text.len())))
    }

    /// Returns the decoded copy.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the position in the original text of the byte at `at` of the copy.
    pub(super) fn origin(&self, at: usize) -> usize {
        match &self.origin {
            None => at,
            Some(origin) => origin.get(at).or(origin.last()).copied().unwrap_or(at),
        }
    }
}

/// A [`View`] under construction.
#[derive(Default)]
struct Build {
    text: String,
    origin: Vec<usize>,
}

impl Build {
    fn push(&mut self, c: char, at: usize) {
        self.text.push(c);
        self.origin.resize(self.text.len(), at);
    }

    fn view(mut self, end: usize) -> View<'static> {
        self.origin.push(end);
        View { text: Cow::Owned(self.text), origin: Some(self.origin) }
    }
}

fn folded(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{300c}' | '\u{300d}' => '"',
        _ => c,
    }
}

/// Decodes the encoded character at the beginning of `text`, such as `%40` or `&amp;`. Returns the character and the
/// length of its encoding.
fn decoded(text: &str) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'%' => Some((ascii(text.get(1..3)?)?, 3)),
        b'&' => entity(text),
        b'\\' => match bytes.get(1)? {
            quote @ (b'"' | b'\'' | b'\\' | b'/') => Some((char::from(*quote), 2)),
            b'n' | b'r' => Some(('\n', 2)),
            b't' => Some((' ', 2)),
            b'x' => Some((ascii(text.get(2..4)?)?, 4)),
            b'u' => Some((ascii(text.get(2..6)?.strip_prefix("00")?)?, 6)),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the ASCII character with this code, two hexadecimal digits. Returns `None` for invisible characters other
/// than blanks and line breaks.
fn ascii(digits: &str) -> Option<char> {
    let code =
        u8::from_str_radix(digits, 16).ok().filter(|_| digits.is_ascii() && !digits.starts_with('+'))?;
    match code {
        b'\n' | b'\r' => Some('\n'),
        b' '..=b'~' => Some(char::from(code)),
        _ => None,
    }
}

fn entity(text: &str) -> Option<(char, usize)> {
    const ENTITIES: &[(&str, char)] =
        &[("&quot;", '"'), ("&apos;", '\''), ("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&nbsp;", ' ')];
    if let Some((name, c)) = ENTITIES.iter().find(|(name, _)| text.starts_with(name)) {
        return Some((*c, name.len()));
    }
    let number = text.strip_prefix("&#")?;
    let end = number.bytes().take(5).position(|b| b == b';').filter(|end| *end >= 2)?;
    let code: u8 = match number[..end].strip_prefix(['x', 'X']) {
        Some(digits) => u8::from_str_radix(digits, 16).ok()?,
        None => number[..end].parse().ok()?,
    };
    (b' '..=b'~').contains(&code).then(|| (char::from(code), end + 3))
}

#[cfg(test)]
mod tests {
    use super::View;

    #[test]
    fn nested_encodings_are_decoded() {
        for (text, expected) in [
            (r#"{"a":"{\"b\":\"c\"}"}"#, r#"{"a":"{"b":"c"}"}"#),
            (r#"\\\"b\\\""#, r#""b""#),
            ("%7B%22b%22%3A1%7D", r#"{"b":1}"#),
            ("a%2540b", "a@b"),
            (r"a\u0040b &quot;c&#34; &amp;quot;", "a@b \"c\" \""),
        ] {
            let view = View::folded(text);
            assert_eq!(view.decoded().expect("an encoding").text(), expected);
        }
        for text in ["100% of it", "a & b", "C:\\Windows", "é%ff"] {
            assert!(View::folded(text).decoded().is_none(), "{text}");
        }
    }

    #[test]
    fn offsets_in_a_decoded_view_map_to_the_original_text() {
        let text = "ｋｅｙ：%40x";
        let view = View::folded(text);
        assert_eq!(view.text(), "key:%40x");
        let decoded = view.decoded().expect("an encoding");
        assert_eq!(decoded.text(), "key:@x");
        assert_eq!(&text[decoded.origin(4)..decoded.origin(5)], "%40");
        assert_eq!(decoded.origin(6), text.len());
    }
}
