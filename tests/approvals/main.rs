//! Approvals: a person taps a button in the chat, and what was proposed happens on the Sentry issue, once, under that
//! person's name. Real processes between a stand-in Sentry and a stand-in Telegram that pushes as the real one does; and
//! the same against two Telegrams that others wrote.

#![expect(
    clippy::disallowed_methods,
    reason = "tests keep time by the clock and read what they are asked for"
)]

#[cfg(test)]
mod actions;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod bed;
#[cfg(test)]
#[expect(dead_code, unused_imports, reason = "the other binary uses the rest")]
#[path = "../black_box"]
mod black_box {
    pub(crate) mod lambda_service;
    pub(crate) mod support;
    pub(crate) mod tools;
}
#[cfg(test)]
#[path = "../nothing_twice/cloud.rs"]
mod cloud;
#[cfg(test)]
mod comes_back;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod connect;
#[cfg(test)]
#[expect(dead_code, reason = "the other binary uses the rest")]
#[path = "../nothing_twice/deliveries.rs"]
mod deliveries;
#[cfg(test)]
mod emulators;
#[cfg(test)]
mod fields;
#[cfg(test)]
mod function_url;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod lambda;
#[cfg(test)]
mod moved;
#[cfg(test)]
mod nobody;
#[cfg(test)]
mod notes;
#[cfg(test)]
#[expect(dead_code, reason = "the other binary uses the rest")]
#[path = "../nothing_twice/wire.rs"]
mod wire;
#[cfg(test)]
mod worlds;
