//! Tests of `sidenote serve` as Sentry and other clients see it.

mod answers;
mod by_hand;
mod code_hosts;
mod deliveries;
mod fixtures;
mod flags;
mod flood_table;
mod floods;
mod health;
mod installations;
mod lifecycle;
mod overlap;
mod page;
mod repeats;
mod signatures;
