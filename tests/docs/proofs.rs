//! Tests that SECURITY.md names only existing tests, each as `PATH::test`.

use crate::pages::{read, root, text};

/// Returns the tests that a page names, each as a file and a name.
fn proofs(page: &str) -> Vec<(String, String)> {
    let split =
        |span: &String| span.split_once(".rs::").map(|(file, test)| (format!("{file}.rs"), test.to_owned()));
    read(page).spans.iter().filter_map(split).collect()
}

/// Whether a text contains a test of this name.
fn has_test(text: &str, name: &str) -> bool {
    text.match_indices(&format!("fn {name}(")).any(|(at, _)| {
        let before = text[..at].trim_end_matches("async ").trim_end();
        let attributes = before.lines().rev().take_while(|line| line.trim_start().starts_with('#'));
        attributes.into_iter().any(|line| line.contains("test]") || line.contains("test("))
    })
}

#[test]
fn every_proof_that_security_names_exists() {
    let named = proofs(&text("SECURITY.md"));
    assert!(named.len() >= 15, "{named:?}");
    for (file, test) in named {
        assert!(root().join(&file).is_file(), "{file} does not exist");
        assert!(has_test(&text(&file), &test), "{file} has no test {test}");
    }
}

#[test]
fn a_missing_proof_is_found() {
    let file = "#[tokio::test]\nasync fn a_test() {}\n\n    #[test]\n    fn inner() {}\n\nfn other() {}\n";
    assert!(has_test(file, "a_test") && has_test(file, "inner"));
    assert!(!has_test(file, "other") && !has_test(file, "a_tes") && !has_test(file, "gone"));
    assert_eq!(proofs("see `src/a.rs::b` and `src/a.rs`"), [("src/a.rs".to_owned(), "b".to_owned())]);
}
