//! Tests of the ranking on invented stacks.

use super::words::Words;
use super::*;

fn frame<'a>(module: &'a str, function: &'a str) -> Candidate<'a> {
    Candidate { function, module, in_app: true, ..Candidate::default() }
}

fn outside<'a>(module: &'a str, function: &'a str) -> Candidate<'a> {
    Candidate { in_app: false, ..frame(module, function) }
}

/// Returns the module and the function of the most suspect frame.
fn best<'a>(frames: &[Candidate<'a>], exception: (&str, &str)) -> Option<(&'a str, &'a str)> {
    rank(frames, &[exception]).first().and_then(|top| frames.get(top.index)).map(|f| (f.module, f.function))
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
fn a_rejected_value_points_to_the_caller() {
    let frames = [frame("com.acme.Span", "<init>"), frame("com.acme.Chart", "draw")];
    assert_eq!(best(&frames, ("IllegalArgumentException", "low > high")), Some(("com.acme.Chart", "draw")));
    // The library below raised, so the own frame next to it passed the value.
    let frames = [
        outside("java.awt.Color", "mix"),
        frame("com.acme.Scale", "getPaint"),
        frame("com.acme.Chart", "draw"),
    ];
    assert_eq!(best(&frames, ("IllegalArgumentException", "")), Some(("com.acme.Scale", "getPaint")));
}

#[test]
fn constructors_and_accessors_are_passed_over_for_a_rejected_value() {
    let frames = [
        frame("com.acme.Span", "<init>"),
        frame("com.acme.Span", "<init>"),
        frame("com.acme.Scale", "ticks"),
    ];
    let raised = ("IllegalArgumentException", "low > high");
    assert_eq!(best(&frames, raised), Some(("com.acme.Scale", "ticks")));
    // Only constructors and accessors are passed over. Here an ordinary method of the class raised on purpose.
    let frames = [frames[0], frame("com.acme.Span", "widen"), frames[2]];
    assert_eq!(best(&frames, raised), Some(("com.acme.Span", "widen")));
}

#[test]
fn helpers_and_placeholder_classes_are_passed_over_for_a_rejected_value() {
    let raised = ("FormatException", "no digit");
    let helper = [frame("com.acme.TextUtils", "digits"), frame("com.acme.Invoice", "read")];
    assert_eq!(best(&helper, raised), Some(("com.acme.Invoice", "read")));
    // A helper that fails itself is the suspect. So is one that only a test called.
    assert_eq!(best(&helper, ("ClassCastException", "")), Some(("com.acme.TextUtils", "digits")));
    let tested = [helper[0], frame("com.acme.TextUtilsTest", "digits")];
    assert_eq!(best(&tested, raised), Some(("com.acme.TextUtils", "digits")));
    let stopgap = [frame("com.acme.UnknownShape", "draw"), frame("com.acme.Sheet", "paint")];
    assert_eq!(best(&stopgap, raised), Some(("com.acme.Sheet", "paint")));
    let verified = [frame("com.acme.Bounds", "verifyDate"), frame("com.acme.Calendar", "add")];
    assert_eq!(best(&verified, raised), Some(("com.acme.Calendar", "add")));
}

#[test]
fn a_failed_null_check_of_the_runtime_points_to_the_caller() {
    let frames = [
        outside("java.util.Objects", "requireNonNull"),
        frame("com.acme.Cart", "setOwner"),
        frame("com.acme.Shop", "order"),
    ];
    assert_eq!(best(&frames, ("NullPointerException", "")), Some(("com.acme.Shop", "order")));
}

#[test]
fn a_runtime_error_with_a_custom_message_is_raised_by_the_program() {
    let of = |kind, message| Kind::of(kind, message, &Facts::of(&frame("com.acme.Cart", "total")));
    assert_eq!(of("NullPointerException", "owner must be set"), Kind::Raised);
    assert_eq!(of("NullPointerException", "Cannot invoke \"Cart.total()\""), Kind::Null);
    assert_eq!(of("NullPointerException", "Attempt to invoke virtual method 'total()'"), Kind::Null);
    assert_eq!(of("ArithmeticException", "/ by zero"), Kind::Fault);
    assert_eq!(of("ArithmeticException", "too many coupons"), Kind::Raised);
    assert_eq!(of("panic", "index out of bounds: the len is 3"), Kind::Lookup);
    assert_eq!(of("ValueError", "index out of luck"), Kind::Raised);
}

#[test]
fn the_recursion_is_suspect_not_the_leaf_on_top() {
    let mut frames = vec![frame("com.acme.Text", "trim")];
    frames.extend([frame("com.acme.Tree", "walk"); 50]);
    assert_eq!(best(&frames, ("StackOverflowError", "")), Some(("com.acme.Tree", "walk")));
}

#[test]
fn test_and_runtime_frames_are_no_suspects_even_if_marked_in_app() {
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
fn a_frame_of_the_innermost_cause_ranks_first() {
    let outer = Candidate { exception_index: 1, ..frame("com.acme.Shop", "wrap") };
    let frames = [frame("com.acme.Cart", "total"), outer];
    let ranked = rank(&frames, &[("NullPointerException", ""), ("ShopException", "")]);
    assert_eq!(ranked.first().map(|f| f.index), Some(0));
}

#[test]
fn identifiers_are_split_into_words() {
    let split = |name| Words(name).collect::<Vec<_>>();
    assert_eq!(split("parseHTTPReply2"), ["parse", "HTTP", "Reply", "2"]);
    assert_eq!(split("_read_map"), ["read", "map"]);
    assert_eq!(split("<init>"), ["init"]);
    assert!(split("é$").is_empty());
}

fn line<'a>(filename: &'a str, function: &'a str, source: &'a str) -> Candidate<'a> {
    Candidate { filename, function, source, in_app: true, ..Candidate::default() }
}

/// Returns the function of the most suspect frame.
fn first<'a>(frames: &[Candidate<'a>], exception: (&'a str, &'a str)) -> &'a str {
    rank(frames, &[exception])
        .first()
        .and_then(|top| frames.get(top.index))
        .map(|f| f.function)
        .unwrap_or_default()
}

#[test]
fn a_line_that_does_not_raise_is_the_suspect() {
    let frames = [
        line("shop/money.py", "check_price", "return long(text, 16)"),
        line("shop/cart.py", "total", "prices.append(check_price(text))"),
    ];
    assert_eq!(first(&frames, ("ValueError", "invalid literal")), "check_price");
    let frames = [line("shop/money.py", "fail_price", "raise ValueError(text)"), frames[1]];
    assert_eq!(first(&frames, ("ValueError", "no price")), "total");
}

#[test]
fn a_check_function_in_a_file_with_mixed_code_is_the_suspect() {
    let frames = [line("shop/money.rb", "check_price", ""), line("shop/cart.rb", "total", "")];
    assert_eq!(first(&frames, ("PriceRefused", "no")), "check_price");
    let package = [
        Candidate { module: "example.com/acme/shop/money", ..line("money.go", "checkPrice", "") },
        Candidate { module: "example.com/acme/shop/cart", ..line("cart.go", "Total", "") },
    ];
    assert_eq!(first(&package, ("*errors.errorString", "no")), "Total");
}

#[test]
fn a_file_of_guards_points_to_its_caller() {
    let frames = [
        line("src/lib/invariant.js", "invariant", "assert.ok(condition, message)"),
        line("src/charge.js", "charge", "invariant(customer.id, 'no id')"),
    ];
    assert_eq!(first(&frames, ("AssertionError", "no id")), "charge");
    let broken = [line("src/lib/invariant.js", "invariant", "if (condition.ok) return;"), frames[1]];
    assert_eq!(first(&broken, ("TypeError", "Cannot read properties of null (reading 'ok')")), "invariant");
}

#[test]
fn an_own_function_named_like_a_wait_is_still_the_suspect() {
    let frames =
        [line("shop/online.py", "poll", "seen = track['seen']"), line("shop/main.py", "main", "poll()")];
    assert_eq!(first(&frames, ("KeyError", "'seen'")), "poll");
    let waiting = [
        Candidate {
            module: "android.os.MessageQueue",
            function: "nativePollOnce",
            ..line("MessageQueue.java", "", "")
        },
        Candidate { module: "com.acme.Main", ..line("Main.java", "main", "") },
    ];
    assert!(rank(&waiting, &[("ApplicationNotResponding", "")]).is_empty());
}

#[test]
fn an_apps_main_image_is_its_own_code_if_none_is_marked() {
    let image = |package, function| Candidate { function, package, ..Candidate::default() };
    let frames = [
        image("/var/app/Shop.app/Frameworks/Payments.framework/Payments", "-[Payments pay]"),
        image("/var/app/Shop.app/Shop", "Cart.pay()"),
    ];
    let ranked = rank(&frames, &[("EXC_BAD_ACCESS", "")]);
    assert_eq!(ranked.first().map(|first| (first.index, first.is_own)), Some((1, true)));
    let mac = [frames[0], image("/Applications/Shop.app/Contents/MacOS/Shop", "Cart.pay()")];
    assert_eq!(rank(&mac, &[("EXC_BAD_ACCESS", "")]).first().map(|first| first.index), Some(1));
}

#[test]
fn a_call_with_wrong_arguments_points_to_the_caller() {
    let arity = ("TypeError", "total() takes 1 positional argument but 2 were given");
    let frames = [
        line("shop/retry.py", "attempt", "return func(*args, **kwargs)"),
        line("shop/cart.py", "checkout", "attempt(total, cart, coupon)"),
    ];
    assert_eq!(first(&frames, arity), "checkout");
    let direct = [line("shop/cart.py", "checkout", "return total(cart, coupon)"), frames[1]];
    assert_eq!(rank(&direct, &[arity]).first().map(|f| f.index), Some(0));
    let ruby = [line("lib/money.rb", "total", ""), line("lib/cart.rb", "checkout", "")];
    assert_eq!(
        first(&ruby, ("ArgumentError", "wrong number of arguments (given 2, expected 1)")),
        "checkout"
    );
}

#[test]
fn a_missing_attribute_with_a_computed_name_points_to_the_caller() {
    let missing = ("AttributeError", "'Printer' object has no attribute 'print_coupon'");
    let caller = line("shop/bill.py", "render", "node.accept(printer)");
    let computed =
        [line("shop/node.py", "accept", "method = getattr(printer, 'print_' + self.kind)"), caller];
    assert_eq!(first(&computed, missing), "render");
    let written = [line("shop/node.py", "accept", "method = getattr(printer.print_coupon, 'run')"), caller];
    assert_eq!(first(&written, missing), "accept");
    let chain = [
        line("lib/record.rb", "method_missing", ""),
        line("lib/proxy.rb", "method_missing", ""),
        line("lib/cart.rb", "total", ""),
    ];
    assert_eq!(first(&chain, ("NoMethodError", "undefined method 'coupon'")), "total");
}

#[test]
fn an_operator_that_rejects_its_operands_points_to_the_caller() {
    let frames = [
        line("shop/money.py", "__lt__", "raise TypeError('no order between currencies')"),
        line("shop/cart.py", "cheapest", "return a if a < b else b"),
    ];
    assert_eq!(first(&frames, ("TypeError", "no order between currencies")), "cheapest");
    let broken = [line("shop/money.py", "__lt__", "return self.cents < other.cents"), frames[1]];
    assert_eq!(first(&broken, ("AttributeError", "'int' object has no attribute 'cents'")), "__lt__");
}

#[test]
fn a_null_value_in_a_helper_points_to_the_caller() {
    let null = ("TypeError", "Cannot read properties of undefined (reading 'split')");
    let caller = line("src/cart.js", "total", "");
    assert_eq!(first(&[line("src/util/text.js", "words", ""), caller], null), "total");
    assert_eq!(first(&[line("src/text.js", "words", ""), caller], null), "words");
}

#[test]
fn frames_newer_than_a_panic_are_not_suspects() {
    let own = |function| Candidate { function, in_app: true, ..Candidate::default() };
    let go = Candidate { module: "runtime", function: "gopanic", ..Candidate::default() };
    let frames = [line("log.go", "Recover", ""), go, line("cart.go", "Total", "")];
    assert_eq!(first(&frames, ("runtime.Error", "runtime error: index out of range")), "Total");
    let frames = [own("shop::hook::report"), own("rust_begin_unwind"), own("shop::cart::total")];
    assert_eq!(first(&frames, ("panic", "no price")), "shop::cart::total");
}

#[test]
fn a_class_named_like_a_test_is_own_code_without_a_test_runner() {
    let frames = [frame("com.acme.lab.TestResult", "total"), frame("com.acme.lab.Report", "print")];
    assert_eq!(best(&frames, ("ReportException", "no")), Some(("com.acme.lab.TestResult", "total")));
    let run = [frames[0], frames[1], outside("org.junit.runners.Suite", "run")];
    assert_eq!(best(&run, ("ReportException", "no")), Some(("com.acme.lab.Report", "print")));
}

#[test]
fn the_suspect_is_clear_unless_a_rule_passed_over_a_newer_frame() {
    let same = |_, _| true;
    let clear = [frame("com.acme.Cart", "total"), frame("com.acme.Shop", "order")];
    let clarity_of = |frames: &[Candidate<'_>]| clarity(&rank(frames, &[("OrderException", "no")]), same);
    assert_eq!(clarity_of(&clear), Some(Clarity::Clear));
    assert_eq!(clarity_of(&[frame("com.acme.Rules", "checkTotal"), clear[0]]), Some(Clarity::Ruled));
    assert_eq!(clarity_of(&[outside("org.lib.Reader", "parse")]), Some(Clarity::NotOwn));
    assert_eq!(clarity_of(&[]), None);
}
