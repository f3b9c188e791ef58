//! Calls the URL of a monitoring service after each scheduled sweep. The service notices if the calls stop, so people
//! learn that Sidenote does not run any more.

use std::time::Duration;

use reqwest::Url;
use secrecy::ExposeSecret as _;

use crate::clock;
use crate::config::Heartbeat;
use crate::domain::deadline::Deadline;
use crate::domain::outcome::Failure;
use crate::http::Http;

/// The time limit of the call to the monitoring service. If a URL is configured, a scheduled sweep ends this much
/// before its deadline.
pub(super) const LIMIT: Duration = Duration::from_secs(5);
/// The placeholder in `HEARTBEAT_FAIL_URL` that is replaced by the reason of the failure.
const REASON: &str = "{reason}";

/// Reports the outcome of a sweep to the monitoring service. A failed call is logged without its URL, which is
/// secret.
pub(super) async fn beat(http: &Http, urls: &Heartbeat, failure: Option<Failure>, deadline: Deadline) {
    let Some(url) = url(urls, failure) else { return };
    let answer = http.send(http.client().get(url), clock::at_most(deadline, LIMIT)).await;
    let refused = match answer {
        Ok(answer) if answer.status.is_success() => return,
        Ok(answer) => Failure::from_status(answer.status.as_u16()),
        Err(why) => why,
    };
    tracing::warn!(outcome = refused.name(), reason = %refused, "heartbeat_failed");
}

/// Returns the URL to call after this outcome; `None` if none is configured.
fn url(urls: &Heartbeat, failure: Option<Failure>) -> Option<Url> {
    let template = match failure {
        None => urls.good.as_ref()?,
        Some(_) => urls.failed.as_ref()?,
    };
    let reason = failure.map(|why| why.to_string()).unwrap_or_default();
    let reason: String = url_encoded(&reason);
    Url::parse(&template.expose_secret().replace(REASON, &reason)).ok()
}

/// Returns the text encoded as a value in the query of a URL.
fn url_encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_url_and_the_reason_is_encoded() {
        let urls = Heartbeat {
            good: Some("https://hc.example/ping/k".into()),
            failed: Some("https://kuma.example/api/push/k?status=down&msg={reason}".into()),
        };
        let called = |failure| url(&urls, failure).map(|url| url.to_string());
        assert_eq!(called(None).as_deref(), Some("https://hc.example/ping/k"));
        let down = "https://kuma.example/api/push/k?status=down&msg=rate%20limited%20%28429%29";
        assert_eq!(called(Some(Failure::RateLimited)).as_deref(), Some(down));
        assert_eq!(url(&Heartbeat::default(), None), None);
    }
}
