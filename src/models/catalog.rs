//! Requests that tell whether a model's API works and which models it has. None of them asks a model a question, so
//! they cost nothing. `sidenote doctor` uses them.

use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::config::{ModelConfig, Provider};
use crate::domain::deadline::Deadline;
use crate::domain::outcome::Failure;
use crate::http::Http;
use crate::json::{Flag, Lenient, List, Text};

/// The reply to a request for the list of models.
#[derive(Debug)]
pub struct Listed {
    /// The HTTP status of the reply.
    pub status: u16,
    /// The names of the models that the API listed; `None` if the reply has an error status or is not a list.
    pub names: Option<Vec<String>>,
}

/// The tools of an OpenClaw agent, as far as the gateway's API shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentTools {
    /// The agent has no tools: the gateway refused even the harmless tool `session_status`.
    None,
    /// The agent may use `session_status`, so it has tools.
    Some,
    /// The gateway's reply does not show whether the agent has tools. The number is the reply's HTTP status.
    Unknown(u16),
}

/// A tool that every OpenClaw agent with tools has. The tool only reads.
const HARMLESS_TOOL: &str = "session_status";

/// A client for the requests about one configured model and its API.
pub struct Catalog<'a> {
    http: &'a Http,
    config: &'a ModelConfig,
    key: Option<&'a SecretString>,
    deadline: Deadline,
}

impl<'a> Catalog<'a> {
    /// Creates a client for the API of `config`. No request runs past `deadline`.
    #[must_use]
    pub fn new(
        http: &'a Http,
        config: &'a ModelConfig,
        key: Option<&'a SecretString>,
        deadline: Deadline,
    ) -> Self {
        Self { http, config, key, deadline }
    }

    /// Requests the path `/health` of an OpenClaw gateway. Returns the HTTP status, and whether the gateway reports
    /// that it is live.
    ///
    /// # Errors
    /// [`Failure`] if there is no reply.
    pub async fn health(&self) -> Result<(u16, bool), Failure> {
        let url = self.config.base.join("../health").map_err(|_| Failure::Internal)?;
        let answer = self.http.send(self.http.client().get(url), self.deadline).await?;
        let health: Lenient<Health> = serde_json::from_slice(&answer.body).unwrap_or_default();
        let is_live = health.0.is_some_and(|health| health.ok.0 == Some(true));
        Ok((answer.status.as_u16(), answer.status.is_success() && is_live))
    }

    /// Sends `GET` to the path of chat completions. Returns the HTTP status: 405 if the endpoint exists, because it
    /// accepts only `POST`, and 404 if the endpoint does not exist.
    ///
    /// # Errors
    /// [`Failure`] if there is no reply.
    pub async fn endpoint(&self) -> Result<u16, Failure> {
        let url = self.config.base.join("chat/completions").map_err(|_| Failure::Internal)?;
        let request = self.keyed(self.http.client().get(url))?;
        Ok(self.http.send(request, self.deadline).await?.status.as_u16())
    }

    /// Requests the list of models. For Anthropic only the configured model is requested, because the list lacks
    /// aliases.
    ///
    /// # Errors
    /// [`Failure`] if there is no reply.
    pub async fn models(&self) -> Result<Listed, Failure> {
        let request = self.keyed(self.http.client().get(self.models_url()?))?;
        let answer = self.http.send(request, self.deadline).await?;
        let body: Lenient<Body> = serde_json::from_slice(&answer.body).unwrap_or_default();
        let body = body.0.unwrap_or_default();
        let listed = body.data.map(|list| list.0.into_iter().filter_map(|model| model.0));
        let one = body.id.as_deref().map(|_| self.config.model.clone());
        let names = match listed {
            Some(models) => Some(models.filter_map(|it| it.id.into_option()).map(String::from).collect()),
            None => one.map(|name| vec![name]),
        };
        let names = names.filter(|_| answer.status.is_success());
        Ok(Listed { status: answer.status.as_u16(), names })
    }

    /// Asks an OpenClaw gateway to run the harmless tool `session_status` as the configured agent. Returns whether
    /// the agent has tools.
    ///
    /// # Errors
    /// [`Failure`] if there is no reply.
    pub async fn agent_tools(&self) -> Result<AgentTools, Failure> {
        let url = self.config.base.join("../tools/invoke").map_err(|_| Failure::Internal)?;
        let agent = self.config.model.trim_start_matches("openclaw/");
        let body = serde_json::json!({"tool": HARMLESS_TOOL, "agentId": agent});
        let request = self.keyed(self.http.client().post(url).json(&body))?;
        let answer = self.http.send(request, self.deadline).await?;
        let invoked: Lenient<Invoked> = serde_json::from_slice(&answer.body).unwrap_or_default();
        let Invoked { ok, error } = invoked.0.unwrap_or_default();
        let kind = error.0.map(|error| error.kind).unwrap_or_default();
        Ok(match (answer.status.as_u16(), ok.0, kind.as_deref()) {
            (404, _, Some("not_found")) => AgentTools::None,
            (200, Some(true), _) => AgentTools::Some,
            (status, ..) => AgentTools::Unknown(status),
        })
    }

    fn models_url(&self) -> Result<Url, Failure> {
        let base = &self.config.base;
        if self.config.provider != Provider::Anthropic {
            return base.join("models").map_err(|_| Failure::Internal);
        }
        let path = if base.path().ends_with("/v1/") { "models/" } else { "v1/models/" };
        let mut url = base.join(path).map_err(|_| Failure::Internal)?;
        // A model's name may contain characters that must be escaped in a path.
        url.path_segments_mut().map_err(|()| Failure::Internal)?.pop_if_empty().push(&self.config.model);
        Ok(url)
    }

    fn keyed(&self, request: RequestBuilder) -> Result<RequestBuilder, Failure> {
        let Some(key) = self.key else { return Ok(request) };
        if self.config.provider != Provider::Anthropic {
            return Ok(request.bearer_auth(key.expose_secret()));
        }
        let mut key = http::HeaderValue::from_str(key.expose_secret()).map_err(|_| Failure::Unauthorized)?;
        key.set_sensitive(true);
        Ok(request.header("anthropic-version", super::ANTHROPIC_VERSION).header("x-api-key", key))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Health {
    ok: Flag,
}

/// The reply of an OpenClaw gateway to a request to run a tool.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Invoked {
    ok: Flag,
    error: Lenient<InvokeError>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InvokeError {
    #[serde(rename = "type")]
    kind: Text,
}

/// The reply to a request for models. OpenAI's form is a list in `data`; Anthropic returns one model with an `id`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    data: Option<List<Lenient<Named>>>,
    id: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    id: Text,
}
