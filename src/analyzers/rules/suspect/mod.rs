//! Finds the suspect frame: the stack frame of an event that most likely contains the bug.
//!
//! 1. Only the program's own code is ranked (`Owner`). Frames newer than a panic are its handlers and are left out.
//!    If there is no own code, dependencies are ranked, and the result says so.
//! 2. The newest frame is first, because the failure was *noticed* there.
//! 3. A frame that only raises, only passes a call on, or only rejects a value is passed over: the cause is then one
//!    step further out ([`Rule`]). The conditions of the rules hold in every language. A source line with another
//!    action than raising overrules them.
//!
//! A thread that waits for work has no suspect frame.
//!
//! The score of a frame is its distance from the crash, counted in classes or files, plus the weight of each rule that
//! applies. The computation is pure, and linear in the number of frames except for the final sort.

mod facts;
mod folders;
mod idle;
mod kind;
mod line;
mod owner;
mod packages;
mod place;
mod roles;
mod scene;
#[cfg(test)]
mod tests;
mod words;

use std::cell::LazyCell;
use std::cmp::Reverse;
use std::collections::HashMap;

use crate::domain::order::sorted_by_key;

use idle::is_idle;
use kind::Kind;
use roles::{is_test, runs_tests};
use scene::Scene;

pub(super) use facts::Facts;
pub(super) use line::Line;
pub(super) use owner::{Owner, is_sdk};
pub use place::class_of;
pub(super) use place::without_arguments;

/// Whether the runtime of the language itself raises an exception of this type with this message, for example for a
/// null, an index or a type. `newest` is the newest frame of the exception.
pub(super) fn is_runtime_failure(type_name: &str, message: &str, newest: &Candidate<'_>) -> bool {
    !matches!(Kind::of(type_name, message, &Facts::of(newest)), Kind::Raised | Kind::Overflow)
}

/// The texts and the mark of a stack frame that the ranking reads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Candidate<'a> {
    /// The function or method, qualified or not; `<init>` for a Java constructor.
    pub function: &'a str,
    /// The class or the path of the module. Empty if the SDK sends none.
    pub module: &'a str,
    /// The source file. It is used in place of an empty `module`.
    pub filename: &'a str,
    /// The full path or URL of the source file. Empty if the SDK sends none.
    pub path: &'a str,
    /// The package or image that contains the code. Empty if the SDK sends none.
    pub package: &'a str,
    /// The source line. Empty if the SDK sends none.
    pub source: &'a str,
    /// Whether the SDK marks the frame as the application's own.
    pub in_app: bool,
    /// The index of the frame's exception; 0 is the innermost cause.
    pub exception_index: usize,
}

/// A stack frame in a ranking, with its score and the reasons for the score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked<'a> {
    /// The frame's index in the slice that [`rank`] was given.
    pub index: usize,
    /// The score: the highest is the most suspect. Only the order of scores has a meaning.
    pub score: i32,
    /// Whether the frame is the program's own code, according to the SDK and the platform.
    pub is_own: bool,
    /// The rules that changed the score of the frame.
    pub reasons: Vec<Reason<'a>>,
}

/// A rule that changed the score of a frame, with the name that it matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason<'a> {
    /// The rule that changed the score.
    pub rule: Rule,
    /// The name that the rule matched: a function or a class.
    pub name: &'a str,
}

/// The reason why a frame is more or less suspect than its position in the stack alone makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The function only raises exceptions, or only guards against invalid values.
    OnlyRaises,
    /// The function only calls another function that was passed in, or the language calls it in place of a missing
    /// method.
    Forwards,
    /// A constructor, accessor, operator or helper rejected a value that its caller passed.
    TakesValue,
    /// The package of the frame belongs to another organisation than the program.
    OtherVendor,
    /// The frame is test code, and not the code under test.
    TestCode,
    /// The frame is part of the cycle that exhausted the stack.
    Cycle,
}

/// The clarity of the choice of the first frame in a ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clarity {
    /// The first frame is the program's own code, and no newer own frame of its exception was passed over. Nine of ten
    /// such choices are right on public test sets.
    Clear,
    /// The first frame is the program's own code, and a rule passed over a newer own frame. Three of four such choices
    /// are right on public test sets.
    Ruled,
    /// The first frame is not known to be the program's own code.
    NotOwn,
}

/// The change of the score for each further class or file between the crash and a frame. The weights of rules are
/// relative to this step.
const STEP: i32 = -10;

impl Rule {
    const fn weight(self) -> i32 {
        match self {
            // More than three steps, the length of a chain that raises (helper, factory, exception).
            Self::OnlyRaises | Self::Forwards => -40,
            // More than one step and less than two: it moves the choice to the caller, but not to the caller's caller.
            Self::TakesValue | Self::OtherVendor => -15,
            // Below everything else, including a frame that only raises.
            Self::TestCode => -60,
            // The frame on top when the stack overflowed can be up to two steps newer than the cycle.
            Self::Cycle => 20,
        }
    }
}

/// Returns the frames of the program's own code, the most suspect first. If there are none, returns all frames outside
/// of the runtime, and if there are none of these either, code that was typed at a prompt. Returns nothing for a thread
/// that waits for work.
///
/// `frames` must be in the order newest first and, with chained exceptions, innermost exception first. `exceptions`
/// holds `(type, message)` by `exception_index`.
#[must_use]
pub fn rank<'a>(frames: &[Candidate<'a>], exceptions: &[(&'a str, &'a str)]) -> Vec<Ranked<'a>> {
    let frames: Vec<Facts<'a>> = frames.iter().map(Facts::of).collect();
    let pool = Pool::of(&frames);
    let frames_of = LazyCell::new(|| pool.frames_by_class(&frames));
    let mut ranked = Vec::with_capacity(frames.len());
    let mut scene: Option<Scene<'a>> = None;
    let mut steps: i32 = 0;
    let mut last = None;
    for (index, frame) in frames.iter().enumerate() {
        let mut current = Scene::of(frame, scene, exceptions);
        if pool.holds(index) {
            let (class, role) = (frame.class, current.judge(frame));
            // A call that only passes arguments on is no step of its own.
            if role != Some(Rule::Forwards) {
                steps += i32::from(last.is_some_and(|last| last != class));
                last = Some(class);
            }
            let in_cycle = current.kind == Kind::Overflow
                && frames_of.get(class).is_some_and(|count| count * CYCLE_SHARE >= pool.size);
            let reasons = reasons(frame, role, &pool, in_cycle);
            let score = STEP * steps + reasons.iter().map(|reason| reason.rule.weight()).sum::<i32>();
            let is_own = pool.is_own && reasons.iter().all(|reason| reason.rule != Rule::OtherVendor);
            ranked.push(Ranked { index, score, is_own, reasons });
        } else {
            current.pass(frame);
        }
        scene = Some(current);
    }
    sorted_by_key(ranked, |frame| (Reverse(frame.score), frame.index))
}

/// Returns the clarity of the choice of the first frame in `ranked`. Returns `None` if the ranking is empty.
/// `is_same_exception` says whether the frames at two indexes belong to the same exception.
#[must_use]
pub fn clarity(ranked: &[Ranked<'_>], is_same_exception: impl Fn(usize, usize) -> bool) -> Option<Clarity> {
    let first = ranked.first()?;
    let is_newer =
        |other: &Ranked<'_>| other.index < first.index && is_same_exception(other.index, first.index);
    Some(match () {
        () if !first.is_own => Clarity::NotOwn,
        () if ranked.iter().any(is_newer) => Clarity::Ruled,
        () => Clarity::Clear,
    })
}

/// The frames that are ranked, and facts about them.
struct Pool<'a> {
    holds: Vec<bool>,
    is_own: bool,
    size: usize,
    /// The organisation that owns the package of the oldest own frame.
    home: Option<&'a str>,
    is_test_run: bool,
}

/// The divisor of the number of frames: a class with at least one in ten frames is part of the cycle that exhausted the
/// stack.
const CYCLE_SHARE: usize = 10;

impl<'a> Pool<'a> {
    /// Selects the frames that Sentry's SDK marks as the program's own, or that are known to be own on a platform whose
    /// SDK marks none. If there are none, selects all frames outside of the runtime, and otherwise code that was typed
    /// at a prompt. Selects nothing in a thread that waits for work. Frames that handle a panic are never selected.
    fn of(frames: &[Facts<'a>]) -> Self {
        let owners: Vec<Owner> = frames.iter().map(Owner::of).collect();
        let after_panic = after_panics(frames);
        let chosen = |is_wanted: &dyn Fn(&Facts<'_>, Owner) -> bool| -> Vec<bool> {
            let each = frames.iter().zip(&owners).zip(&after_panic);
            each.map(|((frame, owner), after)| *after && is_wanted(frame, *owner)).collect()
        };
        let is_marked = frames.iter().any(|frame| frame.in_app);
        let own = chosen(&|frame, owner| {
            owner == Owner::Program && (frame.in_app || (!is_marked && owner::is_known_program(frame)))
        });
        let is_own = own.contains(&true);
        let others = || chosen(&|_, owner| matches!(owner, Owner::Program | Owner::Dependency));
        let typed = || chosen(&|_, owner| owner == Owner::Typed);
        let holds =
            [own.clone()].into_iter().chain(std::iter::once_with(others)).find(|it| it.contains(&true));
        let holds = if is_idle(frames) { Vec::new() } else { holds.unwrap_or_else(typed) };
        let oldest = frames.iter().zip(&holds).rfind(|(_, held)| **held).map(|(frame, _)| frame);
        Self {
            is_own,
            size: holds.iter().filter(|held| **held).count(),
            home: oldest.filter(|_| is_own).and_then(Facts::vendor),
            is_test_run: frames.iter().any(runs_tests),
            holds,
        }
    }

    fn holds(&self, index: usize) -> bool {
        self.holds.get(index).copied().unwrap_or_default()
    }

    /// Counts the ranked frames of each class.
    fn frames_by_class(&self, frames: &[Facts<'a>]) -> HashMap<&'a str, usize> {
        let mut counts = HashMap::new();
        let held = frames.iter().zip(&self.holds).filter(|(_, held)| **held);
        held.for_each(|(frame, _)| *counts.entry(frame.class).or_default() += 1);
        counts
    }
}

/// Returns, for each frame, whether it is older than the frame of its exception that raised a panic, or the exception
/// has no such frame. Newer frames handle the panic.
fn after_panics(frames: &[Facts<'_>]) -> Vec<bool> {
    let mut oldest: HashMap<usize, usize> = HashMap::new();
    for (index, frame) in frames.iter().enumerate().filter(|(_, frame)| is_panic(frame)) {
        oldest.insert(frame.exception_index, index);
    }
    let is_after =
        |index: usize, frame: &Facts<'_>| oldest.get(&frame.exception_index).is_none_or(|at| index > *at);
    frames.iter().enumerate().map(|(index, frame)| is_after(index, frame)).collect()
}

/// Whether the frame is the runtime's function that raises a panic.
pub(super) fn is_panic(frame: &Facts<'_>) -> bool {
    let is_go = matches!(frame.function, "panic" | "gopanic" | "runtime.gopanic" | "runtime.panic")
        && matches!(frame.module, "" | "runtime");
    let marks = ["begin_unwind", "panicking::begin_panic", "core::panicking::", "panicking::rust_panic"];
    is_go || marks.iter().any(|mark| frame.function.contains(mark))
}

fn reasons<'a>(frame: &Facts<'a>, role: Option<Rule>, pool: &Pool<'_>, in_cycle: bool) -> Vec<Reason<'a>> {
    let elsewhere = matches!((frame.vendor(), pool.home), (Some(theirs), Some(ours)) if theirs != ours);
    let mut reasons: Vec<_> = role.map(|rule| Reason { rule, name: frame.function }).into_iter().collect();
    let about_class = [
        (elsewhere, Rule::OtherVendor),
        (is_test(frame, pool.is_test_run), Rule::TestCode),
        (in_cycle, Rule::Cycle),
    ];
    reasons.extend(
        about_class
            .into_iter()
            .filter(|(applies, _)| *applies)
            .map(|(_, rule)| Reason { rule, name: frame.class }),
    );
    reasons
}
