//! The types and the name that several checks of `sidenote doctor` share.

pub use crate::domain::check::{CheckResult, CheckStatus};

/// The name of the check of the settings. Each invalid variable has a result of its own, named
/// `configuration.VARIABLE`.
pub(super) const CONFIGURATION: &str = "configuration";
