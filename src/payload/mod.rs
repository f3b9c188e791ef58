//! Reads the parts of JSON that Sentry's webhooks and its API write alike, and converts them to types of `domain`. The
//! code is pure: it does no I/O and reads no clock.
//!
//! `issue.rs` reads an issue. `event.rs` reads the parts of an event that errors have, `image.rs` the loaded libraries
//! of native code, and `attributes.rs` all values beside the stack. `occurrence.rs`, `report.rs`, `feedback.rs` and
//! `trace.rs` read the parts of other kinds of events. The modules `webhook` and `sentry` read the JSON around these
//! parts, which differs between webhooks and the API. Every member can be null, missing, unknown or of another type.

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
