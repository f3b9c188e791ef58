//! The initial data of a code host's stand-in: its repositories.

use std::collections::{BTreeMap, BTreeSet};

/// The name of the default branch of every repository.
pub(super) const BRANCH: &str = "main";

/// A repository of the code host, with the files of some commits.
#[derive(Clone, Debug, Default)]
pub struct HostedRepository {
    pub(super) name: String,
    pub(super) head: String,
    files: BTreeMap<(String, String), HostedFile>,
    history: BTreeSet<String>,
    diffs: BTreeMap<String, String>,
    pub(super) is_closed: bool,
    pub(super) former: Vec<String>,
}

/// The change of one file in the diff of a commit.
pub(super) struct FileChange<'a> {
    /// The path of the file before the commit.
    pub(super) old: &'a str,
    /// The path of the file after the commit.
    pub(super) new: &'a str,
    /// The hunks, which begin with `@@`. The text is empty for a binary or only renamed file.
    pub(super) hunks: &'a str,
    pub(super) is_new: bool,
    pub(super) is_deleted: bool,
}

/// A file of a repository at one commit.
#[derive(Clone, Debug, Default)]
pub struct HostedFile {
    /// The content of the file.
    pub content: Vec<u8>,
    /// The commit that last changed each line of the file.
    pub blame: Vec<Change>,
    /// The commit that last changed the file.
    pub last: Change,
}

/// A commit that changed a file or a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The hash of the commit.
    pub commit: String,
    /// The name of the commit's author.
    pub author: String,
    /// The time of the commit, as in `2026-11-20T06:30:00Z`.
    pub at: String,
}

impl HostedRepository {
    /// Creates an empty repository whose default branch is at the commit `head`.
    #[must_use]
    pub fn new(name: &str, head: &str) -> Self {
        let history = BTreeSet::from([head.to_owned()]);
        Self { name: name.to_owned(), head: head.to_owned(), history, ..Self::default() }
    }

    /// Adds commits to the history of the default branch.
    #[must_use]
    pub fn history(mut self, commits: impl IntoIterator<Item = String>) -> Self {
        self.history.extend(commits);
        self
    }

    /// Closes the repository: the token can read its name and settings, but not its files and commits.
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.is_closed = true;
        self
    }

    /// Gives the repository a former name, from which the code host redirects.
    #[must_use]
    pub fn renamed_from(mut self, former: &str) -> Self {
        self.former.push(former.to_owned());
        self
    }

    /// Adds the diff of a commit, as `git show --format=` prints it.
    #[must_use]
    pub fn diff(mut self, commit: &str, text: &str) -> Self {
        self.diffs.insert(commit.to_owned(), text.to_owned());
        self
    }

    /// Adds a file to the commit `commit`.
    #[must_use]
    pub fn file(mut self, commit: &str, path: &str, file: HostedFile) -> Self {
        self.files.insert((commit.to_owned(), path.to_owned()), file);
        self
    }

    /// Whether a revision is a commit in the history of the default branch.
    pub(super) fn is_in_history(&self, commit: &str) -> bool {
        self.history.contains(commit)
    }

    /// Whether the repository has this commit, in the default branch or elsewhere.
    pub(super) fn has(&self, commit: &str) -> bool {
        let has_files = self.files.keys().any(|(known, _)| known == commit);
        has_files || self.history.contains(commit) || self.diffs.contains_key(commit)
    }

    /// The diff of a commit in the format of Git.
    pub(super) fn diff_of(&self, commit: &str) -> Option<&str> {
        self.diffs.get(commit).map(String::as_str)
    }

    /// The changes of a commit, one for each file.
    pub(super) fn changes_of(&self, commit: &str) -> Option<Vec<FileChange<'_>>> {
        let text = self.diff_of(commit)?;
        Some(text.split("diff --git a/").filter_map(FileChange::parse).collect())
    }

    /// Finds a file at a revision: a hash, `HEAD`, or nothing for the default branch.
    pub(super) fn at(&self, revision: Option<&str>, path: &str) -> Option<&HostedFile> {
        let commit = match revision {
            None | Some("" | "HEAD") => &self.head,
            Some(commit) => commit,
        };
        self.files.get(&(commit.to_owned(), path.to_owned()))
    }
}

impl<'a> FileChange<'a> {
    /// Parses the part of a diff that follows `diff --git a/`.
    fn parse(part: &'a str) -> Option<Self> {
        let (old, rest) = part.split_once(" b/")?;
        let new = rest.lines().next()?;
        let at = part.find("\n@@ ").map_or(part.len(), |at| at + 1);
        let (head, hunks) = part.split_at(at);
        let says = |line: &str| head.lines().any(|known| known.starts_with(line));
        Some(Self { old, new, hunks, is_new: says("new file"), is_deleted: says("deleted file") })
    }

    /// The numbers of the added and the removed lines.
    pub(super) fn counts(&self) -> (usize, usize) {
        let count = |mark: char| self.hunks.lines().filter(|line| line.starts_with(mark)).count();
        (count('+'), count('-'))
    }
}

impl HostedFile {
    /// Returns the runs of lines with the same last change: the first line from 1, the last line, and the change.
    pub(super) fn ranges(&self) -> Vec<(usize, usize, &Change)> {
        let mut ranges: Vec<(usize, usize, &Change)> = Vec::new();
        for (at, change) in self.blame.iter().enumerate() {
            match ranges.last_mut() {
                Some((_, last, known)) if *known == change => *last = at + 1,
                _ => ranges.push((at + 1, at + 1, change)),
            }
        }
        ranges
    }
}
