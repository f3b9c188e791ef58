//! Secrets from a file with a JSON object, for example a mounted Kubernetes secret.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::{Secrets, SecretsError, Source};

/// A file with a JSON object of secrets. Every fetch reads the file again, so that a rotated mount takes effect.
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
        // Blocking is fine here: reading a small local file is faster than moving the work to another thread.
        let unreadable = |why: String| SecretsError::Unreadable { place: place.clone(), why };
        let bytes = std::fs::read(&self.0).map_err(|error| unreadable(error.kind().to_string()))?;
        let text =
            String::from_utf8(bytes).map_err(|error| unreadable(encoding(error.as_bytes()).to_owned()))?;
        super::parse(&text, &place)
    }
}

/// Explains why bytes are not UTF-8 text.
fn encoding(bytes: &[u8]) -> &'static str {
    let is_utf16 = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    if is_utf16 { "the file is UTF-16: save it as UTF-8" } else { "the file is not UTF-8 text" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secrets_file_in_utf_16_is_reported_as_such() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secrets.json");
        let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(&path, utf16).expect("write the file");
        let error = File::new(&path).fetch().await.expect_err("UTF-16").to_string();
        assert!(error.ends_with("the file is UTF-16: save it as UTF-8"), "{error}");
    }
}
