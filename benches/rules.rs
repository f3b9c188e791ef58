//! Measures the cost of the analysis rules: `cargo bench`. The events are generated, so that their size can be chosen.
//!
//! The limits are the project's promises for its reference machine: 1 ms for an event of 60 KB, 20 ms for one of 444 KB
//! (the largest real event that was found), and growth that is at most linear. The program fails if a limit is
//! exceeded. `tests/texts/linear.rs` tests the growth on any machine, also for hostile events.
//!
//! `cargo bench -- 60000` handles one event of 60,000 bytes in the function [`deliver`]. With a profiler that counts
//! instructions, two commits can be compared on any machine:
//!
//! ```text
//! CARGO_PROFILE_BENCH_STRIP=none cargo bench --no-run
//! valgrind --tool=callgrind --toggle-collect='*deliver*' target/release/deps/rules-… 60000
//! ```

#![expect(clippy::print_stdout, reason = "a program for developers: its output is its purpose")]
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![expect(clippy::expect_used, reason = "a measurement of nothing is to fail at once")]
#![expect(clippy::cast_precision_loss, reason = "sizes and times of a measurement are small numbers")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sidenote::analyzers::rules::analyze;
use sidenote::domain::evidence::Evidence;
use sidenote::domain::ids::IssueId;
use sidenote::domain::report::Report;
use sidenote::domain::words::Language;
use sidenote::notifiers::{Notification, note, telegram};
use sidenote::webhook::bare_event;

/// The number of rounds of each measurement. The result is the median of the rounds.
const ROUNDS: usize = 101;

/// Builds a stack frame of realistic size, with source lines and local variables.
fn frame(at: usize) -> Value {
    json!({
        "filename": format!("shop/part_{}.py", at % 40), "module": format!("shop.part_{}", at % 40),
        "function": format!("check_total_{at}"), "lineno": at + 10, "in_app": !at.is_multiple_of(3),
        "pre_context": ["def total(cart, coupon):", "    rows = cart.rows", "    # jane@example.com asked for this"],
        "context_line": "    return rows[index].price / coupon.months",
        "post_context": ["", "def other():", "    raise ValueError('no')"],
        "vars": {"rows": [1, 2, 3], "index": "7", "coupon": "None", "cart": {"id": "4711"}, "self": "<Cart object>"},
    })
}

fn crumb(at: usize) -> Value {
    json!({
        "timestamp": 1_795_420_700.0 + at as f64, "category": "http", "level": "info",
        "data": {"method": "GET", "url": format!("https://stock.example/items/{at}?token=abcdef0123456789"), "status_code": 503},
    })
}

/// Builds an event of a little more than `bytes` bytes: a chain of three exceptions with long messages, and as many
/// breadcrumbs as frames.
fn event(bytes: usize) -> Vec<u8> {
    let (mut frames, mut crumbs, mut size) = (Vec::new(), Vec::new(), 0);
    while size < bytes {
        let (frame, crumb) = (frame(frames.len()), crumb(crumbs.len()));
        size += frame.to_string().len() + crumb.to_string().len();
        frames.push(frame);
        crumbs.push(crumb);
    }
    let message =
        "could not connect to 'stock.example' (10.0.0.12:5432) for /srv/app/part: timed out ".repeat(20);
    let exception = |kind: &str, frames: &[Value]| json!({"type": kind, "value": message, "stacktrace": {"frames": frames}});
    let third = frames.len() / 3;
    let chain = [
        exception("TypeError", &frames[..third]),
        exception("StockError", &frames[third..2 * third]),
        exception("CheckoutError", &frames[2 * third..]),
    ];
    json!({"event_id": "7ca573c0f4814912aaa9bdc77d1a7d51", "platform": "python", "exception": {"values": chain},
        "breadcrumbs": {"values": crumbs}, "tags": [["release", "shop@1.4.2"]]})
    .to_string()
    .into_bytes()
}

fn evidence(event: &[u8]) -> Evidence {
    Evidence::of_event(IssueId::parse("1").expect("an id"), bare_event(event))
}

/// Returns the median time of one call, over [`ROUNDS`] calls.
fn time<T>(mut call: impl FnMut() -> T) -> Duration {
    let mut rounds: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            black_box(call());
            started.elapsed()
        })
        .collect();
    rounds.sort_unstable();
    rounds[ROUNDS / 2]
}

/// The work on a delivery without input and output: decodes and analyses an event, and renders the note and the message.
#[inline(never)]
fn deliver(json: &[u8]) {
    let report = report(&evidence(json));
    black_box(note::render(&report, Language::English));
    black_box(telegram::render(&Notification::Issue(Box::new(report)), Language::English));
}

fn report(evidence: &Evidence) -> Report {
    Report {
        analysis: analyze(evidence),
        evidence: evidence.clone(),
        link: None,
        note_missing: None,
        history: Vec::new(),
        cut_short: false,
    }
}

fn main() {
    if let Some(size) = std::env::args().find_map(|argument| argument.parse().ok()) {
        return deliver(&event(size));
    }
    let sizes = [60_000, 120_000, 240_000, 444_000, 888_000];
    println!(
        "{:>10} {:>8} {:>8} {:>12} {:>12} {:>12}",
        "bytes", "frames", "crumbs", "decode", "analyze", "render"
    );
    let mut analyzed = Vec::new();
    for size in sizes {
        let json = event(size);
        let evidence = evidence(&json);
        let (frames, crumbs) =
            evidence.event.as_ref().map_or((0, 0), |e| (e.frames.len(), e.breadcrumbs.len()));
        let report = report(&evidence);
        let decode = time(|| bare_event(&json));
        let analyze = time(|| analyze(&evidence));
        let render = time(|| note::render(&report, Language::English));
        println!(
            "{:>10} {frames:>8} {crumbs:>8} {decode:>12.1?} {analyze:>12.1?} {render:>12.1?}",
            json.len()
        );
        analyzed.push((json.len(), analyze));
    }
    let of = |at: usize| analyzed[at].1;
    let is_fast = of(0) < Duration::from_millis(1) && of(3) < Duration::from_millis(20);
    println!("60 KB in {:.1?} (limit 1 ms); 444 KB in {:.1?} (limit 20 ms)", of(0), of(3));
    let per_byte = |(bytes, time): (usize, Duration)| time.as_secs_f64() * 1e9 / bytes as f64;
    println!(
        "per byte: {:.2} ns at 60 KB, {:.2} ns at 444 KB, {:.2} ns at 888 KB",
        per_byte(analyzed[0]),
        per_byte(analyzed[3]),
        per_byte(analyzed[4])
    );
    // Caches have an influence on this ratio. A quadratic cost would make the ratio seven.
    let is_linear = per_byte(analyzed[3]) < 2.0 * per_byte(analyzed[0]);
    assert!(is_fast && is_linear, "the rules cost more than is promised");
}
