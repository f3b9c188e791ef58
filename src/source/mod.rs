//! PLUG-IN: reads the source code of frames. One file per code host.
//!
//! | code host | chosen by | file |
//! |---|---|---|
//! | GitHub and GitHub Enterprise | `SOURCE_PROVIDER=github` | `github.rs` |
//! | GitLab | `SOURCE_PROVIDER=gitlab` | `gitlab.rs` |
//! | Gitea and Forgejo | `SOURCE_PROVIDER=gitea` | `gitea.rs` |
//! | the code host of Sentry's integration, read by Sentry | `SOURCE_PROVIDER=sentry` | `sentry.rs` |
//!
//! `reader.rs` finds the files of an event's frames and reads them. `api.rs` makes one call to a code host, and keeps
//! the files of known commits.
//!
//! A repository and a path come from Sentry's code mappings or from the configuration, and never from an event alone.
//! The token goes only to the host that the configuration names: `SOURCE_BASE_URL`, or the public service of
//! `SOURCE_PROVIDER=github` and `gitlab`. Redirects are not followed.

mod api;
mod gitea;
mod github;
mod gitlab;
mod reader;
mod sentry;

use async_trait::async_trait;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

pub use self::api::Cache;
use self::api::{Api, lines_around, linked, moment};
pub use self::reader::{Reader, SourceCodes};
use crate::config::{CodeHostKind, SourceConfig};
use crate::domain::deadline::Deadline;
use crate::domain::event::Frame;
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::domain::source::{LastChange, Location, Repository, Revision, SourceText};
use crate::http::Http;
use crate::sentry::Sentry;

/// A service that hosts repositories.
#[async_trait]
pub trait CodeHost: Send + Sync {
    /// Reads the file of a place, or the lines around it.
    ///
    /// # Errors
    /// [`Failure`] if the file cannot be read.
    async fn file(&self, place: &Place<'_>) -> Result<HostedFile, Failure>;

    /// Reads the last changes of the lines around a place. It is empty if the code host does not know them.
    ///
    /// # Errors
    /// [`Failure`] if they cannot be read.
    async fn changes(&self, place: &Place<'_>) -> Result<Vec<LastChange>, Failure>;

    /// Whether this code host has the file to which a code mapping of Sentry links. A repository of the same name at
    /// another host is another repository.
    fn serves(&self, link: &Url) -> bool;

    /// Checks that a repository can be read.
    ///
    /// # Errors
    /// [`Failure`] if it cannot.
    async fn see(&self, repository: &Repository) -> Result<(), Failure>;
}

/// The line of a frame in a repository.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The frame.
    pub frame: &'a Frame,
    /// The frame's line, from 1.
    pub line: u64,
    /// The file.
    pub location: &'a Location,
    /// The state of the repository.
    pub revision: &'a Revision,
    /// The frame's project in Sentry.
    pub project: Option<&'a Slug>,
}

/// The text of a file, and the link to its line for people.
#[derive(Debug, Clone)]
pub struct HostedFile {
    /// The text.
    pub text: SourceText,
    /// The link.
    pub link: Option<String>,
}

/// The parts that a code host is built from.
pub struct HostParts<'a> {
    /// The HTTP client.
    pub http: &'a Http,
    /// The files that were read before.
    pub cache: &'a Cache,
    /// `SOURCE_TOKEN`.
    pub token: Option<&'a SecretString>,
    /// The client of Sentry.
    pub sentry: &'a Sentry,
    /// The end of the time for all calls.
    pub deadline: Deadline,
}

/// Builds the configured code host. This is the table of plug-ins.
///
/// # Errors
/// [`Failure::NotConfigured`] if the token is missing.
pub fn code_host(config: &SourceConfig, parts: &HostParts<'_>) -> Result<Box<dyn CodeHost>, Failure> {
    let own =
        |service: &str| config.base.clone().or_else(|| Url::parse(service).ok()).ok_or(Failure::Internal);
    let api = || Api::new(parts);
    Ok(match kind(config, parts.token) {
        CodeHostKind::GitHub => Box::new(github::GitHub::new(own("https://github.com/")?, api()?)),
        CodeHostKind::GitLab => Box::new(gitlab::GitLab::new(own("https://gitlab.com/")?, api()?)),
        CodeHostKind::Gitea => Box::new(gitea::Gitea::new(own("https://gitea.com/")?, api()?)),
        CodeHostKind::Sentry | CodeHostKind::Auto => {
            Box::new(sentry::BySentry::new(parts.sentry.clone(), config.base.clone()))
        }
    })
}

/// The kind of the code host with this token.
#[must_use]
pub fn kind(config: &SourceConfig, token: Option<&SecretString>) -> CodeHostKind {
    config.host.resolved(config.base.as_ref(), token.map(ExposeSecret::expose_secret))
}
