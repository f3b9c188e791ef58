//! PLUG-IN: reads the source code of stack frames from a code host. Each code host has one file.
//!
//! | code host | chosen by | file |
//! |---|---|---|
//! | GitHub and GitHub Enterprise | `SOURCE_PROVIDER=github` | `github.rs` |
//! | GitLab | `SOURCE_PROVIDER=gitlab` | `gitlab.rs` |
//! | Gitea and Forgejo | `SOURCE_PROVIDER=gitea` | `gitea.rs` |
//! | the code host of Sentry's integration, read by Sentry | `SOURCE_PROVIDER=sentry` | `sentry.rs` |
//!
//! With `SOURCE_PROVIDER=auto`, [`CodeHostKind::resolved`] chooses GitHub, GitLab or Sentry.
//!
//! `reader.rs` finds the files of an event's frames and reads them, and `history.rs` reads the diffs of the suspect
//! commits. `api.rs` makes the calls to a code host, and keeps the files of known commits.
//!
//! A repository and a path come from Sentry's code mappings or from the configuration, and never from an event alone.
//! The token goes only to the host that the configuration names: `SOURCE_BASE_URL`, or the public service of
//! `SOURCE_PROVIDER=github` and `gitlab`. Redirects are not followed.

mod api;
mod gitea;
mod github;
mod gitlab;
mod history;
mod reader;
mod sentry;

use async_trait::async_trait;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

pub use self::api::Cache;
use self::api::{ANY, Api, Headers, commit_id, file_diff, is_below, lines_around, linked, list, moment};
use self::history::{Changes, History};
pub use self::reader::{Reader, SourceCodes};
use crate::config::{CodeHostKind, SourceConfig};
use crate::domain::deadline::Deadline;
use crate::domain::event::{Event, Frame};
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::domain::source::{CommitId, FileDiff, LastChange, Location, Repository, Revision, SourceText};
use crate::http::Http;
use crate::json::text;
use crate::sentry::Sentry;

/// A service that hosts repositories, such as GitHub, from which Sidenote reads source code.
#[async_trait]
pub trait CodeHost: Send + Sync {
    /// Reads the whole file of a place, or only the lines around the place's line.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the file cannot be read.
    async fn file(&self, place: &Place<'_>) -> Result<HostedFile, Failure>;

    /// Reads the last changes of the lines around a place. The list is empty if the code host does not know them.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the changes cannot be read.
    async fn changes(&self, place: &Place<'_>) -> Result<Vec<LastChange>, Failure>;

    /// Reads the changes of files by a commit. Files whose changes the code host leaves out are missing. The list is
    /// empty if the code host cannot report diffs.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the commit cannot be read.
    async fn diff(&self, repository: &Repository, commit: &CommitId) -> Result<Vec<FileDiff>, Failure>;

    /// Whether a commit is in the history of the repository's default branch. It is `false` if the code host cannot
    /// tell.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the code host does not know the commit, or does not answer.
    async fn is_in_history(&self, repository: &Repository, commit: &CommitId) -> Result<bool, Failure>;

    /// Whether a link from a code mapping in Sentry leads to this code host. A repository of the same name at another
    /// host is another repository.
    fn serves(&self, link: &Url) -> bool;

    /// Checks that the files of a repository can be read, with a call that needs the same permission. Returns false if
    /// the code host cannot tell.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the files cannot be read.
    async fn see(&self, repository: &Repository) -> Result<bool, Failure>;
}

/// A place whose source code is read: the line of a stack frame in a file of a repository.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The index of the frame in the event's stack.
    pub at: usize,
    /// The event.
    pub event: &'a Event,
    /// The frame of the event's stack.
    pub frame: &'a Frame,
    /// The frame's line, from 1.
    pub line: u64,
    /// The repository, and the path of the file in it.
    pub location: &'a Location,
    /// The commit or branch at which the file is read.
    pub revision: &'a Revision,
    /// The Sentry project of the event, if it is known.
    pub project: Option<&'a Slug>,
}

/// The text of a file, and the link for people to the line in it.
#[derive(Debug, Clone)]
pub struct HostedFile {
    /// The text of the file, or the part of it that was read.
    pub text: SourceText,
    /// The link to the line on the code host's page. `None` if there is no safe link.
    pub link: Option<String>,
}

/// The values that a client for a code host is built from.
pub struct HostParts<'a> {
    /// The HTTP client for the calls to the code host.
    pub http: &'a Http,
    /// The cache of the files that this process has read before.
    pub cache: &'a Cache,
    /// The value of the secret `SOURCE_TOKEN`, the access token of the code host.
    pub token: Option<&'a SecretString>,
    /// The client for the Sentry API, which reads source code with `SOURCE_PROVIDER=sentry`.
    pub sentry: &'a Sentry,
    /// The time by which all calls end.
    pub deadline: Deadline,
}

/// Builds the client of a code host from the address of its pages.
type NewHost = fn(Url, Api) -> Box<dyn CodeHost>;

/// Builds a client for the configured code host. A new code host is added to the `match` in this function.
///
/// # Errors
///
/// [`Failure::NotConfigured`] if the token is missing.
pub fn code_host(config: &SourceConfig, parts: &HostParts<'_>) -> Result<Box<dyn CodeHost>, Failure> {
    let base = || config.base.clone();
    let (service, headers, host): (&str, Headers, NewHost) = match kind(config, parts.token) {
        CodeHostKind::GitHub => {
            ("https://github.com/", github::headers, |web, api| Box::new(github::GitHub::new(web, api)))
        }
        CodeHostKind::GitLab => {
            ("https://gitlab.com/", gitlab::headers, |web, api| Box::new(gitlab::GitLab::new(web, api)))
        }
        CodeHostKind::Gitea => {
            ("https://gitea.com/", gitea::headers, |web, api| Box::new(gitea::Gitea::new(web, api)))
        }
        CodeHostKind::Sentry | CodeHostKind::Auto => {
            return Ok(Box::new(sentry::BySentry::new(parts.sentry.clone(), base())));
        }
    };
    let web = base().or_else(|| Url::parse(service).ok()).ok_or(Failure::Internal)?;
    Ok(host(web, Api::new(parts, headers)?))
}

/// Returns the kind of code host that is used with these settings and this token.
#[must_use]
pub fn kind(config: &SourceConfig, token: Option<&SecretString>) -> CodeHostKind {
    config.host.resolved(config.base.as_ref(), token.map(ExposeSecret::expose_secret))
}
