//! Detects command lines in a model's answer by their form: a program, followed by options, files or the program's
//! subcommands.
//!
//! The name of a program alone, such as `git`, `curl` or `Docker`, is not a command.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex_lite::Regex;

/// The programs of `programs.txt`, each with the words that make a command if they follow the program's name. A program
/// without a list of words makes a command with every word.
static PROGRAMS: LazyLock<HashMap<&'static str, Option<Vec<&'static str>>>> = LazyLock::new(|| {
    let mut programs = HashMap::new();
    for line in include_str!("programs.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        match words.next() {
            Some("*") => programs.extend(words.map(|name| (name, None))),
            Some(name) => _ = programs.insert(name, Some(words.collect())),
            None => {}
        }
    }
    programs
});
/// Words at the beginning of a line of code. No program has one of these names.
const KEYWORDS: &str = "if else elif unless return raise throw let const var val import from for while with def fn fun func \
    class struct enum new await async assert except try catch finally match case when switch use not yield \
    public private protected static final package export default type interface override lazy guard select \
    where order limit group null none nil true false void int string bool insert update on create alter join \
    begin set";
/// Operators that are written as words between two values.
const INFIX: &[&str] =
    &["is", "or", "and", "in", "not", "as", "instanceof", "of", "if", "else", "like", "to", "from"];

/// A demand to run a command, such as `Run …`. The group of the pattern is the rest of the sentence.
static DEMAND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:\b[Rr]un|\b[Ee]xecute|\b[Tt]ype|\b[Ee]nter|\b[Ii]nvoke|執行|輸入)(?: the following:?| this:?|:)?\s*`?([^`\n。]+)")
        .ok()
});
/// The syntax of a shell: a pipe into an interpreter, a redirection, a substitution, a background job.
static SHELL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\|\s*(?:sudo\s+)?(?:sh|bash|zsh|iex|invoke-expression|python3?)\b|\$\(|>\s*/(?:dev|proc|etc|var|tmp)/|\|:&|&\s*$")
        .ok()
});

/// Whether the text contains a command. A command of a program in `programs.txt` and the syntax of a shell always
/// count. Other commands, in backticks or in demands, may repeat the evidence `shown`.
pub(super) fn has_command(text: &str, shown: &str) -> bool {
    let mut spans = text.split('`').skip(1).step_by(2);
    names_program(&text.to_lowercase())
        || SHELL.as_ref().is_some_and(|shell| spans.clone().chain([text]).any(|part| shell.is_match(part)))
        || spans.any(|span| !shown.contains(span) && (is_span(span) || has_arguments(span)))
        || demands(text, shown)
}

/// Whether the text demands to run a script, a program with an option, or a program with a variable before it.
fn demands(text: &str, shown: &str) -> bool {
    let Some(pattern) = &*DEMAND else { return false };
    let commands = pattern.captures_iter(text).filter_map(|found| found.get(1));
    commands.map(|found| found.as_str()).filter(|command| !shown.contains(command)).any(|command| {
        let is_script = command.starts_with("./") || command.starts_with('/');
        is_script || has_arguments(command) || is_assigned(command)
    })
}

/// Whether the command sets a variable before the program, as in `FORCE=1 ./deploy`.
fn is_assigned(command: &str) -> bool {
    let first = command.split_whitespace().next().unwrap_or_default();
    let is_name =
        |name: &str| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit());
    first.split_once('=').is_some_and(|(name, _)| !name.is_empty() && is_name(name)) && command.contains(' ')
}

/// Whether the command is a program of any name with an option such as `-x`, `--force` or `/q`, or a `PowerShell`
/// cmdlet such as `Remove-Item` with an argument.
fn has_arguments(command: &str) -> bool {
    let mut words = command.split_whitespace();
    let Some(program) = words.next() else { return false };
    let is_cmdlet = program.split_once('-').is_some_and(|(verb, noun)| {
        [verb, noun].iter().all(|part| part.len() > 1 && part.starts_with(|c: char| c.is_ascii_uppercase()))
    });
    let is_option = |word: &str| {
        let name = word.trim_start_matches('-');
        (word.len() - name.len() == 1 || word.starts_with("--"))
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
    };
    let is_switch = |word: &str| word.len() == 2 && word.starts_with('/');
    let is_argument = |word: &str| is_option(word) || is_switch(word);
    is_program(program) && words.clone().any(is_argument) || is_cmdlet && words.next().is_some()
}

/// Whether the word can be the name of a program, because it is in lower case and not a keyword of a programming
/// language.
fn is_program(word: &str) -> bool {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_./".contains(c);
    word.chars().all(is_name)
        && word.starts_with(|c: char| c.is_ascii_lowercase() || c == '.' || c == '/')
        && !KEYWORDS.split(' ').any(|keyword| keyword == word)
}

/// Whether a part in backticks is a program with arguments, without the punctuation of a programming language. One of
/// its listed words must follow a known program, so `git blame` is not a command.
fn is_span(span: &str) -> bool {
    let mut words = span.split_whitespace();
    let (Some(program), Some(argument)) = (words.next(), words.next()) else { return false };
    let has_code = span.contains(['=', '(', ')', '{', '}', '[', ']', ';', '<', '>', '"']);
    let is_reading = PROGRAMS.get(program).is_some_and(|verbs| {
        verbs.as_ref().is_some_and(|verbs| !verbs.is_empty() && !verbs.contains(&argument))
    });
    is_program(program) && !has_code && !INFIX.contains(&argument) && !is_reading
}

/// Whether a command of a known program occurs at any place in the text, which must be in lower case.
fn names_program(text: &str) -> bool {
    let words: Vec<&str> =
        text.split_whitespace().map(|word| word.trim_start_matches(['`', '(', '"', '\'', '$'])).collect();
    words.windows(2).any(|pair| matches!(pair, [program, argument] if runs(program, argument)))
}

/// Whether these two words, the name of a program and the word after it, are the beginning of a command.
fn runs(program: &str, argument: &str) -> bool {
    let bare = argument.trim_end_matches(['`', ')', '"', '\'', '.', ',', ';']);
    let Some(known) = PROGRAMS.get(program) else { return false };
    let Some(verbs) = known else { return !bare.is_empty() };
    let is_flag = bare.len() > 1 && bare.starts_with('-') && !bare.starts_with("- ");
    let is_file = bare.starts_with(['/', '~', '@'])
        || bare.starts_with("./")
        || matches!(bare.rsplit_once('.'), Some((_, "sh" | "py")));
    is_flag || is_file || verbs.contains(&bare) || (verbs.is_empty() && bare.contains('@'))
}
