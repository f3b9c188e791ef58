//! `sidenote doctor`, the real command, between stand-ins: all green first, then one planted fault after the other, each
//! named by one failure with its remedy. Nothing secret is printed in any run.

#![expect(
    clippy::disallowed_methods,
    reason = "tests keep time by the clock and read what they are asked for"
)]

#[cfg(test)]
mod analyzer;
#[cfg(test)]
mod bed;
#[cfg(test)]
#[expect(dead_code, unused_imports, reason = "the other binary uses the rest")]
#[path = "../black_box"]
mod black_box {
    pub(crate) mod support;
    pub(crate) mod tools;
}
#[cfg(test)]
#[expect(dead_code, reason = "the other binary uses the rest")]
#[path = "../nothing_twice/cloud.rs"]
mod cloud;
#[cfg(test)]
mod green;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod runbook;
#[cfg(test)]
mod sentry;
#[cfg(test)]
mod storage;
#[cfg(test)]
mod telegram;
#[cfg(test)]
mod url;
#[cfg(test)]
#[expect(dead_code, reason = "the other binary uses the rest")]
#[path = "../nothing_twice/wire.rs"]
mod wire;
