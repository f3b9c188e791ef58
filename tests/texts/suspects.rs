//! Tests the owner of stack frames on each platform, and the statements of a note about exception groups, wrapped
//! exceptions and quoted stack traces. The suspect frame is the one that most likely contains the bug.
//!
//! `suspects/` holds events of invented programs. The stacks in this file are modelled on public reports. The newest
//! frame comes first, and `own` means that the SDK marks the frame as the program's own.

use serde_json::{Value, json};
use sidenote::analyzers::rules::{analyze, failure};
use sidenote::domain::analysis::Analysis;
use sidenote::domain::event::Event;
use sidenote::domain::evidence::Evidence;
use sidenote::domain::ids::IssueId;
use sidenote::domain::text::Untrusted;
use sidenote::domain::words::Language;
use sidenote::webhook::bare_event;

fn read(event: &Value) -> (Event, Analysis) {
    let event = bare_event(event.to_string().as_bytes()).expect("an object");
    let evidence = Evidence::of_event(IssueId::parse("1").expect("an id"), Some(event.clone()));
    (event, analyze(&evidence))
}

/// Returns the function of the suspect frame of an event, or an empty text if there is none.
fn suspect(event: &Value) -> String {
    let (event, analysis) = read(event);
    let frame = analysis.suspect.and_then(|at| event.frames.get(at));
    frame.and_then(|frame| frame.function.as_ref()).map(|f| f.raw().to_owned()).unwrap_or_default()
}

fn headline(event: &Value) -> String {
    read(event).1.headline.plain_text(Language::English.words())
}

/// Returns the headline, the causes and the findings of the analysis of an event, one per line.
pub(crate) fn said(event: &Value) -> String {
    let (_, analysis) = read(event);
    let words = Language::English.words();
    let findings = analysis.statements().map(|finding| finding.sentence.plain_text(words));
    [analysis.headline.plain_text(words)].into_iter().chain(findings).collect::<Vec<_>>().join("\n")
}

/// Returns an event with one exception. `frames` are the frames, newest first, each in the form
/// `function | filename | abs_path | package | module | own`.
pub(crate) fn event(platform: &str, kind: &str, message: &str, frames: &[&str]) -> Value {
    let frame = |text: &&str| {
        let parts: Vec<&str> = text.split('|').map(str::trim).collect();
        let part = |at: usize| parts.get(at).filter(|part| !part.is_empty());
        json!({"function": part(0), "filename": part(1), "abs_path": part(2), "package": part(3), "module": part(4),
            "in_app": part(5) == Some(&"own"), "lineno": 7})
    };
    let frames: Vec<Value> = frames.iter().rev().map(frame).collect();
    json!({"platform": platform,
        "exception": {"values": [{"type": kind, "value": message, "stacktrace": {"frames": frames}}]}})
}

/// Returns the event in the file `suspects/NAME.json`, which contains an event or a webhook with an event.
fn case(name: &str) -> Value {
    let path = format!("{}/tests/texts/suspects/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{path}: {why}"));
    let mut body: Value = serde_json::from_str(&text).expect("JSON");
    if body["data"]["event"].is_object() { body["data"]["event"].take() } else { body }
}

#[test]
fn the_headline_names_the_expected_place() {
    let cases = [
        ("unity-divide", "ScoreBoard.Average"),
        ("elixir-badarith", "Shop.Cart.average/1 at lib/shop/cart.ex:9"),
        ("rust-context", "order_worker::billing::parse_amount at billing.rs:22"),
        ("js-nextjs", "ProfilePage at src/app/profile/page.tsx:24"),
        ("go-assert", "NewUpdate"),
        ("raise-word", "checkLogin at LoginGate.java:77"),
        ("runtime-frames", "fetch at worker.js:12044"),
        ("platform-exception", "NotificationService.channels"),
    ];
    for (name, place) in cases {
        let headline = headline(&case(name));
        assert!(headline.contains(place), "{name}: {headline}");
        assert!(!said(&case(name)).contains("No frame"), "{name}: its place is own code");
    }
    assert!(!headline(&case("unity-divide")).contains("System.Int32"), "arguments are no part of a name");
}

#[test]
fn the_headline_combines_the_cause_with_the_place_of_its_wrapper() {
    let headline = headline(&case("rust-context"));
    assert!(headline.contains("ParseIntError") && headline.contains("parse_amount"), "{headline}");
}

#[test]
fn a_message_that_quotes_a_stack_names_its_newest_call() {
    let said = said(&case("platform-exception"));
    assert!(
        said.contains("getMappedNotificationChannel(FlutterLocalNotificationsPlugin.java:265)"),
        "{said}"
    );
    let plain =
        event("other", "PlatformException", "it failed at noon (see 3)", &["load | a.dart | | | | own"]);
    assert!(!self::said(&plain).contains("another runtime"));
}

#[test]
fn an_exception_group_is_described_as_one_without_causes() {
    let said = said(&case("python-group"));
    let (headline, rest) = said.split_once('\n').expect("more than a headline");
    assert!(headline.starts_with("2 errors"), "{headline}");
    // The headline has the first error, and the cause only the others.
    for (part, text) in [
        ("ValueError: bad value 1", headline),
        ("parse_row", headline),
        ("TimeoutError", rest),
        ("fetch_rates", rest),
    ] {
        assert!(text.contains(part), "{part}: {said}");
    }
    assert_eq!(said.matches("bad value 1").count(), 1, "{said}");
    assert!(!said.contains("caused by") && !said.contains("surfaced"), "{said}");
}

#[test]
fn dependency_frames_marked_own_are_not_suspects() {
    let dart = |dependency: &str| {
        event(
            "other",
            "StateError",
            "Bad state",
            &[dependency, "Api.load | api.dart | package:shop/api.dart | | | own"],
        )
    };
    let swift = |dependency: &str| {
        let own = "Api.load() | Api.swift | /Users/kim/Shop/Shop/Api.swift | | | own";
        event("cocoa", "NSError", "no answer", &[dependency, own])
    };
    let script = |dependency: &str| {
        event(
            "javascript",
            "Error",
            "no answer",
            &[dependency, "load | https://shop.example/api.js | | | | own"],
        )
    };
    let go = |dependency: &str| {
        let own = "Load | api.go | /srv/shop/api.go | | shop/api | own";
        event("go", "*errors.errorString", "no answer", &[dependency, own])
    };
    let of_module = |platform: &str, dependency: &str, module: &str| {
        event(platform, "Error", "no answer", &[dependency, &format!("load | | | | {module} | own")])
    };
    let events = [
        dart("DioMixin.fetch | dio_mixin.dart | package:dio/src/dio_mixin.dart | | | own"),
        dart("State.build | framework.dart | | flutter | | own"),
        dart(
            "Codec.read | codec.dart | /home/kim/.pub-cache/hosted/pub.dev/codec-1.2/lib/codec.dart | | | own",
        ),
        swift(
            "Session.request() | Session.swift | /Users/kim/Shop/Pods/Alamofire/Source/Session.swift | | | own",
        ),
        swift(
            "Loader.get() | Loader.swift | /DerivedData/SourcePackages/checkouts/Loader/Loader.swift | | | own",
        ),
        swift("load | | | /var/containers/Shop.app/Frameworks/Kingfisher.framework/Kingfisher | | own"),
        script("read | https://deno.land/std@0.200.0/http/server.ts | | | | own"),
        script("read | https://deno.land/std/io/read_all.ts | | | | own"),
        script("equal | https://jsr.io/@std/assert/1.0.6/equal.ts | | | | own"),
        script("get | https://esm.sh/axios@1.6/index.mjs | | | | own"),
        script("track | https://cdn.jsdelivr.net/npm/track@2/track.min.js | | | | own"),
        script("render | webpack-internal:///./node_modules/react-dom/cjs/react-dom.js | | | | own"),
        script("flush | http://localhost:5173/node_modules/.vite/deps/chunk-3f9a.js | | | | own"),
        script("flush | http://localhost:5173/.vite/deps/chunk-3f9a.js | | | | own"),
        of_module("csharp", "Execute | | | | Npgsql.NpgsqlCommand | own", "Shop.Cart"),
        of_module("csharp", "Parse | | | | Newtonsoft.Json.Linq.JToken | own", "Shop.Cart"),
        of_module("elixir", "get! | lib/ecto/repo.ex | | | Elixir.Ecto.Repo | own", "Elixir.Shop.Cart"),
        go("Do | client.go | /home/kim/go/pkg/mod/example.com/web/client.go | | example.com/web | own"),
        go("Do | client.go | example.com/web@v1.4.0/client.go | | example.com/web | own"),
        go("Do | client.go | /srv/shop/vendor/example.com/web/client.go | | example.com/web | own"),
    ];
    for event in events {
        let name = suspect(&event);
        assert!(["Api.load", "Api.load()", "load", "Load"].contains(&name.as_str()), "{name}: {event}");
        assert_eq!(
            read(&event).0.frames[1].function.as_ref().map(Untrusted::raw),
            Some(name.as_str()),
            "{event}"
        );
    }
}

#[test]
fn in_app_is_trusted_in_folders_that_the_sdk_excludes_by_default() {
    let events = [
        event(
            "python",
            "KeyError",
            "'a'",
            &["total | shop/cart.py | /venv/lib/python3.12/site-packages/shop/cart.py | | shop.cart | own"],
        ),
        event(
            "node",
            "TypeError",
            "x is not a function",
            &["total | /srv/node_modules/shop/cart.js | | | | own"],
        ),
        event(
            "python",
            "KeyError",
            "'a'",
            &["total | shop/cart.py | /usr/lib/python3/dist-packages/shop/cart.py | | | own"],
        ),
    ];
    for event in events {
        assert_eq!(suspect(&event), "total");
        assert!(!said(&event).contains("No frame"), "{event}");
    }
}

#[test]
fn frames_of_runtimes_compilers_and_engines_are_not_suspects() {
    let above = |platform: &str, frame: &str, own: &str| event(platform, "Error", "failed", &[frame, own]);
    let swift = "Cart.total() | Cart.swift | /Users/kim/Shop/Cart.swift | | | own";
    let cpp = "AShopCart::Total() | Cart.cpp | D:\\shop\\Source\\Shop\\Cart.cpp | | | own";
    let java = "total | Cart.java | | | com.acme.Cart | own";
    let script = "total | app:///cart.js | | | | own";
    let events = [
        above("cocoa", "specialized Array.subscript | <compiler-generated> | | | | own", swift),
        above(
            "cocoa",
            "partial apply for closure #1 in Cart.total() | <compiler-generated> | <compiler-generated> | | | own",
            swift,
        ),
        above("cocoa", "outlined destroy of Rose? | | <compiler-generated> | Shop | | own", swift),
        above("java", "access$100 | Cart.java | | | com.acme.Cart | own", java),
        above("java", "total | | | | com.sun.proxy.$Proxy12 | own", java),
        above(
            "native",
            "UWorld::Tick() | World.cpp | D:\\build\\Sync\\Engine\\Source\\Runtime\\Engine\\World.cpp | | | own",
            cpp,
        ),
        above(
            "native",
            "FRunnable::Run() | Run.cpp | /Users/build/Engine/Source/Runtime/Core/Run.cpp | | | own",
            cpp,
        ),
        above("native", "FDebug::CheckVerifyFailed() | | | | | own", cpp),
        above("cocoa", "-[UIApplication sendEvent:] | | | UIKitCore | | own", swift),
        above("javascript", "send | ext:deno_fetch/26_fetch.js | | | | own", script),
        above("javascript", "send | cloudflare-internal:d1-api | | | | own", script),
        above("node", "processTicks | node:internal/process/task_queues | | | | own", script),
        above(
            "other",
            "List.[] | org-dartlang-sdk:///lib/_internal/list.dart | | | | own",
            "Cart.total | cart.dart | | | | own",
        ),
        above(
            "other",
            "_Future._completeError | future_impl.dart | org-dartlang-sdk:///sdk/lib/async/future_impl.dart | | | own",
            "Cart.total | cart.dart | | | | own",
        ),
        above(
            "other",
            "int.parse | dart-sdk/lib/core/int.dart | | | | own",
            "Cart.total | cart.dart | | | | own",
        ),
        above("python", "<module> | <string> | <string> | | | own", "total | shop/cart.py | | | | own"),
        above("python", "import_module | <frozen importlib> | | | | own", "total | shop/cart.py | | | | own"),
    ];
    for event in events {
        let name = suspect(&event);
        assert!(name.to_lowercase().contains("total") && name != "access$100", "{name}: {event}");
        assert_eq!(read(&event).1.suspect, Some(1), "{event}");
    }
}

#[test]
fn an_idle_thread_has_no_suspect() {
    let hang = |platform: &str, frames: &[&str]| {
        event(platform, "ApplicationNotResponding", "ANR for 5000 ms", frames)
    };
    let idle = [
        hang(
            "java",
            &[
                "nativePollOnce | MessageQueue.java | | | android.os.MessageQueue |",
                "main | Main.java | | | com.acme.Main | own",
            ],
        ),
        hang(
            "cocoa",
            &[
                "mach_msg2_trap | | | libsystem_kernel.dylib | |",
                "UIApplicationMain | | | UIKitCore | |",
                "main | main.swift | | Shop | | own",
            ],
        ),
        hang(
            "java",
            &[
                "nativePollOnce | | | | android.os.MessageQueue |",
                "next | MessageQueue.java | | | android.os.MessageQueue |",
                "loop | Looper.java | | | android.os.Looper |",
                "main | ActivityThread.java | | | android.app.ActivityThread |",
            ],
        ),
        hang(
            "java",
            &[
                "android.os.MessageQueue.nativePollOnce | MessageQueue.java | | | |",
                "main | FerryApp.kt | | | com.ferry.FerryApp | own",
            ],
        ),
        hang("native", &["epoll_wait | | | libc.so.6 | |", "main | main.cpp | | | | own"]),
    ];
    for event in idle {
        assert_eq!(read(&event).1.suspect, None, "{event}");
        assert!(!said(&event).contains("own code"), "{event}");
    }
    let busy =
        ["mach_msg2_trap | | | libsystem_kernel.dylib | |", "Cart.total() | Cart.swift | | Shop | | own"];
    assert_eq!(suspect(&hang("cocoa", &busy)), "Cart.total()");
}

#[test]
fn generated_template_names_are_no_functions() {
    let names = [
        "_app_views_carts_show_html_erb___1234567890_70118647133480",
        "block in _app_views_carts__item_html_haml___987654321_4711",
        "_app_views_layouts_shop_html_slim__2187___4711_12",
    ];
    for name in names {
        let frame = format!("{name} | app/views/carts/show.html.erb | | | | own");
        let headline = headline(&event("ruby", "NoMethodError", "undefined method 'sum' for nil", &[&frame]));
        assert!(
            headline.contains("app/views/carts/show.html.erb:7") && !headline.contains("___"),
            "{headline}"
        );
    }
}

#[test]
fn the_stack_of_an_exception_is_that_of_the_thread_it_names() {
    let thread = |id: Value, function: &str, crashed: bool| {
        let frames = json!([{"function": function, "filename": "cart.c", "in_app": true}]);
        json!({"id": id, "crashed": crashed, "current": crashed, "stacktrace": {"frames": frames}})
    };
    let ids = [(json!(7), json!(7)), (json!("7"), json!(7)), (json!(7), json!("7"))];
    for (named, id) in ids {
        let event = json!({"platform": "native",
            "exception": {"values": [{"type": "Hang", "value": "no answer", "thread_id": named}]},
            "threads": {"values": [thread(json!(1), "other", true), thread(id, "total", false)]}});
        assert_eq!(suspect(&event), "total", "{event}");
    }
    let unnamed = json!({"platform": "native", "exception": {"values": [{"type": "Hang"}]},
        "threads": {"values": [thread(json!(7), "total", false), thread(json!(1), "other", true)]}});
    assert_eq!(suspect(&unnamed), "other", "the one that crashed");
}

#[test]
fn a_long_value_without_a_blank_is_shown_and_its_cut_is_marked() {
    let lines: Vec<String> = (0..200).map(|at| format!(r#"{{"sku":"a{at}"}}"#)).collect();
    let values = [
        (format!(r#"{{"items":[{}]}}"#, lines.join(",")), r#"{"items":[{"sku":"a0"},"#),
        ("訂單無法結帳因為庫存不足".repeat(300), "訂單無法結帳因為庫存不足"),
        ("SELECT(1)FROM(orders)WHERE(id=1)".repeat(100), "SELECT(1)FROM(orders)WHERE(id=1)"),
        (format!("Error {}", "x,".repeat(3_000)), "Error x,x,x,"),
    ];
    for (value, start) in values {
        let said = headline(&event("python", "ApiError", &value, &["f | a.py | | | | own"]));
        assert!(said.starts_with(&format!("ApiError: {start}")), "{said}");
        assert!(said.contains('…') && said.ends_with("in f at a.py:7"), "{said}");
    }
}

#[test]
fn colour_codes_do_not_hide_a_well_known_failure() {
    for (platform, kind, message, file, known) in [
        ("python", "KeyError", "\u{1b}[31m'sku'\u{1b}[0m", "a.py", "python.key_error"),
        (
            "node",
            "Error",
            "connect \u{1b}[1;31mECONN\u{1b}[0mREFUSED 10.0.0.7:5432",
            "/srv/a.js",
            "network.connection_refused",
        ),
        (
            "dart",
            "StateError",
            "Bad \u{1b}]8;;https://x.example\u{7}state: No\u{1b}]8;;\u{7} element",
            "a.dart",
            "dart.no_element",
        ),
        ("go", "runtime.Error", "integer \\x1b[33mdivide\\x1b[0m by zero", "a.go", "go.divide_zero"),
    ] {
        let frame = format!("f | {file} | | | | own");
        let event = bare_event(event(platform, kind, message, &[&frame]).to_string().as_bytes());
        let evidence = Evidence::of_event(IssueId::parse("1").expect("an id"), event);
        assert_eq!(failure(&evidence), Some(known), "{message:?}");
        let said = analyze(&evidence).headline.plain_text(Language::English.words());
        assert!(!said.contains('\u{1b}') && !said.contains("x1b") && !said.contains("[31m"), "{said}");
    }
}

#[test]
fn a_message_equal_to_its_type_is_shown_once() {
    let same = event(
        "cocoa",
        "It could not be completed.",
        "It could not be completed.",
        &["f | A.swift | | | | own"],
    );
    assert_eq!(headline(&same), "It could not be completed. in f at A.swift:7");
}

#[test]
fn a_name_in_the_message_is_included_in_the_cause() {
    for (platform, kind, message, name) in [
        ("python", "KeyError", "'currency'", "currency"),
        ("python", "AttributeError", "'NoneType' object has no attribute 'email'", "email"),
        ("javascript", "TypeError", "Cannot read properties of undefined (reading 'map')", "map"),
        ("javascript", "TypeError", "e.items.map is not a function", "e.items.map"),
        ("ruby", "NoMethodError", "undefined method `name' for nil", "name"),
        ("php", "ErrorException", "Undefined array key \"sku\"", "sku"),
        ("go", "*net.OpError", "dial tcp 10.0.0.7:5432: connect: connection refused", "10.0.0.7:5432"),
        (
            "java",
            "PSQLException",
            "duplicate key value violates unique constraint \"orders_key\"",
            "orders_key",
        ),
    ] {
        let (_, analysis) = read(&event(platform, kind, message, &["f | a | | | | own"]));
        let cause = analysis.cause.first().expect("a cause").sentence.plain_text(Language::English.words());
        assert!(cause.contains(name), "{message}: {cause}");
        let chinese = analysis.cause[0].sentence.plain_text(Language::TraditionalChinese.words());
        assert!(chinese.contains(name), "{message}: {chinese}");
    }
    let general = read(&event("python", "KeyError", "7", &["f | a.py | | | | own"])).1;
    let cause = general.cause[0].sentence.plain_text(Language::English.words());
    assert_eq!(cause, "A dictionary was read with a key that it does not contain.");
}

#[test]
fn the_alternative_place_is_named_with_what_would_decide() {
    let guarded = event(
        "node",
        "AssertionError",
        "no id",
        &["invariant | src/invariant.js | | | | own", "charge | src/charge.js | | | | own"],
    );
    let said = said(&guarded);
    assert!(said.contains("Also possible: invariant at src/invariant.js:7."), "{said}");
    assert!(said.contains("only if its own check is wrong"), "{said}");
}

#[test]
fn a_bad_access_close_to_zero_is_a_null_pointer() {
    let crash = |kind: &str, message: &str| said(&event("native", kind, message, &["f | a.c | | | | own"]));
    for (kind, message) in [
        ("EXC_BAD_ACCESS", "KERN_INVALID_ADDRESS at 0x10."),
        ("EXCEPTION_ACCESS_VIOLATION_WRITE", "Fatal Error: EXCEPTION_ACCESS_VIOLATION_WRITE / 0x45"),
        ("SIGSEGV", "Segfault / 0x0"),
    ] {
        assert!(crash(kind, message).contains("null pointer"), "{message}");
    }
    assert!(!crash("SIGSEGV", "Segfault / 0x7f0012340000").contains("close to zero"));
    assert!(!crash("SIGABRT", "abort 0x6").contains("close to zero"));
}

#[test]
fn a_wrapper_that_repeats_its_cause_is_left_out() {
    let exception = |kind: &str, message: &str| json!({"type": kind, "value": message});
    let chain = |values: Vec<Value>| said(&json!({"platform": "java", "exception": {"values": values}}));
    let repeated =
        [exception("Exception", "java.lang.Exception: no price"), exception("Exception", "no price")];
    assert!(!chain(repeated.to_vec()).contains("surfaced"));
    let adds = [exception("Exception", "no price"), exception("Exception", "no checkout")];
    assert!(chain(adds.to_vec()).contains("surfaced"));
}

#[test]
fn an_old_style_culprit_is_shown_as_a_place() {
    let titled = |culprit: &str| {
        let mut evidence = Evidence::of_event(IssueId::parse("1").expect("an id"), None);
        evidence.issue.title = Some(Untrusted::new("ZeroDivisionError: division by zero"));
        evidence.issue.culprit = Some(Untrusted::new(culprit));
        analyze(&evidence).headline.plain_text(Language::English.words())
    };
    let said = "ZeroDivisionError: division by zero in average at billing.reports";
    assert_eq!(titled("billing.reports in average"), said);
    assert_eq!(titled("billing.reports"), "ZeroDivisionError: division by zero in billing.reports");
}

#[test]
fn the_missing_mapping_is_named_in_both_forms_of_an_event() {
    let stored = json!({"type": "proguard_missing_mapping", "mapping_uuid": "5f2c1e97-c0b4"});
    let api = json!({"type": "proguard_missing_mapping", "data": {"mapping_uuid": "5f2c1e97-c0b4"}});
    let lines = json!({"type": "proguard_missing_lineno", "mapping_uuid": "5f2c1e97-c0b4"});
    let none = json!({"type": "js_no_source"});
    for (error, is_named) in [(stored, true), (api, true), (lines, true), (none, false)] {
        let mut crash = event("java", "a.b", "no", &["c | | | | d.e | own"]);
        crash["errors"] = json!([error]);
        let wishes = read(&crash).1.would_settle;
        let wishes_said: Vec<String> =
            wishes.iter().map(|wish| wish.plain_text(Language::English.words())).collect();
        assert_eq!(
            wishes_said.iter().any(|wish| wish.contains("mapping 5f2c1e97-c0b4")),
            is_named,
            "{error} {wishes_said:?}"
        );
    }
}
