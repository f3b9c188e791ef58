//! Strict stand-ins: Sentry, Telegram and a model's API as loopback HTTP servers, in this process.
//!
//! The black-box tests and `sidenote demo` talk to them over real sockets. Each one does three things:
//!
//! 1. it answers what the real service answers, quirks included;
//! 2. it records every request, and every *violation*: what a correct client would never send, although
//!    the real service might shrug it off (an unknown member, a missing trailing slash, a token in a URL);
//! 3. it fails on demand: see [`Fault`].
//!
//! Everything is in memory, identifiers are counted up, and nothing leaves `127.0.0.1`.

#![expect(clippy::disallowed_methods, reason = "a stand-in has a clock and a latency of its own")]

mod exchange;
mod faults;
mod llm;
mod sentry;
mod server;
mod telegram;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use exchange::Recorded;
pub use faults::Fault;
pub use llm::{Dialect, Llm, Said};
pub use sentry::{
    Commit, DuplicateCheck, Event, Exception, Frame, Issue, Kind, NoteRecord, Sentry, SentryWorld, Token,
};
pub use telegram::{Chat, Entity, Message, Person, Pushed, Telegram, TelegramWorld, Toast};
