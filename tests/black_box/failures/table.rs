//! The rows of a table of faults, for a third party that receives a note or a message.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use sidenote_standins::Fault;

use crate::support::{Secrets, Setup};

/// A delay that is longer than any deadline. A client that waited for such a reply would do no other work.
pub(super) const AGES: Duration = Duration::from_mins(10);

/// A fault, and the result of the step that it affects.
#[must_use]
pub(super) struct Row {
    /// The name of the fault.
    pub(super) what: &'static str,
    /// The setup in which the fault occurs.
    pub(super) setup: Setup,
    /// The faults that are injected.
    pub(super) faults: Vec<Fault>,
    /// The step's result in the JSON outcome: `done` or, for example, `failed: forbidden`.
    pub(super) step: &'static str,
    /// The number of calls that the step makes.
    pub(super) calls: usize,
    /// The number of notes or messages that exist at the end.
    pub(super) left: usize,
}

/// Creates a row in the default setup.
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
    /// Replaces the setup of the row.
    pub(super) fn within(self, setup: Setup) -> Self {
        Self { setup, ..self }
    }
}

/// Runs `check` on every row, all at the same time. Every other row gets its secrets from a file.
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

/// Returns the result of a step in the form that rows use, for example `failed: forbidden`.
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
