//! The forms of ids of chats and people in Telegram and Slack.

/// Whether a text is the number of a Telegram chat, or `@name` of a public Telegram chat.
pub(super) fn is_chat(text: &str) -> bool {
    let name = |name: &str| name.len() >= 5 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    text.parse::<i64>().is_ok() || text.strip_prefix('@').is_some_and(name)
}

/// Whether a text is the id of a public channel, a private channel or a direct message in Slack.
pub(super) fn is_channel(text: &str) -> bool {
    is_id(text, &['C', 'G', 'D'])
}

/// Whether a text is the id of a person in Slack.
pub(super) fn is_person(text: &str) -> bool {
    is_id(text, &['U', 'W'])
}

/// Whether a text is an id of Slack. The first letter of an id tells the kind, and `kinds` are the accepted ones.
fn is_id(text: &str, kinds: &[char]) -> bool {
    let is_part = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    text.len() >= 9 && text.starts_with(kinds) && text.bytes().all(is_part)
}
