//! Checks the settings: they are valid, and the optional ones that are missing.

use super::finding::{CONFIGURATION, CheckResult};
use super::report::DoctorReport;
use crate::config::{Config, Problem, Problems};
use crate::http::HttpError;

/// The report for invalid settings, with one result per variable. No other check can run.
#[must_use]
pub fn misconfigured(problems: &Problems) -> DoctorReport {
    let each = |Problem { variable, what }: &Problem| {
        CheckResult::failed(format!("{CONFIGURATION}.{variable}"), what.as_str(), remedy(variable))
    };
    DoctorReport { findings: problems.0.iter().map(each).collect() }
}

/// Like [`misconfigured`], for a file of certificates that cannot be used.
pub(super) fn without_http(error: &HttpError) -> CheckResult {
    let remedy = "set SSL_CERT_FILE to a readable PEM file with at least one certificate";
    CheckResult::failed(format!("{CONFIGURATION}.SSL_CERT_FILE"), error.to_string(), remedy)
}

/// The results for valid settings: what is in use, and what is disabled.
pub(super) fn check(config: &Config) -> Vec<CheckResult> {
    let mut findings = vec![CheckResult::ok(CONFIGURATION, "every variable is valid")];
    if config.allow_unsigned {
        findings.push(CheckResult::warning(
            "configuration.ALLOW_UNSIGNED",
            "`sidenote serve` accepts deliveries without a signature",
            "unset ALLOW_UNSIGNED if other machines can reach the port",
        ));
    }
    findings
}

/// The remedy for an invalid variable.
fn remedy(variable: &str) -> String {
    let particular = match variable {
        "LLM_MODEL" => {
            "name the model; for OpenClaw create an agent without tools and skills and set LLM_MODEL=openclaw/THAT-AGENT \
             (docs/models.md, OpenClaw)"
        }
        "ANALYZER" => {
            "set ANALYZER to rules, openclaw, openai, anthropic or bedrock; bedrock needs a build with that feature"
        }
        "SECRETS_FILE" => "set SECRET_ID or SECRETS_FILE, not both",
        "SENTRY_BASE_URL" => {
            "set SENTRY_BASE_URL to https://sentry.io or to your own Sentry's base, with http(s)://"
        }
        "SENTRY_ORG" => "set SENTRY_ORG to the slug in Sentry's address: /organizations/SLUG/",
        "TELEGRAM_CHAT_ID" => "set TELEGRAM_CHAT_ID to the chat's number (groups: negative) or to @name",
        _ => return format!("correct {variable}: docs/settings.md lists the valid values"),
    };
    particular.to_owned()
}
