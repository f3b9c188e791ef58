//! Gitea and Forgejo: reads raw files, the last commit of a file, and the diff of a commit. Their API does not know the
//! last change of a line.

use async_trait::async_trait;
use reqwest::{RequestBuilder, Url};
use serde_json::Value;

use super::{ANY, Api, CodeHost, HostedFile, Place, commit_id, is_below, linked, list, moment, text};
use crate::domain::outcome::Failure;
use crate::domain::source::{CommitId, FileDiff, LastChange, Repository, Revision, encoded, encoded_branch};
use crate::domain::text::Untrusted;

/// The query parameters for the newest commit only, without its details.
const ONE: &str = "limit=1&stat=false&verification=false&files=false";

/// A client for a Gitea or Forgejo server.
pub(super) struct Gitea {
    web: Url,
    api: Api,
}

impl Gitea {
    pub(super) fn new(web: Url, api: Api) -> Self {
        Self { web, api }
    }

    fn url(&self, repository: &Repository, tail: &str) -> Result<Url, Failure> {
        self.web.join(&format!("api/v1/repos/{repository}{tail}")).map_err(|_| Failure::Internal)
    }
}

pub(super) fn headers(request: RequestBuilder, token: &str) -> RequestBuilder {
    request.header("authorization", format!("token {token}"))
}

/// Returns the query parameter `name` with the commit to read. It is empty for the default branch.
fn at(name: &str, revision: &Revision) -> String {
    revision.commit().map(|commit| format!("{name}={}", commit.as_str())).unwrap_or_default()
}

#[async_trait]
impl CodeHost for Gitea {
    async fn file(&self, place: &Place<'_>) -> Result<HostedFile, Failure> {
        let (repository, path) = (&place.location.repository, place.location.path.encoded());
        let url = self.url(repository, &format!("/raw/{path}?{}", at("ref", place.revision)))?;
        let text = self.api.file(url, place.revision, ANY).await?;
        // The page of a file can be linked only at a commit, because the name of the default branch is unknown.
        let page = place.revision.commit();
        let page = page.map(|commit| format!("{repository}/src/commit/{}/{path}", commit.as_str()));
        Ok(HostedFile { text, link: page.and_then(|page| linked(&self.web, &page, place.line)) })
    }

    async fn changes(&self, place: &Place<'_>) -> Result<Vec<LastChange>, Failure> {
        let path = encoded(place.location.path.raw());
        let tail = format!("/commits?path={path}&{ONE}&{}", at("sha", place.revision));
        let url = self.url(&place.location.repository, &tail)?;
        let listed = self.api.json(&url).await?;
        Ok(list(&listed)?.iter().filter_map(change).take(1).collect())
    }

    async fn diff(&self, repository: &Repository, commit: &CommitId) -> Result<Vec<FileDiff>, Failure> {
        let url = self.url(repository, &format!("/git/commits/{}.diff", commit.as_str()))?;
        let reply = self.api.get(&url).await?;
        // The diff may contain files in other encodings than the file of the frame.
        Ok(FileDiff::parse_all(&String::from_utf8_lossy(&reply.body)))
    }

    async fn is_in_history(&self, repository: &Repository, commit: &CommitId) -> Result<bool, Failure> {
        let url = self.url(repository, "")?;
        let found = self.api.json(&url).await?;
        let branch = text(&found["default_branch"]).and_then(encoded_branch).ok_or(Failure::Unreadable)?;
        let tail = format!("/compare/{branch}...{}", commit.as_str());
        let url = self.url(repository, &tail)?;
        let compared = self.api.json(&url).await?;
        // The number of commits that the commit has in its history and the branch does not have.
        Ok(compared["total_commits"].as_u64() == Some(0))
    }

    fn serves(&self, link: &Url) -> bool {
        is_below(link, &self.web)
    }

    async fn see(&self, repository: &Repository) -> Result<bool, Failure> {
        let url = self.url(repository, &format!("/commits?{ONE}"))?;
        self.api.get(&url).await.map(|_| true)
    }
}

/// Returns a commit in Gitea's list of commits as the last change of a file.
fn change(listed: &Value) -> Option<LastChange> {
    let commit = &listed["commit"];
    Some(LastChange {
        lines: None,
        commit: commit_id(&listed["sha"])?,
        at: moment(&commit["committer"]["date"]),
        author: text(&commit["author"]["name"]).map(Untrusted::new),
    })
}
