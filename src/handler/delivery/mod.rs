//! The part of the handler for deliveries: from an accepted delivery to a note and a message.

mod again;
mod analysis;
mod budget;
pub(super) mod deliveries;
pub(super) mod incidents;
pub(super) mod intake;
pub(super) mod job;
mod note_action;
mod notify;
pub(super) mod prepare;
pub(super) mod queue;
pub(super) mod retry;
pub(super) mod sweep;
