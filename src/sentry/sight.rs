//! What the API says of itself, of our token, and of what that token can see: the questions of `sidenote doctor`.

use http::Method;
use serde::Deserialize;

use super::client::{Sentry, date};
use super::wire;
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::domain::text::Untrusted;
use crate::json::{Lenient, List, Text};
use crate::payload;

/// The answer to `GET /api/0/`, which needs no permission and tells those of the token.
#[derive(Debug)]
pub struct Greeting {
    /// The HTTP status.
    pub status: u16,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// Whether the body is what a Sentry says.
    pub is_sentry: bool,
    /// The server's clock, in seconds since 1970.
    pub date: Option<i64>,
    /// Why the token was refused.
    pub detail: Option<Untrusted>,
    /// The token's scopes; `None` when the token was not recognised.
    pub scopes: Option<Vec<String>>,
    /// Whether somebody stands behind the token: an organization's token has nobody, and cannot comment.
    pub has_user: bool,
}

impl Sentry {
    /// Asks who we are here.
    ///
    /// # Errors
    /// [`Failure`] if there is no answer. Any answer at all, whatever its status, is `Ok`.
    pub async fn greet(&self) -> Result<Greeting, Failure> {
        let answer = self.call(&Method::GET, "", None).await?;
        let root: Lenient<Root> = serde_json::from_slice(&answer.body).unwrap_or_default();
        let Root { version, detail, auth, user } = root.0.unwrap_or_default();
        let scopes =
            auth.0.map(|auth| auth.scopes.0.into_iter().filter_map(Text::into_option).map(String::from));
        Ok(Greeting {
            status: answer.status.as_u16(),
            location: answer.headers.get("location").and_then(|v| v.to_str().ok()).map(str::to_owned),
            is_sentry: version.as_deref().is_some() || detail.as_deref().is_some(),
            date: date(&answer.headers),
            detail: detail.foreign(),
            scopes: scopes.map(Iterator::collect),
            has_user: user.0.is_some(),
        })
    }

    /// The id of whoever the token belongs to. An organization's token has nobody.
    pub(super) async fn whoami(&self) -> Result<Text, Failure> {
        let home = self.at_home();
        let root: Lenient<Root> = home.as_ref().unwrap_or(self).get("").await?;
        Ok(root.0.and_then(|root| root.user.0).map(|user| user.id).unwrap_or_default())
    }

    /// How many issues of the organization can be read, up to three.
    ///
    /// # Errors
    /// [`Failure`]: `NotFound` when the organization is not here, or not ours to see.
    pub async fn see_issues(&self) -> Result<usize, Failure> {
        let Some(org) = self.org() else { return Err(Failure::NotConfigured("SENTRY_ORG")) };
        let path = format!("organizations/{org}/issues/?limit=3");
        self.get::<List<Lenient<payload::Issue>>>(&path).await.map(|issues| issues.0.len())
    }

    /// Whether a project can be read.
    ///
    /// # Errors
    /// [`Failure`]: `NotFound` when it is not here, or not ours to see.
    pub async fn see_project(&self, project: &Slug) -> Result<(), Failure> {
        let Some(org) = self.org() else { return Err(Failure::NotConfigured("SENTRY_ORG")) };
        self.get::<Lenient<payload::Project>>(&format!("projects/{org}/{project}/")).await.map(drop)
    }
}

/// `GET /api/0/`, or the error in its place.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Root {
    version: Text,
    detail: Text,
    auth: Lenient<Auth>,
    user: Lenient<wire::User>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Auth {
    scopes: List<Text>,
}
