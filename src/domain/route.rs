//! Routes: the rules that choose the chat for the message about an issue.

use super::ids::Slug;
use super::report::Report;
use super::text::Untrusted;

/// A route to a chat. The route takes an issue if all conditions hold; an empty list is no condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatRoute {
    /// The slugs of the projects that the route takes.
    pub projects: Vec<String>,
    /// The names of the environments that the route takes.
    pub environments: Vec<String>,
    /// The log levels that the route takes, such as `error` and `fatal`.
    pub levels: Vec<String>,
    /// The smallest number of affected users of an issue that the route takes.
    pub min_users: u64,
    /// The id of the chat that gets the message.
    pub chat: String,
    /// The id of the topic in the chat, if the chat has topics.
    pub thread: Option<i64>,
}

impl ChatRoute {
    /// Parses the routes in the setting `CHAT_ROUTES`, one per line or separated by `;`. An example of a line is
    /// `project=shop,web environment=production level=fatal users>=100 -> -1001234/7`. An empty line and a line that
    /// begins with `#` are skipped.
    ///
    /// # Errors
    ///
    /// A text about the first problem if a line cannot be used. The text contains the number of the line, from 1.
    pub fn parse_all(text: &str, is_chat: impl Fn(&str) -> bool) -> Result<Vec<Self>, String> {
        let mut routes: Vec<Self> = Vec::new();
        for (at, line) in text.split(['\n', ';']).enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let number = at + 1;
            if routes.last().is_some_and(Self::takes_everything) {
                return Err(format!(
                    "line {number}: no issue gets here, because the route before it takes every issue"
                ));
            }
            routes.push(Self::parse(line, &is_chat).map_err(|what| format!("line {number}: {what}"))?);
        }
        Ok(routes)
    }

    fn parse(line: &str, is_chat: &impl Fn(&str) -> bool) -> Result<Self, String> {
        let (conditions, to) = line.split_once("->").ok_or("there is no `->` before the chat")?;
        let mut route = Self::to(to.trim(), is_chat)?;
        for condition in conditions.split_whitespace() {
            route.add(condition)?;
        }
        Ok(route)
    }

    fn to(to: &str, is_chat: &impl Fn(&str) -> bool) -> Result<Self, String> {
        let (chat, thread) = to.split_once('/').map_or((to, None), |(chat, thread)| (chat, Some(thread)));
        if !is_chat(chat) {
            return Err(format!("{chat:?} is no chat"));
        }
        let thread =
            thread.map(|thread| thread.parse().map_err(|_| format!("{thread:?} is no topic's number")));
        Ok(Self { chat: chat.to_owned(), thread: thread.transpose()?, ..Self::default() })
    }

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

    fn takes_everything(&self) -> bool {
        let lists = [&self.projects, &self.environments, &self.levels];
        self.min_users == 0 && lists.into_iter().all(Vec::is_empty)
    }

    /// Whether the route takes the issue of a report. An unknown value of the issue meets no condition.
    #[must_use]
    pub fn takes(&self, report: &Report) -> bool {
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

    fn parsed(text: &str) -> Result<Vec<ChatRoute>, String> {
        ChatRoute::parse_all(text, |chat| chat.parse::<i64>().is_ok())
    }

    #[test]
    fn routes_are_read_in_their_order() {
        let text = "# night shift\nproject=shop,web level=fatal users>=100 -> -100/7\n\nenvironment=staging -> -5; -> 9";
        let list = |values: &[&str]| values.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let none = ChatRoute::default;
        let expected = [
            ChatRoute {
                projects: list(&["shop", "web"]),
                levels: list(&["fatal"]),
                min_users: 100,
                chat: "-100".to_owned(),
                thread: Some(7),
                ..none()
            },
            ChatRoute { environments: list(&["staging"]), chat: "-5".to_owned(), ..none() },
            ChatRoute { chat: "9".to_owned(), ..none() },
        ];
        assert_eq!(parsed(text).expect("routes"), expected);
    }

    #[test]
    fn a_wrong_route_is_named_by_its_line() {
        for (text, line, what) in [
            ("-> 1\n-> 2", 2, "no issue gets here"),
            ("level=error -> 1\nproject=shop 1", 2, "no `->`"),
            ("project=shop -> the team", 1, "is no chat"),
            ("project=shop -> 1/x", 1, "no topic's number"),
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
