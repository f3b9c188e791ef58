//! Tests the choice of the suspect frame, the one that most likely contains the bug, on stack traces of the frameworks
//! of a dozen platforms.
//!
//! `stacks/set.txt` holds the stacks. The right frame of each stack was decided before the rules were run on it. At
//! first the rules found 32 of 43; the newest own frame is right in 20. `cargo test --test texts stacks -- --nocapture`
//! prints the score and each miss.

use serde_json::{Value, json};
use sidenote::analyzers::rules::analyze;
use sidenote::domain::evidence::Evidence;
use sidenote::domain::ids::IssueId;
use sidenote::webhook::bare_event;

const SET: &str = include_str!("stacks/set.txt");
/// The least number of stacks whose suspect frame must be right.
const FLOOR: usize = 41;

/// A stack trace, with the functions of which one must be the suspect frame.
struct Stack<'t> {
    head: Vec<&'t str>,
    right: Vec<&'t str>,
    /// The frames, newest first.
    frames: Vec<Vec<&'t str>>,
}

impl<'t> Stack<'t> {
    fn all() -> impl Iterator<Item = Self> {
        SET.split("\n== ").skip(1).map(Self::read)
    }

    fn read(text: &'t str) -> Self {
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let parts = |line: &'t str, count| line.splitn(count, '|').map(str::trim).collect::<Vec<_>>();
        let head = parts(lines.next().expect("a head"), 3);
        let right = lines.next().and_then(|line| line.strip_prefix("=> ")).expect("the right place");
        Self {
            head,
            right: right.split(" or ").collect(),
            frames: lines.map(|line| parts(line, 6)).collect(),
        }
    }

    fn event(&self) -> Value {
        let frame = |parts: &Vec<&str>| {
            let part = |at: usize| parts.get(at).filter(|part| !part.is_empty());
            let (is_image, path) = (matches!(self.head[0], "cocoa"), part(3));
            json!({"function": part(0), "filename": part(1), "module": part(2), "lineno": 7,
                "abs_path": path.filter(|_| !is_image), "package": path.filter(|_| is_image),
                "in_app": part(4).is_some(), "context_line": part(5)})
        };
        let frames: Vec<Value> = self.frames.iter().rev().map(frame).collect();
        json!({"platform": self.head[0], "exception": {"values": [
            {"type": self.head[1], "value": self.head[2], "stacktrace": {"frames": frames}}]}})
    }

    /// Returns the function of the newest frame that the SDK marks as the program's own.
    fn newest_own(&self) -> &str {
        self.frames.iter().find(|parts| parts.get(4) == Some(&"own")).map_or("", |parts| parts[0])
    }
}

/// Returns the function of the suspect frame of an event.
fn suspect(event: &Value) -> String {
    let event = bare_event(event.to_string().as_bytes());
    let evidence = Evidence::of_event(IssueId::parse("1").expect("an id"), event.clone());
    let frame = analyze(&evidence).suspect.and_then(|at| event.as_ref()?.frames.get(at));
    frame
        .and_then(|frame| frame.function.as_ref())
        .map(|function| function.raw().to_owned())
        .unwrap_or_default()
}

#[test]
fn the_score_on_stacks_of_frameworks_does_not_fall() {
    let (mut right, mut baseline, mut all) = (0, 0, 0);
    for stack in Stack::all() {
        let suspect = suspect(&stack.event());
        let is_right = stack.right.contains(&suspect.as_str());
        (all, right) = (all + 1, right + usize::from(is_right));
        baseline += usize::from(stack.right.contains(&stack.newest_own()));
        if !is_right {
            println!("{}: {suspect:?}, not {:?}", stack.head.join(" | "), stack.right);
        }
    }
    println!("stacks {right}/{all}, newest own frame {baseline}/{all}");
    assert!(right >= FLOOR, "{right}, was {FLOOR}");
}
