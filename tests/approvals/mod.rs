//! Approvals: a person presses a button in the chat, and the proposed action is carried out on the Sentry issue, once,
//! in that person's name. Real processes run between a stand-in for Sentry and one for Telegram that pushes updates as
//! the real server does; the same flow also runs with two independent Telegram emulators.

mod actions;
mod answers;
mod bed;
mod comes_back;
mod commands;
mod connect;
mod emulators;
mod fields;
mod file_kills;
mod function_url;
mod gone;
mod kills;
mod lambda;
pub(crate) mod life;
mod meanwhile;
mod menu;
mod moved;
mod nobody;
mod notes;
mod orders;
mod people;
mod polling;
mod polling_emulators;
mod slack;
mod slack_kills;
mod slack_life;
mod worlds;
