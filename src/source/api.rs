//! Calls to a code host: their size and number are limited, redirects are not followed, and the token goes only to
//! the configured host.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use reqwest::{Client, RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::{HostParts, Place};
use crate::domain::deadline::Deadline;
use crate::domain::failure::SourceProblem;
use crate::domain::outcome::Failure;
use crate::domain::source::{CommitId, FileDiff, RepoPath, Revision, SourceText};
use crate::domain::timestamp::Timestamp;
use crate::http::{Http, HttpReply};
use crate::json::text;

/// The largest file or diff that is accepted, in bytes.
const LARGEST: usize = 512 * 1024;
/// The largest number of calls to the code host for one webhook. The repetition of a call whose connection broke
/// counts, too.
const CALLS: usize = 8;
/// The process keeps at most this many files in its cache.
const FILES: usize = 16;
/// The media type for the header `accept` if the code host may choose it.
pub(super) const ANY: &str = "*/*";

/// A cache of files at known commits, by their URLs. The files never become outdated, because a commit does not
/// change. A clone shares the cached files.
#[derive(Debug, Clone, Default)]
pub struct Cache(Arc<Mutex<VecDeque<CachedFile>>>);

/// The URL of a cached file, and the file's text.
type CachedFile = (Url, Arc<str>);

impl Cache {
    fn get(&self, url: &Url) -> Option<Arc<str>> {
        let files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        files.iter().find(|(known, _)| known == url).map(|(_, text)| Arc::clone(text))
    }

    fn put(&self, url: Url, text: Arc<str>) {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Two frames in one file can have read it at the same time.
        files.retain(|(known, _)| *known != url);
        files.truncate(FILES - 1);
        files.push_front((url, text));
    }
}

/// A client for the calls to a code host for one webhook, with their limit.
pub(super) struct Api {
    http: Http,
    cache: Cache,
    token: SecretString,
    headers: Headers,
    deadline: Deadline,
    calls_left: AtomicUsize,
}

/// Adds the headers of a code host to a request, among them the one with the access token.
pub(super) type Headers = fn(RequestBuilder, &str) -> RequestBuilder;

/// A request to a code host: a `POST` if it has a body, and otherwise a `GET`.
struct Question<'q> {
    url: &'q Url,
    accept: &'static str,
    body: Option<&'q Value>,
}

impl Api {
    pub(super) fn new(parts: &HostParts<'_>, headers: Headers) -> Result<Self, Failure> {
        Ok(Self {
            http: parts.http.clone(),
            cache: parts.cache.clone(),
            token: parts.token.ok_or(Failure::NotConfigured("SOURCE_TOKEN"))?.clone(),
            headers,
            deadline: parts.deadline,
            calls_left: AtomicUsize::new(CALLS),
        })
    }

    /// Reads a whole file as text. A file at a known commit is put into the cache, and a cached file is not read again.
    /// `accept` is the media type of plain text at this code host.
    pub(super) async fn file(
        &self,
        url: Url,
        revision: &Revision,
        accept: &'static str,
    ) -> Result<SourceText, Failure> {
        let whole = |text| SourceText { first: 1, text, is_whole: true };
        if let Some(text) = self.cache.get(&url) {
            return Ok(whole(text));
        }
        let reply = self.ask(Question { url: &url, accept, body: None }).await?;
        // A page of a proxy or of a login is no file. The code hosts send the files of pages as plain text.
        if reply.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
            return Err(Failure::Unreadable);
        }
        let text = std::str::from_utf8(&reply.body).ok().filter(|text| !text.contains('\0'));
        let text: Arc<str> = text.ok_or(Failure::Source(SourceProblem::NotText))?.into();
        if revision.commit().is_some() {
            self.cache.put(url, Arc::clone(&text));
        }
        Ok(whole(text))
    }

    /// Reads a resource.
    pub(super) async fn get(&self, url: &Url) -> Result<HttpReply, Failure> {
        self.ask(Question { url, accept: ANY, body: None }).await
    }

    /// Reads a resource as JSON.
    pub(super) async fn json(&self, url: &Url) -> Result<Value, Failure> {
        parsed(&self.get(url).await?)
    }

    /// Sends a query and returns the answer as JSON.
    pub(super) async fn query(&self, url: &Url, body: &Value) -> Result<Value, Failure> {
        parsed(&self.ask(Question { url, accept: ANY, body: Some(body) }).await?)
    }

    /// Sends a request and returns the reply. A reply that is larger than the largest file is an error.
    async fn ask(&self, question: Question<'_>) -> Result<HttpReply, Failure> {
        match self.send(question).await {
            // The HTTP client has its own, larger limit, at which it stops reading.
            Err(Failure::Unreadable) => Err(Failure::Source(SourceProblem::TooLarge)),
            Ok(reply) if reply.body.len() > LARGEST => Err(Failure::Source(SourceProblem::TooLarge)),
            outcome => outcome,
        }
    }

    /// Sends a request. If the connection breaks, the request is sent once more on a new connection.
    async fn send(&self, question: Question<'_>) -> Result<HttpReply, Failure> {
        let request = |client: &Client| {
            let method = question.body.map_or_else(
                || client.get(question.url.clone()),
                |body| client.post(question.url.clone()).json(body),
            );
            (self.headers)(method, self.token.expose_secret()).header("accept", question.accept)
        };
        self.count()?;
        let mut outcome = self.http.send(request(self.http.client()), self.deadline).await;
        if matches!(outcome, Err(Failure::Interrupted)) && self.count().is_ok() {
            outcome = self.http.send(request(self.http.fresh_client()), self.deadline).await;
        }
        accepted(outcome?)
    }

    fn count(&self) -> Result<(), Failure> {
        let left =
            self.calls_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| Failure::Source(SourceProblem::TooManyCalls))
    }
}

/// Returns a reply with a 2xx status, or the failure that the reply denotes.
fn accepted(reply: HttpReply) -> Result<HttpReply, Failure> {
    match reply.status.as_u16() {
        200..=299 => Ok(reply),
        300..=399 => Err(Failure::Source(SourceProblem::Moved)),
        403 if is_limited(&reply.headers) => Err(Failure::RateLimited),
        status => Err(Failure::from_status(status)),
    }
}

/// Whether the headers of a 403 reply show that the reason was a rate limit. GitHub answers 403 to calls beyond its
/// limits.
fn is_limited(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    text("x-ratelimit-remaining").is_some_and(|left| left.trim() == "0") || text("retry-after").is_some()
}

/// Returns a link to a line on a page of a code host. `path` must be encoded already, except for parentheses and single
/// quotes, which are encoded here.
pub(super) fn linked(base: &Url, path: &str, line: u64) -> Option<String> {
    let mut url = base.join(path).ok()?;
    url.set_fragment(Some(&format!("L{line}")));
    // Markdown ends a link at a closing parenthesis, and URLs allow this character.
    let text = url.to_string().replace('(', "%28").replace(')', "%29").replace('\'', "%27");
    Some(text)
}

/// Returns the first and the last line, from 1, for which the last changes are requested: 100 lines before and after
/// the line of the frame. Few functions are longer.
pub(super) fn lines_around(place: &Place<'_>) -> (u64, u64) {
    const REACH: u64 = 100;
    (place.line.saturating_sub(REACH).max(1), place.line.saturating_add(REACH))
}

/// Whether a link leads to a page below `base`, the address of a code host.
pub(super) fn is_below(link: &Url, base: &Url) -> bool {
    let folder = base.path().trim_end_matches('/');
    let rest = link.path().strip_prefix(folder);
    link.origin() == base.origin() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Parses the body of a reply as JSON.
fn parsed(reply: &HttpReply) -> Result<Value, Failure> {
    serde_json::from_slice(&reply.body).map_err(|_| Failure::Unreadable)
}

/// Returns the elements of a JSON list.
pub(super) fn list(value: &Value) -> Result<&[Value], Failure> {
    value.as_array().map(Vec::as_slice).ok_or(Failure::Unreadable)
}

/// Parses the hash of a commit.
pub(super) fn commit_id(value: &Value) -> Option<CommitId> {
    CommitId::parse(value.as_str()?)
}

/// Parses the time of a commit.
pub(super) fn moment(value: &Value) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?)
}

/// Parses the change of one file by a commit. Returns `None` if the path is not that of a source file, or if the code host
/// has left the hunks out.
pub(super) fn file_diff(path: &Value, hunks: &Value) -> Option<FileDiff> {
    Some(FileDiff::parse(RepoPath::parse(path.as_str()?)?, text(hunks)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_keeps_the_newest_files_only() {
        let cache = Cache::default();
        let url = |at: usize| Url::parse(&format!("https://git.example/{at}")).expect("a URL");
        for at in 0..FILES + 4 {
            cache.put(url(at), at.to_string().into());
        }
        let kept: Vec<usize> = (0..FILES + 4).filter(|at| cache.get(&url(*at)).is_some()).collect();
        assert_eq!((kept.len(), kept.first()), (16, Some(&4)));
        assert_eq!(cache.clone().get(&url(FILES)).as_deref(), Some(&*FILES.to_string()));
    }
}
