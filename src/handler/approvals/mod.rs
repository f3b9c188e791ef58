//! The approvals wing: a person is asked, decides by a button or a command, and everybody sees what came of it.

pub(super) mod can_decide;
pub(super) mod chats;
pub(super) mod decisions;
pub(super) mod expiry;
pub(super) mod questions;
pub(super) mod shown;
pub(super) mod taps;
