//! Source code through the Sentry API: Sentry reads the code host by its own integration and returns the lines around a
//! frame's line. Sidenote needs no `SOURCE_TOKEN` for that.

use async_trait::async_trait;
use reqwest::Url;

use super::{CodeHost, HostedFile, Place, is_below};
use crate::domain::failure::SourceProblem;
use crate::domain::outcome::Failure;
use crate::domain::source::{CommitId, FileDiff, LastChange, Repository};
use crate::sentry::Sentry;

/// The hosts of public code-hosting services. A link from Sentry is shown to people only if it leads to one of these
/// hosts or to the configured code host.
const SERVICES: [&str; 4] = ["github.com", "gitlab.com", "bitbucket.org", "dev.azure.com"];

/// A client that reads source code through the Sentry API.
pub(super) struct BySentry {
    sentry: Sentry,
    /// The configured base URL of a self-hosted code host, if there is one.
    own: Option<Url>,
}

impl BySentry {
    pub(super) fn new(sentry: Sentry, own: Option<Url>) -> Self {
        Self { sentry, own }
    }

    /// Whether a link leads to a public service or to the configured host. Other links are not shown to people.
    fn is_known(&self, link: &Url) -> bool {
        let is_own = self.own.as_ref().is_some_and(|own| is_below(link, own));
        let is_public = link.scheme() == "https"
            && link.port().is_none()
            && link.host_str().is_some_and(|host| SERVICES.contains(&host));
        is_own || is_public
    }
}

#[async_trait]
impl CodeHost for BySentry {
    async fn file(&self, place: &Place<'_>) -> Result<HostedFile, Failure> {
        let project = place.project.ok_or(Failure::Source(SourceProblem::NotMapped))?;
        let frame = (place.event, place.frame);
        let (text, link) = self.sentry.source_context(project, frame, place.revision.commit()).await?;
        let link = link.filter(|link| self.is_known(link)).map(String::from);
        Ok(HostedFile { text, link })
    }

    async fn changes(&self, _: &Place<'_>) -> Result<Vec<LastChange>, Failure> {
        // Sentry has no endpoint for the last change of a line.
        Ok(Vec::new())
    }

    async fn diff(&self, _: &Repository, _: &CommitId) -> Result<Vec<FileDiff>, Failure> {
        // Sentry has no endpoint for the diff of a commit.
        Ok(Vec::new())
    }

    async fn is_in_history(&self, _: &Repository, _: &CommitId) -> Result<bool, Failure> {
        Ok(false)
    }

    fn serves(&self, _: &Url) -> bool {
        // Sentry reads from each host that it maps.
        true
    }

    async fn see(&self, _: &Repository) -> Result<bool, Failure> {
        Ok(false)
    }
}
