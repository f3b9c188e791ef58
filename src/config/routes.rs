//! The routes to further chats: `CHAT_ROUTES`.

use super::Reader;
use super::chat_ids::{is_channel, is_chat};
use crate::domain::route::{ChatRoute, RoutePlace, TelegramPlace};

/// The routes of `CHAT_ROUTES`, separately for Telegram and for Slack.
#[derive(Debug, Default)]
pub(super) struct Routes {
    pub(super) telegram: Vec<ChatRoute<TelegramPlace>>,
    pub(super) slack: Vec<ChatRoute<String>>,
}

/// Reads `CHAT_ROUTES`. A problem names the line of the route.
pub(super) fn read(reader: &mut Reader<'_>) -> Routes {
    let mut routes = Routes::default();
    let Some(text) = reader.text("CHAT_ROUTES") else { return routes };
    let parsed = ChatRoute::parse_all(&text, place).unwrap_or_else(|what| {
        reader.problem("CHAT_ROUTES", what);
        Vec::new()
    });
    for ChatRoute { conditions, place } in parsed {
        match place {
            RoutePlace::Telegram(place) => routes.telegram.push(ChatRoute { conditions, place }),
            RoutePlace::Slack(place) => routes.slack.push(ChatRoute { conditions, place }),
        }
    }
    routes
}

/// Reports a problem if there are `routes` to Telegram or to Slack, and the `default` chat there is missing. `variable`
/// is the setting with the default chat.
pub(super) fn check<P>(
    reader: &mut Reader<'_>,
    routes: &[ChatRoute<P>],
    default: Option<&str>,
    variable: &'static str,
) {
    if !routes.is_empty() && default.is_none() {
        let what = format!("{variable} is not set: it gets the issues that no route takes");
        reader.problem("CHAT_ROUTES", what);
    }
}

/// Parses the place of a route: a Slack channel's id, or a Telegram chat with an optional topic, such as `-1001234/7`.
fn place(text: &str) -> Result<RoutePlace, String> {
    if is_channel(text) {
        return Ok(RoutePlace::Slack(text.to_owned()));
    }
    let (chat, thread) = text.split_once('/').map_or((text, None), |(chat, thread)| (chat, Some(thread)));
    if !is_chat(chat) {
        return Err(format!("{chat:?} is neither a Telegram chat nor the id of a Slack channel"));
    }
    let topic = |thread: &str| thread.parse().map_err(|_| format!("{thread:?} is no topic's number"));
    let place = TelegramPlace { chat: chat.to_owned(), thread: thread.map(topic).transpose()? };
    Ok(RoutePlace::Telegram(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_place_tells_the_program() {
        let chat =
            |chat: &str, thread| Ok(RoutePlace::Telegram(TelegramPlace { chat: chat.to_owned(), thread }));
        assert_eq!(place("-1001234/7"), chat("-1001234", Some(7)));
        assert_eq!(place("@on_call"), chat("@on_call", None));
        assert_eq!(place("C0123456789"), Ok(RoutePlace::Slack("C0123456789".to_owned())));
        for wrong in ["#on-call", "C0123456789/7", "c0123456789", "U0123456789", "-1/x", ""] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
    }
}
