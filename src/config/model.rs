//! The settings of the language model: the variables `ANALYZER` and `LLM_…`.

use std::time::Duration;

use reqwest::Url;

use super::{Reader, truth};

/// The language model that analyses the evidence about an issue in addition to the built-in rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelConfig {
    /// The kind of API through which the model is called.
    pub provider: Provider,
    /// The base URL of the API. Bedrock ignores the value, because AWS's own variables set its endpoint.
    pub base: Url,
    /// The name of the model in the API.
    pub model: String,
    /// The time limit for all calls to the model in one analysis together.
    pub timeout: Duration,
    /// The way in which a request asks for JSON answers.
    pub format: Format,
    /// The limit of tokens in one call to the model, prompt and answer together.
    pub max_tokens: u32,
    /// The limit of calls to the model per day (UTC).
    pub daily_calls: u32,
    /// Whether source code of a repository may go to the model.
    pub reads_source: bool,
}

impl ModelConfig {
    /// Returns the name of the provider with the host of its API, such as `openai at api.openai.com`.
    #[must_use]
    pub fn place(&self) -> String {
        let name = self.provider.name();
        // The endpoint of Bedrock depends on the region of AWS.
        let host = self.base.host_str().filter(|_| self.provider != Provider::Bedrock);
        host.map_or_else(|| name.to_owned(), |host| format!("{name} at {host}"))
    }
}

/// The kind of API through which a model is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Chat completions of an agent behind an OpenClaw gateway.
    ///
    /// The gateway's default agent executes commands for any client with the gateway's token, and the text of an event
    /// could instruct it. Therefore a separate agent without tools, skills and files is required; docs/models.md has
    /// the commands that create it. The setting is then, for example, `LLM_MODEL=openclaw/sentry-rca`.
    OpenClaw,
    /// OpenAI's chat completions, which Ollama, vLLM, LiteLLM, OpenRouter and Azure v1 offer too.
    OpenAi,
    /// The Messages API of Anthropic.
    Anthropic,
    /// The Converse API of Amazon Bedrock.
    Bedrock,
}

impl Provider {
    /// Returns the value of `ANALYZER` for this API. Notes and logs name the model's analyses by this value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenClaw => "openclaw",
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Bedrock => "bedrock",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::OpenClaw, Self::OpenAi, Self::Anthropic, Self::Bedrock]
            .into_iter()
            .find(|provider| provider.name() == text)
    }

    fn default_base(self) -> &'static str {
        match self {
            Self::OpenClaw => "http://127.0.0.1:18789/v1",
            Self::OpenAi => "https://api.openai.com/v1",
            Self::Anthropic => "https://api.anthropic.com",
            Self::Bedrock => "https://bedrock-runtime.amazonaws.com",
        }
    }
}

/// The way in which a request asks for JSON answers, in addition to the prompt's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The request contains the JSON schema of the answer, and the provider enforces the schema.
    JsonSchema,
    /// The request asks for a JSON object of any form.
    JsonObject,
    /// The request does not mention JSON outside of the prompt.
    None,
}

impl Format {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "json_schema" => Some(Self::JsonSchema),
            "json_object" => Some(Self::JsonObject),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

/// The smallest allowed limit of tokens per call. A smaller one has no room for a stack trace and an answer.
const FEWEST_TOKENS: u32 = 2_000;
const MOST_TOKENS: u32 = 200_000;
const TOKENS: u32 = 12_000;
const DAILY_CALLS: u32 = 200;
const TIMEOUT_SECONDS: u64 = 25;
const LONGEST_SECONDS: u64 = 600;

/// Reads the model's variables. All are checked, even if `ANALYZER` names no model; the result is then `None`.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<ModelConfig> {
    let analyzers = "rules, openclaw, openai, anthropic or bedrock";
    let provider = reader.parsed("ANALYZER", analyzers, None, |text| {
        Provider::parse(text).map(Some).or((text == "rules").then_some(None))
    });
    let seconds = format!("a number of seconds from 1 to {LONGEST_SECONDS}");
    let timeout = reader.parsed("LLM_TIMEOUT_SECONDS", &seconds, TIMEOUT_SECONDS, |s| {
        s.parse().ok().filter(|n| (1..=LONGEST_SECONDS).contains(n))
    });
    let formats = "json_schema, json_object or none";
    let format = reader.parsed("LLM_RESPONSE_FORMAT", formats, Format::JsonSchema, Format::parse);
    let tokens = format!("a number of tokens from {FEWEST_TOKENS} to {MOST_TOKENS}");
    let max_tokens = reader.parsed("LLM_MAX_TOKENS", &tokens, TOKENS, |s| {
        s.parse().ok().filter(|n| (FEWEST_TOKENS..=MOST_TOKENS).contains(n))
    });
    let daily_calls =
        reader.parsed("LLM_DAILY_CALLS", "a number of calls a day", DAILY_CALLS, |s| s.parse().ok());
    let reads_source = reader.parsed("SOURCE_TO_MODEL", "true or false", false, truth);
    let base = reader.url("LLM_BASE_URL", provider.unwrap_or(Provider::OpenAi).default_base());
    let config = ModelConfig {
        provider: provider?,
        base,
        model: reader.text("LLM_MODEL").unwrap_or_default(),
        timeout: Duration::from_secs(timeout),
        format,
        max_tokens,
        daily_calls,
        reads_source,
    };
    check(reader, &config);
    Some(config)
}

/// Reports combinations of variables that cannot be used, such as a model's API without a model's name.
fn check(reader: &mut Reader<'_>, config: &ModelConfig) {
    let provider = config.provider;
    if config.model.is_empty() {
        reader.problem("LLM_MODEL", format!("required by ANALYZER={}", provider.name()));
    } else if provider == Provider::OpenClaw && !is_locked_agent(&config.model) {
        reader.problem(
            "LLM_MODEL",
            "ANALYZER=openclaw needs openclaw/AGENT with an agent of its own that has no tools: the default agent runs \
             commands, and the text of an event must never reach it",
        );
    }
    if matches!(provider, Provider::Anthropic | Provider::Bedrock) && config.format == Format::JsonObject {
        reader.problem(
            "LLM_RESPONSE_FORMAT",
            format!("{} supports only json_schema and none", provider.name()),
        );
    }
    if provider == Provider::Bedrock {
        if reader.text("LLM_BASE_URL").is_some() {
            reader.problem(
                "LLM_BASE_URL",
                "bedrock uses no base URL: set AWS_REGION or AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
            );
        }
        if !cfg!(feature = "bedrock") {
            reader.problem("ANALYZER", "this build has no bedrock: build it with --features bedrock");
        }
    }
}

/// Whether the model has the form `openclaw/AGENT`, and AGENT is not a name of OpenClaw's default agent.
fn is_locked_agent(model: &str) -> bool {
    let agent = model.strip_prefix("openclaw/").unwrap_or_default().to_ascii_lowercase();
    let is_name =
        !agent.is_empty() && agent.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    is_name && !["default", "main"].contains(&agent.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(variables: &[(&str, &str)]) -> Result<Option<ModelConfig>, Vec<&'static str>> {
        let find =
            |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Config::read(&find)
            .map(|config| config.model)
            .map_err(|problems| problems.0.iter().map(|p| p.variable).collect())
    }

    #[test]
    fn the_rules_need_no_setting_and_a_model_needs_its_name() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("ANALYZER", "rules"), ("LLM_MODEL", "x")]), Ok(None));
        assert_eq!(read(&[("ANALYZER", "openai")]), Err(vec!["LLM_MODEL"]));
        let config =
            read(&[("ANALYZER", "openai"), ("LLM_MODEL", "gpt-5.2")]).expect("valid").expect("a model");
        assert_eq!(config.base.as_str(), "https://api.openai.com/v1/");
        assert_eq!((config.format, config.max_tokens, config.daily_calls), (Format::JsonSchema, 12_000, 200));
    }

    #[test]
    fn the_default_agent_of_openclaw_is_refused() {
        for model in
            ["openclaw", "openclaw/default", "openclaw/main", "openclaw/Main", "openclaw/", "gpt-5", ""]
        {
            assert_eq!(
                read(&[("ANALYZER", "openclaw"), ("LLM_MODEL", model)]),
                Err(vec!["LLM_MODEL"]),
                "{model}"
            );
        }
        assert!(read(&[("ANALYZER", "openclaw"), ("LLM_MODEL", "openclaw/sentry-rca")]).is_ok());
    }

    #[test]
    fn every_invalid_model_setting_is_reported() {
        let problems = read(&[
            ("ANALYZER", "anthropic"),
            ("LLM_BASE_URL", "nowhere"),
            ("LLM_TIMEOUT_SECONDS", "0"),
            ("LLM_RESPONSE_FORMAT", "json_object"),
            ("LLM_MAX_TOKENS", "10"),
            ("LLM_DAILY_CALLS", "many"),
        ]);
        let expected = [
            "LLM_TIMEOUT_SECONDS",
            "LLM_MAX_TOKENS",
            "LLM_DAILY_CALLS",
            "LLM_BASE_URL",
            "LLM_MODEL",
            "LLM_RESPONSE_FORMAT",
        ];
        assert_eq!(problems.expect_err("problems"), expected);
        assert_eq!(read(&[("ANALYZER", "gemini")]), Err(vec!["ANALYZER"]));
    }

    #[test]
    #[cfg(not(feature = "bedrock"))]
    fn bedrock_is_named_as_missing_where_it_is_not_built_in() {
        assert_eq!(read(&[("ANALYZER", "bedrock"), ("LLM_MODEL", "m")]), Err(vec!["ANALYZER"]));
    }
}
