//! Tests of the updates about button presses: their content, order and number, and the bot's answers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::super::server::locked;
use super::super::testing::send;
use super::*;

const TOKEN: &str = "123456:AAH-secret_of_the_bot";
const CHAT: i64 = -1_001_234;
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// A scripted reply: the status and the value of `Retry-After`.
type Scripted = (u16, Option<&'static str>);

/// A bot's webhook. It replies with the scripted statuses, then with 200.
#[derive(Clone, Default)]
struct Hook {
    answers: Arc<Mutex<Vec<Scripted>>>,
    got: Arc<Mutex<Vec<(Value, String)>>>,
}

impl Hook {
    async fn start(answers: &[Scripted]) -> (Self, String) {
        let hook = Self { answers: Arc::new(Mutex::new(answers.to_vec())), ..Self::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(Self::take).with_state(hook.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (hook, url)
    }

    async fn take(State(hook): State<Self>, request: Request) -> Response<String> {
        let secret = request.headers().get("x-telegram-bot-api-secret-token");
        let secret = secret.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let body = request.into_body().collect().await.expect("a body").to_bytes();
        locked(&hook.got).push((serde_json::from_slice(&body).expect("JSON"), secret));
        let mut answers = locked(&hook.answers);
        let (status, retry) = if answers.is_empty() { (200, None) } else { answers.remove(0) };
        let response = Response::builder().status(status);
        let response = retry.into_iter().fold(response, |response, it| response.header("retry-after", it));
        response.body("{}".to_owned()).expect("a response")
    }

    fn ids(&self) -> Vec<i64> {
        locked(&self.got).iter().filter_map(|(update, _)| update["update_id"].as_i64()).collect()
    }
}

async fn telegram() -> Telegram {
    let world = TelegramWorld::new(TOKEN).chat(Chat::supergroup(CHAT, "Alerts").topic(7));
    let telegram = Telegram::start(world.retry(Duration::from_millis(1))).await;
    let buttons =
        json!([[{"text": "Do it", "callback_data": "a:1"}], [{"text": "Open", "url": "https://a.b"}]]);
    let message = json!({"chat_id": CHAT, "text": "x", "reply_markup": {"inline_keyboard": buttons}});
    assert_eq!(call(&telegram, "sendMessage", &message).await.0, 200);
    telegram
}

async fn call(telegram: &Telegram, method: &str, params: &Value) -> (u16, Value) {
    let head = format!("POST /bot{TOKEN}/{method}\ncontent-type: application/json");
    let answer = send(&telegram.url(), &head, &params.to_string()).await.expect("an answer");
    (answer.status, answer.json())
}

async fn delivered(telegram: &Telegram) {
    timeout(TIME_LIMIT, telegram.delivered()).await.expect("everything is delivered");
}

#[tokio::test]
async fn a_tap_is_pushed_whole_with_the_secret() {
    let (telegram, (hook, url)) = (telegram().await, Hook::start(&[]).await);
    telegram.push_to(&url, "s-1");
    let ann = Person::new(5, "Ann").username("@ann");
    let query = telegram.tap(1001, "Do it", &ann);
    delivered(&telegram).await;
    let (update, secret) = locked(&hook.got)[0].clone();
    assert_eq!(secret, "s-1");
    let callback = &update["callback_query"];
    assert_eq!((&callback["id"], &callback["data"]), (&json!(query), &json!("a:1")));
    let from = json!({"id": 5, "is_bot": false, "first_name": "Ann", "username": "ann"});
    assert_eq!((&callback["from"], callback["chat_instance"].is_string()), (&from, true));
    let message = &callback["message"];
    assert_eq!((&message["message_id"], &message["chat"]["id"]), (&json!(1001), &json!(CHAT)));
    assert!(message["reply_markup"]["inline_keyboard"].is_array() && message["date"] != 0);

    let answer = json!({"callback_query_id": query, "text": "Thanks", "show_alert": true});
    assert_eq!(call(&telegram, "answerCallbackQuery", &answer).await.0, 200);
    assert_eq!(call(&telegram, "answerCallbackQuery", &answer).await.0, 400);
    let toast = Toast { query, to: Some(5), text: "Thanks".to_owned(), alert: true };
    assert_eq!(telegram.toasts(), [toast]);
    let old = telegram.tap(1001, "a:1", &ann);
    telegram.expire_queries();
    assert_eq!(call(&telegram, "answerCallbackQuery", &json!({"callback_query_id": old})).await.0, 400);
    assert_eq!(telegram.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_update_without_a_2xx_is_sent_again_in_order() {
    let (telegram, (hook, url)) = (telegram().await, Hook::start(&[(503, None), (500, Some("1"))]).await);
    let ann = Person::new(5, "Ann");
    telegram.tap(1001, "Do it", &ann);
    telegram.tap(1001, "Do it", &ann);
    assert_eq!(call(&telegram, "getWebhookInfo", &json!({})).await.1["result"]["pending_update_count"], 2);
    telegram.push_to(&url, "s-1");
    delivered(&telegram).await;
    assert_eq!(hook.ids(), [700_001, 700_001, 700_001, 700_002]);
    let statuses: Vec<_> = telegram.pushed().iter().map(|pushed| pushed.status).collect();
    assert_eq!(statuses, [Some(503), Some(500), Some(200), Some(200)]);
    let info = call(&telegram, "getWebhookInfo", &json!({})).await.1["result"].clone();
    let words = json!("Wrong response from the webhook: 500 Internal Server Error");
    assert_eq!((&info["last_error_message"], &info["pending_update_count"]), (&words, &json!(0)));
    assert!(info["last_error_date"].is_i64());
    // The test sends the same update again, although the real server would not repeat it after a 200.
    let (again, _) = locked(&hook.got)[0].clone();
    assert_eq!(telegram.update(again), 700_001);
    delivered(&telegram).await;
    assert_eq!(hook.ids().len(), 5);
}

#[tokio::test]
async fn an_unreachable_webhook_is_reported_and_a_route_makes_it_reachable() {
    let (telegram, (hook, url)) = (telegram().await, Hook::start(&[]).await);
    let set = json!({"url": "https://bot.example/hook", "secret_token": "s", "allowed_updates": ["callback_query"]});
    assert_eq!(call(&telegram, "setWebhook", &set).await.0, 200);
    telegram.say(CHAT, Some(7), "hello", &Person::new(5, "Ann"));
    telegram.tap(1001, "Do it", &Person::new(5, "Ann"));
    let failure = async {
        loop {
            let info = call(&telegram, "getWebhookInfo", &json!({})).await.1["result"].clone();
            if info["last_error_message"] == "Can't connect to the webhook" {
                return info;
            }
        }
    };
    let info = timeout(TIME_LIMIT, failure).await.expect("an error");
    assert_eq!(info["pending_update_count"], 1, "messages were not asked for");
    telegram.route("https://bot.example/hook", &url);
    delivered(&telegram).await;
    assert_eq!(hook.ids(), [700_002]);
}

#[tokio::test]
async fn without_a_webhook_updates_wait_for_get_updates() {
    let telegram = telegram().await;
    let ann = Person::new(5, "Ann");
    telegram.say(CHAT, Some(7), "hello", &ann);
    telegram.tap(1001, "Do it", &ann);
    let ids = async |params: Value| {
        let (status, body) = call(&telegram, "getUpdates", &params).await;
        assert_eq!(status, 200, "{body}");
        let updates = body["result"].as_array().expect("a list").clone();
        updates.iter().map(|update| update["update_id"].as_i64().expect("an id")).collect::<Vec<_>>()
    };
    assert_eq!(ids(json!({})).await, [700_001, 700_002]);
    assert_eq!(ids(json!({"limit": 1})).await, [700_001]);
    assert_eq!(ids(json!({"offset": 700_002})).await, [700_002]);
    assert_eq!(ids(json!({"offset": 1})).await, [700_002], "what was confirmed is forgotten");
    assert_eq!(ids(json!({"offset": 700_003, "allowed_updates": ["message"]})).await, Vec::<i64>::new());
    telegram.tap(1001, "Do it", &ann);
    telegram.say(CHAT, None, "hello again", &ann);
    assert_eq!(ids(json!({"offset": -1})).await, [700_004], "taps are not asked for any more");
}

#[tokio::test]
async fn a_deleted_message_is_inaccessible() {
    let (telegram, (hook, url)) = (telegram().await, Hook::start(&[]).await);
    telegram.push_to(&url, "s");
    telegram.delete(1001);
    let update = telegram.callback(1001, "forged", &Person::new(6, "Bo"));
    telegram.update(update);
    delivered(&telegram).await;
    let message = locked(&hook.got)[0].0["callback_query"]["message"].clone();
    assert_eq!(
        (&message["date"], &message["message_id"], &message["text"]),
        (&json!(0), &json!(1001), &Value::Null)
    );
    let edit = json!({"chat_id": CHAT, "message_id": 1001, "text": "y"});
    let (status, body) = call(&telegram, "editMessageText", &edit).await;
    assert_eq!((status, &body["description"]), (400, &json!("Bad Request: message to edit not found")));
    assert!(telegram.messages().is_empty());
}
