//! The methods of Slack's Web API and their effect on the state of a workspace.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::{Value, json};

use super::SlackPost;
use super::blocks;
use super::request::{arguments, method};
use super::world::{SlackChannel, SlackWorld};
use crate::exchange::{Recorded, Reply};
use crate::server::locked;

/// The time in the id of the first message, in seconds since 1970.
const FIRST_TS: u64 = 1_795_968_000;

/// A Slack workspace: its initial state and its current state.
pub(super) struct Service {
    pub(super) world: SlackWorld,
    pub(super) state: Mutex<State>,
}

/// The current state of a Slack workspace.
pub(super) struct State {
    pub(super) channels: Vec<SlackChannel>,
    pub(super) posts: Vec<SlackPost>,
    /// The ephemeral messages, which only one person sees: the person's id and the text.
    pub(super) whispers: Vec<(String, String)>,
    /// The number of button presses so far.
    pub(super) presses: usize,
    posted: usize,
    last: BTreeMap<String, Instant>,
}

impl State {
    pub(super) fn new(world: &SlackWorld) -> Self {
        let channels = world.channels.clone();
        Self {
            channels,
            posts: Vec::new(),
            whispers: Vec::new(),
            presses: 0,
            posted: 0,
            last: BTreeMap::new(),
        }
    }

    /// Finds the channel of a request. The error is Slack's name for a channel that the app cannot see.
    fn channel(&mut self, given: &BTreeMap<String, Value>) -> Result<&mut SlackChannel, &'static str> {
        let id = given.get("channel").and_then(Value::as_str).unwrap_or_default();
        let found = self.channels.iter_mut().find(|channel| channel.id == id);
        found.filter(|channel| channel.is_member || !channel.is_private).ok_or("channel_not_found")
    }

    /// Returns the id of the request's channel. The error is Slack's name for a channel to which the app cannot write.
    fn writable(&mut self, given: &BTreeMap<String, Value>) -> Result<String, &'static str> {
        let channel = self.channel(given)?;
        match channel {
            SlackChannel { is_archived: true, .. } => Err("is_archived"),
            SlackChannel { is_member: false, .. } => Err("not_in_channel"),
            channel => Ok(channel.id.clone()),
        }
    }

    /// Returns the time until the channel accepts another message, or `None` if it accepts one now.
    fn wait(&mut self, channel: &str, pace: Duration, at: Instant) -> Option<Duration> {
        let until = *self.last.get(channel)? + pace;
        until.checked_duration_since(at).filter(|left| !left.is_zero())
    }
}

type Outcome = Result<Value, &'static str>;

impl Service {
    /// Performs a request. Slack replies 200 even if it refuses the request, except for a message that is sent too soon
    /// after the previous one in its channel: this message gets a 429.
    pub(super) fn perform(&self, request: &Recorded) -> Reply {
        let Some(name) = method(&request.path) else { return refused("unknown_method") };
        if request.header("authorization") != Some(format!("Bearer {}", self.world.token).as_str()) {
            return refused("invalid_auth");
        }
        let given = arguments(request);
        let mut state = locked(&self.state);
        if let Some(limit) = self.limit(name, &given, &mut state, request.at) {
            return limit;
        }
        let lacks = |scope: &str| !self.world.scopes.iter().any(|given| given == scope);
        let outcome = match name {
            "auth.test" => {
                Ok(json!({"user": "sidenote", "team": "Crumb", "user_id": "U00000BOT", "bot_id": "B0001"}))
            }
            "conversations.info" if lacks("channels:read") => Err("missing_scope"),
            "conversations.info" => info(&mut state, &given),
            "conversations.join" if lacks("channels:join") => Err("missing_scope"),
            "conversations.join" => join(&mut state, &given),
            "users.info" if lacks("users:read") => Err("missing_scope"),
            "users.info" => self.user(&given),
            _ if lacks("chat:write") => Err("missing_scope"),
            "chat.postMessage" => post(&mut state, &given, request.at),
            "chat.update" => update(&mut state, &given),
            _ => whisper(&mut state, &given),
        };
        let reply = outcome.map_or_else(refused, |members| replied(&members));
        reply.with_header("x-oauth-scopes", self.world.scopes.join(","))
    }

    fn user(&self, given: &BTreeMap<String, Value>) -> Outcome {
        let id = given.get("user").and_then(Value::as_str).unwrap_or_default();
        let found = self.world.users.iter().find(|(user, ..)| user == id);
        let (id, name, real_name) = found.ok_or("user_not_found")?;
        Ok(json!({"user": {"id": id, "name": name, "real_name": real_name, "deleted": false}}))
    }

    fn limit(
        &self,
        name: &str,
        given: &BTreeMap<String, Value>,
        state: &mut State,
        at: Instant,
    ) -> Option<Reply> {
        let channel = given.get("channel")?.as_str().filter(|_| name == "chat.postMessage")?;
        let left = state.wait(channel, self.world.pace?, at)?;
        let seconds = left.as_secs() + 1;
        let body = json!({"ok": false, "error": "ratelimited"});
        Some(
            Reply::json(StatusCode::TOO_MANY_REQUESTS, &body).with_header("retry-after", seconds.to_string()),
        )
    }
}

fn refused(error: &str) -> Reply {
    Reply::json(StatusCode::OK, &json!({"ok": false, "error": error}))
}

fn replied(members: &Value) -> Reply {
    let mut body = members.clone();
    body["ok"] = json!(true);
    Reply::json(StatusCode::OK, &body)
}

fn info(state: &mut State, given: &BTreeMap<String, Value>) -> Outcome {
    let it = state.channel(given)?;
    Ok(
        json!({"channel": {"id": it.id, "name": it.name, "is_channel": true, "is_im": false, "is_member": it.is_member,
        "is_private": it.is_private, "is_archived": it.is_archived}}),
    )
}

fn join(state: &mut State, given: &BTreeMap<String, Value>) -> Outcome {
    let channel = state.channel(given)?;
    if channel.is_archived {
        return Err("is_archived");
    }
    channel.is_member = true;
    Ok(json!({"channel": {"id": channel.id, "name": channel.name}}))
}

/// Returns the text and the blocks of a message. Slack refuses all blocks if one of them is invalid.
fn content(given: &BTreeMap<String, Value>) -> Result<(String, Vec<Value>), &'static str> {
    if !blocks::problems(given.get("blocks")).is_empty() {
        return Err("invalid_blocks");
    }
    let text = given.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let blocks = given.get("blocks").and_then(Value::as_array).cloned().unwrap_or_default();
    if text.is_empty() && blocks.is_empty() { Err("no_text") } else { Ok((text, blocks)) }
}

fn post(state: &mut State, given: &BTreeMap<String, Value>, at: Instant) -> Outcome {
    let channel = state.writable(given)?;
    let (text, blocks) = content(given)?;
    let thread_ts = given.get("thread_ts").and_then(Value::as_str).map(str::to_owned);
    if thread_ts.as_ref().is_some_and(|thread| state.posts.iter().all(|post| post.ts != *thread)) {
        return Err("thread_not_found");
    }
    let is_broadcast = given.get("reply_broadcast") == Some(&Value::Bool(true));
    state.posted += 1;
    let ts = format!("{FIRST_TS}.{:06}", state.posted);
    state.last.insert(channel.clone(), at);
    state.posts.push(SlackPost {
        channel: channel.clone(),
        ts: ts.clone(),
        text,
        blocks,
        thread_ts,
        is_broadcast,
        edits: 0,
    });
    Ok(json!({"channel": channel, "ts": ts, "message": {"type": "message", "ts": ts}}))
}

fn update(state: &mut State, given: &BTreeMap<String, Value>) -> Outcome {
    let channel = state.writable(given)?;
    let (text, blocks) = content(given)?;
    let ts = given.get("ts").and_then(Value::as_str).unwrap_or_default();
    let found = state.posts.iter_mut().find(|post| post.channel == channel && post.ts == ts);
    let post = found.ok_or("message_not_found")?;
    // Slack removes the old blocks if an edit has a text and no blocks. It keeps the old text if an edit has only blocks.
    if given.contains_key("text") {
        post.text = text;
    }
    (post.blocks, post.edits) = (blocks, post.edits + 1);
    Ok(json!({"channel": channel, "ts": ts, "text": post.text}))
}

fn whisper(state: &mut State, given: &BTreeMap<String, Value>) -> Outcome {
    state.writable(given)?;
    let (_, sent) = content(given)?;
    let text = sent.iter().flat_map(blocks::texts).collect::<Vec<_>>().join("\n");
    let user = given.get("user").and_then(Value::as_str).unwrap_or_default().to_owned();
    state.whispers.push((user, text));
    Ok(json!({"message_ts": format!("{FIRST_TS}.900000")}))
}
