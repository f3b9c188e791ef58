//! The names that findings of several files share.

pub use crate::domain::check::{CheckResult, CheckStatus};

/// The name of the check of the settings; each variable that cannot be used has a finding below it.
pub(super) const CONFIGURATION: &str = "configuration";
