//! Tests of `sidenote serve` with its SQLite file. Real processes show the guarantees of the file. Only `aws` needs the
//! emulator of AWS.

mod aws;
pub(crate) mod bed;
mod cost;
mod dead_letters;
mod disk;
mod kills;
pub(crate) mod load;
mod points;
mod power_cuts;
mod refusals;
mod restarts;
mod steps;
mod storm;
mod upkeep;
mod week;
