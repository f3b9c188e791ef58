//! One row of a table for a third party that receives a note or a message.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use sidenote_standins::Fault;

use crate::support::{Secrets, Setup};

/// A delay that is longer than any deadline. A client that waits for it can do nothing else.
pub(super) const AGES: Duration = Duration::from_mins(10);

/// A fault and the result of the affected step.
#[must_use]
pub(super) struct Row {
    /// The fault in words.
    pub(super) what: &'static str,
    /// The setup in which the fault occurs.
    pub(super) setup: Setup,
    /// The injected faults.
    pub(super) faults: Vec<Fault>,
    /// The step's result in the answer: `done` or, for example, `failed: forbidden`.
    pub(super) step: &'static str,
    /// The number of calls of the step.
    pub(super) calls: usize,
    /// The number of notes or messages at the end.
    pub(super) left: usize,
}

/// A row in the usual setup.
pub(super) fn row<const N: usize>(
    what: &'static str,
    faults: [Fault; N],
    step: &'static str,
    calls: usize,
    left: usize,
) -> Row {
    Row { what, setup: Setup::new(), faults: faults.into(), step, calls, left }
}

impl Row {
    /// The same row in another setup.
    pub(super) fn within(self, setup: Setup) -> Self {
        Self { setup, ..self }
    }
}

/// Runs every row, all at the same time.
pub(super) async fn run<R, F: Future<Output = ()>>(
    rows: impl IntoIterator<Item = R>,
    check: impl Fn(R, Secrets) -> F,
) {
    let places = [Secrets::Environment, Secrets::File].into_iter().cycle();
    let checks: Vec<F> =
        rows.into_iter().zip(places).map(|(row, message_ref)| check(row, message_ref)).collect();
    assert!(checks.len() > 1, "a table has rows");
    join_all(checks).await;
}

/// The result of a step in the form that rows use.
pub(super) fn step_text(step: &Value) -> String {
    let status = step["status"].as_str().expect("a status");
    match step["outcome"].as_str() {
        Some(outcome) => {
            assert!(step["reason"].is_string(), "{step}");
            format!("{status}: {outcome}")
        }
        None => status.to_owned(),
    }
}
