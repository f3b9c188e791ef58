//! Links to Sentry's pages for people. They are built from the configured server and never taken from a payload.

use crate::config::SentryConfig;
use crate::domain::ids::{IssueId, Slug};

/// Returns the link to an issue's page, or `None` if the organization is unknown.
#[must_use]
pub fn issue(config: &SentryConfig, org: Option<&Slug>, id: &IssueId) -> Option<String> {
    page(config, org?, &format!("issues/{id}/"))
}

/// Returns the link to an alert rule's page, or `None` if the organization is unknown.
#[must_use]
pub fn alert_rule(config: &SentryConfig, org: Option<&Slug>, rule: &Slug) -> Option<String> {
    page(config, org?, &format!("alerts/rules/details/{rule}/"))
}

/// Returns the link to the list of alerts, or to the list of rules in an older Sentry without alerts. It is `None` if
/// the organization is unknown.
#[must_use]
pub fn alerts(config: &SentryConfig, org: Option<&Slug>, has_alerts: bool) -> Option<String> {
    page(config, org?, if has_alerts { "monitors/alerts/" } else { "alerts/rules/" })
}

/// Returns the link to an integration's settings, or `None` if the organization is unknown.
#[must_use]
pub fn integration(config: &SentryConfig, org: Option<&Slug>, integration: &Slug) -> Option<String> {
    let org = org?;
    if config.is_saas() {
        return page(config, org, &format!("settings/developer-settings/{integration}/"));
    }
    config.base.join(&format!("settings/{org}/developer-settings/{integration}/")).ok().map(String::from)
}

fn page(config: &SentryConfig, org: &Slug, path: &str) -> Option<String> {
    if config.is_saas() {
        return Some(format!("https://{org}.sentry.io/{path}"));
    }
    config.base.join(&format!("organizations/{org}/{path}")).ok().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issue_links_are_built_on_the_configured_base_url() {
        let page = |base: &str| {
            let config = SentryConfig { base: base.parse().expect("a URL"), org: None };
            issue(&config, Slug::parse("acme").ok().as_ref(), &IssueId::parse("7").expect("an id"))
        };
        assert_eq!(page("https://us.sentry.io/").as_deref(), Some("https://acme.sentry.io/issues/7/"));
        let own = page("http://sentry.local:9000/prefix/");
        assert_eq!(own.as_deref(), Some("http://sentry.local:9000/prefix/organizations/acme/issues/7/"));
    }
}
