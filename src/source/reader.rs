//! Reads the source code of an event's frames: finds their files and the commit that ran, and reads the lines with
//! their last changes.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use reqwest::Url;
use secrecy::SecretString;

use super::{Cache, Changes, CodeHost, History, HostParts, HostedFile, Place, code_host};
use crate::clock;
use crate::config::SourceConfig;
use crate::domain::event::{Event, Frame};
use crate::domain::evidence::{Gap, SourceReading, Wanted};
use crate::domain::failure::SourceProblem;
use crate::domain::ids::Slug;
use crate::domain::outcome::Failure;
use crate::domain::source::{Code, Location, Revision, SourceCode, locate, named_commit, worth_reading};
use crate::http::{Http, together};
use crate::sentry::{CodeReader, Sentry, Suspects};

/// The time limit for all calls to the code host and to Sentry about source code, for one webhook.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// The time limit for Sentry's code mappings, if `SOURCE_MAPPINGS` covers the file, too.
const MAPPING_LIMIT: Duration = Duration::from_millis(1500);
/// The time limit for the commit of the release. In the rest of [`TIME_LIMIT`] the files are read, if necessary at the
/// commit that the event names, or from the default branch.
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

    /// Creates the reader of source code for one webhook. All of its calls end by the deadline of `sentry`, and five
    /// seconds after the first one at the latest.
    #[must_use]
    pub fn reader<'a>(&'a self, token: Option<&'a SecretString>, sentry: Sentry) -> Reader<'a> {
        Reader { codes: self, token, sentry }
    }
}

/// A reader of source code for one webhook. It reads at most three files, with at most eight calls to the code host, one
/// to Sentry for each file, and one to Sentry for the commit of the release. If Sentry reads the files, these are two
/// calls to Sentry for each file.
pub struct Reader<'a> {
    codes: &'a SourceCodes,
    token: Option<&'a SecretString>,
    sentry: Sentry,
}

#[async_trait]
impl CodeReader for Reader<'_> {
    async fn read(&self, event: &Event, project: Option<&Slug>, suspects: Suspects<'_>) -> SourceReading {
        let mut reading = SourceReading::default();
        let chosen = worth_reading(event, (self.codes.order)(event));
        let frames: Vec<(usize, &Frame)> =
            chosen.into_iter().filter_map(|at| Some((at, event.frames.get(at)?))).collect();
        if frames.is_empty() {
            return reading;
        }
        let calls = match self.calls() {
            Ok(calls) => calls,
            Err(why) => {
                note(&mut reading, Wanted::Source, Some(why));
                return reading;
            }
        };
        let locating =
            together(frames.iter().map(|(_, frame)| calls.location(project, (event, frame)).boxed()));
        let ((revision, unknown), locations) = tokio::join!(calls.revision(event), locating);
        note(&mut reading, Wanted::ReleaseCommit, unknown);
        let mut places = Vec::new();
        for (&(at, frame), location) in frames.iter().zip(&locations) {
            let line = frame.line.unwrap_or_default();
            match location {
                Ok(location) => {
                    places.push(Place { at, event, frame, line, location, revision: &revision, project });
                }
                Err(why) => note(&mut reading, Wanted::Source, Some(*why)),
            }
        }
        let host = calls.host.as_ref();
        let history = History { host, places: &places };
        let files = together(places.iter().map(|place| host.file(place)));
        let (files, changes, (diffs, undiffed)) =
            tokio::join!(files, history.changes(), history.diffs(suspects));
        for ((place, file), changes) in places.iter().zip(files).zip(changes) {
            match file.and_then(|file| code(place, file, changes)) {
                Ok((code, unknown)) => {
                    reading.codes.push(code);
                    note(&mut reading, Wanted::LastChanges, unknown);
                }
                Err(why) => note(&mut reading, Wanted::Source, Some(why)),
            }
        }
        note(&mut reading, Wanted::Diffs, undiffed);
        reading.diffs = diffs;
        reading
    }
}

impl<'a> Reader<'a> {
    /// Returns the clients for all calls about one event. Their time begins now: the event may have been waited for.
    fn calls(&self) -> Result<Calls<'a>, Failure> {
        let deadline = clock::at_most(self.sentry.deadline(), TIME_LIMIT);
        let sentry = self.sentry.until(deadline);
        let (http, cache, token) = (&self.codes.http, &self.codes.cache, self.token);
        let parts = HostParts { http, cache, token, sentry: &sentry, deadline };
        let host = code_host(&self.codes.config, &parts)?;
        Ok(Calls { config: &self.codes.config, host, sentry })
    }
}

/// The clients for the calls about the source code of one event. Their deadline is the same.
struct Calls<'a> {
    config: &'a SourceConfig,
    host: Box<dyn CodeHost>,
    sentry: Sentry,
}

impl Calls<'_> {
    /// Returns the client for Sentry with this time limit, if its deadline is not earlier.
    fn sentry_within(&self, limit: Duration) -> Sentry {
        self.sentry.until(clock::at_most(self.sentry.deadline(), limit))
    }

    /// Returns the commit that the event's program ran, and the failure if reading the commit failed. The commit that
    /// Sentry knows for the release takes precedence over a commit that the event names, because the sender of an
    /// event can name any commit.
    async fn revision(&self, event: &Event) -> (Revision, Option<Failure>) {
        let named = || match named_commit(event) {
            Some(commit) => Revision::Named { commit, is_in_branch: false },
            None => Revision::DefaultBranch,
        };
        let Some(release) = event.named_release() else { return (named(), None) };
        let sentry = self.sentry_within(RELEASE_LIMIT);
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
        project: Option<&Slug>,
        (event, frame): (&Event, &Frame),
    ) -> Result<Location, Failure> {
        let ours = locate(&self.config.mappings, frame);
        // The path of the code host's own address: `/`, or a folder such as `/gitlab/`.
        let folder = self.config.base.as_ref().map_or("/", Url::path);
        let limit = if ours.is_some() { MAPPING_LIMIT } else { TIME_LIMIT };
        let sentry = self.sentry_within(limit);
        let of_sentry = match project {
            Some(project) => sentry.location(project, (event, frame), folder).await,
            None => Err(Failure::Source(SourceProblem::NotMapped)),
        };
        let is_elsewhere = |link: &Option<Url>| link.as_ref().is_some_and(|link| !self.host.serves(link));
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

/// Returns the code of a frame with its last changes, and the failure if only the last changes could not be read.
fn code(
    place: &Place<'_>,
    file: HostedFile,
    changes: Changes,
) -> Result<(SourceCode, Option<Failure>), Failure> {
    let code =
        Code::of(&file.text, place.frame, place.line).ok_or(Failure::Source(SourceProblem::LineNotRead))?;
    let (revision, changes) = changes;
    let (mut changes, unknown) = match changes {
        Ok(changes) => (changes, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    changes.retain(|change| code.is_about(change));
    let code = SourceCode {
        frame: place.at,
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
