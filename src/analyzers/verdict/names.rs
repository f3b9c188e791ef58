//! Detects sentences of a model that contain names of code outside the evidence.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex_lite::Regex;

/// Words in lower case that every sentence may use, from the file `general.txt`, which gives their sources.
static GENERAL: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lines = include_str!("general.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).map(str::to_lowercase).collect()
});

/// A file name with the extension of a programming language, with or without a path.
static FILE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"[A-Za-z0-9_@~./\\-]*[A-Za-z0-9_-]\.(?:py|pyx|js|jsx|mjs|cjs|ts|tsx|vue|svelte|java|kt|kts|scala|groovy|go|rb|erb|php|cs|fs|vb|rs|swift|m|mm|c|cc|cpp|cxx|h|hpp|ex|exs|erl|clj|dart|lua|sql|html|css|json|ya?ml|toml|ini|cfg|conf|env|sh|xml|properties|gradle|lock|proto|tf)\b",
    )
    .ok()
});

/// A piece of code: a call (`load(`), a path of names (`a::b`), a name with an underscore, or a name in lower camel
/// case.
static CODE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"[A-Za-z_$][A-Za-z0-9_$]*(?:(?:::|\.|#|->)[A-Za-z_$][A-Za-z0-9_$]*)*\(|[A-Za-z_$][A-Za-z0-9_$]*(?:::[A-Za-z_$][A-Za-z0-9_$]*)+|\b[A-Za-z]+(?:_[A-Za-z0-9]+)+\b|\b[a-z]{2,}[a-z0-9]*[A-Z][A-Za-z0-9]{2,}\b",
    )
    .ok()
});

/// One name in a piece of code.
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[A-Za-z_$][A-Za-z0-9_$]{2,}").ok());

fn found<'t>(pattern: &LazyLock<Option<Regex>>, text: &'t str) -> Vec<&'t str> {
    let Some(pattern) = &**pattern else { return Vec::new() };
    pattern.find_iter(text).map(|found| found.as_str()).collect()
}

fn is_general(name: &str) -> bool {
    GENERAL.contains(&name.to_lowercase())
}

/// Whether `text` names a file that does not occur in the evidence `shown`. Files that many projects have, such as
/// `package.json`, may be named.
pub(super) fn invents_files(text: &str, shown: &str) -> bool {
    let is_unknown = |file: &&str| {
        let file = file.trim_start_matches("./");
        !shown.contains(file) && !is_general(file)
    };
    found(&FILE, text).iter().any(is_unknown)
}

/// Whether `text` names a file, a function or other code that does not occur in the evidence `shown`.
pub(super) fn invents_code(text: &str, shown: &str) -> bool {
    let quoted = text.split('`').skip(1).step_by(2).filter(|quote| !is_term(quote));
    // Common files of a project, such as its manifest, are not code.
    let is_file = |code: &&str| found(&FILE, code).iter().any(|file| is_general(file));
    let candidates = quoted.filter(|quote| !is_file(quote)).chain(found(&CODE, text));
    let names = candidates.flat_map(|code| found(&NAME, code));
    invents_files(text, shown) || names.into_iter().any(|name| !is_general(name) && !shown.contains(name))
}

/// Whether a text in backticks is a technical term, such as `Access-Control-Allow-Origin`, `Docker image`, `SELECT` or
/// `READ COMMITTED`, and not the code of a program.
fn is_term(quote: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphabetic() || c == '-' || c == ' ';
    let is_header = quote.contains('-')
        && quote.split('-').all(|part| part.starts_with(|c: char| c.is_ascii_uppercase()));
    let is_loud = quote.chars().all(|c| !c.is_ascii_lowercase());
    let is_phrase = quote.contains(' ');
    quote.chars().all(is_word) && (is_header || is_loud || is_phrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str =
        "F1 shop/checkout.py:41 instalments\n > return total / coupon.months\nX1 ZeroDivisionError";

    #[test]
    fn shown_names_and_technical_terms_are_not_invented_code() {
        for text in [
            "`coupon.months` is `0` in `instalments()` (checkout.py:41)",
            "shop/checkout.py divides by coupon.months",
            "A `None` would fail elsewhere, e.g. in PostgreSQL or JavaScript",
            "除以 `coupon.months`，見 checkout.py",
            "The `Access-Control-Allow-Origin` header is missing, so CORS refuses it",
            "The `Docker image` lacks a file that package.json names",
            "The `git` configuration of node_modules differs",
            "`JSON.parse` and `setTimeout` are not the cause, nor is `READ COMMITTED`",
        ] {
            assert!(!invents_code(text, SHOWN), "{text}");
        }
    }

    #[test]
    fn names_that_were_not_shown_are_invented_code() {
        for text in [
            "billing.py is wrong",
            "lib/checkout.py is wrong",
            "it calls load_cart first",
            "it calls loadCart first",
            "`Coupon.validate` is missing",
            "`Invoice` is missing",
            "it calls Cart::load",
            "it calls refresh() first",
        ] {
            assert!(invents_code(text, SHOWN), "{text}");
        }
        assert!(!invents_files("guard with `Optional.of_nullable()`", SHOWN));
        assert!(invents_files("change billing.py", SHOWN));
    }
}
