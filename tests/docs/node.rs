//! The Node version for the page's tests: CONTRIBUTING and the script agree, and an older Node leads to a skip, not a
//! failure.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

/// Runs the script with a fake node that only reports this version.
fn run_with(version: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let node = folder.path().join("node");
    fs::write(&node, format!("#!/bin/sh\n[ \"$1\" = -p ] && echo {version} || exit 7\n")).expect("a node");
    fs::set_permissions(&node, fs::Permissions::from_mode(0o755)).expect("a program");
    let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page/run.sh"));
    script.env("PATH", format!("{}:/usr/bin:/bin", folder.path().display())).env("CHROMIUM", "/bin/true");
    script.output().expect("the script runs")
}

#[test]
fn an_older_node_skips_the_tests_of_the_page_loudly() {
    for version in ["16.20.2", "18.19.0", "19.9.0", "20.9.0"] {
        let output = run_with(version);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{version}: {said}");
        let wanted = "!!! THE PAGE IS NOT TESTED: it needs Node 20.10 or newer";
        assert!(said.contains(wanted) && output.stdout.is_empty(), "{version}: {said}");
    }
    for version in ["20.10.0", "22.1.0", "100.0.0"] {
        let said = String::from_utf8_lossy(&run_with(version).stderr).into_owned();
        assert!(!said.contains("it needs Node"), "{version}: {said}");
    }
    let contributing = include_str!("../../CONTRIBUTING.md");
    assert!(contributing.contains("The page's tests need Node 20.10 or newer"));
}
