//! The repositories of a code host.

use std::collections::BTreeMap;

/// A repository, with the files of some commits.
#[derive(Clone, Debug, Default)]
pub struct HostedRepository {
    pub(super) name: String,
    pub(super) head: String,
    files: BTreeMap<(String, String), HostedFile>,
}

/// A file at one commit.
#[derive(Clone, Debug, Default)]
pub struct HostedFile {
    /// The content.
    pub content: Vec<u8>,
    /// The last change of each line.
    pub blame: Vec<Change>,
    /// The last change of the file.
    pub last: Change,
}

/// A commit that changed something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The hash.
    pub commit: String,
    /// The author's name.
    pub author: String,
    /// The time, as in `2026-11-20T06:30:00Z`.
    pub at: String,
}

impl HostedRepository {
    /// A repository whose default branch is at the commit `head`.
    #[must_use]
    pub fn new(name: &str, head: &str) -> Self {
        Self { name: name.to_owned(), head: head.to_owned(), files: BTreeMap::new() }
    }

    /// Adds a file at a commit.
    #[must_use]
    pub fn file(mut self, commit: &str, path: &str, file: HostedFile) -> Self {
        self.files.insert((commit.to_owned(), path.to_owned()), file);
        self
    }

    /// The file at a revision: a hash, `HEAD`, or nothing for the default branch.
    pub(super) fn at(&self, revision: Option<&str>, path: &str) -> Option<&HostedFile> {
        let commit = match revision {
            None | Some("" | "HEAD") => &self.head,
            Some(commit) => commit,
        };
        self.files.get(&(commit.to_owned(), path.to_owned()))
    }
}

impl HostedFile {
    /// Runs of lines with the same last change: the first line from 1, the last line, and the change.
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
