//! Lists the users who are members of the organization, for `sidenote people`.

use serde::Deserialize;

use super::client::{PAGE, Sentry};
use super::wire;
use crate::domain::ids::MemberId;
use crate::domain::outcome::Failure;
use crate::domain::people::SentryUser;
use crate::json::{Lenient, List};

/// A member of the organization. An invited person has no user yet.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Member {
    user: Lenient<wire::User>,
}

impl Sentry {
    /// Returns the users of the organization, at most the first 100. The call needs the scope `member:read`.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the members cannot be listed.
    pub async fn users(&self) -> Result<Vec<SentryUser>, Failure> {
        let org = self.own_org()?;
        let path = format!("organizations/{org}/members/?per_page={PAGE}");
        let listed: List<Lenient<Member>> = self.get(&path).await?;
        let user = |member: Lenient<Member>| {
            let user = member.0?.user.0?;
            let id = MemberId::parse(user.id.as_deref()?).ok()?;
            let [name, username] =
                [user.name, user.username].map(|text| text.untrusted().unwrap_or_default());
            Some(SentryUser { id, name, username })
        };
        Ok(listed.0.into_iter().filter_map(user).collect())
    }
}
