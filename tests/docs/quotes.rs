//! Tests that quotes in the documentation equal the quoted files, word for word.
//!
//! A quote is a code block directly after `<!-- quote PATH -->`.

use std::fs;
use std::process::Command;

use crate::pages::{all, read, root, text};

/// Returns the quotes of a page, each as the path of the file and the quoted text.
fn quotes(page: &str) -> Vec<(String, String)> {
    let blocks = read(page).blocks;
    let path = |comment: Option<String>| {
        comment?.strip_prefix("<!-- quote ")?.strip_suffix(" -->").map(|path| path.trim().to_owned())
    };
    blocks.into_iter().filter_map(|(comment, block)| Some((path(comment)?, block))).collect()
}

/// Whether `file` contains all lines of `quote`, one after the other.
fn holds(file: &str, quote: &str) -> bool {
    !quote.trim().is_empty() && format!("\n{file}").contains(&format!("\n{quote}"))
}

#[test]
fn every_quote_stands_in_its_file() {
    for page in all() {
        let page = page.to_str().expect("a path in UTF-8");
        for (path, quote) in quotes(&text(page)) {
            assert!(holds(&text(&path), &quote), "{page} quotes what is not in {path}:\n{quote}");
        }
    }
}

#[test]
fn contributing_quotes_every_worked_example() {
    let quoted: Vec<String> = quotes(&text("CONTRIBUTING.md")).into_iter().map(|(path, _)| path).collect();
    let entries = fs::read_dir(root().join("tests/docs/worked")).expect("the worked examples");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
    let examples: Vec<String> =
        names.filter(|name| !matches!(name.as_str(), "mod.rs" | "program.rs")).collect();
    assert_eq!(examples.len(), 4, "{examples:?}");
    for name in examples {
        let path = format!("tests/docs/worked/{name}");
        assert!(quoted.contains(&path), "{path} is not quoted");
    }
}

#[test]
fn a_quote_that_differs_from_its_file_is_found() {
    let page = "<!-- quote src/a.rs -->\n```rust\n    fn a() {}\n```\n";
    assert_eq!(quotes(page), [("src/a.rs".to_owned(), "    fn a() {}\n".to_owned())]);
    assert_eq!(quotes("```rust\nfn a() {}\n```\n"), []);
    assert!(holds("impl A {\n    fn a() {}\n}\n", "    fn a() {}\n"));
    for other in ["fn a() {}\n", "    fn b() {}\n", "    fn a() {}\n\n", "\n"] {
        assert!(!holds("impl A {\n    fn a() {}\n}\n", other), "{other:?}");
    }
}

/// Returns the output of a command that runs in the repository.
fn printed(command: &str) -> String {
    let mut words = command.split(' ');
    let mut run = Command::new(words.next().unwrap_or_default());
    let output = run.args(words).current_dir(root()).output().expect("the command runs");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_costs_page_shows_the_cost_that_the_command_prints() {
    let page = text("docs/costs.md");
    let shown =
        page.split_once("<!-- tools/cost -->\n").and_then(|(_, rest)| rest.split_once("<!-- end -->"));
    let (shown, _) = shown.expect("docs/costs.md shows the cost between two comments");
    assert_eq!(shown.trim(), printed("python3 tools/cost").trim(), "paste what `tools/cost` prints");
}

#[test]
fn the_readme_names_the_cost_that_the_command_prints() {
    let costs = printed("python3 tools/cost");
    let between = |before: &str, after: &str| {
        let rest = costs.split_once(before).expect(before).1;
        rest.split_once(after).expect(after).0.to_owned()
    };
    let issues = between("| **together** | | **", "**");
    let month = between("depend on the number of issues: at most $", " ");
    let wanted = format!("[${issues} per 1000 issues plus at most ${month} a month](docs/costs.md)");
    assert!(text("README.md").contains(&wanted), "README does not say {wanted}");
}
