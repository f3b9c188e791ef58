//! Tests the lists of files in CONTRIBUTING. Each list belongs to one kind of change, such as a new notifier.
//!
//! For each kind of change there is an existing example. The needed files are those that mention the example.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::pages::{read, root, text};

/// A kind of change that adds something, with an existing example.
struct Change {
    /// The words in CONTRIBUTING that name the kind of change.
    what: &'static str,
    /// The texts in code that mention the example.
    names: &'static [&'static str],
    /// The files that only the example needs.
    own: &'static [&'static str],
    /// The shared files that every change of this kind touches.
    touched: &'static [&'static str],
}

const CHANGES: [Change; 6] = [
    Change {
        what: "notifier",
        names: &["SlackMessagesSent", "slack_message_sent", "slack::Slack)"],
        own: &["src/notifiers/slack.rs"],
        touched: &["src/metrics.rs", "src/notifiers/mod.rs"],
    },
    Change {
        what: "language",
        names: &["TraditionalChinese"],
        own: &[],
        touched: &[
            "src/analyzers/prompt/mod.rs",
            "src/analyzers/verdict/language.rs",
            "src/bin/sidenote/page/face.rs",
            "src/domain/words/mod.rs",
        ],
    },
    Change {
        what: "action on an issue",
        names: &["ResolveInNextRelease", "button_resolve", "action_resolve"],
        own: &[],
        touched: &[
            "src/analyzers/rules/propose.rs",
            "src/domain/action.rs",
            "src/domain/words/en.rs",
            "src/domain/words/phrases.rs",
            "src/domain/words/zh_tw.rs",
            "src/domain/message/button.rs",
            "src/sentry/act.rs",
        ],
    },
    Change {
        what: "webhook resource",
        names: &["\"seer\"", "SeerFinished"],
        own: &[],
        touched: &[
            "src/bin/sidenote/input.rs",
            "src/domain/change.rs",
            "src/domain/occurrence.rs",
            "src/webhook/decode.rs",
        ],
    },
    Change {
        what: "code host",
        names: &["CodeHostKind::Gitea", "Self::Gitea"],
        own: &[],
        touched: &["src/config/source.rs", "src/source/mod.rs"],
    },
    Change {
        what: "secret source",
        names: &["SecretsConfig::Manager"],
        own: &[],
        touched: &["src/config.rs", "src/doctor/keys.rs", "src/secrets/mod.rs"],
    },
];

/// Returns the files below `src` that contain one of these texts outside tests.
fn naming(names: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if is_code(&path) && names.iter().any(|name| code(&path).contains(name)) {
                found.insert(path.strip_prefix(root()).expect("below the root").display().to_string());
            }
        }
    }
    found
}

fn is_code(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "rs") && path.file_name().is_some_and(|name| name != "tests.rs")
}

/// Returns the text of a file without its tests, which are at the end.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a file");
    text.split("#[cfg(test)]\nmod").next().unwrap_or_default().to_owned()
}

#[test]
fn the_lists_name_the_files_that_such_a_change_needs() {
    for Change { what, names, own, touched } in CHANGES {
        let needed: BTreeSet<String> = own.iter().chain(touched).map(|path| (*path).to_owned()).collect();
        assert_eq!(naming(names), needed, "{what}: the files that name one of its kind");
    }
}

#[test]
fn contributing_names_every_file_of_the_lists() {
    let contributing = text("CONTRIBUTING.md");
    let spans: BTreeSet<String> = read(&contributing).spans.into_iter().collect();
    for Change { what, touched, .. } in CHANGES {
        assert!(contributing.contains(what), "CONTRIBUTING says nothing of: {what}");
        for path in touched {
            assert!(spans.contains(*path), "{what}: CONTRIBUTING does not name {path}");
        }
    }
}

#[test]
fn a_notifier_touches_at_most_four_files_beside_its_own() {
    // `src/config.rs` reads the notifier's variables, but no text identifies it.
    let notifier = CHANGES.iter().find(|change| change.what == "notifier").expect("a list");
    assert!(notifier.touched.len() < 4, "{:?}", notifier.touched);
}
