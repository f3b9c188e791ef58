//! The reply of the handler to a request: the HTTP response, and the work that remains to be done after it.

use std::future::Future;
use std::pin::Pin;

use ::http::Response;
use bytes::Bytes;

/// The work that remains to be done after the response is sent.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An HTTP response, and the work that remains to be done after it.
pub struct Reply {
    /// The response, which should be sent now.
    pub response: Response<Bytes>,
    /// The remaining work, which ends by the deadline of the request. `None` if there is none.
    pub work: Option<Work>,
}

impl Reply {
    /// Returns a reply without remaining work.
    pub(super) fn at_once(response: Response<Bytes>) -> Self {
        Self { response, work: None }
    }
}
