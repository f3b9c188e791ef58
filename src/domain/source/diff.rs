//! The diff of a commit in Git's unified format, and the changes that it makes to a function.

use std::iter::Peekable;
use std::ops::{Range, RangeInclusive};
use std::str::Split;

use super::location::{Location, RepoPath};
use crate::domain::text::Untrusted;

/// At most this many lines of the diff of one file are kept. The rest of the diff is dropped.
const LONGEST: usize = 400;
/// The changes of a file with more lines than this are not looked for, because the search compares every line.
const MOST_LINES: usize = 20_000;
/// The texts around a key in the PEM format.
const PEM: [&str; 2] = ["-----BEGIN ", "-----END "];

/// The change of a stack frame's file by a suspect commit. An analysis cites it as `D1`, `D2` and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitDiff {
    /// The index of the commit in [`Evidence::commits`](crate::domain::evidence::Evidence::commits).
    pub commit: usize,
    /// The repository and the file.
    pub location: Location,
    /// The changed parts of the file, in the order of the file.
    pub hunks: Vec<Hunk>,
}

/// The change of one file by a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDiff {
    /// The path of the file after the commit.
    pub path: RepoPath,
    /// The changed parts of the file, in the order of the file.
    pub hunks: Vec<Hunk>,
}

/// A changed part of a file, with the unchanged lines around the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The lines of the hunk, without their marks.
    pub lines: Vec<DiffLine>,
}

/// A line of a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// The effect of the commit on the line.
    pub effect: Effect,
    /// The text of the line.
    pub text: Untrusted,
}

/// The effect of a commit on a line of a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The line is unchanged.
    Kept,
    /// The commit removed the line.
    Removed,
    /// The commit added the line.
    Added,
}

impl Effect {
    /// Returns the character that marks such a line in a diff.
    #[must_use]
    pub fn mark(self) -> char {
        match self {
            Self::Kept => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}

/// Neighbouring changed lines of a hunk.
struct Run {
    /// The positions of the lines in [`Hunk::lines`].
    lines: Range<usize>,
    /// The positions of the added lines among the lines that the file has after the commit. The range is empty if the
    /// commit only removed lines; it begins at the line that follows them.
    after: Range<usize>,
}

impl CommitDiff {
    /// Returns the numbers of the added and of the removed lines.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let count = |effect| self.lines().filter(|line| line.effect == effect).count();
        (count(Effect::Added), count(Effect::Removed))
    }

    /// Returns the lines of all hunks.
    pub fn lines(&self) -> impl Iterator<Item = &DiffLine> {
        self.hunks.iter().flat_map(|hunk| &hunk.lines)
    }

    /// Returns the lines that the commit removed from the lines `range` of a file, or added to them. `text` is the
    /// whole file, at this commit or a later one. A change is left out if `text` does not contain it in one place. In a
    /// file of more than 20,000 lines no change is searched for.
    #[must_use]
    pub fn changes_in(&self, text: &str, range: &RangeInclusive<u64>) -> Vec<&DiffLine> {
        let file: Vec<&str> = text.lines().take(MOST_LINES + 1).map(str::trim_end).collect();
        if file.len() > MOST_LINES {
            return Vec::new();
        }
        self.hunks.iter().flat_map(|hunk| hunk.changes_in(&file, range)).collect()
    }
}

impl FileDiff {
    /// Parses a diff of several files, as `git show` prints it. Files whose path is quoted or invalid are left out.
    #[must_use]
    pub fn parse_all(text: &str) -> Vec<Self> {
        let mut lines = text.split('\n').peekable();
        let mut files: Vec<Self> = Vec::new();
        let mut is_named = false;
        while let Some(line) = lines.next() {
            if line.starts_with("diff --git ") {
                is_named = false;
            } else if let Some(path) = line.strip_prefix("+++ b/") {
                // Git adds a tab after a path with blanks.
                let path = RepoPath::parse(path.trim_end_matches(['\t', '\r']));
                is_named = path.is_some();
                files.extend(path.map(|path| Self { path, hunks: Vec::new() }));
            } else if let Some(hunk) = Hunk::parse(line, &mut lines)
                && let Some(file) = files.last_mut().filter(|_| is_named)
            {
                file.add(hunk);
            }
        }
        files
    }

    /// Parses the hunks of one file. Lines before the first hunk are skipped.
    #[must_use]
    pub fn parse(path: RepoPath, text: &str) -> Self {
        let mut file = Self { path, hunks: Vec::new() };
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            if let Some(hunk) = Hunk::parse(line, &mut lines) {
                file.add(hunk);
            }
        }
        file
    }

    fn add(&mut self, hunk: Hunk) {
        let count: usize = self.hunks.iter().map(|hunk| hunk.lines.len()).sum();
        // Each line is scrubbed alone, and a line of a key in the PEM format looks harmless alone.
        let has_key = hunk.lines.iter().any(|line| PEM.iter().any(|mark| line.text.raw().contains(mark)));
        if count + hunk.lines.len() <= LONGEST && !has_key {
            self.hunks.push(hunk);
        }
    }
}

impl Hunk {
    /// Parses a hunk whose first line is `head`. The numbers in `head` decide how many lines belong to the hunk, so that
    /// the content of a file cannot imitate a head. Returns `None` if `head` begins no hunk.
    fn parse(head: &str, rest: &mut Peekable<Split<'_, char>>) -> Option<Self> {
        let (before, after) = head.strip_prefix("@@ -")?.split_once(" @@")?.0.split_once(" +")?;
        let count = |side: &str| side.split_once(',').map_or(Some(1), |(_, count)| count.parse().ok());
        let (mut before, mut after): (usize, usize) = (count(before)?, count(after)?);
        let mut lines = Vec::new();
        while before + after > 0 {
            let Some(line) = rest.next_if(|line| line.is_empty() || line.starts_with([' ', '-', '+', '\\']))
            else {
                break;
            };
            let effect = match line.chars().next() {
                Some('\\') => continue,
                Some('-') => Effect::Removed,
                Some('+') => Effect::Added,
                _ => Effect::Kept,
            };
            before = before.saturating_sub(usize::from(effect != Effect::Added));
            after = after.saturating_sub(usize::from(effect != Effect::Removed));
            let text = Untrusted::new(line.get(1..).unwrap_or_default());
            lines.push(DiffLine { effect, text });
        }
        Some(Self { lines })
    }

    /// Returns the changed lines that belong to the lines `range` of the file.
    fn changes_in(&self, file: &[&str], range: &RangeInclusive<u64>) -> Vec<&DiffLine> {
        let after: Vec<&str> = self.after().map(|line| line.text.raw().trim_end()).collect();
        let start = place(file, &after);
        let runs = self.runs().into_iter().filter_map(|run| {
            let first = start.map(|start| start + run.after.start).or_else(|| run.place(file, &after))?;
            Some(inside(&self.lines[run.lines], first, range))
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
/// the first added line in the file, or of the line that follows the removed ones. A removed line is in the range if the
/// lines on both sides of its place are. If other lines replaced it, one of the two suffices.
fn inside<'d>(run: &'d [DiffLine], first: usize, range: &RangeInclusive<u64>) -> Vec<&'d DiffLine> {
    let has = |number: usize| u64::try_from(number).is_ok_and(|number| range.contains(&number));
    let is_replaced = run.iter().any(|line| line.effect == Effect::Added);
    // The number of the line before the next one.
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

    const FILE: &str = "import x\n\ndef total(cart):\n    net = cart.net\n    return net * cart.rate\n\ndef fee(cart):\n    return 0\n";
    const TOTAL: RangeInclusive<u64> = 3..=5;
    const FEE: RangeInclusive<u64> = 7..=8;

    fn location() -> Location {
        let repository = super::super::Repository::parse("acme/shop").expect("a repository");
        Location { repository, path: RepoPath::parse("cart.py").expect("a path") }
    }

    fn changed(hunks: &str, range: &RangeInclusive<u64>) -> Vec<String> {
        let hunks = FileDiff::parse(location().path, hunks).hunks;
        let diff = CommitDiff { commit: 0, location: location(), hunks };
        let said = |line: &&DiffLine| format!("{}{}", line.effect.mark(), line.text.raw());
        diff.changes_in(FILE, range).iter().map(said).collect()
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
    fn a_hunk_with_a_private_key_is_left_out() {
        let key = "@@ -1,2 +1,3 @@\n import x\n+KEY = \"-----BEGIN RSA PRIVATE KEY-----\n+MIIE\n \n";
        assert!(FileDiff::parse(location().path, key).hunks.is_empty());
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
    fn a_diff_of_several_files_is_split_at_its_heads_only() {
        let text = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,3 @@\n x\n-y\n+++ b/../forged\n+@@ -1 +1 @@\n\\ No newline at end of file\n\
                    diff --git a/b c.py b/b c.py\n--- a/b c.py\n+++ b/b c.py\t\n@@ -1 +1 @@\n-x\n+z\n\
                    diff --git \"a/\\303.py\" \"b/\\303.py\"\n--- \"a/\\303.py\"\n+++ \"b/\\303.py\"\n@@ -1 +1 @@\n-x\n+z\n";
        let files = FileDiff::parse_all(text);
        let read: Vec<(&str, usize)> = files
            .iter()
            .map(|file| (file.path.raw(), file.hunks.iter().map(|it| it.lines.len()).sum()))
            .collect();
        assert_eq!(read, [("a.py", 4), ("b c.py", 2)]);
    }

    #[test]
    fn a_long_diff_is_cut_and_a_broken_one_is_read_as_far_as_possible() {
        let long = format!("@@ -0,0 +1,401 @@\n{}@@ -1 +1 @@\n-x\n+y\n", "+x\n".repeat(401));
        let hunks = FileDiff::parse(location().path, &long).hunks;
        assert_eq!(hunks.iter().map(|hunk| hunk.lines.len()).collect::<Vec<_>>(), [2]);
        for broken in ["", "@@", "@@ -1 +1", "@@ -x +y @@\n+z", "Binary files differ", "@@ -0,0 +0,0 @@"] {
            assert!(changed(broken, &TOTAL).is_empty(), "{broken}");
        }
    }
}
