//! A rule about the environment, and the knowledge base's entry for a failure in Go.

use sidenote::domain::analysis::Finding;
use sidenote::domain::evidence::{Cite, Evidence};
use sidenote::domain::ids::TagKey;
use sidenote::domain::words::{Arg, Part, Sentence};

/// Names the environment if it is known and is not production.
fn elsewhere(evidence: &Evidence) -> Option<Finding> {
    let environment = evidence.environment()?;
    if environment.raw().starts_with("prod") {
        return None;
    }
    // In the crate the phrase is a field of `Words`, `|w| w.not_production`, so that every language has it.
    let said = Sentence::new(|_| "It happened in {0}, not in production.", [Arg::from(environment)]);
    Some(Finding::new(said, [Cite::Tag(TagKey::parse("environment").ok()?)]))
}

#[test]
fn a_rule_says_what_it_sees_and_cites_it() {
    let staging = super::evidence(&super::crash());
    let finding = elsewhere(&staging).expect("a finding");
    let words = sidenote::domain::words::Language::English.words();
    assert_eq!(finding.sentence.plain_text(words), "It happened in staging, not in production.");
    assert!(finding.cites.iter().all(|cite| staging.holds(cite)));
    let production = super::crash().to_string().replace("staging", "production");
    assert!(elsewhere(&super::evidence(&production.parse().expect("JSON"))).is_none());
}

#[test]
fn the_knowledge_entry_in_contributing_is_used() {
    let evidence = super::evidence(&super::crash());
    let analysis = sidenote::analyzers::rules::analyze(&evidence);
    let words = sidenote::domain::words::Language::English.words();
    let said: Vec<String> = analysis.cause.iter().map(|finding| finding.sentence.plain_text(words)).collect();
    let meant = (words.advice)().text("go.index_range", Part::Cause);
    assert!(!meant.is_empty() && said.iter().any(|text| text == meant), "{said:?}");
}
