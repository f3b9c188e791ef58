//! The history of the files that are read: whether a commit belongs to a repository, and the diffs of the suspect
//! commits.

use futures_util::future::join_all;
use tokio::sync::OnceCell;

use super::CodeHost;
use crate::domain::evidence::SuspectCommit;
use crate::domain::outcome::Failure;
use crate::domain::source::{CommitDiff, CommitId, FileDiff, Location, Repository, Revision};
use crate::sentry::Suspects;

/// The diffs of at most this many suspect commits are read.
const DIFFS: usize = 2;

/// The commit at which the files of one event are read, and the code host that knows its history.
pub(super) struct History<'a> {
    host: &'a dyn CodeHost,
    revision: Revision,
    /// The repository of the most suspect frame. A commit that only the event names is looked up only there, because it
    /// can belong to only one repository, and because the number of calls is limited.
    repository: Option<&'a Repository>,
    is_in_branch: OnceCell<bool>,
}

impl<'a> History<'a> {
    pub(super) fn new(
        host: &'a dyn CodeHost,
        revision: Revision,
        repository: Option<&'a Repository>,
    ) -> Self {
        Self { host, revision, repository, is_in_branch: OnceCell::new() }
    }

    /// Returns the revision as it is known without a call to the code host.
    pub(super) fn known(&self) -> &Revision {
        &self.revision
    }

    /// Returns the revision at which the files of a repository are read. For a commit that only the event names, the
    /// code host is asked whether the commit is in the history of the default branch.
    pub(super) async fn of(&self, repository: &Repository) -> Revision {
        let Revision::Named { commit, .. } = &self.revision else { return self.revision.clone() };
        let look = || async { self.host.is_in_history(repository, commit).await.unwrap_or(false) };
        let is_in_branch = self.repository == Some(repository) && *self.is_in_branch.get_or_init(look).await;
        Revision::Named { commit: commit.clone(), is_in_branch }
    }

    /// Reads the diffs of the suspect commits that may have changed one of the files. The failure is that of the first
    /// diff that could not be read. If only the event names the commit, no diff is read, because anybody can choose
    /// such a commit, and because the calls are used for its history.
    pub(super) async fn diffs(
        &self,
        files: &[&Location],
        suspects: Suspects<'_>,
    ) -> (Vec<CommitDiff>, Option<Failure>) {
        let (true, Some(repository)) = (self.revision.is_confirmed(), self.repository) else {
            return (Vec::new(), None);
        };
        let suspects = suspects.await;
        let known = |(at, commit): (usize, &SuspectCommit)| {
            let id = CommitId::parse(commit.id.raw()).filter(|_| may_change(commit, files))?;
            Some((at, id))
        };
        let chosen: Vec<(usize, CommitId)> =
            suspects.iter().enumerate().filter_map(known).take(DIFFS).collect();
        let read = join_all(chosen.iter().map(|(_, commit)| self.host.diff(repository, commit))).await;
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
