//! `sidenote doctor`, the real command, between stand-ins: all green first, then one planted fault after the other, each
//! named by one failure with its remedy. Nothing secret is printed in any run.

mod analyzer;
mod bed;
mod green;
mod plan;
mod runbook;
mod sentry;
mod storage;
mod telegram;
mod url;
