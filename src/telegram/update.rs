//! Reads updates from Telegram. An [`Update`] exists only if its secret header was valid, if Sidenote received it by
//! polling the Bot API, or if Sidenote queued it after one of these.

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::{Keyboard, wire};
use crate::domain::approval::MessageRef;
use crate::domain::text::Untrusted;
use crate::json::Lenient;

/// The name of the header with the secret that Sidenote gave to Telegram.
pub const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// One update from Telegram.
#[derive(Debug)]
pub struct Update {
    /// Telegram's id of the update.
    pub id: i64,
    /// The button press, if the update is about one.
    pub callback: Option<Callback>,
}

/// A press of a button under a message.
#[derive(Debug)]
pub struct Callback {
    /// Telegram's id of the press (callback query). An answer must name this id.
    pub query: String,
    /// The Telegram id of the person who pressed.
    pub from: i64,
    /// The Telegram name of the person who pressed.
    pub name: Untrusted,
    /// The message that contains the button.
    pub message_ref: Option<MessageRef>,
    /// The buttons of this message that open a page.
    pub links: Keyboard,
    /// The data of the button. Its signature is not verified yet.
    pub data: String,
}

/// The reason why a request is not accepted as an update from Telegram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAnUpdate {
    /// The secret in the header is missing or wrong.
    Secret,
    /// The body is not an update.
    Unreadable,
}

impl Update {
    /// Whether a request has the secret header at all. A request without it is refused without a comparison, so the
    /// secret need not be known.
    #[must_use]
    pub fn has_secret(headers: &HeaderMap) -> bool {
        headers.contains_key(SECRET_HEADER)
    }

    /// Checks the secret of a request in constant time and reads the update.
    ///
    /// # Errors
    ///
    /// [`NotAnUpdate`] if the secret or the body is invalid.
    pub fn read(headers: &HeaderMap, body: &[u8], secret: &SecretString) -> Result<Self, NotAnUpdate> {
        let given = headers.get(SECRET_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
        if !is_same(given, secret) {
            return Err(NotAnUpdate::Secret);
        }
        Self::parse(body).ok_or(NotAnUpdate::Unreadable)
    }

    /// Reads an update that needs no check of a secret: Sidenote received it by polling, or it comes from Sidenote's
    /// own queue, whose signature the caller has verified.
    #[must_use]
    pub fn kept(body: &[u8]) -> Option<Self> {
        Self::parse(body)
    }

    fn parse(body: &[u8]) -> Option<Self> {
        let Lenient(wire): Lenient<wire::Update> = serde_json::from_slice(body).ok()?;
        let wire = wire?;
        Some(Self { id: wire.id.0?, callback: wire.callback_query.0.and_then(callback) })
    }
}

fn callback(wire: wire::Callback) -> Option<Callback> {
    let from = wire.from.0?;
    Some(Callback {
        query: wire.id.as_deref()?.to_owned(),
        from: from.id.0?,
        name: from.name(),
        message_ref: wire.message.0.as_ref().and_then(wire::Message::message_ref),
        links: wire.message.0.as_ref().map(wire::Message::links).unwrap_or_default(),
        data: wire.data.as_deref().unwrap_or_default().to_owned(),
    })
}

/// Whether `given` is the secret. The HMACs of both texts are compared instead of the texts, so that the time reveals
/// nothing.
fn is_same(given: &[u8], secret: &SecretString) -> bool {
    let secret = secret.expose_secret().as_bytes();
    let code = |text: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
        mac.update(text);
        Some(mac)
    };
    let expected = code(secret).map(|mac| mac.finalize().into_bytes());
    !secret.is_empty()
        && code(given).zip(expected).is_some_and(|(mac, expected)| mac.verify_slice(&expected).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telegram::Button;

    fn read(secret: Option<&str>, body: &str) -> Result<Update, NotAnUpdate> {
        let header = |text: &str| (SECRET_HEADER.parse().expect("a name"), text.parse().expect("a value"));
        Update::read(&secret.map(header).into_iter().collect(), body.as_bytes(), &"right".into())
    }

    #[test]
    fn an_update_without_the_right_secret_is_rejected() {
        for wrong in [None, Some(""), Some("wrong"), Some("right "), Some("righ")] {
            assert_eq!(read(wrong, r#"{"update_id":1}"#).err(), Some(NotAnUpdate::Secret), "{wrong:?}");
        }
        assert_eq!(read(Some("right"), r#"{"update_id":1}"#).map(|update| update.id).ok(), Some(1));
        let no_secret = Update::read(&HeaderMap::new(), b"{}", &"".into());
        assert_eq!(no_secret.err(), Some(NotAnUpdate::Secret));
    }

    #[test]
    fn a_press_is_read_and_other_updates_have_no_callback() {
        let body = r#"{"update_id":7,"callback_query":{"id":"q","from":{"id":5,"is_bot":false,"first_name":"Kim",
            "username":"kim"},"message":{"message_id":9,"date":0,"chat":{"id":-100,"type":"group"},"reply_markup":{"inline_keyboard":[
            [{"text":"Approve","callback_data":"x"}],[null,{"text":"Open","url":"https://sentry.example/"}]]}},
            "data":"x"}}"#;
        let callback = read(Some("right"), body).expect("an update").callback.expect("a callback");
        assert_eq!((callback.from, callback.name.line(40).as_str()), (5, "Kim (@kim)"));
        assert_eq!(callback.message_ref, Some(MessageRef { chat: -100, message: 9 }));
        let open = Button::Open { text: "Open".to_owned(), url: "https://sentry.example/".to_owned() };
        assert_eq!(callback.links, [[open]], "only the buttons that open a page");
        for other in
            [r#"{"update_id":7,"message":{"text":"hi"}}"#, r#"{"update_id":7,"callback_query":{"id":"q"}}"#]
        {
            assert!(read(Some("right"), other).expect("an update").callback.is_none());
        }
        for bad in ["", "[]", "null", r#"{"update_id":"x"}"#] {
            assert_eq!(read(Some("right"), bad).err(), Some(NotAnUpdate::Unreadable), "{bad}");
        }
    }
}
