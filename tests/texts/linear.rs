//! Tests that the cost of the analysis rules is at most linear in the size of the event. The tests compare the
//! processor time of this thread for events of different sizes. For an event that is four times as large, a linear cost
//! is 4 times as high, and a quadratic cost 16 times.

use rustix::time::{ClockId, clock_gettime};
use sidenote::analyzers::rules::analyze;
use sidenote::domain::event::{Breadcrumb, Event, Exception, Frame};
use sidenote::domain::evidence::Evidence;
use sidenote::domain::ids::IssueId;
use sidenote::domain::text::Untrusted;

/// The largest accepted ratio of the costs, between linear (4) and quadratic (16).
const STEEPEST: f64 = 8.0;
/// The number of rounds of each measurement. The fastest round counts, because disturbances only add time.
const ROUNDS: usize = 9;

fn text(text: impl Into<String>) -> Untrusted {
    Untrusted::new(text.into())
}

fn frame(at: usize) -> Frame {
    Frame {
        exception: Some(0),
        function: Some(text(format!("check_total_{at}"))),
        module: Some(text(format!("com.acme.shop.Part{}$Inner", at % 40))),
        file: Some(text(format!("shop/part_{}.py", at % 40))),
        line: Some(at as u64),
        in_app: !at.is_multiple_of(3),
        source: Some(text("return rows[index].price / coupon.months")),
        locals: vec![(text("rows"), text("[… 3]")), (text("index"), text("7"))],
        ..Frame::default()
    }
}

fn exception(message: String) -> Exception {
    Exception { kind: Some(text("ValueError")), message: Some(text(message)), ..Exception::default() }
}

fn crumb(message: String) -> Breadcrumb {
    let error = Some(text("error"));
    Breadcrumb {
        category: Some(text("console")),
        level: error,
        message: Some(text(message)),
        ..Breadcrumb::default()
    }
}

/// The name of a shape, and a function that creates an event of a given size.
type Shape = (&'static str, fn(usize) -> Event);

/// Shapes of events that would reveal a quadratic cost.
fn shapes() -> Vec<Shape> {
    vec![
        ("frames", |n| Event {
            exceptions: vec![exception("no".into())],
            frames: (0..n / 4).map(frame).collect(),
            ..Event::default()
        }),
        ("a stack of one class", |n| Event {
            exceptions: vec![Exception { kind: Some(text("RecursionError")), ..Exception::default() }],
            frames: vec![frame(1); n / 4],
            ..Event::default()
        }),
        ("exceptions", |n| Event { exceptions: vec![exception("no".into()); n / 4], ..Event::default() }),
        ("exceptions and long breadcrumbs", |n| Event {
            exceptions: vec![exception("no price".into()); n / 4],
            breadcrumbs: vec![crumb("some price ".repeat(n)); 8],
            ..Event::default()
        }),
        ("variables in a long line", |n| Event {
            exceptions: vec![exception("no".into())],
            frames: vec![Frame {
                source: Some(text("a + 'b' + ".repeat(n))),
                locals: vec![(text("a"), text("None")); n],
                ..frame(1)
            }],
            ..Event::default()
        }),
        ("a message of quotes", |n| Event {
            exceptions: vec![exception("it's 'a' and /b/c 12 ".repeat(n))],
            ..Event::default()
        }),
        ("a long name", |n| Event {
            exceptions: vec![exception("no".into())],
            frames: vec![Frame { function: Some(text("checkTotal".repeat(n))), ..frame(1) }; 8],
            ..Event::default()
        }),
    ]
}

fn evidence(event: Event) -> Evidence {
    Evidence::of_event(IssueId::parse("1").expect("an id"), Some(event))
}

/// Returns the processor time of this thread for `work`, in seconds: the fastest of [`ROUNDS`].
fn cost<T>(work: impl Fn() -> T) -> f64 {
    let spent =
        || std::time::Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("not below zero");
    let round = |_| {
        let before = spent();
        std::hint::black_box(work());
        spent().saturating_sub(before).as_secs_f64()
    };
    (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min)
}

#[test]
fn the_cost_of_an_analysis_grows_linearly_with_the_event() {
    for (shape, event) in shapes() {
        let (small, large) = (evidence(event(500)), evidence(event(2_000)));
        let ratio = cost(|| analyze(&large)) / cost(|| analyze(&small));
        assert!(ratio < STEEPEST, "{shape}: {ratio:.1} times");
    }
}

/// Texts in which every position resembles the beginning of a pattern that extends to the end.
const HOSTILE: &[&str] = &[
    "password=",
    "key=",
    "\"password\":\"",
    "\"password\":[\"q7Xw2Lp9Rt\",",
    "token: ",
    "密碼：",
    "name=\"password\" ",
    "<a><password>",
    "a@",
    "a://b/",
    "a:b@",
    "1 ",
    "1111",
    "eyJhbGciOiJIUzI1NiJ9.abcd\n",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "%25",
    "\\\\\"",
    "&amp;",
    "/home/",
    "2001::",
    "DE89 3704 ",
    "ghp_a",
    "bearer ",
    "authorization: digest a=",
    "cookie: a=b; ",
    "QUtJQUVCQkhESVczUUJPM0lYTVY=",
    "$2b$",
    "\u{1b}]",
];

#[test]
fn the_cost_of_scrubbing_grows_linearly_with_the_text() {
    for part in HOSTILE {
        let text = |length: usize| Untrusted::new(part.repeat(length / part.len()));
        let (small, large) = (text(1_000), text(4_000));
        let ratio = cost(|| large.scrubbed()) / cost(|| small.scrubbed());
        assert!(ratio < STEEPEST, "{part:?}: {ratio:.1} times");
    }
}
