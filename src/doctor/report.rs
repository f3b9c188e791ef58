//! The report of `sidenote doctor`, as a table for people or as JSON for machines.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::finding::{CONFIGURATION, CheckResult, CheckStatus};

/// The results of all checks of `sidenote doctor`, in the order of the checks.
#[derive(Debug, Clone, Default)]
pub struct DoctorReport {
    /// The results of the checks, in the order in which they are shown.
    pub findings: Vec<CheckResult>,
}

impl DoctorReport {
    /// Whether any check failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.count(CheckStatus::Failed) > 0
    }

    /// Whether an environment variable is invalid, so that neither `sidenote serve` nor the function would start.
    #[must_use]
    pub fn is_misconfigured(&self) -> bool {
        let failed = self.findings.iter().filter(|finding| finding.verdict == CheckStatus::Failed);
        failed.into_iter().any(|finding| finding.name.starts_with(CONFIGURATION))
    }

    fn count(&self, verdict: CheckStatus) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// Returns the report as a text table. Each result has a line with its status, name and evidence; a second line
    /// names the remedy, if there is one. The last line counts the results by status.
    #[must_use]
    pub fn table(&self) -> String {
        let width = self.findings.iter().map(|finding| finding.name.len()).max().unwrap_or(0);
        let mut table = String::new();
        for CheckResult { name, verdict, evidence, remedy } in &self.findings {
            // Writing into a string cannot fail.
            let _ = writeln!(table, "{:<8} {name:<width$}  {evidence}", verdict.name());
            if let Some(remedy) = remedy {
                let _ = writeln!(table, "{:<8} {:<width$}  -> {remedy}", "", "");
            }
        }
        let [ok, warning, failed, skipped] =
            [CheckStatus::Ok, CheckStatus::Warning, CheckStatus::Failed, CheckStatus::Skipped]
                .map(|it| self.count(it));
        let _ = write!(table, "\n{ok} ok, {warning} warnings, {failed} failed, {skipped} skipped");
        table
    }

    /// Returns the report as JSON. Its `status` is `failed` if any check failed, and else `ok`. The names of the
    /// checks are stable.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let each = |finding: &CheckResult| {
            json!({"name": finding.name, "verdict": finding.verdict.name(), "evidence": finding.evidence,
                "remedy": finding.remedy})
        };
        json!({
            "status": if self.has_failed() { "failed" } else { "ok" },
            "version": env!("CARGO_PKG_VERSION"),
            "checks": self.findings.iter().map(each).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_each_remedy_below_its_finding_and_the_totals() {
        let findings = vec![
            CheckResult::ok("clock", "0 s"),
            CheckResult::failed("sentry.token", "refused (401)", "make a new token"),
            CheckResult::skipped("telegram", "off"),
        ];
        let report = DoctorReport { findings };
        let expected = "ok       clock         0 s\n\
                        failed   sentry.token  refused (401)\n                       -> make a new token\n\
                        skipped  telegram      off\n\n1 ok, 0 warnings, 1 failed, 1 skipped";
        assert_eq!(report.table(), expected);
        assert!(report.has_failed() && !report.is_misconfigured());
        assert_eq!(report.to_json()["checks"][1]["remedy"], "make a new token");
    }
}
