//! The code host that Sentry itself reads: Sentry returns the lines around a frame's line, through its own
//! integration with the code host. Sidenote needs no `SOURCE_TOKEN` for it.

use async_trait::async_trait;
use reqwest::Url;

use super::{CodeHost, HostedFile, Place};
use crate::domain::failure::SourceProblem;
use crate::domain::outcome::Failure;
use crate::domain::source::{LastChange, Repository};
use crate::sentry::Sentry;

/// The hosts of the public services that Sentry's integrations can read from.
const SERVICES: [&str; 4] = ["github.com", "gitlab.com", "bitbucket.org", "dev.azure.com"];

/// A client that reads source code through the Sentry API.
pub(super) struct BySentry {
    sentry: Sentry,
    /// The base URL of a self-hosted code host, from the configuration.
    own: Option<Url>,
}

impl BySentry {
    pub(super) fn new(sentry: Sentry, own: Option<Url>) -> Self {
        Self { sentry, own }
    }

    /// Whether a link leads to a public service or to the configured host. Other links are not shown to people.
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
