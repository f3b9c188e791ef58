//! The search for issues of an organization. It supports a part of Sentry's search language and rejects the rest.

use serde_json::{Value, json};

use super::super::exchange::Reply;
use super::issue::Issue;
use super::state::{Call, State};
use super::{answers, paging};

/// The query that Sentry uses if the parameter `query` is absent. An empty query matches every issue.
const IMPLIED: &str = "is:unresolved";
const SORTS: [&str; 6] = ["date", "freq", "inbox", "new", "trends", "user"];

/// Replies to `GET /organizations/{org}/issues/` with the issues that match the query. With `shortIdLookup`, a query
/// that is a short id gets only the issue with this id.
pub(super) fn list(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let query = call.query("query").unwrap_or(IMPLIED);
    if let Some(hit) = direct_hit(state, call, query) {
        return Ok(answers::ok(&json!([row(state, hit)])).with_header("x-sentry-direct-hit", "1"));
    }
    periods(call)?;
    if call.query("sort").is_some_and(|sort| !SORTS.contains(&sort)) {
        return Err(answers::bad_request("Invalid sort parameter."));
    }
    let projects = projects(call)?;
    let terms = terms(query).iter().map(|term| parsed(term)).collect::<Result<Vec<Term>, Reply>>()?;
    let rows: Vec<Value> = state
        .world
        .issues
        .iter()
        .filter(|issue| in_projects(state, issue, &projects))
        .filter(|issue| terms.iter().all(|term| term.holds(issue)))
        .map(|issue| row(state, issue))
        .collect();
    paging::page(state, call, &rows)
}

fn direct_hit<'a>(state: &'a State, call: &Call<'_>, query: &str) -> Option<&'a Issue> {
    call.query("shortIdLookup").filter(|&flag| flag == "1" || flag == "true")?;
    state.world.issues.iter().find(|issue| issue.short_id.eq_ignore_ascii_case(query.trim()))
}

fn row(state: &State, issue: &Issue) -> Value {
    let view = state.view(issue);
    let mut row = issue.summary(&view);
    row.insert("stats".to_owned(), json!({"24h": issue.stats(view.now)["24h"]}));
    Value::Object(row)
}

/// Checks the query parameters `statsPeriod` (a number and a unit) and `groupStatsPeriod` (one of a few values).
fn periods(call: &Call<'_>) -> Result<(), Reply> {
    if let Some(period) = call.query("statsPeriod") {
        let number = period.strip_suffix(['s', 'm', 'h', 'd', 'w']).unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(answers::bad_request(&format!("Invalid statsPeriod: '{period}'")));
        }
    }
    match call.query("groupStatsPeriod") {
        None | Some("" | "24h" | "14d" | "auto") => Ok(()),
        Some(_) => {
            Err(answers::bad_request("Invalid stats_period. Valid choices are '', '24h', '14d', and 'auto'"))
        }
    }
}

fn projects(call: &Call<'_>) -> Result<Vec<String>, Reply> {
    let projects = call.query_all("project");
    if projects.iter().all(|id| id.parse::<i64>().is_ok()) {
        Ok(projects)
    } else {
        Err(answers::bad_request("Invalid project parameter. Values must be numbers."))
    }
}

fn in_projects(state: &State, issue: &Issue, wanted: &[String]) -> bool {
    let id = state.view(issue).project["id"].as_str().map(str::to_owned).unwrap_or_default();
    wanted.is_empty() || wanted.iter().any(|project| project == "-1" || *project == id)
}

/// One condition of a search query.
struct Term {
    negated: bool,
    key: String,
    value: String,
}

impl Term {
    fn holds(&self, issue: &Issue) -> bool {
        let same = |held: &str| held.eq_ignore_ascii_case(&self.value);
        let holds = match self.key.as_str() {
            "" => issue.title.to_lowercase().contains(&self.value.to_lowercase()),
            "is" => same(&issue.status) || issue.substatus.as_deref().is_some_and(same),
            "issue" => same(&issue.short_id),
            "issue.id" => same(&issue.id),
            "level" => same(&issue.level),
            "project" | "project.name" => same(&issue.project),
            "issue.priority" => same(&issue.priority),
            key => issue.tags.iter().any(|tag| tag.key == key && tag.has(&self.value)),
        };
        holds != self.negated
    }
}

/// Splits a search query at blanks, except inside quotes.
fn terms(query: &str) -> Vec<String> {
    let mut quoted = false;
    let mut terms = vec![String::new()];
    for letter in query.chars() {
        quoted ^= letter == '"';
        match terms.last_mut() {
            Some(term) if quoted || !letter.is_whitespace() => term.push(letter),
            _ => terms.push(String::new()),
        }
    }
    terms.retain(|term| !term.is_empty());
    terms
}

/// Parses one condition. Comparisons, lists and leading wildcards are valid in Sentry, but no test needs them, so they
/// are rejected.
fn parsed(term: &str) -> Result<Term, Reply> {
    let (key, value) =
        if term.starts_with('"') { ("", term) } else { term.split_once(':').unwrap_or(("", term)) };
    let value = value.trim_matches('"');
    let unread = value.is_empty() || value.starts_with(['>', '<', '[', '*']);
    let states =
        ["resolved", "unresolved", "ignored", "archived", "new", "ongoing", "escalating", "regressed"];
    if unread || term.matches('"').count() % 2 == 1 {
        return Err(answers::bad_request(&format!("Error parsing search query: Invalid value for `{term}`")));
    }
    if key == "is" && !states.contains(&value) {
        return Err(answers::bad_request(&format!(
            "Invalid value for \"is\" search, valid values are {states:?}"
        )));
    }
    let negated = key.starts_with('!');
    let value = if value == "archived" { "ignored" } else { value };
    Ok(Term { negated, key: key.trim_start_matches('!').to_owned(), value: value.to_owned() })
}
