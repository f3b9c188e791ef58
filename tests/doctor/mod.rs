//! `sidenote doctor` as a real command between stand-ins: first a healthy world, then one planted fault at a time. Each
//! fault is reported with one failure and its remedy, and no run prints a secret.

mod alerts;
mod analyzer;
mod bed;
mod green;
mod openclaw;
mod plan;
mod runbook;
mod sentry;
mod slack;
mod source;
mod storage;
mod telegram;
mod url;
mod walk;
