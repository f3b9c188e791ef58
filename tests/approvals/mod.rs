//! Approvals: a person taps a button in the chat, and what was proposed happens on the Sentry issue, once, under that
//! person's name. Real processes between a stand-in Sentry and a stand-in Telegram that pushes as the real one does; and
//! the same against two Telegrams that others wrote.

mod actions;
mod answers;
mod bed;
mod comes_back;
mod commands;
mod connect;
mod emulators;
mod fields;
mod function_url;
mod kills;
mod lambda;
mod moved;
mod nobody;
mod notes;
mod worlds;
