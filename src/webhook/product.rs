//! Recognizes webhooks of other products than Sentry, which have no signature.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The members of a message in Slack's form, which `GlitchTip`, Bugsink and others send as their webhook.
#[derive(Deserialize)]
struct SlackMessage {
    text: IgnoredAny,
    #[serde(alias = "blocks")]
    attachments: Vec<IgnoredAny>,
}

/// The longest body that is read, in bytes. Any client can send such a request.
const LONGEST: usize = 64 * 1024;

/// Whether a body is a message in Slack's form.
#[must_use]
pub fn is_slack_message(body: &[u8]) -> bool {
    body.len() <= LONGEST
        && serde_json::from_slice::<SlackMessage>(body)
            .is_ok_and(|SlackMessage { text: IgnoredAny, attachments }| !attachments.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slack_messages_of_other_products_are_recognized() {
        let of_glitchtip =
            br#"{"alias":"GlitchTip","text":"GlitchTip Alert","attachments":[{"title":"KeyError"}]}"#;
        let of_bugsink = br#"{"text":"New issue","blocks":[{"type":"section"}]}"#;
        assert!(is_slack_message(of_glitchtip) && is_slack_message(of_bugsink));
        for other in
            [&br#"{"action":"created","data":{}}"#[..], br#"{"text":"x","attachments":[]}"#, b"[]", b""]
        {
            assert!(!is_slack_message(other), "{}", String::from_utf8_lossy(other));
        }
    }
}
