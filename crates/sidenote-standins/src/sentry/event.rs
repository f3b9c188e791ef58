//! Error events in the form of Sentry's API: names in camelCase, and a list `entries` instead of named interfaces.

use std::time::Duration;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::stamp::{seconds, stamp};

/// One frame of a stack trace, in the form of Sentry's API.
#[derive(Clone, Debug)]
#[must_use]
pub struct Frame(Map<String, Value>);

impl Frame {
    /// Creates a frame of the application's own code.
    pub fn new(filename: &str, function: &str, line: u32) -> Self {
        let frame = json!({
            "filename": filename, "absPath": format!("/app/{filename}"), "module": null, "package": null,
            "platform": null, "instructionAddr": null, "symbolAddr": null, "function": function,
            "rawFunction": null, "symbol": null, "context": [], "lineNo": line, "colNo": null,
            "inApp": true, "trust": null, "errors": null, "lock": null, "sourceLink": null, "vars": null,
        });
        Self(members(frame))
    }

    /// Marks the frame as library code.
    pub fn library(self) -> Self {
        self.set("inApp", json!(false))
    }

    /// Adds the source lines around the frame, by line number.
    pub fn source(self, lines: &[(u32, &str)]) -> Self {
        self.set("context", json!(lines))
    }

    /// Sets any member of the frame, even to a value that Sentry's schema does not allow.
    pub fn set(mut self, member: &str, value: Value) -> Self {
        self.0.insert(member.to_owned(), value);
        self
    }
}

/// One exception of a chain of exceptions, with its stack trace.
#[derive(Clone, Debug)]
#[must_use]
pub struct Exception {
    members: Map<String, Value>,
    frames: Vec<Frame>,
}

impl Exception {
    /// Creates an exception without a stack trace.
    pub fn new(kind: &str, value: &str) -> Self {
        let exception = json!({
            "type": kind, "value": value, "mechanism": {"type": "generic", "handled": false},
            "threadId": null, "module": null, "stacktrace": null, "rawStacktrace": null,
        });
        Self { members: members(exception), frames: Vec::new() }
    }

    /// Adds a frame. The last frame of the exception is the one that crashed.
    pub fn frame(mut self, frame: Frame) -> Self {
        self.frames.push(frame);
        self
    }

    /// Sets any member of the exception, even to a value that Sentry's schema does not allow.
    pub fn set(mut self, member: &str, value: Value) -> Self {
        self.members.insert(member.to_owned(), value);
        self
    }

    fn json(&self) -> Value {
        let mut members = self.members.clone();
        if !self.frames.is_empty() {
            let frames: Vec<&Map<String, Value>> = self.frames.iter().map(|Frame(members)| members).collect();
            let trace =
                json!({"frames": frames, "framesOmitted": null, "registers": null, "hasSystemFrames": true});
            members.insert("stacktrace".to_owned(), trace);
        }
        Value::Object(members)
    }
}

/// A commit that Sentry suspects of having caused an error.
#[derive(Clone, Debug)]
#[must_use]
pub struct Commit {
    sha: String,
    message: String,
    author: String,
    email: String,
    member: Option<String>,
    suspected: &'static str,
}

impl Commit {
    /// Creates a commit by this author. Sentry suspects it because it belongs to the release.
    pub fn new(sha: &str, message: &str, author: &str, email: &str) -> Self {
        let (sha, message) = (sha.into(), message.into());
        let suspected = "via commit in release";
        Self { sha, message, author: author.into(), email: email.into(), member: None, suspected }
    }

    /// Makes the author a user of Sentry with this id.
    pub fn by_member(mut self, id: &str) -> Self {
        self.member = Some(id.to_owned());
        self
    }

    /// Marks the commit as the one that last changed the failing line, by the code host's blame.
    pub fn blamed(self) -> Self {
        Self { suspected: "via SCM integration", ..self }
    }

    /// The commit as one member of the list `committers`.
    pub(super) fn json(&self, now: OffsetDateTime) -> Value {
        json!({
            "author": {"id": self.member, "name": self.author, "email": self.email},
            "commits": [{
                "id": self.sha, "message": self.message, "dateCreated": seconds(now), "score": 3,
                "pullRequest": null, "repository": null, "suspectCommitType": self.suspected,
                "releases": [],
            }],
        })
    }
}

/// An error event of an issue.
#[derive(Clone, Debug)]
#[must_use]
pub struct Event {
    pub(super) id: String,
    pub(super) commits: Vec<Commit>,
    ago: Duration,
    exceptions: Vec<Exception>,
    breadcrumbs: Vec<Value>,
    entries: Vec<Value>,
    tags: Vec<(String, String)>,
    members: Map<String, Value>,
}

impl Event {
    /// Creates an error event. The event's id must be 32 hex digits.
    pub fn new(id: &str) -> Self {
        let event = json!({
            "dist": null, "message": "", "location": null, "user": null, "contexts": {}, "sdk": null,
            "context": {}, "packages": {}, "type": "error", "metadata": {}, "platform": "other", "errors": [],
            "occurrence": null, "_meta": {"entries": {}}, "crashFile": null, "culprit": "", "fingerprints": [],
            "groupingConfig": {"id": "newstyle:2023-01-11"}, "release": null, "userReport": null, "sdkUpdates": [],
            "resolvedWith": [], "nextEventID": null, "previousEventID": null, "size": 4096,
        });
        Self {
            id: id.to_owned(),
            commits: Vec::new(),
            ago: Duration::from_mins(1),
            exceptions: Vec::new(),
            breadcrumbs: Vec::new(),
            entries: Vec::new(),
            tags: Vec::new(),
            members: members(event),
        }
    }

    /// Adds an exception. The last exception of the event is the outermost one.
    pub fn exception(mut self, exception: Exception) -> Self {
        self.exceptions.push(exception);
        self
    }

    /// Adds a breadcrumb. The oldest breadcrumb must be added first.
    pub fn breadcrumb(mut self, category: &str, level: &str, message: &str) -> Self {
        self.breadcrumbs.push(json!({
            "type": "default", "category": category, "level": level, "message": message,
            "timestamp": "2026-01-15T08:30:00.000000Z", "data": null, "event_id": null,
        }));
        self
    }

    /// Sets the HTTP request during which the event happened.
    pub fn request(self, method: &str, url: &str, headers: &[(&str, &str)]) -> Self {
        self.entry(json!({"type": "request", "data": {
            "apiTarget": null, "method": method, "url": url, "query": [], "fragment": null, "data": null,
            "headers": headers, "cookies": [], "env": null, "inferredContentType": null,
        }}))
    }

    /// Sets the log message of the event.
    pub fn message(self, formatted: &str) -> Self {
        self.set("message", json!(formatted)).entry(
            json!({"type": "message", "data": {"formatted": formatted, "message": null, "params": null}}),
        )
    }

    /// Adds any member to the list `entries`.
    pub fn entry(mut self, entry: Value) -> Self {
        self.entries.push(entry);
        self
    }

    /// Adds a tag to the event.
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Adds a suspect commit, which `…/committers/` lists.
    pub fn commit(mut self, commit: Commit) -> Self {
        self.commits.push(commit);
        self
    }

    /// Sets the age of the event at the start of the stand-in.
    pub fn ago(mut self, ago: Duration) -> Self {
        self.ago = ago;
        self
    }

    /// Sets any member of the event: `platform`, `contexts`, `context` (which is the SDK's extra), `user`, `release` …
    pub fn set(mut self, member: &str, value: Value) -> Self {
        self.members.insert(member.to_owned(), value);
        self
    }

    fn entries(&self) -> Vec<Value> {
        let mut entries = Vec::new();
        if !self.exceptions.is_empty() {
            let values: Vec<Value> = self.exceptions.iter().map(Exception::json).collect();
            entries.push(json!({
                "type": "exception",
                "data": {"values": values, "hasSystemFrames": true, "excOmitted": null},
            }));
        }
        if !self.breadcrumbs.is_empty() {
            entries.push(json!({"type": "breadcrumbs", "data": {"values": self.breadcrumbs}}));
        }
        entries.extend(self.entries.iter().cloned());
        entries
    }

    /// The complete event in the form of Sentry's API. `title` is the title of the issue.
    pub(super) fn json(&self, issue: &str, project: &str, title: &str, start: OffsetDateTime) -> Value {
        let at = start - self.ago;
        let tags: Vec<Value> =
            self.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        let mut event = members(json!({
            "id": self.id, "eventID": self.id, "groupID": issue, "projectID": project, "title": title,
            "dateCreated": seconds(at), "dateReceived": stamp(at), "tags": tags, "entries": self.entries(),
        }));
        event.extend(self.members.clone());
        Value::Object(event)
    }
}

/// Returns the members of an object literal.
fn members(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
