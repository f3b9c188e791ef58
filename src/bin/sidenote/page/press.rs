//! A button of the demo's chat, pressed by whoever looks at the page: the update that Telegram would send.

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use serde_json::json;
use sidenote::standins::Telegram;
use sidenote::telegram::SECRET_HEADER;

use super::{DEMO_APPROVER, DEMO_SECRET, UPDATES};

/// The update, if there is such a button under that message.
pub(super) fn update(chat: &Telegram, message: i64, data: &str) -> Option<Request<Bytes>> {
    let message = chat.messages().into_iter().find(|it| it.message_id == message)?;
    let rows = message.reply_markup.as_ref()?["inline_keyboard"].as_array()?;
    let mut buttons = rows.iter().filter_map(|row| row.as_array()).flatten();
    buttons.find(|button| button["callback_data"] == data)?;
    let update = json!({"update_id": fastrand::i64(1..i64::MAX), "callback_query": {
        "id": fastrand::u64(..).to_string(), "chat_instance": "1", "data": data,
        "from": {"id": DEMO_APPROVER, "is_bot": false, "first_name": "You"},
        "message": {"message_id": message.message_id, "date": 1, "chat": {"id": message.chat_id, "type": "supergroup"}},
    }});
    let request =
        Request::post(UPDATES).header(CONTENT_TYPE, "application/json").header(SECRET_HEADER, DEMO_SECRET);
    request.body(Bytes::from(update.to_string())).ok()
}
