//! Buttons under a message, in the form of Telegram's Bot API.

use serde_json::{Value, json};

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Button {
    /// A button that sends data back to the bot.
    Press {
        /// The label of the button.
        text: String,
        /// The data that Telegram sends back when the button is pressed.
        data: String,
    },
    /// A button that opens a page.
    Open {
        /// The label of the button.
        text: String,
        /// The URL of the page.
        url: String,
    },
}

/// The rows of buttons under a message.
pub type Keyboard = Vec<Vec<Button>>;

/// Returns the JSON of a keyboard for the Bot API.
#[must_use]
pub fn markup(keyboard: &Keyboard) -> Value {
    let button = |button: &Button| match button {
        Button::Press { text, data } => json!({"text": text, "callback_data": data}),
        Button::Open { text, url } => json!({"text": text, "url": url}),
    };
    let rows: Vec<Vec<Value>> = keyboard.iter().map(|row| row.iter().map(button).collect()).collect();
    json!({ "inline_keyboard": rows })
}
