//! The diff of a commit in Git's unified format.

use std::iter::Peekable;
use std::str::Split;

use super::location::{Location, RepoPath};
use crate::domain::text::Untrusted;

/// At most this many lines of the diff of one file are kept. A hunk that does not fit is only counted.
const LONGEST: usize = 400;
/// A model sees at most this many lines of a diff.
const SEEN: usize = 60;
/// The texts around a key in the PEM format.
const PEM: [&str; 2] = ["-----BEGIN ", "-----END "];

/// The change of a stack frame's file by a suspect commit. An analysis cites it as `D1`, `D2` and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitDiff {
    /// The index of the commit in [`Evidence::commits`](crate::domain::evidence::Evidence::commits).
    pub commit: usize,
    /// The repository and the file.
    pub location: Location,
    /// The changed parts of the file, in the order of the file. Some can be missing.
    pub hunks: Vec<Hunk>,
    /// The numbers of changed lines in the whole file.
    pub counts: Counts,
}

/// The change of one file by a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDiff {
    /// The path of the file after the commit.
    pub path: RepoPath,
    /// The changed parts of the file, in the order of the file. Some can be missing.
    pub hunks: Vec<Hunk>,
    /// The numbers of changed lines in the whole file.
    pub counts: Counts,
}

/// The numbers of lines that a commit added to a file and removed from it. They include the hunks that are not kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// The number of added lines.
    pub added: usize,
    /// The number of removed lines.
    pub removed: usize,
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

impl Counts {
    fn add(&mut self, hunk: &Hunk) {
        let count = |effect| hunk.lines.iter().filter(|line| line.effect == effect).count();
        self.added += count(Effect::Added);
        self.removed += count(Effect::Removed);
    }
}

impl CommitDiff {
    /// Returns the lines that a model sees, one list for each hunk: at most 60 lines in all.
    #[must_use]
    pub fn seen(&self) -> Vec<&[DiffLine]> {
        let mut left = SEEN;
        let mut parts = Vec::new();
        for hunk in &self.hunks {
            let part = &hunk.lines[..hunk.lines.len().min(left)];
            left -= part.len();
            parts.extend((!part.is_empty()).then_some(part));
        }
        parts
    }

    /// Whether [`Self::seen`] lacks lines of the diff.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        let mut kept = Counts::default();
        self.hunks.iter().for_each(|hunk| kept.add(hunk));
        let count: usize = self.hunks.iter().map(|hunk| hunk.lines.len()).sum();
        kept != self.counts || count > SEEN
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
                files.extend(path.map(Self::new));
            } else if let Some(hunk) = Hunk::parse(line, &mut lines)
                && let Some(file) = files.last_mut().filter(|_| is_named)
            {
                file.add(hunk);
            }
        }
        files
    }

    fn new(path: RepoPath) -> Self {
        Self { path, hunks: Vec::new(), counts: Counts::default() }
    }

    /// Parses the hunks of one file. Lines before the first hunk are skipped.
    #[must_use]
    pub fn parse(path: RepoPath, text: &str) -> Self {
        let mut file = Self::new(path);
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            if let Some(hunk) = Hunk::parse(line, &mut lines) {
                file.add(hunk);
            }
        }
        file
    }

    fn add(&mut self, hunk: Hunk) {
        self.counts.add(&hunk);
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
        while before > 0 || after > 0 {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(hunks: &str) -> FileDiff {
        FileDiff::parse(RepoPath::parse("cart.py").expect("a path"), hunks)
    }

    fn commit_diff(hunks: &str) -> CommitDiff {
        let FileDiff { path, hunks, counts } = parsed(hunks);
        let repository = super::super::Repository::parse("acme/shop").expect("a repository");
        CommitDiff { commit: 0, location: Location { repository, path }, hunks, counts }
    }

    #[test]
    fn a_hunk_with_a_private_key_is_left_out() {
        let key = "@@ -1,2 +1,3 @@\n import x\n+KEY = \"-----BEGIN RSA PRIVATE KEY-----\n+MIIE\n \n";
        let diff = parsed(key);
        assert!(diff.hunks.is_empty());
        assert_eq!(diff.counts, Counts { added: 2, removed: 0 });
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
        let diff = commit_diff(&long);
        assert_eq!(diff.hunks.iter().map(|hunk| hunk.lines.len()).collect::<Vec<_>>(), [2]);
        // All changed lines are counted.
        assert_eq!((diff.counts, diff.is_cut()), (Counts { added: 402, removed: 1 }, true));
        let most = usize::MAX;
        let endless = format!("@@ -1,{most} +1,{most} @@\n-x\n");
        assert_eq!(parsed(&endless).counts, Counts { added: 0, removed: 1 });
        for broken in ["", "@@", "@@ -1 +1", "@@ -1,x +1,y @@\n+z", "Binary files differ", "@@ -0,0 +0,0 @@"]
        {
            assert!(parsed(broken).hunks.iter().all(|hunk| hunk.lines.is_empty()), "{broken}");
        }
    }

    #[test]
    fn a_model_sees_at_most_60_lines_of_a_diff() {
        let seen = |hunks: &str| {
            let diff = commit_diff(hunks);
            (diff.seen().iter().map(|part| part.len()).collect::<Vec<_>>(), diff.is_cut())
        };
        let long = |count: usize| format!("@@ -0,0 +1,{count} @@\n{}", "+x\n".repeat(count));
        assert_eq!(seen(&long(60)), (vec![60], false));
        assert_eq!(seen(&long(61)), (vec![60], true));
        assert_eq!(seen(&(long(2) + &long(58) + &long(3))), (vec![2, 58], true));
        assert_eq!(seen(&(long(2) + &long(3))), (vec![2, 3], false));
    }
}
