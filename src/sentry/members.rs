//! Lists the users who are members of the organization, for `sidenote people`.

use serde::Deserialize;

use super::client::Sentry;
use super::wire;
use crate::domain::ids::MemberId;
use crate::domain::outcome::Failure;
use crate::domain::people::SentryUser;
use crate::json::Lenient;

/// A member of the organization. An invited person has no user yet.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Member {
    user: Lenient<wire::User>,
}

impl Sentry {
    /// Returns the users of the organization. The call needs the scope `member:read`.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the members cannot be listed.
    pub async fn users(&self) -> Result<Vec<SentryUser>, Failure> {
        let org = self.own_org()?;
        let listed = self.get_list::<Member>(&format!("organizations/{org}/members/")).await?;
        let user = |member: Member| {
            let user = member.user.0?;
            let id = MemberId::parse(user.id.as_deref()?).ok()?;
            let [name, username] =
                [user.name, user.username].map(|text| text.untrusted().unwrap_or_default());
            Some(SentryUser { id, name, username })
        };
        Ok(listed.into_iter().filter_map(user).collect())
    }
}
