//! The Bot API's requests: each method's fields with their types and limits, and Telegram's error texts. The tables
//! cover the needs of a notifier. Any other method or field is a violation, a mistake of the client that tests report.

use super::shape::{Field, Limit, Shape, Type};

const fn optional(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, missing: None }
}

const fn required(name: &'static str, shape: Shape, missing: &'static str) -> Field {
    Field { name, shape, missing: Some(missing) }
}

const fn text(least: usize, most: usize, refusal: &'static str) -> Shape {
    Shape::Text(Limit { least, most, bytes: false, refusal })
}

const fn bytes(least: usize, most: usize, refusal: &'static str) -> Shape {
    Shape::Text(Limit { least, most, bytes: true, refusal })
}

const ANY_TEXT: Shape = text(0, usize::MAX, "");
const MESSAGE_TEXT: Shape = bytes(0, 1 << 15, "text is too long");
const PARSE_MODE: Shape = Shape::OneOf(&["HTML", "MarkdownV2", "Markdown"]);
const NO_CHAT: &str = "chat_id is empty";
const NO_TEXT: &str = "message text is empty";
const NO_MESSAGE: &str = "message identifier is not specified";
const NO_QUERY: &str = "query is too old and response timeout expired or query ID is invalid";
const KEYBOARD: Shape = Shape::Object(&Type {
    fields: &[required(
        "inline_keyboard",
        Shape::List(&Shape::List(&BUTTON)),
        "object expected as reply markup",
    )],
    one_of: &[],
    blame: "",
});
const BUTTON: Shape = Shape::Object(&Type {
    fields: &[
        required("text", text(1, usize::MAX, "Field \"text\" is empty"), "Field \"text\" is required"),
        optional("callback_data", bytes(1, 64, "BUTTON_DATA_INVALID")),
        optional("url", Shape::Link),
        optional("style", Shape::OneOf(&["danger", "success", "primary"])),
        optional("icon_custom_emoji_id", ANY_TEXT),
        optional("switch_inline_query", ANY_TEXT),
        optional("switch_inline_query_current_chat", ANY_TEXT),
        optional("copy_text", COPY_TEXT),
        optional("web_app", WEB_PAGE),
        optional("login_url", WEB_PAGE),
        optional("pay", Shape::Flag),
    ],
    one_of: &[
        "callback_data",
        "url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "copy_text",
        "web_app",
        "login_url",
        "pay",
    ],
    blame: "can't parse inline keyboard button: ",
});
const COPY_TEXT: Shape = Shape::Object(&Type {
    fields: &[required("text", text(1, 256, "BUTTON_COPY_TEXT_INVALID"), "Field \"text\" is required")],
    one_of: &[],
    blame: "",
});
const WEB_PAGE: Shape = Shape::Object(&Type {
    fields: &[required("url", Shape::Link, "Field \"url\" is required")],
    one_of: &[],
    blame: "",
});
const PREVIEW: Shape = Shape::Object(&Type {
    fields: &[
        optional("is_disabled", Shape::Flag),
        optional("url", Shape::Link),
        optional("prefer_small_media", Shape::Flag),
        optional("prefer_large_media", Shape::Flag),
        optional("show_above_text", Shape::Flag),
    ],
    one_of: &[],
    blame: "",
});
const REPLY: Shape = Shape::Object(&Type {
    fields: &[
        required("message_id", Shape::Integer, NO_MESSAGE),
        optional("chat_id", Shape::ChatId),
        optional("allow_sending_without_reply", Shape::Flag),
        optional("quote", text(0, 1024, "quote is too long")),
        optional("quote_parse_mode", PARSE_MODE),
        optional("quote_position", Shape::Integer),
    ],
    one_of: &[],
    blame: "",
});
const SECRET_TOKEN: Shape = bytes(1, 256, "secret token is too long");
/// The kinds of updates that a bot may request from the stand-in.
pub(super) const UPDATE_KINDS: &[&str] = &[
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
    "chat_member",
    "message_reaction",
    "inline_query",
    "poll",
    "poll_answer",
    "chat_join_request",
];
const UPDATE_TYPES: Shape = Shape::List(&Shape::OneOf(UPDATE_KINDS));

/// Every modelled method with its fields.
pub(super) const METHODS: [(&str, &[Field]); 12] = [
    ("getMe", &[]),
    ("getChat", &[required("chat_id", Shape::ChatId, NO_CHAT)]),
    (
        "getChatMember",
        &[
            required("chat_id", Shape::ChatId, NO_CHAT),
            required("user_id", Shape::Integer, "invalid user_id specified"),
        ],
    ),
    (
        "sendChatAction",
        &[
            required("chat_id", Shape::ChatId, NO_CHAT),
            required(
                "action",
                Shape::OneOf(&["typing", "upload_document"]),
                "wrong parameter action in request",
            ),
            optional("message_thread_id", Shape::Integer),
        ],
    ),
    (
        "sendMessage",
        &[
            required("chat_id", Shape::ChatId, NO_CHAT),
            required("text", MESSAGE_TEXT, NO_TEXT),
            optional("parse_mode", PARSE_MODE),
            optional("message_thread_id", Shape::Integer),
            optional("link_preview_options", PREVIEW),
            optional("disable_notification", Shape::Flag),
            optional("protect_content", Shape::Flag),
            optional("message_effect_id", ANY_TEXT),
            optional("reply_parameters", REPLY),
            optional("reply_markup", KEYBOARD),
        ],
    ),
    (
        "editMessageText",
        &[
            required("chat_id", Shape::ChatId, NO_CHAT),
            required("message_id", Shape::Integer, NO_MESSAGE),
            required("text", MESSAGE_TEXT, NO_TEXT),
            optional("parse_mode", PARSE_MODE),
            optional("link_preview_options", PREVIEW),
            optional("reply_markup", KEYBOARD),
        ],
    ),
    (
        "editMessageReplyMarkup",
        &[
            required("chat_id", Shape::ChatId, NO_CHAT),
            required("message_id", Shape::Integer, NO_MESSAGE),
            optional("reply_markup", KEYBOARD),
        ],
    ),
    (
        "answerCallbackQuery",
        &[
            required("callback_query_id", ANY_TEXT, NO_QUERY),
            optional("text", text(0, 200, "MESSAGE_TOO_LONG")),
            optional("show_alert", Shape::Flag),
            optional("url", Shape::Link),
            optional("cache_time", Shape::Integer),
        ],
    ),
    (
        "setWebhook",
        &[
            required("url", ANY_TEXT, ""),
            optional("secret_token", SECRET_TOKEN),
            optional("allowed_updates", UPDATE_TYPES),
            optional("max_connections", Shape::Integer),
            optional("ip_address", ANY_TEXT),
            optional("drop_pending_updates", Shape::Flag),
        ],
    ),
    ("deleteWebhook", &[optional("drop_pending_updates", Shape::Flag)]),
    ("getWebhookInfo", &[]),
    (
        "getUpdates",
        &[
            optional("offset", Shape::Integer),
            optional("limit", Shape::Integer),
            optional("timeout", Shape::Integer),
            optional("allowed_updates", UPDATE_TYPES),
        ],
    ),
];

/// Finds a method with its fields. Method names are not case-sensitive.
pub(super) fn method(name: &str) -> Option<(&'static str, &'static [Field])> {
    METHODS.iter().copied().find(|(known, _)| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::shape::check;
    use super::*;

    fn send_problems(extra: &Value) -> Vec<(String, Option<String>)> {
        let mut given = json!({"chat_id": -1001, "text": "x"});
        for (name, value) in extra.as_object().expect("an object") {
            given[name] = value.clone();
        }
        let (_, fields) = method("sendmessage").expect("a method");
        let problems = check(fields, given.as_object().expect("an object"));
        problems.into_iter().map(|problem| (problem.what, problem.refusal)).collect()
    }

    fn keyboard(button: &Value) -> Value {
        json!({"reply_markup": {"inline_keyboard": [[button]]}})
    }

    #[test]
    fn each_violated_rule_has_telegrams_error_text() {
        let long = "x".repeat(65);
        let rows = [
            (json!({"disable_web_page_preview": true}), "unknown field `disable_web_page_preview`", None),
            (
                json!({"chat_id": "12"}),
                "`chat_id` is not",
                Some("field \"chat_id\" must be of type Number or @name"),
            ),
            (json!({"text": 5}), "`text` is not a String", Some("field \"text\" must be of type String")),
            (json!({"parse_mode": "html"}), "`parse_mode` is not", Some("field \"parse_mode\"")),
            (
                json!({"link_preview_options": {"disabled": true}}),
                "unknown field `link_preview_options.disabled`",
                None,
            ),
            (
                json!({"reply_parameters": {}}),
                "missing field `reply_parameters.message_id`",
                Some("message identifier"),
            ),
            (json!({"text": "x".repeat(32_769)}), "has 32769 bytes", Some("text is too long")),
            (
                keyboard(&json!({"text": "a"})),
                "has 0 actions",
                Some("can't parse inline keyboard button: Text buttons"),
            ),
            (keyboard(&json!({"text": "a", "url": "https://a.b", "pay": true})), "has 2 actions", None),
            (
                keyboard(&json!({"text": "a", "callback_data": long})),
                "has 65 bytes",
                Some("BUTTON_DATA_INVALID"),
            ),
            (
                keyboard(&json!({"text": "a", "callback_data": ""})),
                "has 0 bytes",
                Some("BUTTON_DATA_INVALID"),
            ),
            (
                keyboard(&json!({"text": "a", "url": "http://localhost:9000"})),
                "is no link",
                Some("can't parse inline"),
            ),
            (
                keyboard(&json!({"text": "a", "url": "https://a.b", "style": "red"})),
                "`reply_markup",
                Some("can't parse"),
            ),
        ];
        for (extra, what, refusal) in rows {
            let problems = send_problems(&extra);
            assert_eq!(problems.len(), 1, "{extra}: {problems:?}");
            assert!(problems[0].0.contains(what), "{extra}: {problems:?}");
            let refused = problems[0].1.as_deref();
            assert_eq!(refused.is_some(), refusal.is_some(), "{extra}: {problems:?}");
            assert!(
                refused.is_none_or(|it| it.starts_with(refusal.unwrap_or_default())),
                "{extra}: {problems:?}"
            );
        }
        let fine = keyboard(&json!({"text": "é", "callback_data": "é".repeat(32), "style": "danger"}));
        assert_eq!(send_problems(&fine), Vec::new());
    }
}
