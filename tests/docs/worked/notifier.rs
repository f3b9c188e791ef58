//! The worked example of a notifier: it posts the headline of an analysis to a web hook.

use async_trait::async_trait;
use serde_json::json;
use sidenote::config::{Config, SecretLookup};
use sidenote::domain::check::CheckResult;
use sidenote::domain::outcome::{Failure, Step};
use sidenote::metrics::Metric;
use sidenote::notifiers::{
    Examination, Examined, HealthLine, IdField, LogLines, Need, Notice, Notification, Notifier, Profile,
    Repeat, StepMetrics,
};

/// Posts the headline to a web hook. In the crate the URL is a setting of `Config`.
struct Hook(reqwest::Url);

const HOOK: Profile = Profile {
    name: "hook",
    // The hook cannot distinguish a repeat from a new headline.
    repeat: Repeat::Unsafe,
    waits_for_approval: false,
    asks_for_approval: false,
    lines: LogLines {
        done: "hook_notified",
        failed: "hook_failed",
        skipped: "hook_skipped",
        already_done: None,
        waiting: None,
        id: IdField::Message,
        calls_sentry: false,
    },
    // In the crate it has its own metrics.
    metrics: StepMetrics {
        done: Metric::MessagesSent,
        failed: Metric::MessagesFailed,
        skipped: Metric::MessagesSkipped,
    },
    secrets: &[],
    settings: &["HOOK_URL"],
};

#[async_trait]
impl Notifier for Hook {
    fn profile(&self) -> &'static Profile {
        &HOOK
    }

    fn needs(&self, _: &Config) -> Vec<(&'static str, Need)> {
        Vec::new()
    }

    fn health(&self, _: &Config, _: Option<&dyn SecretLookup>) -> HealthLine {
        HealthLine::Ok
    }

    async fn notify(&self, notice: &Notice<'_>) -> Step {
        // This hook does not handle metric alerts. The delivery is complete nevertheless.
        let Notification::Issue(report) = notice.notification else { return Step::NotApplicable };
        // The phrases are ours, in the reader's language; untrusted text in them is scrubbed and capped.
        let headline = report.analysis.headline.plain_text(notice.means.config.language.words());
        let body = json!({"text": headline, "link": report.link});
        let request = notice.means.http.client().post(self.0.clone()).json(&body);
        match notice.means.http.send(request, notice.means.deadline).await {
            Ok(answer) if answer.status.is_success() => Step::Done(None),
            Ok(answer) => Step::Failed(Failure::from_status(answer.status.as_u16())),
            Err(why) => Step::Failed(why),
        }
    }
}

/// The checks for `sidenote doctor`.
#[async_trait]
impl Examined for Hook {
    async fn check(&self, examination: &Examination<'_>) -> Vec<CheckResult> {
        let request = examination.means.http.client().head(self.0.clone());
        match examination.means.http.send(request, examination.means.deadline).await {
            Ok(_) => vec![CheckResult::ok("hook.reachable", "it answers")],
            Err(why) => vec![CheckResult::failed("hook.reachable", why.to_string(), "correct HOOK_URL")],
        }
    }
}

/// A hook like [`Hook`] that recognises a repeated headline.
struct Recognising(Hook);

#[async_trait]
impl Notifier for Recognising {
    fn profile(&self) -> &'static Profile {
        const PROFILE: Profile = Profile { repeat: Repeat::Safe, ..HOOK };
        &PROFILE
    }

    fn needs(&self, config: &Config) -> Vec<(&'static str, Need)> {
        self.0.needs(config)
    }

    fn health(&self, config: &Config, secrets: Option<&dyn SecretLookup>) -> HealthLine {
        self.0.health(config, secrets)
    }

    async fn notify(&self, notice: &Notice<'_>) -> Step {
        self.0.notify(notice).await
    }
}

mod tests {
    use std::time::Duration;

    use super::super::program::Program;
    use super::{Hook, Recognising};
    use crate::worked::{server, silent_server};
    use serde_json::json;

    const ENOUGH: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(700);

    #[tokio::test]
    async fn a_hook_that_takes_the_headline_is_done_logged_and_counted() {
        let (url, mut requests) = server(202, json!({})).await;
        let program = Program::with(Box::new(Hook(url)));
        program.deliver(ENOUGH).await;
        let body = requests.recv().await.expect("a request");
        assert!(body["text"].as_str().is_some_and(|text| text.contains("index out of range")), "{body}");
        assert_eq!(program.steps(), ["hook: done"]);
        assert_eq!((program.logged("hook_notified"), program.counted("MessagesSent")), (1, 1));
        assert_eq!(program.health().await["checks"]["hook"], "ok");
    }

    #[tokio::test]
    async fn a_hook_that_refuses_is_failed_logged_counted_and_seen() {
        let (url, _requests) = server(503, json!({})).await;
        let program = Program::with(Box::new(Hook(url)));
        program.deliver(ENOUGH).await;
        assert_eq!(program.steps(), ["hook: failed"]);
        assert_eq!((program.logged("hook_failed"), program.counted("MessagesFailed")), (1, 1));
        assert!(
            program.log().contains(r#""steps":"note=skipped telegram=skipped slack=skipped hook=failed""#)
        );
    }

    #[tokio::test]
    async fn a_hook_that_does_not_reply_is_notified_once_where_a_repeat_is_not_safe() {
        let (url, asked) = silent_server().await;
        let program = Program::with(Box::new(Hook(url)));
        program.deliver(SHORT).await;
        assert_eq!((program.steps(), program.logged("hook_failed")), (vec!["hook: failed".to_owned()], 1));
        program.redeliver(SHORT).await;
        assert_eq!(program.steps(), ["hook: failed", "hook: already_done"]);
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_hook_that_does_not_reply_is_notified_again_where_a_repeat_is_safe() {
        let (url, asked) = silent_server().await;
        let program = Program::with(Box::new(Recognising(Hook(url))));
        program.deliver(SHORT).await;
        program.redeliver(SHORT).await;
        assert_eq!(program.steps(), ["hook: failed", "hook: failed"]);
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_hook_that_failed_is_notified_again_by_the_queue() {
        let (url, mut requests) = server(503, json!({})).await;
        let program = Program::with(Box::new(Hook(url)));
        program.deliver(ENOUGH).await;
        program.redeliver(ENOUGH).await;
        assert_eq!(program.steps(), ["hook: failed", "hook: failed"]);
        assert!(requests.recv().await.is_some() && requests.recv().await.is_some(), "two requests");
    }
}
