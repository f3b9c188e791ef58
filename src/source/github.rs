//! GitHub: reads files and commits through the REST API, and the last changes of lines through the GraphQL API.

use async_trait::async_trait;
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;

use super::{Api, CodeHost, HostedFile, Place, file_diff, is_below, linked, moment};
use crate::domain::failure::SourceProblem;
use crate::domain::outcome::Failure;
use crate::domain::source::{CommitId, FileDiff, LastChange, Repository};
use crate::json::{Int, Lenient, Text};

/// The version of the REST API that Sidenote's requests follow, for the header `x-github-api-version`.
const VERSION: &str = "2022-11-28";
/// The GraphQL query for the last change of each line of a file.
const BLAME: &str = "query($owner:String!,$name:String!,$revision:String!,$path:String!){repository(owner:$owner,name:$name)\
    {object(expression:$revision){...on Commit{blame(path:$path){ranges{startingLine endingLine commit\
    {oid committedDate author{name}}}}}}}}";

/// A client for `github.com` or a GitHub Enterprise server.
pub(super) struct GitHub {
    web: Url,
    rest: Url,
    graphql: Url,
    api: Api,
}

impl GitHub {
    /// Creates a client for the server at `web`. The API of `github.com` is at `api.github.com`; a GitHub Enterprise
    /// server has the API below its own address.
    pub(super) fn new(web: Url, api: Api) -> Self {
        let is_saas = web.host_str() == Some("github.com");
        let [rest, graphql] = if is_saas {
            ["https://api.github.com/", "https://api.github.com/graphql"]
        } else {
            ["api/v3/", "api/graphql"]
        };
        let joined = |path: &str| web.join(path).unwrap_or_else(|_| web.clone());
        Self { rest: joined(rest), graphql: joined(graphql), web, api }
    }

    fn url(&self, path: &str) -> Result<Url, Failure> {
        self.rest.join(path).map_err(|_| Failure::Internal)
    }

    fn headers(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.bearer_auth(self.api.token()).header("x-github-api-version", VERSION)
    }
}

#[async_trait]
impl CodeHost for GitHub {
    async fn file(&self, place: &Place<'_>) -> Result<HostedFile, Failure> {
        let (owner, name) = owned(&place.location.repository)?;
        let (path, revision) = (place.location.path.encoded(), place.revision.name());
        let url = self.url(&format!("repos/{owner}/{name}/contents/{path}?ref={revision}"))?;
        let raw = |request| self.headers(request).header("accept", "application/vnd.github.raw+json");
        let text = self.api.file(url, place.revision, raw).await?;
        let link = linked(&self.web, &format!("{owner}/{name}/blob/{revision}/{path}"), place.line);
        Ok(HostedFile { text, link })
    }

    async fn changes(&self, place: &Place<'_>) -> Result<Vec<LastChange>, Failure> {
        let (owner, name) = owned(&place.location.repository)?;
        let variables = json!({"owner": owner, "name": name, "revision": place.revision.name(),
            "path": place.location.path.raw()});
        let body = json!({"query": BLAME, "variables": variables});
        let request = |client: &reqwest::Client| self.headers(client.post(self.graphql.clone())).json(&body);
        let reply: Reply = self.api.json(request).await?;
        reply.ranges()
    }

    async fn diff(&self, repository: &Repository, commit: &CommitId) -> Result<Vec<FileDiff>, Failure> {
        let (owner, name) = owned(repository)?;
        let url = self.url(&format!("repos/{owner}/{name}/commits/{}", commit.as_str()))?;
        let read = self.api.json(|client| self.headers(client.get(url.clone()))).await;
        let commit: ChangedFiles = read.map_err(|why| match why {
            // GitHub's status for a commit that the repository does not have.
            Failure::Refused(422) => Failure::NotFound,
            why => why,
        })?;
        let files = commit.files.iter().filter_map(|file| file.0.as_ref());
        Ok(files.filter_map(|file| file_diff(&file.filename, &file.patch)).collect())
    }

    async fn is_in_history(&self, repository: &Repository, commit: &CommitId) -> Result<bool, Failure> {
        let (owner, name) = owned(repository)?;
        // GitHub lists the changed files on the first page only, and only the status is needed.
        let tail = format!("compare/HEAD...{}?per_page=1&page=2", commit.as_str());
        let url = self.url(&format!("repos/{owner}/{name}/{tail}"))?;
        let compared: Comparison = self.api.json(|client| self.headers(client.get(url.clone()))).await?;
        Ok(matches!(compared.status.as_deref(), Some("behind" | "identical")))
    }

    fn serves(&self, link: &Url) -> bool {
        is_below(link, &self.web)
    }

    async fn see(&self, repository: &Repository) -> Result<(), Failure> {
        let (owner, name) = owned(repository)?;
        let url = self.url(&format!("repos/{owner}/{name}"))?;
        self.api.send(|client| self.headers(client.get(url.clone()))).await.map(drop)
    }
}

/// Returns the owner and the name of a repository. A name with more parts is an error, because GitHub has no groups.
fn owned(repository: &Repository) -> Result<(&str, &str), Failure> {
    let parts = repository.as_str().split_once('/').filter(|(_, name)| !name.contains('/'));
    parts.ok_or(Failure::Source(SourceProblem::NotMapped))
}

/// The reply of `GET …/commits/{commit}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ChangedFiles {
    files: Vec<Lenient<ChangedFile>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ChangedFile {
    filename: Text,
    /// The hunks. GitHub leaves them out for binary files and for large changes.
    patch: Text,
}

/// The reply of `GET …/compare/{base}...{head}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Comparison {
    /// `behind` or `identical` if the base contains the head; else `ahead` or `diverged`.
    status: Text,
}

/// A reply of the GraphQL API. A reply with errors has the HTTP status 200, too.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reply {
    #[serde(rename = "data")]
    content: Lenient<Content>,
    errors: Vec<Lenient<Problem>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    #[serde(rename = "type")]
    kind: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content {
    repository: Lenient<Repo>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Repo {
    object: Lenient<Object>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Object {
    blame: Lenient<Blame>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Blame {
    ranges: Vec<Lenient<Range>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Range {
    starting_line: Int,
    ending_line: Int,
    commit: Lenient<Commit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Commit {
    oid: Text,
    committed_date: Text,
    author: Lenient<Author>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Author {
    name: Text,
}

impl Reply {
    fn ranges(self) -> Result<Vec<LastChange>, Failure> {
        let object = self.content.0.and_then(|it| it.repository.0).and_then(|it| it.object.0);
        let Some(blame) = object.and_then(|it| it.blame.0) else {
            let kind = self.errors.into_iter().find_map(|problem| problem.0?.kind.into_option());
            return Err(match kind.as_deref() {
                Some("RATE_LIMITED" | "RATE_LIMIT") => Failure::RateLimited,
                Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => Failure::Forbidden,
                _ => Failure::NotFound,
            });
        };
        Ok(blame.ranges.into_iter().filter_map(|range| range.0?.change()).collect())
    }
}

impl Range {
    fn change(self) -> Option<LastChange> {
        let commit = self.commit.0?;
        Some(LastChange {
            lines: Some(self.starting_line.non_negative()?..=self.ending_line.non_negative()?),
            commit: CommitId::parse(commit.oid.as_deref()?)?,
            at: moment(commit.committed_date.as_deref()),
            author: commit.author.0.and_then(|author| author.name.untrusted()),
        })
    }
}
