//! `sidenote serve` with its SQLite file, without AWS. Real processes show the guarantees of the file.

mod bed;
mod dead_letters;
mod kills;
mod refusals;
mod restarts;
