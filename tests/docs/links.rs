//! Tests of relative links, anchors and make targets in the documentation.

use std::path::{Component, Path, PathBuf};

use crate::pages::{all, read, root, text};

/// Removes `.` and `..` from a path.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut whole, part| {
        match part {
            Component::ParentDir => drop(whole.pop()),
            part => whole.push(part),
        }
        whole
    })
}

/// Returns the problem of a link on `page`, if there is one: its file or its anchor is missing.
fn broken(page: &Path, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let target = match file {
        "" => page.to_owned(),
        file => plain(&page.parent().unwrap_or(Path::new("")).join(file)),
    };
    if !root().join(&target).exists() {
        return Some(format!("{}: {link} leads nowhere", page.display()));
    }
    let anchor = anchor?;
    let anchors = read(&text(target.to_str().expect("a path in UTF-8"))).anchors;
    (!anchors.iter().any(|known| known == anchor))
        .then(|| format!("{}: {link} has no anchor", page.display()))
}

#[test]
fn every_relative_link_and_anchor_leads_somewhere() {
    let pages = all();
    assert!(pages.len() >= 4, "{pages:?}");
    let mut wrong = Vec::new();
    for page in &pages {
        let links = read(&text(page.to_str().expect("a path in UTF-8"))).links;
        wrong.extend(links.iter().filter_map(|link| broken(page, link)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_broken_link_is_found() {
    let page = Path::new("README.md");
    assert_eq!(broken(page, "ARCHITECTURE.md#rooms"), None);
    assert_eq!(broken(page, "https://example.com/nothing"), None);
    for link in ["NOTHING.md", "ARCHITECTURE.md#nothing", "#nothing", "docs/../src/nothing.rs"] {
        assert!(broken(page, link).is_some(), "{link}");
    }
}

/// Returns the repository paths that a page names: each `src/…` or `tests/…` in backticks.
fn paths(page: &str) -> Vec<String> {
    let spans = read(page).spans.into_iter();
    spans.filter(|span| span.starts_with("src/") || span.starts_with("tests/")).collect()
}

#[test]
fn every_path_that_the_architecture_names_exists() {
    let named = paths(&text("ARCHITECTURE.md"));
    assert!(named.len() > 30, "{} paths are named", named.len());
    let missing: Vec<&String> = named.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let planted = paths("`src/handler/nothing.rs` and `src/lib.rs`, but not `Handler::handle`");
    assert_eq!(planted, ["src/handler/nothing.rs", "src/lib.rs"]);
}

#[test]
fn the_architecture_is_short() {
    assert!(text("ARCHITECTURE.md").lines().count() <= 200);
}

/// Returns the make targets that a text names as `make NAME` in code.
fn targets(text: &str) -> Vec<String> {
    let page = read(text);
    let lines =
        page.blocks.iter().flat_map(|(_, block)| block.lines()).chain(page.spans.iter().map(String::as_str));
    let after = lines.filter_map(|line| line.trim_start().strip_prefix("make "));
    let names = after.filter_map(|rest| rest.split_whitespace().next());
    names.map(|name| name.trim_end_matches(',').to_owned()).collect()
}

#[test]
fn every_make_target_that_a_page_names_exists() {
    let makefile = text("Makefile");
    let exists = |name: &str| makefile.lines().any(|line| line.starts_with(&format!("{name}:")));
    let mut seen = 0;
    for page in all() {
        for name in targets(&text(page.to_str().expect("a path in UTF-8"))) {
            assert!(exists(&name), "{}: make {name}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen} targets are named");
    assert!(!exists("nothing"));
}
