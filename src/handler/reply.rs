//! The reply to a request: the answer, and the remaining work.

use std::future::Future;
use std::pin::Pin;

use ::http::Response;
use bytes::Bytes;

/// The work that remains after the answer.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An answer, and the work that remains after it.
pub struct Reply {
    /// The answer, to be sent now.
    pub response: Response<Bytes>,
    /// The remaining work. It ends by the deadline.
    pub work: Option<Work>,
}

impl Reply {
    /// An answer without remaining work.
    pub(super) fn at_once(response: Response<Bytes>) -> Self {
        Self { response, work: None }
    }
}
