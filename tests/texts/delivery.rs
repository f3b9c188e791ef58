//! Creates notifications from the body of a webhook, with the public functions that `sidenote serve` and the Lambda
//! function call.

use bytes::Bytes;
use http::HeaderMap;
use secrecy::SecretString;
use sidenote::analyzers::rules;
use sidenote::config::SentryConfig;
use sidenote::domain::evidence::Evidence;
use sidenote::domain::ids::Slug;
use sidenote::domain::occurrence::Occurrence;
use sidenote::domain::report::{MetricReport, Report};
use sidenote::notifiers::Notification;
use sidenote::sentry::pages;
use sidenote::webhook::{self, Decoded, Delivery, Keys, SIGNATURE_HEADER, Unreadable};

const KEY: &str = "client-secret-of-the-tests";

/// Signs a body as Sentry does, and verifies the signature. Returns the verified delivery.
pub(crate) fn signed(resource: Option<&str>, body: Vec<u8>) -> Delivery {
    let key = SecretString::from(KEY);
    let mut headers = HeaderMap::new();
    let signature = webhook::sign(&key, &body).parse().expect("hex is a header value");
    headers.insert(SIGNATURE_HEADER, signature);
    if let Some(resource) = resource {
        headers.insert("sentry-hook-resource", resource.parse().expect("a header value"));
    }
    Delivery::verify(&headers, Bytes::from(body), &Keys::parse(&key)).expect("our own signature holds")
}

/// Returns the decoded body of a webhook with a valid signature.
pub(crate) fn decoded(resource: Option<&str>, body: Vec<u8>) -> Result<Decoded, Unreadable> {
    webhook::decode(&signed(resource, body))
}

/// Returns the rules' report on `evidence`, without a link.
pub(crate) fn report(evidence: Evidence) -> Report {
    let analysis = rules::analyze(&evidence);
    Report { evidence, analysis, link: None, note_missing: None, history: Vec::new(), cut_short: false }
}

/// Returns the notification about the body of a webhook, after `more` has added to its evidence. Returns `None` if the
/// webhook needs no work.
pub(crate) fn notification(
    resource: Option<&str>,
    body: Vec<u8>,
    more: impl FnOnce(&mut Evidence),
) -> Option<Notification> {
    let Decoded::Occurrence(occurrence) = decoded(resource, body).ok()? else { return None };
    let config = SentryConfig { base: "https://sentry.io/".parse().expect("a URL"), org: None };
    let org: Option<Slug> = occurrence.org().cloned();
    Some(match occurrence {
        Occurrence::Issue(occurrence) => {
            let mut evidence = Evidence::of(*occurrence);
            more(&mut evidence);
            let link = pages::issue(&config, org.as_ref(), &evidence.issue.id);
            Notification::Issue(Box::new(Report { link, ..report(evidence) }))
        }
        Occurrence::Metric(alert) => {
            let rule = alert.rule_id.as_ref();
            let link = rule.and_then(|rule| pages::alert_rule(&config, org.as_ref(), rule));
            Notification::Metric(MetricReport { alert, link })
        }
    })
}
