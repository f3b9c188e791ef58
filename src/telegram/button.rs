//! Buttons under a message, in the Bot API's form.

use serde_json::{Value, json};

/// One button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Button {
    /// A button that sends data back to the bot.
    Press {
        /// The label.
        text: String,
        /// The data.
        data: String,
    },
    /// A button that opens a page.
    Open {
        /// The label.
        text: String,
        /// The page's URL.
        url: String,
    },
}

/// Rows of buttons.
pub type Keyboard = Vec<Vec<Button>>;

/// The keyboard in the Bot API's JSON.
#[must_use]
pub fn markup(keyboard: &Keyboard) -> Value {
    let button = |button: &Button| match button {
        Button::Press { text, data } => json!({"text": text, "callback_data": data}),
        Button::Open { text, url } => json!({"text": text, "url": url}),
    };
    let rows: Vec<Vec<Value>> = keyboard.iter().map(|row| row.iter().map(button).collect()).collect();
    json!({ "inline_keyboard": rows })
}
