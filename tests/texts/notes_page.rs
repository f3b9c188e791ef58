//! Tests that `docs/notes.md` shows the real output of `sidenote preview FILE`. Each note on the page whose heading is
//! this command is compared with the command's output.

use std::process::Command;

/// Returns the files in the headings of `docs/notes.md`, each with the note under its heading.
fn shown() -> Vec<(String, String)> {
    let page = include_str!("../../docs/notes.md");
    let blocks = page.split("## `sidenote preview ").skip(1);
    let block = |rest: &str| {
        let (file, rest) = rest.split_once('`').expect("the heading ends");
        let note = rest.split("````").nth(1).expect("a block of four backticks");
        (file.to_owned(), note.trim_start_matches("markdown").trim().to_owned())
    };
    blocks.map(block).collect()
}

fn printed(file: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sidenote"));
    let output = command.args(["preview", file]).env_clear().current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let output = output.expect("run the command");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("text");
    let note = printed.split("The message in Telegram").next().unwrap_or_default();
    note[note.find("## ").expect("a note")..].trim().to_owned()
}

#[test]
fn the_page_shows_the_notes_that_the_command_prints() {
    let shown = shown();
    assert_eq!(shown.len(), 3);
    for (file, note) in shown {
        assert_eq!(note, printed(&file), "{file}");
    }
}
