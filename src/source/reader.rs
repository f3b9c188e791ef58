//! Reads the source code of an event's frames: finds their files and the commit that ran, and reads the lines with
//! their last changes.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use reqwest::Url;
use secrecy::SecretString;

use super::{Cache, CodeHost, History, HostParts, Place, code_host};
use crate::clock;
use crate::config::SourceConfig;
use crate::domain::deadline::Deadline;
use crate::domain::event::{Event, Frame};
use crate::domain::evidence::{Gap, SourceReading, Wanted};
use crate::domain::failure::SourceProblem;
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::domain::source::{
    Code, Location, Mapping, Revision, SourceCode, locate, named_commit, worth_reading,
};
use crate::http::Http;
use crate::sentry::{CodeReader, Sentry, Suspects};

/// The time limit for all calls to the code host and to Sentry about source code, for one webhook.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// The time limit for Sentry's code mappings, if `SOURCE_MAPPINGS` covers the file, too.
const MAPPING_LIMIT: Duration = Duration::from_millis(1500);
/// The time limit for the commit of the release. In the rest of [`TIME_LIMIT`] the files are read, if necessary from the
/// default branch.
const RELEASE_LIMIT: Duration = Duration::from_millis(2500);

/// The settings of the code host, and the cache of the files that this process has read.
pub struct SourceCodes {
    config: SourceConfig,
    http: Http,
    cache: Cache,
    /// Orders the frames of an event, the most suspect first.
    order: fn(&Event) -> Vec<usize>,
}

impl SourceCodes {
    /// Creates the value that reads source code for all deliveries of a process. `order` returns the indexes of an
    /// event's frames, the most suspect first. No connection is opened.
    #[must_use]
    pub fn new(config: SourceConfig, http: Http, order: fn(&Event) -> Vec<usize>) -> Self {
        Self { config, http, cache: Cache::default(), order }
    }

    /// Creates the reader of source code for one webhook. All of its calls end by `deadline`, and after five seconds
    /// at the latest.
    #[must_use]
    pub fn reader(&self, token: Option<&SecretString>, sentry: &Sentry, deadline: Deadline) -> Reader {
        let deadline = clock::at_most(deadline, TIME_LIMIT);
        let sentry = sentry.until(deadline);
        let (http, cache) = (&self.http, &self.cache);
        let host = code_host(&self.config, &HostParts { http, cache, token, sentry: &sentry, deadline });
        let folder = self.config.base.as_ref().map_or("/", Url::path).to_owned();
        Reader { host, sentry, deadline, folder, mappings: self.config.mappings.clone(), order: self.order }
    }
}

/// A reader of source code for one webhook. It reads at most three files, with at most 12 calls.
pub struct Reader {
    host: Result<Box<dyn CodeHost>, Failure>,
    sentry: Sentry,
    /// The time by which all calls end.
    deadline: Deadline,
    /// The path of the code host's own address: `/`, or a folder such as `/gitlab/`.
    folder: String,
    mappings: Vec<Mapping>,
    order: fn(&Event) -> Vec<usize>,
}

#[async_trait]
impl CodeReader for Reader {
    async fn read(&self, event: &Event, project: Option<&Slug>, suspects: Suspects<'_>) -> SourceReading {
        let mut reading = SourceReading::default();
        let chosen = worth_reading(event, (self.order)(event));
        let frames: Vec<(usize, &Frame)> =
            chosen.into_iter().filter_map(|at| Some((at, event.frames.get(at)?))).collect();
        let host = match &self.host {
            _ if frames.is_empty() => return reading,
            Ok(host) => host.as_ref(),
            Err(why) => {
                note(&mut reading, Wanted::Source, Some(*why));
                return reading;
            }
        };
        let locating = join_all(frames.iter().map(|(_, frame)| self.location(host, project, frame)));
        let ((revision, unknown), locations) = tokio::join!(self.revision(event), locating);
        note(&mut reading, Wanted::Source, unknown);
        let located: Vec<&Location> = locations.iter().flatten().collect();
        let history = History::new(host, revision, located.first().map(|location| &location.repository));
        let read = frames.iter().zip(&locations).map(|((at, frame), location)| {
            let (line, history) = (frame.line.unwrap_or_default(), &history);
            async move {
                let location = location.as_ref().map_err(|why| *why)?;
                let place = Place { frame, line, location, revision: history.known(), project };
                code(host, *at, &place, history).await
            }
        });
        let (codes, (diffs, undiffed)) = tokio::join!(join_all(read), history.diffs(&located, suspects));
        for outcome in codes {
            let unread = match outcome {
                Ok((code, unknown)) => {
                    reading.codes.push(code);
                    unknown
                }
                Err(why) => Some(why),
            };
            note(&mut reading, Wanted::Source, unread);
        }
        note(&mut reading, Wanted::Diffs, undiffed);
        reading.diffs = diffs;
        reading
    }
}

impl Reader {
    /// Returns the commit that the event's program ran, and the failure if reading the commit failed. The commit that
    /// Sentry knows for the release takes precedence over a commit that the event names, because the sender of an
    /// event can name any commit.
    async fn revision(&self, event: &Event) -> (Revision, Option<Failure>) {
        let named = || match named_commit(event) {
            Some(commit) => Revision::Named { commit, is_in_branch: false },
            None => Revision::DefaultBranch,
        };
        let Some(release) = event.named_release() else { return (named(), None) };
        let sentry = self.sentry.until(clock::at_most(self.deadline, RELEASE_LIMIT));
        match sentry.release_commit(release).await {
            Ok(Some(commit)) => (Revision::Release(commit), None),
            Ok(None) | Err(Failure::NotFound) => (named(), None),
            Err(why) => (named(), Some(why)),
        }
    }

    /// Returns the file of a frame: by the code mappings in Sentry, or otherwise by `SOURCE_MAPPINGS`. If
    /// `SOURCE_MAPPINGS` covers the file, a slow Sentry is not waited for until the end.
    async fn location(
        &self,
        host: &dyn CodeHost,
        project: Option<&Slug>,
        frame: &Frame,
    ) -> Result<Location, Failure> {
        let ours = locate(&self.mappings, frame);
        let limit = if ours.is_some() { MAPPING_LIMIT } else { TIME_LIMIT };
        let sentry = self.sentry.until(clock::at_most(self.deadline, limit));
        let of_sentry = match project {
            Some(project) => sentry.location(project, frame, &self.folder).await,
            None => Err(Failure::Source(SourceProblem::NotMapped)),
        };
        let is_elsewhere = |link: &Option<Url>| link.as_ref().is_some_and(|link| !host.serves(link));
        let why = match of_sentry {
            Ok((_, link)) if is_elsewhere(&link) => Failure::Source(SourceProblem::OtherHost),
            Ok((location, _)) => return Ok(location),
            Err(why) => why,
        };
        ours.ok_or(why)
    }
}

/// Adds a gap if something could not be read. The same reason is added only once, even if it holds for several frames.
fn note(reading: &mut SourceReading, what: Wanted, why: Option<Failure>) {
    let gap = why.map(|why| Gap { what, why });
    reading.gaps.extend(gap.filter(|gap| !reading.gaps.contains(gap)));
}

/// Reads the code of one frame with its last changes. If only the last changes cannot be read, the code is returned
/// together with the failure.
async fn code(
    host: &dyn CodeHost,
    frame: usize,
    place: &Place<'_>,
    history: &History<'_>,
) -> Result<(SourceCode, Option<Failure>), Failure> {
    let changes = async {
        let revision = history.of(&place.location.repository).await;
        // Anybody can write the history of a fork.
        let changes = if revision.is_of_repository() { host.changes(place).await } else { Ok(Vec::new()) };
        (revision, changes)
    };
    let (file, (revision, changes)) = tokio::join!(host.file(place), changes);
    let file = file?;
    let code = Code::of(&file.text, place.frame, place.line).ok_or(Failure::NotFound)?;
    let (mut changes, unknown) = match changes {
        Ok(changes) => (changes, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    changes.retain(|change| code.is_about(change));
    let code = SourceCode {
        frame,
        location: place.location.clone(),
        revision,
        line: place.line,
        link: file.link,
        text: file.text,
        code,
        changes,
    };
    Ok((code, unknown))
}
