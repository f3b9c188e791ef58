//! Reads what Sentry knows about the code of a project: its code mappings, the commit of a release, and the lines that
//! Sentry itself reads from the code host.

use reqwest::Url;
use serde_json::Value;

use super::client::Sentry;
use crate::domain::event::{Event, Frame};
use crate::domain::failure::SourceProblem;
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::domain::source::{CommitId, Location, RepoPath, Repository, SourceText, encoded, is_code};
use crate::domain::text::Untrusted;
use crate::json::text;

/// The longest query value or release version, in characters. Sentry's own limit for a whole request line is larger.
const LONGEST: usize = 500;

impl Sentry {
    /// Returns the file of a frame, by the code mappings in Sentry, and the link to the file if Sentry knows it.
    /// `folder` is the path of the code host's own address, such as `/gitlab/`, which links contain before the name of
    /// the repository.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the file cannot be looked up. [`SourceProblem::NotMapped`] if no mapping covers the frame, and
    /// [`SourceProblem::NotCode`] if the frame or the mapping leads to another file than source code.
    pub async fn location(
        &self,
        project: &Slug,
        (event, frame): (&Event, &Frame),
        folder: &str,
    ) -> Result<(Location, Option<Url>), Failure> {
        let path = self.of_frame(project, "stacktrace-link", (event, frame), None)?;
        let reply = object(self.once().get(&path).await?)?;
        located(&reply, folder).map_err(Failure::Source)
    }

    /// Returns the lines around a frame's line, as Sentry reads them from the code host, and the link to the line.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the source code cannot be read. [`SourceProblem::NotCode`] if the frame does not name source code.
    /// [`Failure::NotFound`] if the project's source context is switched off, or if the reply has no lines.
    /// [`Failure::Forbidden`] if the code host does not let Sentry read the file.
    pub async fn source_context(
        &self,
        project: &Slug,
        (event, frame): (&Event, &Frame),
        commit: Option<&CommitId>,
    ) -> Result<(SourceText, Option<Url>), Failure> {
        let path = self.of_frame(project, "stacktrace-source-context", (event, frame), commit)?;
        let reply = object(self.once().get(&path).await?)?;
        Ok((lines(&reply)?, text(&reply["sourceUrl"]).and_then(page)))
    }

    /// Returns the last commit of a release. `None` if the release has no commit with a usable id, or if the version
    /// cannot be part of a path (it is empty, `.` or `..`).
    ///
    /// # Errors
    ///
    /// [`Failure`] if the release cannot be read. [`Failure::NotFound`] if Sentry does not know the release.
    pub async fn release_commit(&self, version: &Untrusted) -> Result<Option<CommitId>, Failure> {
        let org = self.own_org()?;
        let version = version.start(LONGEST);
        if matches!(version, "" | "." | "..") {
            return Ok(None);
        }
        let path = format!("organizations/{org}/releases/{}/", encoded(version));
        let release = object(self.once().get(&path).await?)?;
        Ok(text(&release["lastCommit"]["id"]).and_then(CommitId::parse))
    }

    /// Returns the path of an API resource about a frame. The query contains the frame's file, line, absolute path,
    /// module and package, the event's platform and SDK, and the commit, as far as they are known. Sentry finds the files
    /// of Java, Kotlin, Swift and Flutter only by the platform, the SDK, and the module or the package. Sentry reads the
    /// file to which it maps one of the paths with the token of its own integration, so a path that does not name source
    /// code is not sent.
    ///
    /// # Errors
    ///
    /// [`SourceProblem::NotCode`] if the frame's file is not source code.
    pub(super) fn of_frame(
        &self,
        project: &Slug,
        resource: &str,
        (event, frame): (&Event, &Frame),
        commit: Option<&CommitId>,
    ) -> Result<String, Failure> {
        let org = self.own_org()?;
        let text = |text: &Option<Untrusted>| text.as_ref().map(|text| text.start(LONGEST).to_owned());
        let code = |name: &Option<Untrusted>| text(name).filter(|name| is_code(name));
        let file = code(&frame.file).ok_or(Failure::Source(SourceProblem::NotCode))?;
        let parameters = [
            ("file", Some(file)),
            ("lineNo", frame.line.map(|line| line.to_string())),
            ("absPath", code(&frame.path)),
            ("module", text(&frame.module)),
            ("package", text(&frame.package)),
            ("platform", text(&event.platform)),
            ("sdkName", text(&event.sdk)),
            ("commitId", commit.map(|commit| commit.as_str().to_owned())),
        ];
        let known = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let query: Vec<String> = known.map(|(name, value)| format!("{name}={}", encoded(&value))).collect();
        Ok(format!("projects/{org}/{project}/{resource}/?{}", query.join("&")))
    }
}

/// Returns the file in a reply of `GET …/stacktrace-link/`, and the link to it. The repository is taken from the link's
/// path if possible, because the `repoName` of GitLab is only a display name.
fn located(reply: &Value, folder: &str) -> Result<(Location, Option<Url>), SourceProblem> {
    let path = text(&reply["sourcePath"]).ok_or(SourceProblem::NotMapped)?;
    let path = RepoPath::parse(path).ok_or(SourceProblem::NotCode)?;
    // Sentry has tried `attemptedUrl`, if the code host does not have the file.
    let links = [&reply["sourceUrl"], &reply["attemptedUrl"]];
    let link = links.into_iter().find_map(|link| Url::parse(text(link)?).ok());
    let linked = link.as_ref().and_then(|link| repository_of(link, folder));
    let named = || Repository::parse(text(&reply["config"]["repoName"])?);
    let repository = linked.or_else(named).ok_or(SourceProblem::NotMapped)?;
    Ok((Location { repository, path }, link))
}

/// Returns a reply that is a JSON object. Every other reply is [`Failure::Unreadable`].
pub(super) fn object(reply: Value) -> Result<Value, Failure> {
    if reply.is_object() { Ok(reply) } else { Err(Failure::Unreadable) }
}

/// Returns the failure that a reply of `GET …/stacktrace-source-context/` names; `None` if it names no failure.
pub(super) fn unread(reply: &Value) -> Option<Failure> {
    Some(match text(&reply["error"])? {
        "integration_forbidden" => Failure::Forbidden,
        "no_code_mappings_for_project" | "no_code_mapping_match" => Failure::Source(SourceProblem::NotMapped),
        "rate_limited" => Failure::RateLimited,
        // Sentry could not use its integration with the code host.
        "integration_error" => Failure::from_status(502),
        "line_out_of_range" => Failure::Source(SourceProblem::LineNotRead),
        // Among others "file_not_found".
        _ => Failure::NotFound,
    })
}

/// Returns the lines in a reply of `GET …/stacktrace-source-context/`. The member `context` contains pairs of a line's
/// number and its text.
fn lines(reply: &Value) -> Result<SourceText, Failure> {
    if let Some(why) = unread(reply) {
        return Err(why);
    }
    let context = &reply["context"];
    let first = context[0][0].as_u64().ok_or(Failure::NotFound)?;
    let lines = context.as_array().into_iter().flatten().map(|pair| pair[1].as_str().unwrap_or_default());
    // A blank last line counts, too.
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    Ok(SourceText { first, text: text.into(), is_whole: false })
}

/// Returns the repository in a link to a file, such as `group/shop` in `https://gitlab.example/group/shop/-/blob/…` and
/// `acme/shop` in `https://github.com/acme/shop/blob/…`. `folder` is left out if the link's path begins with it.
fn repository_of(url: &Url, folder: &str) -> Option<Repository> {
    let path = url.path().strip_prefix(folder).unwrap_or(url.path());
    let (repository, _) = path.split_once("/-/").or_else(|| path.split_once("/blob/"))?;
    Repository::parse(repository.trim_matches('/'))
}

/// Parses a link to a page of a code host. Returns `None` if the link is no HTTP or HTTPS URL, has more than 1000
/// bytes, or contains a username, a password or a character that could end a link in a note.
fn page(link: &str) -> Option<Url> {
    let url = Url::parse(link).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+,;=%".contains(c);
    let text = url.as_str();
    let fits = url.username().is_empty()
        && url.password().is_none()
        && text.len() <= 1_000
        && text.chars().all(is_plain);
    fits.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(json: &str) -> Option<String> {
        let reply = serde_json::from_str(json).expect("JSON");
        located(&reply, "/").ok().map(|(it, _)| format!("{} {}", it.repository, it.path.raw()))
    }

    #[test]
    fn a_link_names_the_repository_and_the_file() {
        let github =
            r#"{"error":null,"config":{"repoName":"acme/shop"},"sourcePath":"src/cart.py","sourceUrl":null}"#;
        assert_eq!(link(github).as_deref(), Some("acme/shop src/cart.py"));
        let gitlab = r#"{"config":{"repoName":"Acme / Shop"},"sourcePath":"cart.py",
          "sourceUrl":"https://git.example/acme/web/shop/-/blob/main/cart.py"}"#;
        assert_eq!(link(gitlab).as_deref(), Some("acme/web/shop cart.py"));
        for nothing in [
            r#"{"error":"no_code_mappings_for_project","config":null,"sourcePath":null}"#,
            r#"{"config":{"repoName":"acme/shop"},"sourcePath":"../../etc/passwd.py"}"#,
            r#"{"config":{"repoName":"acme/shop"},"sourcePath":".env"}"#,
            r#"{"config":{"repoName":"../x"},"sourcePath":"a.py"}"#,
            r#"{"config":7,"sourcePath":["a"]}"#,
        ] {
            assert_eq!(link(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn lines_keep_their_numbers() {
        let read = |reply: &str| lines(&serde_json::from_str(reply).expect("JSON"));
        let text = read(r#"{"context":[[40,"a"],[41,null],[42,"c"],[43,""]],"error":null}"#).expect("lines");
        assert_eq!((text.first, &*text.text, text.is_whole), (40, "a\n\nc\n\n", false));
        for (reply, why) in [
            (r#"{"context":[]}"#, Failure::NotFound),
            (r#"{"context":[[1,"a"]],"error":"file_not_found"}"#, Failure::NotFound),
            (r#"{"context":[],"error":"integration_forbidden"}"#, Failure::Forbidden),
            (r#"{"context":[],"error":"no_code_mapping_match"}"#, Failure::Source(SourceProblem::NotMapped)),
        ] {
            assert_eq!(read(reply), Err(why), "{reply}");
        }
    }

    #[test]
    fn a_link_that_could_leave_its_brackets_is_dropped() {
        assert!(page("https://github.com/acme/shop/blob/main/cart.py#L3").is_some());
        for bad in ["javascript:alert(1)", "https://x/)[y](https://evil", "https://u:p@x/", "x"] {
            assert_eq!(page(bad), None, "{bad}");
        }
    }
}
