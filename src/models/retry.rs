//! The decision after a failed call of a model's API: repeat the call at once, later, or without an unsupported part
//! of the request, or give up.

use std::time::Duration;

use http::HeaderMap;

use crate::clock::pause;
use crate::domain::deadline::Deadline;
use crate::domain::model_error::ModelError;

/// The wait after a first rate limit (HTTP 429) that states no time. The wait after a second one is twice as long.
const BUSY_WAIT: Duration = Duration::from_secs(1);
/// A call is repeated at most this many times because of rate limits.
const BUSY_TRIES: u32 = 2;
/// The wait before the only retry after a server error.
const BROKEN_WAIT: Duration = Duration::from_millis(500);

/// A failed call of a model's API, classified by what Sidenote does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ApiError {
    /// The server limits the rate of calls: the call is repeated later, after the wait that the server stated, if it
    /// did.
    Busy(Option<Duration>),
    /// The server or the connection failed: the call is repeated once.
    Broken(ModelError),
    /// The server does not support this part of the request: the call is repeated without the part. If the request
    /// did not contain the part, the error is final.
    Unknown(Part, ModelError),
    /// The call failed in a way that a repetition does not change.
    Final(ModelError),
}

/// A part of the request that a compatible server may not support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The request for a form of the answer, such as a JSON schema.
    Format,
    /// The member `max_completion_tokens`. Older servers support only `max_tokens`.
    NewCap,
}

/// The repetitions of one question's call so far, and the parts of the request that must be left out.
#[derive(Debug)]
pub(super) struct RetryPolicy {
    deadline: Deadline,
    without: Vec<Part>,
    busy: u32,
    is_broken: bool,
}

impl RetryPolicy {
    pub(super) fn until(deadline: Deadline) -> Self {
        Self { deadline, without: Vec::new(), busy: 0, is_broken: false }
    }

    /// Whether the next call may contain this part of the request.
    pub(super) fn allows(&self, part: Part) -> bool {
        !self.without.contains(&part)
    }

    /// Waits for as long as the error of the last call demands, and returns `Ok` if the call should be repeated.
    /// Returns the error if there should be no other call.
    pub(super) async fn after(&mut self, refusal: ApiError) -> Result<(), ModelError> {
        match refusal {
            ApiError::Busy(wait) => {
                let wait = wait.unwrap_or(BUSY_WAIT * 2u32.pow(self.busy));
                self.busy += 1;
                let worth = self.busy <= BUSY_TRIES && pause(wait, self.deadline).await;
                if worth { Ok(()) } else { Err(ModelError::RateLimited) }
            }
            ApiError::Broken(why) => {
                let worth = !std::mem::replace(&mut self.is_broken, true);
                if worth && pause(BROKEN_WAIT, self.deadline).await { Ok(()) } else { Err(why) }
            }
            ApiError::Unknown(part, _) if self.allows(part) => {
                self.without.push(part);
                Ok(())
            }
            ApiError::Unknown(_, why) | ApiError::Final(why) => Err(why),
        }
    }
}

/// Classifies a call that got no reply into [`ApiError`]. A timeout is final, because the time for the question is used
/// up.
pub(super) fn unanswered(why: crate::domain::outcome::Failure) -> ApiError {
    match ModelError::from(why) {
        why @ (ModelError::Unreachable | ModelError::Interrupted) => ApiError::Broken(why),
        why => ApiError::Final(why),
    }
}

/// Classifies the HTTP status of an error reply into [`ApiError`], by the meaning that the status has for all
/// providers. The headers state whether and when to repeat a call after a 429.
pub(super) fn by_status(status: u16, headers: &HeaderMap) -> ApiError {
    match status {
        401 => ApiError::Final(ModelError::KeyRefused),
        402 => ApiError::Final(ModelError::QuotaUsedUp),
        403 => ApiError::Final(ModelError::Forbidden),
        404 => ApiError::Final(ModelError::NotFound),
        408 | 409 => ApiError::Broken(ModelError::Rejected(status)),
        413 => ApiError::Final(ModelError::TooLong),
        429 if header(headers, "x-should-retry") == Some("false") => ApiError::Final(ModelError::RateLimited),
        429 => ApiError::Busy(retry_after(headers)),
        503 | 529 => ApiError::Broken(ModelError::Overloaded(status)),
        500.. => ApiError::Broken(ModelError::ServerFailed(status)),
        _ => ApiError::Final(ModelError::Rejected(status)),
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

/// Returns the wait that the headers `Retry-After-Ms` or `Retry-After` state in numbers. A date in `Retry-After` is
/// ignored, because no model API sends one.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| header(headers, name)?.parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().expect("a name"), v.parse().expect("a value"))).collect()
    }

    #[test]
    fn the_retry_delay_is_read_in_seconds_or_milliseconds() {
        let wait = |pairs| retry_after(&headers(pairs));
        assert_eq!(wait(&[("retry-after", "3")]), Some(Duration::from_secs(3)));
        assert_eq!(
            wait(&[("retry-after-ms", "250"), ("retry-after", "1")]),
            Some(Duration::from_millis(250))
        );
        assert_eq!(wait(&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")]), None);
        assert_eq!(wait(&[("retry-after", "-1")]), None);
    }

    #[test]
    fn statuses_are_classified_by_the_reaction() {
        let none = HeaderMap::new();
        assert_eq!(by_status(401, &none), ApiError::Final(ModelError::KeyRefused));
        assert_eq!(by_status(429, &none), ApiError::Busy(None));
        assert_eq!(
            by_status(429, &headers(&[("x-should-retry", "false")])),
            ApiError::Final(ModelError::RateLimited)
        );
        assert_eq!(by_status(529, &none), ApiError::Broken(ModelError::Overloaded(529)));
        assert_eq!(by_status(500, &none), ApiError::Broken(ModelError::ServerFailed(500)));
        assert_eq!(by_status(422, &none), ApiError::Final(ModelError::Rejected(422)));
    }
}
