//! Reads what `sidenote doctor` tells about the code of a project: its code mappings, its newest event and release, and
//! whether Sentry reads source code for it.

use serde::Deserialize;
use serde_json::Value;

use super::client::Sentry;
use super::code::{object, unread};
use super::gather::newest_event;
use crate::domain::event::{Event, Frame};
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::domain::source::Repository;
use crate::domain::text::Untrusted;
use crate::domain::timestamp::Timestamp;
use crate::json::{Lenient, Text, text};

/// A code mapping in Sentry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeMapping {
    /// The slug of the project.
    pub project: Box<str>,
    /// Sentry's name of the code host's integration, such as `github`, `github_enterprise` or `gitlab`.
    pub provider: Box<str>,
    /// The repository. `None` if Sentry gives only a display name of it, as for GitLab.
    pub repository: Option<Repository>,
}

impl Sentry {
    /// Whether a project has code mappings in Sentry.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the code mappings cannot be looked up.
    pub async fn has_code_mappings(&self, project: &Slug) -> Result<bool, Failure> {
        let path = self.of_frame(project, "stacktrace-link", (&Event::default(), &any_frame()), None)?;
        let link = object(self.get(&path).await?)?;
        Ok(text(&link["error"]) != Some("no_code_mappings_for_project"))
    }

    /// Returns the code mappings of all projects that the token can see.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the code mappings cannot be listed. [`Failure::Forbidden`] if the token lacks `org:read`.
    pub async fn code_mappings(&self) -> Result<Vec<CodeMapping>, Failure> {
        let org = self.own_org()?;
        // A token of an integration is a member of no project, and `-1` means all projects that it can see.
        let listed: Vec<Listed> =
            self.get_list(&format!("organizations/{org}/code-mappings/?project=-1")).await?;
        Ok(listed.into_iter().filter_map(Listed::mapping).collect())
    }

    /// Checks that Sentry reads source code for a project. Nothing shows whether Sentry can read a certain file.
    ///
    /// # Errors
    ///
    /// [`Failure::NotFound`] if the project's source context is switched off. [`Failure::Forbidden`] if the code host
    /// does not let Sentry read. Another [`Failure`] if Sentry does not answer.
    pub async fn see_source_context(&self, project: &Slug) -> Result<(), Failure> {
        let frame = (&Event::default(), &any_frame());
        let path = self.of_frame(project, "stacktrace-source-context", frame, None)?;
        let reply = object(self.get(&path).await?)?;
        match unread(&reply) {
            Some(why @ (Failure::Forbidden | Failure::RateLimited | Failure::ServerFailed(_))) => Err(why),
            // There is no such file, of course.
            _ => Ok(()),
        }
    }

    /// Returns an event of the project's issue that was seen last; `None` if the project has no unresolved issue.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the issues or the event cannot be read.
    pub async fn event_of_project(&self, project: &Slug) -> Result<Option<Event>, Failure> {
        let since = Timestamp::from_unix(0).ok_or(Failure::Internal)?;
        let issues = self.recent_issues(Some(project), since).await?;
        match issues.first() {
            Some(issue) => newest_event(self, &issue.id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whether the newest release of a project has a commit; `None` if the project has no release.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the releases cannot be listed.
    pub async fn newest_release_has_commit(&self, project: &Slug) -> Result<Option<bool>, Failure> {
        let org = self.own_org()?;
        let path = format!("projects/{org}/{project}/releases/?per_page=1");
        let releases: Value = self.get(&path).await?;
        let newest = releases.as_array().ok_or(Failure::Unreadable)?.first();
        Ok(newest.map(|release| text(&release["lastCommit"]["id"]).is_some()))
    }
}

/// Returns a frame of a file that no repository has.
fn any_frame() -> Frame {
    Frame { file: Some(Untrusted::new("sidenote-doctor.py")), line: Some(1), ..Frame::default() }
}

/// An entry of the reply of `GET …/code-mappings/`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Listed {
    project_slug: Text,
    repo_name: Text,
    provider: Lenient<Provider>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Provider {
    key: Text,
}

impl Listed {
    fn mapping(self) -> Option<CodeMapping> {
        let repository = self.repo_name.as_deref().and_then(Repository::parse);
        let provider = self.provider.0.and_then(|provider| provider.key.0)?;
        Some(CodeMapping { project: self.project_slug.0?, provider, repository })
    }
}
