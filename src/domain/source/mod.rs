//! The types for the source code of stack frames: the place of the code in a repository, and the lines that were
//! read.

mod code;
mod diff;
mod edit;
mod function;
mod location;
mod mapping;
mod place;

use std::ops::RangeInclusive;

pub use code::{Code, Excerpt, SourceText};
pub use diff::{CommitDiff, Counts, DiffLine, Effect, FileDiff, Hunk};
pub use edit::{Edit, EditProblem};
pub use location::{CommitId, Location, RepoPath, Repository, Revision, encoded, encoded_branch, is_code};
pub use mapping::{Mapping, locate};

use super::event::Event;
use super::text::Untrusted;
use super::timestamp::Timestamp;

/// The source code of a stack frame, read from its repository. An analysis cites it as `S1`, `S2` and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCode {
    /// The index of the frame in [`Event::frames`].
    pub frame: usize,
    /// The repository and the file.
    pub location: Location,
    /// The commit or branch at which the file was read.
    pub revision: Revision,
    /// The number of the frame's line, from 1.
    pub line: u64,
    /// The link to the line on the code host's page.
    pub link: Option<String>,
    /// The text of the file, or the part of it that was read.
    pub text: SourceText,
    /// The lines around the frame's line, or the finding that the file has changed since the event's program was
    /// built.
    pub code: Code,
    /// The last changes of the lines around the frame's line. The list is empty if the file has changed since the
    /// event's program was built.
    pub changes: Vec<LastChange>,
}

/// The last change of some lines of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastChange {
    /// The numbers of the changed lines, from 1. `None` if the code host knows only the last change of the whole
    /// file.
    pub lines: Option<RangeInclusive<u64>>,
    /// The commit that made the change.
    pub commit: CommitId,
    /// The name of the commit's author.
    pub author: Option<Untrusted>,
    /// The time of the commit.
    pub at: Option<Timestamp>,
}

impl Code {
    /// Whether a change concerns one of the lines of this code, or the whole file. Always `false` if the file does not
    /// match the code that ran.
    #[must_use]
    pub fn is_about(&self, change: &LastChange) -> bool {
        let Self::Read(excerpt) = self else { return false };
        let shown = excerpt.range();
        change.lines.as_ref().is_none_or(|lines| lines.start() <= shown.end() && shown.start() <= lines.end())
    }
}

impl SourceCode {
    /// Returns the lines around the frame's line. `None` if the file does not match the code that ran.
    #[must_use]
    pub fn excerpt(&self) -> Option<&Excerpt> {
        match &self.code {
            Code::Read(excerpt) => Some(excerpt),
            Code::Changed | Code::Shorter(_) => None,
        }
    }

    /// Returns the text of the frame's line, if it was read at the commit that Sentry knows for the release.
    #[must_use]
    pub fn line_of_commit(&self) -> Option<&Untrusted> {
        self.revision.commit().filter(|_| self.revision.is_confirmed())?;
        self.excerpt()?.line(self.line)
    }

    /// Returns the last change of the frame's line, or of the whole file if the code host does not know more.
    #[must_use]
    pub fn last_change(&self) -> Option<&LastChange> {
        let of_line =
            |change: &&LastChange| change.lines.as_ref().is_none_or(|lines| lines.contains(&self.line));
        self.changes.iter().find(of_line)
    }

    /// Returns the lines that a suspect commit changed in the function around the frame's line. The list is empty if
    /// the code is not a whole function, or if only the event names its commit.
    #[must_use]
    pub fn changes_by<'d>(&self, diff: &'d CommitDiff) -> Vec<&'d DiffLine> {
        let is_usable = self.revision.is_confirmed() && self.text.is_whole && self.location == diff.location;
        let function = self.excerpt().filter(|excerpt| excerpt.is_function && is_usable);
        function.map(|function| diff.changes_in(&self.text.text, &function.range())).unwrap_or_default()
    }

    /// Whether a line of the function around the frame's line was last changed by this commit. Always `false` if only
    /// the event names the commit at which the function was read.
    #[must_use]
    pub fn is_touched_by(&self, commit: &str) -> bool {
        let is_function =
            self.excerpt().is_some_and(|excerpt| excerpt.is_function && self.revision.is_confirmed());
        let touches = |change: &LastChange| change.lines.is_some() && self.code.is_about(change);
        is_function && self.changes.iter().any(|change| touches(change) && change.commit.is_same(commit))
    }
}

/// The source code of at most this many frames is read for one event.
const FRAMES: usize = 3;

/// Chooses the frames whose source code is read: the first frames in `order` that belong to the program itself, are not
/// minified, and have a file and a line. Frames with the same file and line count once, because each exception of a
/// chain repeats the frames of its stack.
#[must_use]
pub fn worth_reading(event: &Event, order: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    for at in order {
        let Some(frame) = event.frames.get(at).filter(|frame| frame.in_app && !frame.is_minified()) else {
            continue;
        };
        let is_known = |other: &usize| {
            event
                .frames
                .get(*other)
                .is_some_and(|other| (&other.file, other.line) == (&frame.file, frame.line))
        };
        if frame.file.is_some() && frame.line.is_some_and(|line| line > 0) && !chosen.iter().any(is_known) {
            chosen.push(at);
        }
    }
    chosen.truncate(FRAMES);
    chosen
}

/// Returns the commit that an event itself names: in a tag with a complete hash, or in the name of its release. The
/// sender of the event chooses the commit, so it is [`Revision::Named`].
#[must_use]
pub fn named_commit(event: &Event) -> Option<CommitId> {
    let tags = ["commitId", "commit_id", "commit", "git.commit", "git.sha", "git_sha", "revision"];
    let tagged = tags.iter().find_map(|key| CommitId::parse_complete(event.tag(key)?.raw()));
    // A release is often `package@version` or `version+build`.
    let of_release = || event.named_release()?.raw().split(['@', '+']).find_map(CommitId::parse_complete);
    tagged.or_else(of_release)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Frame;
    use crate::domain::ids::TagKey;

    #[test]
    fn a_commit_is_named_by_a_tag_or_a_release() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        let event = |key: &str, value: &str| Event {
            tags: vec![(TagKey::parse(key).expect("a key"), Untrusted::new(value))],
            ..Event::default()
        };
        let named =
            |key: &str, value: &str| named_commit(&event(key, value)).map(|id| id.as_str().to_owned());
        assert_eq!(named("commitId", hash).as_deref(), Some(hash));
        assert_eq!(named("release", hash).as_deref(), Some(hash));
        assert_eq!(named("release", &format!("shop@{hash}")).as_deref(), Some(hash));
        assert_eq!(named("release", &format!("1.4.2+{hash}")).as_deref(), Some(hash));
        assert_eq!((named("release", "shop@1.4.2"), named("release", "20261129")), (None, None));
    }

    #[test]
    fn at_most_three_distinct_own_frames_with_a_line_are_read() {
        let frame = |file: &str, line, in_app| Frame {
            file: Some(Untrusted::new(file)),
            line,
            in_app,
            ..Frame::default()
        };
        let frames = vec![
            frame("lib.py", Some(1), false),
            frame("a.py", Some(1), true),
            frame("b.py", None, true),
            frame("a.py", Some(1), true),
            frame("c.py", Some(2), true),
            frame("d.py", Some(3), true),
            frame("e.py", Some(4), true),
        ];
        let event = Event { frames, ..Event::default() };
        assert_eq!(worth_reading(&event, [4, 3, 2, 1, 0, 6, 5, 99]), [4, 3, 6]);
    }
}
