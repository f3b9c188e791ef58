//! GitLab: reads files and the last changes of their lines through the repository files API, and diffs through the
//! commits API.

use async_trait::async_trait;
use reqwest::Url;
use serde::Deserialize;

use super::{Api, CodeHost, HostedFile, Place, file_diff, is_below, lines_around, linked, moment};
use crate::domain::outcome::Failure;
use crate::domain::source::{CommitId, FileDiff, LastChange, Repository, encoded};
use crate::json::{Lenient, Text};

/// A client for `gitlab.com`, or for a self-managed GitLab server.
pub(super) struct GitLab {
    web: Url,
    api: Api,
}

impl GitLab {
    pub(super) fn new(web: Url, api: Api) -> Self {
        Self { web, api }
    }

    /// Returns a URL of the API about a repository. GitLab wants the whole path of a repository encoded as one
    /// segment.
    fn url(&self, repository: &Repository, tail: &str) -> Result<Url, Failure> {
        let project = encoded(repository.as_str());
        self.web.join(&format!("api/v4/projects/{project}{tail}")).map_err(|_| Failure::Internal)
    }

    fn of_file(&self, place: &Place<'_>, tail: &str) -> Result<Url, Failure> {
        let file = encoded(place.location.path.raw());
        let revision = place.revision.name();
        self.url(&place.location.repository, &format!("/repository/files/{file}/{tail}?ref={revision}"))
    }

    fn headers(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.header("private-token", self.api.token())
    }
}

#[async_trait]
impl CodeHost for GitLab {
    async fn file(&self, place: &Place<'_>) -> Result<HostedFile, Failure> {
        let url = self.of_file(place, "raw")?;
        let text = self.api.file(url, place.revision, |request| self.headers(request)).await?;
        let (repository, path) = (&place.location.repository, place.location.path.encoded());
        let page = format!("{repository}/-/blob/{}/{path}", place.revision.name());
        Ok(HostedFile { text, link: linked(&self.web, &page, place.line) })
    }

    async fn changes(&self, place: &Place<'_>) -> Result<Vec<LastChange>, Failure> {
        let (first, last) = lines_around(place);
        let mut url = self.of_file(place, "blame")?;
        url.query_pairs_mut()
            .append_pair("range[start]", &first.to_string())
            .append_pair("range[end]", &last.to_string());
        let parts: Vec<Lenient<Part>> = self.api.json(|client| self.headers(client.get(url.clone()))).await?;
        Ok(changes(parts, first))
    }

    async fn diff(&self, repository: &Repository, commit: &CommitId) -> Result<Vec<FileDiff>, Failure> {
        let tail = format!("/repository/commits/{}/diff?per_page=100", commit.as_str());
        let url = self.url(repository, &tail)?;
        let files: Vec<Lenient<ChangedFile>> =
            self.api.json(|client| self.headers(client.get(url.clone()))).await?;
        let files = files.iter().filter_map(|file| file.0.as_ref());
        Ok(files.filter_map(|file| file_diff(&file.new_path, &file.diff)).collect())
    }

    async fn is_in_history(&self, repository: &Repository, commit: &CommitId) -> Result<bool, Failure> {
        let mut url = self.url(repository, "/repository/merge_base")?;
        url.query_pairs_mut().append_pair("refs[]", "HEAD").append_pair("refs[]", commit.as_str());
        let base: Commit = self.api.json(|client| self.headers(client.get(url.clone()))).await?;
        // Two refs have a commit as their newest common ancestor only if the commit is in both histories.
        Ok(base.id.as_deref().is_some_and(|id| commit.as_str().eq_ignore_ascii_case(id)))
    }

    fn serves(&self, link: &Url) -> bool {
        is_below(link, &self.web)
    }

    async fn see(&self, repository: &Repository) -> Result<(), Failure> {
        let url = self.url(repository, "")?;
        self.api.send(|client| self.headers(client.get(url.clone()))).await.map(drop)
    }
}

/// An element of the list that `GET …/diff` returns.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ChangedFile {
    new_path: Text,
    /// The hunks. The text is empty for binary files and for large changes.
    diff: Text,
}

/// Consecutive lines with the same last change, as an element of the list that `GET …/blame` returns.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    commit: Lenient<Commit>,
    lines: Vec<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Commit {
    id: Text,
    author_name: Text,
    committed_date: Text,
}

/// Returns the last changes with their line numbers. The first part begins at the line `first`, and each part follows
/// the one before.
fn changes(parts: Vec<Lenient<Part>>, first: u64) -> Vec<LastChange> {
    let mut next = first;
    let mut changes = Vec::new();
    for part in parts.into_iter().filter_map(|part| part.0) {
        let start = next;
        next = next.saturating_add(u64::try_from(part.lines.len()).unwrap_or(0));
        let Some(commit) = part.commit.0.filter(|_| next > start) else { continue };
        let Some(id) = commit.id.as_deref().and_then(CommitId::parse) else { continue };
        changes.push(LastChange {
            lines: Some(start..=next - 1),
            commit: id,
            at: moment(commit.committed_date.as_deref()),
            author: commit.author_name.untrusted(),
        });
    }
    changes
}
