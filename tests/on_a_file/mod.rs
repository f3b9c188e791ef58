//! `sidenote serve` with its SQLite file, without AWS. Real processes show the guarantees of the file.

mod bed;
mod cost;
mod dead_letters;
mod disk;
mod kills;
mod machine;
mod power_cuts;
mod refusals;
mod restarts;
