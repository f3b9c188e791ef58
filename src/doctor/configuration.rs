//! Reports on the settings: which variables are invalid, and whether `ALLOW_UNSIGNED` is on.

use super::finding::{CONFIGURATION, CheckResult};
use super::report::DoctorReport;
use crate::config::{Config, Problem, Problems};
use crate::http::HttpError;

/// Returns the report of `sidenote doctor` for invalid settings, with one failed result per invalid variable. The
/// report has no other results, because no other check can run without valid settings.
#[must_use]
pub fn misconfigured(problems: &Problems) -> DoctorReport {
    let each = |Problem { variable, what }: &Problem| {
        CheckResult::failed(format!("{CONFIGURATION}.{variable}"), what.as_str(), remedy(variable))
    };
    DoctorReport { findings: problems.0.iter().map(each).collect() }
}

/// Returns the failed result for a `SSL_CERT_FILE` that is unreadable or contains no certificate.
pub(super) fn without_http(error: &HttpError) -> CheckResult {
    let remedy = "set SSL_CERT_FILE to a readable PEM file with at least one certificate";
    CheckResult::failed(format!("{CONFIGURATION}.SSL_CERT_FILE"), error.to_string(), remedy)
}

/// Returns the results for valid settings: one `ok`, and a warning if `ALLOW_UNSIGNED` is on.
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

/// Returns the advice that helps a person to correct the given environment variable.
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
