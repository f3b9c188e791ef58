//! The secrets found in a text: ranges of bytes, each with the placeholder that replaces it.

use std::ops::Range;

/// The placeholder for a secret that was recognized by its key, such as the value of `password`.
pub(in crate::domain::text) const REDACTED: &str = "[redacted]";

/// A range of the text that is replaced by a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stretch {
    range: Range<usize>,
    placeholder: &'static str,
}

/// The secrets found so far in a text. If two ranges overlap, both are replaced by one placeholder, that of the range
/// that was added first.
#[derive(Debug, Default)]
pub(super) struct Found {
    stretches: Vec<Stretch>,
    /// For each byte up to the end of the last added range, whether an added range contains it. Ranges that were taken
    /// over do not count.
    covered: Vec<bool>,
}

impl Found {
    /// Adds a range of bytes of the text, and the placeholder that replaces the range. An empty range is ignored.
    pub(super) fn add(&mut self, range: Range<usize>, placeholder: &'static str) {
        if !range.is_empty() {
            let covered = self.covered.len().max(range.end);
            self.covered.resize(covered, false);
            self.covered[range.clone()].fill(true);
            self.stretches.push(Stretch { range, placeholder });
        }
    }

    /// Whether no secret was found.
    pub(super) fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    /// Whether a found secret contains the byte at `at`.
    pub(super) fn covers(&self, at: usize) -> bool {
        self.covered.get(at).copied().unwrap_or_default()
    }

    /// Whether a found secret contains the byte at `at`, or ends directly before that byte.
    pub(super) fn reaches(&self, at: usize) -> bool {
        self.covers(at) || at.checked_sub(1).is_some_and(|before| self.covers(before))
    }

    /// Adds the secrets that were found in a decoded copy of the text. `origin` maps a position in the copy to the
    /// position in the text.
    pub(super) fn take_over(&mut self, other: Self, origin: impl Fn(usize) -> usize) {
        let moved = other.stretches.into_iter().map(|stretch| Stretch {
            range: origin(stretch.range.start)..origin(stretch.range.end),
            placeholder: stretch.placeholder,
        });
        self.stretches.extend(moved);
    }

    /// Returns `text` with each range replaced by its placeholder.
    pub(super) fn replaced(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for stretch in self.merged() {
            out.push_str(text.get(at..stretch.range.start).unwrap_or_default());
            out.push_str(stretch.placeholder);
            at = stretch.range.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }

    /// Returns the ranges in the order of their positions. Ranges that overlap are merged into one.
    fn merged(self) -> Vec<Stretch> {
        let mut ranked: Vec<(usize, Stretch)> = self.stretches.into_iter().enumerate().collect();
        ranked.sort_by_key(|(_, stretch)| stretch.range.start);
        let mut merged: Vec<(usize, Stretch)> = Vec::with_capacity(ranked.len());
        for (rank, stretch) in ranked {
            match merged.last_mut() {
                Some((first, last)) if stretch.range.start < last.range.end => {
                    last.range.end = last.range.end.max(stretch.range.end);
                    if rank < *first {
                        (*first, last.placeholder) = (rank, stretch.placeholder);
                    }
                }
                _ => merged.push((rank, stretch)),
            }
        }
        merged.into_iter().map(|(_, stretch)| stretch).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Found;

    #[test]
    fn overlapping_findings_are_merged_under_the_first_placeholder() {
        let mut found = Found::default();
        found.add(4..9, "[first]");
        found.add(2..6, "[second]");
        found.add(12..14, "[third]");
        found.add(3..3, "[empty]");
        assert_eq!(found.replaced("0123456789abcdef"), "01[first]9ab[third]ef");
    }
}
