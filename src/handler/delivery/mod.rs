//! The part of the handler for deliveries (webhooks of Sentry with a valid signature): from an accepted webhook to a
//! note and a message.

pub(in crate::handler) mod again;
mod analysis;
mod budget;
pub(super) mod deliveries;
mod doubt;
mod gone;
mod heartbeat;
pub(super) mod incidents;
pub(super) mod intake;
pub(super) mod job;
mod note_action;
mod notify;
pub(super) mod prepare;
pub(super) mod queue;
pub(super) mod retry;
mod schedule;
pub(super) mod sweep;
pub(super) mod watch;
