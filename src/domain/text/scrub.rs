//! Secrets and personal data that Sentry's own scrubbing leaves in, replaced by stable placeholders.
//!
//! Each rule is one row: a cheap hint that must occur, a pattern, and what stands there afterwards. The patterns are
//! our own words for what gitleaks and Relay look for; `regex-lite` keeps them linear, whatever a stranger sends.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

/// What a match becomes.
enum Becomes {
    /// A replacement in the `regex-lite` crate's syntax.
    Text(&'static str),
    /// A placeholder, if the match passes a check that a pattern cannot make.
    If(fn(&str) -> bool, &'static str),
}

struct Rule {
    /// One of these must occur, or the pattern is not tried.
    hints: &'static [&'static str],
    pattern: Regex,
    becomes: Becomes,
}

/// Hints, pattern, replacement. Order matters: the more specific placeholder is to win.
type Row = (&'static [&'static str], &'static str, Becomes);

const ROWS: &[Row] = &[
    (
        &["PRIVATE KEY"],
        r"-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----[\x00-\x7f]*?(-----END [A-Z ]*PRIVATE KEY( BLOCK)?-----|\z)",
        Becomes::Text("[private key]"),
    ),
    (&["://"], r"://[!-.0-9;-?A-~]*:[!-.0-~]*@", Becomes::Text("://[credentials]@")),
    (&["eyJ"], r"eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{4,}(\.[A-Za-z0-9_-]*)?", Becomes::Text("[jwt]")),
    (
        &["uthorization", "UTHORIZATION", "ookie", "OOKIE"],
        r#"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[:=>,]+\s*["']?)[\t !#-&(-~]{3,}"#,
        Becomes::Text("$1$2[redacted]"),
    ),
    (
        &["earer ", "EARER ", "asic ", "ASIC "],
        r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}",
        Becomes::Text("$1 [token]"),
    ),
    (
        &["AKIA", "ASIA", "ABIA", "ACCA", "A3T", "ABSK"],
        r"\b(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z2-7]{12,}|\bABSK[A-Za-z0-9+/=]{20,}",
        Becomes::Text("[aws key]"),
    ),
    (
        &["gh", "github_pat_"],
        r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}",
        Becomes::Text("[github token]"),
    ),
    (&["glpat-", "glrt-"], r"\bgl(?:pat|rt)-[A-Za-z0-9_-]{16,}", Becomes::Text("[gitlab token]")),
    (
        &["xox", "xapp-", "hooks.slack.com"],
        r"\bxox[a-z]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}|hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]+",
        Becomes::Text("[slack token]"),
    ),
    (
        &["sk_", "rk_", "whsec_"],
        r"\b[sr]k_(?:live|test|prod)_[A-Za-z0-9]{8,}|\bwhsec_[A-Za-z0-9+/=]{16,}",
        Becomes::Text("[stripe key]"),
    ),
    (&["sk-"], r"\bsk-[A-Za-z0-9_-]{20,}", Becomes::Text("[api key]")),
    (&["AIza"], r"\bAIza[A-Za-z0-9_-]{30,}", Becomes::Text("[google key]")),
    (&[":A"], r"\b(?:bot)?[0-9]{5,16}:A[A-Za-z0-9_-]{30,}", Becomes::Text("[telegram token]")),
    (&["sntry"], r"\bsntry[sua]_[A-Za-z0-9+/=_-]{20,}", Becomes::Text("[sentry token]")),
    (
        &["npm_", "SG.", "SK", "dop_v1_", "hf_", "pypi-", "hvs.", "dapi", "shp", "PMAK-", "lin_api_"],
        r"\bnpm_[A-Za-z0-9]{30,}|\bSG\.[A-Za-z0-9_.-]{40,}|\bSK[0-9a-fA-F]{32}\b|\bdop_v1_[0-9a-f]{40,}|\bhf_[A-Za-z0-9]{30,}|\bpypi-[A-Za-z0-9_-]{30,}|\bhvs\.[A-Za-z0-9_-]{20,}|\bdapi[0-9a-f]{32}|\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|\bPMAK-[A-Za-z0-9-]{40,}|\blin_api_[A-Za-z0-9]{30,}",
        Becomes::Text("[token]"),
    ),
    (
        &["assw", "ASSW", "pwd", "PWD", "Pwd", "ecret", "ECRET", "passphrase", "PASSPHRASE"],
        r#"(?i)\b([a-z0-9_.-]*(?:passwo?r?d|pwd|secret|passphrase)[a-z0-9_-]*)(["']?\]?\s?(?:=>|[:=])\s?["']?)[!#-%(-+.-:<-Z\\^-|~-]+"#,
        Becomes::Text("$1$2[redacted]"),
    ),
    (
        &[
            "oken",
            "OKEN",
            "key",
            "KEY",
            "Key",
            "uth",
            "UTH",
            "redential",
            "REDENTIAL",
            "ession",
            "ESSION",
            "ignature",
            "IGNATURE",
            "sid",
            "SID",
        ],
        r#"(?i)\b([a-z0-9_.-]*(?:token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|account[_-]?key|auth|credentials?|session(?:[_-]?id)?|signature|\bsid)[a-z0-9_-]*)(["']?\]?(?:=>|[:=])\s?["']?)[!#-%(-+.-:<-Z\\^-|~-]{6,}"#,
        Becomes::Text("$1$2[redacted]"),
    ),
    (&["?", "&"], r"(?i)([?&](?:key|code|sig|state|otp|pin)=)[!#-%(-~]+", Becomes::Text("$1[redacted]")),
    (
        &["@"],
        r"(?i)[a-z0-9.!#$%&*+/=?^_|~-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+",
        Becomes::If(is_email, "[email]"),
    ),
    (
        &["/home/", "/Users/", "\\Users\\", "\\\\Users\\\\"],
        r"(/home/|/Users/|\\{1,2}Users\\{1,2})[!#-.0-9;=@-\[\]-{}~]+",
        Becomes::Text("$1[user]"),
    ),
    (
        &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        r"\b[0-9](?:[ -]?[0-9]){12,18}\b",
        Becomes::If(is_card_number, "[card]"),
    ),
    // What is called a version is none, and so no address: the match has the word in it then.
    (
        &["."],
        r#"(?i)(?:\b(?:version|ver|v|release|build)["']?[ =:]{0,2}["']?|\b)[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b"#,
        Becomes::If(is_public_ipv4, "[ip]"),
    ),
    (&[":"], r"(?i)\b[0-9a-f]{1,4}(?::{1,2}[0-9a-f]{1,4}){3,7}\b", Becomes::If(is_ipv6, "[ip]")),
    (&["-"], r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b", Becomes::Text("[ssn]")),
    (
        &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b",
        Becomes::If(is_iban, "[iban]"),
    ),
];

/// Compiled on first use, which is after the answer has left: a cold start does not pay for it.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| ROWS.iter().filter_map(compiled).collect());

fn compiled((hints, pattern, becomes): &'static Row) -> Option<Rule> {
    let becomes = match becomes {
        Becomes::Text(text) => Becomes::Text(text),
        Becomes::If(check, text) => Becomes::If(*check, text),
    };
    // That every row compiles is a test below.
    Regex::new(pattern).ok().map(|pattern| Rule { hints, pattern, becomes })
}

/// `text` with secrets and personal data replaced.
pub(super) fn scrub(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut text = text;
    for rule in RULES.iter() {
        if rule.hints.iter().any(|hint| text.contains(hint))
            && let Cow::Owned(scrubbed) = rule.apply(&text)
        {
            text = Cow::Owned(scrubbed);
        }
    }
    text
}

/// As [`scrub`], of a text that stood where a version stands: four numbers behind the name are the version.
pub(super) fn version(text: Cow<'_, str>) -> Cow<'_, str> {
    let (name, tail) = text.split_at(text.rfind('@').map_or(0, |at| at + 1));
    let end = tail.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(tail.len());
    let (numbers, rest) = tail.split_at(end);
    if numbers.split('.').count() != 4 || text.contains(char::is_whitespace) {
        return scrub(text);
    }
    let scrubbed = |part: &str| scrub(Cow::Borrowed(part)).into_owned();
    Cow::Owned(format!("{}{numbers}{}", scrubbed(name), scrubbed(rest)))
}

impl Rule {
    fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.becomes {
            Becomes::Text(replacement) => self.pattern.replace_all(text, replacement),
            Becomes::If(check, placeholder) => self.pattern.replace_all(text, |found: &Captures<'_>| {
                let whole = &found[0];
                if check(whole) { placeholder.to_owned() } else { whole.to_owned() }
            }),
        }
    }
}

/// `shop@1.4.2` is a release by Sentry's own custom, not a mailbox.
fn is_email(text: &str) -> bool {
    let domain = text.rsplit('@').next().unwrap_or_default();
    let last = domain.rsplit('.').next().unwrap_or_default();
    last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
}

/// Luhn's check: a long number that passes it is a card number nine times out of ten.
fn is_card_number(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let doubled = |n: u32| if n > 4 { 2 * n - 9 } else { 2 * n };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(i, &n)| if i % 2 == 1 { doubled(n) } else { n }).sum();
    sum.is_multiple_of(10) && digits.iter().any(|n| *n != digits[0])
}

/// Private, loopback and documentation addresses help the reader and point at nobody.
fn is_public_ipv4(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| {
        let quiet = ip.is_private() || ip.is_loopback() || ip.is_unspecified() || ip.is_link_local();
        !quiet && !ip.is_broadcast() && !ip.is_documentation() && ip.octets()[0] > 3
    })
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<std::net::Ipv6Addr>().is_ok_and(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

/// ISO 13616: the country moved to the end, letters as numbers, the whole modulo 97 is 1.
fn is_iban(text: &str) -> bool {
    let compact: Vec<char> = text.chars().filter(|c| *c != ' ').collect();
    if !(15..=34).contains(&compact.len()) {
        return false;
    }
    let (start, rest) = compact.split_at(4);
    let digits = rest.iter().chain(start).filter_map(|c| c.to_digit(36));
    digits.fold(0u32, |rest, n| if n > 9 { (rest * 100 + n) % 97 } else { (rest * 10 + n) % 97 }) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_compiles() {
        for (_, pattern, _) in ROWS {
            assert_eq!(Regex::new(pattern).map(|_| ()), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn secrets_and_personal_data_become_placeholders() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl";
        let cases = [
            ("mail jane.doe+x@example.co.uk now", "mail [email] now"),
            ("postgres://admin:s3cr3t@db:5432/app", "postgres://[credentials]@db:5432/app"),
            (jwt, "[jwt]"),
            ("Authorization: Bearer abcdef0123456789", "Authorization: [redacted]"),
            ("got bearer abcdef0123456789xyz", "got bearer [token]"),
            ("Cookie: sid=1; theme=dark", "Cookie: [redacted]"),
            ("{'password': 'hunter2', 'n': 1}", "{'password': '[redacted]', 'n': 1}"),
            ("DB_PASSWORD=x&next=1", "DB_PASSWORD=[redacted]&next=1"),
            ("api_key=0123456789abcdef", "api_key=[redacted]"),
            ("/cb?code=4/0Ab&scope=x", "/cb?code=[redacted]&scope=x"),
            ("card 4111 1111 1111 1111 declined", "card [card] declined"),
            ("from 93.184.216.34", "from [ip]"),
            ("from 2a06:98c0:3600::103", "from [ip]"),
            ("/home/jane/app/main.py", "/home/[user]/app/main.py"),
            (r"C:\Users\jane\app", r"C:\Users\[user]\app"),
            ("iban GB82 WEST 1234 5698 7654 32 bad", "iban [iban] bad"),
            ("ssn 078-05-1120", "ssn [ssn]"),
        ];
        for (text, expected) in cases {
            assert_eq!(scrub(Cow::Borrowed(text)), expected);
        }
    }

    #[test]
    fn plain_error_texts_stay_as_they_are() {
        for text in [
            "Unexpected token < in JSON at position 0",
            "connect ECONNREFUSED 10.0.0.12:5432",
            "Cannot read properties of undefined (reading 'key')",
            "order 1234567890123 not found",
            "sentry.rust 0.49.5 at 12:30:45",
            "KeyError: 'author'",
            "released as shop@1.4.2 and @scope/shop@2.0.0-rc.1",
            "std::option::Option<T>::unwrap",
            "Could not load 'Shop.Core, Version=4.2.0.118, Culture=neutral'",
            "agent v8.14.2.3 is older than version 9.0.1.44",
        ] {
            assert_eq!(scrub(Cow::Borrowed(text)), text);
        }
    }

    #[test]
    fn four_numbers_are_a_version_where_a_version_stands() {
        for text in ["4.2.0.118", "shop@4.2.0.118", "com.acme.shop@93.184.216.34+77", "1.4.2", "shop@1.4.2"] {
            assert_eq!(version(Cow::Borrowed(text)), text);
        }
        for (text, expected) in [
            ("4.2.0.118 for jane@93.184.216.34", "[ip] for jane@[ip]"),
            ("jane.doe@example.com@4.2.0.118", "[email]@4.2.0.118"),
            ("4.2.0.118-password=hunter2", "4.2.0.118-password=[redacted]"),
        ] {
            assert_eq!(version(Cow::Borrowed(text)), expected);
        }
        assert_eq!(scrub(Cow::Borrowed("peer /93.184.216.34:443 is gone")), "peer /[ip]:443 is gone");
    }

    #[test]
    fn tokens_of_known_makers_are_found() {
        // Assembled at run time, so that no scanner mistakes this file for a leak.
        let tokens = [
            ("AKIA", "IOSFODNN7EXAMPLE".replace(['1', '8', '9', '0'], "2")),
            ("ghp_", "a".repeat(36)),
            ("glpat-", "a".repeat(20)),
            ("xoxb-", "1".repeat(20)),
            ("sk_live_", "a".repeat(24)),
            ("sk-proj-", "a".repeat(40)),
            ("AIza", "a".repeat(35)),
            ("12345678:A", "a".repeat(34)),
            ("sntryu_", "a".repeat(64)),
            ("npm_", "a".repeat(36)),
            ("hf_", "a".repeat(34)),
        ];
        for (prefix, rest) in tokens {
            let text = format!("x {prefix}{rest} y");
            assert!(!scrub(Cow::Borrowed(&text)).contains(&rest), "{prefix}");
        }
    }
}
