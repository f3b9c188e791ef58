//! The set of ASCII characters that occur in a text.
//!
//! Each search for one kind of secret needs certain characters: an e-mail address needs an `@`. The search is skipped
//! for texts without them. One pass over a text decides for all searches, and most texts of an event need few.

/// A set of ASCII characters, with a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signs(u128);

impl Signs {
    /// Returns the ASCII characters of `text`. Other characters are ignored.
    pub(super) const fn of(text: &str) -> Self {
        let (bytes, mut signs, mut at) = (text.as_bytes(), 0, 0);
        while at < bytes.len() {
            if bytes[at].is_ascii() {
                signs |= 1 << bytes[at];
            }
            at += 1;
        }
        Self(signs)
    }

    /// Whether the two sets have a character in common.
    pub(super) const fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::Signs;

    #[test]
    fn sets_meet_in_a_common_character() {
        let signs = Signs::of("key=é");
        assert!(signs.has_any(Signs::of("=:")) && signs.has_any(Signs::of("y")));
        assert!(!signs.has_any(Signs::of(":Ké")));
    }
}
