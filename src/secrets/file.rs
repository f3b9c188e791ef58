//! Secrets in a file: a JSON object, as a Kubernetes secret is mounted.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::{Secrets, SecretsError, Source};

/// A JSON object in a file. Read anew each time, so that a rotated mount is seen.
pub(super) struct File(PathBuf);

impl File {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

#[async_trait]
impl Source for File {
    async fn fetch(&self) -> Result<Secrets, SecretsError> {
        let place = format!("SECRETS_FILE {}", self.0.display());
        // A small local file: reading it blocks for less time than handing it to another thread takes.
        let text = std::fs::read_to_string(&self.0).map_err(|error| SecretsError::Unreadable {
            place: place.clone(),
            why: error.kind().to_string(),
        })?;
        super::parse(&text, &place)
    }
}
