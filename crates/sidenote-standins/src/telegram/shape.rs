//! The types of the fields of a Bot API request, and the check of a request against them.

use serde_json::{Map, Value};

use super::link;

/// The type of a field.
pub(super) enum Shape {
    /// A string whose length is limited.
    Text(Limit),
    Integer,
    Flag,
    /// The id of a chat: a number or `@name`.
    ChatId,
    /// One of the listed strings.
    OneOf(&'static [&'static str]),
    /// A link that [`link::checked`] accepts.
    Link,
    Object(&'static Type),
    List(&'static Shape),
}

/// The length limits of a string, and Telegram's error for other lengths.
pub(super) struct Limit {
    pub(super) least: usize,
    pub(super) most: usize,
    /// Whether the length is counted in bytes. Otherwise it is counted in characters.
    pub(super) bytes: bool,
    pub(super) refusal: &'static str,
}

/// One field of a method or an object.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// Telegram's error if the field is missing; empty if Telegram has no error for this. `None` for an optional field.
    pub(super) missing: Option<&'static str>,
}

/// The type of an object inside a request.
pub(super) struct Type {
    pub(super) fields: &'static [Field],
    /// Fields of which exactly one must be present. The list is empty if there is no such rule.
    pub(super) one_of: &'static [&'static str],
    /// The prefix of Telegram's errors about an object of this type. An error in capitals has no prefix, because it
    /// comes from Telegram's cloud.
    pub(super) blame: &'static str,
}

impl Field {
    /// Whether the field's value is plain text, which need not be parsed as JSON.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.shape, Shape::Text(_) | Shape::OneOf(_) | Shape::Link)
    }
}

/// A problem with a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) what: String,
    /// Telegram's text after "Bad Request: "; `None` if Telegram tolerates the problem.
    pub(super) refusal: Option<String>,
}

/// Checks the parameters of a method, including nested fields.
pub(super) fn check(fields: &[Field], given: &Map<String, Value>) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_members("", fields, given, &mut problems);
    problems
}

fn check_members(path: &str, fields: &[Field], given: &Map<String, Value>, problems: &mut Vec<Problem>) {
    for name in given.keys().filter(|name| !fields.iter().any(|field| field.name == **name)) {
        problems.push(Problem { what: format!("unknown field `{path}{name}`"), refusal: None });
    }
    for field in fields {
        let path = format!("{path}{}", field.name);
        match (given.get(field.name), field.missing) {
            (Some(value), _) => field.shape.check(&path, value, problems),
            (None, Some(refusal)) => {
                let refusal = Some(refusal.to_owned()).filter(|refusal| !refusal.is_empty());
                problems.push(Problem { what: format!("missing field `{path}`"), refusal });
            }
            (None, None) => {}
        }
    }
}

impl Shape {
    fn check(&self, path: &str, value: &Value, problems: &mut Vec<Problem>) {
        let fits = match (self, value) {
            (Self::Text(limit), Value::String(text)) => return problems.extend(limit.check(path, text)),
            (Self::Link, Value::String(url)) => return problems.extend(check_link(path, url)),
            (Self::Object(kind), Value::Object(members)) => return kind.check(path, members, problems),
            (Self::List(shape), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    shape.check(&format!("{path}[{index}]"), item, problems);
                }
                return;
            }
            (Self::OneOf(known), Value::String(text)) => known.contains(&text.as_str()),
            (Self::ChatId, Value::String(name)) => name.starts_with('@'),
            (Self::ChatId | Self::Integer, Value::Number(number)) => number.is_i64(),
            (Self::Flag, value) => value.is_boolean(),
            _ => false,
        };
        if !fits {
            let name = path.rsplit('.').next().unwrap_or(path);
            let refusal = Some(format!("field \"{name}\" must be of type {}", self.name()));
            problems.push(Problem { what: format!("`{path}` is not a {}: {value}", self.name()), refusal });
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::OneOf(_) | Self::Link => "String",
            Self::Integer => "Number",
            Self::Flag => "Boolean",
            Self::ChatId => "Number or @name",
            Self::Object(_) => "Object",
            Self::List(_) => "Array",
        }
    }
}

impl Type {
    fn check(&self, path: &str, members: &Map<String, Value>, problems: &mut Vec<Problem>) {
        let before = problems.len();
        check_members(&format!("{path}."), self.fields, members, problems);
        let actions = self.one_of.iter().filter(|name| members.contains_key(**name)).count();
        if !self.one_of.is_empty() && actions != 1 {
            // If there are several actions, Telegram takes the first one that it knows.
            let refusal =
                (actions == 0).then(|| "Text buttons are unallowed in the inline keyboard".to_owned());
            problems
                .push(Problem { what: format!("`{path}` has {actions} actions instead of one"), refusal });
        }
        for refusal in problems[before..].iter_mut().filter_map(|problem| problem.refusal.as_mut()) {
            // An error in capitals comes from Telegram's cloud and has no prefix.
            if refusal.contains(' ') && !refusal.starts_with(self.blame) {
                *refusal = format!("{}{refusal}", self.blame);
            }
        }
    }
}

impl Limit {
    fn check(&self, path: &str, text: &str) -> Option<Problem> {
        let (length, unit) =
            if self.bytes { (text.len(), "bytes") } else { (text.chars().count(), "characters") };
        let fits = (self.least..=self.most).contains(&length);
        let what = format!("`{path}` has {length} {unit}, not {} to {}", self.least, self.most);
        (!fits).then(|| Problem { what, refusal: Some(self.refusal.to_owned()) })
    }
}

fn check_link(path: &str, url: &str) -> Option<Problem> {
    let refusal = Some(format!("inline keyboard button URL '{url}' is invalid: Wrong HTTP URL"));
    link::checked(url).is_none().then(|| Problem { what: format!("`{path}` is no link: {url}"), refusal })
}
