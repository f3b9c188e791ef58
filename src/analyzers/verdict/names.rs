//! Does a sentence name code that was never shown?

use std::sync::LazyLock;

use regex_lite::Regex;

/// Names of languages' own things, which any sentence may use.
const COMMON: &[&str] = &[
    "null",
    "None",
    "undefined",
    "nil",
    "NaN",
    "true",
    "false",
    "True",
    "False",
    "Some",
    "Option",
    "Result",
    "string",
    "String",
    "number",
    "object",
    "Object",
    "array",
    "list",
    "dict",
    "map",
    "int",
    "float",
    "bool",
    "boolean",
    "void",
    "async",
    "await",
    "return",
    "for",
    "while",
    "try",
    "catch",
    "except",
    "raise",
    "throw",
    "throws",
    "else",
    "and",
    "not",
    "unwrap",
    "panic",
    "undetermined",
];

/// A file's name with an ending that programs have, with or without a path.
static FILE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"[A-Za-z0-9_@~./\\-]*[A-Za-z0-9_-]\.(?:py|pyx|js|jsx|mjs|cjs|ts|tsx|vue|svelte|java|kt|kts|scala|groovy|go|rb|erb|php|cs|fs|vb|rs|swift|m|mm|c|cc|cpp|cxx|h|hpp|ex|exs|erl|clj|dart|lua|sql|html|css|json|ya?ml|toml|ini|cfg|conf|env|sh|xml|properties|gradle|lock|proto|tf)\b",
    )
    .ok()
});

/// A call (`load(`), a path of names (`a::b`), a name with an underscore, a name in lower camel case.
static CODE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"[A-Za-z_$][A-Za-z0-9_$]*(?:(?:::|\.|#|->)[A-Za-z_$][A-Za-z0-9_$]*)*\(|[A-Za-z_$][A-Za-z0-9_$]*(?:::[A-Za-z_$][A-Za-z0-9_$]*)+|\b[A-Za-z]+(?:_[A-Za-z0-9]+)+\b|\b[a-z]{2,}[a-z0-9]*[A-Z][A-Za-z0-9]{2,}\b",
    )
    .ok()
});

/// One name.
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[A-Za-z_$][A-Za-z0-9_$]{2,}").ok());

fn found<'t>(pattern: &LazyLock<Option<Regex>>, text: &'t str) -> Vec<&'t str> {
    let Some(pattern) = &**pattern else { return Vec::new() };
    pattern.find_iter(text).map(|found| found.as_str()).collect()
}

/// Whether `text` names a file that does not occur in what was `shown`.
pub(super) fn invents_files(text: &str, shown: &str) -> bool {
    found(&FILE, text).iter().any(|file| !shown.contains(file.trim_start_matches("./")))
}

/// Whether `text` names a file, a function or any other piece of code that does not occur in what was `shown`.
pub(super) fn invents_code(text: &str, shown: &str) -> bool {
    let quoted = text.split('`').skip(1).step_by(2);
    let candidates = quoted.chain(found(&CODE, text)).flat_map(|code| found(&NAME, code));
    let is_unknown = |name: &str| !COMMON.contains(&name) && !shown.contains(name);
    invents_files(text, shown) || candidates.into_iter().any(is_unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str =
        "F1 shop/checkout.py:41 instalments\n > return total / coupon.months\nX1 ZeroDivisionError";

    #[test]
    fn what_was_shown_may_be_named() {
        for text in [
            "`coupon.months` is `0` in `instalments()` (checkout.py:41)",
            "shop/checkout.py divides by coupon.months",
            "A `None` would fail elsewhere, e.g. in PostgreSQL or JavaScript",
            "除以 `coupon.months`，見 checkout.py",
        ] {
            assert!(!invents_code(text, SHOWN), "{text}");
        }
    }

    #[test]
    fn what_was_not_shown_may_not() {
        for text in [
            "billing.py is wrong",
            "lib/checkout.py is wrong",
            "it calls load_cart first",
            "it calls loadCart first",
            "`Coupon.validate` is missing",
            "it calls Cart::load",
            "it calls refresh() first",
        ] {
            assert!(invents_code(text, SHOWN), "{text}");
        }
        assert!(!invents_files("guard with `Optional.of_nullable()`", SHOWN));
        assert!(invents_files("change billing.py", SHOWN));
    }
}
