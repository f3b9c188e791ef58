//! Tests invalid, repeated and late presses of the buttons of a message. The Sentry issue changes at most once, and
//! each press gets the right answer.

use serde_json::{Value, json};

use super::bed::{
    HOOK, SECRET, activity, ask, asked, data, delivered, is_decided, keyboard, message_saying, orders, setup,
    toasts,
};
use super::worlds::{high, kim, noor, stranger};
use crate::support::machine::Machine;
use crate::support::wire::At;
use crate::support::{CHAT, Webhook, eventually};

const BUTTON: &str = "Priority high";
const TAKEN: &str = "Approved, on it.";
const BUSY: &str = "This was decided, and the change is being made right now.";
const CLOSED: &str = "This was decided before.";
const ELSEWHERE: &str = "This button belongs to another message.";
const FORGED: &str = "This button is not valid any more.";
const UNKNOWN: &str = "This request no longer exists.";
const EXPIRED: &str = "This request has expired.";
/// The time after which an approval expires, in seconds.
const DAY: i64 = 24 * 60 * 60;

#[tokio::test]
async fn a_double_tap_counts_once() {
    let (bed, message) = asked(&high(), &[]).await;
    bed.telegram.tap(message.message_id, BUTTON, &kim());
    bed.telegram.tap(message.message_id, BUTTON, &kim());
    let seen = toasts(&bed.telegram, &kim(), 2).await;
    assert!(seen.contains(&TAKEN.to_owned()) && seen.iter().any(|it| it == BUSY || it == CLOSED), "{seen:?}");
    let done = message_saying(&bed, "Approved by Kim (@kim) #42 on ").await;
    bed.logged("approval_decided", 1).await;
    // An old client may still show the buttons much later.
    let late = bed.telegram.callback(message.message_id, &data(&message, BUTTON), &kim());
    bed.telegram.update(late);
    assert_eq!(toasts(&bed.telegram, &kim(), 3).await[2], CLOSED);
    delivered(&bed.telegram).await;
    bed.logged("approval_tap_refused", 2).await;
    assert_eq!(
        (orders(&bed.sentry), activity(&bed.sentry)),
        (vec![high().order], vec!["set_priority".to_owned()])
    );
    assert_eq!(
        bed.message().await.text_visible,
        done.text_visible,
        "a late press is not shown as the decision"
    );
    bed.end().await;
}

#[tokio::test]
async fn only_one_of_two_simultaneous_presses_decides() {
    let bed = setup(&high()).wired().start().await;
    let message = ask(&bed, &high()).await;
    let mut held = bed.to_sentry().hold("PUT 5150", 0, At::Arrival);
    bed.telegram.tap(message.message_id, BUTTON, &kim());
    bed.telegram.tap(message.message_id, BUTTON, &noor());
    held.caught().await;
    // The second person presses while the first press is being handled.
    eventually("an answer to the other", || bed.telegram.toasts().iter().any(|it| it.text == BUSY)).await;
    held.release();
    let (kims, noors) = (toasts(&bed.telegram, &kim(), 1).await, toasts(&bed.telegram, &noor(), 1).await);
    let mut both = [kims[0].as_str(), noors[0].as_str()];
    both.sort_unstable();
    assert_eq!(both, [TAKEN, BUSY], "{both:?}");
    let by = if kims[0] == TAKEN { "Approved by Kim (@kim) #42 on " } else { "Approved by Noor #43 on " };
    message_saying(&bed, by).await;
    assert_eq!((orders(&bed.sentry).len(), activity(&bed.sentry).len()), (1, 1));
    bed.end().await;
}

#[tokio::test]
async fn only_one_of_30_concurrent_presses_decides() {
    let (bed, message) = asked(&high(), &[]).await;
    for number in 0..10 {
        let (mine, yours) = if number % 2 == 0 { (BUTTON, "Reject") } else { ("Reject", BUTTON) };
        for (button, person) in [(mine, kim()), (yours, noor()), (BUTTON, stranger())] {
            let update = bed.telegram.callback(message.message_id, &data(&message, button), &person);
            bed.telegram.update(update);
        }
    }
    delivered(&bed.telegram).await;
    eventually("thirty toasts", || bed.telegram.toasts().len() == 30).await;
    let decided: Vec<String> = bed
        .telegram
        .toasts()
        .into_iter()
        .map(|it| it.text)
        .filter(|it| it == TAKEN || it == "Rejected.")
        .collect();
    assert_eq!(decided.len(), 1, "{decided:?}");
    let expected = usize::from(decided[0] == TAKEN);
    assert_eq!((orders(&bed.sentry).len(), activity(&bed.sentry).len()), (expected, expected));
    assert!(bed.telegram.pushed().iter().all(|pushed| pushed.status == Some(200)));
    bed.end().await;
}

#[tokio::test]
async fn a_press_after_expiry_gets_an_answer_and_the_buttons_go() {
    let machine = Machine::new();
    let (bed, message) = asked(&high(), &machine.env()).await;
    machine.move_clock(DAY);
    bed.telegram.tap(message.message_id, BUTTON, &kim());
    assert_eq!(toasts(&bed.telegram, &kim(), 1).await, [EXPIRED]);
    let expired = message_saying(&bed, "The time to decide is over.").await;
    assert!(is_decided(&expired));
    assert!(orders(&bed.sentry).is_empty());
    bed.end().await;
}

#[tokio::test]
async fn a_button_works_under_its_own_message_only() {
    let (bed, first) = asked(&high(), &[]).await;
    bed.telegram.tap(first.message_id, "Analyse again", &kim());
    bed.logged("approval_asked", 2).await;
    bed.logged("approval_decided", 1).await;
    let second = bed.telegram.messages().pop().expect("a message");
    bed.outcome(&crate::support::event_alert().about(crate::support::ISSUES[1])).await;
    let other = bed.telegram.messages().pop().expect("a message about another issue");
    // The button of the older question, and the newer question's button under another message.
    for (under, of) in [(&first, &first), (&other, &second)] {
        let update = bed.telegram.callback(under.message_id, &data(of, BUTTON), &kim());
        bed.telegram.update(update);
    }
    // The valid button data in another chat and without a message.
    let mut elsewhere = bed.telegram.callback(second.message_id, &data(&second, BUTTON), &noor());
    elsewhere["callback_query"]["message"]["chat"]["id"] = json!(CHAT - 1);
    bed.telegram.update(elsewhere);
    let seen = toasts(&bed.telegram, &kim(), 3).await;
    assert_eq!(seen[1..], [CLOSED, ELSEWHERE]);
    assert_eq!(toasts(&bed.telegram, &noor(), 1).await, [ELSEWHERE]);
    delivered(&bed.telegram).await;
    assert!(orders(&bed.sentry).is_empty());
    assert_eq!(keyboard(&bed.telegram.messages()[0]), keyboard(&second), "the newer question is still asked");
    bed.end().await;
}

#[tokio::test]
async fn forged_data_is_refused() {
    let (bed, message) = asked(&high(), &[]).await;
    let (approve, reject) = (data(&message, BUTTON), data(&message, "Reject"));
    let (said, tag) = approve.split_once('.').expect("a tag");
    let forged = [
        String::new(),
        "a".to_owned(),
        said.to_owned(),
        format!("{said}."),
        format!("{said}.{}", "A".repeat(tag.len())),
        // The tag of another choice.
        format!("{said}.{}", reject.split_once('.').expect("a tag").1),
        format!("{approve}x"),
        approve.to_uppercase(),
        format!("../../{said}.{tag}"),
        "\u{202e}😀'; DROP TABLE approvals; --".to_owned(),
    ];
    for data in &forged {
        let update = bed.telegram.callback(message.message_id, data, &kim());
        bed.telegram.update(update);
    }
    let seen = toasts(&bed.telegram, &kim(), forged.len()).await;
    assert_eq!(seen, vec![FORGED; forged.len()]);
    assert!(orders(&bed.sentry).is_empty());
    assert_eq!(bed.message().await.edits, 0);
    bed.end().await;
}

#[tokio::test]
async fn a_person_who_is_not_an_approver_gets_a_polite_answer() {
    let (bed, message) = asked(&high(), &[]).await;
    for button in [BUTTON, "Reject", "Analyse again"] {
        bed.telegram.tap(message.message_id, button, &stranger());
    }
    let seen = toasts(&bed.telegram, &stranger(), 3).await;
    assert!(seen.iter().all(|it| it.starts_with("Sorry, you are not among the approvers. Your id is 666")));
    assert!(orders(&bed.sentry).is_empty());
    assert_eq!((bed.message().await.edits, bed.telegram.messages().len()), (0, 1));
    // The attempts do not prevent the real decision.
    bed.telegram.tap(message.message_id, BUTTON, &kim());
    message_saying(&bed, "Approved by Kim (@kim) #42 on ").await;
    bed.end().await;
}

#[tokio::test]
async fn without_approvers_no_press_decides() {
    let (bed, message) = asked(&high(), &[("TELEGRAM_APPROVERS", "")]).await;
    // Without approvers there is no menu. The question stays, because a press tells people their id.
    let rows = [vec![BUTTON], vec!["Reject", "Analyse again"], vec!["Open in Sentry"]];
    assert_eq!(keyboard(&message), rows);
    for button in [BUTTON, "Reject", "Analyse again"] {
        bed.telegram.tap(message.message_id, button, &kim());
    }
    let seen = toasts(&bed.telegram, &kim(), 3).await;
    assert!(seen.iter().all(|it| it.starts_with("Sorry, you are not among the approvers. Your id is 42")));
    assert!(orders(&bed.sentry).is_empty());
    assert_eq!((bed.message().await.edits, bed.log("approval_decided").len()), (0, 0));
    bed.end().await;
}

#[tokio::test]
async fn a_replayed_update_does_nothing() {
    let (bed, message) = asked(&high(), &[]).await;
    let update = bed.telegram.callback(message.message_id, &data(&message, BUTTON), &kim());
    let id = bed.telegram.update(update.clone());
    message_saying(&bed, "Approved by Kim (@kim) #42 on ").await;
    bed.logged("approval_decided", 1).await;
    let mut again = update;
    again["update_id"] = json!(id);
    for _ in 0..3 {
        bed.telegram.update(again.clone());
    }
    delivered(&bed.telegram).await;
    assert_eq!(toasts(&bed.telegram, &kim(), 1).await, [TAKEN]);
    assert_eq!(orders(&bed.sentry).len(), 1);
    assert_eq!(bed.message().await.edits, 1);
    bed.end().await;
}

#[tokio::test]
async fn a_wrong_secret_is_401_and_telegram_tries_on() {
    let (bed, message) = asked(&high(), &[]).await;
    let hook = format!("{}{HOOK}", bed.url());
    bed.telegram.push_to(&hook, "another-secret");
    bed.telegram.tap(message.message_id, BUTTON, &kim());
    eventually("two attempts", || bed.telegram.pushed().len() >= 2).await;
    let refused = bed.telegram.pushed();
    assert!(refused.iter().all(|pushed| pushed.status == Some(401)), "{refused:?}");
    assert_eq!(refused[0].body, json!({"error": "the secret of the webhook is wrong"}).to_string());
    assert!(orders(&bed.sentry).is_empty() && bed.telegram.toasts().is_empty());

    let update = bed.telegram.callback(message.message_id, &data(&message, BUTTON), &kim());
    let mut raw = update;
    raw["update_id"] = json!(1);
    let bare = Webhook::new(&raw).to(HOOK);
    let long = "x".repeat(9_000);
    let cut = &SECRET[..SECRET.len() - 1];
    for (secret, status) in [(None, 401), (Some(""), 401), (Some(cut), 401), (Some(long.as_str()), 401)] {
        let request = secret
            .into_iter()
            .fold(bare.clone(), |request, it| request.header("x-telegram-bot-api-secret-token", it));
        assert_eq!(bed.deliver(&request).await.status, status, "{secret:?}");
    }
    assert!(orders(&bed.sentry).is_empty());
    bed.telegram.push_to(&hook, SECRET);
    message_saying(&bed, "Approved by Kim (@kim) #42 on ").await;
    assert_eq!(orders(&bed.sentry).len(), 1);
    bed.end().await;
}

#[tokio::test]
async fn an_update_that_is_not_a_press_gets_200_and_is_ignored() {
    let (bed, _) = asked(&high(), &[]).await;
    let right = |body: &Value| Webhook::new(body).to(HOOK).header("x-telegram-bot-api-secret-token", SECRET);
    let strange = [
        json!({"update_id": 5}),
        json!({"update_id": 6, "message": {"text": "hello"}}),
        json!({"update_id": 7, "callback_query": null}),
        json!({"update_id": 8, "callback_query": {"id": "1", "from": {"id": 42, "first_name": "Kim"}}}),
        json!({"update_id": 9, "callback_query": {"id": "1", "from": {"id": "42"}, "data": 5, "message": []}}),
    ];
    for update in strange {
        assert_eq!(bed.deliver(&right(&update)).await.status, 200, "{update}");
    }
    for wrong in [json!([]), json!({}), json!({"update_id": "x"})] {
        // Any other status would make Telegram repeat the update.
        assert_eq!(bed.deliver(&right(&wrong)).await.status, 200, "{wrong}");
    }
    assert!(orders(&bed.sentry).is_empty());
    // Telegram rejects the answer to a query without data or with an unknown id; this has no consequence.
    bed.end().await;
}

#[tokio::test]
async fn a_deleted_message_can_still_be_decided_by_a_tap_that_was_under_way() {
    let (bed, message) = asked(&high(), &[]).await;
    let approve = data(&message, BUTTON);
    bed.telegram.delete(message.message_id);
    let update = bed.telegram.callback(message.message_id, &approve, &kim());
    bed.telegram.update(update);
    assert_eq!(toasts(&bed.telegram, &kim(), 1).await, [TAKEN]);
    bed.logged("approval_decided", 1).await;
    assert_eq!(orders(&bed.sentry), [high().order]);
    bed.end().await;
}

#[tokio::test]
async fn a_query_that_is_too_old_to_be_answered_still_decides() {
    let (bed, message) = asked(&high(), &[]).await;
    let update = bed.telegram.callback(message.message_id, &data(&message, BUTTON), &kim());
    bed.telegram.expire_queries();
    bed.telegram.update(update);
    message_saying(&bed, "Approved by Kim (@kim) #42 on ").await;
    assert_eq!((orders(&bed.sentry).len(), bed.telegram.toasts().len()), (1, 0));
    bed.end().await;
}

#[tokio::test]
async fn a_press_about_an_unknown_request_gets_an_answer_and_the_buttons_go() {
    // A button of the proposal, and buttons of the menu.
    for button in [BUTTON, "Resolve", "Priority ▸", "Analyse again"] {
        let (mut bed, message) = asked(&high(), &[]).await;
        // The process kept its records in memory, so a restarted process does not know them.
        bed.restart().await;
        bed.telegram.push_to(&format!("{}{HOOK}", bed.url()), SECRET);
        bed.telegram.tap(message.message_id, button, &kim());
        assert_eq!(toasts(&bed.telegram, &kim(), 1).await, [UNKNOWN], "{button}");
        delivered(&bed.telegram).await;
        let is_bare = || keyboard(&bed.telegram.messages()[0]) == [vec!["Open in Sentry"]];
        eventually("a message without buttons", is_bare).await;
        assert_eq!(bed.message().await.text_visible, message.text_visible, "{button}");
        assert!(orders(&bed.sentry).is_empty(), "{button}");
        bed.end().await;
    }
}
