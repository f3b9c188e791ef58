//! The part of the handler for approvals: it asks a person to approve an action, takes the decision by button or
//! command, executes the decision and shows the outcome.

pub(super) mod buttons;
pub(super) mod can_decide;
pub(super) mod chats;
mod decided_message;
pub(super) mod decisions;
pub(super) mod expiry;
pub(super) mod menu;
pub(super) mod menu_presses;
pub(super) mod polling;
mod presses;
pub(super) mod questions;
pub(super) mod shown;
pub(super) mod slack;
pub(super) mod taps;
