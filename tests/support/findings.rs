//! The problems that the end of a test finds, in all kinds of worlds.

use sidenote_standins::{Recorded, Sentry, Telegram};

use super::canary::{CANARIES, leaks};

/// The problems that were found so far, in words.
#[derive(Default)]
pub(crate) struct Findings(Vec<String>);

impl Findings {
    /// Adds a problem.
    pub(crate) fn add(&mut self, problem: impl Into<String>) {
        self.0.push(problem.into());
    }

    /// Adds the requests that the real service would reject, or mistakes in the contract with the service.
    pub(crate) fn violations(&mut self, of: &str, violations: Vec<String>) {
        self.0.extend(violations.into_iter().map(|what| format!("{of}: {what}")));
    }

    /// Adds a problem if a log contains a panic.
    pub(crate) fn panics(&mut self, log: &str) {
        if log.contains("panicked") {
            self.add("the process panicked");
        }
    }

    /// Adds every canary in `text`, which was found in this place.
    pub(crate) fn leaks<'c>(
        &mut self,
        canaries: impl IntoIterator<Item = (&'c str, &'c str)>,
        place: &str,
        text: &str,
    ) {
        for (name, canary) in canaries {
            self.0
                .extend(leaks(canary, text).into_iter().map(|form| format!("{name} in {place}, as {form}")));
        }
    }

    /// Returns all problems.
    pub(crate) fn into_problems(self) -> Vec<String> {
        self.0
    }

    /// Panics if there is a problem. `log` is printed then.
    pub(crate) fn assert_none(self, log: &str) {
        assert!(self.0.is_empty(), "{:#?}; {log}", self.0);
    }
}

/// Returns the problems in the requests to Sentry and Telegram: the requests that the real services would reject, and
/// the secrets in a place where they do not belong.
pub(crate) fn check_standins(sentry: &Sentry, telegram: &Telegram) -> Findings {
    let mut findings = Findings::default();
    findings.violations("to Sentry", sentry.violations());
    findings.violations("to Telegram", telegram.violations());
    findings.leaks(CANARIES, "a request to Sentry", &without_authorization(&sentry.requests()));
    findings.leaks(CANARIES, "a request to Telegram", &without_path(&telegram.requests()));
    findings
}

/// Returns all requests to Sentry or Slack as text, without the proper place of the token: the header `Authorization`.
pub(crate) fn without_authorization(requests: &[Recorded]) -> String {
    let text = |request: &Recorded| {
        let mut request = request.clone();
        request.headers.remove("authorization");
        format!("{request:?}")
    };
    requests.iter().map(text).collect()
}

/// Returns all requests to Telegram as text, without the proper place of the token: the path. The method stays.
pub(crate) fn without_path(requests: &[Recorded]) -> String {
    let text = |request: &Recorded| {
        let method = request.path.rsplit('/').next().unwrap_or_default().to_owned();
        format!("{:?}", Recorded { path: method, ..request.clone() })
    };
    requests.iter().map(text).collect()
}
