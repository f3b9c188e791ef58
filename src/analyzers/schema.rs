//! The form of a model's answer: the JSON schema that is sent to the model, and the type that its answer is parsed
//! into.
//!
//! In the schema the causal chain comes before the root cause, so that a model writes its reasoning before its
//! conclusion.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::json::{Lenient, List, Text};
use crate::models::Schema;

/// The JSON schema as text. It uses only what the strict modes of the model APIs accept: every member is required, no
/// other member is allowed, and there are no bounds.
const SCHEMA: &str = include_str!("schema.json");

/// The schema with a further member, a suggested edit of the source code. The edit stands after the cause, so that the
/// model states the cause first.
static WITH_EDIT: LazyLock<String> = LazyLock::new(|| {
    let member = "    \"alternatives\": {";
    let members = SCHEMA.replacen(member, &format!("{}{member}", include_str!("edit.json")), 1);
    members.replacen("    \"alternatives\",", "    \"edit\",\n    \"alternatives\",", 1)
});

/// Returns the JSON schema of an answer, with an edit of source code if `with_edit` is true. Only a model that sees
/// source code is asked for an edit. Returns `None` if the schema's text is not JSON, which a test excludes.
pub(super) fn schema(with_edit: bool) -> Option<Schema> {
    let text = if with_edit { WITH_EDIT.as_str() } else { SCHEMA };
    Some(Schema { name: "analysis", text: serde_json::from_slice(text.as_bytes()).ok()? })
}

/// A parsed answer of a model. Its content is unchecked, and every member may be missing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Draft {
    pub(super) status: Text,
    pub(super) causal_chain: List<Lenient<Claim>>,
    pub(super) root_cause: Lenient<Claim>,
    pub(super) headline: Lenient<Claim>,
    pub(super) fix_steps: List<Lenient<Step>>,
    pub(super) edit: List<Lenient<ProposedEdit>>,
    pub(super) alternatives: List<Lenient<Claim>>,
    pub(super) ruled_out: List<Lenient<Claim>>,
    pub(super) missing: Texts,
    pub(super) confidence: Text,
}

/// A statement of a model, with the evidence that it cites and quotes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Claim {
    #[serde(rename = "claim")]
    pub(super) text: Text,
    pub(super) evidence: Texts,
    pub(super) quote: Texts,
}

/// A piece of advice of a model, with the evidence that it cites.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    pub(super) step: Text,
    pub(super) evidence: Texts,
}

/// A suggested edit of a source file: the file's path, the old text, and the new text in its place.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProposedEdit {
    pub(super) file: Text,
    pub(super) old: Text,
    pub(super) new: Text,
}

/// The texts of a member of an answer, which can be one JSON string or a list of strings. Models write the ids and the
/// quotes of evidence in either way.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Value")]
pub(super) struct Texts(pub(super) Vec<Box<str>>);

impl From<Value> for Texts {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Self(vec![text.into()]),
            Value::Array(items) => Self(items.into_iter().flat_map(|item| Self::from(item).0).collect()),
            _ => Self::default(),
        }
    }
}

impl Draft {
    /// Whether the answer contains a statement. An unrelated JSON object and a copy of the empty form contain none.
    pub(super) fn says_something(&self) -> bool {
        self.claims().next().is_some()
            || (self.status.as_deref() == Some("undetermined") && self.texts().next().is_some())
    }

    /// Returns all sentences of the answer.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let steps = self.fix_steps.0.iter().filter_map(|step| step.0.as_ref()?.text());
        let others = self.alternatives.0.iter().chain(&self.ruled_out.0);
        let others = others.filter_map(|claim| claim.0.as_ref()?.text());
        let missing = self.missing.0.iter().filter_map(|text| meaningful(text));
        self.claims().chain(steps).chain(others).chain(missing)
    }

    /// Returns the statements about how the error happened: the root cause, the headline and the causal chain.
    fn claims(&self) -> impl Iterator<Item = &str> {
        let main = [&self.root_cause, &self.headline].into_iter().chain(&self.causal_chain.0);
        main.filter_map(|claim| claim.0.as_ref()?.text())
    }
}

impl ProposedEdit {
    /// Whether the edit names a file or an old text. A model without an edit often writes an edit with empty texts.
    pub(super) fn says_something(&self) -> bool {
        [&self.file, &self.old].iter().any(|text| text.as_deref().is_some())
    }
}

impl Claim {
    /// Returns the text of the statement. Returns `None` if the text is empty or a filler such as `n/a`.
    pub(super) fn text(&self) -> Option<&str> {
        meaningful(self.text.as_deref()?)
    }
}

impl Step {
    /// Returns the text of the advice. Returns `None` if the text is empty or a filler such as `n/a`.
    pub(super) fn text(&self) -> Option<&str> {
        meaningful(self.step.as_deref()?)
    }
}

/// A text counts as a sentence only if it has at least this many letters.
const LETTERS: usize = 3;
/// Words that models write in place of an empty value.
const FILLERS: &[&str] =
    &["none", "null", "n/a", "unknown", "undefined", "string", "todo", "tbd", "undetermined"];

/// Returns `text` if it has at least [`LETTERS`] letters, is no filler such as `n/a`, and does not repeat a description
/// from the JSON schema. Returns `None` otherwise.
pub(super) fn meaningful(text: &str) -> Option<&str> {
    let bare = text.trim().trim_matches(['<', '>', '.', '"', '`', '(', ')', '[', ']']).to_lowercase();
    let letters = text.chars().filter(|c| c.is_alphabetic()).take(LETTERS).count();
    let is_of_the_form = SCHEMA.contains(&format!("\"description\": \"{}\"", text.trim()));
    (letters == LETTERS && !is_of_the_form && !FILLERS.contains(&bare.as_str())).then_some(text)
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
        for with_edit in [false, true] {
            let schema: Value =
                serde_json::from_str(schema(with_edit).expect("a schema").text.get()).expect("JSON");
            strict(&schema);
            assert_eq!(schema["properties"]["edit"].is_object(), with_edit);
        }
        let place = |name: &str| SCHEMA.find(&format!("\"{name}\": {{")).expect(name);
        assert!(place("causal_chain") < place("root_cause") && place("root_cause") < place("confidence"));
    }

    #[test]
    fn an_object_with_missing_or_mistyped_members_is_an_empty_draft() {
        let says = |text: &str| serde_json::from_str::<Draft>(text).is_ok_and(|draft| draft.says_something());
        assert!(!says("{}") && !says(r#"{"root_cause": 3, "status": "likely", "causal_chain": [null, 1]}"#));
        assert!(says(r#"{"root_cause": {"claim": "It divides."}, "confidence": null}"#));
        assert!(says(r#"{"status": "undetermined", "missing": ["The row of the coupon."]}"#));
    }

    #[test]
    fn an_echoed_template_or_a_text_without_letters_is_an_empty_draft() {
        let says = |claim: &str| {
            let text =
                serde_json::json!({"status": "undetermined", "root_cause": {"claim": claim}}).to_string();
            serde_json::from_str::<Draft>(&text).is_ok_and(|draft| draft.says_something())
        };
        for claim in
            ["", "…", "One sentence.", "What has to change.", "1. -> 2.", "N/A", "<string>", "unknown."]
        {
            assert!(!says(claim), "{claim}");
        }
        assert!(says("除以零") && says("It divides."));
    }

    #[test]
    fn one_text_is_read_as_a_list_of_one() {
        let texts = |json: &str| serde_json::from_str::<Texts>(json).expect("any JSON").0.join("|");
        assert_eq!(texts(r#""F1, X1""#), "F1, X1");
        assert_eq!(texts(r#"["F1", 7, ["B2"], null]"#), "F1|B2");
        assert_eq!(texts("{}"), "");
    }
}
