//! Sentry as the reader: it reads the lines around a frame's line with its own integration. It needs no token of ours.

use async_trait::async_trait;

use super::{CodeHost, HostedFile, Place};
use crate::domain::failure::SourceProblem;
use crate::domain::outcome::Failure;
use crate::domain::source::{LastChange, Repository};
use crate::sentry::Sentry;

/// The code host of Sentry's integration.
pub(super) struct BySentry(Sentry);

impl BySentry {
    pub(super) fn new(sentry: Sentry) -> Self {
        Self(sentry)
    }
}

#[async_trait]
impl CodeHost for BySentry {
    async fn file(&self, place: &Place<'_>) -> Result<HostedFile, Failure> {
        let project = place.project.ok_or(Failure::Source(SourceProblem::NotMapped))?;
        let (text, link) = self.0.source_context(project, place.frame, place.revision.commit()).await?;
        Ok(HostedFile { text, link })
    }

    async fn changes(&self, _: &Place<'_>) -> Result<Vec<LastChange>, Failure> {
        // The suspect commits of Sentry already contain the last change of the line.
        Ok(Vec::new())
    }

    async fn see(&self, _: &Repository) -> Result<(), Failure> {
        Ok(())
    }
}
