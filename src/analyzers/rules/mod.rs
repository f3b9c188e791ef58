//! The rule analyst: one small file a question, each a pure function over the evidence.
//!
//! | question | file |
//! |---|---|
//! | What broke, and where? | `headline.rs` |
//! | Which frame has to change? | `suspect/`, told by `blame.rs` |
//! | What kind of failure is it? | `knowledge/` |
//! | Which value did it? | `locals.rs` |
//! | What failed just before? | `crumbs.rs` |
//! | Which exception leads? | `lineage.rs` |
//! | Did several errors come at once? | `group.rs` |
//! | What does a stack within a message show? | `embedded.rs` |
//! | What was raised, and what caused what? | `chain.rs` |
//! | How often, and since when? | `frequency.rs` |
//! | What came with it: a release, a regression? | `novelty.rs` |
//! | Who is affected, and what do the events share? | `affected.rs` |
//! | What do several events have in common? | `compared.rs` |
//! | Which commit? | `commits.rs` |
//! | What did Seer say? | `others.rs` |
//! | How sure is it? | `confidence.rs` |
//! | What should be done to the issue? | `propose.rs` |
//! | What is missing? | `missing.rs` |
//! | Is the issue open at all? | `status.rs` |
//!
//! These are the questions to an error. Other kinds of issues have notes of their own: `kinds/`.

mod affected;
mod blame;
mod chain;
mod commits;
mod compared;
mod confidence;
mod crumbs;
mod embedded;
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
mod status;
pub mod suspect;

pub use blame::{candidate, ranking};

use crate::domain::analysis::{Analysis, Finding, Status};
use crate::domain::evidence::Evidence;
use crate::domain::kind::Kind;
use crate::domain::words::Sentence;

/// The analyst's name.
pub const NAME: &str = "rules";
/// Steps that are told: nobody reads a sixth.
const STEPS: usize = 5;

/// What several questions rest on, found once.
#[derive(Default)]
struct Clues {
    suspect: Option<blame::Suspect>,
    known: Option<knowledge::Known>,
    culprits: Vec<locals::Culprit>,
    /// What failed just before.
    before: Option<crumbs::Failed>,
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
        }
    }
}

/// The id of the well-known failure that the evidence shows: for programs that measure, and for tests.
#[must_use]
pub fn failure(evidence: &Evidence) -> Option<&'static str> {
    Clues::of(evidence, blame::suspect(evidence)).known.map(|known| known.id)
}

/// Says what the evidence says. Pure: the same evidence gives the same analysis.
#[must_use]
pub fn analyze(evidence: &Evidence) -> Analysis {
    let mut analysis =
        kinds::note(evidence).unwrap_or_else(|| of_program(evidence, blame::suspect(evidence)));
    status::tell(evidence, &mut analysis);
    analysis
}

/// What the evidence says if `frame` is the one that has to change.
#[must_use]
pub fn analyze_at(evidence: &Evidence, frame: usize) -> Analysis {
    of_program(evidence, blame::suspect_at(evidence, frame))
}

/// The analysis of what the program itself reports.
fn of_program(evidence: &Evidence, suspect: Option<blame::Suspect>) -> Analysis {
    let mut analysis = of_error(evidence, &Clues::of(evidence, suspect));
    match evidence.kind() {
        Kind::Native => kinds::native::tell(evidence, &mut analysis),
        Kind::Hang => kinds::hang::tell(evidence, &mut analysis),
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
        headline: headline::headline(evidence, suspect),
        cause: cause(evidence, clues),
        suspect: suspect.map(|suspect| suspect.frame),
        runners_up: suspect.map(|suspect| suspect.runners_up.clone()).unwrap_or_default(),
        findings: findings(evidence, clues),
        next_steps: next_steps(evidence, clues),
        proposal: propose::proposal(evidence, clues),
        would_settle: missing::wishes(evidence, clues),
        reading: None,
        remarks: Vec::new(),
    }
}

/// Why it broke: Seer's word or the knowledge base's, the value that did it, and how it surfaced.
fn cause(evidence: &Evidence, clues: &Clues) -> Vec<Finding> {
    let parts = [
        others::cause(evidence),
        group::told(evidence).into_iter().collect(),
        clues.known.as_ref().map(|known| known.cause(evidence)).unwrap_or_default(),
        clues.culprits.iter().map(locals::Culprit::finding).collect(),
        chain::surfaced(evidence, clues).into_iter().collect(),
    ];
    parts.into_iter().flatten().collect()
}

/// What else the evidence says, the most telling first.
fn findings(evidence: &Evidence, clues: &Clues) -> Vec<Finding> {
    let suspect = clues.suspect.as_ref();
    let line = suspect.and_then(|suspect| blame::line(evidence, suspect));
    // That a frame is the newest of the user's own goes without saying where its line is shown.
    let goes_without_saying = suspect.is_some_and(|suspect| suspect.is_own) && line.is_some();
    let whose = suspect.filter(|_| !goes_without_saying).and_then(blame::whose);
    let mut shared = affected::shared(evidence).into_iter();
    let mut compared = compared::findings(evidence, suspect).into_iter();
    let mut seer = others::findings(evidence).into_iter();
    let (tied, released) = commits::finding(evidence).map_or((None, None), |(is_tied, finding)| {
        if is_tied { (Some(finding), None) } else { (None, Some(finding)) }
    });
    // A phone shows the first four: what shows the cause, what is new, whom it hits, what they share, which commit.
    let first = [
        line,
        embedded::raised(evidence),
        clues.before.as_ref().map(|failed| failed.finding.clone()),
        compared.next(),
        seer.next(),
        novelty::news(evidence),
        affected::users(evidence),
        shared.next(),
        tied,
    ];
    let rest = [
        compared.collect(),
        seer.collect(),
        frequency::findings(evidence),
        suspect.map(blame::passed_over).unwrap_or_default(),
        novelty::span(evidence).into_iter().collect(),
        shared.collect(),
        released.into_iter().chain(whose).collect::<Vec<_>>(),
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
