//! The scopes of a Sentry token.

/// The place where a token's permissions are set.
pub(super) const PERMISSIONS: &str =
    "Settings, Developer Settings, the integration, Permissions: Issue & Event: Read & Write; Project: Read";

/// Whether one of `scopes` is `subject`:`level` or includes it.
pub(super) fn may(scopes: &[String], subject: &str, level: &str) -> bool {
    let enough: &[&str] = if level == "write" { &["write", "admin"] } else { &["read", "write", "admin"] };
    scopes
        .iter()
        .filter_map(|it| it.split_once(':'))
        .any(|(it, held)| it == subject && enough.contains(&held))
}
