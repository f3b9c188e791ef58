//! Checks Sentry: the server can be reached, and the token has the needed permissions and can see the projects.

use futures_util::future::{OptionFuture, join_all};
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::Visit;
use super::finding::{CheckResult, CheckStatus};
use super::scopes::{PERMISSIONS, may};
use super::{alerts, clock, note, reach};
use crate::clock::unix_seconds;
use crate::config::SentryConfig;
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::sentry::{Greeting, Product, Sentry, Version};

const NEW_TOKEN: &str = "make a new token (Settings, Developer Settings, the integration, Tokens) and put it into the \
                         secret as SENTRY_AUTH_TOKEN; the next delivery uses it";

/// The names of the checks that run only with a token that Sentry accepts.
const AFTER_TOKEN: [&str; 5] =
    ["sentry.scopes", "sentry.organization", "sentry.issues", "sentry.project", note::NAME];

/// Returns the skipped results of all checks that need an accepted token, with the reason `why`.
fn skipped_after_token(why: &str) -> impl Iterator<Item = CheckResult> {
    AFTER_TOKEN.into_iter().chain(alerts::NAMES).map(move |name| CheckResult::skipped(name, why))
}

/// Returns the skipped results of all checks that need a reachable Sentry and a token, with the reason `why`.
fn skipped_after_reachable(why: &str) -> impl Iterator<Item = CheckResult> {
    std::iter::once(CheckResult::skipped("sentry.token", why)).chain(skipped_after_token(why))
}

/// Checks the configured Sentry server with `token`. Without a token, all results are `skipped`.
pub(super) async fn check(visit: &Visit<'_>, token: Option<&SecretString>) -> Vec<CheckResult> {
    let Some(token) = token else {
        let why = "there is no valid SENTRY_AUTH_TOKEN";
        let first = ["sentry.reachable", clock::NAME].map(|name| CheckResult::skipped(name, why));
        return first.into_iter().chain(skipped_after_reachable(why)).collect();
    };
    let config = &visit.config.sentry;
    let here = Sentry::new(visit.http, config, None, token, visit.deadline);
    let home = here.at_home();
    let wanted = projects(visit);
    let (greeting, product, at_home, issues, projects) = tokio::join!(
        here.greet(),
        here.product(),
        OptionFuture::from(home.as_ref().map(Sentry::greet)),
        here.see_issues(),
        join_all(wanted.iter().map(|slug| async { (*slug, here.see_project(slug).await) })),
    );
    let mut findings =
        vec![reachable(&config.base, home.is_some(), &greeting, &product).await, time(&greeting)];
    // A regional server of `sentry.io` does not know the scopes of a token, so `sentry.io` itself is asked.
    let who = at_home.unwrap_or(greeting);
    let Some(who) = who.ok().filter(|_| findings[0].verdict != CheckStatus::Failed) else {
        findings.extend(skipped_after_reachable("Sentry was not reached"));
        return findings;
    };
    findings.push(token_is(&who, token));
    if findings[2].verdict == CheckStatus::Failed {
        findings.extend(skipped_after_token("see sentry.token"));
        return findings;
    }
    let scopes = who.scopes.unwrap_or_default();
    let seen = seen(config, issues, home.as_ref(), &scopes).await;
    let is_unseen = seen[0].verdict == CheckStatus::Failed;
    findings.push(scopes_are(&scopes));
    findings.extend(seen);
    findings.extend(projects_are(projects, &scopes, is_unseen));
    findings.push(note::check(visit, &here, &scopes).await);
    if is_unseen {
        findings.extend(alerts::NAMES.map(|name| CheckResult::skipped(name, "see sentry.organization")));
        return findings;
    }
    let home = home.as_ref().unwrap_or(&here);
    let slug = who.integration.as_ref();
    let notifications = alerts::Notifications { config, sentry: &here, home, slug, projects: &wanted };
    findings.extend(notifications.check().await);
    findings
}

/// Compares this machine's clock with the clock in Sentry's reply.
fn time(greeting: &Result<Greeting, Failure>) -> CheckResult {
    let date = greeting.as_ref().ok().and_then(|greeting| greeting.date);
    clock::check("Sentry", date, i64::try_from(unix_seconds()).unwrap_or(i64::MAX))
}

/// Returns the projects to check: those of the option `--project` and those of `SWEEP_PROJECTS`, sorted and without
/// duplicates.
fn projects<'v>(visit: &Visit<'v>) -> Vec<&'v Slug> {
    let mut projects: Vec<&Slug> = visit.scope.projects.iter().chain(&visit.config.sweep.projects).collect();
    projects.sort_unstable();
    projects.dedup();
    projects
}

async fn reachable(
    base: &Url,
    is_region: bool,
    greeting: &Result<Greeting, Failure>,
    product: &Product,
) -> CheckResult {
    match (greeting, product) {
        (Ok(_), Product::GlitchTip) => unsupported(base, "GlitchTip"),
        (Ok(_), Product::Bugsink) => unsupported(base, "Bugsink"),
        (Ok(greeting), Product::Sentry(version)) => is_sentry(base, is_region, greeting, version.as_ref()),
        (Err(why), _) => {
            let (evidence, remedy) = reach::explained(base, *why, "SENTRY_BASE_URL").await;
            CheckResult::failed("sentry.reachable", evidence, remedy)
        }
    }
}

fn unsupported(base: &Url, product: &str) -> CheckResult {
    CheckResult::failed(
        "sentry.reachable",
        format!("{} is {product}, not Sentry", reach::shown(base)),
        "use a Sentry (docs/limits.md, Servers): this product's webhooks are not signed, and its API has other comments or none",
    )
}

/// The oldest Sentry release (year and month) with which Sidenote was tested.
const OLDEST: (u16, u16) = (23, 7);

/// Parts of a URL that show that a redirect leads to a login page.
const LOGIN: [&str; 5] = ["login", "signin", "sign-in", "oauth2", "/sso"];

fn is_sentry(base: &Url, is_region: bool, greeting: &Greeting, version: Option<&Version>) -> CheckResult {
    const NAME: &str = "sentry.reachable";
    let place = reach::shown(base);
    match greeting.status {
        300..=399 => {
            let to = greeting.location.as_deref().and_then(|to| base.join(to).ok());
            let to = to.map_or_else(|| "another address".to_owned(), |to| reach::shown(&to));
            let is_login = LOGIN.iter().any(|word| to.to_ascii_lowercase().contains(word));
            let remedy = if is_login {
                "a login page is in front of Sentry and does not accept the token: exempt the path /api/0/, or set \
                 SENTRY_BASE_URL to an address behind it"
            } else {
                "set SENTRY_BASE_URL to the target without /api/0/: redirects are not followed, because they could leak the \
                 token"
            };
            CheckResult::failed(NAME, format!("{place} redirects ({}) to {to}", greeting.status), remedy)
        }
        status @ 500.. => CheckResult::failed(
            NAME,
            format!("{place} returned {status}"),
            "Sentry itself, or a proxy in front of it, is failing: check its status page or its log",
        ),
        status if !greeting.is_sentry => CheckResult::failed(
            NAME,
            format!("{place}api/0/ returned {status}, but not Sentry's response"),
            "SENTRY_BASE_URL is another server's, leads to a login page in front of Sentry, or lacks its path prefix",
        ),
        404 if !is_region => CheckResult::failed(
            NAME,
            format!("{place}api/0/ is not found (404)"),
            "SENTRY_BASE_URL lacks Sentry's path prefix, or has a wrong one",
        ),
        _ => in_version(&place, version),
    }
}

fn in_version(place: &str, version: Option<&Version>) -> CheckResult {
    const NAME: &str = "sentry.reachable";
    match version {
        None => CheckResult::ok(NAME, format!("{place} answers as Sentry")),
        Some(version) if version.is_before(OLDEST) => CheckResult::warning(
            NAME,
            format!("{place} answers as Sentry {version}, which is older than 23.7"),
            "update Sentry: Sidenote was never run against this version (docs/limits.md, Servers)",
        ),
        Some(version) => CheckResult::ok(NAME, format!("{place} answers as Sentry {version}")),
    }
}

fn token_is(who: &Greeting, token: &SecretString) -> CheckResult {
    const NAME: &str = "sentry.token";
    let text = token.expose_secret();
    let is_organizations = text.starts_with("sntrys_") || (who.scopes.is_some() && !who.has_user);
    if is_organizations {
        let remedy = format!("it can only upload releases, never comment; {NEW_TOKEN}");
        return CheckResult::failed(
            NAME,
            "it is an organization token (sntrys_…), not an integration's",
            remedy,
        );
    }
    if who.status == 401 || who.scopes.is_none() {
        let why = who.detail.as_ref().map_or_else(|| "not recognised".to_owned(), |detail| detail.line(80));
        return CheckResult::failed(NAME, format!("Sentry rejects it ({}): {why}", who.status), NEW_TOKEN);
    }
    if text.starts_with("sntryu_") {
        let remedy = "it works as long as this person is a member and can see the project; an internal integration's token \
                      belongs to no person and does not expire";
        return CheckResult::warning(NAME, "accepted; it is a person's token (sntryu_…)", remedy);
    }
    CheckResult::ok(NAME, "Sentry accepts it")
}

fn scopes_are(scopes: &[String]) -> CheckResult {
    const NAME: &str = "sentry.scopes";
    let scope = [("event", "read"), ("event", "write"), ("project", "read")];
    let missing = scope.into_iter().filter(|(subject, level)| !may(scopes, subject, level));
    let missing: Vec<String> = missing.map(|(subject, level)| format!("{subject}:{level}")).collect();
    if missing.is_empty() {
        return CheckResult::ok(NAME, format!("the token has {}", scopes.join(", ")));
    }
    let evidence = format!("the token has {}; {} is missing", scopes.join(", "), missing.join(", "));
    if missing == ["project:read"] {
        return CheckResult::warning(
            NAME,
            evidence,
            format!("without it there are no suspect commits: {PERMISSIONS}"),
        );
    }
    CheckResult::failed(NAME, evidence, format!("{PERMISSIONS}; then {NEW_TOKEN}"))
}

const NO_ORG: &str = "set SENTRY_ORG to the slug in Sentry's address, /organizations/SLUG/: some webhooks do not contain it, \
                      and a sweep has no webhook";

/// Judges the request for the organization's issues: whether the organization exists, and whether its issues are
/// readable. If the organization was not found, `home` is asked, to recognize an organization in another region.
async fn seen(
    config: &SentryConfig,
    issues: Result<usize, Failure>,
    home: Option<&Sentry>,
    scopes: &[String],
) -> [CheckResult; 2] {
    const ORG: &str = "sentry.organization";
    const ISSUES: &str = "sentry.issues";
    let Some(org) = &config.org else {
        return [
            CheckResult::warning(ORG, "SENTRY_ORG is not set", NO_ORG),
            CheckResult::skipped(ISSUES, "see sentry.organization"),
        ];
    };
    match issues {
        Ok(count) => {
            let read = if count == 3 { "3 issues and more".to_owned() } else { format!("{count} issues") };
            [
                CheckResult::ok(ORG, format!("{org} is here")),
                CheckResult::ok(ISSUES, format!("{read} can be read")),
            ]
        }
        Err(Failure::Forbidden) if !may(scopes, "event", "read") => [
            CheckResult::skipped(ORG, "it cannot be checked without event:read"),
            CheckResult::skipped(ISSUES, "see sentry.scopes"),
        ],
        Err(Failure::NotFound | Failure::Forbidden) => {
            let elsewhere =
                OptionFuture::from(home.map(Sentry::see_issues)).await.is_some_and(|it| it.is_ok());
            [unseen(config, org, elsewhere), CheckResult::skipped(ISSUES, "see sentry.organization")]
        }
        Err(why) => {
            let remedy =
                "Sentry accepts the token, but this request failed: check its status page or its log";
            [
                CheckResult::skipped(ORG, "see sentry.issues"),
                CheckResult::failed(ISSUES, why.to_string(), remedy),
            ]
        }
    }
}

fn unseen(config: &SentryConfig, org: &Slug, is_elsewhere: bool) -> CheckResult {
    let place = reach::shown(&config.base);
    if is_elsewhere {
        return CheckResult::failed(
            "sentry.organization",
            format!("{org} is in another region than {place}"),
            "set SENTRY_BASE_URL=https://sentry.io, which finds every region",
        );
    }
    CheckResult::failed(
        "sentry.organization",
        format!("{place} has no organization {org} that this token may see"),
        "set SENTRY_ORG to the slug in Sentry's address, /organizations/SLUG/, of the organization in which the \
         integration was made, and SENTRY_BASE_URL to its Sentry",
    )
}

fn projects_are(
    seen: Vec<(&Slug, Result<(), Failure>)>,
    scopes: &[String],
    is_org_unseen: bool,
) -> Vec<CheckResult> {
    const NAME: &str = "sentry.project";
    if seen.is_empty() {
        return vec![CheckResult::skipped(NAME, "none was given: --project SLUG, or SWEEP_PROJECTS")];
    }
    let each = |(slug, outcome): (&Slug, Result<(), Failure>)| match outcome {
        Ok(()) => CheckResult::ok(NAME, format!("{slug} is visible")),
        Err(_) if is_org_unseen => CheckResult::skipped(NAME, format!("{slug}: see sentry.organization")),
        Err(Failure::Forbidden) if !may(scopes, "project", "read") => {
            CheckResult::skipped(NAME, format!("{slug}: see sentry.scopes"))
        }
        Err(Failure::NotConfigured(_)) => {
            CheckResult::skipped(NAME, format!("{slug}: SENTRY_ORG is not set"))
        }
        Err(why) => CheckResult::failed(
            NAME,
            format!("{slug}: {why}"),
            "use the slug in the project's settings; an integration sees every project of its own organization, a \
             person's token only those of their teams",
        ),
    };
    seen.into_iter().map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_includes_weaker_scopes_of_the_same_resource() {
        let scopes = ["event:admin".to_owned(), "project:read".to_owned()];
        assert!(may(&scopes, "event", "read") && may(&scopes, "event", "write"));
        assert!(may(&scopes, "project", "read") && !may(&scopes, "project", "write"));
    }
}
