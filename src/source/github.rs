//! GitHub: reads files and commits through the REST API, and the last changes of lines through the GraphQL API.

use async_trait::async_trait;
use reqwest::{RequestBuilder, Url};
use serde_json::{Value, json};

use super::{Api, CodeHost, HostedFile, Place, commit_id, file_diff, is_below, linked, list, moment, text};
use crate::domain::failure::SourceProblem;
use crate::domain::outcome::Failure;
use crate::domain::source::{CommitId, FileDiff, LastChange, Repository};
use crate::domain::text::Untrusted;

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
        let [rest, graphql] = apis(&web);
        Self { web, rest, graphql, api }
    }

    fn url(&self, path: &str) -> Result<Url, Failure> {
        self.rest.join(path).map_err(|_| Failure::Internal)
    }
}

pub(super) fn headers(request: RequestBuilder, token: &str) -> RequestBuilder {
    request.bearer_auth(token).header("x-github-api-version", VERSION)
}

#[async_trait]
impl CodeHost for GitHub {
    async fn file(&self, place: &Place<'_>) -> Result<HostedFile, Failure> {
        let (owner, name) = owned(&place.location.repository)?;
        let (path, revision) = (place.location.path.encoded(), place.revision.name());
        let url = self.url(&format!("repos/{owner}/{name}/contents/{path}?ref={revision}"))?;
        let text = self.api.file(url, place.revision, "application/vnd.github.raw+json").await?;
        let link = linked(&self.web, &format!("{owner}/{name}/blob/{revision}/{path}"), place.line);
        Ok(HostedFile { text, link })
    }

    async fn changes(&self, place: &Place<'_>) -> Result<Vec<LastChange>, Failure> {
        let (owner, name) = owned(&place.location.repository)?;
        let variables = json!({"owner": owner, "name": name, "revision": place.revision.name(),
            "path": place.location.path.raw()});
        let body = json!({"query": BLAME, "variables": variables});
        blamed(&self.api.query(&self.graphql, &body).await?)
    }

    async fn diff(&self, repository: &Repository, commit: &CommitId) -> Result<Vec<FileDiff>, Failure> {
        let (owner, name) = owned(repository)?;
        let url = self.url(&format!("repos/{owner}/{name}/commits/{}", commit.as_str()))?;
        let commit = self.api.json(&url).await.map_err(|why| match why {
            // GitHub's status for a commit that the repository does not have.
            Failure::Refused(422) => Failure::NotFound,
            why => why,
        })?;
        // GitHub leaves the hunks out for binary files and for large changes.
        let files = list(&commit["files"])?.iter();
        Ok(files.filter_map(|file| file_diff(&file["filename"], &file["patch"])).collect())
    }

    async fn is_in_history(&self, repository: &Repository, commit: &CommitId) -> Result<bool, Failure> {
        let (owner, name) = owned(repository)?;
        // GitHub lists the changed files on the first page only, and only the status is needed.
        let tail = format!("compare/HEAD...{}?per_page=1&page=2", commit.as_str());
        let url = self.url(&format!("repos/{owner}/{name}/{tail}"))?;
        let compared = self.api.json(&url).await?;
        // The status is `ahead` or `diverged` if the base does not contain the commit.
        Ok(matches!(text(&compared["status"]), Some("behind" | "identical")))
    }

    fn serves(&self, link: &Url) -> bool {
        is_below(link, &self.web)
    }

    async fn see(&self, repository: &Repository) -> Result<bool, Failure> {
        let (owner, name) = owned(repository)?;
        // A token without the permission Contents can read the repository itself, but not its commits.
        let url = self.url(&format!("repos/{owner}/{name}/commits?per_page=1"))?;
        self.api.get(&url).await.map(|_| true)
    }
}

/// Returns the addresses of the REST API and the GraphQL API of the server at `web`.
fn apis(web: &Url) -> [Url; 2] {
    let apis = if web.host_str() == Some("github.com") {
        ["https://api.github.com/", "https://api.github.com/graphql"]
    } else {
        ["api/v3/", "api/graphql"]
    };
    apis.map(|path| web.join(path).unwrap_or_else(|_| web.clone()))
}

/// Returns the owner and the name of a repository. A name with more parts is an error, because GitHub has no groups.
fn owned(repository: &Repository) -> Result<(&str, &str), Failure> {
    let parts = repository.as_str().split_once('/').filter(|(_, name)| !name.contains('/'));
    parts.ok_or(Failure::Source(SourceProblem::NotMapped))
}

/// Returns the last changes in a reply of the GraphQL API. A reply with errors has the HTTP status 200, too.
fn blamed(reply: &Value) -> Result<Vec<LastChange>, Failure> {
    let blame = &reply["data"]["repository"]["object"]["blame"];
    if blame.is_object() {
        return Ok(list(&blame["ranges"])?.iter().filter_map(change).collect());
    }
    let problem = reply["errors"].as_array().into_iter().flatten().find_map(|problem| text(&problem["type"]));
    Err(match problem {
        Some("RATE_LIMITED" | "RATE_LIMIT") => Failure::RateLimited,
        Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => Failure::Forbidden,
        Some("NOT_FOUND") => Failure::NotFound,
        // The object has no blame: the commit or the file does not exist.
        None if reply["data"].is_object() && reply["errors"].is_null() => Failure::NotFound,
        // Among others a query that took GitHub too long.
        _ => Failure::Unreadable,
    })
}

fn change(range: &Value) -> Option<LastChange> {
    let commit = &range["commit"];
    Some(LastChange {
        lines: Some(range["startingLine"].as_u64()?..=range["endingLine"].as_u64()?),
        commit: commit_id(&commit["oid"])?,
        at: moment(&commit["committedDate"]),
        author: text(&commit["author"]["name"]).map(Untrusted::new),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_apis_of_the_public_service_are_at_one_host() {
        for (web, rest, graphql) in [
            ("https://github.com/", "https://api.github.com/", "https://api.github.com/graphql"),
            ("https://git.example/", "https://git.example/api/v3/", "https://git.example/api/graphql"),
            // This is another host than the public service.
            (
                "https://github.com.evil.example/",
                "https://github.com.evil.example/api/v3/",
                "https://github.com.evil.example/api/graphql",
            ),
        ] {
            let web = Url::parse(web).expect("a URL");
            assert_eq!(apis(&web).map(String::from), [rest, graphql]);
        }
    }
}
