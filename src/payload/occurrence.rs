//! Reads the finding of one of Sentry's detectors (an issue occurrence), such as a slow query. Issues that are errors
//! have no finding.

use serde::Deserialize;

use super::event::under;
use super::feedback::{self, Feedback};
use crate::domain::kind::Kind;
use crate::domain::order::sorted_by_key;
use crate::domain::origin::{Detection, Explanation, Found, MOST_SHOWN, Measurement, Offenders, Origin};
use crate::domain::text::Untrusted;
use crate::json::{Int, Lenient, List, Text};

/// At most this many span ids are kept.
const MOST_SPANS: usize = 200;
/// At most this many parameters of a request are kept.
const MOST_PARAMETERS: usize = 5;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Occurrence {
    #[serde(rename = "type")]
    number: Int,
    issue_title: Text,
    subtitle: Text,
    evidence_display: List<Lenient<Shown>>,
    evidence_data: Lenient<Handed>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Shown {
    name: Text,
    value: Text,
}

/// The evidence of a finding. This type has the members of all kinds of findings, and each kind fills only some of
/// them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Handed {
    // Members of findings about spans.
    repeating_spans: Text,
    repeating_spans_compact: Text,
    num_repeating_spans: Int,
    number_repeating_spans: Int,
    offender_span_ids: List<Text>,
    parent_span: Text,
    transaction_name: Text,
    transaction: Text,
    // A member of findings about vulnerable queries.
    vulnerable_parameters: List<List<Text>>,
    // Members of findings by Sentry's AI.
    explanation: Text,
    impact: Text,
    evidence: Text,
    // Members of findings about metrics.
    value: Text,
    conditions: List<Lenient<Condition>>,
    // A member of findings about replays.
    selector: Text,
    // Members of user feedback.
    message: Text,
    name: Text,
    contact_email: Text,
    associated_event_id: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Condition {
    #[serde(rename = "type")]
    kind: Text,
    comparison: Text,
    #[serde(rename = "conditionResult")]
    result: Int,
    #[serde(rename = "condition_result")]
    old_result: Int,
}

impl Occurrence {
    /// Returns the finding as the [`Origin`] of an event, and the subtitle that the detector gave it.
    pub(crate) fn origin(self) -> (Origin, Option<Untrusted>) {
        let kind = self.number.non_negative().and_then(Kind::of_number);
        let kind = kind.or_else(|| Kind::of_title(self.issue_title.as_deref()?));
        let mut handed = self.evidence_data.0.unwrap_or_default();
        if kind == Some(Kind::Feedback) {
            // The lines that Sentry displays contain the person's name, so they are dropped.
            return (Origin::Feedback(handed.feedback().read()), None);
        }
        let shown = self.evidence_display.0.into_iter().filter_map(|shown| shown.0);
        // Sentry writes Python's `None` where there is no value.
        let shown = shown.filter(|it| it.value.as_deref() != Some("None"));
        let shown = shown.filter_map(|it| Some(under(it.name.into_option()?, it.value.untrusted()?)));
        let transaction = handed.transaction_name.as_deref().or(handed.transaction.as_deref());
        let detection = Detection {
            kind,
            title: self.issue_title.untrusted(),
            transaction: transaction.map(Untrusted::new),
            shown: shown.take(MOST_SHOWN).collect(),
            found: handed.found(kind),
        };
        (Origin::Detector(detection), self.subtitle.untrusted())
    }
}

impl Handed {
    fn feedback(&mut self) -> Feedback {
        Feedback {
            message: std::mem::take(&mut self.message),
            name: std::mem::take(&mut self.name),
            contact_email: std::mem::take(&mut self.contact_email),
            associated_event_id: std::mem::take(&mut self.associated_event_id),
            ..feedback::Feedback::default()
        }
    }

    fn found(self, kind: Option<Kind>) -> Found {
        match kind {
            Some(Kind::Performance(_)) => Found::Spans(self.offenders()),
            Some(Kind::Injection) => {
                let names = self.vulnerable_parameters.0.into_iter();
                let names = names.filter_map(|pair| pair.0.into_iter().next()?.untrusted());
                Found::Parameters(names.take(MOST_PARAMETERS).collect())
            }
            Some(Kind::AiDetected) => Found::Explanation(Explanation {
                text: self.explanation.untrusted(),
                impact: self.impact.untrusted(),
                evidence: self.evidence.untrusted(),
            }),
            Some(Kind::Metric) => Found::Value(measurement(self.value, self.conditions)),
            Some(Kind::Replay(_)) => self.selector.untrusted().map_or(Found::Shown, Found::Element),
            _ => Found::Shown,
        }
    }

    fn offenders(self) -> Offenders {
        let ids = self.offender_span_ids.0.into_iter().filter_map(Text::untrusted);
        Offenders {
            description: self
                .repeating_spans_compact
                .untrusted()
                .or_else(|| self.repeating_spans.untrusted()),
            times: self.num_repeating_spans.non_negative().or(self.number_repeating_spans.non_negative()),
            ids: ids.take(MOST_SPANS).collect(),
            parent: self.parent_span.untrusted(),
        }
    }
}

/// Returns the measured value with the most severe threshold that the value crossed. If the value crossed none, the
/// least severe threshold is returned.
fn measurement(value: Text, conditions: List<Lenient<Condition>>) -> Measurement {
    let number = |text: &Text| text.as_deref().and_then(|text| text.parse::<f64>().ok());
    let measured = number(&value);
    let is_severe = |it: &Condition| it.severity() > 0 && it.is_above().is_some();
    let thresholds = conditions.0.into_iter().filter_map(|it| it.0).filter(is_severe);
    let thresholds = sorted_by_key(thresholds, |it| std::cmp::Reverse(it.severity()));
    let is_crossed = |it: &&Condition| {
        measured.zip(number(&it.comparison)).is_some_and(|(value, at)| match it.is_above() {
            Some(true) => value >= at,
            _ => value <= at,
        })
    };
    let crossed = thresholds.iter().find(is_crossed).or(thresholds.last());
    Measurement {
        is_above: crossed.and_then(Condition::is_above),
        threshold: crossed.and_then(|it| it.comparison.as_deref().map(Untrusted::new)),
        value: value.untrusted(),
    }
}

impl Condition {
    /// Returns the severity of the condition, which is 1 if Sentry does not state it. 0 means that all is well.
    fn severity(&self) -> u64 {
        self.result.non_negative().or(self.old_result.non_negative()).unwrap_or(1)
    }

    fn is_above(&self) -> Option<bool> {
        match self.kind.as_deref()? {
            "gt" | "gte" => Some(true),
            "lt" | "lte" => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(json: &str) -> Origin {
        serde_json::from_str::<Occurrence>(json).expect("an occurrence").origin().0
    }

    fn value(conditions: &str, value: &str) -> (Option<String>, Option<bool>) {
        let json = format!(r#"{{"type":8001,"evidenceData":{{"value":{value},"conditions":{conditions}}}}}"#);
        let Origin::Detector(Detection { found: Found::Value(it), .. }) = origin(&json) else {
            panic!("no value: {json}")
        };
        (it.threshold.map(|text| text.raw().to_owned()), it.is_above)
    }

    #[test]
    fn the_highest_crossed_threshold_is_reported() {
        let both = r#"[{"type":"gt","comparison":100,"conditionResult":50},
            {"type":"gt","comparison":500.5,"conditionResult":75},
            {"type":"lte","comparison":100,"conditionResult":0}]"#;
        assert_eq!(value(both, "143.0"), (Some("100".to_owned()), Some(true)));
        assert_eq!(value(both, "700"), (Some("500.5".to_owned()), Some(true)));
        assert_eq!(
            value(r#"[{"type":"lt","comparison":0.95}]"#, "0.5"),
            (Some("0.95".to_owned()), Some(false))
        );
        assert_eq!(value(r#"[{"type":"anomaly_detection","comparison":{}}]"#, "{}"), (None, None));
    }

    #[test]
    fn personal_data_is_removed_from_a_feedback_occurrence() {
        let json = r#"{"type":6001,"subtitle":"Jane says","evidenceDisplay":[{"name":"contact_email","value":"j@x.example"}],
            "evidenceData":{"message":"I am jane and it is broken","name":"Jane Roe","contactEmail":"j@x.example"}}"#;
        let details = origin(json).details();
        let texts: Vec<&str> = details.iter().map(Untrusted::raw).collect();
        assert_eq!(texts, ["feedback: I am [name] and it is broken"]);
    }
}
