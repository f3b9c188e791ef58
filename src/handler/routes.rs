//! The paths and methods of the requests that Sidenote answers.

use ::http::Method;

use super::answer::Refusal;
use crate::slack::SLACK_HOOK_PATH;
use crate::telegram::HOOK_PATH;

/// The kind of a request, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// A webhook from Sentry.
    Sentry,
    /// A button press in Telegram, which Telegram calls an update.
    Telegram,
    /// A button press in Slack.
    Slack,
    /// The health endpoint.
    Health,
    /// The liveness probe of an orchestrator, such as Kubernetes.
    Live,
    /// The readiness probe of an orchestrator, such as Kubernetes.
    Ready,
}

/// Each path with its route and method.
const ROUTES: &[(&str, Route, Method)] = &[
    ("", Route::Sentry, Method::POST),
    ("/api/v1/webhooks/sentry", Route::Sentry, Method::POST),
    ("/api/v1/webhooks/sentry/error", Route::Sentry, Method::POST),
    (HOOK_PATH, Route::Telegram, Method::POST),
    (SLACK_HOOK_PATH, Route::Slack, Method::POST),
    ("/api/v1/health", Route::Health, Method::GET),
    ("/api/v1/health/live", Route::Live, Method::GET),
    ("/api/v1/health/ready", Route::Ready, Method::GET),
];

/// Returns the route of a request. A slash at the end of the path is ignored.
pub(super) fn route(method: &Method, path: &str) -> Result<Route, Refusal> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let (_, route, wanted) = ROUTES.iter().find(|(known, ..)| *known == path).ok_or(Refusal::NoSuchPath)?;
    let fits = method == wanted || (wanted == Method::GET && method == Method::HEAD);
    if fits { Ok(*route) } else { Err(Refusal::Method(wanted.clone())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_methods_are_told_apart() {
        assert_eq!(route(&Method::POST, "/"), Ok(Route::Sentry));
        assert_eq!(route(&Method::POST, "/api/v1/webhooks/sentry/error/"), Ok(Route::Sentry));
        assert_eq!(route(&Method::HEAD, "/api/v1/health"), Ok(Route::Health));
        assert_eq!(route(&Method::GET, "/api/v1/webhooks/sentry"), Err(Refusal::Method(Method::POST)));
        assert_eq!(route(&Method::POST, "/favicon.ico"), Err(Refusal::NoSuchPath));
    }
}
