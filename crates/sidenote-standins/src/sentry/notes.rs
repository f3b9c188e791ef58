//! The comments on issues in the Sentry stand-in: list, post, edit, delete. Sentry's code calls them notes.

use http::StatusCode;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::super::exchange::Reply;
use super::stamp::stamp;
use super::state::{Call, State};
use super::token::Identity;
use super::world::{DuplicateCheck, Kind};
use super::{answers, paging};

const DUPLICATE_WINDOW: Duration = Duration::HOUR;

/// A comment on an issue, as tests see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRecord {
    /// The numeric id of the comment.
    pub id: String,
    /// The text of the comment, trimmed as Sentry trims it.
    pub text: String,
    /// The name of the comment's author.
    pub author: String,
}

/// A comment on an issue, as the stand-in stores it.
#[derive(Clone, Debug)]
pub(super) struct StoredNote {
    pub(super) issue: String,
    pub(super) record: NoteRecord,
    author: Identity,
    external_id: Option<String>,
    at: OffsetDateTime,
}

impl StoredNote {
    fn json(&self, kind: Kind) -> Value {
        let mut data = json!({"text": self.record.text});
        if let Some(id) = &self.external_id {
            data["external_id"] = json!(id);
        }
        let mut note = json!({
            "id": self.record.id,
            "user": {"id": self.author.id, "name": self.author.name, "username": self.author.username(),
                "email": "", "avatarUrl": "", "isActive": true},
            "type": "note",
            "data": data,
            "dateCreated": stamp(self.at),
        });
        if kind != Kind::SelfHostedOld {
            let app = self.author.app.as_ref();
            note["sentry_app"] =
                app.map_or(Value::Null, |slug| json!({"id": 5, "name": self.author.name, "slug": slug}));
        }
        note
    }
}

/// Replies to `GET …/comments/` with the comments, newest first.
pub(super) fn list(state: &State, call: &Call<'_>) -> Result<Reply, Reply> {
    let issue = state.issue_id(call)?;
    let newest_first: Vec<Value> = state
        .notes
        .iter()
        .rev()
        .filter(|note| note.issue == issue)
        .map(|note| note.json(state.world.kind))
        .collect();
    paging::page(state, call, &newest_first)
}

/// Handles `POST …/comments/`: adds a comment, unless it is invalid or a duplicate.
pub(super) fn post(state: &mut State, call: &Call<'_>) -> Result<Reply, Reply> {
    let issue = state.issue_id(call)?;
    let author = author(call)?;
    let (text, external_id) = content(call)?;
    let now = state.now();
    let repeated = state.notes.iter().any(|note| {
        note.issue == issue
            && note.author.id == author.id
            && note.record.text == text
            && note.external_id == external_id
            && now - note.at < DUPLICATE_WINDOW
    });
    if let Some(refusal) = duplicate(state.world.duplicates).filter(|_| repeated) {
        return Err(refusal);
    }
    let record = NoteRecord { id: state.next_id().to_string(), text, author: author.name.clone() };
    let note = StoredNote { issue: issue.clone(), record, author, external_id, at: now };
    let reply = Reply::json(StatusCode::CREATED, &note.json(state.world.kind));
    state.notes.push(note);
    state.edit(&issue, |issue| issue.num_comments += 1);
    Ok(reply)
}

/// Handles `PUT …/comments/{id}/`: only the author's own comment can be edited.
pub(super) fn edit(state: &mut State, call: &Call<'_>) -> Result<Reply, Reply> {
    let at = own_note(state, call)?;
    let (text, external_id) = content(call)?;
    let note = &mut state.notes[at];
    note.record.text = text;
    note.external_id = external_id;
    Ok(Reply::json(StatusCode::OK, &note.json(state.world.kind)))
}

/// Handles `DELETE …/comments/{id}/`: only the author's own comment can be deleted.
pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Result<Reply, Reply> {
    let at = own_note(state, call)?;
    let note = state.notes.remove(at);
    state.edit(&note.issue, |issue| issue.num_comments = issue.num_comments.saturating_sub(1));
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn own_note(state: &State, call: &Call<'_>) -> Result<usize, Reply> {
    let issue = state.issue_id(call)?;
    let author = author(call)?;
    let wanted = call.found.capture("note");
    state
        .notes
        .iter()
        .position(|note| note.issue == issue && note.record.id == wanted && note.author.id == author.id)
        .ok_or_else(answers::not_found)
}

/// Returns the user who writes with the request's token. An organization's token has no user, so it cannot write.
fn author(call: &Call<'_>) -> Result<Identity, Reply> {
    let no_user = || answers::detail(StatusCode::FORBIDDEN, "Key doesn't have permission to create Note");
    call.token.and_then(|token| token.identity.clone()).ok_or_else(no_user)
}

/// Reads the validated and trimmed text of a comment, and its id at an external tracker.
fn content(call: &Call<'_>) -> Result<(String, Option<String>), Reply> {
    let body = answers::json_object(call.request)?;
    let wrong = |problem: &str| Err(Reply::json(StatusCode::BAD_REQUEST, &json!({"text": [problem]})));
    let text = match body.get("text") {
        None => return wrong("This field is required."),
        Some(Value::Null) => return wrong("This field may not be null."),
        Some(Value::String(text)) => text.trim(),
        Some(_) => return wrong("Not a valid string."),
    };
    if text.contains('\0') {
        return wrong("Null characters are not allowed.");
    }
    if text.is_empty() {
        return wrong("This field may not be blank.");
    }
    if body.get("mentions").and_then(Value::as_array).is_some_and(|mentions| !mentions.is_empty()) {
        let body = json!({"mentions": ["Cannot mention a non team member"]});
        return Err(Reply::json(StatusCode::BAD_REQUEST, &body));
    }
    let external_id = body.get("external_id").and_then(Value::as_str).map(str::to_owned);
    Ok((text.to_owned(), external_id))
}

fn duplicate(check: DuplicateCheck) -> Option<Reply> {
    let object = json!({"detail": "You have already posted that comment."});
    let body = match check {
        DuplicateCheck::Off => return None,
        DuplicateCheck::Object => object,
        DuplicateCheck::JsonString => json!(object.to_string()),
    };
    Some(Reply::json(StatusCode::BAD_REQUEST, &body))
}
