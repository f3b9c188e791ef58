//! Tests of the `sidenote` command as a shell sees it: exit codes, pipes, help, version, completions.

use std::fs::OpenOptions;
use std::io::{self, BufRead as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use sidenote_standins::{Kind, Sentry, SentryWorld, Telegram, Token};

use crate::support::fetched::skipped;
use crate::support::{AUTH_TOKEN, BOT_TOKEN, CHAT, telegram};

fn sidenote(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sidenote"));
    command.args(arguments).env_clear().envs(variables.iter().copied()).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    sidenote(arguments, variables).output().expect("run sidenote")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Asserts that the command ends with exit code 2 and names each of `words` on standard error.
fn is_refused(arguments: &[&str], variables: &[(&str, &str)], words: &[&str]) {
    let output = run(arguments, variables);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{arguments:?}: {word:?} is not in {said}");
    }
}

#[test]
fn a_setting_that_is_missing_is_named_and_ends_a_command_with_2() {
    let (token, chat) = (("SENTRY_AUTH_TOKEN", AUTH_TOKEN), ("TELEGRAM_CHAT_ID", "-1001"));
    is_refused(&["sweep"], &[], &["SENTRY_AUTH_TOKEN"]);
    is_refused(&["sweep"], &[token], &["SENTRY_ORG"]);
    is_refused(&["approvals"], &[], &["STATE_TABLE"]);
    is_refused(&["approve", "0123456789abcdef"], &[], &["STATE_TABLE"]);
    is_refused(&["telegram", "connect"], &[chat], &["TELEGRAM_BOT_TOKEN"]);
    is_refused(&["analyze", "4711", "--dry-run"], &[], &["SENTRY_AUTH_TOKEN"]);
    is_refused(
        &["serve", "--listen", "127.0.0.1:0"],
        &[("SECRETS_FILE", "/nowhere")],
        &["SECRETS_FILE /nowhere"],
    );
}

#[test]
fn a_value_that_is_wrong_is_refused_with_its_option_and_the_right_ones() {
    is_refused(&["demo", "--language", "fr"], &[], &["--language", "'fr'", "en, zh-TW"]);
    is_refused(&["analyze", "abc", "--dry-run"], &[], &["'abc'", "<ISSUE>", "PROJECT-1A"]);
    is_refused(&["sweep", "--hours", "9999999999999999999"], &[], &["--hours", "1..=2160"]);
    is_refused(&["completions", "cmd"], &[], &["<SHELL>", "bash", "zsh"]);
}

#[tokio::test]
async fn an_issue_that_sentry_does_not_have_is_a_failure_and_nothing_is_sent() {
    let world = SentryWorld::new(Kind::Saas, "acme").token(Token::integration(AUTH_TOKEN));
    let (sentry, telegram) = tokio::join!(Sentry::start(world), Telegram::start(telegram()));
    let variables = [
        ("SENTRY_BASE_URL", sentry.url()),
        ("SENTRY_ORG", "acme".to_owned()),
        ("SENTRY_AUTH_TOKEN", AUTH_TOKEN.to_owned()),
        ("TELEGRAM_API_BASE", telegram.url()),
        ("TELEGRAM_CHAT_ID", CHAT.to_string()),
        ("TELEGRAM_BOT_TOKEN", BOT_TOKEN.to_owned()),
        ("STATE_PATH", ":memory:".to_owned()),
    ];
    for arguments in [&["analyze", "999999", "--dry-run"][..], &["analyze", "999999"], &["analyze", "SHOP-9"]]
    {
        let mut command = sidenote(arguments, &[]);
        command.envs(variables.clone());
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .expect("no panic")
            .expect("run sidenote");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains("the issue cannot be read"), "{}", text(&output.stderr));
    }
    assert!(telegram.messages().is_empty() && sentry.notes("999999").is_empty());
}

#[test]
fn a_closed_pipe_causes_no_panic() {
    for arguments in [&["completions", "bash"][..], &["--help"], &["demo"]] {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let output = sidenote(arguments, &[]).stdout(writer).output().expect("run sidenote");
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{arguments:?}");
    }
}

#[test]
fn an_error_without_a_reader_keeps_its_exit_code() {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let status = sidenote(&["sweep"], &[]).stderr(writer).stdout(Stdio::null()).status();
    assert_eq!(status.expect("run sidenote").code(), Some(2));
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("open /dev/full");
    let output = sidenote(&["completions", "bash"], &[]).stdout(full).output().expect("run sidenote");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("standard output"), "{}", text(&output.stderr));
}

#[test]
fn the_version_names_the_commit_and_the_features() {
    let said = text(&run(&["--version"], &[]).stdout);
    let (version, build) = said.trim_end().split_once(" (commit ").expect("a commit");
    assert_eq!(version, concat!("sidenote ", env!("CARGO_PKG_VERSION")));
    let (commit, features) = build.split_once("; features ").expect("features");
    assert!(!commit.is_empty() && features.starts_with("cli, aws"), "{said}");
}

#[test]
fn without_a_browser_the_demo_names_a_tunnel_to_the_page_and_to_sentry() {
    let mut command = sidenote(&["demo", "--stay", "--listen", "127.0.0.1:0"], &[]);
    let mut demo = command.stdout(Stdio::piped()).spawn().expect("run sidenote");
    let lines = io::BufReader::new(demo.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let mut seen = Vec::new();
    for line in lines {
        let is_last = line.contains("ssh -N");
        seen.push(line);
        if is_last {
            break;
        }
    }
    demo.kill().expect("the demo still runs");
    demo.wait().expect("the demo ends");
    let port = |name: &str| {
        let line = seen.iter().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{seen:?}"));
        let (_, port) = line.split_once("127.0.0.1:").expect("an address");
        port.chars().take_while(char::is_ascii_digit).collect::<String>()
    };
    let (page, sentry) = (port("the page"), port("stand-in Sentry"));
    let tunnel =
        format!("  ssh -N -L {page}:127.0.0.1:{page} -L {sentry}:127.0.0.1:{sentry} NAME-OF-THIS-MACHINE");
    assert_eq!(seen.last(), Some(&tunnel), "{seen:?}");
}

#[test]
fn help_names_defaults_exit_codes_and_where_the_docs_are() {
    let help = text(&run(&["--help"], &[]).stdout);
    for part in ["Exit codes:", "0  done", "1  ", "2  "] {
        assert!(help.contains(part), "{part:?} is not in {help}");
    }
    let pages: Vec<&str> = help
        .split_whitespace()
        .filter_map(|word| word.strip_prefix(concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/")))
        .collect();
    assert_eq!(pages, ["docs/settings.md", "docs/commands.md"], "{help}");
    assert_eq!(help.matches("https://").count(), pages.len(), "every link leads into the repository: {help}");
    for page in pages {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(page).is_file(), "there is no {page}");
    }
    for (command, default) in [
        (&["serve"][..], "[default: 127.0.0.1:8000]"),
        (&["demo"], "[default: en]"),
        (&["sweep"], "[default: `SWEEP_HOURS`, or 24]"),
        (&["telegram", "connect"], "--test"),
    ] {
        let help_of_one = text(&run(&[command, &["--help"]].concat(), &[]).stdout);
        assert!(help_of_one.contains(default), "{command:?}: {default:?} is not in {help_of_one}");
        let hints = &help[help.find("Exit codes:").expect("the exit codes")..];
        assert!(help_of_one.ends_with(hints), "{command:?}: {help_of_one}");
    }
}

#[test]
fn there_are_completions_for_every_command() {
    let script = text(&run(&["completions", "bash"], &[]).stdout);
    for command in
        ["serve", "preview", "replay", "analyze", "sweep", "doctor", "telegram", "slack", "approve", "demo"]
    {
        assert!(
            script.contains(&format!("sidenote__{command}"))
                || script.contains(&format!("sidenote__subcmd__{command}")),
            "{command}"
        );
    }
}

#[test]
fn output_without_a_terminal_has_no_colours() {
    for arguments in [&["--help"][..], &["demo"], &["demo", "--language", "fr"]] {
        let output = run(arguments, &[("TERM", "xterm-256color")]);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(!said.is_empty() && !said.contains('\x1b'), "{arguments:?}: {said}");
    }
}

#[test]
fn a_report_of_the_doctor_need_not_be_a_failure() {
    let settings = [("SENTRY_BASE_URL", "http://127.0.0.1:9"), ("STATE_PATH", ":memory:")];
    let failed = run(&["doctor"], &settings);
    let reported = run(&["doctor", "--report-only"], &settings);
    assert_eq!((failed.status.code(), reported.status.code()), (Some(1), Some(0)));
    assert!(text(&reported.stdout).contains("SENTRY_AUTH_TOKEN"), "{}", text(&reported.stdout));
    let wrong = run(&["doctor", "--report-only"], &[("ANALYZER", "tarot")]);
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong.stdout));
}

#[test]
fn the_log_is_readable_on_a_terminal() {
    // `script` of util-linux runs a command on a terminal of its own.
    let command = format!("{} serve --listen 127.0.0.1:0", env!("CARGO_BIN_EXE_sidenote"));
    let mut script = Command::new("script");
    script.args(["--quiet", "--flush", "--return", "--command", &command, "/dev/null"]);
    script.env_clear().env("STATE_PATH", ":memory:").env("SWEEP_EVERY", "off");
    let Ok(mut terminal) = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        return skipped("there is no `script` on this machine, so the log was not read on a terminal");
    };
    let lines = io::BufReader::new(terminal.stdout.take().expect("its output")).lines();
    let line = lines.map(|line| line.expect("UTF-8")).find(|line| line.contains("serve_started"));
    terminal.kill().expect("end the terminal");
    terminal.wait().expect("it ends");
    let line = line.expect("a line of the log");
    assert!(line.contains("INFO") && line.contains("address") && !line.contains(['{', '}']), "{line}");
}
