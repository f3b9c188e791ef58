//! Counts how many suggested edits of source code Sidenote would show, and why it refuses the others. The edits are
//! generated in the way in which a model might write them.
//!
//! `cargo run --example edits [FILE…]`: without arguments, the files of `src/source` are used. For each three lines of
//! a file, the program proposes edits in the ways in which models copy code: exactly, with other white space, with a
//! changed letter, too short, with too many lines, and with a secret.

#![expect(clippy::print_stdout, reason = "a program for developers: its output is its purpose")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use sidenote::domain::source::{Edit, RepoPath};

/// A way in which a model copies the code that it replaces. The function gets the code, and returns the model's copy of
/// it and the new code.
type Way = fn(&str) -> (String, String);

const WAYS: [(&str, Way); 7] = [
    ("copied exactly", |code| (code.to_owned(), format!("{code}\n// checked"))),
    ("without indentation", |code| (unindented(code), "// checked".to_owned())),
    ("tabs for blanks", |code| (code.replace("    ", "\t"), "// checked".to_owned())),
    ("a changed letter", |code| (code.replacen(char::is_lowercase, "Q", 1), String::new())),
    ("one short line", |code| (code.trim().chars().take(6).collect(), "x".to_owned())),
    ("too many lines", |code| (code.to_owned(), "// checked\n".repeat(30))),
    ("a secret", |code| (code.to_owned(), format!("{code}\nlet password = \"correct-horse-battery-9\";"))),
];

fn unindented(code: &str) -> String {
    code.lines().map(str::trim_start).collect::<Vec<_>>().join("\n")
}

fn files() -> anyhow::Result<Vec<PathBuf>> {
    let named: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let folder =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/source")).context("src/source")?;
    Ok(folder.filter_map(|entry| Some(entry.ok()?.path())).collect())
}

fn main() -> anyhow::Result<()> {
    let path = RepoPath::parse("file").context("a path")?;
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for file in files()? {
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let lines: Vec<&str> = text.lines().collect();
        for code in lines.chunks(3).map(|lines| lines.join("\n")) {
            for (way, copy) in WAYS {
                let (old, new) = copy(&code);
                let outcome =
                    Edit { old: &old, new: &new }.diff(&path, &text).err().map_or("shown", |why| why.name());
                *counts.entry((way, outcome)).or_default() += 1;
            }
        }
    }
    for ((way, outcome), count) in counts {
        println!("{way:20} {outcome:12} {count:5}");
    }
    Ok(())
}
