//! The metrics of the Lambda function. They are written to the log in the embedded metric format, from which
//! `CloudWatch` reads them, so a metric costs no network call.

use std::io::Write as _;

use serde_json::{Map, Value, json};

/// The `CloudWatch` namespace of the metrics.
pub const NAMESPACE: &str = "Sidenote";
/// The `CloudWatch` dimension of the metrics. Its value is the name of the Lambda function, so that several functions
/// in one account can be distinguished.
pub const DIMENSION: &str = "FunctionName";

/// Defines [`Metric`] from a list of entries. Each entry has a doc comment, a name, and its unit in `CloudWatch`.
macro_rules! metrics {
    ($($(#[doc = $doc:literal])+ $name:ident: $unit:literal,)+) => {
        /// A metric that Sidenote sends to `CloudWatch`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Metric { $($(#[doc = $doc])+ $name,)+ }

        impl Metric {
            /// All metrics, in the order of their definition.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Returns the metric's name in `CloudWatch`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// Returns the metric's unit in `CloudWatch`.
            #[must_use]
            pub fn unit(self) -> &'static str {
                match self { $(Self::$name => $unit,)+ }
            }
        }
    };
}

metrics! {
    /// The number of Lambda environments that started.
    ColdStarts: "Count",
    /// The number of webhook deliveries that were answered with 202.
    DeliveriesAccepted: "Count",
    /// The number of webhook deliveries about a change that was already reported.
    DeliveriesDuplicate: "Count",
    /// The number of webhook deliveries that need no analysis, such as an issue that a person resolved.
    DeliveriesIgnored: "Count",
    /// The number of webhook requests that were refused, including requests that are not from Sentry.
    DeliveriesRefused: "Count",
    /// The number of requests that were refused because Sidenote's own secrets are missing or cannot be read.
    SecretsMissing: "Count",
    /// The number of requests with an invalid signature. Such requests are not from Sentry, or Sidenote's client secret
    /// is wrong.
    SignaturesRefused: "Count",
    /// The number of deliveries after which the note and all messages were written, or were switched off.
    DeliveriesCompleted: "Count",
    /// The number of deliveries after which only some of the note and the messages were written.
    DeliveriesPartial: "Count",
    /// The number of deliveries after which neither the note nor a message was written.
    DeliveriesFailed: "Count",
    /// The number of notes on Sentry issues that were written or edited.
    NotesPosted: "Count",
    /// The number of notes that could not be written.
    NotesFailed: "Count",
    /// The number of notes that were not attempted, because a setting is missing.
    NotesSkipped: "Count",
    /// The number of messages that were sent to Telegram.
    MessagesSent: "Count",
    /// The number of messages that could not be sent to Telegram.
    MessagesFailed: "Count",
    /// The number of messages to Telegram that were not attempted, because a setting is missing.
    MessagesSkipped: "Count",
    /// The number of messages that were sent to Slack.
    SlackMessagesSent: "Count",
    /// The number of messages that could not be sent to Slack.
    SlackMessagesFailed: "Count",
    /// The number of messages to Slack that were not attempted, because a setting is missing.
    SlackMessagesSkipped: "Count",
    /// The number of deliveries in which Sentry or a chat rejected a token, or the token lacked a permission.
    TokensRefused: "Count",
    /// The number of decisions of people, such as to approve or reject an action, that were executed.
    ApprovalsDecided: "Count",
    /// The number of decisions of people, such as to approve an action, whose execution failed.
    ApprovalsFailed: "Count",
    /// The number of sweeps (scheduled searches for missed issues) that could not list the issues.
    SweepsFailed: "Count",
    /// The number of issues for which Sentry should have sent a webhook and did not. It is 0 while webhooks arrive.
    /// Each sweep measures the number.
    WebhooksSilent: "Count",
    /// The number of tokens that language models used, for questions and answers together.
    ModelTokens: "Count",
    /// The time from receiving a webhook request to answering it.
    AnswerDuration: "Milliseconds",
    /// The time for gathering evidence.
    EvidenceDuration: "Milliseconds",
    /// The time for analysing the evidence.
    AnalysisDuration: "Milliseconds",
    /// The time for writing the note and sending the messages.
    TellingDuration: "Milliseconds",
}

/// Metrics with their values. One call of [`Metrics::emit`] writes all of them as one line.
pub type Measured = Vec<(Metric, u64)>;

/// Writes metrics to standard output, or drops them if there is no function name.
#[derive(Debug, Clone)]
pub struct Metrics(Option<String>);

impl Metrics {
    /// Creates a writer of metrics for the Lambda function with this name. Without a name, for example outside of
    /// Lambda, all metrics are dropped.
    #[must_use]
    pub fn new(function: Option<String>) -> Self {
        Self(function)
    }

    /// Writes the values as one line. `at_ms` is the time in milliseconds since 1970. A line that cannot be written is
    /// lost.
    pub fn emit(&self, measured: &[(Metric, u64)], at_ms: u64) {
        let Some(function) = &self.0 else { return };
        if !measured.is_empty() {
            let mut line = line(function, measured, at_ms);
            line.push('\n');
            let _ = std::io::stdout().lock().write_all(line.as_bytes());
        }
    }
}

/// Returns the metrics as a JSON object in the embedded metric format. The member `_aws` lists the names and units of
/// the metrics, and each value is a member beside `_aws`.
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
