//! Tests what a note says about the place where an error was raised, and which stack frames it shows.

use sidenote::domain::evidence::Evidence;
use sidenote::domain::ids::IssueId;
use sidenote::webhook::bare_event;

use crate::crashes::note_of;
use crate::suspects::{event, said};

#[test]
fn the_place_of_the_raise_is_named_if_it_is_not_the_suspect_frame() {
    let own = "total | shop/cart.py | | | | own";
    let cases = [
        (
            event(
                "python",
                "DoesNotExist",
                "no such row",
                &["get | /venv/lib/python3.12/site-packages/orm/query.py | | | |", own],
            ),
            "The error was raised in get at /venv/lib/python3.12/site-packages/orm/query.py:7, library code that was called from total.",
        ),
        (
            event(
                "node",
                "AssertionError",
                "no id",
                &["invariant | src/invariant.js | | | | own", "charge | src/charge.js | | | | own"],
            ),
            "The error was raised in invariant at src/invariant.js:7, which was called from charge.",
        ),
        (
            event(
                "java",
                "OrderException",
                "no",
                &["check | Api.java | | | org.kit.Api |", "place | Orders.java | | | com.acme.Orders | own"],
            ),
            "The error was raised in Api.check at Api.java:7, library code that was called from Orders.place.",
        ),
        (
            event(
                "rust",
                "panic",
                "no time zone",
                &[
                    "sentry_panic::panic_handler | lib.rs | | | | own",
                    "core::panicking::panic_fmt | panicking.rs | | | |",
                    "core::option::expect_failed | option.rs | | | |",
                    "chrono::offset::local | mod.rs | | | |",
                    "shop::total | cart.rs | | | | own",
                ],
            ),
            "The error was raised in chrono::offset::local at mod.rs:7, library code that was called from shop::total.",
        ),
    ];
    for (event, expected) in cases {
        assert!(said(&event).lines().any(|line| line == expected), "{}", said(&event));
    }
}

#[test]
fn frames_that_report_or_handle_an_error_did_not_raise_it() {
    let script = |newest: &str| {
        event(
            "javascript",
            "TypeError",
            "x.y is not a function",
            &[newest, "total | app:///cart.js | | | | own"],
        )
    };
    let events = [
        // Sentry's SDK wraps functions of the program.
        script("apply | raven.js | | | |"),
        script("wrapped | /srv/node_modules/@sentry/browser/helpers.js | | | |"),
        event(
            "go",
            "*errors.errorString",
            "no",
            &[
                "CaptureException | hub.go | | | github.com/getsentry/sentry-go |",
                "Total | cart.go | | | shop/cart | own",
            ],
        ),
        // A stack of an error value begins where the value was wrapped.
        event(
            "rust",
            "Error",
            "no",
            &[
                "<E as anyhow::context::ext::StdError>::ext_context | backtrace.rs | | | |",
                "shop::total | cart.rs | | | | own",
            ],
        ),
        event(
            "go",
            "*errors.withStack",
            "no",
            &[
                "Wrap | errors.go | /go/pkg/mod/github.com/pkg/errors/errors.go | | github.com/pkg/errors |",
                "Total | cart.go | | | shop/cart | own",
            ],
        ),
        // The runtime raised it for the operation of the own frame.
        event(
            "rust",
            "panic",
            "index out of bounds",
            &[
                "core::panicking::panic_bounds_check | panicking.rs | | | |",
                "shop::total | cart.rs | | | | own",
            ],
        ),
        event(
            "java",
            "IndexOutOfBoundsException",
            "Index 7",
            &[
                "get | ArrayList.java | | | java.util.ArrayList |",
                "total | Cart.java | | | com.acme.Cart | own",
            ],
        ),
        // PHP's warnings are raised by the handler of the framework.
        event(
            "php",
            "ErrorException",
            "Undefined array key",
            &[
                "handleError | /srv/vendor/laravel/HandleExceptions.php | | | |",
                "total | /srv/app/Cart.php | | | | own",
            ],
        ),
        // A hang has no raise.
        event(
            "java",
            "ApplicationNotResponding",
            "ANR for 5000 ms",
            &["read | Socket.java | | | okhttp3.Socket |", "total | Cart.java | | | com.acme.Cart | own"],
        ),
    ];
    for event in events {
        assert!(!said(&event).contains("was raised in"), "{}", said(&event));
    }
}

#[test]
fn frames_of_the_sdk_and_of_the_panic_are_not_shown() {
    let frames = [
        "sentry_backtrace::current_stacktrace | lib.rs | | | |",
        "sentry_panic::panic_handler | lib.rs | | | | own",
        "std::panicking::rust_panic_with_hook | panicking.rs | | | |",
        "core::panicking::panic_fmt | panicking.rs | | | |",
        "core::option::unwrap_failed | option.rs | | | |",
    ];
    let with_own = [&frames[..], &["shop::total | cart.rs | | | | own"]].concat();
    let go = [
        "(*Hub).Recover | hub.go | | | github.com/getsentry/sentry-go |",
        "panic | panic.go | | | runtime |",
        "Total | cart.go | | | shop/cart | own",
    ];
    for event in [
        event("native", "panic", "no cart", &frames),
        event("native", "panic", "no cart", &with_own),
        event("go", "*errors.errorString", "no cart", &go),
    ] {
        let event = bare_event(event.to_string().as_bytes());
        let note = note_of(Evidence::of_event(IssueId::parse("1").expect("an id"), event));
        for hidden in ["sentry_", "sentry-go", "hub.go", "panicking", "panic.go"] {
            assert!(!note.contains(hidden), "{hidden}: {note}");
        }
    }
}
