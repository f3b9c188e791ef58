//! The scopes of a Sentry token.

/// The place in Sentry's settings where the permissions of an integration's token are set, with the needed
/// permissions.
pub(super) const PERMISSIONS: &str =
    "Settings, Developer Settings, the integration, Permissions: Issue & Event: Read & Write; Project: Read";

/// Whether one of `scopes`, such as `event:write`, grants the given level for the subject. `admin` includes `write`,
/// and `write` includes `read`.
pub(super) fn may(scopes: &[String], subject: &str, level: &str) -> bool {
    let enough: &[&str] = if level == "write" { &["write", "admin"] } else { &["read", "write", "admin"] };
    scopes
        .iter()
        .filter_map(|it| it.split_once(':'))
        .any(|(it, held)| it == subject && enough.contains(&held))
}
