//! The initial data of the stand-ins: the order service of a bakery, and its people on call.

use std::time::Duration;

use sidenote_standins::{
    Chat, Commit, Event, Exception, Frame, Issue, Kind, SentryWorld, SlackChannel, SlackWorld, TelegramWorld,
    Token,
};

use super::canary::{AUTH_TOKEN, BOT_TOKEN, SLACK_TOKEN};

/// The slug of the Sentry organization.
pub(crate) const ORG: &str = "crumb";
/// The slug of the Sentry project.
pub(crate) const PROJECT: &str = "orders";
/// The numeric id of the issue in the webhooks' bodies.
pub(crate) const ISSUE: &str = ISSUES[0];
/// The numeric ids of [`ISSUE`] and of similar issues. Tests with several deliveries use several issues, because a
/// second webhook about the same issue is a repeat.
pub(crate) const ISSUES: [&str; 8] = ["5150", "5151", "5152", "5153", "5154", "5155", "5156", "5157"];
/// The id of the newest event of every issue.
pub(crate) const EVENT: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
/// The id of the Telegram chat of the people on call.
pub(crate) const CHAT: i64 = -100_700_800;

/// Returns a self-hosted Sentry with all [`ISSUES`], each with an event and a suspect commit.
pub(crate) fn sentry() -> SentryWorld {
    ISSUES.iter().fold(sentry_of(Kind::SelfHosted), |world, id| world.issue(issue_of(id)))
}

/// Returns a Sentry of this kind with the project and a token with the needed scopes, but without issues.
pub(crate) fn sentry_of(kind: Kind) -> SentryWorld {
    SentryWorld::new(kind, ORG).token(Token::integration(AUTH_TOKEN)).project(PROJECT, "python")
}

/// Returns the issue with the id [`ISSUE`].
pub(crate) fn issue() -> Issue {
    issue_of(ISSUE)
}

/// Returns an issue with seven events within 24 hours.
pub(crate) fn issue_of(id: &str) -> Issue {
    let event = Event::new(EVENT)
        .set("platform", "python".into())
        .exception(Exception::new("KeyError", "'rye'").frame(Frame::new("orders/prices.py", "price_of", 31)))
        .tag("environment", "production")
        .commit(Commit::new(
            "4be1d0c29f7a86e5b3a1c4d2908f7e6d5c4b3a21",
            "Sell by the half loaf",
            "Noor",
            "noor@crumb.example",
        ));
    Issue::new(id, &format!("ORDERS-{id}"), "KeyError: 'rye'")
        .project(PROJECT)
        .platform("python")
        .counts(31, 12)
        .seen(Duration::from_hours(72), Duration::from_secs(40))
        .hourly(&[0, 0, 4, 3])
        .daily(&[11, 13, 7])
        .releases("orders@2.0.0", "orders@2.1.0")
        .tag("environment", &[("production", 30), ("staging", 1)])
        .event(event)
}

/// The id of the Slack channel of the people on call.
pub(crate) const CHANNEL: &str = "C0ONCALL1";

/// Returns a Slack workspace whose app is in the channel of the people on call.
pub(crate) fn slack() -> SlackWorld {
    SlackWorld::new(SLACK_TOKEN).channel(SlackChannel::new(CHANNEL, "on-call"))
}

/// Returns a Telegram bot in the chat of the people on call.
pub(crate) fn telegram() -> TelegramWorld {
    TelegramWorld::new(BOT_TOKEN).chat(Chat::supergroup(CHAT, "on call"))
}
