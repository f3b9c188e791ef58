//! A notifier that posts the headline to a web hook.

use async_trait::async_trait;
use serde_json::json;
use sidenote::domain::deadline::Deadline;
use sidenote::domain::outcome::{Failure, Step};
use sidenote::domain::words::Language;
use sidenote::http::Http;
use sidenote::notifiers::{Notification, Notifier};

/// Tells a web hook what broke.
struct Hook {
    http: Http,
    url: reqwest::Url,
    language: Language,
    deadline: Deadline,
}

#[async_trait]
impl Notifier for Hook {
    fn name(&self) -> &'static str {
        "hook"
    }

    async fn notify(&self, notification: &Notification) -> Step {
        // A metric alert is nothing for this hook. That counts for nothing: the delivery is still complete.
        let Notification::Issue(report) = notification else { return Step::NotApplicable };
        // Our own words in the reader's language; foreign text in it is scrubbed and capped as it is written.
        let headline = report.analysis.headline.plain_text(self.language.words());
        let body = json!({"text": headline, "link": report.link});
        let request = self.http.client().post(self.url.clone()).json(&body);
        match self.http.send(request, self.deadline).await {
            Ok(answer) if answer.status.is_success() => Step::Done(None),
            Ok(answer) => Step::Failed(Failure::from_status(answer.status.as_u16())),
            Err(why) => Step::Failed(why),
        }
    }
}

#[tokio::test]
async fn a_hook_is_told_and_says_when_it_was_not() {
    let evidence = super::evidence(&super::crash());
    let analysis = sidenote::analyzers::rules::analyze(&evidence);
    let report = sidenote::domain::report::Report {
        evidence,
        analysis,
        link: Some("https://sentry.example/issues/4711/".to_owned()),
        note_missing: None,
        history: Vec::new(),
        cut_short: false,
    };
    let notification = Notification::Issue(Box::new(report));
    for (status, step) in [(202, Step::Done(None)), (503, Step::Failed(Failure::ServerFailed(503)))] {
        let (url, mut told) = super::server(status, json!({})).await;
        let http = Http::new(None).expect("a client");
        let hook = Hook { http, url, language: Language::English, deadline: super::deadline() };
        assert_eq!((hook.name(), hook.notify(&notification).await), ("hook", step));
        let body = told.recv().await.expect("a request");
        assert_eq!(body["link"], "https://sentry.example/issues/4711/");
        assert!(body["text"].as_str().is_some_and(|text| text.contains("index out of range")), "{body}");
    }
}
