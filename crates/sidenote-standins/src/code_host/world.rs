//! The initial data of a code host's stand-in: its repositories.

use std::collections::BTreeMap;

/// A repository of the code host, with the files of some commits.
#[derive(Clone, Debug, Default)]
pub struct HostedRepository {
    pub(super) name: String,
    pub(super) head: String,
    files: BTreeMap<(String, String), HostedFile>,
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
        Self { name: name.to_owned(), head: head.to_owned(), files: BTreeMap::new() }
    }

    /// Adds a file to the commit `commit`.
    #[must_use]
    pub fn file(mut self, commit: &str, path: &str, file: HostedFile) -> Self {
        self.files.insert((commit.to_owned(), path.to_owned()), file);
        self
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
