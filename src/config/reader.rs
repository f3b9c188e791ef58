//! Reads single environment variables, and collects the problems with their values.

use std::fmt;

use reqwest::Url;
use secrecy::SecretString;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The name of the environment variable.
    pub variable: &'static str,
    /// The description of the problem, without the variable's name.
    pub what: String,
}

/// All settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("configuration:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {}: {}", problem.variable, problem.what))
    }
}

/// A reader of environment variables that collects the problems with them.
pub(super) struct Reader<'v> {
    pub(super) variables: &'v dyn Fn(&str) -> Option<String>,
    pub(super) problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Returns a variable's trimmed value. An empty value counts as absent, so that a template can pass every variable.
    pub(super) fn text(&self, variable: &str) -> Option<String> {
        (self.variables)(variable).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn problem(&mut self, variable: &'static str, what: impl Into<String>) {
        self.problems.push(Problem { variable, what: what.into() });
    }

    /// Parses a variable, or returns `default` if it is absent. A value that `parse` rejects becomes a problem, whose
    /// text says what is `expected`.
    pub(super) fn parsed<T>(
        &mut self,
        variable: &'static str,
        expected: &str,
        default: T,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        let Some(text) = self.text(variable) else { return default };
        parse(&text).unwrap_or_else(|| {
            self.problem(variable, format!("{text:?} is not {expected}"));
            default
        })
    }

    /// Reads a secret variable. An invalid value becomes a problem that does not contain the value.
    pub(super) fn parsed_secret(
        &mut self,
        variable: &'static str,
        expected: &str,
        is_valid: impl Fn(&str) -> bool,
    ) -> Option<SecretString> {
        let text = self.text(variable)?;
        if !is_valid(&text) {
            self.problem(variable, format!("not {expected}"));
        }
        Some(SecretString::from(text))
    }

    pub(super) fn url(&mut self, variable: &'static str, default: &'static str) -> Url {
        let text = self.text(variable).unwrap_or_else(|| default.to_owned());
        base_url(&text).unwrap_or_else(|what| {
            self.problem(variable, what);
            // The URL is never used: a problem ends the program before the first request.
            Url::from(UnusedBase)
        })
    }
}

/// The placeholder for an invalid base URL, with which the remaining variables can still be checked.
pub(super) struct UnusedBase;

impl From<UnusedBase> for Url {
    fn from(_: UnusedBase) -> Self {
        #[expect(clippy::expect_used, reason = "a constant URL; a test reads it")]
        Url::parse("http://invalid/").expect("a URL")
    }
}

/// Parses a base URL: http or https, with a host, without credentials, query or fragment. A path `/api/0` at the end is
/// removed. The result ends with `/`.
pub(super) fn base_url(text: &str) -> Result<Url, String> {
    let mut url = Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("not an http or https URL".to_owned());
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err("a base URL must have no credentials, query or fragment".to_owned());
    }
    let path = format!("{}/", url.path().trim_end_matches('/'));
    url.set_path(path.strip_suffix("api/0/").unwrap_or(&path));
    Ok(url)
}
