//! The result of a doctor's check: its name, its verdict, the evidence, and the remedy.

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckStatus {
    /// As it should be.
    Ok,
    /// It works, and promises less than it could.
    Warning,
    /// Deliveries will suffer.
    Failed,
    /// Not looked at; the evidence says why.
    Skipped,
}

impl CheckStatus {
    /// The verdict's name for people and machines.
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

/// What one check found. Holds no secret.
#[derive(Debug, Clone)]
pub struct CheckResult {
    /// The check's stable name: `sentry.scopes`.
    pub name: String,
    /// How it ended.
    pub verdict: CheckStatus,
    /// What was seen.
    pub evidence: String,
    /// What to do: always there for a warning and a failure.
    pub remedy: Option<String>,
}

impl CheckResult {
    /// A check that found all as it should be.
    #[must_use]
    pub fn ok(name: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self { name: name.into(), verdict: CheckStatus::Ok, evidence: evidence.into(), remedy: None }
    }

    /// A check that was not made; the evidence says why.
    #[must_use]
    pub fn skipped(name: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self { verdict: CheckStatus::Skipped, ..Self::ok(name, evidence) }
    }

    /// A check that found less than there could be.
    #[must_use]
    pub fn warning(name: impl Into<String>, evidence: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: CheckStatus::Warning, remedy: Some(remedy.into()), ..Self::ok(name, evidence) }
    }

    /// A check that found something broken.
    #[must_use]
    pub fn failed(name: impl Into<String>, evidence: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: CheckStatus::Failed, remedy: Some(remedy.into()), ..Self::ok(name, evidence) }
    }
}
