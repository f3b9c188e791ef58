//! Buttons under a message, and what comes back when one is pressed.
//!
//! Whoever is in the chat with a client of their own can send any data as that of a button. So ours carries a tag that
//! only we can make. It is short, because Telegram takes 64 bytes: a letter, an approval's id, a dot, the tag.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::domain::approval::Choice;
use crate::domain::ids::ApprovalId;

/// What the tag is about, so that nothing else that is signed with the same secret fits.
const PURPOSE: &[u8] = b"sidenote button 1\n";
/// Bytes of the tag: 128 bits.
const TAG: usize = 16;

/// One button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Button {
    /// Sends this data back to us.
    Press {
        /// What it says.
        text: String,
        /// What it sends.
        data: String,
    },
    /// Opens a page.
    Open {
        /// What it says.
        text: String,
        /// The page.
        url: String,
    },
}

/// Rows of buttons.
pub type Keyboard = Vec<Vec<Button>>;

/// The keyboard as the Bot API takes it.
#[must_use]
pub fn markup(keyboard: &Keyboard) -> Value {
    let button = |button: &Button| match button {
        Button::Press { text, data } => json!({"text": text, "callback_data": data}),
        Button::Open { text, url } => json!({"text": text, "url": url}),
    };
    let rows: Vec<Vec<Value>> = keyboard.iter().map(|row| row.iter().map(button).collect()).collect();
    json!({ "inline_keyboard": rows })
}

/// A button of ours was pressed. It exists only if its tag is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ButtonPress {
    /// What was chosen.
    pub choice: Choice,
    /// Which approval it is about.
    pub approval: ApprovalId,
}

impl ButtonPress {
    /// The data of a button, with its tag.
    #[must_use]
    pub fn seal(&self, key: &SecretString) -> String {
        let said = format!("{}{}", letter(self.choice), self.approval);
        let tag = mac(key, &said).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
        format!("{said}.{}", URL_SAFE_NO_PAD.encode(&tag[..TAG]))
    }

    /// Reads a button's data, if the tag is ours; compared in constant time.
    #[must_use]
    pub fn open(data: &str, key: &SecretString) -> Option<Self> {
        let (said, tag) = data.split_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok().filter(|tag| tag.len() == TAG)?;
        mac(key, said)?.verify_truncated_left(&tag).ok()?;
        let choice = [Choice::Approve, Choice::Reject, Choice::Again]
            .into_iter()
            .find(|choice| said.starts_with(letter(*choice)))?;
        Some(Self { choice, approval: ApprovalId::parse(said.get(1..)?).ok()? })
    }
}

fn letter(choice: Choice) -> char {
    match choice {
        Choice::Approve => 'a',
        Choice::Reject => 'r',
        Choice::Again => 'g',
    }
}

fn mac(key: &SecretString, said: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()).ok()?;
    mac.update(PURPOSE);
    mac.update(said.as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_data_is_read_and_it_is_short() {
        let key = SecretString::from("k");
        for choice in [Choice::Approve, Choice::Reject, Choice::Again] {
            let press =
                ButtonPress { choice, approval: ApprovalId::parse("0123456789abcdef").expect("an id") };
            let data = press.seal(&key);
            assert!(data.len() <= 64, "{data}");
            assert_eq!(ButtonPress::open(&data, &key), Some(press));
            assert_eq!(ButtonPress::open(&data, &SecretString::from("other")), None);
            let (said, tag) = data.split_once('.').expect("a tag");
            for forged in [
                format!("r1{said}.{tag}"),
                format!("{said}."),
                format!("{said}.{}", &tag[2..]),
                said.to_owned(),
            ] {
                assert_eq!(ButtonPress::open(&forged, &key), None, "{forged}");
            }
        }
        assert_eq!(ButtonPress::open("", &key), None);
        assert_eq!(ButtonPress::open("é.é", &key), None);
    }
}
