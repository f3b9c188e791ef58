//! Button presses on the local page of `sidenote demo`.

use sidenote_standins::{Person, Telegram};

use super::DEMO_APPROVER;

/// Presses a button of a message. The Telegram stand-in sends the press to Sidenote's webhook, as Telegram does.
/// Returns whether the message has the button.
pub(super) fn button(chat: &Telegram, message: i64, data: &str) -> bool {
    let message = chat.messages().into_iter().find(|it| it.message_id == message);
    let markup = message.as_ref().and_then(|message| message.reply_markup.as_ref());
    let rows = markup.and_then(|markup| markup["inline_keyboard"].as_array()).into_iter().flatten();
    let mut buttons = rows.filter_map(|row| row.as_array()).flatten();
    let is_there = buttons.any(|button| button["callback_data"] == data);
    if let (true, Some(message)) = (is_there, message) {
        chat.tap(message.message_id, data, &Person::new(DEMO_APPROVER, "You"));
    }
    is_there
}
