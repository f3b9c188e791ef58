//! Splits identifiers into words: `parseHTTPReply2` has the words `parse`, `HTTP`, `Reply` and `2`.

/// An iterator over the words of an identifier. The value is the part that is not read yet.
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
            // The last capital of a run begins the next word if a small letter follows.
            several => several - usize::from(small_after > 0),
        };
        let (word, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}

/// Whether `list` contains `word`. The case of letters is ignored.
pub(super) fn is_any(word: &str, list: &[&str]) -> bool {
    list.iter().any(|entry| word.eq_ignore_ascii_case(entry))
}

/// Whether `list` contains the first word of the identifier `name`.
pub(super) fn begins_with(name: &str, list: &[&str]) -> bool {
    Words(name).next().is_some_and(|word| is_any(word, list))
}

/// Whether `list` contains the last word of the identifier `name`.
pub(super) fn ends_with(name: &str, list: &[&str]) -> bool {
    Words(name).last().is_some_and(|word| is_any(word, list))
}
