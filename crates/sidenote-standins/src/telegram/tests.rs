//! Tests of Telegram's errors and their exact texts, over real sockets.

use serde_json::{Value, json};

use super::super::testing::send;
use super::*;

const TOKEN: &str = "123456:AAH-secret_of_the_bot";
const CHAT: i64 = -1_001_234;

async fn telegram() -> Telegram {
    let world = TelegramWorld::new(TOKEN)
        .chat(Chat::supergroup(CHAT, "Alerts").username("alerts").topic(7))
        .chat(Chat::supergroup(-1_002, "Out").kicked())
        .chat(Chat::private(5, "Ann").blocked())
        .chat(Chat::group(-9, "Old").upgraded_to(CHAT))
        .callback("open");
    Telegram::start(world).await
}

/// Calls a method with parameters. A method about messages gets the chat of the tests if the parameters name no chat.
/// Returns the status and the reply.
async fn call(telegram: &Telegram, method: &str, params: &Value) -> (u16, Value) {
    let mut params = params.clone();
    if method.contains("essage") && params.get("chat_id").is_none() {
        params["chat_id"] = json!(CHAT);
    }
    let head = format!("POST /bot{TOKEN}/{method}\ncontent-type: application/json");
    let answer = send(&telegram.url(), &head, &params.to_string()).await.expect("an answer");
    (answer.status, answer.json())
}

#[tokio::test]
async fn a_message_is_shown_as_a_reader_sees_it() {
    let telegram = telegram().await;
    let params = json!({
        "text": " <b>é😀</b> <pre><code class=\"language-rust\">a &lt; b</code></pre>\n", "parse_mode": "HTML",
        "message_thread_id": 7, "disable_notification": true, "link_preview_options": {"is_disabled": true},
        "reply_markup": {"inline_keyboard": [[{"text": "Ok", "callback_data": "ok:1"}]]},
    });
    let (status, answer) = call(&telegram, "sendMessage", &params).await;
    assert_eq!((status, &answer["result"]["text"]), (200, &json!("é😀 a < b")));
    let message = telegram.messages().remove(0);
    assert_eq!((message.message_id, message.thread, message.silent), (1001, Some(7), true));
    let entities: Vec<Value> = message.entities.iter().map(Entity::json).collect();
    let pre = json!({"type": "pre", "offset": 4, "length": 5, "language": "rust"});
    assert_eq!(entities, [json!({"type": "bold", "offset": 0, "length": 3}), pre]);
    assert_eq!(telegram.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn errors_have_telegrams_texts() {
    let telegram = telegram().await;
    let rows = [
        ("sendMessage", json!({"text": "x", "chat_id": 1}), 400, "Bad Request: chat not found"),
        (
            "sendMessage",
            json!({"text": "x", "chat_id": -1002}),
            403,
            "Forbidden: bot was kicked from the supergroup chat",
        ),
        ("sendMessage", json!({"text": "x", "chat_id": 5}), 403, "Forbidden: bot was blocked by the user"),
        (
            "sendMessage",
            json!({"text": "x", "chat_id": -9}),
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
        ),
        (
            "sendMessage",
            json!({"text": "x", "message_thread_id": 8}),
            400,
            "Bad Request: message thread not found",
        ),
        (
            "sendMessage",
            json!({"text": "x", "reply_parameters": {"message_id": 3}}),
            400,
            "Bad Request: message to be replied not found",
        ),
        (
            "editMessageText",
            json!({"text": "x", "message_id": 3}),
            400,
            "Bad Request: message to edit not found",
        ),
        (
            "answerCallbackQuery",
            json!({"callback_query_id": "late"}),
            400,
            "Bad Request: query is too old and",
        ),
    ];
    for (method, params, status, words) in rows {
        let (answered, body) = call(&telegram, method, &params).await;
        assert_eq!((answered, &body["error_code"]), (status, &json!(status)), "{params}");
        assert!(body["description"].as_str().is_some_and(|it| it.starts_with(words)), "{params}: {body}");
    }
    let (_, body) = call(&telegram, "sendMessage", &json!({"text": "x", "chat_id": -9})).await;
    assert_eq!(body["parameters"]["migrate_to_chat_id"], json!(CHAT));
    assert_eq!(telegram.violations(), Vec::<String>::new(), "the world is to blame, not the client");
}

#[tokio::test]
async fn texts_are_parsed_and_measured() {
    let telegram = telegram().await;
    let html = |text: &str| json!({"text": text, "parse_mode": "HTML"});
    let rows = [
        (
            html("a<br>"),
            400,
            "Bad Request: can't parse entities: Unsupported start tag \"br\" at byte offset 1",
        ),
        (html("<b></b>"), 400, "Bad Request: text must be non-empty"),
        (json!({"text": ""}), 400, "Bad Request: message text is empty"),
        (json!({"text": " \n"}), 400, "Bad Request: text must be non-empty"),
        (json!({}), 400, "Bad Request: message text is empty"),
        (html(&format!("<b>{}</b>", "é".repeat(4097))), 400, "Bad Request: message is too long"),
        (html(&"&lt;".repeat(9000)), 400, "Bad Request: text is too long"),
        (html(&"😀".repeat(4096)), 200, ""),
        (html("<a href=\"http://localhost:9000/\">x</a>"), 200, ""),
        (json!({"text": "x", "parse_mode": "MarkdownV2"}), 200, ""),
        (json!({"text": "x", "disable_web_page_preview": true}), 200, ""),
    ];
    let number = rows.len();
    for (params, status, words) in rows {
        let (answered, body) = call(&telegram, "sendMessage", &params).await;
        assert_eq!((answered, body["description"].as_str().unwrap_or_default()), (status, words), "{params}");
    }
    assert!(telegram.violations().len() >= number, "each of them: {:#?}", telegram.violations());
    let (status, _) = call(&telegram, "sendMessage", &html(&format!("<i>{}</i>", "é".repeat(4096)))).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn edits_replace_the_text_and_the_keyboard() {
    let telegram = telegram().await;
    let markup = json!({"inline_keyboard": [[{"text": "Ok", "callback_data": "1"}]]});
    call(&telegram, "sendMessage", &json!({"text": "a", "reply_markup": markup})).await;
    let edit = json!({"text": "b", "message_id": 1001, "reply_markup": markup});
    assert_eq!(call(&telegram, "editMessageText", &edit).await.0, 200);
    let (status, body) = call(&telegram, "editMessageText", &edit).await;
    assert!(status == 400 && body["description"].to_string().contains("message is not modified: specified"));
    assert_eq!(call(&telegram, "editMessageReplyMarkup", &json!({"message_id": 1001})).await.0, 200);
    let message = telegram.messages().remove(0);
    assert_eq!((message.text_visible.as_str(), message.reply_markup, message.edits), ("b", None, 2));
    assert_eq!(call(&telegram, "answerCallbackQuery", &json!({"callback_query_id": "open"})).await.0, 200);
    assert_eq!(call(&telegram, "answerCallbackQuery", &json!({"callback_query_id": "open"})).await.0, 400);
}

#[tokio::test]
async fn invalid_tokens_methods_and_webhooks_are_refused() {
    let telegram = telegram().await;
    let rows = [
        (format!("/bot{TOKEN}/getMe"), 200),
        ("/bot123456:wrong/getMe".to_owned(), 401),
        ("/botwrong/getMe".to_owned(), 404),
        (format!("/bot{TOKEN}/sendPigeon"), 404),
        (format!("/bot{TOKEN}/getChat?chat_id=@Alerts"), 200),
        (format!("/bot{TOKEN}/sendMessage?chat_id={CHAT}&text=5"), 200),
    ];
    for (path, status) in rows {
        assert_eq!(send(&telegram.url(), &format!("GET {path}"), "").await.unwrap().status, status, "{path}");
    }
    assert_eq!(telegram.violations().len(), 3, "{:?}", telegram.violations());
    let hook = json!({"url": "https://example.com/hook", "secret_token": "s-1", "allowed_updates": ["callback_query"]});
    assert_eq!(call(&telegram, "setWebhook", &hook).await.0, 200);
    assert_eq!(call(&telegram, "getWebhookInfo", &json!({})).await.1["result"]["url"], hook["url"]);
    assert_eq!(call(&telegram, "getUpdates", &json!({})).await.0, 409);
    let big = json!({"inline_keyboard": vec![vec![json!({"text": "x", "callback_data": "1"}); 8]; 13]});
    let (status, body) = call(&telegram, "sendMessage", &json!({"text": "x", "reply_markup": big})).await;
    assert_eq!((status, &body["description"]), (400, &json!("Bad Request: reply markup is too long")));
    for wrong in [json!({"url": "http://example.com"}), json!({"url": "", "secret_token": "a b"})] {
        assert_eq!(call(&telegram, "setWebhook", &wrong).await.0, 400, "{wrong}");
    }
}
