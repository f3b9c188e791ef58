//! `sidenote serve` with its SQLite file, without AWS: what the file promises, shown with real processes.

mod bed;
mod dead_letters;
mod kills;
mod refusals;
mod restarts;
