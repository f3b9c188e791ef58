//! Reduces a model's answer to the part that is stored: its JSON object, scrubbed.
//!
//! The model sees only scrubbed evidence. Its answer is scrubbed nevertheless, because a model could combine the parts
//! of a secret.

use serde_json::Value;

use crate::domain::text::Untrusted;

/// Returns the part of a model's answer that may be stored: its JSON object, scrubbed. Returns `None` if the answer
/// contains no JSON object.
pub(super) fn keepable(answer: &str) -> Option<String> {
    let answer = answer.rsplit_once("</think>").map_or(answer, |(_, after)| after);
    let object = answer.get(answer.find('{')?..=answer.rfind('}')?)?;
    let object: Value = serde_json::from_slice(object.as_bytes()).ok()?;
    // Each text is scrubbed first, and then the whole object, because some secrets are recognised only by their key.
    Some(Untrusted::new(scrubbed(object).to_string()).scrubbed())
}

fn scrubbed(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(Untrusted::new(text).scrubbed()),
        Value::Array(items) => items.into_iter().map(scrubbed).collect(),
        Value::Object(mut members) => {
            members.values_mut().for_each(|value| *value = scrubbed(value.take()));
            Value::Object(members)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_and_personal_data_are_not_kept() {
        let object = json!({"claim": "a\nann.smith@example.com said \"token=abcdefgh1\"", "list": ["from 81.2.69.142"],
            "password": "correct-horse", "confidence": 1});
        let kept = keepable(&object.to_string()).expect("an object");
        for secret in ["ann.smith", "abcdefgh1", "81.2.69.142", "correct-horse"] {
            assert!(!kept.contains(secret), "{secret}: {kept}");
        }
        let kept: Value = serde_json::from_str(&kept).expect("still an object");
        assert_eq!(kept["claim"], "a\n[email] said \"token=[redacted]\"");
        assert_eq!(kept["confidence"], 1);
    }

    #[test]
    fn an_answer_without_secrets_is_kept_unchanged() {
        let object = json!({"claim": "`coupon.months` is 0: \\ \"x\" | é", "n": [1, null, true], "version": "4.2.0.118"});
        let fenced = format!("<think>{{no}}</think>Here:\n```json\n{object}\n```");
        let kept = keepable(&fenced).expect("an object");
        assert_eq!(serde_json::from_str::<Value>(&kept).expect("JSON")["claim"], object["claim"]);
        assert_eq!(keepable(&object.to_string()), Some(kept));
        for none in ["", "}{", "no object", "{\"claim\": \"cut"] {
            assert_eq!(keepable(none), None, "{none}");
        }
    }
}
