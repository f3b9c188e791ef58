//! Lists the users who are members of the organization, for `sidenote people`.

use serde::Deserialize;

use super::client::Sentry;
use crate::domain::ids::MemberId;
use crate::domain::outcome::Failure;
use crate::domain::people::SentryUser;
use crate::domain::text::Untrusted;
use crate::json::{Lenient, List, Text};

/// The number of members on one page, the largest that Sentry allows.
const PAGE: usize = 100;

/// A member of the organization. An invited person has no user yet.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Member {
    user: Lenient<User>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    id: Text,
    name: Text,
    username: Text,
}

impl Sentry {
    /// Returns the users of the organization, at most the first 100. The call needs the scope `member:read`.
    ///
    /// # Errors
    /// Returns a [`Failure`] if the members cannot be listed.
    pub async fn users(&self) -> Result<Vec<SentryUser>, Failure> {
        let Some(org) = self.org() else { return Err(Failure::NotConfigured("SENTRY_ORG")) };
        let path = format!("organizations/{org}/members/?per_page={PAGE}");
        let listed: List<Lenient<Member>> = self.get(&path).await?;
        let user = |member: Lenient<Member>| {
            let user = member.0?.user.0?;
            let text = |text: &Text| Untrusted::new(text.as_deref().unwrap_or_default());
            let id = MemberId::parse(user.id.as_deref()?).ok()?;
            Some(SentryUser { id, name: text(&user.name), username: text(&user.username) })
        };
        Ok(listed.0.into_iter().filter_map(user).collect())
    }
}
