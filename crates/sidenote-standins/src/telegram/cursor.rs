//! The lexer of Telegram's HTML: blanks, names, quoted values and character references.

/// A position in a text. At the end of the text it reads NUL, which counts as a blank, as a real NUL does.
#[derive(Default)]
pub(super) struct Cursor<'a> {
    pub(super) input: &'a str,
    /// The index of the next byte to read.
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    /// The next byte, which is NUL at the end of the text.
    pub(super) fn byte(&self) -> u8 {
        self.input.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// The part of the text that is not read yet.
    pub(super) fn rest(&self) -> &'a str {
        &self.input[self.at..]
    }

    /// Advances while the bytes satisfy the predicate, and returns these bytes.
    pub(super) fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a str {
        let from = self.at;
        while self.at < self.input.len() && belongs(self.byte()) {
            self.at += 1;
        }
        &self.input[from..self.at]
    }

    /// Advances over blanks, but not over NUL, which the cursor also reads at the end of the text.
    pub(super) fn skip_blanks(&mut self) {
        self.take_while(|byte| byte != 0 && is_blank(byte));
    }

    /// Reads the name of a tag, and returns it in lower case.
    pub(super) fn tag(&mut self) -> String {
        self.take_while(|byte| !is_blank(byte) && byte != b'>').to_ascii_lowercase()
    }

    /// Reads the next attribute of a tag: its name and its value. Returns `None` at the end of the tag.
    pub(super) fn attribute(&mut self, tag: &str, begin: usize) -> Result<Option<(&'a str, String)>, String> {
        let unclosed = || Err(format!("Unclosed start tag \"{tag}\" at byte offset {begin}"));
        self.skip_blanks();
        if self.byte() == b'>' {
            return Ok(None);
        }
        let name = self.take_while(|byte| !is_blank(byte) && !b"=>/\"'".contains(&byte));
        if name.is_empty() {
            return Err(format!("Empty attribute name in the tag \"{tag}\" at byte offset {begin}"));
        }
        self.skip_blanks();
        match self.byte() {
            0 => return unclosed(),
            b'=' => self.at += 1,
            _ => return Ok(Some((name, String::new()))),
        }
        self.skip_blanks();
        let value = match self.byte() {
            0 => return unclosed(),
            quote @ (b'"' | b'\'') => self.quoted(quote, begin)?,
            _ => self.token()?,
        };
        if self.byte() == 0 {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        Ok(Some((name, value)))
    }

    fn token(&mut self) -> Result<String, String> {
        let begin = self.at;
        let token = self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
        let after = self.byte();
        if is_blank(after) || after == b'>' {
            Ok(token.to_ascii_lowercase())
        } else {
            Err(format!("Unexpected end of name token at byte offset {begin}"))
        }
    }

    fn quoted(&mut self, quote: u8, begin: usize) -> Result<String, String> {
        let mut value = String::new();
        self.at += 1;
        loop {
            let rest = self.rest();
            if rest.as_bytes().first() == Some(&quote) {
                self.at += 1;
                return Ok(value);
            }
            if let Some((code, length)) = character_reference(rest) {
                self.at += length;
                value.extend(char::from_u32(code));
                continue;
            }
            let Some(letter) = rest.chars().next().filter(|letter| *letter != '\0') else {
                return Err(format!("Unclosed start tag at byte offset {begin}"));
            };
            self.at += letter.len_utf8();
            value.push(letter);
        }
    }
}

/// Whether a byte separates the names in a tag.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x0b)
}

/// Reads a character reference (`&lt;`, `&#65;`, `&#x41;`) at the start of a text. Returns the code point and the
/// number of bytes. The semicolon is optional. A number must be shorter than ten bytes with its `&#`, and 0 is invalid.
pub(super) fn character_reference(text: &str) -> Option<(u32, usize)> {
    let body = text.strip_prefix('&')?;
    let (code, length) = if let Some(number) = body.strip_prefix('#') {
        let hex = number.strip_prefix('x');
        let (digits, radix, prefix) = hex.map_or((number, 10, 2), |digits| (digits, 16, 3));
        let number = digits.chars().take_while(|letter| letter.is_digit(radix)).count();
        (u32::from_str_radix(&digits[..number], radix).ok()?, prefix + number)
    } else {
        let name = body.chars().take_while(char::is_ascii_alphabetic).count();
        let names = [("lt", '<'), ("gt", '>'), ("amp", '&'), ("quot", '"')];
        let (_, letter) = names.into_iter().find(|(known, _)| *known == &body[..name])?;
        (u32::from(letter), 1 + name)
    };
    let valid = code > 0 && code < 0x0010_ffff && length < 10;
    valid.then(|| (code, length + usize::from(text[length..].starts_with(';'))))
}
