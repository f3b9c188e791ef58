//! Recognizes webhooks of other products than Sentry, which have no signature.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::json::{Lenient, List};

/// The members of a message in Slack's form, which `GlitchTip`, Bugsink and others send as their webhook. A message can
/// have attachments and blocks.
#[derive(Default, Deserialize)]
#[serde(default)]
struct SlackMessage {
    text: Option<IgnoredAny>,
    attachments: List<IgnoredAny>,
    blocks: List<IgnoredAny>,
}

/// The longest body that is read, in bytes. Any client can send such a request.
const LONGEST: usize = 64 * 1024;

/// Whether a body is a message in Slack's form.
#[must_use]
pub fn is_slack_message(body: &[u8]) -> bool {
    if body.len() > LONGEST {
        return false;
    }
    let message = serde_json::from_slice::<Lenient<SlackMessage>>(body).ok().and_then(|read| read.0);
    message.is_some_and(|SlackMessage { text, attachments, blocks }| {
        text.is_some() && !(attachments.0.is_empty() && blocks.0.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slack_messages_of_other_products_are_recognized() {
        let of_glitchtip =
            br#"{"alias":"GlitchTip","text":"GlitchTip Alert","attachments":[{"title":"KeyError"}]}"#;
        let of_bugsink = br#"{"text":"New issue","blocks":[{"type":"section"}]}"#;
        let with_both =
            br#"{"text":"KeyError","blocks":[{"type":"section"}],"attachments":[{"color":"red"}]}"#;
        for message in [&of_glitchtip[..], of_bugsink, with_both] {
            assert!(is_slack_message(message), "{}", String::from_utf8_lossy(message));
        }
        for other in
            [&br#"{"action":"created","data":{}}"#[..], br#"{"text":"x","attachments":[]}"#, b"[]", b""]
        {
            assert!(!is_slack_message(other), "{}", String::from_utf8_lossy(other));
        }
    }
}
