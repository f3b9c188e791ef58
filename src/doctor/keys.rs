//! Checks the secrets: their source (Secrets Manager, a file or the environment) is readable, and contains each
//! secret that the settings need. The values of secrets are never shown.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::Visit;
use super::finding::CheckResult;
use super::reach::concise;
use crate::config::{Config, Provider, SECRET_KEYS, SecretsConfig};
use crate::notifiers::{Need, Notifiers};
use crate::secrets::{SecretStore, Secrets, SecretsError, slip};

/// Reads the secrets from their source and checks each of them. Returns the secrets, which are `None` if the source
/// is unreadable, and the results.
pub(super) async fn check(
    visit: &Visit<'_>,
    store: &SecretStore,
) -> (Option<Arc<Secrets>>, Vec<CheckResult>) {
    let source = &visit.config.secrets;
    match store.get().await {
        Ok(secrets) => {
            let mut findings = vec![CheckResult::ok("secrets", format!("{} can be read", place(source)))];
            findings.extend(
                needs(visit.config).into_iter().map(|(key, need)| judge(source, &secrets, key, &need)),
            );
            (Some(secrets), findings)
        }
        Err(error) => {
            (None, vec![CheckResult::failed("secrets", concise(&error.to_string()), cure(source, &error))])
        }
    }
}

fn place(source: &SecretsConfig) -> String {
    match source {
        SecretsConfig::Manager(id) => format!("SECRET_ID {id}"),
        SecretsConfig::File(path) => format!("SECRETS_FILE {}", path.display()),
        SecretsConfig::Environment(_) => {
            "the environment (neither SECRET_ID nor SECRETS_FILE is set)".to_owned()
        }
    }
}

fn cure(source: &SecretsConfig, error: &SecretsError) -> String {
    let text = error.to_string();
    let says = |code: &str| text.contains(code);
    match (source, error) {
        (_, SecretsError::NotAnObject { .. } | SecretsError::NotText { .. }) => {
            "it must be one JSON object with string values: {\"SENTRY_AUTH_TOKEN\": \"…\", …} (docs/settings.md)"
                .to_owned()
        }
        (SecretsConfig::Manager(id), _) if says("ResourceNotFound") => format!(
            "there is no secret {id} in this account and region: use the stack's output SecretArn, or set AWS_REGION"
        ),
        (SecretsConfig::Manager(id), _) if says("AccessDenied") => {
            format!("allow secretsmanager:GetSecretValue on {id} for the caller of this command")
        }
        (SecretsConfig::Manager(_), _) => {
            "check AWS_REGION, the AWS credentials (aws sts get-caller-identity) and the connection to Secrets Manager".to_owned()
        }
        (SecretsConfig::File(path), _) if says("UTF-") => format!("save {} as UTF-8 text", path.display()),
        (SecretsConfig::File(path), _) => {
            format!("mount the secret at {} and give this user read access", path.display())
        }
        (SecretsConfig::Environment(_), _) => "set the secret variables".to_owned(),
    }
}

/// Returns the name of every secret, each with whether the settings require it.
fn needs(config: &Config) -> Vec<(&'static str, Need)> {
    let of_notifiers = Notifiers::default().iter().flat_map(|it| it.needs(config)).collect::<Vec<_>>();
    let ours = [
        ("SENTRY_CLIENT_SECRET", Need::Must("without it no delivery is accepted: 401")),
        ("LLM_API_KEY", need_of_model(config)),
        ("SOURCE_TOKEN", need_of_source(config)),
    ];
    let all: Vec<_> = of_notifiers.into_iter().chain(ours).collect();
    SECRET_KEYS.iter().filter_map(|key| all.iter().find(|(name, _)| name == key).copied()).collect()
}

fn need_of_model(config: &Config) -> Need {
    match &config.model {
        None => Need::May("ANALYZER=rules needs none"),
        Some(model) if model.provider == Provider::Bedrock => Need::May("Bedrock uses AWS's credentials"),
        Some(model) if model.provider == Provider::Anthropic => Need::Must("Anthropic requires a key"),
        Some(model) if model.base.host_str() == Some("api.openai.com") => Need::Must("OpenAI requires a key"),
        Some(_) => Need::May("your own server may need none"),
    }
}

fn need_of_source(config: &Config) -> Need {
    match &config.source {
        None => Need::May("SOURCE_PROVIDER is off"),
        Some(source) if source.host.needs_token() => Need::Must("without it no source code is read"),
        Some(_) => Need::May("Sentry reads the code"),
    }
}

fn judge(source: &SecretsConfig, secrets: &Secrets, key: &'static str, need: &Need) -> CheckResult {
    let name = format!("secrets.{key}");
    match (secrets.get(key), need) {
        (Some(value), _) => match pasted_wrong(key, value).or_else(|| mistaken(key, value, secrets)) {
            Some((what, remedy)) => CheckResult::failed(name, what, remedy),
            None => CheckResult::ok(name, "is there"),
        },
        (None, Need::May(why)) => CheckResult::skipped(name, format!("not set; {why}")),
        (None, Need::Must(why)) => {
            let how = match source {
                SecretsConfig::Manager(id) => format!(
                    "add the key {key} to the secret {id}: `make secrets` (README.md, Set up on AWS, step 3)"
                ),
                SecretsConfig::File(path) => format!("add the key {key} to {}", path.display()),
                SecretsConfig::Environment(_) => format!("set {key}"),
            };
            CheckResult::failed(name, format!("not set; {why}"), how)
        }
    }
}

/// Returns a description of a copy-and-paste error in a secret, such as quotation marks, and the remedy; `None` if
/// there is none.
fn pasted_wrong(key: &str, value: &SecretString) -> Option<(String, &'static str)> {
    Some((slip(key, value)?.to_string(), "store the corrected value: `make secrets`, or edit the file"))
}

/// Returns a description and the remedy if the value under `key` looks like another kind of secret; otherwise `None`.
fn mistaken(key: &str, value: &SecretString, secrets: &Secrets) -> Option<(String, &'static str)> {
    let text = value.expose_secret();
    let other = |key| secrets.get(key).map(ExposeSecret::expose_secret);
    match key {
        "SENTRY_AUTH_TOKEN" if text.starts_with("http") => Some((
            "it is a URL: a DSN can only send events".to_owned(),
            "use the token of the internal integration: Settings, Developer Settings, the integration, Tokens",
        )),
        "SENTRY_AUTH_TOKEN" if other("SENTRY_CLIENT_SECRET") == Some(text) => Some((
            "it equals SENTRY_CLIENT_SECRET".to_owned(),
            "the integration's page shows the token under Tokens and the client secret under Credentials",
        )),
        _ => Notifiers::default().iter().find_map(|notifier| notifier.mistake(key, value)),
    }
}
