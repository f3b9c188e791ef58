//! Gitea and Forgejo: reads raw files, the last commit of a file, and the diff of a commit. Their API does not know the
//! last change of a line.

use async_trait::async_trait;
use reqwest::Url;
use serde::Deserialize;

use super::{Api, CodeHost, HostedFile, Place, is_below, linked, moment};
use crate::domain::outcome::Failure;
use crate::domain::source::{CommitId, FileDiff, LastChange, RepoPath, Repository, Revision, encoded};
use crate::json::{Int, Lenient, Text};

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

    fn headers(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.header("authorization", format!("token {}", self.api.token()))
    }
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
        let text = self.api.file(url, place.revision, |request| self.headers(request)).await?;
        // The page of a file can be linked only at a commit, because the name of the default branch is unknown.
        let page = place.revision.commit();
        let page = page.map(|commit| format!("{repository}/src/commit/{}/{path}", commit.as_str()));
        Ok(HostedFile { text, link: page.and_then(|page| linked(&self.web, &page, place.line)) })
    }

    async fn changes(&self, place: &Place<'_>) -> Result<Vec<LastChange>, Failure> {
        let path = encoded(place.location.path.raw());
        let only = "limit=1&stat=false&verification=false&files=false";
        let tail = format!("/commits?path={path}&{only}&{}", at("sha", place.revision));
        let url = self.url(&place.location.repository, &tail)?;
        let listed: Vec<Lenient<Listed>> =
            self.api.json(|client| self.headers(client.get(url.clone()))).await?;
        Ok(listed.into_iter().filter_map(|listed| listed.0?.change()).take(1).collect())
    }

    async fn diff(&self, repository: &Repository, commit: &CommitId) -> Result<Vec<FileDiff>, Failure> {
        let url = self.url(repository, &format!("/git/commits/{}.diff", commit.as_str()))?;
        let reply = self.api.bounded(|client| self.headers(client.get(url.clone()))).await?;
        // The diff may contain files in other encodings than the file of the frame.
        Ok(FileDiff::parse_all(&String::from_utf8_lossy(&reply.body)))
    }

    async fn is_in_history(&self, repository: &Repository, commit: &CommitId) -> Result<bool, Failure> {
        let url = self.url(repository, "")?;
        let found: Repo = self.api.json(|client| self.headers(client.get(url.clone()))).await?;
        // The name of a branch has the form of a path.
        let branch = found.default_branch.as_deref().and_then(RepoPath::parse).ok_or(Failure::Unreadable)?;
        let tail = format!("/compare/{}...{}", branch.encoded(), commit.as_str());
        let url = self.url(repository, &tail)?;
        let compared: Comparison = self.api.json(|client| self.headers(client.get(url.clone()))).await?;
        Ok(compared.total_commits.non_negative() == Some(0))
    }

    fn serves(&self, link: &Url) -> bool {
        is_below(link, &self.web)
    }

    async fn see(&self, repository: &Repository) -> Result<(), Failure> {
        let url = self.url(repository, "")?;
        self.api.send(|client| self.headers(client.get(url.clone()))).await.map(drop)
    }
}

/// The reply of `GET …/repos/{owner}/{repository}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Repo {
    default_branch: Text,
}

/// The reply of `GET …/compare/{base}...{head}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Comparison {
    /// The number of commits that the head has and the base does not have.
    total_commits: Int,
}

/// A commit in the list that `GET …/commits` returns.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Listed {
    sha: Text,
    commit: Lenient<Commit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Commit {
    author: Lenient<Author>,
    committer: Lenient<Author>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Author {
    name: Text,
    date: Text,
}

impl Listed {
    fn change(self) -> Option<LastChange> {
        let commit = self.commit.0.unwrap_or_default();
        Some(LastChange {
            lines: None,
            commit: CommitId::parse(self.sha.as_deref()?)?,
            at: moment(commit.committer.0.as_ref().and_then(|it| it.date.as_deref())),
            author: commit.author.0.and_then(|it| it.name.untrusted()),
        })
    }
}
