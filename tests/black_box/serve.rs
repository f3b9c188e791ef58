//! `sidenote serve`, as Sentry and its other callers meet it.

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
