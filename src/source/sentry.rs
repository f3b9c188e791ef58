//! Sentry as the reader: it reads the lines around a frame's line with its own integration. It needs no token of ours.

use async_trait::async_trait;
use reqwest::Url;

use super::{CodeHost, HostedFile, Place};
use crate::domain::failure::SourceProblem;
use crate::domain::outcome::Failure;
use crate::domain::source::{LastChange, Repository};
use crate::sentry::Sentry;

/// The public services that Sentry's integrations read from.
const SERVICES: [&str; 4] = ["github.com", "gitlab.com", "bitbucket.org", "dev.azure.com"];

/// The code host of Sentry's integration.
pub(super) struct BySentry {
    sentry: Sentry,
    /// The code host of one's own, from the configuration.
    own: Option<Url>,
}

impl BySentry {
    pub(super) fn new(sentry: Sentry, own: Option<Url>) -> Self {
        Self { sentry, own }
    }

    /// Whether a link leads to a public service or to the configured host. Readers get no other links.
    fn is_known(&self, link: &Url) -> bool {
        let is_own = self.own.as_ref().is_some_and(|own| own.origin() == link.origin());
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
        let (text, link) = self.sentry.source_context(project, place.frame, place.revision.commit()).await?;
        let link = link.filter(|link| self.is_known(link)).map(String::from);
        Ok(HostedFile { text, link })
    }

    async fn changes(&self, _: &Place<'_>) -> Result<Vec<LastChange>, Failure> {
        // The suspect commits of Sentry already contain the last change of the line.
        Ok(Vec::new())
    }

    fn serves(&self, _: &Url) -> bool {
        // Sentry reads from each host that it maps.
        true
    }

    async fn see(&self, _: &Repository) -> Result<(), Failure> {
        Ok(())
    }
}
