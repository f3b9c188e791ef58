//! The ASCII characters that occur in a text.
//!
//! A part of the scrubbing that can find nothing without one of certain characters is skipped for texts without them.
//! One pass over the text decides for all parts, and most texts of an event need few parts.

/// A set of ASCII characters, with a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signs(u128);

impl Signs {
    /// The characters of `text`. Others than ASCII are ignored.
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

    /// Whether the sets have a character in common.
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
