//! Finds local variables in the failing line that explain the failure, because they were empty, zero or too short.

use crate::domain::analysis::Finding;
use crate::domain::event::{Event, Frame};
use crate::domain::evidence::Cite;
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Sentence};

/// The forms in which languages print an empty value.
const NOTHING: &[&str] = &[
    "None",
    "null",
    "nil",
    "undefined",
    "<undefined>",
    "<null>",
    "NULL",
    "NaN",
    "nan",
    "\"\"",
    "''",
    "[]",
    "{}",
    "()",
    "array()",
    "Optional(nil)",
];
/// The length at which Sentry's SDKs cut lists. The real list may be longer.
const CUT: u64 = 10;
/// At most this many variables are read.
const LOCALS: usize = 100;
/// At most this many characters of the failing line are read.
const LINE: usize = 1_000;
/// The note names at most this many variables.
const MOST: usize = 2;

/// A variable in the failing line that explains the failure.
#[derive(Debug, Clone)]
pub(super) struct Culprit {
    frame: usize,
    name: Untrusted,
    value: Held,
}

/// The value of a variable that explains the failure.
#[derive(Debug, Clone)]
enum Held {
    /// An empty value, or zero as a divisor.
    Nothing(Untrusted),
    /// A list with too few elements: their number, and the index that is out of range.
    TooFew(u64, i64),
}

/// Returns the variables that explain the failure in the frame at `at`, the most likely first.
pub(super) fn culprits(event: &Event, at: usize) -> Vec<Culprit> {
    let Some(frame) = event.frames.get(at) else { return Vec::new() };
    let Some(line) = frame.source.as_ref().map(|source| source.start(LINE)) else { return Vec::new() };
    let mut found: Vec<(bool, Culprit)> = Vec::new();
    for (name, value) in frame.locals.iter().take(LOCALS) {
        let plain = name.raw().trim_matches(['\'', '"']).trim_start_matches('$');
        let uses = uses(line, plain);
        if uses.is_empty() {
            continue;
        }
        let culprit = |value| Culprit { frame: at, name: Untrusted::new(plain), value };
        if let Some(too_few) = too_few(frame, line, &uses, value.raw()) {
            found.push((true, culprit(too_few)));
        } else if is_nothing(value.raw()) {
            let is_entered = uses.iter().any(|used| used.is_entered);
            found.push((is_entered, culprit(Held::Nothing(value.clone()))));
        } else if is_zero(value.raw()) && uses.iter().any(|used| used.divides) {
            found.push((true, culprit(Held::Nothing(value.clone()))));
        }
    }
    // A variable whose member is accessed is more likely than one that is only passed on.
    if found.iter().any(|(is_entered, _)| *is_entered) {
        found.retain(|(is_entered, _)| *is_entered);
    }
    found.into_iter().map(|(_, culprit)| culprit).take(MOST).collect()
}

impl Culprit {
    /// Returns a statement with the value of the variable.
    pub(super) fn finding(&self) -> Finding {
        let name = Arg::from(&self.name);
        let sentence = match &self.value {
            Held::Nothing(value) => Sentence::new(|w| w.local_nothing, [name, Arg::from(value)]),
            Held::TooFew(length, index) => {
                let index = Arg::Name(index.to_string());
                Sentence::new(|w| w.local_range, [name, Arg::Number(*length), index])
            }
        };
        Finding::new(sentence, [Cite::Frame(self.frame)])
    }

    /// Returns the advice to find out where the value came from. Returns `None` for a list with too few elements.
    pub(super) fn step(&self) -> Option<Sentence> {
        let Held::Nothing(value) = &self.value else { return None };
        Some(Sentence::new(|w| w.step_local, [Arg::from(&self.name), Arg::from(value)]))
    }
}

fn is_nothing(value: &str) -> bool {
    NOTHING.contains(&value.trim())
}

fn is_zero(value: &str) -> bool {
    matches!(value.trim(), "0" | "0.0" | "-0.0")
}

/// Returns the length of the list `value` and an index out of its range, if the line has one: `items[i]` with three
/// items and `i` equal to 7.
fn too_few(frame: &Frame, line: &str, uses: &[Use], value: &str) -> Option<Held> {
    let length: u64 = match value {
        "[]" => 0,
        other => other.strip_prefix("[… ")?.strip_suffix(']')?.parse().ok().filter(|length| *length < CUT)?,
    };
    uses.iter().find_map(|used| {
        let inside = line.get(used.end..)?.strip_prefix('[')?;
        let index = inside.split([']', ',']).next()?.trim();
        let value = |name: &str| {
            frame.locals.iter().take(LOCALS).find(|(own, _)| own.raw() == name).map(|(_, v)| v.raw())
        };
        let index: i64 = value(index).unwrap_or(index).trim().parse().ok()?;
        let is_out = if index < 0 { index.unsigned_abs() > length } else { index.unsigned_abs() >= length };
        is_out.then_some(Held::TooFew(length, index))
    })
}

/// One use of a variable's value in a line.
struct Use {
    end: usize,
    /// Whether a member, an element or the result of the variable is accessed.
    is_entered: bool,
    /// Whether the variable is a divisor.
    divides: bool,
}

/// Returns the places where `line` reads the variable `name`. Names of members and arguments, texts and assignments are
/// excluded.
fn uses(line: &str, name: &str) -> Vec<Use> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, _) in line.match_indices(name) {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let is_part = before.ends_with(|c| is_name(c) || c == '.') || after.starts_with(is_name);
        let is_member = before.ends_with("->") || before.ends_with("::");
        let after = after.trim_start();
        let is_set = after.starts_with('=') && !after.starts_with("==") && !after.starts_with("=>");
        if is_part || is_member || is_set || is_quoted(before, after) {
            continue;
        }
        found.push(Use {
            end: at + name.len(),
            is_entered: after.starts_with(['.', '[', '(']) || after.starts_with("->"),
            divides: before.trim_end().ends_with(['/', '%']),
        });
    }
    found
}

/// Whether the position between `before` and `after` is inside a string, unless the string interpolates it as
/// `f"{name}"` and `#{name}` do.
fn is_quoted(before: &str, after: &str) -> bool {
    let is_open = |quote: char| before.matches(quote).count() % 2 == 1 && after.contains(quote);
    !before.ends_with(['{', '$']) && (is_open('"') || is_open('\'') || is_open('`'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::words::Language;

    fn statements(source: &str, locals: &[(&str, &str)]) -> Vec<String> {
        let frame = Frame {
            source: Some(Untrusted::new(source)),
            locals: locals.iter().map(|(k, v)| (Untrusted::new(*k), Untrusted::new(*v))).collect(),
            ..Frame::default()
        };
        let event = Event { frames: vec![frame], ..Event::default() };
        let said = |culprit: &Culprit| culprit.finding().sentence.plain_text(Language::English.words());
        culprits(&event, 0).iter().map(said).collect()
    }

    #[test]
    fn a_null_variable_of_the_failing_line_is_reported() {
        let locals = [("coupon", "None"), ("total", "12"), ("code", "''")];
        assert_eq!(statements("return total * coupon.months", &locals), ["At this place, coupon was None."]);
        assert_eq!(statements("$user->name", &[("$user", "null")]), ["At this place, user was null."]);
        assert_eq!(statements("x = qty * price", &[("qty", "None")]), ["At this place, qty was None."]);
        assert_eq!(statements("raise E(f\"{coupon}\")", &locals), ["At this place, coupon was None."]);
    }

    #[test]
    fn other_uses_of_a_null_variables_name_are_not_reported() {
        let nothing = [("coupon", "None")];
        for source in
            ["self.coupon.months", "coupon = load(coupon_id)", "d['coupon']", "order(coupon=1)", "coupons[0]"]
        {
            assert!(statements(source, &nothing).is_empty(), "{source}");
        }
        assert!(statements("total / count", &[("total", "0")]).is_empty());
    }

    #[test]
    fn a_zero_divisor_and_an_index_beyond_the_list_are_reported() {
        assert_eq!(statements("return total / count", &[("count", "0")]), ["At this place, count was 0."]);
        let locals = [("rows", "[… 3]"), ("i", "7")];
        assert_eq!(
            statements("row = rows[i]", &locals),
            ["At this place, rows had 3 elements, and the index was 7."]
        );
        assert!(statements("row = rows[i]", &[("rows", "[… 10]"), ("i", "12")]).is_empty());
        assert_eq!(statements("items[-1]", &[("items", "[]")]).len(), 1);
    }
}
