//! The settings that all AWS clients of Sidenote share.
//!
//! A build without the feature `aws` has no AWS client. [`Aws`] is then empty, and the configuration refuses every
//! setting that needs one.

#[cfg(feature = "aws")]
mod sdk;
#[cfg(feature = "aws")]
mod transport;

#[cfg(feature = "aws")]
pub use self::sdk::{Aws, reason};

/// An empty value, because this build has no AWS client.
#[cfg(not(feature = "aws"))]
#[derive(Debug, Clone, Default)]
pub struct Aws(());
