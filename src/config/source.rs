//! The settings for reading source code: `SOURCE_PROVIDER` and the other `SOURCE_…` variables.

use reqwest::Url;

use super::Reader;
use crate::domain::source::Mapping;

/// The code host from which the source code around stack frames is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceConfig {
    /// The kind of the code host.
    pub host: CodeHostKind,
    /// The base URL of the code host. It is `None` for the public service, such as github.com, and for Sentry.
    pub base: Option<Url>,
    /// The configured mappings from files of stack traces to files of repositories. They are for files that no code
    /// mapping of Sentry covers.
    pub mappings: Vec<Mapping>,
}

/// The kind of a code host, which is a service that hosts repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeHostKind {
    /// GitHub or GitLab at `SOURCE_BASE_URL`, chosen by the host's name or by the form of `SOURCE_TOKEN`. If this URL
    /// or this token is missing, Sentry reads the code.
    Auto,
    /// Sentry, which reads the code through its own integration with a code host.
    Sentry,
    /// GitHub or GitHub Enterprise.
    GitHub,
    /// GitLab.
    GitLab,
    /// Gitea or Forgejo.
    Gitea,
}

impl CodeHostKind {
    const ALL: [Self; 5] = [Self::Auto, Self::Sentry, Self::GitHub, Self::GitLab, Self::Gitea];

    /// Returns the value of `SOURCE_PROVIDER` for this kind.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Sentry => "sentry",
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Gitea => "gitea",
        }
    }

    /// Replaces `Auto` by the kind that fits the configured host and the form of the token. The token never chooses the
    /// host. If the base URL or the token is missing, if both are of an unknown kind, or if they contradict each other,
    /// Sentry reads the code and the token is sent nowhere.
    #[must_use]
    pub fn resolved(self, base: Option<&Url>, token: Option<&str>) -> Self {
        if self != Self::Auto {
            return self;
        }
        let (Some(base), Some(token)) = (base, token) else { return Self::Sentry };
        let known = match base.host_str() {
            Some("github.com") => Some(Self::GitHub),
            Some("gitlab.com") => Some(Self::GitLab),
            _ => None,
        };
        match (known, of_token(token)) {
            (Some(host), Some(token)) if host != token => Self::Sentry,
            (host, token) => host.or(token).unwrap_or(Self::Sentry),
        }
    }

    /// Returns Sentry's name of its integration with this kind of code host at `base`. `None` if Sentry has no such
    /// integration.
    #[must_use]
    pub fn integration(self, base: Option<&Url>) -> Option<&'static str> {
        let is_own = base.is_some_and(|base| base.host_str() != Some("github.com"));
        match self {
            Self::GitHub if is_own => Some("github_enterprise"),
            Self::GitHub => Some("github"),
            Self::GitLab => Some("gitlab"),
            Self::Gitea | Self::Sentry | Self::Auto => None,
        }
    }

    /// Whether the code host requires the setting `SOURCE_TOKEN`.
    #[must_use]
    pub fn needs_token(self) -> bool {
        matches!(self, Self::GitHub | Self::GitLab | Self::Gitea)
    }
}

/// Returns the kind of code host whose tokens have this form.
fn of_token(token: &str) -> Option<CodeHostKind> {
    let has = |prefixes: &[&str]| prefixes.iter().any(|prefix| token.starts_with(prefix));
    match () {
        () if has(&["github_pat_", "ghp_", "gho_", "ghs_", "ghu_"]) => Some(CodeHostKind::GitHub),
        () if has(&["glpat-", "gldt-", "glcbt-"]) => Some(CodeHostKind::GitLab),
        () => None,
    }
}

/// Reads the `SOURCE_…` variables. `None` means that no source code is read.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<SourceConfig> {
    let hosts = "auto, sentry, github, gitlab, gitea or off";
    let host = reader.parsed("SOURCE_PROVIDER", hosts, None, |text| {
        let known = CodeHostKind::ALL.into_iter().find(|host| host.name() == text);
        known.map(Some).or((text == "off").then_some(None))
    });
    let form = "a list of STACK_ROOT=OWNER/REPOSITORY:SOURCE_ROOT, separated by commas";
    let mappings = reader.parsed("SOURCE_MAPPINGS", form, Vec::new(), Mapping::parse_all);
    let is_own = reader.text("SOURCE_BASE_URL").is_some();
    let base = reader.url("SOURCE_BASE_URL", "https://github.com");
    let host = host?;
    if host == CodeHostKind::Gitea && !is_own {
        reader.problem("SOURCE_BASE_URL", "required by SOURCE_PROVIDER=gitea");
    }
    Some(SourceConfig { host, base: is_own.then_some(base), mappings })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(variables: &[(&str, &str)]) -> Result<Option<SourceConfig>, Vec<&'static str>> {
        let find =
            |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let read = Config::read(&find).map(|config| config.source);
        read.map_err(|problems| problems.0.iter().map(|p| p.variable).collect())
    }

    #[test]
    fn source_code_is_off_unless_a_provider_is_named() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("SOURCE_PROVIDER", "off"), ("SOURCE_MAPPINGS", "/app/=acme/shop:")]), Ok(None));
        let github = read(&[("SOURCE_PROVIDER", "github"), ("SOURCE_MAPPINGS", "/app/=acme/shop:")]);
        let github = github.expect("valid").expect("a provider");
        assert_eq!((github.host, github.base, github.mappings.len()), (CodeHostKind::GitHub, None, 1));
    }

    #[test]
    fn every_invalid_source_setting_is_reported() {
        assert_eq!(read(&[("SOURCE_PROVIDER", "svn")]), Err(vec!["SOURCE_PROVIDER"]));
        assert_eq!(read(&[("SOURCE_PROVIDER", "gitea")]), Err(vec!["SOURCE_BASE_URL"]));
        let base = ("SOURCE_BASE_URL", "https://git.example");
        for host in ["auto", "sentry", "github", "gitlab", "gitea"] {
            assert!(read(&[("SOURCE_PROVIDER", host), base]).is_ok(), "{host}");
        }
        assert_eq!(read(&[("SOURCE_MAPPINGS", "/app/=../x")]), Err(vec!["SOURCE_MAPPINGS"]));
    }

    #[test]
    fn the_form_of_a_token_chooses_no_host() {
        let auto = |base: &str, token| CodeHostKind::Auto.resolved(Url::parse(base).ok().as_ref(), token);
        let (own, none) = ("https://git.example", "");
        assert_eq!(auto(own, Some("github_pat_11AA")), CodeHostKind::GitHub);
        assert_eq!(auto(own, Some("glpat-x")), CodeHostKind::GitLab);
        assert_eq!(auto("https://github.com", Some("0123abc")), CodeHostKind::GitHub);
        for (base, token) in [
            (none, Some("github_pat_11AA")),
            (none, Some("glpat-x")),
            (own, Some("0123abc")),
            (own, None),
            ("https://github.com", Some("glpat-x")),
            ("https://gitlab.com", Some("ghp_x")),
        ] {
            assert_eq!(auto(base, token), CodeHostKind::Sentry, "{base} {token:?}");
        }
        assert_eq!(CodeHostKind::Gitea.resolved(None, Some("ghp_x")), CodeHostKind::Gitea);
    }
}
