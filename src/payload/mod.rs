//! Pure: reads the JSON that Sentry's webhooks and its API write alike, and converts it to the domain.
//!
//! `issue.rs` reads an issue and `event.rs` the parts of an event that errors have. `occurrence.rs`, `report.rs`,
//! `feedback.rs`, `trace.rs` and `image.rs` read the parts that other kinds have. The JSON around these parts differs
//! between webhooks and API and is read by `webhook` and `sentry`. Every member can be null, missing, unknown or of
//! another type.

mod attributes;
mod event;
mod feedback;
mod image;
mod issue;
mod occurrence;
mod report;
mod trace;

pub(crate) use attributes::{Deep, Parts};
pub(crate) use event::{
    Contexts, Interface, Named, ProcessingError, Stacktrace, User, Value, breadcrumbs, chain, frames,
    platform, processing_errors, raising_thread, thread_stack,
};
pub(crate) use issue::{Issue, Project, Release};
pub(crate) use occurrence::Occurrence;
pub(crate) use trace::{SpanEntry, trace};
