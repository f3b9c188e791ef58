//! The fixed rules that analyse an issue without a model. Each file answers one question with pure functions over the
//! evidence.
//!
//! | question | file |
//! |---|---|
//! | What broke, and where? | `headline.rs` |
//! | Which frame has to change? | `suspect/`, worded by `blame.rs` |
//! | What kind of failure is it? | `knowledge/` |
//! | Which value caused it? | `locals.rs` |
//! | What failed just before? | `crumbs.rs` |
//! | Which exception leads? | `lineage.rs` |
//! | Did several errors come at once? | `group.rs` |
//! | What does a stack within a message show? | `embedded.rs` |
//! | What was raised, and what caused what? | `chain.rs` |
//! | How often, and since when? | `frequency.rs` |
//! | Is it new, or back in a release? | `novelty.rs` |
//! | Who is affected, and what do the events share? | `affected.rs` |
//! | What do several events have in common? | `compared.rs` |
//! | Which commit? | `commits.rs` |
//! | What does the repository show? | `source.rs` |
//! | What did Seer say? | `others.rs` |
//! | How sure is it? | `confidence.rs` |
//! | What should be done to the issue? | `propose.rs` |
//! | Which data is missing? | `missing.rs` |
//! | Is the issue open at all? | `status.rs` |
//!
//! The table covers errors. Other kinds of issues have their own notes in `kinds/`.

mod affected;
mod blame;
mod body;
mod chain;
mod commits;
mod compared;
mod confidence;
mod crumbs;
mod embedded;
mod flags;
mod frequency;
mod group;
mod headline;
mod kinds;
mod knowledge;
mod lineage;
mod locals;
mod missing;
mod novelty;
mod others;
mod propose;
mod raised;
mod source;
mod status;
pub mod suspect;

pub use blame::{candidate, ranking};
pub(super) use source::state;

use crate::domain::analysis::{Analysis, Finding, Status};
use crate::domain::event::Event;
use crate::domain::evidence::Evidence;
use crate::domain::kind::Kind;
use crate::domain::words::Sentence;

/// The name of these rules as an analyzer, in notes and logs.
pub const NAME: &str = "rules";
/// The largest number of next steps in an analysis. Readers ignore longer lists.
const STEPS: usize = 5;

/// Facts about the evidence that several rules use. They are computed once.
#[derive(Default)]
struct Clues {
    suspect: Option<blame::Suspect>,
    known: Option<knowledge::Known>,
    culprits: Vec<locals::Culprit>,
    /// The failure just before the event.
    before: Option<crumbs::Failed>,
    /// The most suspect commit.
    commit: Option<commits::Tied>,
}

impl Clues {
    fn of(evidence: &Evidence, suspect: Option<blame::Suspect>) -> Self {
        let event = evidence.event.as_ref();
        let leads = event.and_then(|event| headline::exception(event, suspect.as_ref()));
        let culprits =
            event.zip(suspect.as_ref()).map(|(event, suspect)| locals::culprits(event, suspect.frame));
        Self {
            known: knowledge::known(evidence, leads),
            suspect,
            culprits: culprits.unwrap_or_default(),
            before: crumbs::failed(evidence),
            commit: commits::best(evidence),
        }
    }
}

/// Returns the id of the well-known failure in the evidence, if there is one. Only tests and measurements use this
/// function.
#[must_use]
pub fn failure(evidence: &Evidence) -> Option<&'static str> {
    Clues::of(evidence, blame::suspect(evidence)).known.map(|known| known.id)
}

/// Returns the analysis of the evidence by the rules. The same evidence always gives the same analysis.
#[must_use]
pub fn analyze(evidence: &Evidence) -> Analysis {
    of_issue(evidence, || blame::suspect(evidence))
}

/// Returns the analysis of the evidence with the stack frame at the index `frame` as the frame that contains the bug.
/// The note of an issue that Sentry's detectors found stays the same, because it suspects no frame.
#[must_use]
pub fn analyze_at(evidence: &Evidence, frame: usize) -> Analysis {
    of_issue(evidence, || blame::suspect_at(evidence, frame))
}

fn of_issue(evidence: &Evidence, suspect: impl FnOnce() -> Option<blame::Suspect>) -> Analysis {
    let mut analysis = kinds::note(evidence).unwrap_or_else(|| of_program(evidence, suspect()));
    status::remark(evidence, &mut analysis);
    analysis
}

/// Returns the analysis of an issue that the program itself reports, in contrast to a detector of Sentry. `suspect` is
/// the frame that most likely contains the bug.
fn of_program(evidence: &Evidence, suspect: Option<blame::Suspect>) -> Analysis {
    let mut analysis = of_error(evidence, &Clues::of(evidence, suspect));
    match evidence.kind() {
        Kind::Native => kinds::native::extend(evidence, &mut analysis),
        Kind::Hang => kinds::hang::extend(evidence, &mut analysis),
        // The frames of an obfuscated program in Dart are bare addresses, like those of a native crash.
        _ if evidence.event.as_ref().is_some_and(Event::lacks_symbols) => {
            kinds::native::extend(evidence, &mut analysis);
        }
        _ => {}
    }
    analysis
}

fn of_error(evidence: &Evidence, clues: &Clues) -> Analysis {
    let suspect = clues.suspect.as_ref();
    let is_likely = suspect.is_some() || clues.known.is_some() || evidence.seer.is_some();
    Analysis {
        analyzer: NAME,
        status: if is_likely { Status::Likely } else { Status::Undetermined },
        confidence: confidence::confidence(evidence, clues),
        title: headline::title(evidence, suspect),
        headline: headline::headline(evidence, suspect),
        cause: cause(evidence, clues),
        suspect: suspect.map(|suspect| suspect.frame),
        runners_up: suspect.map_or_else(|| raised::newest(evidence), |suspect| suspect.runners_up.clone()),
        line: suspect.and_then(|suspect| line(evidence, suspect)),
        place_remark: place_remark(evidence, clues),
        findings: findings(evidence, clues),
        next_steps: next_steps(evidence, clues),
        proposal: propose::proposal(evidence, clues),
        would_settle: missing::wishes(evidence, clues),
        reading: None,
        remarks: Vec::new(),
    }
}

/// Returns the statements about the cause: the explanation of Sentry's Seer, the explanation of the knowledge base, the
/// variables that explain the failure, the other members of an exception group, and the chain of exceptions.
fn cause(evidence: &Evidence, clues: &Clues) -> Vec<Finding> {
    let parts = [
        others::cause(evidence),
        group::of_first(
            evidence,
            clues.known.as_ref().map(|known| known.cause(evidence)).unwrap_or_default(),
        ),
        clues.culprits.iter().map(locals::Culprit::finding).collect(),
        group::siblings(evidence, clues.suspect.as_ref()).into_iter().collect(),
        chain::surfaced(evidence, clues).into_iter().collect(),
    ];
    parts.into_iter().flatten().collect()
}

/// Returns a statement with the source line of the suspect frame, from the event or else from the repository.
fn line(evidence: &Evidence, suspect: &blame::Suspect) -> Option<Finding> {
    blame::line(evidence, suspect).or_else(|| source::line(evidence, suspect))
}

/// Returns what a reader must know about the place in the headline: where the error was raised, if that is not the
/// suspect frame, or that the suspect frame is not the program's own code. The latter is left out if it is the reason for
/// the confidence, which the note gives, too.
fn place_remark(evidence: &Evidence, clues: &Clues) -> Option<Finding> {
    let suspect = clues.suspect.as_ref();
    let elsewhere = || raised::elsewhere(evidence, suspect?);
    let whose = || suspect.and_then(blame::whose).filter(|_| !confidence::is_about_owner(evidence, clues));
    embedded::raised(evidence).or_else(elsewhere).or_else(whose)
}

/// Returns all statements that are neither about the cause nor about the place, the most useful first.
fn findings(evidence: &Evidence, clues: &Clues) -> Vec<Finding> {
    let suspect = clues.suspect.as_ref();
    let mut shared = affected::shared(evidence).into_iter();
    let mut flags = flags::findings(evidence).into_iter();
    let mut compared = compared::findings(evidence, suspect).into_iter();
    let mut seer = others::findings(evidence).into_iter();
    let commit = clues.commit.and_then(|commit| commits::finding(evidence, commit));
    let (tied, released) =
        commit.map_or(
            (None, None),
            |(is_tied, finding)| {
                if is_tied { (Some(finding), None) } else { (None, Some(finding)) }
            },
        );
    // A phone shows only the first statements: recent changes, users, shared values and the commit.
    let first = [
        suspect.and_then(|suspect| source::last_change(evidence, suspect)),
        clues.before.as_ref().map(|failed| failed.finding.clone()),
        flags.next(),
        compared.next(),
        seer.next(),
        novelty::news(evidence),
        affected::users(evidence),
        shared.next(),
        tied,
    ];
    let rest = [
        source::changed(evidence),
        suspect.map(|suspect| body::findings(evidence, suspect)).unwrap_or_default(),
        source::unconfirmed(evidence).into_iter().collect(),
        flags.collect(),
        compared.collect(),
        seer.collect(),
        frequency::findings(evidence),
        suspect.map(|suspect| blame::passed_over(evidence, suspect)).unwrap_or_default(),
        novelty::span(evidence).into_iter().collect(),
        shared.collect(),
        released.into_iter().collect(),
        chain::findings(evidence),
        affected::served(evidence).into_iter().chain(affected::unknown(evidence)).collect(),
    ];
    first.into_iter().flatten().chain(rest.into_iter().flatten()).collect()
}

fn next_steps(evidence: &Evidence, clues: &Clues) -> Vec<Sentence> {
    let mut steps: Vec<Sentence> =
        clues.culprits.first().and_then(locals::Culprit::step).into_iter().collect();
    steps.extend(clues.before.as_ref().and_then(crumbs::Failed::step));
    steps.extend(clues.known.iter().flat_map(knowledge::Known::steps));
    if clues.known.is_none() && clues.culprits.is_empty() {
        steps.extend(clues.suspect.as_ref().and_then(|suspect| blame::step(evidence, suspect)));
        steps.extend(chain::step(evidence).filter(|_| clues.suspect.is_none()));
    }
    steps.extend(novelty::step(evidence));
    steps.extend(affected::step(evidence));
    steps.extend(others::steps(evidence));
    if steps.is_empty() {
        steps.push(Sentence::plain(|w| w.step_read_event));
    }
    steps.truncate(STEPS);
    steps
}
