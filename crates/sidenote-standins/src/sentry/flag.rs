//! The distributions of errors over feature flags in the Sentry stand-in.

use serde_json::{Map, Value, json};

/// The distribution of errors over the values of one feature flag.
#[derive(Clone, Debug)]
pub(super) struct Flag {
    name: String,
    issue: Map<String, Value>,
    project: Map<String, Value>,
}

impl Flag {
    pub(super) fn new(name: &str, issue: &[(&str, u64)], project: &[(&str, u64)]) -> Self {
        let counted = |counts: &[(&str, u64)]| {
            counts.iter().map(|&(value, count)| (value.to_owned(), json!(count))).collect()
        };
        Self { name: name.to_owned(), issue: counted(issue), project: counted(project) }
    }

    /// The flag as JSON. Sentry marks a flag as filtered if its values in the issue are those of the project.
    pub(super) fn json(&self) -> Value {
        let is_filtered = self.issue.keys().eq(self.project.keys());
        json!({
            "flag": self.name, "score": 0.017, "baseline_percent": 0.15, "is_filtered": is_filtered,
            "distribution": {"baseline": self.project, "outliers": self.issue},
        })
    }
}
