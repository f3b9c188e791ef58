//! The answer to a request, and the work that is still to do.

use std::future::Future;
use std::pin::Pin;

use ::http::Response;
use bytes::Bytes;

/// Work that is still to do after the answer.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An answer, and the work that is still to do.
pub struct Reply {
    /// The answer that the caller gets now.
    pub response: Response<Bytes>,
    /// The work that follows, within the deadline.
    pub work: Option<Work>,
}

impl Reply {
    /// An answer with nothing to do after it.
    pub(super) fn at_once(response: Response<Bytes>) -> Self {
        Self { response, work: None }
    }
}
