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
        if is_utf_16(&bytes) {
            return Err(unreadable(UTF_16.to_owned()));
        }
        let text =
            String::from_utf8(bytes).map_err(|_| unreadable("the file is not UTF-8 text".to_owned()))?;
        super::parse(&text, &place)
    }
}

/// The reason why a file in UTF-16 cannot be read.
const UTF_16: &str = "the file is UTF-16: save it as UTF-8";

/// Whether the bytes are text in UTF-16: they begin with its byte order mark, or their first character is ASCII in two
/// bytes.
fn is_utf_16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secrets_file_in_utf_16_is_reported_as_such() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secrets.json");
        let text = "\u{feff}{\"SENTRY_AUTH_TOKEN\": \"密\"}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let unmarked = little[2..].to_vec();
        let unmarked_big = big[2..].to_vec();
        for utf16 in [little, big, unmarked, unmarked_big] {
            std::fs::write(&path, utf16).expect("write the file");
            let error = File::new(&path).fetch().await.expect_err("UTF-16").to_string();
            assert!(error.ends_with("the file is UTF-16: save it as UTF-8"), "{error}");
        }
    }
}
