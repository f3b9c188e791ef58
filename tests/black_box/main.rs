//! Black box, through the front doors: real processes, real sockets, strict stand-ins.

#[cfg(test)]
mod emulators;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod lambda;
#[cfg(test)]
mod lambda_service;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod serve;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tools;
