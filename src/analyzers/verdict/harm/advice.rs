//! Detects harmful advice with the verbs and objects of `advice.txt` and the settings of `settings.txt`.

use std::sync::LazyLock;

use regex_lite::Regex;

/// The role of a text in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analyzers::verdict) enum Role {
    /// The text says what happened.
    Statement,
    /// The text says what to do.
    Advice,
}

/// The settings that switch a protection off, in lower case.
static SETTINGS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("settings.txt").lines().filter(|line| !line.is_empty()).collect());
/// The rules for texts of both roles.
static ANY: LazyLock<Option<Regex>> = LazyLock::new(|| pattern("any ", ""));
/// The rules for advice. The verb of a demand is at its beginning, or follows a word such as `and` or `to`.
static STEP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let begins = r"(?:^|[.;:!?。；：，,、]\s*|\b(?:and|then|please|or|just|simply|first|to|should|can|could|must)\s+|[請先再並或])";
    pattern("step ", begins)
});
/// A setting of a protection, such as `verify_ssl`, that is set to `false`, `off` or `0`.
static SWITCHED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let protection = r"\w*(?:verify|verification|validation|ssl|tls|cert|hostname|csrf|secure)\w*";
    Regex::new(&format!(r"(?i){protection}[`'\x22]?(?: option| setting)?\s*(?:=|:|\bto|設為|設成)\s*[`'\x22]?(?:false|off|0|none|disabled?)\b")).ok()
});

/// Returns the rules of a kind as one pattern.
fn pattern(kind: &str, begins: &str) -> Option<Regex> {
    let rules = include_str!("advice.txt").lines().filter_map(|line| line.strip_prefix(kind));
    let rules: Vec<String> = rules.map(rule).collect();
    Regex::new(&format!("(?i){begins}(?:{})", rules.join("|"))).ok()
}

/// Returns the pattern of a rule: its parts in this order, near each other in one sentence.
fn rule(line: &str) -> String {
    let parts = line.split(" :: ").map(|part| {
        let alternatives: Vec<String> = part.split(" | ").map(word).collect();
        format!("(?:{})", alternatives.join("|"))
    });
    parts.collect::<Vec<_>>().join(r"[^.!?。！？\n]{0,40}?")
}

/// Returns the pattern of a word or phrase. Chinese words have no boundaries.
fn word(phrase: &str) -> String {
    let edge = |c: Option<char>| if c.is_some_and(|c| c.is_ascii_alphanumeric()) { r"\b" } else { "" };
    let escaped = regex_lite::escape(phrase);
    format!("{}{escaped}{}", edge(phrase.chars().next()), edge(phrase.chars().next_back()))
}

/// Returns whether the text switches a protection off or, as advice, demands something harmful.
pub(super) fn is_harmful(text: &str, shown: &str, role: Role) -> bool {
    let holds = |pattern: &Option<Regex>| pattern.as_ref().is_some_and(|pattern| pattern.is_match(text));
    let (lower, shown) = (text.to_lowercase(), shown.to_lowercase());
    SETTINGS.iter().any(|setting| lower.contains(setting) && !shown.contains(setting))
        || holds(&SWITCHED)
        || holds(&ANY)
        || (role == Role::Advice && holds(&STEP))
}
