//! Black-box tests of `sidenote serve` and the Lambda function: real processes, real sockets, strict stand-ins.

mod approvals;
mod command;
mod emulators;
mod events;
mod failures;
mod image;
mod lambda;
mod lambda_envelopes;
mod lambda_log;
mod lambda_refusals;
mod lambda_world;
mod metrics;
mod rotation;
mod sam;
mod secrets;
mod secrets_manager;
mod serve;
