//! GitLab: reads files and the last changes of their lines through the repository files API, and diffs through the
//! commits API.

use async_trait::async_trait;
use reqwest::{RequestBuilder, Url};
use serde_json::Value;

use super::{
    ANY, Api, CodeHost, HostedFile, Place, commit_id, file_diff, is_below, lines_around, linked, list,
    moment, text,
};
use crate::domain::outcome::Failure;
use crate::domain::source::{CommitId, FileDiff, LastChange, Repository, encoded};
use crate::domain::text::Untrusted;

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
}

pub(super) fn headers(request: RequestBuilder, token: &str) -> RequestBuilder {
    request.header("private-token", token)
}

#[async_trait]
impl CodeHost for GitLab {
    async fn file(&self, place: &Place<'_>) -> Result<HostedFile, Failure> {
        let url = self.of_file(place, "raw")?;
        let text = self.api.file(url, place.revision, ANY).await?;
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
        Ok(changes(list(&self.api.json(&url).await?)?, first))
    }

    async fn diff(&self, repository: &Repository, commit: &CommitId) -> Result<Vec<FileDiff>, Failure> {
        let tail = format!("/repository/commits/{}/diff?per_page=100", commit.as_str());
        let url = self.url(repository, &tail)?;
        let files = self.api.json(&url).await?;
        // The hunks are empty for binary files and for large changes.
        Ok(list(&files)?.iter().filter_map(|file| file_diff(&file["new_path"], &file["diff"])).collect())
    }

    async fn is_in_history(&self, repository: &Repository, commit: &CommitId) -> Result<bool, Failure> {
        let mut url = self.url(repository, "/repository/merge_base")?;
        url.query_pairs_mut().append_pair("refs[]", "HEAD").append_pair("refs[]", commit.as_str());
        let base = self.api.json(&url).await?;
        // Two refs have a commit as their newest common ancestor only if the commit is in both histories.
        Ok(commit_id(&base["id"]).is_some_and(|id| id == *commit))
    }

    fn serves(&self, link: &Url) -> bool {
        is_below(link, &self.web)
    }

    async fn see(&self, repository: &Repository) -> Result<bool, Failure> {
        // A guest of a private project can read the project itself, but not its repository.
        let url = self.url(repository, "/repository/commits?per_page=1")?;
        self.api.get(&url).await.map(|_| true)
    }
}

/// Returns the last changes with their line numbers. Each part of GitLab's list is about consecutive lines with the same
/// last change. The first part begins at the line `first`, and each part follows the one before.
fn changes(parts: &[Value], first: u64) -> Vec<LastChange> {
    let mut next = first;
    let mut changes = Vec::new();
    for part in parts {
        let (start, commit) = (next, &part["commit"]);
        let count = part["lines"].as_array().map_or(0, Vec::len);
        next = next.saturating_add(u64::try_from(count).unwrap_or(0));
        let Some(id) = commit_id(&commit["id"]).filter(|_| next > start) else { continue };
        changes.push(LastChange {
            lines: Some(start..=next - 1),
            commit: id,
            at: moment(&commit["committed_date"]),
            author: text(&commit["author_name"]).map(Untrusted::new),
        });
    }
    changes
}
