//! Tests that check both runbooks against the code: every command, option, make target, log event, variable, check,
//! alarm and file in the runbooks exists. Both runbooks have every row of the tables in the runbook of the Python
//! service that Sidenote replaces.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

pub(crate) const RUNBOOKS: [&str; 2] = ["RUNBOOK.md", "RUNBOOK.zh-TW.md"];
/// Key phrases of each row in the tables of the original runbook. Both language versions must have a row with them.
const ROWS: &[(&str, &[&str])] = &[
    ("step 1", &["| 1 |", "`GET /api/0/`", "`sentry.scopes`"]),
    ("step 2", &["| 2 |", "`OPENCLAW_TG_BOT_TOKEN`", "`OPENCLAW_TG_CHAT_ID`", "`SECRETS_FILE`"]),
    ("step 3", &["| 3 |", "`sidenote doctor --project SLUG --write ISSUE`", "`sentry.comment`"]),
    ("step 4", &["| 4 |", "`events/handposted.json`", "202", "`Analysis scheduled`", "`comment_id`"]),
    ("step 5", &["| 5 |", "`make deploy`", "`url.health`"]),
    ("secret injected", &["`SENTRY_AUTH_TOKEN`", "`url.health`", "`secrets.SENTRY_AUTH_TOKEN`"]),
    ("token valid", &["200", "`sentry.token`"]),
    ("comment written back", &["AI 錯誤分析", "AI error analysis", "`sidenote analyze ISSUE`"]),
    ("logs healthy", &["`sentry_comment_posted`", "`sentry_comment_failed`", "`NotesFailingAlarm`"]),
    ("frequency statistics", &["頻率統計", "Frequency", "24"]),
    ("skipped", &["`sentry_comment_skipped`", "`secrets.SENTRY_AUTH_TOKEN`"]),
    ("unauthorized", &["`sentry_api_unauthorized`", "`sentry.token`", "`sentry.scopes`"]),
    ("timeout", &["`sentry_api_timeout`", "`sentry.reachable`"]),
    (
        "OpenClaw",
        &["OpenClaw", "`model_silent`", "`analyzer.health`", "`analyzer.endpoint`", "`chatCompletions`"],
    ),
];
/// Code in the runbooks that does not occur in this project: words of other programs and of the Python service.
const FOREIGN: &[&str] =
    &["OPENCLAW_TG_BOT_TOKEN", "OPENCLAW_TG_CHAT_ID", "issue_id", "comment_id", "not_found", "secrets.json"];

/// Returns the text of a file of the repository.
pub(crate) fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the text of all Rust files in `src/`, including their tests.
fn sources() -> String {
    fn collect(folder: &Path, all: &mut String) {
        for entry in std::fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                collect(&path, all);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                *all += &std::fs::read_to_string(&path).expect("the file can be read");
            }
        }
    }
    let mut all = String::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    all
}

/// Returns the code in a Markdown page: the texts in backticks, and the lines of indented blocks.
fn code(text: &str) -> BTreeSet<String> {
    let blocks = text.lines().filter_map(|line| line.strip_prefix("    ")).map(str::to_owned);
    let prose = text.lines().filter(|line| !line.starts_with("    "));
    let spans = prose.flat_map(|line| line.split('`').skip(1).step_by(2)).map(str::to_owned);
    blocks.chain(spans).collect()
}

/// All `sidenote` commands in the runbooks, with their options. Both languages have the same.
pub(crate) fn commands() -> Vec<String> {
    code(&read(RUNBOOKS[0])).into_iter().filter(|piece| piece.starts_with("sidenote ")).collect()
}

/// Returns the help text of a `sidenote` command, which lists its options; `None` if there is no such command.
fn help(command: &[&str]) -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_sidenote"))
        .args(command)
        .arg("--help")
        .output()
        .expect("run sidenote");
    output.status.success().then(|| String::from_utf8(output.stdout).expect("UTF-8"))
}

struct Code {
    sources: String,
    makefile: String,
    template: String,
}

impl Code {
    fn read() -> Self {
        Self { sources: sources(), makefile: read("Makefile"), template: read("template.yaml") }
    }

    /// Looks up a piece of code. Returns its kind, and whether it exists; `None` for a kind that cannot be looked up.
    fn look_up(&self, piece: &str) -> Option<(&'static str, bool)> {
        let literal = |text: &str| {
            [format!("\"{text}\""), format!("\"{text}:")].iter().any(|it| self.sources.contains(it))
        };
        let lower = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let upper = |text: &str| text.len() > 3 && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        if FOREIGN.contains(&piece) {
            return None;
        }
        if let Some(command) = piece.strip_prefix("sidenote ") {
            return Some(("command", is_command(command)));
        }
        if let Some(target) = piece.strip_prefix("make ") {
            let target = target.split(' ').next().unwrap_or_default();
            return Some((
                "target",
                self.makefile.lines().any(|line| line.starts_with(&format!("{target}:"))),
            ));
        }
        if let Some(key) = piece.strip_prefix("secrets.") {
            return Some(("check", literal(key) && self.sources.contains("\"secrets.{key}\"")));
        }
        let variable = piece.split('=').next().unwrap_or_default();
        if variable.contains('_') && upper(variable) {
            return Some(("variable", literal(variable)));
        }
        if piece.starts_with("events/") {
            return Some(("file", Path::new(env!("CARGO_MANIFEST_DIR")).join(piece).is_file()));
        }
        if piece.ends_with("Alarm") {
            return Some(("alarm", self.template.contains(&format!("\n  {piece}:\n"))));
        }
        match piece.split_once('.') {
            Some((room, check)) if lower(room) && lower(check) => Some(("check", literal(piece))),
            None if piece.contains('_') && lower(piece) => Some(("event", literal(piece))),
            _ => None,
        }
    }
}

fn is_command(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    // A placeholder such as `ISSUE`, or an option, follows the names of command and sub-command.
    let is_name = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let names = words.iter().position(|word| word.starts_with("--") || !is_name(word)).unwrap_or(words.len());
    let Some(help) = help(&words[..names]) else { return false };
    words[names..].iter().filter(|word| word.starts_with("--")).all(|option| help.contains(option))
}

#[test]
fn everything_that_the_runbooks_name_exists() {
    let code_base = Code::read();
    for runbook in RUNBOOKS {
        let mut kinds: Vec<&str> = Vec::new();
        for piece in code(&read(runbook)) {
            let Some((kind, exists)) = code_base.look_up(piece.trim()) else { continue };
            assert!(exists, "{runbook}: there is no {kind} `{piece}`");
            kinds.push(kind);
        }
        let count = |kind: &str| kinds.iter().filter(|it| **it == kind).count();
        let counts = ["command", "target", "check", "variable", "event", "alarm", "file"].map(count);
        println!("{runbook}: commands, targets, checks, variables, events, alarms, files: {counts:?}");
        // If the test recognized no code in a runbook, it would find no problem.
        assert!(
            counts.iter().zip([9, 2, 20, 7, 10, 1, 1]).all(|(found, least)| *found >= least),
            "{counts:?}"
        );
    }
}

#[test]
fn a_nonexistent_name_in_a_runbook_is_found() {
    let code_base = Code::read();
    for (piece, kind) in [
        ("sidenote docter", "command"),
        ("sidenote doctor --cure", "command"),
        ("make deploi", "target"),
        ("sentry.scope", "check"),
        ("secrets.SENTRY_TOKEN", "check"),
        ("SENTRY_TOKEN", "variable"),
        ("sentry_comment_lost", "event"),
        ("NotesLostAlarm", "alarm"),
        ("events/none.json", "file"),
    ] {
        assert_eq!(code_base.look_up(piece), Some((kind, false)), "{piece}");
    }
}

/// Each row of the original runbook's steps, acceptance table and troubleshooting table has a row in both languages.
#[test]
fn the_runbooks_have_every_row_of_the_original_tables() {
    for runbook in RUNBOOKS {
        let text = read(runbook);
        for (row, names) in ROWS {
            let is_there =
                text.lines().any(|line| line.starts_with('|') && names.iter().all(|it| line.contains(it)));
            assert!(is_there, "{runbook}: no row for {row}: {names:?}");
        }
    }
}

#[test]
fn both_runbooks_name_the_same_commands_and_settings() {
    let [english, chinese] = RUNBOOKS.map(|runbook| code(&read(runbook)));
    assert_eq!(english, chinese);
}
