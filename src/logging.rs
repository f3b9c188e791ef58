//! Structured logs: one JSON object a line.

use std::io;

use tracing::Level;
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Where the lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// Lambda takes what a function prints.
    Stdout,
    /// A command's results go to standard output, so its logs do not.
    Stderr,
}

/// Starts logging. A second start is ignored: the first one's settings stand.
pub fn start(filter: &Targets, to: To) {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false);
    let lines = lines.with_target(false).with_writer(move || -> Box<dyn io::Write> {
        match to {
            To::Stdout => Box::new(io::stdout()),
            To::Stderr => Box::new(io::stderr()),
        }
    });
    // At this level the runtime logs every event whole, and no log line of ours carries a raw body.
    let raw = |target: &str, level: &Level| target.starts_with("lambda_runtime") && *level == Level::TRACE;
    let no_raw = filter_fn(move |line| !raw(line.target(), line.level()));
    let _ = tracing_subscriber::registry().with(filter.clone()).with(no_raw).with(lines).try_init();
}
