//! The metrics of Sidenote. They are written to the log in the embedded metric format, from which `CloudWatch` reads
//! them, so a metric costs no network call.

use std::io::Write as _;

use serde_json::{Map, Value, json};

/// The `CloudWatch` namespace of the metrics.
pub const NAMESPACE: &str = "Sidenote";
/// The `CloudWatch` dimension of the metrics, which distinguishes several Lambda functions in one account.
pub const DIMENSION: &str = "FunctionName";

/// Defines [`Metric`] from a list. Each entry has its meaning as a doc comment and its unit in `CloudWatch`.
macro_rules! metrics {
    ($($(#[doc = $doc:literal])+ $name:ident: $unit:literal,)+) => {
        /// A metric of Sidenote.
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
    /// The number of webhook deliveries that were accepted for work. They are answered with 202, unless the caller
    /// waits for the outcome or a configured queue does not have the delivery.
    DeliveriesAccepted: "Count",
    /// The number of deliveries about an incident that was handled before or is being handled. An alert within the
    /// cooldown counts, even if a read of the issue then shows a new change.
    DeliveriesDuplicate: "Count",
    /// The number of deliveries that need no analysis.
    DeliveriesIgnored: "Count",
    /// The number of requests that were refused, including requests that are not from Sentry.
    DeliveriesRefused: "Count",
    /// The number of requests that were refused because Sidenote's own secrets are missing or cannot be read.
    SecretsMissing: "Count",
    /// The number of requests with an invalid signature. They are not from Sentry or Slack, or Sidenote's secret for
    /// the check is wrong.
    SignaturesRefused: "Count",
    /// The number of deliveries of which every step is done. The steps are the note and the messages.
    DeliveriesCompleted: "Count",
    /// The number of deliveries of which some steps (the note or a message) are done and some are not.
    DeliveriesPartial: "Count",
    /// The number of deliveries of which no step is done: neither the note nor a message.
    DeliveriesFailed: "Count",
    /// The number of notes that were written or edited.
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
    /// The number of messages, edits and replies in chats that are missing: the call failed, or a setting is missing. An
    /// attempt that is repeated later counts, too.
    NotTold: "Count",
    /// The number of deliveries in which Sentry, a code host or a chat rejected a token, or the token lacked a
    /// permission.
    TokensRefused: "Count",
    /// The number of decisions about approvals that were executed.
    ApprovalsDecided: "Count",
    /// The number of decisions about approvals whose execution failed.
    ApprovalsFailed: "Count",
    /// The number of scheduled sweeps that could not list the recent issues.
    SweepsFailed: "Count",
    /// The number of issues without a webhook, if no webhooks arrive at all; else 0. Each scheduled sweep measures it.
    WebhooksSilent: "Count",
    /// The number of tokens that the language model has processed, question and answer together.
    ModelTokens: "Count",
    /// The number of changes of the source code that a model suggested and that were left out. The log line
    /// `edit_refused` has the reason.
    EditsRefused: "Count",
    /// The time from a webhook request of Sentry to the choice of its answer. A wait for the work is not included.
    AnswerDuration: "Milliseconds",
    /// The time for gathering the evidence about one issue.
    EvidenceDuration: "Milliseconds",
    /// The time for analysing the evidence about one issue.
    AnalysisDuration: "Milliseconds",
    /// The time for writing the note and sending the messages of one delivery.
    TellingDuration: "Milliseconds",
}

/// Metrics with their values. Times are in milliseconds. One list is written as one line.
pub type Measured = Vec<(Metric, u64)>;

/// The writer of metrics to standard output. Without a function name it drops them.
#[derive(Debug, Clone)]
pub struct Metrics(Option<String>);

impl Metrics {
    /// Creates a writer for the function with this name. Without a name all metrics are dropped.
    #[must_use]
    pub fn new(function: Option<String>) -> Self {
        Self(function)
    }

    /// Writes the values as one line. `at_ms` is the time in milliseconds since 1970 (UTC). A line that cannot be
    /// written is lost.
    pub fn emit(&self, measured: &[(Metric, u64)], at_ms: u64) {
        let Some(function) = &self.0 else { return };
        if !measured.is_empty() {
            let mut line = line(function, measured, at_ms);
            line.push('\n');
            let _ = std::io::stdout().lock().write_all(line.as_bytes());
        }
    }
}

/// Returns the JSON of one line. The member `_aws` lists the metrics, and each value has its own member beside it.
fn line(function: &str, measured: &[(Metric, u64)], at_ms: u64) -> String {
    let mut root = Map::new();
    for (metric, value) in measured {
        root.insert(metric.name().to_owned(), json!(value));
    }
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
    fn a_metrics_line_defines_its_metrics() {
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
