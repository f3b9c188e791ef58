//! The stand-in for a code host: the APIs of GitHub Enterprise, GitLab and Gitea for files, their last changes, the
//! diffs of commits, and the history of the default branch.

mod gitea;
mod github;
mod gitlab;
mod world;

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

pub use world::{Change, HostedFile, HostedRepository};

use super::exchange::{Recorded, Reply};
use super::faults::Fault;
use super::server::{Loopback, Peer};

/// The code host whose API the stand-in imitates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostKind {
    /// GitHub Enterprise: REST for files, GraphQL for the last changes.
    GitHub,
    /// GitLab.
    GitLab,
    /// Gitea and Forgejo.
    Gitea,
}

/// A running stand-in for a code host.
pub struct CodeHost {
    loopback: Loopback<Service>,
    folder: String,
}

struct Service {
    kind: HostKind,
    /// The folder below which the code host is, such as `/gitlab`; empty for the root of the server.
    folder: String,
    token: String,
    repositories: Vec<HostedRepository>,
}

/// One request to the stand-in: the service, the request and its decoded query.
struct Call<'a> {
    service: &'a Service,
    request: &'a Recorded,
    pairs: Vec<(String, String)>,
}

impl CodeHost {
    /// Starts a code host on a free port. It accepts `token` and waits for `latency` before every reply.
    pub async fn start(
        kind: HostKind,
        token: &str,
        repositories: impl IntoIterator<Item = HostedRepository>,
        latency: Duration,
    ) -> Self {
        Self::start_below("", kind, token, repositories, latency).await
    }

    /// Starts a code host like [`Self::start`], below a folder of the server, such as `/gitlab`.
    pub async fn start_below(
        folder: &str,
        kind: HostKind,
        token: &str,
        repositories: impl IntoIterator<Item = HostedRepository>,
        latency: Duration,
    ) -> Self {
        let (token, repositories) = (token.to_owned(), repositories.into_iter().collect());
        let service = Service { kind, folder: folder.to_owned(), token, repositories };
        Self { loopback: Loopback::start(latency, |_| service).await, folder: folder.to_owned() }
    }

    /// The base URL of the stand-in, which is the value for `SOURCE_BASE_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.loopback.url(), self.folder)
    }

    /// Every request so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.loopback.requests()
    }

    /// The violations so far. A violation is a mistake in a request. A test ends by asserting that there are none.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.loopback.violations()
    }

    /// Adds an injected fault: requests that match it fail. Earlier faults take precedence.
    pub fn inject(&self, fault: Fault) {
        self.loopback.inject(fault);
    }
}

impl Peer for Service {
    fn inspect(&self, request: &Recorded) -> Vec<String> {
        let mut wrong = Vec::new();
        if request.path.contains(&self.token) || request.query.contains(&self.token) {
            wrong.push("a token in the URL".to_owned());
        }
        if request.header("user-agent").is_none_or(str::is_empty) {
            wrong.push("no User-Agent".to_owned());
        }
        let Some(inner) = self.inside(request) else {
            wrong.push("a request outside of the code host's folder".to_owned());
            return wrong;
        };
        let call = Call { service: self, request: &inner, pairs: request.query_pairs() };
        wrong.extend(match self.kind {
            HostKind::GitHub => github::violations(&call),
            HostKind::GitLab => gitlab::violations(&call),
            HostKind::Gitea => gitea::violations(&call),
        });
        wrong
    }

    fn answer(&self, request: &Recorded) -> Reply {
        let Some(inner) = self.inside(request) else {
            return message(StatusCode::NOT_FOUND, "not a page of the code host");
        };
        let call = Call { service: self, request: &inner, pairs: request.query_pairs() };
        if let Some(reply) = self.redirect(&inner) {
            return if self.kind == HostKind::GitHub { github::limited(reply) } else { reply };
        }
        let answer = match self.kind {
            HostKind::GitHub => github::answer(&call),
            HostKind::GitLab => gitlab::answer(&call),
            HostKind::Gitea => gitea::answer(&call),
        };
        answer.unwrap_or_else(|refusal| refusal)
    }
}

impl Service {
    /// Redirects a request for a repository that was renamed. GitHub's GraphQL API, whose path names no repository,
    /// never redirects.
    fn redirect(&self, request: &Recorded) -> Option<Reply> {
        let is_named = |former: &String| {
            let name =
                if self.kind == HostKind::GitLab { former.replace('/', "%2F") } else { former.clone() };
            format!("{}/", request.path).contains(&format!("/{name}/"))
        };
        let repository = self.repositories.iter().find(|it| it.former.iter().any(is_named))?;
        let url = format!("/repositories/{}", repository.name);
        let body = json!({"message": "Moved Permanently", "url": url, "documentation_url": ""});
        Some(Reply::json(StatusCode::MOVED_PERMANENTLY, &body).with_header("location", url))
    }

    /// Returns the request with its path below the code host's folder. `None` if the path is outside of it.
    fn inside(&self, request: &Recorded) -> Option<Recorded> {
        let path = request.path.strip_prefix(&self.folder)?.to_owned();
        Some(Recorded { path, ..request.clone() })
    }
}

impl Call<'_> {
    /// The first value of a query parameter.
    fn query(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Describes the query parameters that are not in `known`, which the real API does not document.
    fn unknown(&self, known: &[&str]) -> Vec<String> {
        let unknown = self.pairs.iter().filter(|(name, _)| !known.contains(&name.as_str()));
        unknown.map(|(name, _)| format!("unknown query parameter `{name}`")).collect()
    }

    fn repository(&self, name: &str) -> Option<&HostedRepository> {
        self.service.repositories.iter().find(|it| it.name == name)
    }
}

/// Builds an error reply with a message, in the form that all three APIs use.
fn message(status: StatusCode, text: &str) -> Reply {
    Reply::json(status, &json!({"message": text}))
}
