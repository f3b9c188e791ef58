//! The requests by which `sidenote doctor` learns whether the API can be reached, and what the token may do.

use http::Method;
use serde::Deserialize;

use super::alerts::slug_of_proxy;
use super::client::{Sentry, date};
use super::wire;
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::domain::text::Untrusted;
use crate::json::{Lenient, List, Text};
use crate::payload;

/// The reply to `GET /api/0/`, which every token may request and which lists the token's scopes.
#[derive(Debug)]
pub struct Greeting {
    /// The HTTP status of the reply.
    pub status: u16,
    /// The target of a redirect; `None` if the reply is no redirect.
    pub location: Option<String>,
    /// Whether the body has the shape of Sentry's reply.
    pub is_sentry: bool,
    /// The time in the reply's `Date` header, in seconds since 1970.
    pub date: Option<i64>,
    /// Sentry's error message, if it rejected the token.
    pub detail: Option<Untrusted>,
    /// The token's scopes, or `None` if the token was not recognized.
    pub scopes: Option<Vec<String>>,
    /// Whether the token belongs to a user. The token of an organization does not, and it cannot write comments.
    pub has_user: bool,
    /// The slug of the internal integration that the token belongs to. It is `None` for a person's token, and if
    /// Sentry does not name the user of the token.
    pub integration: Option<Slug>,
}

impl Sentry {
    /// Requests `GET /api/0/`, the root of the API.
    ///
    /// # Errors
    ///
    /// [`Failure`] if there is no reply. A reply with any status is `Ok`.
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
            detail: detail.untrusted(),
            scopes: scopes.map(Iterator::collect),
            has_user: user.0.is_some(),
            integration: user.0.and_then(|user| slug_of_proxy(user.username.as_deref()?)),
        })
    }

    /// Returns the id of the user that the token belongs to. The id is empty for the token of an organization.
    pub(super) async fn whoami(&self) -> Result<Text, Failure> {
        let home = self.at_home();
        let root: Lenient<Root> = home.as_ref().unwrap_or(self).get("").await?;
        Ok(root.0.and_then(|root| root.user.0).map(|user| user.id).unwrap_or_default())
    }

    /// Returns the number of the organization's issues that the token can read, at most three.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issues cannot be listed. [`Failure::NotFound`] if the organization does not exist or is not
    /// accessible.
    pub async fn see_issues(&self) -> Result<usize, Failure> {
        let org = self.own_org()?;
        let path = format!("organizations/{org}/issues/?limit=3");
        self.get::<List<Lenient<payload::Issue>>>(&path).await.map(|issues| issues.0.len())
    }

    /// Checks that the token can read a project.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the project cannot be read. [`Failure::NotFound`] if the project does not exist or is not
    /// accessible.
    pub async fn see_project(&self, project: &Slug) -> Result<(), Failure> {
        let org = self.own_org()?;
        self.get::<Lenient<payload::Project>>(&format!("projects/{org}/{project}/")).await.map(drop)
    }
}

/// The reply to `GET /api/0/`, or the error that replaces it.
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
