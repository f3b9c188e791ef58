//! Reads slugs and ids from the URLs in a webhook's body. The URLs themselves are never kept, requested or shown.

use crate::domain::ids::{IssueId, Slug};

/// Reads the organization's slug from `/organizations/{org}/`, `/api/0/projects/{org}/` or
/// `https://{org}.sentry.io/`.
pub(super) fn org(url: &str) -> Option<Slug> {
    let named = after(url, "/organizations/").or_else(|| after(url, "/api/0/projects/"));
    named.or_else(|| subdomain(url)).and_then(|slug| Slug::parse(slug).ok())
}

/// Reads the project's slug from `/api/0/projects/{org}/{project}/`.
pub(super) fn project(url: &str) -> Option<Slug> {
    let org = after(url, "/api/0/projects/")?;
    after(url, &format!("/api/0/projects/{org}/")).and_then(|slug| Slug::parse(slug).ok())
}

/// Reads the issue's id from `/issues/{id}/`.
pub(super) fn issue(url: &str) -> Option<IssueId> {
    let id = after(url, "/issues/")?;
    IssueId::parse(id).ok().filter(|id| id.as_str().bytes().all(|b| b.is_ascii_digit()))
}

/// Returns the path segment that follows `marker`.
fn after<'u>(url: &'u str, marker: &str) -> Option<&'u str> {
    let (_, rest) = url.split_once(marker)?;
    rest.split(['/', '?', '#']).next().filter(|segment| !segment.is_empty())
}

fn subdomain(url: &str) -> Option<&str> {
    let host = url.strip_prefix("https://")?.split(['/', '?', '#']).next()?;
    let name = host.strip_suffix(".sentry.io")?;
    // The hosts of regions and of the service itself are not organizations.
    (!name.contains('.') && !["us", "de", "www"].contains(&name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_and_ids_are_found_in_every_form_of_url() {
        let found = |url: &str| {
            let text = |slug: Slug| slug.to_string();
            (org(url).map(text), project(url).map(text), issue(url).map(|id| id.to_string()))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            found("https://sentry.io/api/0/projects/acme/shop/events/ab/"),
            (some("acme"), some("shop"), None)
        );
        assert_eq!(
            found("https://sentry.io/organizations/acme/issues/43/?x=1"),
            (some("acme"), None, some("43"))
        );
        assert_eq!(found("https://acme.sentry.io/issues/43/"), (some("acme"), None, some("43")));
        assert_eq!(found("https://us.sentry.io/api/0/issues/43/"), (None, None, some("43")));
        assert_eq!(found("https://sentry.io/organizations/../issues/?project=2"), (None, None, None));
    }
}
