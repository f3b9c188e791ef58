//! The modelled routes of the Sentry API in one table, and the matching of paths against it.

use http::Method;

use super::super::exchange::percent_decoded;

/// An endpoint of the Sentry API. Each route leads to one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Root,
    Organizations,
    Organization,
    Listing,
    Members,
    ShortId,
    Projects,
    VisibleProjects,
    Integrations,
    Actions,
    Alerts,
    Rules,
    SentWebhooks,
    ClientConfig,
    GlitchTipSettings,
    BugsinkProjects,
    Project,
    Committers,
    CodeLink,
    CodeContext,
    CodeMappings,
    Release,
    Releases,
    Issue,
    Events,
    Event,
    Tags,
    Tag,
    SuspectFlags,
    Notes,
    Note,
}

/// One HTTP method of a route, with the parameters that Sentry accepts.
#[derive(Debug)]
pub(super) struct Verb {
    pub(super) method: &'static str,
    /// The required scope, or alternatives such as `org:read|alerts:read`. It is empty if the method needs no token.
    pub(super) scope: &'static str,
    /// The query parameters that Sentry knows.
    pub(super) query: &'static [&'static str],
    /// The JSON members that Sentry knows. If the list is empty, the method takes no body.
    pub(super) body: &'static [&'static str],
    /// The documented limit in requests per second, if there is one.
    pub(super) per_second: Option<u32>,
}

const fn get(scope: &'static str, query: &'static [&'static str], per_second: Option<u32>) -> Verb {
    Verb { method: "GET", scope, query, body: &[], per_second }
}

const fn write(
    method: &'static str,
    scope: &'static str,
    body: &'static [&'static str],
    per_second: Option<u32>,
) -> Verb {
    Verb { method, scope, query: &[], body, per_second }
}

const PAGE: &[&str] = &["per_page", "cursor"];
const DETAILS: &[&str] = &["collapse", "expand", "environment"];
const EVENT: &[&str] = &["environment", "collapse", "llmFormat", "statsPeriod", "start", "end"];
const EVENTS: &[&str] =
    &["statsPeriod", "start", "end", "environment", "full", "sample", "query", "per_page", "cursor"];
const TAGS: &[&str] = &["environment", "limit", "key"];
const LISTING: &[&str] = &[
    "query",
    "statsPeriod",
    "groupStatsPeriod",
    "start",
    "end",
    "project",
    "environment",
    "sort",
    "limit",
    "per_page",
    "cursor",
    "shortIdLookup",
    "collapse",
    "expand",
    "viewId",
];
/// The query parameters that describe a stack frame.
const FRAME: &[&str] =
    &["file", "lineNo", "absPath", "module", "package", "platform", "sdkName", "commitId", "groupId"];
const NOTE: &[&str] = &["text", "mentions", "external_id"];
/// The JSON members of an update of an issue; [`super::update`] checks their values.
const UPDATE: &[&str] = &[
    "status",
    "statusDetails",
    "substatus",
    "assignedTo",
    "priority",
    "hasSeen",
    "isBookmarked",
    "isSubscribed",
    "isPublic",
    "inbox",
    "ignoreDuration",
    "ignoreCount",
    "ignoreWindow",
    "ignoreUserCount",
    "ignoreUserWindow",
];

/// The members of the object `statusDetails` in an update of an issue.
pub(super) const STATUS_DETAILS: &[&str] = &[
    "inNextRelease",
    "inRelease",
    "inCommit",
    "ignoreDuration",
    "ignoreCount",
    "ignoreWindow",
    "ignoreUserCount",
    "ignoreUserWindow",
];

/// A path pattern and its methods. In a pattern, `{…}` captures a segment and `a|b` matches either segment. A leading
/// `@` stands for both paths of an issue, with and without the organization. A pattern with a leading `~` is below
/// `/api/`, all others are below `/api/0/`.
pub(super) struct Route {
    pattern: &'static str,
    pub(super) endpoint: Endpoint,
    pub(super) verbs: &'static [Verb],
}

const ORG_ISSUE: &str = "organizations/{org}/issues|groups/{issue}";
const BARE_ISSUE: &str = "issues|groups/{issue}";

const fn route(pattern: &'static str, endpoint: Endpoint, verbs: &'static [Verb]) -> Route {
    Route { pattern, endpoint, verbs }
}

static ROUTES: [Route; 31] = [
    route("", Endpoint::Root, &[get("", &[], None)]),
    route("organizations", Endpoint::Organizations, &[get("org:read", PAGE, None)]),
    route("organizations/{org}", Endpoint::Organization, &[get("org:read", &["detailed"], None)]),
    route("organizations/{org}/issues", Endpoint::Listing, &[get("event:read", LISTING, Some(5))]),
    route("organizations/{org}/members", Endpoint::Members, &[get("member:read", PAGE, None)]),
    route("organizations/{org}/shortids/{issue}", Endpoint::ShortId, &[get("event:read", &[], None)]),
    route("~client-config", Endpoint::ClientConfig, &[get("", &[], None)]),
    route("~settings", Endpoint::GlitchTipSettings, &[get("", &[], None)]),
    route("~canonical/0/projects", Endpoint::BugsinkProjects, &[get("", &[], None)]),
    route("organizations/{org}/projects", Endpoint::Projects, &[get("org:read", PAGE, None)]),
    route("projects", Endpoint::VisibleProjects, &[get("project:read", PAGE, None)]),
    route(
        "organizations/{org}/sentry-apps",
        Endpoint::Integrations,
        &[get("org:read", &["status", "per_page", "cursor"], None)],
    ),
    route("organizations/{org}/available-actions", Endpoint::Actions, &[get("org:read", PAGE, None)]),
    route(
        "organizations/{org}/workflows",
        Endpoint::Alerts,
        &[get("org:read|alerts:read", &["project", "sortBy", "query", "per_page", "cursor"], None)],
    ),
    route(
        "projects/{org}/{project}/rules",
        Endpoint::Rules,
        &[get("project:read|alerts:read", &["expand", "per_page", "cursor"], None)],
    ),
    route(
        "sentry-apps/{app}/webhook-requests|requests",
        Endpoint::SentWebhooks,
        &[get("org:read", &["eventType", "errorsOnly", "start", "end"], None)],
    ),
    route("projects/{org}/{project}", Endpoint::Project, &[get("project:read", &[], None)]),
    route(
        "projects/{org}/{project}/events/{event}/committers",
        Endpoint::Committers,
        &[get("project:read", &[], None)],
    ),
    route(
        "projects/{org}/{project}/stacktrace-link",
        Endpoint::CodeLink,
        &[get("project:read", FRAME, None)],
    ),
    route(
        "projects/{org}/{project}/stacktrace-source-context",
        Endpoint::CodeContext,
        &[get("project:read", FRAME, None)],
    ),
    route(
        "organizations/{org}/code-mappings",
        Endpoint::CodeMappings,
        &[get("org:read", &["integrationId", "project", "per_page", "cursor"], None)],
    ),
    route(
        "projects/{org}/{project}/releases",
        Endpoint::Releases,
        &[get("project:read", &["query", "per_page", "cursor"], None)],
    ),
    route(
        "organizations/{org}/releases/{version}",
        Endpoint::Release,
        &[get("project:read", &["project_id", "health"], None)],
    ),
    route(
        "@",
        Endpoint::Issue,
        &[get("event:read", DETAILS, Some(5)), write("PUT", "event:write", UPDATE, Some(5))],
    ),
    route("@/events", Endpoint::Events, &[get("event:read", EVENTS, None)]),
    route("@/events/{event}", Endpoint::Event, &[get("event:read", EVENT, Some(15))]),
    route("@/tags", Endpoint::Tags, &[get("event:read", TAGS, None)]),
    route("@/tags/{key}", Endpoint::Tag, &[get("event:read", TAGS, None)]),
    route(
        "organizations/{org}/issues|groups/{issue}/suspect/flags",
        Endpoint::SuspectFlags,
        &[get("event:read", &["statsPeriod", "start", "end", "environment"], None)],
    ),
    route(
        "@/notes|comments",
        Endpoint::Notes,
        &[get("event:read", PAGE, None), write("POST", "event:write", NOTE, None)],
    ),
    route(
        "@/notes|comments/{note}",
        Endpoint::Note,
        &[write("PUT", "event:write", NOTE, None), write("DELETE", "event:admin", &[], None)],
    ),
];

/// A request's path that matched a route.
pub(super) struct Found {
    pub(super) route: &'static Route,
    /// Whether the path is that of an issue without an organization.
    pub(super) bare: bool,
    /// Whether the path is that of an issue with an organization.
    pub(super) org_issue: bool,
    /// Whether the path ends with a slash. Every path of the real API does.
    pub(super) slash: bool,
    captures: Vec<(&'static str, String)>,
}

impl Found {
    /// Returns the segment that the pattern captures as `name`. It is empty if the route has no such segment.
    pub(super) fn capture(&self, name: &str) -> &str {
        self.captures.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// Returns the entry of the route for an HTTP method.
    pub(super) fn verb(&self, method: &Method) -> Option<&'static Verb> {
        self.route.verbs.iter().find(|verb| verb.method == method.as_str())
    }
}

/// Finds the route of a path below `prefix`, with or without a trailing slash.
pub(super) fn find(prefix: &str, path: &str) -> Option<Found> {
    let below = path.strip_prefix(prefix)?.strip_prefix("/api")?;
    let (rest, is_outside) = below.strip_prefix("/0").map_or((below, true), |rest| (rest, false));
    let slash = rest.ends_with('/');
    let inner = if rest.is_empty() { rest } else { rest.strip_prefix('/')? };
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    let segments: Vec<&str> = if inner.is_empty() { Vec::new() } else { inner.split('/').collect() };
    let routes = ROUTES.iter().filter(|route| route.pattern.starts_with('~') == is_outside);
    routes.into_iter().find_map(|route| {
        let places: &[&str] = if route.pattern.starts_with('@') { &[ORG_ISSUE, BARE_ISSUE] } else { &[""] };
        places.iter().find_map(|&place| {
            let pattern = place.split('/').chain(route.pattern.trim_start_matches(['@', '~']).split('/'));
            let captures = matched(pattern.filter(|part| !part.is_empty()), &segments)?;
            Some(Found { route, bare: place == BARE_ISSUE, org_issue: place == ORG_ISSUE, slash, captures })
        })
    })
}

fn matched<'p>(pattern: impl Iterator<Item = &'p str>, segments: &[&str]) -> Option<Vec<(&'p str, String)>> {
    let parts: Vec<&str> = pattern.collect();
    if parts.len() != segments.len() {
        return None;
    }
    let mut captures = Vec::new();
    for (part, segment) in parts.into_iter().zip(segments) {
        let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        match name {
            Some(name) if !segment.is_empty() => captures.push((name, percent_decoded(segment))),
            None if part.split('|').any(|choice| choice == *segment) => {}
            _ => return None,
        }
    }
    Some(captures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_their_endpoints() {
        let rows = [
            ("/api/0/", Some((Endpoint::Root, false, true))),
            ("/api/0", Some((Endpoint::Root, false, false))),
            ("/api/0/issues/7/comments/", Some((Endpoint::Notes, true, true))),
            ("/api/0/organizations/acme/groups/WEB-1/notes/", Some((Endpoint::Notes, false, true))),
            ("/api/0/organizations/acme/issues/7", Some((Endpoint::Issue, false, false))),
            ("/api/0/organizations/acme/issues/7/autofix/", None),
            ("/api/0/organizations//issues/7/", None),
            ("/api/1/issues/7/", None),
            ("/api/0issues/7/", None),
            ("/api/0//issues/7/", None),
        ];
        for (path, expected) in rows {
            let found = find("", path).map(|found| (found.route.endpoint, found.bare, found.slash));
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn captures_are_decoded() {
        let found = find("/sentry", "/sentry/api/0/issues/7/tags/sentry%3Auser/").expect("a route");
        assert_eq!((found.capture("issue"), found.capture("key")), ("7", "sentry:user"));
    }
}
