//! The result of one check of `sidenote doctor`: its name, status, evidence and remedy.

/// The status of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckStatus {
    /// The check passed.
    Ok,
    /// The checked part works, but with a restriction.
    Warning,
    /// Webhook deliveries will fail or lose something.
    Failed,
    /// The check did not run; the evidence says why.
    Skipped,
}

impl CheckStatus {
    /// Returns the status as a word for people and programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// The result of one check of `sidenote doctor`. It contains no secret.
#[derive(Debug, Clone)]
pub struct CheckResult {
    /// The check's stable name, for example `sentry.scopes`.
    pub name: String,
    /// The status of the check.
    pub verdict: CheckStatus,
    /// The facts that the check observed.
    pub evidence: String,
    /// The change that makes the check pass. Every warning and every failure has one.
    pub remedy: Option<String>,
}

impl CheckResult {
    /// Creates the result of a check that passed.
    #[must_use]
    pub fn ok(name: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self { name: name.into(), verdict: CheckStatus::Ok, evidence: evidence.into(), remedy: None }
    }

    /// Creates the result of a check that did not run; the evidence says why.
    #[must_use]
    pub fn skipped(name: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self { verdict: CheckStatus::Skipped, ..Self::ok(name, evidence) }
    }

    /// Creates the result of a check that found a restriction.
    #[must_use]
    pub fn warning(name: impl Into<String>, evidence: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: CheckStatus::Warning, remedy: Some(remedy.into()), ..Self::ok(name, evidence) }
    }

    /// Creates the result of a check that failed.
    #[must_use]
    pub fn failed(name: impl Into<String>, evidence: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: CheckStatus::Failed, remedy: Some(remedy.into()), ..Self::ok(name, evidence) }
    }
}
