//! Metrics as lines of the log, in the embedded metric format of `CloudWatch`, which reads them there. No network call.

use std::io::Write as _;

use serde_json::{Map, Value, json};

/// Where `CloudWatch` keeps them.
pub const NAMESPACE: &str = "Sidenote";
/// The dimension that tells several functions in one account apart.
pub const DIMENSION: &str = "FunctionName";

/// Lists the metrics once: each with its meaning and its unit in `CloudWatch`'s words.
macro_rules! metrics {
    ($($(#[doc = $doc:literal])+ $name:ident: $unit:literal,)+) => {
        /// A metric.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Metric { $($(#[doc = $doc])+ $name,)+ }

        impl Metric {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name in `CloudWatch`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// Its unit in `CloudWatch`.
            #[must_use]
            pub fn unit(self) -> &'static str {
                match self { $(Self::$name => $unit,)+ }
            }
        }
    };
}

metrics! {
    /// Environments that started.
    ColdStarts: "Count",
    /// Deliveries that were answered 202.
    DeliveriesAccepted: "Count",
    /// Repeats.
    DeliveriesDuplicate: "Count",
    /// Deliveries with nothing to do.
    DeliveriesIgnored: "Count",
    /// Requests that were refused, strangers' too.
    DeliveriesRefused: "Count",
    /// Requests that were refused because our own secrets are missing or unreadable.
    SecretsMissing: "Count",
    /// Requests with a signature that no client secret of ours makes: a stranger's, or our client secret is wrong.
    SignaturesRefused: "Count",
    /// Deliveries that were worked on until every step was done.
    DeliveriesCompleted: "Count",
    /// Deliveries of which a step is undone.
    DeliveriesPartial: "Count",
    /// Deliveries of which no step is done.
    DeliveriesFailed: "Count",
    /// Notes that were written or edited.
    NotesPosted: "Count",
    /// Notes that could not be written.
    NotesFailed: "Count",
    /// Notes that were not tried, because a setting is missing.
    NotesSkipped: "Count",
    /// Messages that were sent.
    MessagesSent: "Count",
    /// Messages that could not be sent.
    MessagesFailed: "Count",
    /// Messages that were not tried, because a setting is missing.
    MessagesSkipped: "Count",
    /// Deliveries in which Sentry or Telegram refused a token, or one lacked a permission.
    TokensRefused: "Count",
    /// People's decisions that were carried out.
    ApprovalsDecided: "Count",
    /// Decisions that could not be carried out.
    ApprovalsFailed: "Count",
    /// Sweeps that could not look.
    SweepsFailed: "Count",
    /// Issues whose webhook never came, as long as webhooks do not arrive; else 0. Each sweep measures it.
    WebhooksSilent: "Count",
    /// Tokens of a model, question and answer together.
    ModelTokens: "Count",
    /// From the request to its answer.
    AnswerDuration: "Milliseconds",
    /// Gathering evidence.
    EvidenceDuration: "Milliseconds",
    /// Analysing it.
    AnalysisDuration: "Milliseconds",
    /// Writing the note and sending the message.
    TellingDuration: "Milliseconds",
}

/// Values that were measured together.
pub type Measured = Vec<(Metric, u64)>;

/// Where metrics go: standard output, or nowhere.
#[derive(Debug, Clone)]
pub struct Metrics(Option<String>);

impl Metrics {
    /// Metrics of the function of this name; without one there are none.
    #[must_use]
    pub fn new(function: Option<String>) -> Self {
        Self(function)
    }

    /// Writes the values as one line. A line that cannot be written is lost.
    pub fn emit(&self, measured: &[(Metric, u64)], at_ms: u64) {
        let Some(function) = &self.0 else { return };
        if !measured.is_empty() {
            let mut line = line(function, measured, at_ms);
            line.push('\n');
            let _ = std::io::stdout().lock().write_all(line.as_bytes());
        }
    }
}

/// The line. `_aws` names the metrics, and their values stand beside it.
fn line(function: &str, measured: &[(Metric, u64)], at_ms: u64) -> String {
    let mut root: Map<String, Value> =
        measured.iter().map(|(metric, value)| (metric.name().to_owned(), json!(value))).collect();
    let definitions: Vec<Value> =
        measured.iter().map(|(metric, _)| json!({"Name": metric.name(), "Unit": metric.unit()})).collect();
    let directive = json!({"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": definitions});
    root.insert("_aws".to_owned(), json!({"Timestamp": at_ms, "CloudWatchMetrics": [directive]}));
    root.insert(DIMENSION.to_owned(), json!(function));
    Value::Object(root).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_what_it_holds() {
        let measured = [(Metric::NotesPosted, 1), (Metric::AnswerDuration, 7)];
        let line: Value = serde_json::from_str(&line("fn", &measured, 1_795_420_803_000)).expect("JSON");
        let metrics = json!([
            {"Name": "NotesPosted", "Unit": "Count"},
            {"Name": "AnswerDuration", "Unit": "Milliseconds"},
        ]);
        let directive =
            json!({"Namespace": "Sidenote", "Dimensions": [["FunctionName"]], "Metrics": metrics});
        let expected = json!({
            "_aws": {"Timestamp": 1_795_420_803_000_u64, "CloudWatchMetrics": [directive]},
            "FunctionName": "fn", "NotesPosted": 1, "AnswerDuration": 7,
        });
        assert_eq!(line, expected);
    }
}
