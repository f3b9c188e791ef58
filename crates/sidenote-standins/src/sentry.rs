//! The Sentry stand-in: authentication, limits and dispatch to the endpoints.

mod alerts;
mod answers;
mod code;
mod event;
mod flag;
mod issue;
mod notes;
mod page;
mod paging;
mod reads;
mod routes;
mod rules;
mod search;
mod stamp;
mod state;
mod tag;
#[cfg(test)]
mod tests;
mod token;
mod update;
mod world;

use std::sync::Mutex;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;
use time::OffsetDateTime;

pub use alerts::{Alert, Integration};
pub use event::{Commit, Event, Exception, Frame};
pub use issue::Issue;
pub use notes::NoteRecord;
pub use token::Token;
pub use world::{DuplicateCheck, Kind, Lookalike, SentryWorld};

use super::exchange::{Recorded, Reply};
use super::faults::{Fault, sentry_rate_limited};
use super::server::{Loopback, Peer, locked};
use routes::{Endpoint, Verb};
use state::{Call, State};
use world::AlertApi;

/// A running Sentry stand-in. The server stops when the value is dropped.
pub struct Sentry {
    server: Loopback<Service>,
}

struct Service {
    /// The initial data of the stand-in. The checks for violations use it, so that later changes of the state have no
    /// influence.
    world: SentryWorld,
    state: Mutex<State>,
}

impl Sentry {
    /// Starts a server on a free port of 127.0.0.1 with the initial data `world`.
    ///
    /// # Panics
    ///
    /// Panics if no port can be bound.
    pub async fn start(world: SentryWorld) -> Self {
        let latency = world.latency;
        let server = Loopback::start(latency, |url| Service {
            world: world.clone(),
            state: Mutex::new(State::new(world, url)),
        });
        Self { server: server.await }
    }

    /// The base URL without a slash at the end, such as `http://127.0.0.1:PORT`. It includes the path prefix, if one is
    /// set.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.server.url(), self.server.peer().world.prefix)
    }

    /// Returns the comments of an issue, oldest first. `issue_id` is the issue's numeric id.
    #[must_use]
    pub fn notes(&self, issue_id: &str) -> Vec<NoteRecord> {
        let state = locked(&self.server.peer().state);
        state.notes.iter().filter(|note| note.issue == issue_id).map(|note| note.record.clone()).collect()
    }

    /// Returns the current state of an issue, which requests may have changed. `issue_id` is the numeric id.
    #[must_use]
    pub fn issue(&self, issue_id: &str) -> Option<Issue> {
        locked(&self.server.peer().state).find(issue_id).cloned()
    }

    /// Deletes an issue with its comments, as a person can do in Sentry. No webhook is sent. Requests for the issue then
    /// get 404.
    ///
    /// # Panics
    ///
    /// Panics if there is no issue with this numeric id.
    pub fn delete_issue(&self, issue_id: &str) {
        locked(&self.server.peer().state).delete(issue_id);
    }

    /// Merges the issue `gone` into the issue `survivor`, as a person can do in Sentry. No webhook is sent. Events and
    /// comments move to the survivor, and requests for `gone` get the survivor, which has another id.
    ///
    /// # Panics
    ///
    /// Panics if one of the numeric ids is unknown, or if both are equal.
    pub fn merge_issue(&self, gone: &str, survivor: &str) {
        locked(&self.server.peer().state).merge(gone, survivor);
    }

    /// Every request so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.server.requests()
    }

    /// Describes the violations so far. A violation is a mistake in a request that the real service may tolerate. A
    /// test ends by asserting that there are none.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.server.violations()
    }

    /// Adds an injected fault: requests that match it fail. Earlier faults take precedence.
    pub fn inject(&self, fault: Fault) {
        self.server.inject(fault);
    }

    /// Moves the stand-in's clock forward by this time, for example past the hour in which Sentry rejects a repeated
    /// comment.
    pub fn advance(&self, by: Duration) {
        locked(&self.server.peer().state).advance(by);
    }
}

impl Peer for Service {
    fn inspect(&self, request: &Recorded) -> Vec<String> {
        if self.page(request).is_some() {
            return Vec::new();
        }
        rules::violations(&self.world, request)
    }

    fn answer(&self, request: &Recorded) -> Reply {
        let mut state = locked(&self.state);
        if let Some(issue) = self.page(request) {
            return page::of(&state, issue);
        }
        self.admit(&mut state, request).unwrap_or_else(|refusal| refusal)
    }
}

impl Service {
    /// Returns the id of the issue if the request asks for an issue's page.
    fn page<'r>(&self, request: &'r Recorded) -> Option<&'r str> {
        page::wanted(&self.world.prefix, &self.world.org, request)
    }

    /// Checks a request in the order in which Sentry checks it: path, token, method, scope, rate limit. The endpoint
    /// looks for the requested object last.
    fn admit(&self, state: &mut State, request: &Recorded) -> Result<Reply, Reply> {
        let found = routes::find(&self.world.prefix, &request.path).filter(|found| found.slash);
        let found = found.ok_or_else(answers::not_found)?;
        if found.org_issue && self.world.kind == Kind::SelfHostedOld {
            return Err(missing_route(self.world.old_routes_answer, &request.method));
        }
        if alerts::needs_alerts(&found, request) && self.world.alert_api == AlertApi::Rules {
            return Err(answers::not_found());
        }
        if self.world.lookalike == Some(Lookalike::Bugsink) && request.path.contains("/api/0") {
            return Err(Reply::text(StatusCode::NOT_FOUND, "text/html", "<h1>Not Found</h1>"));
        }
        let token = self.token(request)?;
        let verb = found.verb(&request.method).ok_or_else(|| not_allowed(&request.method))?;
        let allowed = verb.scope.is_empty() || token.is_some_and(|token| token.may(verb.scope));
        if token.is_none() && !verb.scope.is_empty() {
            return Err(answers::unauthorized("Authentication credentials were not provided."));
        }
        if !allowed {
            return Err(answers::forbidden());
        }
        let deprecated = found.bare && self.world.kind == Kind::Saas;
        if deprecated && self.world.brownout {
            let gone = Reply::json(StatusCode::GONE, &json!({"message": "This API no longer exists."}));
            return Err(with_deprecation(gone));
        }
        let call = Call { request, found: &found, token, pairs: request.query_pairs() };
        let limit = spend(state, &call, verb)?;
        let reply = dispatch(state, &call).unwrap_or_else(|refusal| refusal);
        let reply = limit.into_iter().fold(reply, |reply, (name, value)| reply.with_header(name, value));
        Ok(if deprecated { with_deprecation(reply) } else { reply })
    }

    /// Returns the token of a request, or `None` if the request has no bearer token. The error is the reply 401 to an
    /// unknown or invalid token.
    fn token(&self, request: &Recorded) -> Result<Option<&Token>, Reply> {
        let Some((scheme, secret)) = request.header("authorization").and_then(|value| value.split_once(' '))
        else {
            return Ok(None);
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Ok(None);
        }
        let token = self.world.tokens.iter().find(|token| token.secret == secret);
        match token.map(|token| (token, token.refusal())) {
            Some((token, None)) => Ok(Some(token)),
            Some((_, Some(refusal))) => Err(answers::unauthorized(refusal)),
            None if secret.starts_with("sntrys_") => Err(answers::unauthorized("Invalid org token")),
            None => Err(answers::unauthorized("Invalid token")),
        }
    }
}

fn missing_route(status: StatusCode, method: &Method) -> Reply {
    if status == StatusCode::METHOD_NOT_ALLOWED { not_allowed(method) } else { Reply::empty(status) }
}

fn not_allowed(method: &Method) -> Reply {
    answers::detail(StatusCode::METHOD_NOT_ALLOWED, &format!("Method \"{method}\" not allowed."))
}

fn with_deprecation(reply: Reply) -> Reply {
    reply
        .with_header("x-sentry-deprecation-date", "2026-05-15T00:00:00+00:00")
        .with_header("x-sentry-replacement-endpoint", "sentry-api-0-organization-group-group-notes")
}

/// Counts a request against its rate limit. Returns the headers about the limit, or the reply 429. There are no headers
/// without a limit.
fn spend(state: &mut State, call: &Call<'_>, verb: &Verb) -> Result<Vec<(&'static str, String)>, Reply> {
    let Some(limit) = verb.per_second.filter(|_| state.world.rate_limits) else {
        return Ok(Vec::new());
    };
    // The time of the reset is real time, because the client compares it with its own clock.
    let second = OffsetDateTime::now_utc().unix_timestamp();
    let endpoint = call.found.route.endpoint;
    let who = call.token.map_or("", |token| &token.secret);
    let spent = state.spent.entry(format!("{who} {} {endpoint:?}", verb.method)).or_insert((second, 0));
    if spent.0 != second {
        *spent = (second, 0);
    }
    if spent.1 >= limit {
        let text = format!(
            "You are attempting to use this endpoint too frequently. Limit is {limit} requests in 1 seconds"
        );
        let body = if state.world.kind == Kind::Saas { json!({"detail": text}) } else { json!(text) };
        return Err(sentry_rate_limited(limit, second + 1, body.to_string()));
    }
    spent.1 += 1;
    Ok(vec![
        ("x-sentry-rate-limit-limit", limit.to_string()),
        ("x-sentry-rate-limit-remaining", (limit - spent.1).to_string()),
        ("x-sentry-rate-limit-reset", (second + 1).to_string()),
    ])
}

fn dispatch(state: &mut State, call: &Call<'_>) -> Result<Reply, Reply> {
    let org = call.found.capture("org");
    if !org.is_empty() && org != state.world.org {
        return Err(answers::not_found());
    }
    match (call.found.route.endpoint, call.request.method.as_str()) {
        (Endpoint::Root, _) => Ok(reads::root(state, call)),
        (Endpoint::Organizations, _) => reads::organizations(state, call),
        (Endpoint::Organization, _) => Ok(reads::organization(state)),
        (Endpoint::Listing, _) => search::list(state, call),
        (Endpoint::Members, _) => reads::members(state, call),
        (Endpoint::ShortId, _) => reads::short_id(state, call),
        (Endpoint::ClientConfig, _) => reads::client_config(state),
        (Endpoint::GlitchTipSettings, _) => reads::glitchtip_settings(state),
        (Endpoint::BugsinkProjects, _) => Err(reads::bugsink_projects(state)),
        (Endpoint::Projects, _) => alerts::projects(state, call),
        (Endpoint::VisibleProjects, _) => alerts::visible_projects(state, call),
        (Endpoint::Integrations, _) => alerts::integrations(state, call),
        (Endpoint::Actions, _) => alerts::actions(state, call),
        (Endpoint::Alerts, _) => alerts::workflows(state, call),
        (Endpoint::Rules, _) => alerts::rules(state, call),
        (Endpoint::SentWebhooks, _) => alerts::webhooks(state, call),
        (Endpoint::Project, _) => reads::project(state, call),
        (Endpoint::Committers, _) => reads::committers(state, call),
        (Endpoint::CodeLink, _) => code::link(state, call),
        (Endpoint::CodeContext, _) => code::context(state, call),
        (Endpoint::Release, _) => code::release(state, call),
        (Endpoint::CodeMappings, _) => code::mappings(state, call),
        (Endpoint::Releases, _) => code::releases(state, call),
        (Endpoint::Issue, "PUT") => update::put(state, call),
        (Endpoint::Issue, _) => reads::issue(state, call),
        (Endpoint::Events, _) => reads::events(state, call),
        (Endpoint::Event, _) => reads::event(state, call),
        (Endpoint::Tags, _) => reads::tags(state, call),
        (Endpoint::Tag, _) => reads::tag(state, call),
        (Endpoint::SuspectFlags, _) => reads::suspect_flags(state, call),
        (Endpoint::Notes, "POST") => notes::post(state, call),
        (Endpoint::Notes, _) => notes::list(state, call),
        (Endpoint::Note, "PUT") => notes::edit(state, call),
        (Endpoint::Note, _) => notes::delete(state, call),
    }
}
