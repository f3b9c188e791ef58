//! The bearer tokens of the Sentry stand-in, with their users and scopes.

/// The validity of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Validity {
    Live,
    Expired,
    Revoked,
    Inactive,
}

/// The Sentry user who acts with a token.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) id: String,
    pub(super) name: String,
    /// The slug of the integration, if the user is the integration's proxy user.
    pub(super) app: Option<String>,
}

/// A bearer token with its scopes.
#[derive(Clone, Debug)]
#[must_use]
pub struct Token {
    pub(super) secret: String,
    pub(super) scopes: Vec<String>,
    pub(super) identity: Option<Identity>,
    validity: Validity,
}

impl Identity {
    /// The user name. That of an integration's proxy user begins with the integration's slug.
    pub(super) fn username(&self) -> String {
        let proxy = self.app.as_ref().map(|app| format!("{app}-0f1e2d3c4b5a69788796a5b4c3d2e1f0"));
        proxy.unwrap_or_else(|| self.name.to_lowercase())
    }
}

impl Token {
    /// Creates the token of an internal integration. The token acts as the integration's proxy user, who is a member of
    /// no organization. Scopes: event:read, event:write, project:read.
    pub fn integration(secret: &str) -> Self {
        let identity = Identity { id: "2".into(), name: "Sidenote".into(), app: Some("sidenote".into()) };
        Self::of(secret, &["event:read", "event:write", "project:read"], Some(identity))
    }

    /// Creates the token of a person (`sntryu_…` in real life), with the scopes of [`Token::integration`] and org:read.
    pub fn personal(secret: &str, name: &str) -> Self {
        let identity = Identity { id: "1".into(), name: name.into(), app: None };
        Self::of(secret, &["event:read", "event:write", "project:read", "org:read"], Some(identity))
    }

    /// Creates the token of an organization (`sntrys_…` in real life). Its only scope is org:ci, and it has no user.
    pub fn organization(secret: &str) -> Self {
        Self::of(secret, &["org:ci"], None)
    }

    fn of(secret: &str, scopes: &[&str], identity: Option<Identity>) -> Self {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        Self { secret: secret.to_owned(), scopes, identity, validity: Validity::Live }
    }

    /// Replaces the scopes of the token.
    pub fn scopes(mut self, scopes: &[&str]) -> Self {
        self.scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        self
    }

    /// Replaces the token's user, who becomes the author of comments written with the token. Comments of different
    /// authors are never duplicates.
    pub fn acting_as(mut self, id: &str, name: &str) -> Self {
        let app = self.identity.and_then(|identity| identity.app);
        self.identity = Some(Identity { id: id.to_owned(), name: name.to_owned(), app });
        self
    }

    /// Marks the token as expired: its requests fail with 401 "Token expired".
    pub fn expired(mut self) -> Self {
        self.validity = Validity::Expired;
        self
    }

    /// Marks the token as revoked: its requests fail with 401 "Invalid token". Unlike an unknown token it is no
    /// violation.
    pub fn revoked(mut self) -> Self {
        self.validity = Validity::Revoked;
        self
    }

    /// Marks the token's user as inactive: requests fail with 401 "User inactive or deleted".
    pub fn inactive(mut self) -> Self {
        self.validity = Validity::Inactive;
        self
    }

    /// Returns the reason for a 401, or `None` if the token is valid.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        match self.validity {
            Validity::Live => None,
            Validity::Expired => Some("Token expired"),
            Validity::Revoked => Some("Invalid token"),
            Validity::Inactive => Some("User inactive or deleted"),
        }
    }

    /// Whether the token has the needed scope, or one of several that are separated by `|`.
    pub(super) fn may(&self, needed: &str) -> bool {
        needed.split('|').any(|scope| self.has(scope))
    }

    /// Whether one of the scopes is the needed one or includes it: admin ⊃ write ⊃ read.
    fn has(&self, needed: &str) -> bool {
        let Some((subject, level)) = needed.split_once(':') else {
            return true;
        };
        let enough: &[&str] = match level {
            "read" => &["read", "write", "admin"],
            "write" => &["write", "admin"],
            _ => &[level],
        };
        self.scopes
            .iter()
            .filter_map(|scope| scope.split_once(':'))
            .any(|(held, level)| held == subject && enough.contains(&level))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_includes_the_weaker_ones() {
        let token = Token::integration("t").scopes(&["event:write", "org:ci"]);
        let held =
            ["event:read", "event:write", "event:admin", "org:read", "org:ci", "project:read|event:read"];
        let verdicts: Vec<bool> = held.iter().map(|scope| token.may(scope)).collect();
        assert_eq!(verdicts, [true, true, false, false, true, true]);
    }
}
