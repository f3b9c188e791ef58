//! The history of the files that are read: whether a commit belongs to a repository, and the diffs of the suspect
//! commits.

use std::future::ready;

use futures_util::FutureExt as _;

use super::{CodeHost, Place};
use crate::domain::evidence::SuspectCommit;
use crate::domain::outcome::Failure;
use crate::domain::source::{CommitDiff, CommitId, FileDiff, LastChange, Location, Repository, Revision};
use crate::http::together;
use crate::sentry::Suspects;

/// The diffs of at most this many suspect commits are read.
const DIFFS: usize = 2;

/// The revision of a place, as far as the code host confirms it, and the last changes of the lines around the place.
pub(super) type Changes = (Revision, Result<Vec<LastChange>, Failure>);

/// The places whose files are read for one event, and the code host that knows their history.
#[derive(Clone, Copy)]
pub(super) struct History<'a> {
    pub(super) host: &'a dyn CodeHost,
    /// The places, that of the most suspect frame first. Their revision is the same.
    pub(super) places: &'a [Place<'a>],
}

impl<'a> History<'a> {
    /// Reads the last changes of the lines around each place.
    pub(super) async fn changes(self) -> Vec<Changes> {
        let looked = self.is_in_branch().await;
        let is_in_branch = looked.unwrap_or(false);
        let revisions: Vec<Revision> = self.places.iter().map(|place| self.of(place, is_in_branch)).collect();
        let reads = self.places.iter().zip(&revisions).map(|(place, revision)| {
            if revision.is_of_repository() {
                return self.host.changes(place);
            }
            // The code host also has the commits of forks, in which anybody can write any author.
            ready(looked.map(|_| Vec::new())).boxed()
        });
        let changes = together(reads).await;
        revisions.into_iter().zip(changes).collect()
    }

    /// Returns the revision that is read, and the repository of the most suspect frame. To save calls, a commit that only
    /// the event names is looked up in this repository only, and diffs are read from it only.
    fn first(self) -> Option<(&'a Revision, &'a Repository)> {
        self.places.first().map(|place| (place.revision, &place.location.repository))
    }

    /// Whether a commit that only the event names is in the history of the default branch. A commit that the code host
    /// does not know is not.
    async fn is_in_branch(self) -> Result<bool, Failure> {
        let Some((Revision::Named { commit, .. }, repository)) = self.first() else { return Ok(false) };
        match self.host.is_in_history(repository, commit).await {
            Err(Failure::NotFound) => Ok(false),
            looked => looked,
        }
    }

    /// Returns the revision of a place, as far as the code host confirms it.
    fn of(self, place: &Place<'_>, is_in_branch: bool) -> Revision {
        match place.revision {
            Revision::Named { commit, .. } => {
                let is_first = self.first().is_some_and(|(_, first)| *first == place.location.repository);
                Revision::Named { commit: commit.clone(), is_in_branch: is_in_branch && is_first }
            }
            known => known.clone(),
        }
    }

    /// Reads the diffs of the suspect commits that may have changed one of the files. The failure is that of the first
    /// diff that could not be read. If only the event names the commit, no diff is read, because anybody can choose
    /// such a commit, and because the calls are used for its history.
    pub(super) async fn diffs(self, suspects: Suspects<'_>) -> (Vec<CommitDiff>, Option<Failure>) {
        let confirmed = self.first().filter(|(revision, _)| revision.is_confirmed());
        let Some((_, repository)) = confirmed else { return (Vec::new(), None) };
        let files: &[&Location] = &self.places.iter().map(|place| place.location).collect::<Vec<_>>();
        let suspects = suspects.await;
        let known = |(at, commit): (usize, &SuspectCommit)| {
            let id = CommitId::parse(commit.id.raw()).filter(|_| may_change(commit, files))?;
            Some((at, id))
        };
        let chosen: Vec<(usize, CommitId)> =
            suspects.iter().enumerate().filter_map(known).take(DIFFS).collect();
        let read = together(chosen.iter().map(|(_, commit)| self.host.diff(repository, commit))).await;
        let (mut diffs, mut failure) = (Vec::new(), None);
        for ((commit, _), read) in chosen.into_iter().zip(read) {
            match read {
                Ok(changed) => diffs.extend(of_files(commit, repository, changed, files)),
                // A release can have commits of several repositories.
                Err(Failure::NotFound) => {}
                Err(why) => failure = failure.or(Some(why)),
            }
        }
        (diffs, failure)
    }
}

/// Whether a commit may have changed one of the files, as far as Sentry knows the changed files.
fn may_change(commit: &SuspectCommit, files: &[&Location]) -> bool {
    let is_file = |path: &str| files.iter().any(|file| file.path.raw() == path);
    commit.files.is_empty() || commit.files.iter().any(|path| is_file(path.raw()))
}

/// Returns the changes of the files of frames. `commit` is the index of the suspect commit.
fn of_files(
    commit: usize,
    repository: &Repository,
    changed: Vec<FileDiff>,
    files: &[&Location],
) -> impl Iterator<Item = CommitDiff> {
    let located = changed.into_iter().map(move |FileDiff { path, hunks, counts }| CommitDiff {
        commit,
        location: Location { repository: repository.clone(), path },
        hunks,
        counts,
    });
    located.filter(|diff| files.contains(&&diff.location) && !diff.hunks.is_empty())
}
