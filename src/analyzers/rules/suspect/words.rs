//! The words of an identifier.

/// The words of an identifier: `parseHTTPReply2` is `parse`, `HTTP`, `Reply`, `2`.
pub(super) struct Words<'a>(pub(super) &'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let bytes = rest.as_bytes();
        let run = |test: fn(&u8) -> bool, from: usize| {
            bytes.iter().skip(from).take_while(|byte| test(byte)).count()
        };
        let capitals = run(u8::is_ascii_uppercase, 0);
        let small_after = run(u8::is_ascii_lowercase, capitals);
        let length = match capitals {
            0 => small_after.max(run(u8::is_ascii_digit, 0)),
            1 => 1 + small_after,
            // The last capital of a run begins the next word, if one follows.
            several => several - usize::from(small_after > 0),
        };
        let (word, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}

/// Whether a word is in a list, in any case.
pub(super) fn is_any(word: &str, list: &[&str]) -> bool {
    list.iter().any(|entry| word.eq_ignore_ascii_case(entry))
}

/// Whether the first word of a name is in a list.
pub(super) fn begins_with(name: &str, list: &[&str]) -> bool {
    Words(name).next().is_some_and(|word| is_any(word, list))
}

/// Whether the last word of a name is in a list.
pub(super) fn ends_with(name: &str, list: &[&str]) -> bool {
    Words(name).last().is_some_and(|word| is_any(word, list))
}
