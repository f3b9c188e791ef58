//! Tests with random edits of random files, as a model may propose them: each shown diff applies, and gives the file
//! that the edit means.

use std::collections::BTreeSet;
use std::process::Command;

use proptest::prelude::*;
use sidenote::domain::source::{Edit, EditProblem, RepoPath};

use crate::example;

const PATH: &str = "src/a file.py";
/// Characters that must not occur in a line of a note.
const HIDDEN: [char; 3] = ['\n', '\r', '\u{202e}'];

fn path() -> RepoPath {
    RepoPath::parse(PATH).expect("a path")
}

/// Generates a file whose lines repeat often, with odd white space and odd ends.
fn file() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just(String::new()),
        "[ab ]{0,4}",
        "\t{0,2}[a-c(){};=]{1,6}",
        "[ -~]{0,30}",
        "[é字🎉\u{202e}\r]{1,3}",
        Just("password = 'correct-horse-battery-9'".to_owned()),
    ];
    (prop::collection::vec(line, 0..40), any::<bool>())
        .prop_map(|(lines, ends)| lines.join("\n") + if ends { "\n" } else { "" })
}

/// Generates the text to replace: a part of the file, or any other text.
fn old(file: &str) -> impl Strategy<Value = String> + use<> {
    let chars: Vec<char> = file.chars().collect();
    let part = (0..=chars.len(), 0usize..60)
        .prop_map(move |(start, length)| chars.iter().skip(start).take(length).collect::<String>());
    prop_oneof![4 => part, 1 => "[ab\n]{0,4}"]
}

fn edit() -> impl Strategy<Value = (String, String, String)> {
    let new = prop_oneof!["[ -~\n\t]{0,60}", "(x\n){0,25}", "[é\u{202e}\r]{0,3}"];
    file()
        .prop_flat_map(move |file| (old(&file), Just(file), new.clone()))
        .prop_map(|(old, file, new)| (file, old, new))
}

/// Applies a unified diff with one hunk, and panics if a line of the diff differs from the file.
fn applied(file: &str, diff: &[String]) -> String {
    let numbers: Vec<usize> =
        diff[2].split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
    let [start, count, ..] = numbers[..] else { panic!("{}", diff[2]) };
    let lines: Vec<&str> = file.split_inclusive('\n').collect();
    let first = if count == 0 { start } else { start - 1 };
    let (mut old, mut new) = (String::new(), String::new());
    for (at, line) in diff.iter().enumerate().skip(3) {
        if line.starts_with('\\') {
            continue;
        }
        let is_unended = diff.get(at + 1).is_some_and(|next| next.starts_with('\\'));
        let text = format!("{}{}", &line[1..], if is_unended { "" } else { "\n" });
        match line.chars().next() {
            Some(' ') => [&mut old, &mut new].into_iter().for_each(|side| side.push_str(&text)),
            Some('-') => old.push_str(&text),
            Some('+') => new.push_str(&text),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(lines[first..first + count].concat(), old, "{diff:?}");
    [lines[..first].concat(), new, lines[first + count..].concat()].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn no_edit_that_does_not_apply_is_ever_shown((file, old, new) in edit()) {
        let places = (0..file.len()).filter(|at| file.is_char_boundary(*at) && file[*at..].starts_with(&old)).count();
        match (Edit { old: &old, new: &new }).diff(&path(), &file) {
            Ok(diff) => {
                prop_assert_eq!(places, 1);
                prop_assert_eq!(applied(&file, &diff), file.replacen(&old, &new, 1));
                let changed = diff.iter().skip(3).filter(|line| line.starts_with(['+', '-'])).count();
                prop_assert!((1..=20).contains(&changed));
                prop_assert!(!diff.iter().any(|line| line.contains(HIDDEN)));
                prop_assert!(!diff.concat().contains("correct-horse"));
            }
            Err(EditProblem::Ambiguous) => prop_assert!(places > 1),
            Err(EditProblem::NotFound) => prop_assert_eq!(places, 0),
            Err(_) => {}
        }
    }
}

/// Every outcome of an edit: it is shown, or refused for one of the reasons in the documentation.
const OUTCOMES: [&str; 13] = [
    "ambiguous",
    "empty",
    "harmful",
    "not_found",
    "not_shown",
    "partial",
    "several",
    "shown",
    "suspicious",
    "too_large",
    "unconfirmed",
    "unprintable",
    "without_cause",
];

#[test]
fn the_example_counts_every_reason_of_a_refusal() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/source/github.rs");
    let counts = example::counted(&[file]).expect("the counts");
    let outcomes: BTreeSet<&str> = counts.keys().map(|(_, outcome)| *outcome).collect();
    assert_eq!(outcomes, OUTCOMES.into(), "{counts:?}");
    let shown: BTreeSet<&str> =
        counts.keys().filter(|(_, outcome)| *outcome == "shown").map(|(way, _)| *way).collect();
    // A short copy of code can be in the file exactly once, too.
    let may_apply =
        ["copied exactly", "without indentation", "tabs for blanks", "one short line", "the default branch"];
    assert!(
        shown.contains("copied exactly") && shown.iter().all(|way| may_apply.contains(way)),
        "{counts:?}"
    );
}

#[test]
fn git_applies_what_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().join(PATH);
    std::fs::create_dir_all(at.parent().expect("a folder")).expect("a folder");
    let file = "a = 1\n\nb = 2\nc = 3\n\td = 4\n\ne = 5";
    for (old, new) in [
        ("a = 1", "a = 0"),
        ("a = 1\n", ""),
        ("b = 2\nc = 3", "b = 2\nif b:\n    c = 3"),
        ("\td = 4", "\td = 4\n\tf = 6"),
        ("e = 5", "e = 6\n"),
        ("\n\nb = 2", "\nb = 2"),
        (file, "x"),
    ] {
        let diff = Edit { old, new }.diff(&path(), file).unwrap_or_else(|why| panic!("{old:?}: {why:?}"));
        std::fs::write(&at, file).expect("a file");
        let patch = folder.path().join("patch");
        std::fs::write(&patch, diff.join("\n") + "\n").expect("a patch");
        let git = Command::new("git")
            .args(["apply", "--unidiff-zero"])
            .arg(&patch)
            .current_dir(folder.path())
            .output();
        let git = git.expect("git runs");
        assert!(
            git.status.success(),
            "{old:?}: {}\n{}",
            String::from_utf8_lossy(&git.stderr),
            diff.join("\n")
        );
        assert_eq!(std::fs::read_to_string(&at).expect("a file"), file.replacen(old, new, 1));
    }
}
