//! The suspect frame: which frame of an event most likely holds the bug.
//!
//! One idea carries the rules. The newest frame is where the failure was *noticed*. A frame that only raises, or
//! only takes the value it was handed, is a messenger, and then the bug is one step further out. So a frame starts
//! with its distance from the crash, counted in classes, and each [`Rule`] that applies to it adds its weight.
//! Pure, and linear in the number of frames but for the final sort.
//!
//! Names are judged by their words (`reportInvalid` is `report`, `invalid`), never by whose they are.

mod kind;
mod names;
mod scene;

use std::cmp::Reverse;
use std::collections::HashMap;

use kind::Kind;
use names::{is_test, vendor};
use scene::Scene;

pub use names::class_of;
pub(super) use names::is_machinery;

/// Whether the runtime itself gives up with such an exception (a null, an index, a type), and no code raised it.
pub(super) fn is_runtime_failure(type_name: &str, message: &str) -> bool {
    !matches!(Kind::of(type_name, message), Kind::Raised | Kind::Overflow)
}

/// One frame of the event, as the ranking sees it.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Function or method, qualified or not; `<init>` for a Java constructor.
    pub function: &'a str,
    /// Class or module path; empty where the SDK sends none.
    pub module: &'a str,
    /// Source file; stands in for an empty `module`.
    pub filename: &'a str,
    /// Whether the SDK calls the frame the application's own.
    pub in_app: bool,
    /// Which exception the frame belongs to; 0 is the innermost cause.
    pub exception_index: usize,
}

/// A ranked frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked<'a> {
    /// Position in the slice given to [`rank`].
    pub index: usize,
    /// Tenths of a step; only the order means something.
    pub score: i32,
    /// The rules that applied, in the order of [`Rule`].
    pub reasons: Vec<Reason<'a>>,
}

/// A rule that applied to a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason<'a> {
    /// The rule.
    pub rule: Rule,
    /// The name it saw: a function, or a class.
    pub name: &'a str,
}

/// Why a frame is more or less suspect than its depth alone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The function exists to raise or to guard.
    OnlyRaises,
    /// A constructor, setter, getter or container operation that turned down what it was handed.
    TakesValue,
    /// Another organisation's package.
    OtherVendor,
    /// Test code, not the code under test.
    TestCode,
    /// Language runtime, test runner, SDK, dependency or generated code.
    Machinery,
    /// Part of the cycle that used up the stack.
    Cycle,
}

/// Each further class away from the crash. The unit the weights below are measured in.
const STEP: i32 = -10;

impl Rule {
    /// Whether a frame that the rule applies to can still be the user's own code.
    pub(super) const fn is_own_code(self) -> bool {
        !matches!(self, Self::Machinery | Self::OtherVendor)
    }

    const fn weight(self) -> i32 {
        match self {
            // More than the three steps a raising chain (helper, factory, exception) is long.
            Self::OnlyRaises => -40,
            // Outweighs one step but not two: the caller, not the caller's caller.
            Self::TakesValue | Self::OtherVendor => -15,
            // Below everything else, also below a frame that only raises.
            Self::TestCode | Self::Machinery => -60,
            // A leaf that was on top when the stack ran out is up to two steps newer than the cycle.
            Self::Cycle => 20,
        }
    }
}

/// Ranks the in-app frames (all frames, if none is in-app), best first.
///
/// `frames` come newest first and, where exceptions are chained, innermost exception first. `exceptions` holds
/// `(type, message)` by `exception_index`. Several frames of one class each get a place; who wants classes keeps
/// the first frame of each [`class_of`].
#[must_use]
pub fn rank<'a>(frames: &[Candidate<'a>], exceptions: &[(&str, &str)]) -> Vec<Ranked<'a>> {
    let any_in_app = frames.iter().any(|frame| frame.in_app);
    let is_wanted = |frame: &Candidate<'_>| frame.in_app || !any_in_app;
    let wanted: Vec<&Candidate<'a>> = frames.iter().filter(|frame| is_wanted(frame)).collect();
    let home = wanted.last().filter(|frame| frame.in_app).and_then(|frame| vendor(class_of(frame)));
    let mut frames_of: HashMap<&str, usize> = HashMap::new();
    for frame in &wanted {
        *frames_of.entry(class_of(frame)).or_default() += 1;
    }

    let mut step_of: HashMap<&str, i32> = HashMap::new();
    let mut ranked = Vec::with_capacity(wanted.len());
    let mut scene: Option<Scene<'a>> = None;
    for (index, frame) in frames.iter().enumerate() {
        let mut current = Scene::of(frame.exception_index, scene, exceptions);
        if is_wanted(frame) {
            let class = class_of(frame);
            let in_cycle = current.kind == Kind::Overflow
                && frames_of.get(class).is_some_and(|count| count * CYCLE_SHARE >= wanted.len());
            let reasons = reasons(frame, current.judge(frame), home, in_cycle);
            let next = i32::try_from(step_of.len()).unwrap_or(i32::MAX / 100);
            let steps = *step_of.entry(class).or_insert(next);
            let score = STEP * steps + reasons.iter().map(|reason| reason.rule.weight()).sum::<i32>();
            ranked.push(Ranked { index, score, reasons });
        } else {
            current.pass(frame);
        }
        scene = Some(current);
    }
    ranked.sort_by_key(|frame| (Reverse(frame.score), frame.index));
    ranked
}

/// A class is in the cycle when it holds at least one frame in this many.
const CYCLE_SHARE: usize = 10;

fn reasons<'a>(
    frame: &Candidate<'a>,
    role: Option<Rule>,
    home: Option<&str>,
    in_cycle: bool,
) -> Vec<Reason<'a>> {
    let class = class_of(frame);
    let elsewhere = matches!((vendor(class), home), (Some(theirs), Some(ours)) if theirs != ours);
    let mut reasons: Vec<_> = role.map(|rule| Reason { rule, name: frame.function }).into_iter().collect();
    let about_class = [
        (elsewhere, Rule::OtherVendor),
        (is_test(frame), Rule::TestCode),
        (is_machinery(frame), Rule::Machinery),
        (in_cycle, Rule::Cycle),
    ];
    reasons.extend(
        about_class.into_iter().filter(|(applies, _)| *applies).map(|(_, rule)| Reason { rule, name: class }),
    );
    reasons
}

#[cfg(test)]
mod tests {
    use super::names::Words;
    use super::*;

    fn frame<'a>(module: &'a str, function: &'a str) -> Candidate<'a> {
        Candidate { function, module, filename: "", in_app: true, exception_index: 0 }
    }

    fn outside<'a>(module: &'a str, function: &'a str) -> Candidate<'a> {
        Candidate { in_app: false, ..frame(module, function) }
    }

    /// Module and function of the best frame.
    fn best<'a>(frames: &[Candidate<'a>], exception: (&str, &str)) -> Option<(&'a str, &'a str)> {
        rank(frames, &[exception])
            .first()
            .and_then(|top| frames.get(top.index))
            .map(|f| (f.module, f.function))
    }

    #[test]
    fn the_newest_frame_is_the_suspect_unless_a_rule_applies() {
        let frames = [frame("com.acme.Cart", "total"), frame("com.acme.Shop", "order")];
        assert_eq!(best(&frames, ("NullPointerException", "")), Some(("com.acme.Cart", "total")));
        assert!(rank(&[], &[]).is_empty());
    }

    #[test]
    fn a_frame_that_only_raises_points_to_its_caller() {
        let frames = [
            frame("com.acme.OrderException", "from"),
            frame("com.acme.Context", "reportInvalid"),
            frame("com.acme.Cart", "total"),
        ];
        assert_eq!(best(&frames, ("OrderException", "no")), Some(("com.acme.Cart", "total")));
        let ranked = rank(&frames, &[("OrderException", "no")]);
        let reasons: Vec<_> = ranked.iter().flat_map(|f| &f.reasons).collect();
        assert!(reasons.contains(&&Reason { rule: Rule::OnlyRaises, name: "reportInvalid" }));
    }

    #[test]
    fn a_guard_that_itself_breaks_is_the_suspect() {
        let frames = [frame("com.acme.Rules", "checkTotal"), frame("com.acme.Cart", "total")];
        assert_eq!(best(&frames, ("ClassCastException", "")), Some(("com.acme.Rules", "checkTotal")));
    }

    #[test]
    fn a_value_turned_down_came_from_the_caller() {
        let frames = [frame("com.acme.Span", "<init>"), frame("com.acme.Chart", "draw")];
        assert_eq!(
            best(&frames, ("IllegalArgumentException", "low > high")),
            Some(("com.acme.Chart", "draw"))
        );
        // The library below raised, so the first frame of ours is the one that handed over the value.
        let frames = [
            outside("java.awt.Color", "mix"),
            frame("com.acme.Scale", "getPaint"),
            frame("com.acme.Chart", "draw"),
        ];
        assert_eq!(best(&frames, ("IllegalArgumentException", "")), Some(("com.acme.Scale", "getPaint")));
    }

    #[test]
    fn a_class_that_took_the_value_stays_passed() {
        let frames = [
            frame("com.acme.Span", "<init>"),
            frame("com.acme.Span", "<init>"),
            frame("com.acme.Scale", "ticks"),
        ];
        let raised = ("IllegalArgumentException", "low > high");
        assert_eq!(best(&frames, raised), Some(("com.acme.Scale", "ticks")));
        // Only what takes is passed: here the class itself decided to.
        let frames = [frames[0], frame("com.acme.Span", "widen"), frames[2]];
        assert_eq!(best(&frames, raised), Some(("com.acme.Span", "widen")));
    }

    #[test]
    fn helpers_and_stopgaps_are_not_where_the_value_came_from() {
        let raised = ("FormatException", "no digit");
        let helper = [frame("com.acme.TextUtils", "digits"), frame("com.acme.Invoice", "read")];
        assert_eq!(best(&helper, raised), Some(("com.acme.Invoice", "read")));
        // A helper that itself breaks is the suspect, and so is one that only a test called.
        assert_eq!(best(&helper, ("ClassCastException", "")), Some(("com.acme.TextUtils", "digits")));
        let tested = [helper[0], frame("com.acme.TextUtilsTest", "digits")];
        assert_eq!(best(&tested, raised), Some(("com.acme.TextUtils", "digits")));
        let stopgap = [frame("com.acme.UnknownShape", "draw"), frame("com.acme.Sheet", "paint")];
        assert_eq!(best(&stopgap, raised), Some(("com.acme.Sheet", "paint")));
        let verified = [frame("com.acme.Bounds", "verifyDate"), frame("com.acme.Calendar", "add")];
        assert_eq!(best(&verified, raised), Some(("com.acme.Calendar", "add")));
    }

    #[test]
    fn a_null_check_of_the_runtime_is_a_decision() {
        let frames = [
            outside("java.util.Objects", "requireNonNull"),
            frame("com.acme.Cart", "setOwner"),
            frame("com.acme.Shop", "order"),
        ];
        assert_eq!(best(&frames, ("NullPointerException", "")), Some(("com.acme.Shop", "order")));
    }

    #[test]
    fn a_written_message_on_a_null_pointer_means_somebody_raised_it() {
        assert_eq!(Kind::of("NullPointerException", "owner must be set"), Kind::Raised);
        assert_eq!(Kind::of("NullPointerException", "Cannot invoke \"Cart.total()\""), Kind::Null);
        assert_eq!(Kind::of("panic", "index out of bounds: the len is 3"), Kind::Lookup);
        assert_eq!(Kind::of("ValueError", "index out of luck"), Kind::Raised);
    }

    #[test]
    fn the_recursion_is_suspect_not_the_leaf_on_top() {
        let mut frames = vec![frame("com.acme.Text", "trim")];
        frames.extend([frame("com.acme.Tree", "walk"); 50]);
        assert_eq!(best(&frames, ("StackOverflowError", "")), Some(("com.acme.Tree", "walk")));
    }

    #[test]
    fn test_code_and_runtime_are_last_even_if_called_in_app() {
        let frames = [
            frame("", "std::panicking::begin_panic"),
            frame("shop::cart", "total"),
            frame("shop::cart_test", "adds_up"),
        ];
        let order: Vec<usize> = rank(&frames, &[("panic", "boom")]).iter().map(|f| f.index).collect();
        assert_eq!(order.first(), Some(&1));
    }

    #[test]
    fn without_in_app_frames_all_are_ranked() {
        let frames = [outside("java.lang.String", "charAt"), outside("org.lib.Reader", "parse")];
        assert_eq!(best(&frames, ("StringIndexOutOfBoundsException", "")), Some(("org.lib.Reader", "parse")));
    }

    #[test]
    fn the_innermost_cause_leads() {
        let outer = Candidate { exception_index: 1, ..frame("com.acme.Shop", "wrap") };
        let frames = [frame("com.acme.Cart", "total"), outer];
        let ranked = rank(&frames, &[("NullPointerException", ""), ("ShopException", "")]);
        assert_eq!(ranked.first().map(|f| f.index), Some(0));
    }

    #[test]
    fn names_are_read_by_words_class_and_vendor() {
        let split = |name| Words(name).collect::<Vec<_>>();
        assert_eq!(split("parseHTTPReply2"), ["parse", "HTTP", "Reply", "2"]);
        assert_eq!(split("_read_map"), ["read", "map"]);
        assert_eq!(split("<init>"), ["init"]);
        assert!(split("é$").is_empty());
        assert_eq!(class_of(&frame("a.B$C$1", "f")), "a.B");
        assert_eq!(class_of(&frame("com.sun.proxy.$Proxy7", "f")), "com.sun.proxy.$Proxy7");
        assert_eq!(class_of(&frame("", "shop::Cart::add::{{closure}}")), "shop::Cart");
        assert_eq!(vendor("com.acme.shop.Cart"), Some("com.acme"));
        assert_eq!(vendor("github.com/acme/shop.Cart"), Some("github.com/acme"));
        assert_eq!(vendor("shop.cart"), None);
        assert_eq!(vendor("app.io.reader"), None);
    }
}
