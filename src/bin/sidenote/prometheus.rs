//! `GET /metrics` of `sidenote serve`: the metrics of this process in the text format of Prometheus.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use sidenote::handler::{DeliveryEvent, Observer, measured};
use sidenote::metrics::Metric;

const TEXT_FORMAT: &str = "text/plain; version=0.0.4";

/// The sum and the number of the values of each metric since the start of the process.
pub(crate) struct Totals([(AtomicU64, AtomicU64); Metric::ALL.len()]);

impl Default for Totals {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Default::default()))
    }
}

impl Observer for Totals {
    fn observe(&self, event: &DeliveryEvent<'_>) {
        for (metric, value) in measured(event) {
            for (_, (sum, count)) in Metric::ALL.iter().zip(&self.0).filter(|(it, _)| **it == metric) {
                sum.fetch_add(value, Ordering::Relaxed);
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Totals {
    /// Returns the router with the route `/metrics`.
    pub(crate) fn router(self: Arc<Self>) -> Router {
        Router::new().route("/metrics", get(async move || ([(CONTENT_TYPE, TEXT_FORMAT)], self.text())))
    }

    fn text(&self) -> String {
        let mut out = String::new();
        for (metric, (sum, count)) in Metric::ALL.iter().zip(&self.0) {
            let (sum, count) = (sum.load(Ordering::Relaxed), count.load(Ordering::Relaxed));
            let name = snake(metric.name());
            // Writing to a string cannot fail.
            let _ = match metric.unit() {
                "Count" => writeln!(out, "# TYPE sidenote_{name}_total counter\nsidenote_{name}_total {sum}"),
                _ => writeln!(
                    out,
                    "# TYPE sidenote_{name}_milliseconds summary\nsidenote_{name}_milliseconds_sum {sum}\n\
                     sidenote_{name}_milliseconds_count {count}"
                ),
            };
        }
        out
    }
}

/// Converts a metric's name, for example `DeliveriesAccepted` to `deliveries_accepted`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_exposed_and_events_are_summed() {
        let totals = Totals::default();
        for _ in 0..2 {
            totals.observe(&DeliveryEvent::Started { has_queue: true });
        }
        let text = totals.text();
        assert!(text.contains("\nsidenote_cold_starts_total 2\n"), "{text}");
        assert!(text.contains("\nsidenote_answer_duration_milliseconds_count 0\n"), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("# TYPE")).count(), Metric::ALL.len());
    }
}
