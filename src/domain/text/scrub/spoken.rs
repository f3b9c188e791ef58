//! Finds secrets in sentences and command lines, such as `invalid token 45ff…`, `--password x` and `curl -u jane:x`.

use std::ops::Range;

use super::found::{Found, REDACTED};
use super::judge::is_placeholder;
use super::key::{Sensitivity, sensitivity};
use super::value::is_ideograph;
use super::word::{is_mixed, is_plain, is_random};

/// Words that may stand between a key and its value, as in `the code is 482913`.
const FILLING: &[&str] = &[
    "is", "was", "of", "for", "the", "a", "an", "=", ":", "value", "with", "no.", "no", "using", "provided",
    "|", ">", "|-", ">-", "given", "received", "supplied", "'", "\"",
];
/// Words about credentials. A random word near one of them is a secret.
const TOPICS: &[&str] = &[
    "password",
    "passwd",
    "passwords",
    "credentials",
    "credential",
    "login",
    "logon",
    "secret",
    "passphrase",
    "passcode",
    "convertto-securestring",
];
/// A random word counts as near a word of [`TOPICS`] if fewer words than this are between them.
const NEAR: usize = 6;
/// Programs whose option `-p`, `-a` or `-P` takes a password.
const PROGRAMS: &[&str] = &[
    "mysql",
    "mysqldump",
    "mysqladmin",
    "mariadb",
    "mariadb-dump",
    "sshpass",
    "redis-cli",
    "mongo",
    "mongosh",
    "mongodump",
    "7z",
    "unzip",
    "zip",
    "docker",
    "podman",
    "sqlcmd",
    "bcp",
    "ldapsearch",
    "psql",
    "htpasswd",
    "az",
    "smbclient",
    "expect",
    "psexec",
    "schtasks",
];
/// Programs that take a password without an option before it.
const POSITIONAL: &[&str] = &["htpasswd", "net use"];

/// The words before the current word of a sentence or a command line, as far as they announce a secret.
#[derive(Default)]
struct Before<'t> {
    /// The last three words, the newest last. Words of [`FILLING`] are left out.
    words: [&'t str; 3],
    /// The program whose arguments follow, such as `curl`, or an empty text.
    program: &'t str,
    /// The number of words since the last word of [`TOPICS`], or `None` if there was none.
    since: Option<usize>,
}

impl<'t> Before<'t> {
    fn push(&mut self, word: &'t str) {
        let plain = bare(word);
        let name = bare(plain.rsplit(['/', '$', '=', ':']).next().unwrap_or(plain));
        if PROGRAMS.contains(&name) || matches!(name, "curl" | "wget") {
            self.program = name;
        } else if name == "use" && self.words[2] == "net" {
            self.program = "net use";
        }
        self.since = if is_about_credentials(plain) { Some(0) } else { self.since.map(|words| words + 1) };
        if !plain.is_empty() && !FILLING.contains(&plain) {
            self.words = [self.words[1], self.words[2], word];
        }
    }

    /// Returns the place of the secret in `word`, the next word of the text.
    fn secret(&self, word: &str) -> Option<Range<usize>> {
        let flag = self.words[2].trim_start_matches(OPENING).trim_end_matches(CLOSING);
        may_be_secret(word, flag)
            .then(|| flagged(word, flag, self.program).or_else(|| named(word, &self.words)))?
            .or_else(|| drawn(word, self.since))
    }
}

/// The signs before an argument, if a command line is printed as a list.
const OPENING: [char; 7] = [':', '"', '\'', '(', '[', ',', '`'];
const CLOSING: [char; 6] = ['"', '\'', ')', ']', ',', '`'];

/// Adds those secrets in `text` to `found` that the words around them announce.
pub(super) fn find(text: &str, found: &mut Found) {
    let mut before = Before::default();
    // A random word, and the number of words after it. It is a secret if a word about credentials follows soon.
    let mut waiting: Option<(Range<usize>, usize)> = None;
    for range in words(text) {
        let word = &text[range.clone()];
        waiting = waiting.filter(|(_, words)| *words < NEAR).map(|(random, words)| (random, words + 1));
        if let Some((random, _)) = waiting.take_if(|_| is_topic(word)) {
            found.add(random, REDACTED);
        }
        if let Some(random) = random(word).filter(|_| !found.covers(range.start)) {
            waiting = Some((range.start + random.start..range.start + random.end, 0));
        }
        if let Some(secret) = before.secret(word).filter(|_| !range.clone().any(|at| found.covers(at))) {
            found.add(range.start + secret.start..range.start + secret.end, REDACTED);
        }
        before.push(word);
    }
}

/// Returns, for each argument of a command line, whether it is a secret. The arguments before it decide.
pub(crate) fn arguments(list: &[&str]) -> Vec<bool> {
    let mut before = Before::default();
    let mut out = Vec::with_capacity(list.len());
    for word in list {
        out.push(before.secret(word).is_some());
        before.push(word);
    }
    out
}

/// Whether a word can be a secret, as a cheap check. It contains digits or inner capitals, or it is an option such as
/// `-px` or follows one.
fn may_be_secret(word: &str, before: &str) -> bool {
    let is_unusual = |(at, b): (usize, u8)| b.is_ascii_digit() || (at > 0 && b.is_ascii_uppercase());
    before.starts_with('-') || bare(word).starts_with('-') || word.bytes().enumerate().any(is_unusual)
}

/// Returns the place of the random part of a word that follows a word about credentials, as in
/// `login failed for kim:x`. `since` is the number of words between them.
fn drawn(word: &str, since: Option<usize>) -> Option<Range<usize>> {
    since.filter(|words| *words < NEAR).and_then(|_| random(word))
}

/// Returns the place of the random part of a word: at least ten characters, with letters of both cases and digits.
fn random(word: &str) -> Option<Range<usize>> {
    let value = bare(word).rsplit([':', '/', '(', '"', '\'']).next().unwrap_or(word);
    let is_random = value.len() >= 10
        && has_all_classes(value)
        && !value.contains(['.', '-', '(', '='])
        && is_random(value);
    is_random.then(|| stretch(word, value))
}

/// Whether the word is about credentials, such as `password`, `--password-stdin` or `'users.api_token'`.
fn is_topic(word: &str) -> bool {
    let plain = bare(word);
    is_about_credentials(plain) || sensitivity(plain) == Some(Sensitivity::Certain)
}

/// Whether the word, or a part of it if it is an option, is one of [`TOPICS`].
fn is_about_credentials(plain: &str) -> bool {
    let name = plain.trim_start_matches('-');
    let is_option = name.len() < plain.len() && name.split('-').any(|part| TOPICS.contains(&part));
    is_option || TOPICS.iter().any(|topic| plain.eq_ignore_ascii_case(topic))
}

/// Returns the places of the words of a text. A word ends at white space, at a comma after a quote, or where Chinese,
/// Japanese or Korean characters meet others.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &text[at..];
        let start = at + (rest.len() - rest.trim_start().len());
        let first = text[start..].chars().next()?;
        let mut is_after_quote = false;
        let parts = |c: char| {
            let is_in_list = is_after_quote && c == ',';
            is_after_quote = matches!(c, '"' | '\'');
            is_in_list || c.is_whitespace() || is_ideograph(c) != is_ideograph(first)
        };
        let end = start + text[start..].find(parts).unwrap_or(text.len() - start);
        at = end + usize::from(text[end..].starts_with(','));
        Some(start..end)
    })
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| ",.;:!?\"'`()[]{}<>=|。，«»".contains(c))
}

/// Returns the place of `part` in `word`. The word must contain the part.
fn stretch(word: &str, part: &str) -> Range<usize> {
    let start = word.rfind(part).unwrap_or(0);
    start..start + part.len()
}

/// Returns the place of a secret in `word` that is the value of an option (`--password x`, `-px`, `-u jane:x` or
/// `--user=jane:x`), or an argument of a program in [`POSITIONAL`]. `flag` is the word before.
fn flagged(word: &str, flag: &str, program: &str) -> Option<Range<usize>> {
    let argument = word.trim_start_matches(OPENING).trim_end_matches(CLOSING);
    if let Some(option) = argument.strip_prefix('-') {
        if let Some((_, secret)) =
            option.split_once('=').filter(|(name, _)| takes_pair(&argument[..=name.len()]))
        {
            return password(secret, program).map(|secret| stretch(word, secret));
        }
        return is_attached(argument, program).then(|| stretch(word, &argument[2..]));
    }
    let value = Some(bare(word)).filter(|value| !value.is_empty())?;
    if let Some(name) = flag.strip_prefix("--").filter(|name| !name.contains('=')) {
        let is_secret = matches!(
            sensitivity(name),
            Some(Sensitivity::Certain | Sensitivity::Likely | Sensitivity::Number)
        );
        let is_sentence = is_plain(value) && (argument.len() != value.len() || sensitivity(value).is_some());
        if is_secret && !is_sentence {
            return (!is_placeholder(value)).then(|| stretch(word, value));
        }
    }
    if takes_pair(flag) {
        let secret = password(value, program).filter(|_| !is_placeholder(value));
        return secret.map(|secret| stretch(word, secret));
    }
    let takes_password = matches!(flag, "-p" | "-P" | "-a" | "-w" | "-pw" | "/rp" | "/p")
        && PROGRAMS.contains(&program)
        || POSITIONAL.contains(&program);
    let is_drawn = || value.len() >= 6 && (is_mixed(value) || is_random(value)) && !value.contains(':');
    (takes_password && is_drawn() && !is_placeholder(value)).then(|| stretch(word, value))
}

/// Whether the value of the option has the form `user:password`.
fn takes_pair(option: &str) -> bool {
    matches!(option, "-u" | "--user" | "--proxy-user" | "-U")
}

/// Returns the password of `user:password`, or of `user%password` for smbclient. For known programs other than curl and
/// wget, a plain word or a number is not a password, because `docker run -u 1000:1000` names a group.
fn password<'v>(pair: &'v str, program: &str) -> Option<&'v str> {
    let (_, secret) = pair.split_once(if program == "smbclient" { '%' } else { ':' })?;
    let is_group = || is_plain(secret) || secret.bytes().all(|b| b.is_ascii_digit());
    let is_secret = matches!(program, "curl" | "wget" | "") || !is_group();
    (is_secret && !secret.is_empty() && !is_placeholder(secret)).then_some(secret)
}

/// Whether the word is an option with a password directly after its letter, such as `-pPASSWORD` of `mysql`.
fn is_attached(word: &str, program: &str) -> bool {
    let value = word.strip_prefix("-p").or_else(|| word.strip_prefix("-P")).unwrap_or_default();
    PROGRAMS.contains(&program)
        && value.len() >= 4
        && !value.bytes().all(|b| b.is_ascii_digit() || b == b':')
        && !is_placeholder(value)
}

/// Returns the place of a secret in `word` that the three previous words announce, as in `password Zq5khxE3pyIg` and
/// `verification code is 482913`.
fn named(word: &str, before: &[&str; 3]) -> Option<Range<usize>> {
    let value = Some(bare(word)).filter(|value| value.len() >= 3)?;
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_number = digits > 0 && value.bytes().all(|b| b.is_ascii_digit() || b"-/.".contains(&b));
    let is_drawn = || is_random(value);
    if (digits == 0 || value.contains(['=', '(', '/'])) && !is_number && !is_drawn() {
        return None;
    }
    let last = before[2].trim_end_matches(['為', '为', '是', '：', ':', '"', '\'', '(', ' ']);
    let last = last.trim_start_matches(['"', '\'', '(', '[', '`', '-']);
    if last.ends_with(|c: char| !c.is_alphanumeric()) {
        return None;
    }
    let words = [before[0], before[1], last].map(bare);
    let ours = words.iter().rposition(|word| !word.is_ascii() || word.len() > 24).map_or(0, |at| at + 1);
    let key = if ours < 3 { words[ours..].join(" ") } else { last.to_owned() };
    let is_secret = match sensitivity(key.trim())? {
        Sensitivity::Certain => value.len() >= 6 && (is_drawn() || (is_mixed(value) && !is_counted(value))),
        Sensitivity::Likely => value.len() >= 8 && is_drawn() && !is_timed(value),
        Sensitivity::Number if is_short(last) => is_number && (3..=10).contains(&digits),
        Sensitivity::Number => (is_number || is_drawn()) && digits >= 6,
        Sensitivity::Possible => value.len() >= 12 && has_all_classes(value) && is_drawn(),
        Sensitivity::Person => false,
    };
    (is_secret && !is_placeholder(value)).then(|| stretch(word, value))
}

/// Whether the value contains capitals, small letters and digits.
fn has_all_classes(value: &str) -> bool {
    let has = |is: fn(&u8) -> bool| value.bytes().any(|b| is(&b));
    has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

/// Whether the values of `key` are short numbers, as those of `pin` and `otp` are.
fn is_short(key: &str) -> bool {
    ["otp", "totp", "pin", "cvv", "cvc", "code", "passcode"]
        .iter()
        .any(|short| key.eq_ignore_ascii_case(short))
        || key.ends_with('碼')
}

/// Whether the value is a common word with a number, such as `field2` or `sha256`.
fn is_counted(value: &str) -> bool {
    let name = value.trim_end_matches(|c: char| c.is_ascii_digit());
    ["field", "line", "version", "step", "sha", "md", "v", "test", "utf", "base", "column", "attempt", "user"]
        .contains(&name.to_ascii_lowercase().as_str())
}

/// Whether the value is a time, such as `2026-11-29T10:00:00Z` or `10:30:11`.
fn is_timed(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_digit() || b":-+.TZ".contains(&b))
}
