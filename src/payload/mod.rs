//! PURE: what Sentry's webhooks and its API write alike, and its way to the domain.
//!
//! `issue.rs` is an issue, `event.rs` the parts of an event. What stands around these parts differs, and so do the names
//! of a frame's members. Every member can be null, missing, unknown or of another type.

mod attributes;
mod event;
mod issue;

pub(crate) use attributes::{Deep, Parts, attributes};
pub(crate) use event::{
    Contexts, Interface, Named, Occurrence, ProcessingError, Stacktrace, Value, breadcrumbs, chain, frames,
    platform, processing_errors, thread_stack,
};
pub(crate) use issue::{Issue, Project, Release};
