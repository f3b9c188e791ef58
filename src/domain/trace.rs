//! The spans of a transaction: the operations in it, with their begin and end.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use super::order::sorted_by_key;
use super::text::Untrusted;

/// The duration and the spans of a transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The duration of the transaction, if the event states it.
    pub took: Option<Duration>,
    /// The spans in the order in which the SDK sent them.
    pub spans: Vec<Span>,
}

/// A span: one operation of a transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// The kind of operation, such as `db`, `http.client` or `resource.script`.
    pub op: Option<Untrusted>,
    /// The description of the operation, such as a query or a URL.
    pub description: Option<Untrusted>,
    /// The id of the span.
    pub id: Option<Untrusted>,
    /// The id of the parent span, which contains this span.
    pub parent: Option<Untrusted>,
    /// The begin and the end of the operation, both as the time since 1970.
    pub time: Option<(Duration, Duration)>,
    /// The place in the code that started the operation, such as `shop/cart.py:41 load`.
    pub code: Option<Untrusted>,
}

/// A group of spans that do the same operation.
#[derive(Debug, Clone, Default)]
pub struct Group<'t> {
    /// The spans of the group.
    pub spans: Vec<&'t Span>,
}

/// At most this many spans are read. No real transaction has more.
pub const MOST_SPANS: usize = 1_000;
/// At most this many characters of a span's description are compared.
const COMPARED: usize = 500;

impl Span {
    /// Whether the operation leaves the process, such as a query or a request.
    fn is_call(&self) -> bool {
        let op = self.op.as_ref().and_then(|op| op.raw().split('.').next());
        op.is_some_and(|op| CALLS.contains(&op))
    }

    /// Returns the description without its values, so that the same query with other values has the same shape.
    #[must_use]
    pub fn shape(&self) -> String {
        self.description.as_ref().map(|text| shape(text.start(COMPARED))).unwrap_or_default()
    }
}

/// The operations that leave the process, by the first part of their names.
const CALLS: &[&str] = &["db", "http", "cache", "redis", "rpc", "grpc", "graphql", "sql"];

/// Returns `text` with numbers and quoted values replaced by `?`, so that equal queries with other values become equal.
#[must_use]
pub fn shape(text: &str) -> String {
    let (mut out, mut is_quoted, mut is_number) = (String::with_capacity(text.len()), false, false);
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        if c == '\'' {
            is_quoted = !is_quoted;
            out.push_str(if is_quoted { "?" } else { "" });
        } else if !is_quoted {
            if c.is_ascii_digit() {
                out.push_str(if is_number { "" } else { "?" });
            } else {
                out.push(c);
            }
            is_number = c.is_ascii_digit();
        }
    }
    out
}

impl Trace {
    /// Returns the duration of the transaction. If the time from the first begin to the last end of the spans is
    /// longer, returns that time.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        let times = || self.spans.iter().filter_map(|span| span.time);
        let began = times().map(|(begin, _)| begin).min();
        let ended = times().map(|(_, end)| end).max();
        let of_spans = began.zip(ended).map(|(begin, end)| end.saturating_sub(begin));
        self.took.max(of_spans).filter(|took| !took.is_zero())
    }

    /// Returns details of the trace as `name: value`: the transaction called `name`, and its repeated and slowest
    /// spans. There is always at least one detail.
    #[must_use]
    pub fn details(&self, name: Option<&Untrusted>) -> Vec<Untrusted> {
        let name = name.map_or("-", Untrusted::raw);
        let spans =
            if self.spans.len() == 1 { "1 span".to_owned() } else { format!("{} spans", self.spans.len()) };
        let mut details = vec![Untrusted::new(format!("transaction: {name}, {spans}"))];
        let detail = |times: usize, what: &Span, took: Duration| {
            let what = what.description.as_ref()?.route();
            Some(Untrusted::new(format!("{times} × {}: {} ms", what.raw(), took.as_millis())))
        };
        let repeated = self.repeated();
        let first = repeated.as_ref().and_then(|group| Some((group, *group.spans.first()?)));
        details.extend(first.and_then(|(group, span)| detail(group.spans.len(), span, group.duration())));
        let is_new = |span: &Span| repeated.as_ref().is_none_or(|group| !group.spans.contains(&span));
        let slowest = self.slowest().filter(|(span, _)| is_new(span));
        details.extend(slowest.and_then(|(span, took)| detail(1, span, took)));
        details
    }

    /// Returns the spans with these ids.
    #[must_use]
    pub fn with_ids(&self, ids: &[Untrusted]) -> Group<'_> {
        let is_named = |span: &&Span| span.id.as_ref().is_some_and(|id| ids.contains(id));
        Group { spans: self.spans.iter().filter(is_named).collect() }
    }

    /// Returns the spans whose description has the same shape as `description`. In `description`, detectors of Sentry
    /// put the kind of operation before the text.
    #[must_use]
    pub fn that_do(&self, description: &Untrusted) -> Group<'_> {
        let wanted = shape(description.start(COMPARED));
        let is_meant = |span: &&Span| {
            let own = span.shape();
            !own.is_empty() && (own == wanted || wanted.ends_with(&format!(" - {own}")))
        };
        Group { spans: self.spans.iter().filter(is_meant).collect() }
    }

    /// Returns the group of equal calls with the longest duration, out of the groups with at least three calls.
    #[must_use]
    pub fn repeated(&self) -> Option<Group<'_>> {
        let mut groups: BTreeMap<(&str, String), Vec<&Span>> = BTreeMap::new();
        for span in self.spans.iter().filter(|span| span.description.is_some() && span.is_call()) {
            let op = span.op.as_ref().map(Untrusted::raw).unwrap_or_default();
            groups.entry((op, span.shape())).or_default().push(span);
        }
        let groups = groups.into_values().map(|spans| Group { spans });
        groups.filter(|group| group.spans.len() >= REPEATED).max_by_key(Group::duration)
    }

    /// Returns the span with the longest duration among those without child spans, and its duration.
    #[must_use]
    pub fn slowest(&self) -> Option<(&Span, Duration)> {
        let parents: HashSet<&str> =
            self.spans.iter().filter_map(|span| span.parent.as_ref()).map(Untrusted::raw).collect();
        let is_whole = |span: &&Span| span.id.as_ref().is_none_or(|id| !parents.contains(id.raw()));
        let described = self.spans.iter().filter(|span| span.description.is_some());
        let timed = described.filter(is_whole).filter_map(|span| {
            let (begin, end) = span.time?;
            Some((span, end.saturating_sub(begin)))
        });
        timed.filter(|(_, took)| !took.is_zero()).max_by_key(|(_, took)| *took)
    }
}

/// Equal calls count as repeated if there are at least this many of them.
const REPEATED: usize = 3;

impl Group<'_> {
    /// Returns the time during which at least one of the spans ran.
    #[must_use]
    pub fn duration(&self) -> Duration {
        let times = sorted_by_key(self.spans.iter().filter_map(|span| span.time), |time| *time);
        let (mut total, mut reached) = (Duration::ZERO, Duration::ZERO);
        for (begin, end) in times {
            total += end.saturating_sub(begin.max(reached));
            reached = reached.max(end);
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(description: &str, begin: u64, end: u64) -> Span {
        Span {
            op: Some(Untrusted::new("db")),
            description: Some(Untrusted::new(description)),
            time: Some((Duration::from_millis(begin), Duration::from_millis(end))),
            ..Span::default()
        }
    }

    #[test]
    fn queries_that_differ_only_in_values_have_the_same_shape() {
        assert_eq!(
            shape("SELECT a  FROM t WHERE id = 42 AND n = 'Kim'"),
            "SELECT a FROM t WHERE id = ? AND n = ?"
        );
        assert_eq!(shape("GET /author/278/book"), shape("GET /author/9/book"));
        assert_ne!(shape("SELECT a FROM t"), shape("SELECT b FROM t"));
    }

    #[test]
    fn overlapping_spans_are_counted_once_in_a_duration() {
        let spans = vec![span("a", 0, 100), span("a", 50, 120), span("a", 300, 310), span("b", 0, 1_000)];
        let trace = Trace { took: Some(Duration::from_millis(400)), spans };
        assert_eq!(trace.repeated().map(|group| group.duration()), Some(Duration::from_millis(130)));
        let mut own = trace.clone();
        own.spans.iter_mut().for_each(|span| span.op = Some(Untrusted::new("middleware.django")));
        assert!(own.repeated().is_none(), "what stays in the process is no call");
        assert_eq!(trace.duration(), Some(Duration::from_secs(1)), "spans that reach further count");
        assert_eq!(trace.that_do(&Untrusted::new("db - a")).spans.len(), 3);
        assert_eq!(trace.slowest().map(|(span, _)| span.shape()).as_deref(), Some("b"));
        assert!(Trace::default().duration().is_none() && Trace::default().repeated().is_none());
    }
}
