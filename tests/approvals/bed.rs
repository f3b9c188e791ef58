//! Helpers of the tests with approvals: `sidenote serve` with a bot whose buttons people press. A [`Case`] is an action
//! that Sidenote proposes, with the issue and the webhook that lead to it.

use http::Method;
use serde_json::Value;
use sidenote_standins::{Message, Person, Sentry, Telegram, Toast};

use super::worlds::{APPROVERS, Case, quick_retries};
use crate::support::{ISSUE, Setup, TIME_LIMIT, World, eventually};

/// The path at which `sidenote serve` receives Telegram's webhook.
pub(crate) const HOOK: &str = "/api/v1/webhooks/telegram";
/// The value of `TELEGRAM_WEBHOOK_SECRET`. Tests search the output of the process for it.
pub(crate) const SECRET: &str = "e8Xv3Sb6Mj1Cw9Gt4Ly7Pz2KhB5nRf0DqU7s";

/// Waits until the Telegram stand-in has delivered every update, such as a press of a button. Panics after
/// [`TIME_LIMIT`].
pub(crate) async fn delivered(telegram: &Telegram) {
    tokio::time::timeout(TIME_LIMIT, telegram.delivered()).await.expect("every update is delivered");
}

/// Waits for `number` answers to this person's presses of buttons. Returns the texts of the answers.
pub(crate) async fn toasts(telegram: &Telegram, person: &Person, number: usize) -> Vec<String> {
    let theirs = || -> Vec<Toast> {
        telegram.toasts().into_iter().filter(|toast| toast.to == Some(person.id)).collect()
    };
    eventually("a toast", || theirs().len() >= number).await;
    theirs().into_iter().map(|toast| toast.text).collect()
}

/// Returns the bodies of the `PUT` requests with which Sidenote changed the issue, in order.
pub(crate) fn orders(sentry: &Sentry) -> Vec<Value> {
    let is_order = |request: &&sidenote_standins::Recorded| {
        request.method == Method::PUT && request.path.ends_with(&format!("/issues/{ISSUE}/"))
    };
    sentry.requests().iter().filter(is_order).map(|it| it.json().expect("JSON")).collect()
}

/// Returns the kinds of the issue's activities in Sentry, without comments. Only Sidenote can have caused them.
pub(crate) fn activity(sentry: &Sentry) -> Vec<String> {
    let issue = sentry.issue(ISSUE).expect("the issue");
    let kinds = issue.activity().iter().filter_map(|entry| entry["type"].as_str()).map(str::to_owned);
    kinds.filter(|kind| kind != "note").collect()
}

/// Returns the texts of a message's buttons, row by row.
pub(crate) fn keyboard(message: &Message) -> Vec<Vec<String>> {
    let rows = message.reply_markup.as_ref().and_then(|markup| markup["inline_keyboard"].as_array());
    let text = |button: &Value| button["text"].as_str().unwrap_or_default().to_owned();
    let row = |row: &Value| row.as_array().into_iter().flatten().map(text).collect();
    rows.into_iter().flatten().map(row).collect()
}

/// Returns the data of the button with this text, which Telegram sends if the button is pressed.
pub(crate) fn data(message: &Message, button: &str) -> String {
    let rows = message.reply_markup.as_ref().and_then(|markup| markup["inline_keyboard"].as_array());
    let mut all = rows.into_iter().flatten().filter_map(Value::as_array).flatten();
    let found = all.find(|it| it["text"] == button).expect("the button");
    found["callback_data"].as_str().expect("a button that can be pressed").to_owned()
}

/// Whether the message no longer asks for a decision, so that only the menu and the link are left of its buttons.
pub(crate) fn is_decided(message: &Message) -> bool {
    let rows = keyboard(message);
    rows.last().is_some_and(|row| row == &["Open in Sentry"]) && !rows.concat().contains(&"Reject".to_owned())
}

/// Starts `sidenote serve` for a case, with additional variables, and delivers the webhook of the case. Returns the
/// process and the message with the buttons.
pub(crate) async fn asked(case: &Case, more: &[(&'static str, &str)]) -> (World, Message) {
    let setup = setup(case);
    let bed = more.iter().fold(setup, |setup, (name, value)| setup.variable(name, value)).start().await;
    let message = ask(&bed, case).await;
    (bed, message)
}

/// Returns the setup of `sidenote serve` and the stand-ins for a case.
pub(crate) fn setup(case: &Case) -> Setup {
    let setup = Setup::new().sentry(case.sentry()).telegram(quick_retries());
    setup.variable("TELEGRAM_APPROVERS", APPROVERS)
}

/// Connects the Telegram stand-in to `sidenote serve` and delivers the Sentry webhook of a case. Waits until the
/// approval is stored. Returns the Telegram message that asks for the decision. Panics if the message has no buttons.
pub(crate) async fn ask(bed: &World, case: &Case) -> Message {
    bed.telegram.push_to(&format!("{}{HOOK}", bed.url()), SECRET);
    bed.deliver(&(case.webhook)()).await;
    let message = bed.message().await;
    assert!(message.reply_markup.is_some(), "{}: nothing is asked: {}", case.name, message.text_visible);
    bed.logged("approval_asked", 1).await;
    message
}

/// Waits until a message in the Telegram stand-in contains the text `words`. Returns the message. Panics if none
/// contains it within the time limit of [`World::eventually`].
pub(crate) async fn message_saying(bed: &World, words: &str) -> Message {
    let says = |bed: &World| bed.telegram.messages().into_iter().find(|it| it.text_visible.contains(words));
    bed.eventually(words, says).await
}
