//! An export: all documents of a store as JSON lines, for a move to another store.
//!
//! The first line names the format, the Sentry that the documents belong to, and the number of documents. Each further
//! line contains one document with its key, its version and its expiry. The document itself is copied byte for byte.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Calls, Documents, Position, Said, StateError, Stored};
use crate::domain::approval::Approval;
use crate::domain::incident::IncidentRecord;
use crate::domain::silence::WebhookWatch;

/// The version of the format that this program writes and reads.
const FORMAT: u32 = 1;
/// The keys of test documents, which are not exported: `sidenote doctor` and the check of a file write them.
const TESTS: [&str; 2] = ["doctor#check", "probe"];

/// The first line of an export.
#[derive(Serialize, Deserialize)]
struct FirstLine {
    /// The version of the format.
    sidenote_state: u32,
    /// The base URL of the Sentry that the documents belong to.
    sentry: String,
    /// The number of lines that follow, so that a cut file is noticed.
    documents: usize,
}

/// A line with one document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: String,
    version: u64,
    /// The time after which the store may delete the document, in seconds since 1970.
    expires: u64,
    record: Box<RawValue>,
}

/// The documents of a checked export. Their order is the order of the lines, from line 2 on.
#[derive(Debug)]
pub struct Export(pub(super) Vec<(String, Stored)>);

/// The reason why a text is not an export that can be imported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The first line is not one of an export.
    #[error("line 1 is not the first line of `sidenote state export`")]
    NoExport,
    /// A newer version wrote the export.
    #[error("line 1: a newer version of sidenote wrote this export")]
    Newer,
    /// The documents belong to another Sentry.
    #[error("line 1: the export belongs to the Sentry at {0}, which is not SENTRY_BASE_URL")]
    OtherSentry(String),
    /// A line is not JSON, or a member is missing, unknown or of the wrong type.
    #[error("line {line}: {why}")]
    Malformed {
        /// The number of the line.
        line: usize,
        /// The error message of the JSON parser.
        why: serde_json::Error,
    },
    /// The key or the content of a document is unknown to this version.
    #[error("line {line}: the record under {key:?} has an unknown form")]
    UnknownForm {
        /// The number of the line.
        line: usize,
        /// The key of the document.
        key: String,
    },
    /// Two lines have the same key.
    #[error("line {line}: the key is the same as in line {first}")]
    Repeated {
        /// The number of the later line.
        line: usize,
        /// The number of the earlier line.
        first: usize,
    },
    /// The export has more or fewer documents than its first line says.
    #[error("{found} records follow line 1, which announces {announced}: the file is incomplete")]
    Incomplete {
        /// The number of documents in the export.
        found: usize,
        /// The number in the first line.
        announced: usize,
    },
}

impl Documents {
    /// All documents as an export, sorted by key. They belong to the Sentry at the base URL `sentry`.
    ///
    /// # Errors
    /// [`StateError`] if the store cannot be read, or a document is not JSON.
    pub async fn export(&self, sentry: &str) -> Result<String, StateError> {
        let mut all = self.0.list("").await?;
        all.retain(|(key, _)| !TESTS.contains(&key.as_str()));
        all.sort_by(|one, other| one.0.cmp(&other.0));
        let first = FirstLine { sidenote_state: FORMAT, sentry: sentry.to_owned(), documents: all.len() };
        let lines = all.into_iter().map(line);
        let lines: Result<Vec<String>, serde_json::Error> =
            std::iter::once(serde_json::to_string(&first)).chain(lines).collect();
        lines.map(|lines| lines.join("\n")).map_err(|_| StateError::NotOurs)
    }
}

fn line((key, stored): (String, Stored)) -> serde_json::Result<String> {
    let Stored { json, version, expires } = stored;
    serde_json::to_string(&Line { key, version, expires, record: RawValue::from_string(json)? })
}

impl Export {
    /// Checks all lines of an export. Its documents must belong to the Sentry at the base URL `sentry`.
    ///
    /// # Errors
    /// [`ExportError`] with the first problem found. The forms of all lines are checked before their number and their
    /// keys.
    pub fn parse(text: &str, sentry: &str) -> Result<Self, ExportError> {
        let mut lines = text.lines().zip(1..);
        let (first, _) = lines.next().ok_or(ExportError::NoExport)?;
        let first: FirstLine = serde_json::from_str(first).map_err(|_| ExportError::NoExport)?;
        if first.sidenote_state != FORMAT {
            return Err(ExportError::Newer);
        }
        if first.sentry != sentry {
            return Err(ExportError::OtherSentry(first.sentry));
        }
        let documents: Vec<_> = lines.map(document).collect::<Result<_, _>>()?;
        if documents.len() != first.documents {
            return Err(ExportError::Incomplete { found: documents.len(), announced: first.documents });
        }
        let mut seen = HashMap::new();
        for ((key, _), line) in documents.iter().zip(2..) {
            if let Some(first) = seen.insert(key, line) {
                return Err(ExportError::Repeated { line, first });
            }
        }
        Ok(Self(documents))
    }
}

fn document((text, line): (&str, usize)) -> Result<(String, Stored), ExportError> {
    let parsed = serde_json::from_str(text).map_err(|why| ExportError::Malformed { line, why });
    let Line { key, version, expires, record } = parsed?;
    if !has_known_form(&key, record.get()) {
        return Err(ExportError::UnknownForm { line, key });
    }
    Ok((key, Stored { json: record.get().to_owned(), version, expires }))
}

/// Whether `record` has the form of the documents under keys like `key`.
fn has_known_form(key: &str, record: &str) -> bool {
    match key.split('#').next() {
        Some("issue" | "metric") => is::<IncidentRecord>(record),
        Some("approval") => is::<Approval>(record),
        Some("model-calls") => is::<Calls>(record),
        Some("model-answer") => is::<Said>(record),
        Some("telegram-updates") => is::<Position>(record),
        Some("webhooks") => is::<WebhookWatch>(record),
        _ => false,
    }
}

fn is<T: DeserializeOwned>(record: &str) -> bool {
    serde_json::from_str::<T>(record).is_ok()
}

#[cfg(feature = "cli")]
#[cfg(test)]
mod tests {
    use super::super::tests::stores;
    use super::super::{Polling, Spending};
    use super::*;

    const SENTRY: &str = "https://sentry.io/";

    fn refusal(text: &str) -> String {
        Export::parse(text, SENTRY).expect_err("it is wrong").to_string()
    }

    #[tokio::test]
    async fn a_wrong_export_is_refused_with_the_number_of_its_line() {
        let [_, (_folder, documents)] = stores();
        Spending::new(&documents).take_call(9, 86_400).await.expect("a file");
        Polling::new(&documents).take("a", 1_000, 2_000).await.expect("a file");
        let text = documents.export(SENTRY).await.expect("a file");
        assert_eq!(Export::parse(&text, SENTRY).map(|export| export.0.len()).ok(), Some(2));
        let [first, second, third] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
        let without = [first, second].join("\n");
        assert_eq!(refusal(&without), "1 records follow line 1, which announces 2: the file is incomplete");
        assert_eq!(refusal(&[first, third, third].join("\n")), "line 3: the key is the same as in line 2");
        assert!(refusal(&text[..text.len() - 9]).starts_with("line 3: EOF while parsing"));
        let number = text.replace(r#""owner":"a""#, r#""owner":7"#);
        assert_eq!(refusal(&number), r#"line 3: the record under "telegram-updates" has an unknown form"#);
        assert_eq!(refusal(&text.replace("model-calls#", "budget#")).split(' ').nth(1), Some("2:"));
        assert!(refusal("").starts_with("line 1 is not"));
        assert!(refusal(&text.replace(r#"_state":1"#, r#"_state":2"#)).contains("a newer version"));
        let other = Export::parse(&text, "https://sentry.example/").expect_err("another Sentry");
        assert!(matches!(other, ExportError::OtherSentry(of) if of == SENTRY));
    }
}
