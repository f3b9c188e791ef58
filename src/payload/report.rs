//! Reads reports that browsers send to Sentry: CSP, HPKP, Expect-CT, Expect-Staple and NEL.

use serde::Deserialize;

use super::Interface;
use crate::domain::origin::{BrowserReport, NetworkError, Violation};
use crate::domain::text::Untrusted;
use crate::json::{Int, Text};

/// The part of a NEL report (Network Error Logging) that describes the failed request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    method: Text,
    phase: Text,
    status_code: Int,
    #[serde(rename = "type")]
    kind: Text,
}

impl Interface {
    /// Reads the browser's report in the interface called `name`, such as `csp`. The result is `None` if `name` denotes
    /// no report.
    pub(crate) fn report(self, name: &str) -> Option<BrowserReport> {
        Some(match name {
            "csp" => BrowserReport::Policy(self.violation()),
            "hpkp" => BrowserReport::Pinning(self.hostname.untrusted()),
            "expectct" => BrowserReport::Transparency(self.hostname.untrusted()),
            "expectstaple" => BrowserReport::Stapling(self.hostname.untrusted()),
            "nel" => BrowserReport::Network(self.network_error()),
            _ => return None,
        })
    }

    fn violation(self) -> Violation {
        // The text is the directive followed by the sources it allows: `script-src 'self' cdn.example.com`.
        let violated = self.violated_directive.as_deref().and_then(|text| text.split_whitespace().next());
        let line = self.line_number.non_negative().filter(|line| *line > 0);
        let source = self.source_file.as_deref().map(|file| {
            let file = Untrusted::new(file).route();
            Untrusted::new(
                line.map_or_else(|| file.raw().to_owned(), |line| format!("{}:{line}", file.raw())),
            )
        });
        Violation {
            directive: self.effective_directive.untrusted().or_else(|| violated.map(Untrusted::new)),
            blocked: self.blocked_uri.untrusted(),
            page: self.document_uri.untrusted(),
            source,
            is_report_only: self.disposition.as_deref() == Some("report"),
        }
    }

    fn network_error(self) -> NetworkError {
        let body = self.body.0.unwrap_or_default();
        NetworkError {
            url: self.url.untrusted(),
            method: body.method.untrusted(),
            phase: body.phase.untrusted(),
            error: body.kind.untrusted(),
            status: body.status_code.non_negative().filter(|status| *status > 0),
        }
    }
}
