//! Recognizes the server behind `SENTRY_BASE_URL`: a Sentry with its version, or another product with a similar API.

use serde::Deserialize;

use super::client::{Sentry, success};
use crate::json::{Lenient, Text};

/// A server that speaks Sentry's API, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Product {
    /// Sentry. The version is `None` if the server does not tell it, as `sentry.io` does not.
    Sentry(Option<Version>),
    /// `GlitchTip`. Its webhooks are unsigned messages in Slack's form, and its API for comments differs from
    /// Sentry's.
    GlitchTip,
    /// Bugsink. Its API has no comments, and its webhooks have Slack's form.
    Bugsink,
}

/// A version of Sentry, such as 23.7.1. Versions are compared by year and month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    text: Box<str>,
    release: (u16, u16),
}

impl Version {
    /// Parses a version such as `23.7.1`. Returns `None` for other texts, such as the name of a build.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let release = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let is_plain =
            text.len() <= 20 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b));
        is_plain.then(|| Self { text: text.into(), release })
    }

    /// Whether the version is older than the release of this year and month.
    #[must_use]
    pub fn is_before(&self, release: (u16, u16)) -> bool {
        self.release < release
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Sentry {
    /// Recognizes the product behind the base URL by its public pages. A server with no known page counts as a Sentry
    /// with an unknown version.
    pub async fn product(&self) -> Product {
        if self.is_saas() {
            return Product::Sentry(None);
        }
        let (config, settings, canonical) = tokio::join!(
            self.public::<ClientConfig>("api/client-config/"),
            self.public::<Settings>("api/settings/"),
            self.public_page("api/canonical/0/projects/"),
        );
        let version = config.and_then(|config| Version::parse(config.version.0?.current.as_deref()?));
        if version.is_some() {
            return Product::Sentry(version);
        }
        if settings.is_some_and(|settings| settings.i_paid_for_glitch_tip.is_some()) {
            return Product::GlitchTip;
        }
        // Only Bugsink has this path. It demands a token in JSON; a login page in front of a Sentry does so in HTML.
        let is_bugsink = canonical.is_ok_and(|answer| {
            let rejected = matches!(answer.status.as_u16(), 401 | 403);
            rejected && serde_json::from_slice::<serde_json::Map<_, _>>(&answer.body).is_ok()
        });
        if is_bugsink { Product::Bugsink } else { Product::Sentry(None) }
    }

    /// Reads the JSON of a public page. Returns `None` if the page does not exist or has another form.
    async fn public<T: serde::de::DeserializeOwned>(&self, path: &str) -> Option<T> {
        let answer = self.public_page(path).await.and_then(success).ok()?;
        serde_json::from_slice::<Lenient<T>>(&answer.body).ok()?.0
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ClientConfig {
    version: Lenient<Current>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Current {
    current: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    #[serde(rename = "iPaidForGlitchTip")]
    i_paid_for_glitch_tip: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_compared_by_year_and_month() {
        let is_old = |text: &str| Version::parse(text).map(|version| version.is_before((23, 7)));
        assert_eq!(is_old("23.6.2"), Some(true));
        assert_eq!(is_old("23.7.1"), Some(false));
        assert_eq!(is_old("9.1.2"), Some(true));
        assert_eq!(is_old("26.10.0.dev0"), Some(false));
        for other in ["", "latest", "26", "26.x", "26.1 <b>"] {
            assert_eq!(is_old(other), None, "{other}");
        }
    }
}
