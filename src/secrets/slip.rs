//! Copy-and-paste errors in secrets, recognized by the form of the value.

use secrecy::{ExposeSecret as _, SecretString};

/// A copy-and-paste error in the value of a secret. It never contains the secret itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Slip {
    /// The value begins with a quotation mark.
    #[error("it is in quotation marks: store it without them")]
    Quoted,
    /// The value begins with the scheme of an `Authorization` header.
    #[error("it begins with \"Bearer \": store the token alone")]
    Bearer,
    /// The value of a bot token begins with `bot`, as in the URL of the Bot API.
    #[error("it begins with \"bot\", as in a URL of the Bot API: store NUMBER:LETTERS alone")]
    Bot,
    /// The value contains an invisible character, as text copied from a web page may.
    #[error("it contains an invisible character: copy it again, or type it")]
    Invisible,
    /// The value contains several secrets that are not separated by commas.
    #[error("it contains several values separated by line breaks or semicolons: separate them by commas")]
    Several,
    /// The value contains a blank. No valid secret of this kind contains one.
    #[error("it contains a blank: other text was copied with it")]
    Blank,
}

/// Returns the copy-and-paste error that the form of `value` shows, or `None`. `key` is the secret's name.
#[must_use]
pub fn slip(key: &str, value: &SecretString) -> Option<Slip> {
    let text = value.expose_secret();
    let is_invisible = |c: char| {
        c.is_control() && !c.is_whitespace()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
    };
    let first = text.chars().next()?;
    let begins_with =
        |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if matches!(first, '"' | '\'' | '`' | '\u{201c}' | '\u{2018}' | '\u{300c}') {
        return Some(Slip::Quoted);
    }
    if begins_with("bearer ") || begins_with("authorization: bearer ") {
        return Some(Slip::Bearer);
    }
    if key == "TELEGRAM_BOT_TOKEN" && (begins_with("bot") || begins_with("/bot")) {
        return Some(Slip::Bot);
    }
    if text.chars().any(is_invisible) {
        return Some(Slip::Invisible);
    }
    if key == "SENTRY_CLIENT_SECRET" && text.contains(['\n', ';']) {
        return Some(Slip::Several);
    }
    let has_blank = match key {
        // A comma between client secrets may be followed by a blank.
        "SENTRY_CLIENT_SECRET" => text.split(',').any(|one| one.trim().contains(char::is_whitespace)),
        _ => text.contains(char::is_whitespace),
    };
    has_blank.then_some(Slip::Blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_mistakes_in_a_secret_are_detected() {
        let rows = [
            ("SENTRY_AUTH_TOKEN", "\"sntryu_0a1b\"", Some(Slip::Quoted)),
            ("SENTRY_AUTH_TOKEN", "\u{201c}sntryu_0a1b\u{201d}", Some(Slip::Quoted)),
            ("TELEGRAM_BOT_TOKEN", "'123:AAE'", Some(Slip::Quoted)),
            ("LLM_API_KEY", "「sk-1」", Some(Slip::Quoted)),
            ("SENTRY_AUTH_TOKEN", "Bearer sntryu_0a1b", Some(Slip::Bearer)),
            ("LLM_API_KEY", "bearer sk-1", Some(Slip::Bearer)),
            ("SOURCE_TOKEN", "BEARER ghp_1", Some(Slip::Bearer)),
            ("SENTRY_AUTH_TOKEN", "Authorization: Bearer sntryu_0a1b", Some(Slip::Bearer)),
            ("TELEGRAM_BOT_TOKEN", "bot123:AAE", Some(Slip::Bot)),
            ("TELEGRAM_BOT_TOKEN", "Bot123:AAE", Some(Slip::Bot)),
            ("TELEGRAM_BOT_TOKEN", "/bot123:AAE", Some(Slip::Bot)),
            ("LLM_API_KEY", "sk-\u{200b}1", Some(Slip::Invisible)),
            ("SENTRY_AUTH_TOKEN", "\u{feff}sntryu_0a1b", Some(Slip::Invisible)),
            ("SENTRY_CLIENT_SECRET", "0a1b\u{2060}", Some(Slip::Invisible)),
            ("SENTRY_CLIENT_SECRET", "old\nnew", Some(Slip::Several)),
            ("SENTRY_CLIENT_SECRET", "old;new", Some(Slip::Several)),
            ("SENTRY_CLIENT_SECRET", "Client Secret: x", Some(Slip::Blank)),
            ("SENTRY_CLIENT_SECRET", "old, new", None),
            ("SENTRY_AUTH_TOKEN", "sntryu_0a1b", None),
            ("TELEGRAM_BOT_TOKEN", "123:AAE", None),
        ];
        for (key, value, expected) in rows {
            assert_eq!(slip(key, &SecretString::from(value)), expected, "{key} {value:?}");
        }
    }
}
