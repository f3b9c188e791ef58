//! Tests approvals with `sidenote-lambda` under AWS's runtime emulator. The emulator moto holds the table, the queue
//! and the secrets.
//!
//! A Function URL converts requests to events, and invocations run one after the other, as in one execution
//! environment.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use sidenote::http::Http;
use sidenote_standins::{Message, Sentry, Telegram};
use tokio::sync::Mutex;

use super::bed::{HOOK, SECRET, activity, data, delivered, is_decided, keyboard, orders, toasts};
use super::function_url;
use super::worlds::{APPROVERS, Case, cases, high, kim, noor, quick_retries, stranger};
use crate::support::cloud::Cloud;
use crate::support::tools::Rie;
use crate::support::{AUTH_TOKEN, BOT_TOKEN, CHAT, CLIENT_SECRET, ISSUE, ORG, eventually, leaks};

/// The Lambda function under AWS's runtime emulator, behind a Function URL.
struct FunctionUrl {
    rie: Arc<Mutex<Rie>>,
    url: String,
}

impl FunctionUrl {
    async fn before(rie: Rie) -> Self {
        let rie = Arc::new(Mutex::new(rie));
        let function = Arc::clone(&rie);
        let invoke = move |event| {
            let function = Arc::clone(&function);
            async move { function.lock().await.invoke(&event).await.1 }
        };
        Self { rie, url: function_url::before(invoke).await }
    }

    async fn logs(&self) -> String {
        self.rie.lock().await.logs()
    }
}

struct World {
    function: FunctionUrl,
    cloud: Cloud,
    sentry: Sentry,
    telegram: Telegram,
}

impl World {
    async fn new(case: &Case) -> Self {
        let sentry = Sentry::start(case.sentry()).await;
        let telegram = Telegram::start(quick_retries()).await;
        let secret = json!({"SENTRY_AUTH_TOKEN": AUTH_TOKEN, "SENTRY_CLIENT_SECRET": CLIENT_SECRET,
            "TELEGRAM_BOT_TOKEN": BOT_TOKEN, "TELEGRAM_WEBHOOK_SECRET": SECRET});
        let cloud = Cloud::new(&secret).await;
        let pairs = [
            ("SENTRY_BASE_URL", sentry.url()),
            ("SENTRY_ORG", ORG.to_owned()),
            ("TELEGRAM_API_BASE", telegram.url()),
            ("TELEGRAM_CHAT_ID", CHAT.to_string()),
            ("TELEGRAM_APPROVERS", APPROVERS.to_owned()),
        ];
        let mut env = cloud.env();
        env.extend(pairs.map(|(name, value)| (name.to_owned(), value)));
        let rie = Rie::start(Path::new(env!("CARGO_BIN_EXE_sidenote-lambda")), &env).await;
        let function = FunctionUrl::before(rie).await;
        telegram.push_to(&format!("{}{HOOK}", function.url), SECRET);
        Self { function, cloud, sentry, telegram }
    }

    /// Delivers the webhook of a case. Returns the message with the buttons.
    async fn asked(&self, case: &Case) -> Message {
        let (http, webhook) = (Http::new(None).expect("an HTTP client"), (case.webhook)());
        let url = format!("{}/api/v1/webhooks/sentry/error", self.function.url);
        let request = http.client().post(url).headers(webhook.headers()).body(webhook.body().clone());
        assert_eq!(request.send().await.expect("an answer").status().as_u16(), 202);
        let message = self.telegram.messages().pop().expect("the emulator answers when all is done");
        assert_eq!(keyboard(&message)[0], [case.button]);
        message
    }

    /// Checks at the end of a test that no secret is in the log, and that no request broke a rule of the stand-ins.
    async fn end(self) {
        let log = self.function.logs().await;
        for (name, canary) in [
            ("SENTRY_AUTH_TOKEN", AUTH_TOKEN),
            ("SENTRY_CLIENT_SECRET", CLIENT_SECRET),
            ("TELEGRAM_BOT_TOKEN", BOT_TOKEN),
            ("TELEGRAM_WEBHOOK_SECRET", SECRET),
        ] {
            assert_eq!(leaks(canary, &log), Vec::<&str>::new(), "{name} in the log");
            let toasts = format!("{:?}{:?}", self.telegram.toasts(), self.telegram.pushed());
            assert_eq!(leaks(canary, &toasts), Vec::<&str>::new(), "{name} in a toast or an answer");
        }
        assert!(!log.contains("panicked"), "{log}");
        assert_eq!(self.sentry.violations(), Vec::<String>::new());
        assert_eq!(self.telegram.violations(), Vec::<String>::new());
    }
}

async fn approved(case: &Case) {
    let world = World::new(case).await;
    let message = world.asked(case).await;
    assert!(orders(&world.sentry).is_empty());
    world.telegram.tap(message.message_id, case.button, &kim());
    delivered(&world.telegram).await;
    let edited = world.telegram.messages().remove(0);
    assert!(edited.text_visible.contains("Approved by Kim (@kim) #42 on "), "{}", edited.text_visible);
    assert!(is_decided(&edited));
    assert_eq!(
        (orders(&world.sentry), activity(&world.sentry)),
        (vec![case.order.clone()], vec![case.activity.to_owned()])
    );
    assert!((case.is_done)(&world.sentry.issue(ISSUE).expect("the issue")));
    assert!(world.sentry.notes(ISSUE)[0].text.contains("Approved by `Kim (@kim) #42` on "));
    assert_eq!(toasts(&world.telegram, &kim(), 1).await, ["Approved, on it."]);
    // The press was queued before the reply. When the queue redelivers it, its work is complete.
    assert_eq!(world.cloud.kept().await.len(), 2, "the delivery and the tap");
    world.end().await;
}

#[tokio::test]
async fn every_action_through_the_function() {
    for case in cases() {
        approved(&case).await;
    }
}

#[tokio::test]
async fn other_taps_get_their_answers_through_the_function() {
    let world = World::new(&high()).await;
    let message = world.asked(&high()).await;
    let approve = data(&message, "Priority high");
    let forged = world.telegram.callback(message.message_id, &format!("{approve}x"), &noor());
    world.telegram.update(forged);
    world.telegram.tap(message.message_id, "Priority high", &stranger());
    delivered(&world.telegram).await;
    assert!(toasts(&world.telegram, &stranger(), 1).await[0].starts_with("Sorry, "));
    assert_eq!(toasts(&world.telegram, &noor(), 1).await, ["This button is not valid any more."]);
    assert!(orders(&world.sentry).is_empty());

    world.telegram.tap(message.message_id, "Priority high", &kim());
    world.telegram.tap(message.message_id, "Priority high", &kim());
    world.telegram.tap(message.message_id, "Reject", &noor());
    delivered(&world.telegram).await;
    let pushed = world.telegram.pushed();
    assert!(pushed.iter().all(|it| it.status == Some(200)), "{pushed:?}");
    let said = toasts(&world.telegram, &kim(), 2).await;
    let decided: Vec<String> = world.telegram.toasts().into_iter().map(|it| it.text).collect();
    let number = |text: &str| decided.iter().filter(|it| *it == text).count();
    assert_eq!(number("Approved, on it.") + number("Rejected."), 1, "{decided:?} {said:?}");
    assert_eq!(orders(&world.sentry).len(), number("Approved, on it."));

    world.telegram.push_to(&format!("{}{HOOK}", world.function.url), "another-secret");
    let refused = world.telegram.callback(message.message_id, &approve, &kim());
    world.telegram.update(refused);
    eventually("a 401", || world.telegram.pushed().iter().any(|it| it.status == Some(401))).await;
    world.end().await;
}
