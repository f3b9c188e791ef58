//! Tests of the command `sidenote doctor` between stand-ins for Sentry, Telegram, Slack, AWS and the model's API:
//! first without a fault, then with one fault at a time. Each fault must be reported with one failure and its remedy,
//! and no run may print a secret.

mod alerts;
mod analyzer;
mod bed;
mod cluster;
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
