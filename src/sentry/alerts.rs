//! Reads the conditions under which Sentry notifies an integration: the integration's subscriptions, the alerts of a
//! project that notify the integration, and Sentry's log of sent webhooks. `sidenote doctor` uses these requests.
//!
//! A current Sentry has alerts, which its API calls workflows. An older Sentry has rules of projects.

mod types;
mod wire;

pub use types::{Alert, Alerts, Integration, Project, SentWebhook};

use super::client::Sentry;
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::json::{Lenient, List, Text};

/// Returns the slug of the integration whose proxy user has this name, which is `SLUG-` and 32 hex digits.
#[must_use]
pub fn slug_of_proxy(username: &str) -> Option<Slug> {
    let (slug, id) = username.rsplit_once('-')?;
    let is_id = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
    Slug::parse(slug).ok().filter(|_| is_id)
}

impl Sentry {
    /// Returns the integration with this slug. Without a slug, it returns the only integration of the organization, and
    /// `None` if there are several.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the integrations cannot be listed. [`Failure::Forbidden`] if the token lacks `org:read`.
    pub async fn integration(&self, slug: Option<&Slug>) -> Result<Option<Integration>, Failure> {
        let org = self.own_org()?;
        let listed = self.get_list::<wire::App>(&format!("organizations/{org}/sentry-apps/")).await?;
        let mut all: Vec<Integration> = listed.into_iter().filter_map(wire::App::integration).collect();
        match slug {
            Some(slug) => Ok(all.into_iter().find(|it| it.slug == *slug)),
            None if all.len() == 1 => Ok(all.pop()),
            None => Ok(None),
        }
    }

    /// Returns the texts by which the action of an alert can refer to an integration: its slug, its id and the id of
    /// its installation. The ids are looked up by the integration's name. Without a name, and in an older Sentry
    /// without alerts, the result is the slug only.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the identifiers cannot be read. [`Failure::Forbidden`] if the token lacks `org:read` and this
    /// version of Sentry has alerts.
    pub async fn identifiers(
        &self,
        slug: &Slug,
        integration: Option<&Integration>,
    ) -> Result<Vec<String>, Failure> {
        let org = self.own_org()?;
        let path = format!("organizations/{org}/available-actions/");
        let mut identifiers = vec![slug.to_string()];
        let actions = match self.get_list::<wire::AvailableAction>(&path).await {
            // This Sentry has no alerts. Its rules refer to an integration by its slug.
            Err(Failure::NotFound) => return Ok(identifiers),
            answer => answer?,
        };
        let name = integration.and_then(|it| it.name.as_deref());
        let apps = actions.into_iter().filter_map(|action| action.sentry_app.0);
        let ours = apps.filter(|app| app.name.as_deref().is_some() && app.name.as_deref() == name);
        let ids = ours.flat_map(|app| [app.id, app.installation_uuid]).filter_map(Text::into_option);
        identifiers.extend(ids.map(String::from));
        Ok(identifiers)
    }

    /// Returns the projects of the organization. The token of an integration may also lack `org:read`, because Sentry
    /// shows an integration no project of another organization.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the projects cannot be listed. [`Failure::Forbidden`] if the token has neither `org:read` nor
    /// `project:read`.
    pub async fn projects(&self) -> Result<Vec<Project>, Failure> {
        let org = self.own_org()?;
        let listed = match self.get_list::<wire::Listed>(&format!("organizations/{org}/projects/")).await {
            Err(Failure::Forbidden) => self.get_list("projects/").await?,
            answer => answer?,
        };
        Ok(listed.iter().filter_map(wire::Listed::project).collect())
    }

    /// Returns the alerts of a project that notify the integration with one of these identifiers, or the project's
    /// rules if this Sentry has no alerts yet.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the alerts cannot be listed. [`Failure::Forbidden`] if the token has neither `org:read` nor
    /// `alerts:read`.
    pub async fn alerts(&self, project: &Project, identifiers: &[String]) -> Result<Alerts, Failure> {
        let org = self.own_org()?;
        let path = format!("organizations/{org}/workflows/?project={}", project.id.as_str());
        match self.get_list::<wire::Workflow>(&path).await {
            Ok(listed) => {
                Ok(Alerts::Current(listed.into_iter().filter_map(|it| it.notifying(identifiers)).collect()))
            }
            Err(Failure::NotFound) => Ok(Alerts::Rules(self.rules(project, identifiers).await?)),
            Err(why) => Err(why),
        }
    }

    /// Returns the rules of a project that notify the integration with one of these identifiers. Rules are the
    /// predecessors of alerts. A Sentry with alerts still lists rules from before its upgrade, but does not fire
    /// them.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the rules cannot be listed.
    pub async fn rules(&self, project: &Project, identifiers: &[String]) -> Result<Vec<Alert>, Failure> {
        let org = self.own_org()?;
        let listed = self.get_list::<wire::Rule>(&format!("projects/{org}/{}/rules/", project.slug)).await?;
        Ok(listed.into_iter().filter_map(|rule| rule.notifying(identifiers)).collect())
    }

    /// Returns the webhooks that Sentry sent to an integration within 30 days, newest first.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the log cannot be read. Sentry usually does not let the token of an integration read this log.
    pub async fn sent_webhooks(&self, integration: &Slug) -> Result<Vec<SentWebhook>, Failure> {
        let path = |name: &str| format!("sentry-apps/{integration}/{name}/");
        let log: List<Lenient<wire::LogEntry>> = match self.get(&path("webhook-requests")).await {
            Err(Failure::NotFound) => self.get(&path("requests")).await?,
            answer => answer?,
        };
        Ok(log.0.into_iter().filter_map(|entry| entry.0?.webhook()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::slug_of_proxy;

    #[test]
    fn the_slug_of_an_integration_is_in_the_name_of_its_proxy_user() {
        let slug = |name: &str| slug_of_proxy(name).map(|slug| slug.to_string());
        let id = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
        assert_eq!(slug(&format!("sidenote-9f2c1e-{id}")).as_deref(), Some("sidenote-9f2c1e"));
        for other in ["noor", "noor@crumb.example", "noor-anna", id] {
            assert_eq!(slug(other), None, "{other}");
        }
    }
}
