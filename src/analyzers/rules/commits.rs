//! Statements about the commit that most likely caused the issue, out of those that Sentry suspects. The note gives the
//! reason for the suspicion, and never calls the commit more than a suspect.

use super::source::{self, Touch};
use crate::domain::analysis::Finding;
use crate::domain::event::Frame;
use crate::domain::evidence::{Cite, Evidence, SuspectCommit};
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Sentence};

/// A suspect commit and its connection with the stack trace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tied {
    /// The index of the commit in [`Evidence::commits`].
    commit: usize,
    tie: Tie,
}

/// The connection of a suspect commit with the stack trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tie {
    /// The commit last changed the line of a frame, according to Sentry.
    Blamed,
    /// The commit changed a frame's function.
    Function(Touch),
    /// The commit changes the file of a frame. The value is the index of that file in [`SuspectCommit::files`].
    Touches(usize),
    /// The commit changes the file of a frame, as its diff shows. The value is the index of the diff in the evidence.
    Changes(usize),
    /// Sentry found the commit among the commits of a release, by the path of a frame.
    Matched,
    /// The commit is only known to be part of the release.
    InRelease,
}

/// Returns the suspect commit with the strongest connection to the stack trace. A commit that is known to change only
/// other files is not suspect.
pub(super) fn best(evidence: &Evidence) -> Option<Tied> {
    let frames = evidence.event.as_ref().map(|event| event.frames.as_slice()).unwrap_or_default();
    let tied = |(at, commit)| {
        let function = source::touched(evidence, at, commit).map(Tie::Function);
        let tie = function.or_else(|| tie(commit, diff_of(evidence, at), frames))?;
        Some(Tied { commit: at, tie })
    };
    let tied = evidence.commits.iter().enumerate().filter_map(tied);
    tied.min_by_key(|Tied { commit, tie }| {
        (!matches!(tie, Tie::Function(_)), *tie == Tie::InRelease, *commit)
    })
}

/// Returns the index of the first diff of a suspect commit. Each diff is about the file of a frame.
fn diff_of(evidence: &Evidence, commit: usize) -> Option<usize> {
    evidence.diffs.iter().position(|diff| diff.commit == commit)
}

fn tie(commit: &SuspectCommit, diff: Option<usize>, frames: &[Frame]) -> Option<Tie> {
    if commit.is_blamed {
        return Some(Tie::Blamed);
    }
    if commit.files.is_empty() {
        let else_known = if commit.is_matched { Tie::Matched } else { Tie::InRelease };
        return Some(diff.map_or(else_known, Tie::Changes));
    }
    let in_app = || frames.iter().filter(|frame| frame.in_app).filter_map(|frame| frame.file.as_ref());
    commit
        .files
        .iter()
        .position(|file| in_app().any(|other| is_same(file.raw(), other.raw())))
        .map(Tie::Touches)
}

/// Whether two paths mean the same file: one ends with the other, at a `/`. An example is `src/shop/cart.py` and
/// `shop/cart.py`.
fn is_same(a: &str, b: &str) -> bool {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let short = short.trim_start_matches(['.', '/']);
    !short.is_empty()
        && long.strip_suffix(short).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// Returns a statement about a suspect commit. The flag is true if the commit is connected with the stack trace and not
/// only with the release.
pub(super) fn finding(evidence: &Evidence, Tied { commit: at, tie }: Tied) -> Option<(bool, Finding)> {
    let commit = evidence.commits.get(at)?;
    let (id, subject) = (short(commit), Arg::from(&commit.subject));
    let sentence = match tie {
        Tie::Blamed => Sentence::new(|w| w.suspect_commit_blamed, [id, subject]),
        Tie::Function(_) => Sentence::new(|w| w.suspect_commit_function, [id, subject]),
        Tie::Touches(file) => {
            Sentence::new(|w| w.suspect_commit_file, [id, subject, Arg::from(commit.files.get(file)?)])
        }
        Tie::Changes(diff) => {
            let file = evidence.diffs.get(diff)?.location.path.text();
            Sentence::new(|w| w.suspect_commit_file, [id, subject, Arg::from(&file)])
        }
        Tie::Matched => Sentence::new(|w| w.suspect_commit_released, [id, subject]),
        Tie::InRelease => Sentence::new(|w| w.suspect_commit, [id, subject]),
    };
    let (source, diff) = match tie {
        Tie::Function(touch) => (Some(Cite::Source(touch.source)), touch.diff),
        _ => (None, diff_of(evidence, at)),
    };
    let cites: Vec<Cite> =
        [Some(Cite::Commit(at)), source, diff.map(Cite::Diff)].into_iter().flatten().collect();
    Some((tie != Tie::InRelease, Finding::new(sentence, cites)))
}

impl Tied {
    /// Returns the commit and its index in the evidence. Returns `None` if the commit is connected only with the release
    /// and not with the stack trace.
    pub(super) fn with_stack(self, evidence: &Evidence) -> Option<(usize, &SuspectCommit)> {
        let commit = evidence.commits.get(self.commit).filter(|_| self.tie != Tie::InRelease)?;
        Some((self.commit, commit))
    }
}

/// Returns the first seven characters of a commit's hash.
pub(super) fn short(commit: &SuspectCommit) -> Arg {
    Arg::Quote(Untrusted::new(commit.id.raw().chars().take(7).collect::<String>()), 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_match_if_one_ends_with_the_other_at_a_folder() {
        assert!(is_same("src/shop/cart.py", "shop/cart.py"));
        assert!(is_same("./shop/cart.py", "/app/shop/cart.py"));
        assert!(!is_same("shop/mycart.py", "cart.py"));
        assert!(!is_same("shop/cart.py", ""));
    }

    #[test]
    fn a_commit_that_touches_other_files_is_no_suspect() {
        let commit = |files: &[&str], is_blamed| SuspectCommit {
            id: Untrusted::new("0123456789"),
            subject: Untrusted::new("Change"),
            author: None,
            author_id: None,
            is_blamed,
            is_matched: false,
            files: files.iter().map(|file| Untrusted::new(*file)).collect(),
        };
        let frames = [Frame { file: Some(Untrusted::new("shop/cart.py")), in_app: true, ..Frame::default() }];
        assert_eq!(tie(&commit(&["docs/a.md"], false), None, &frames), None);
        assert_eq!(tie(&commit(&[], false), None, &frames), Some(Tie::InRelease));
        assert_eq!(tie(&commit(&[], true), None, &frames), Some(Tie::Blamed));
        assert!(matches!(tie(&commit(&["src/shop/cart.py"], false), None, &frames), Some(Tie::Touches(_))));
        let matched = |files| SuspectCommit { is_matched: true, ..commit(files, false) };
        assert_eq!(tie(&matched(&[]), None, &frames), Some(Tie::Matched));
        assert_eq!(tie(&matched(&["docs/a.md"]), None, &frames), None);
        assert_eq!(tie(&commit(&[], false), Some(2), &frames), Some(Tie::Changes(2)));
    }
}
