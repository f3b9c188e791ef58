//! The page of an issue for people, at the address that links to Sentry use. The real Sentry shows its own page there.

use http::{Method, StatusCode};

use super::super::exchange::{Recorded, Reply};
use super::state::State;

/// Returns the id of the issue if a browser asks for the page of an issue. A browser sends no API token.
pub(super) fn wanted<'r>(prefix: &str, org: &str, request: &'r Recorded) -> Option<&'r str> {
    let is_browser = request.method == Method::GET && request.header("authorization").is_none();
    let path = request.path.strip_prefix(prefix)?.strip_prefix("/organizations/")?;
    let issue = path.strip_prefix(org)?.strip_prefix("/issues/")?;
    issue.split('/').next().filter(|id| is_browser && !id.is_empty())
}

/// Builds the page of an issue: its title, its status and its notes.
pub(super) fn of(state: &State, id: &str) -> Reply {
    let Some(issue) = state.find(id) else {
        return Reply::text(StatusCode::NOT_FOUND, "text/html; charset=utf-8", page("No such issue", ""));
    };
    let notes = state.notes.iter().filter(|note| note.issue == issue.id).map(|note| {
        // Sentry's renderer hides comments too.
        let text = note.record.text.lines().filter(|line| !line.starts_with("<!--"));
        let text = text.collect::<Vec<_>>().join("\n");
        format!(
            "<h2>Comment of {}</h2>\n<pre>{}</pre>\n",
            escaped(&note.record.author),
            escaped(text.trim_end())
        )
    });
    let facts = format!(
        "<p>{} · {} · priority {}</p>\n{}",
        escaped(&issue.short_id),
        escaped(&issue.status),
        escaped(&issue.priority),
        notes.collect::<String>(),
    );
    Reply::text(StatusCode::OK, "text/html; charset=utf-8", page(&issue.title, &facts))
}

/// Builds a page. `title` is text, and `content` is HTML.
fn page(title: &str, content: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>body{{font:16px/1.5 sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}}\
         pre{{white-space:pre-wrap;border-left:4px solid;padding-left:1rem}}</style>\n\
         <p><em>This is a stand-in for Sentry. With a real Sentry, the same link opens Sentry's page of the issue.</em></p>\n\
         <h1>{title}</h1>\n{content}</html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
