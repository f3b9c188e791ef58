//! Strict stand-ins for Sentry, Telegram, Slack, a model's API and a code host: HTTP servers on the loopback interface,
//! inside this process.
//!
//! The black-box tests and `sidenote demo` talk to the stand-ins over real sockets. Each stand-in:
//!
//! 1. replies as the real service does, quirks included;
//! 2. records every request, and every *violation*: a mistake of the client that the real service might tolerate (an
//!    unknown member, a missing trailing slash, a token in a URL);
//! 3. fails on demand: see [`Fault`].
//!
//! All state is in memory, identifiers are consecutive, and no traffic leaves `127.0.0.1`.

#![expect(clippy::disallowed_methods, reason = "a stand-in has a clock and a latency of its own")]

mod code_host;
mod exchange;
mod faults;
mod llm;
mod push;
mod sentry;
mod server;
mod slack;
mod telegram;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use code_host::{Change, CodeHost, HostKind, HostedFile, HostedRepository};
pub use exchange::Recorded;
pub use faults::Fault;
pub use llm::{Agent, Dialect, Llm, Said};
pub use sentry::{
    Alert, Commit, DuplicateCheck, Event, Exception, Frame, Integration, Issue, Kind, Lookalike, NoteRecord,
    Sentry, SentryWorld, Token,
};
pub use slack::{Slack, SlackChannel, SlackPerson, SlackPost, SlackPress, SlackWorld};
pub use telegram::{Chat, Entity, Message, Person, Pushed, Telegram, TelegramWorld, Toast};
