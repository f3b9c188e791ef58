//! `sidenote serve` from the point of view of Sentry and other callers.

mod answers;
mod deliveries;
mod fixtures;
mod floods;
mod health;
mod installations;
mod lifecycle;
mod overlap;
mod page;
mod repeats;
mod signatures;
