//! Routes: the rules that choose the chat for the message about an issue.

use std::mem;

use super::ids::Slug;
use super::report::Report;
use super::text::Untrusted;

/// A route to the place `P` in a chat. The route takes an issue if all conditions hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatRoute<P> {
    /// The conditions of the route.
    pub conditions: RouteConditions,
    /// The place that gets the message.
    pub place: P,
}

/// The conditions of a route. An empty list is no condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteConditions {
    /// The slugs of the projects that the route takes.
    pub projects: Vec<String>,
    /// The names of the environments that the route takes.
    pub environments: Vec<String>,
    /// The log levels that the route takes, such as `error` and `fatal`.
    pub levels: Vec<String>,
    /// The smallest number of affected users of an issue that the route takes.
    pub min_users: u64,
}

/// The place of a route, in Telegram or in Slack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoutePlace {
    /// A chat in Telegram.
    Telegram(TelegramPlace),
    /// The id of a channel in Slack.
    Slack(String),
}

/// A chat in Telegram, and a topic in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelegramPlace {
    /// The number of the chat, or `@name` for a public chat.
    pub chat: String,
    /// The number of the topic, if the chat has topics.
    pub thread: Option<i64>,
}

impl<P> ChatRoute<P> {
    /// Returns the place of the first route that takes the issue of a report. A message that is not about an issue has
    /// no report, and no route takes it.
    #[must_use]
    pub fn first<'r>(routes: &'r [Self], report: Option<&Report>) -> Option<&'r P> {
        let takes = |route: &&Self| report.is_some_and(|report| route.conditions.hold_for(report));
        routes.iter().find(takes).map(|route| &route.place)
    }
}

impl ChatRoute<RoutePlace> {
    /// Parses the routes in the setting `CHAT_ROUTES`, one per line or separated by `;`. An example of a line is
    /// `project=shop,web environment=production level=fatal users>=100 -> -1001234/7`. An empty line and a line that
    /// begins with `#` are skipped. `place` parses the text after the arrow.
    ///
    /// # Errors
    /// Returns the first problem, with the number of its line, from 1.
    pub fn parse_all(
        text: &str,
        place: impl Fn(&str) -> Result<RoutePlace, String>,
    ) -> Result<Vec<Self>, String> {
        let mut routes: Vec<Self> = Vec::new();
        for (at, line) in text.split(['\n', ';']).enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: String| format!("line {}: {what}", at + 1);
            let route = Self::parse(line, &place).map_err(wrong)?;
            if routes.iter().any(|earlier| earlier.hides(&route)) {
                let what = "no issue gets here, because an earlier route takes every issue";
                return Err(wrong(what.to_owned()));
            }
            routes.push(route);
        }
        Ok(routes)
    }

    fn parse(line: &str, place: &impl Fn(&str) -> Result<RoutePlace, String>) -> Result<Self, String> {
        let (texts, to) = line.split_once("->").ok_or("there is no `->` before the chat")?;
        let (mut conditions, place) = (RouteConditions::default(), place(to.trim())?);
        for condition in texts.split_whitespace() {
            conditions.add(condition)?;
        }
        Ok(Self { conditions, place })
    }

    /// Whether no issue gets to a `later` route, because this route takes every issue of the same chat program.
    fn hides(&self, later: &Self) -> bool {
        let is_same_program = mem::discriminant(&self.place) == mem::discriminant(&later.place);
        is_same_program && self.conditions == RouteConditions::default()
    }
}

impl RouteConditions {
    fn add(&mut self, condition: &str) -> Result<(), String> {
        if let Some(users) = condition.strip_prefix("users>=") {
            self.min_users = users.parse().map_err(|_| format!("{users:?} is no number of users"))?;
            return Ok(());
        }
        let (name, values) = condition.split_once('=').ok_or(format!("{condition:?} is no condition"))?;
        let list = match name {
            "project" => &mut self.projects,
            "environment" => &mut self.environments,
            "level" => &mut self.levels,
            _ => return Err(format!("{name:?} is neither project, environment, level nor users")),
        };
        list.extend(values.split(',').filter(|value| !value.is_empty()).map(str::to_owned));
        if list.is_empty() { Err(format!("{condition:?} has no value")) } else { Ok(()) }
    }

    /// Whether the issue of a report meets all conditions. An unknown value of the issue meets no condition.
    fn hold_for(&self, report: &Report) -> bool {
        let issue = &report.evidence.issue;
        let is_in = |list: &[String], value: Option<&str>| {
            list.is_empty() || value.is_some_and(|value| list.iter().any(|it| it == value))
        };
        is_in(&self.projects, issue.project.as_ref().map(Slug::as_str))
            && is_in(&self.environments, report.evidence.environment().map(Untrusted::raw))
            && is_in(&self.levels, issue.level.as_ref().map(Untrusted::raw))
            && issue.users.unwrap_or(0) >= self.min_users
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<ChatRoute<RoutePlace>>, String> {
        ChatRoute::parse_all(text, |place| match place.parse::<i64>() {
            Ok(_) => Ok(chat(place)),
            Err(_) if place.starts_with('C') => Ok(RoutePlace::Slack(place.to_owned())),
            Err(_) => Err(format!("{place:?} is no chat")),
        })
    }

    fn chat(chat: &str) -> RoutePlace {
        RoutePlace::Telegram(TelegramPlace { chat: chat.to_owned(), thread: None })
    }

    #[test]
    fn routes_are_read_in_their_order() {
        let text = "# night shift\nproject=shop,web level=fatal users>=100 -> -100\n\nenvironment=staging -> C5; -> 9";
        let list = |values: &[&str]| values.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let none = RouteConditions::default;
        let fatal = RouteConditions {
            projects: list(&["shop", "web"]),
            levels: list(&["fatal"]),
            min_users: 100,
            ..none()
        };
        let staging = RouteConditions { environments: list(&["staging"]), ..none() };
        let expected = [
            ChatRoute { conditions: fatal, place: chat("-100") },
            ChatRoute { conditions: staging, place: RoutePlace::Slack("C5".to_owned()) },
            ChatRoute { conditions: none(), place: chat("9") },
        ];
        assert_eq!(parsed(text).expect("routes"), expected);
    }

    #[test]
    fn a_route_for_every_issue_hides_only_routes_of_the_same_program() {
        assert_eq!(parsed("-> 1\nlevel=error -> C2\n-> C3").map(|routes| routes.len()), Ok(3));
        assert!(parsed("-> 1\n-> C2\nlevel=error -> 3").is_err_and(|why| why.starts_with("line 3: ")));
    }

    #[test]
    fn a_wrong_route_is_named_by_its_line() {
        for (text, line, what) in [
            ("-> 1\n-> 2", 2, "no issue gets here"),
            ("level=error -> 1\nproject=shop 1", 2, "no `->`"),
            ("project=shop -> the team", 1, "is no chat"),
            ("team=x -> 1", 1, "neither project"),
            ("users>=many -> 1", 1, "no number of users"),
            ("project= -> 1", 1, "has no value"),
            ("shop -> 1", 1, "is no condition"),
        ] {
            let problem = parsed(text).expect_err(text);
            assert!(problem.starts_with(&format!("line {line}: ")) && problem.contains(what), "{problem}");
        }
    }
}
