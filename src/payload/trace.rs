//! Reads the spans of a transaction.

use std::time::Duration;

use serde::Deserialize;

use crate::domain::text::Untrusted;
use crate::domain::trace::{MOST_SPANS, Span, Trace};
use crate::json::{Int, Lenient, List, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SpanEntry {
    op: Text,
    description: Text,
    span_id: Text,
    parent_span_id: Text,
    start_timestamp: Text,
    timestamp: Text,
    #[serde(rename = "data")]
    details: Lenient<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    #[serde(rename = "code.filepath")]
    file: Text,
    #[serde(rename = "code.lineno")]
    line: Int,
    #[serde(rename = "code.function")]
    function: Text,
}

/// Reads the spans of a transaction, and its duration from its times `begin` and `end`.
pub(crate) fn trace(spans: List<Lenient<SpanEntry>>, begin: &Text, end: &Text) -> Trace {
    let took = since_1970(begin).zip(since_1970(end)).map(|(begin, end)| end.saturating_sub(begin));
    let spans = spans.0.into_iter().filter_map(|span| span.0).take(MOST_SPANS);
    Trace { took, spans: spans.map(SpanEntry::read).collect() }
}

/// Parses a time in seconds since 1970 with a fraction, such as `1764400000.25`.
fn since_1970(text: &Text) -> Option<Duration> {
    Duration::try_from_secs_f64(text.as_deref()?.parse().ok()?).ok()
}

impl SpanEntry {
    fn read(self) -> Span {
        Span {
            time: since_1970(&self.start_timestamp).zip(since_1970(&self.timestamp)),
            op: self.op.untrusted(),
            description: self.description.untrusted(),
            id: self.span_id.untrusted(),
            parent: self.parent_span_id.untrusted(),
            code: self.details.0.and_then(Details::place),
        }
    }
}

impl Details {
    fn place(self) -> Option<Untrusted> {
        let file = self.file.as_deref()?;
        let line = self.line.non_negative().map(|line| format!(":{line}")).unwrap_or_default();
        let function = self.function.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
        Some(Untrusted::new(format!("{file}{line}{function}")))
    }
}
