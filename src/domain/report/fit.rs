//! Shortens a text to a limit by leaving out whole sections, and names the sections that were left out.

use super::Section;
use crate::domain::words::{Arg, Phrase, Sentence};

/// The sections of a text that fits its length limit, each rendered as a `T`, and the titles of the sections that were
/// left out.
#[derive(Debug)]
pub struct Fitted<T> {
    /// The remaining sections, in their order.
    pub kept: Vec<T>,
    /// The titles of the sections that were left out.
    left_out: Vec<Phrase>,
}

impl<T> Fitted<T> {
    /// Returns a sentence that names the left-out sections, or `None` if there are none.
    #[must_use]
    pub fn remark(&self) -> Option<Sentence> {
        let titles = self.left_out.iter().map(|title| Arg::Phrase(*title));
        Some(Sentence::new(|w| w.left_out, [Sentence::list(titles)?]))
    }
}

/// Renders each section once, and leaves out sections until `fits` accepts the rest. The section with the highest
/// `expendable` is left out first.
///
/// Sections with `expendable` 0 stay even if they do not fit. The contents of these sections have their own limits.
#[must_use]
pub fn fit<T>(
    mut sections: Vec<Section>,
    render: impl Fn(&Section) -> T,
    fits: impl Fn(&Fitted<T>) -> bool,
) -> Fitted<T> {
    let mut fitted = Fitted { kept: sections.iter().map(render).collect(), left_out: Vec::new() };
    while !fits(&fitted) {
        let worst = sections.iter().enumerate().max_by_key(|(at, section)| (section.expendable, *at));
        match worst {
            Some((at, section)) if section.expendable > 0 => {
                fitted.kept.remove(at);
                fitted.left_out.extend(sections.remove(at).title);
            }
            _ => break,
        }
    }
    fitted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(expendable: u8) -> Section {
        Section { title: Some(|w| w.evidence), expendable, blocks: Vec::new() }
    }

    #[test]
    fn the_most_expendable_sections_are_dropped_first() {
        let sections = || vec![section(0), section(2), section(5), section(1)];
        let left = |most: usize| {
            let fitted = fit(sections(), |section| section.expendable, |f| f.kept.len() <= most);
            (fitted.kept, fitted.left_out.len())
        };
        assert_eq!(left(4), (vec![0, 2, 5, 1], 0));
        assert_eq!(left(3), (vec![0, 2, 1], 1));
        assert_eq!(left(0), (vec![0], 3));
    }
}
