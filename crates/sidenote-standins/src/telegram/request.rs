//! A request to Telegram's Bot API: its token, its method and its checked parameters.

use axum::extract::Query;
use http::{Method, Uri};
use serde_json::{Map, Value};

use super::super::exchange::Recorded;
use super::entity::{Formatted, utf16_length};
use super::html;
use super::shape::{self, Field, Problem};

/// The visible text of a message may have at most this many characters. Telegram's error for more is "message is too
/// long".
const VISIBLE_LIMIT: usize = 4096;
/// A keyboard may have at most this many buttons. The limit is widely reported but not documented. Telegram's error for
/// more is "reply markup is too long".
const MOST_BUTTONS: usize = 100;
/// The JSON text of a keyboard may have at most this many bytes. Telegram's error is the same as for too many buttons.
const MARKUP_LIMIT: usize = 10_000;
/// Telegram shows at most this many buttons of one row. More buttons are a problem without an error.
const MOST_IN_A_ROW: usize = 8;

/// Splits a path into the token and the method of `/bot<token>/<method>`.
pub(super) fn parts(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("/bot")?.split_once('/')
}

/// Whether a text has the form of a bot's token: the bot's id, a colon and a secret.
pub(super) fn is_token(token: &str) -> bool {
    let in_secret = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    token.split_once(':').is_some_and(|(id, secret)| {
        id.parse::<u64>().is_ok() && !secret.is_empty() && secret.bytes().all(in_secret)
    })
}

/// A request whose parameters were read and checked. The existence of its chats and messages is not checked yet.
pub(super) struct Understood {
    pub(super) params: Map<String, Value>,
    /// The message text after parsing and cleaning. It is empty for methods without a text.
    pub(super) text: Formatted,
    pub(super) problems: Vec<Problem>,
}

impl Understood {
    /// Returns Telegram's text about the first problem for which it rejects the request.
    pub(super) fn refusal(&self) -> Option<&str> {
        self.problems.iter().find_map(|problem| problem.refusal.as_deref())
    }
}

/// Reads and checks the parameters of a method.
pub(super) fn understand(method: &str, fields: &[Field], request: &Recorded) -> Understood {
    let mut problems = Vec::new();
    let params = params(fields, request, &mut problems);
    problems.extend(shape::check(fields, &params));
    let has_text = matches!(method, "sendMessage" | "editMessageText");
    let text = params.get("text").and_then(Value::as_str).filter(|_| has_text);
    let parse_mode = params.get("parse_mode").and_then(Value::as_str);
    let text = text.map(|text| formatted(text, parse_mode, &mut problems)).unwrap_or_default();
    problems.extend(params.get("reply_markup").into_iter().flat_map(markup_problems));
    if method == "setWebhook" {
        problems.extend(webhook_problems(&params));
    }
    Understood { params, text, problems }
}

fn problem(what: impl Into<String>, refusal: Option<&str>) -> Problem {
    Problem { what: what.into(), refusal: refusal.map(str::to_owned) }
}

fn params(fields: &[Field], request: &Recorded, problems: &mut Vec<Problem>) -> Map<String, Value> {
    let mut params: Map<String, Value> = typed(fields, request.query_pairs());
    if request.body.is_empty() {
        return params;
    }
    let media = request.header("content-type").unwrap_or_default();
    if request.method != Method::POST {
        problems.push(problem("a body with another method than POST", None));
    } else if media.starts_with("application/json") {
        match request.json() {
            Some(Value::Object(members)) => params.extend(members),
            _ => problems.push(problem("the body is not a JSON object", Some("can't parse JSON object"))),
        }
    } else {
        problems.push(problem("the body is not sent as application/json", None));
        if media.starts_with("application/x-www-form-urlencoded") {
            let form = format!("/?{}", String::from_utf8_lossy(&request.body));
            let pairs = form.parse::<Uri>().ok().and_then(|uri| Query::try_from_uri(&uri).ok());
            params.extend(typed(fields, pairs.map(|Query(pairs)| pairs).unwrap_or_default()));
        }
    }
    params
}

/// Converts the parameters of a query or a form, which are strings. Fields of other types are parsed as JSON.
fn typed(fields: &[Field], pairs: Vec<(String, String)>) -> Map<String, Value> {
    let is_text = |name: &str| fields.iter().any(|field| field.name == name && field.is_text());
    let read = |name: &str, value: String| match serde_json::from_str(&value) {
        Ok(parsed) if !is_text(name) => parsed,
        _ => Value::String(value),
    };
    pairs.into_iter().map(|(name, value)| (name.clone(), read(&name, value))).collect()
}

/// Parses and measures a message text, in Telegram's order. Problems with the text are added to `problems`.
fn formatted(text: &str, parse_mode: Option<&str>, problems: &mut Vec<Problem>) -> Formatted {
    if text.is_empty() {
        problems.push(problem("an empty text", Some("message text is empty")));
        return Formatted::default();
    }
    let parsed = match parse_mode {
        Some("HTML") => html::parse(text),
        None => Ok(html::Parsed::plain(text)),
        Some(mode) => {
            problems.push(problem(format!("the parse mode {mode} is not modelled"), None));
            Ok(html::Parsed::plain(text))
        }
    };
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            problems.push(problem(
                format!("broken HTML: {error}"),
                Some(&format!("can't parse entities: {error}")),
            ));
            return Formatted::default();
        }
    };
    for link in &parsed.dropped_links {
        problems.push(problem(format!("Telegram drops the link {link}"), None));
    }
    let cleaned = parsed.formatted.cleaned();
    let (letters, units) = (cleaned.text.chars().count(), utf16_length(&cleaned.text));
    if letters == 0 {
        problems.push(problem("a text of blanks", Some("text must be non-empty")));
    } else if letters > VISIBLE_LIMIT {
        problems.push(problem(format!("{letters} visible characters"), Some("message is too long")));
    } else if units > VISIBLE_LIMIT {
        problems.push(problem(format!("{units} visible UTF-16 units, which the cloud may refuse"), None));
    }
    cleaned
}

/// Checks a keyboard as a whole. [`shape::check`] checks the fields of its buttons.
fn markup_problems(markup: &Value) -> Vec<Problem> {
    let rows = markup["inline_keyboard"].as_array().into_iter().flatten();
    let lengths: Vec<usize> = rows.filter_map(Value::as_array).map(Vec::len).collect();
    let (buttons, bytes) = (lengths.iter().sum::<usize>(), markup.to_string().len());
    let mut problems = Vec::new();
    if buttons > MOST_BUTTONS || bytes > MARKUP_LIMIT {
        let what = format!("{buttons} buttons in {bytes} bytes of markup");
        problems.push(problem(what, Some("reply markup is too long")));
    }
    if lengths.iter().any(|length| *length > MOST_IN_A_ROW) {
        problems.push(problem("a row of buttons that is not shown whole", None));
    }
    problems
}

fn webhook_problems(params: &Map<String, Value>) -> Vec<Problem> {
    let text = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut problems = Vec::new();
    if !text("url").is_empty() && !text("url").starts_with("https://") {
        let refusal = "bad webhook: An HTTPS URL must be provided for webhook";
        problems.push(problem("the webhook's URL is not HTTPS", Some(refusal)));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !text("secret_token").bytes().all(allowed) {
        problems.push(problem(
            "a letter in the secret token",
            Some("secret token contains unallowed characters"),
        ));
    }
    let connections = params.get("max_connections").and_then(Value::as_i64);
    if connections.is_some_and(|number| !(1..=100).contains(&number)) {
        problems.push(problem("max_connections out of range", None));
    }
    problems
}
