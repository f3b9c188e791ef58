//! PLUG-IN: report → text → sent.
//!
//! | notifier | on when | file |
//! |---|---|---|
//! | a note on the Sentry issue | there is a token | `note.rs` |
//! | a message in Telegram | there is a chat | `telegram.rs` |

pub mod note;
pub mod telegram;

use async_trait::async_trait;

use crate::domain::outcome::Step;
use crate::domain::report::{MetricReport, Report};

/// What is told.
#[derive(Debug, Clone)]
pub enum Notification {
    /// An issue, with its analysis.
    Issue(Box<Report>),
    /// A metric, as Sentry tells it.
    Metric(MetricReport),
}

/// Someone who tells.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// The step's name in answers and logs.
    fn name(&self) -> &'static str;

    /// Tells, or says why not. Never longer than the deadline that it was built with.
    async fn notify(&self, notification: &Notification) -> Step;
}
