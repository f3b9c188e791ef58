//! Finds the place of a commit's changes in a file, and the changes that belong to a function.

use std::cell::LazyCell;
use std::ops::{Range, RangeInclusive};

use super::diff::{CommitDiff, DiffLine, Effect, Hunk};

/// The changes of a file with more lines than this are not looked for, because the search compares every line.
const MOST_LINES: usize = 20_000;

/// Neighbouring changed lines of a hunk.
struct Run {
    /// The positions of the lines in [`Hunk::lines`].
    lines: Range<usize>,
    /// The positions of the added lines among the lines that the file has after the commit. The range is empty if the
    /// commit only removed lines; it begins at the line that follows them.
    after: Range<usize>,
}

impl CommitDiff {
    /// Returns the lines that the commit removed from the lines `range` of a file, or added to them. `text` is the
    /// whole file, at this commit or a later one. A change is left out if `text` does not contain it in one place, or
    /// contains similar lines elsewhere: one of them may be a copy of the other. In a file of more than 20,000 lines no
    /// change is searched for.
    #[must_use]
    pub fn changes_in(&self, text: &str, range: &RangeInclusive<u64>) -> Vec<&DiffLine> {
        let file: Vec<&str> = text.lines().take(MOST_LINES + 1).map(str::trim_end).collect();
        if file.len() > MOST_LINES {
            return Vec::new();
        }
        self.hunks.iter().flat_map(|hunk| hunk.changes_in(&file, range)).collect()
    }
}

impl Hunk {
    /// Returns the changed lines that belong to the lines `range` of the file.
    fn changes_in(&self, file: &[&str], range: &RangeInclusive<u64>) -> Vec<&DiffLine> {
        let after: Vec<&str> = self.after().map(|line| line.text.raw().trim_end()).collect();
        let start = place(file, &after);
        let likeness = LazyCell::new(|| Likeness::of(file, &after));
        let runs = self.runs().into_iter().filter_map(|run| {
            let first = start.map(|start| start + run.after.start).or_else(|| run.place(file, &after))?;
            let lines = inside(&self.lines[run.lines], first, range);
            // Most hunks are about other functions, for which the comparison is not needed.
            let is_alone = !lines.is_empty() && likeness.is_alone(first + after.len() - run.after.start);
            is_alone.then_some(lines)
        });
        runs.flatten().collect()
    }

    /// Returns the lines that the file has after the commit.
    fn after(&self) -> impl Iterator<Item = &DiffLine> {
        self.lines.iter().filter(|line| line.effect != Effect::Removed)
    }

    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut after = 0;
        for (at, line) in self.lines.iter().enumerate() {
            let next = after + usize::from(line.effect != Effect::Removed);
            match runs.last_mut() {
                _ if line.effect == Effect::Kept => {}
                Some(run) if run.lines.end == at => {
                    run.lines.end = at + 1;
                    run.after.end = next;
                }
                _ => runs.push(Run { lines: at..at + 1, after: after..next }),
            }
            after = next;
        }
        runs
    }
}

impl Run {
    /// Returns the position of the run in a file that has changed elsewhere in the hunk since. The run is searched with
    /// one line on each side.
    fn place(&self, file: &[&str], after: &[&str]) -> Option<usize> {
        let around = after.get(self.after.start.checked_sub(1)?..=self.after.end)?;
        place(file, around).map(|at| at + 1)
    }
}

/// The number of lines that a hunk and a file have in common, for each place of the hunk in the file. Entry `n` is for the
/// hunk that ends at line `n` of the file.
struct Likeness(Vec<usize>);

impl Likeness {
    /// Compares the lines of a hunk with a file. Lines without a letter or a digit do not count.
    fn of(file: &[&str], after: &[&str]) -> Self {
        let mut equal = vec![0; file.len() + after.len() + 1];
        for (at, line) in after.iter().enumerate().filter(|(_, line)| line.contains(char::is_alphanumeric)) {
            for number in (0..file.len()).filter(|number| file[*number] == *line) {
                equal[number + after.len() - at] += 1;
            }
        }
        Self(equal)
    }

    /// Whether the hunk resembles no other place of the file at least half as much as the place `at`.
    fn is_alone(&self, at: usize) -> bool {
        let equal = self.0.get(at).copied().unwrap_or(0);
        self.0.iter().enumerate().all(|(other, count)| other == at || 2 * count < equal)
    }
}

/// Returns the position at which `part` occurs in `file`. `None` if it occurs more than once or not at all.
fn place(file: &[&str], part: &[&str]) -> Option<usize> {
    if part.is_empty() {
        return None;
    }
    let mut places = file.windows(part.len()).enumerate().filter(|(_, window)| *window == part);
    let (at, _) = places.next()?;
    places.next().is_none().then_some(at)
}

/// Returns those of neighbouring changed lines that are in `range`, whose numbers begin at 1. `first` is the position of
/// the first added line in the file, or of the line that follows the removed ones. A removed line has no number, so
/// its neighbours decide: both must be in the range, or only one of them if the run also adds lines.
fn inside<'d>(run: &'d [DiffLine], first: usize, range: &RangeInclusive<u64>) -> Vec<&'d DiffLine> {
    let has = |number: usize| u64::try_from(number).is_ok_and(|number| range.contains(&number));
    let is_replaced = run.iter().any(|line| line.effect == Effect::Added);
    // The number of the last line of the file above the next line of the run.
    let mut before = first;
    let mut lines = Vec::new();
    for line in run {
        let sides = [has(before), has(before + 1)];
        let is_inside = match line.effect {
            Effect::Removed if is_replaced => sides.contains(&true),
            Effect::Removed => !sides.contains(&false),
            Effect::Added | Effect::Kept => sides[1],
        };
        lines.extend(is_inside.then_some(line));
        before += usize::from(line.effect != Effect::Removed);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::source::{FileDiff, Location, RepoPath, Repository};

    const FILE: &str = "import x\n\ndef total(cart):\n    net = cart.net\n    return net * cart.rate\n\ndef fee(cart):\n    return 0\n";
    const TOTAL: RangeInclusive<u64> = 3..=5;
    const FEE: RangeInclusive<u64> = 7..=8;

    fn location() -> Location {
        let repository = Repository::parse("acme/shop").expect("a repository");
        Location { repository, path: RepoPath::parse("cart.py").expect("a path") }
    }

    fn changed(hunks: &str, range: &RangeInclusive<u64>) -> Vec<String> {
        changed_in(FILE, hunks, range)
    }

    fn changed_in(file: &str, hunks: &str, range: &RangeInclusive<u64>) -> Vec<String> {
        let FileDiff { hunks, counts, .. } = FileDiff::parse(location().path, hunks);
        let diff = CommitDiff { commit: 0, location: location(), hunks, counts };
        let said = |line: &&DiffLine| format!("{}{}", line.effect.mark(), line.text.raw());
        diff.changes_in(file, range).iter().map(said).collect()
    }

    #[test]
    fn a_change_belongs_to_the_function_that_contains_its_lines() {
        let edit = "@@ -3,3 +3,3 @@ import x\n def total(cart):\n     net = cart.net\n-    return net\n+    return net * cart.rate\n";
        assert_eq!(changed(edit, &TOTAL), ["-    return net", "+    return net * cart.rate"]);
        assert!(changed(edit, &FEE).is_empty());
        let removal = "@@ -3,4 +3,3 @@\n def total(cart):\n-    if not cart: return 0\n     net = cart.net\n     return net * cart.rate\n";
        assert_eq!(changed(removal, &TOTAL), ["-    if not cart: return 0"]);
        // A removal at the edge of a function belongs to no function.
        let edge = "@@ -5,4 +5,3 @@\n     return net * cart.rate\n \n-# The fee.\n def fee(cart):\n";
        assert!(changed(edge, &TOTAL).is_empty() && changed(edge, &FEE).is_empty());
    }

    #[test]
    fn only_the_lines_of_the_function_are_returned_of_a_longer_change() {
        let added: String = FILE.lines().fold(String::new(), |added, line| added + "+" + line + "\n");
        let creation = format!("@@ -0,0 +1,8 @@\n{added}");
        assert_eq!(changed(&creation, &FEE), ["+def fee(cart):", "+    return 0"]);
        assert_eq!(changed(&creation, &TOTAL).len(), 3);
    }

    #[test]
    fn a_change_is_found_although_the_lines_near_it_have_changed_since() {
        let older = "@@ -1,4 +1,5 @@\n import y\n \n def total(cart):\n-    net = 0\n+    net = cart.net\n     return net * cart.rate\n";
        assert_eq!(changed(older, &TOTAL).len(), 2);
        let gone = "@@ -3,2 +3,2 @@\n def total(cart):\n-    net = 0\n+    net = 1\n";
        assert!(changed(gone, &TOTAL).is_empty());
    }

    #[test]
    fn lines_that_are_in_the_file_twice_have_no_place() {
        assert_eq!(place(&["a", "b", "a"], &["a"]), None);
        assert_eq!((place(&["a", "b"], &["b"]), place(&["a"], &[])), (Some(1), None));
    }

    #[test]
    fn a_change_is_not_placed_in_a_copy_of_its_function() {
        let body = |name: &str, tax: &str| {
            format!(
                "def {name}(cart):\n    net = cart.net\n    fee = cart.fee\n    tax = {tax}\n    return net + fee + tax\n\n"
            )
        };
        let hunk = "@@ -1,5 +1,5 @@\n def total(cart):\n     net = cart.net\n-    fee = 0\n+    fee = cart.fee\n     tax = cart.tax\n     return net + fee + tax\n";
        // A later commit changed `total`, so only its copy has the text of the hunk.
        let copied = body("total", "cart.net / 5") + &body("old_total", "cart.tax");
        assert!(changed_in(&copied, hunk, &(7..=11)).is_empty());
        let twice = body("total", "cart.tax") + &body("old_total", "cart.tax");
        for range in [1..=5, 7..=11] {
            assert!(changed_in(&twice, hunk, &range).is_empty(), "{range:?}");
        }
        let alone = body("total", "cart.tax")
            + &body("clear", "cart.tax").replace("cart.", "till.").replace("return", "print");
        assert_eq!(changed_in(&alone, hunk, &(1..=5)), ["-    fee = 0", "+    fee = cart.fee"]);
        assert!(changed_in(&alone, hunk, &(7..=11)).is_empty());
    }
}
