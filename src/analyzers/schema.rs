//! The form of a model's answer: what it is asked for, and what is read.
//!
//! The chain comes before the root cause, so that a model that writes from left to right reasons before it concludes.

use serde::Deserialize;

use crate::json::{Lenient, List, Text};
use crate::models::Schema;

/// The schema as text. It stays in the subset that strict modes take: every member required, nothing else allowed, no
/// bounds.
const SCHEMA: &str = include_str!("schema.json");

/// The schema, to be sent as it stands.
pub(super) fn schema() -> Option<Schema> {
    Some(Schema { name: "analysis", text: serde_json::from_str(SCHEMA).ok()? })
}

/// A model's answer as it came: nothing of it has been checked, and any of it may be missing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Draft {
    pub(super) status: Text,
    pub(super) causal_chain: List<Lenient<Claim>>,
    pub(super) root_cause: Lenient<Claim>,
    pub(super) headline: Lenient<Claim>,
    pub(super) fix_steps: List<Lenient<Step>>,
    pub(super) alternatives: List<Lenient<Claim>>,
    pub(super) ruled_out: List<Lenient<Claim>>,
    pub(super) missing: List<Text>,
    pub(super) confidence: Text,
}

/// A statement.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Claim {
    #[serde(rename = "claim")]
    pub(super) text: Text,
    pub(super) evidence: List<Text>,
    pub(super) quote: Text,
}

/// A piece of advice.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    pub(super) step: Text,
    pub(super) evidence: List<Text>,
}

impl Draft {
    /// Whether anything at all was read: any other JSON object reads as an empty draft.
    pub(super) fn says_something(&self) -> bool {
        let is_said = |claim: &Lenient<Claim>| claim.0.as_ref().is_some_and(|c| c.text.as_deref().is_some());
        is_said(&self.root_cause)
            || is_said(&self.headline)
            || self.causal_chain.0.iter().any(is_said)
            || self.status.as_deref() == Some("undetermined")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn strict(schema: &Value) {
        if schema["type"] == "object" {
            assert_eq!(schema["additionalProperties"], false, "{schema}");
            let names: Vec<&String> = schema["properties"].as_object().expect("members").keys().collect();
            let required = schema["required"].as_array().expect("names");
            assert_eq!(names.len(), required.len(), "{schema}");
            schema["properties"].as_object().expect("members").values().for_each(strict);
        } else if schema["type"] == "array" {
            strict(&schema["items"]);
        }
    }

    #[test]
    fn the_schema_is_in_the_strict_subset_and_asks_for_the_chain_first() {
        assert!(schema().is_some());
        strict(&serde_json::from_str(SCHEMA).expect("JSON"));
        let place = |name: &str| SCHEMA.find(&format!("\"{name}\": {{")).expect(name);
        assert!(place("causal_chain") < place("root_cause") && place("root_cause") < place("confidence"));
    }

    #[test]
    fn any_other_object_is_an_empty_draft() {
        let says = |text: &str| serde_json::from_str::<Draft>(text).is_ok_and(|draft| draft.says_something());
        assert!(!says("{}") && !says(r#"{"root_cause": 3, "status": "likely", "causal_chain": [null, 1]}"#));
        assert!(says(r#"{"root_cause": {"claim": "x"}, "confidence": null}"#));
        assert!(says(r#"{"status": "undetermined"}"#));
    }
}
