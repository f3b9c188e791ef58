//! Nothing twice, nothing lost: the promise behind a 2xx, shown with real processes that are killed, cut off and repeated.
//!
//! Between every process and every service stands a [`wire`](wire::Wire) that can refuse, reset, hold or answer instead.

#![expect(
    clippy::disallowed_methods,
    reason = "tests keep time by the clock and read what they are asked for"
)]

#[cfg(test)]
mod batch;
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
mod cloud;
#[cfg(test)]
mod cost;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod ends;
#[cfg(test)]
mod episodes;
#[cfg(test)]
mod fallback;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod loops;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod models;
#[cfg(test)]
mod promises;
#[cfg(test)]
#[expect(dead_code, reason = "the other binary uses the rest")]
#[path = "../doctor/proxies.rs"]
mod proxies;
#[cfg(test)]
mod storm;
#[cfg(test)]
mod sweeps;
#[cfg(test)]
mod wire;
