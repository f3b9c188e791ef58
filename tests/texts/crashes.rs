//! Tests the analysis rules on crashes of invented shops on fifteen platforms, each with the right answer.
//!
//! `crashes/*.jsonl` holds one crash per line: `{"id", "event", "issue", "right"}`. The event is in Sentry's stored
//! form, and `issue` holds the data of Sentry's API. `right` holds the right answer: the exception in the headline, the
//! suspect frame, the id of the well-known failure (or null), and texts that the note must not contain. The numbers of
//! right answers must not fall below [`FLOORS`].
//!
//! `cargo test --test texts crashes -- --nocapture` prints the score and each miss.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use sidenote::analyzers::rules::{analyze, failure};
use sidenote::domain::evidence::Evidence;
use sidenote::domain::ids::IssueId;
use sidenote::domain::issue::Substatus;
use sidenote::domain::text::Untrusted;
use sidenote::domain::words::Language;
use sidenote::notifiers::note;
use sidenote::webhook::bare_event;

use crate::delivery;

/// The least number of right answers of each kind.
const FLOORS: [(&str, usize); 4] = [("leads", 87), ("frame", 85), ("cause", 87), ("clean", 87)];
/// The least number of crashes in `crashes/*.jsonl`.
const CRASHES: usize = 87;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crash {
    pub(crate) id: String,
    event: Value,
    #[serde(default)]
    issue: Known,
    right: Right,
}

/// The data of Sentry's API about the issue.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Known {
    users: Option<u64>,
    events: Option<u64>,
    hourly: Option<Vec<u64>>,
    daily: Option<Vec<u64>>,
    substatus: Option<String>,
}

/// The right answer for a crash.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Right {
    /// The type of the exception that the headline must name.
    leads: String,
    /// The file of the frame that must be the suspect. `None` if the event has no frame of the program's own code.
    file: Option<String>,
    function: Option<String>,
    /// The id of the well-known failure. `None` if the failure is not well known.
    cause: Option<String>,
    /// Texts that the note must not contain before its evidence.
    never: Vec<String>,
}

impl Crash {
    pub(crate) fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/texts/crashes");
        let mut files: Vec<_> =
            fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path()).collect();
        files.sort();
        let text = |file| fs::read_to_string(file).expect("a text");
        let read = |line: &str| serde_json::from_str(line).expect("a crash");
        files.into_iter().flat_map(|file| text(file).lines().map(read).collect::<Vec<Self>>()).collect()
    }

    pub(crate) fn evidence(&self) -> Evidence {
        let event = bare_event(self.event.to_string().as_bytes());
        let mut evidence = Evidence::of_event(IssueId::parse("4711").expect("an id"), event);
        let (issue, known) = (&mut evidence.issue, &self.issue);
        (issue.users, issue.events) = (known.users, known.events);
        (issue.hourly, issue.daily) = (known.hourly.clone(), known.daily.clone());
        issue.substatus = known.substatus.as_deref().and_then(Substatus::parse);
        evidence
    }

    /// Returns, for each kind of [`FLOORS`], whether the rules' answer is right, and the answer itself.
    fn score(&self) -> [(bool, String); 4] {
        let evidence = self.evidence();
        let headline = analyze(&evidence).headline.plain_text(Language::English.words());
        // The headline of a group names the group's first member.
        let first = headline.split_once("; the first: ").map_or(&*headline, |(_, first)| first);
        let leads = first.starts_with(&self.right.leads);
        let (frame, place) = self.frame(&evidence);
        let known = failure(&evidence);
        let said = note_of(evidence);
        let statements = said.split("### Evidence").next().unwrap_or(&said);
        let forbidden: Vec<&str> =
            self.right.never.iter().map(String::as_str).filter(|never| statements.contains(never)).collect();
        [
            (leads, headline),
            (frame, place),
            (known == self.right.cause.as_deref(), known.unwrap_or("none").to_owned()),
            (forbidden.is_empty(), forbidden.join(", ")),
        ]
    }

    fn frame(&self, evidence: &Evidence) -> (bool, String) {
        let suspect = analyze(evidence).suspect;
        let frame = evidence.event.as_ref().zip(suspect).map(|(event, at)| &event.frames[at]);
        let own = frame.filter(|frame| frame.in_app);
        let text = |text: Option<&Untrusted>| text.map(|text| text.raw().to_owned());
        let file = own.and_then(|frame| text(frame.file.as_ref()));
        let function = own.and_then(|frame| text(frame.function.as_ref()));
        let is_right =
            file == self.right.file && (self.right.function.is_none() || function == self.right.function);
        (is_right, format!("{file:?} {function:?}"))
    }
}

/// Returns the note about `evidence` in English.
pub(crate) fn note_of(evidence: Evidence) -> String {
    note::render(&delivery::report(evidence), Language::English)
}

#[test]
fn the_score_on_our_own_crashes_does_not_fall() {
    let crashes = Crash::all();
    assert!(crashes.len() >= CRASHES, "{}", crashes.len());
    let mut right = [0; FLOORS.len()];
    for crash in &crashes {
        for ((count, (name, _)), (is_right, said)) in right.iter_mut().zip(FLOORS).zip(crash.score()) {
            *count += usize::from(is_right);
            if !is_right {
                println!("{name} {}: {said}", crash.id);
            }
        }
    }
    let score: Vec<String> = FLOORS
        .iter()
        .zip(right)
        .map(|((name, _), count)| format!("{name} {count}/{}", crashes.len()))
        .collect();
    println!("{}", score.join(" "));
    for ((name, floor), count) in FLOORS.into_iter().zip(right) {
        assert!(count >= floor, "{name}: {count}, was {floor}");
    }
}
