//! Black box, through the front doors: real processes, real sockets, strict stand-ins.

#[cfg(test)]
mod approvals;
#[cfg(test)]
mod emulators;
#[cfg(test)]
mod events;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod image;
#[cfg(test)]
mod lambda;
#[cfg(test)]
mod lambda_envelopes;
#[cfg(test)]
mod lambda_log;
#[cfg(test)]
mod lambda_refusals;
#[cfg(test)]
mod lambda_service;
#[cfg(test)]
mod lambda_world;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod sam;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod secrets_manager;
#[cfg(test)]
mod serve;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tools;
