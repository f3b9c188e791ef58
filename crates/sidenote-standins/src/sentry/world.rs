//! The initial data of a Sentry stand-in, called its world: the installation, its tokens, projects, people and issues.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::alerts::{Alert, Integration};
use super::code::CodeMapping;
use super::issue::Issue;
use super::token::Token;

/// The kind of Sentry installation that the stand-in imitates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// sentry.io: replies on the issue routes without an organization (`/api/0/issues/{id}/…`) have the headers of a
    /// deprecated route, and are 410 after [`SentryWorld::brownout`].
    Saas,
    /// Self-hosted Sentry 26.10: both issue routes exist, with the organization in the path and without it.
    SelfHosted,
    /// Self-hosted Sentry 23.7: the routes of one issue exist only without an organization (`/api/0/issues/{id}/…`). It
    /// also has no priorities, the alerts API without workflows and the reply [`DuplicateCheck::JsonString`], replies
    /// with another error text if an event has no suspect commits, and names no `sentry_app` in comments.
    SelfHostedOld,
}

/// The version of the alerts API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AlertApi {
    /// The new version: the organization has alerts, which the API calls workflows. Old rules of projects can exist
    /// beside them.
    Workflows,
    /// The old version: every alert is a rule of a project. The routes of workflows and of the log of webhooks
    /// (`…/webhook-requests/`) do not exist.
    Rules,
}

/// Another product with a part of Sentry's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookalike {
    /// `GlitchTip`, whose reply to `GET /api/0/` looks like Sentry's.
    GlitchTip,
    /// Bugsink, which replies 404 below `/api/0/`.
    Bugsink,
}

/// The reply of the Sentry stand-in if an author posts the same comment on an issue again within an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicateCheck {
    /// The stand-in does not look for earlier comments, and stores every comment.
    Off,
    /// The stand-in refuses the second comment: it replies 400 with a JSON object.
    Object,
    /// The stand-in refuses the second comment: it replies 400 with a JSON *string* that contains the object, as Sentry
    /// 23.7 and earlier do.
    JsonString,
}

/// A project of the Sentry installation.
#[derive(Clone, Debug)]
pub(super) struct Project {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) platform: String,
}

impl Project {
    pub(super) fn json(&self) -> Value {
        json!({"id": self.id, "name": self.slug, "slug": self.slug, "platform": self.platform})
    }
}

/// A user or team that an issue can be assigned to.
#[derive(Clone, Debug)]
pub(super) struct Assignee {
    /// The id in Sentry's form: `user:1` or `team:2`.
    pub(super) actor: String,
    pub(super) json: Value,
}

/// The initial data of a [`Sentry`](super::Sentry) stand-in.
#[derive(Clone, Debug)]
#[must_use]
pub struct SentryWorld {
    pub(super) kind: Kind,
    pub(super) org: String,
    pub(super) prefix: String,
    pub(super) tokens: Vec<Token>,
    pub(super) projects: Vec<Project>,
    pub(super) projects_elsewhere: Vec<Project>,
    pub(super) assignees: Vec<Assignee>,
    pub(super) issues: Vec<Issue>,
    pub(super) merged: Vec<(String, String)>,
    pub(super) other_orgs: Vec<String>,
    pub(super) duplicates: DuplicateCheck,
    pub(super) old_routes_answer: StatusCode,
    pub(super) rate_limits: bool,
    pub(super) brownout: bool,
    pub(super) hides_users: bool,
    pub(super) latency: Duration,
    pub(super) fixed_now: Option<OffsetDateTime>,
    pub(super) code_mappings: Vec<CodeMapping>,
    pub(super) code_host: Option<String>,
    pub(super) code_provider: Option<String>,
    pub(super) sources: Vec<(String, String)>,
    pub(super) releases: Vec<(String, String)>,
    pub(super) integrations: Vec<Integration>,
    pub(super) alerts: Vec<Alert>,
    pub(super) alert_api: AlertApi,
    pub(super) version: String,
    pub(super) lookalike: Option<Lookalike>,
}

impl SentryWorld {
    /// Creates an empty installation with one organization: no tokens, no projects, no issues.
    pub fn new(kind: Kind, org: &str) -> Self {
        Self {
            kind,
            org: org.to_owned(),
            prefix: String::new(),
            tokens: Vec::new(),
            projects: Vec::new(),
            projects_elsewhere: Vec::new(),
            assignees: Vec::new(),
            issues: Vec::new(),
            merged: Vec::new(),
            other_orgs: Vec::new(),
            duplicates: match kind {
                Kind::SelfHostedOld => DuplicateCheck::JsonString,
                Kind::Saas | Kind::SelfHosted => DuplicateCheck::Object,
            },
            old_routes_answer: StatusCode::NOT_FOUND,
            rate_limits: false,
            brownout: false,
            hides_users: false,
            latency: Duration::ZERO,
            fixed_now: None,
            code_mappings: Vec::new(),
            code_host: None,
            code_provider: None,
            sources: Vec::new(),
            releases: Vec::new(),
            integrations: Vec::new(),
            alerts: Vec::new(),
            alert_api: if kind == Kind::SelfHostedOld { AlertApi::Rules } else { AlertApi::Workflows },
            version: if kind == Kind::SelfHostedOld { "23.7.1" } else { "26.10.0" }.to_owned(),
            lookalike: None,
        }
    }

    /// Sets a path prefix before all routes, as in `https://host/prefix/api/0/`.
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.trim_end_matches('/').clone_into(&mut self.prefix);
        self
    }

    /// Adds a token with which clients can send requests.
    pub fn token(mut self, token: Token) -> Self {
        self.tokens.push(token);
        self
    }

    /// Replaces the scopes of each token that has this secret.
    pub fn scopes(mut self, secret: &str, scopes: &[&str]) -> Self {
        for token in self.tokens.iter_mut().filter(|token| token.secret == secret) {
            *token = token.clone().scopes(scopes);
        }
        self
    }

    /// Adds a project.
    pub fn project(mut self, slug: &str, platform: &str) -> Self {
        let project = self.new_project(slug, platform);
        self.projects.push(project);
        self
    }

    /// Adds a project of another organization, which only a person's token sees.
    pub fn project_elsewhere(mut self, slug: &str, platform: &str) -> Self {
        let project = self.new_project(slug, platform);
        self.projects_elsewhere.push(project);
        self
    }

    /// Whether this version of Sentry knows priorities. An older one replies 200 to a request that sets a priority.
    pub(super) fn has_priorities(&self) -> bool {
        self.kind != Kind::SelfHostedOld
    }

    /// Project ids count up from a number above 2^53, because real ones can be that large.
    fn new_project(&self, slug: &str, platform: &str) -> Project {
        let count = self.projects.len() + self.projects_elsewhere.len();
        let id = 9_007_199_254_740_993_u64 + count as u64;
        Project { id: id.to_string(), slug: slug.to_owned(), platform: platform.to_owned() }
    }

    /// Adds a person. Issues can be assigned to `user:{id}`, to the name or to the e-mail address.
    pub fn member(mut self, id: &str, name: &str, email: &str) -> Self {
        let json = json!({"type": "user", "id": id, "name": name, "email": email});
        self.assignees.push(Assignee { actor: format!("user:{id}"), json });
        self
    }

    /// Adds a team. Issues can be assigned to `team:{id}` or to the slug.
    pub fn team(mut self, id: &str, slug: &str) -> Self {
        let json = json!({"type": "team", "id": id, "name": slug});
        self.assignees.push(Assignee { actor: format!("team:{id}"), json });
        self
    }

    /// Adds an issue, and its project if that is new.
    pub fn issue(mut self, issue: Issue) -> Self {
        if !self.projects.iter().any(|project| project.slug == issue.project) {
            self = self.project(&issue.project, &issue.platform);
        }
        self.issues.push(issue);
        self
    }

    /// Adds the id `gone` of an issue that was merged into the issue `survivor`. Requests for `gone` get the survivor.
    pub fn merged(mut self, gone: &str, survivor: &str) -> Self {
        self.merged.push((gone.to_owned(), survivor.to_owned()));
        self
    }

    /// Adds an issue of another organization. A request for this issue gets 404 if the path contains the organization,
    /// and 403 otherwise.
    pub fn of_another_org(mut self, issue_id: &str) -> Self {
        self.other_orgs.push(issue_id.to_owned());
        self
    }

    /// Sets the reply if an author posts the same comment on an issue again within an hour.
    pub fn duplicates(mut self, check: DuplicateCheck) -> Self {
        self.duplicates = check;
        self
    }

    /// Sets the status with which [`Kind::SelfHostedOld`] replies on issue routes with an organization: 404 by default.
    pub fn old_routes_answer(mut self, status: u16) -> Self {
        self.old_routes_answer = StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND);
        self
    }

    /// Enforces the documented rate limits, such as five requests for issue details per second.
    pub fn rate_limits(mut self) -> Self {
        self.rate_limits = true;
        self
    }

    /// Replies 410 on the issue routes without an organization, as sentry.io does during a brownout of these deprecated
    /// routes. Only [`Kind::Saas`] does this.
    pub fn brownout(mut self) -> Self {
        self.brownout = true;
        self
    }

    /// Leaves the token's user out of the reply to `GET /api/0/`.
    pub fn hides_users(mut self) -> Self {
        self.hides_users = true;
        self
    }

    /// Waits this long before every reply.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Maps the frames of a project below a stack root to a folder of a repository.
    pub fn code_mapping(
        mut self,
        project: &str,
        stack_root: &str,
        repository: &str,
        source_root: &str,
    ) -> Self {
        self.code_mappings.push(CodeMapping {
            project: project.to_owned(),
            stack_root: stack_root.to_owned(),
            repository: repository.to_owned(),
            source_root: source_root.to_owned(),
        });
        self
    }

    /// Sets the name of the integration with the code host, such as `gitlab`. The default is `github`, or
    /// `github_enterprise` with a code host of its own.
    pub fn code_provider(mut self, name: &str) -> Self {
        self.code_provider = Some(name.to_owned());
        self
    }

    /// Links to files at this code host instead of GitHub.
    pub fn code_host(mut self, url: &str) -> Self {
        self.code_host = Some(url.trim_end_matches('/').to_owned());
        self
    }

    /// Adds a file that Sentry reads through its integration with a code host, by its path in the repository. Without
    /// any file, source context is off.
    pub fn source(mut self, path: &str, text: &str) -> Self {
        self.sources.push((path.to_owned(), text.to_owned()));
        self
    }

    /// Adds a release with its last commit. An empty `commit` means that the release has no commit.
    pub fn release(mut self, version: &str, commit: &str) -> Self {
        self.releases.push((version.to_owned(), commit.to_owned()));
        self
    }

    /// Adds an internal integration.
    pub fn integration(mut self, integration: Integration) -> Self {
        self.integrations.push(integration);
        self
    }

    /// Adds an alert.
    pub fn alert(mut self, alert: Alert) -> Self {
        self.alerts.push(alert);
        self
    }

    /// Sets the old version of the alerts API: every alert is a rule of a project, as in Sentry before 2026.
    pub fn rules_only(mut self) -> Self {
        self.alert_api = AlertApi::Rules;
        self
    }

    /// Sets the version that the Sentry installation reports, such as `22.12.0`.
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// Turns the installation into another product that has a part of Sentry's API.
    pub fn lookalike(mut self, product: Lookalike) -> Self {
        self.lookalike = Some(product);
        self
    }

    /// Stops the clock of the stand-in at this time. `Sentry::advance` still moves the clock.
    pub fn now(mut self, now: OffsetDateTime) -> Self {
        self.fixed_now = Some(now);
        self
    }
}
