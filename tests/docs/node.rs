//! Tests of the prerequisites of `make test`: an old Node leads to a skip, a Python without `venv` to an error, and
//! CONTRIBUTING names both.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

/// Runs `tests/page/run.sh` with a fake `node` that only reports this version.
fn run_with(version: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let node = folder.path().join("node");
    fs::write(&node, format!("#!/bin/sh\n[ \"$1\" = -p ] && echo {version} || exit 7\n")).expect("a node");
    fs::set_permissions(&node, fs::Permissions::from_mode(0o755)).expect("a program");
    std::os::unix::fs::symlink("/bin/true", folder.path().join("npm")).expect("an npm");
    let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page/run.sh"));
    script.env("PATH", format!("{}:/usr/bin:/bin", folder.path().display())).env("CHROMIUM", "/bin/true");
    script.output().expect("the script runs")
}

#[test]
fn an_older_node_skips_the_tests_of_the_page_loudly() {
    for version in ["16.20.2", "18.19.0", "19.9.0", "20.14.0"] {
        let output = run_with(version);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{version}: {said}");
        let wanted = "!!! THE PAGE IS NOT TESTED: it needs Node 20.15 or newer";
        assert!(said.contains(wanted) && output.stdout.is_empty(), "{version}: {said}");
    }
    for version in ["20.15.0", "22.1.0", "100.0.0"] {
        let said = String::from_utf8_lossy(&run_with(version).stderr).into_owned();
        assert!(!said.contains("it needs Node"), "{version}: {said}");
    }
    let contributing = include_str!("../../CONTRIBUTING.md");
    assert!(contributing.contains("The page's tests need Node 20.15 or newer"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the script looks for the other programs on the path")]
fn a_python_without_venv_is_named_before_anything_is_fetched() {
    let folder = tempfile::tempdir().expect("a folder");
    let python = folder.path().join("python3");
    fs::write(&python, "#!/bin/sh\ncase \"$2\" in *venv*) exit 1;; esac\n").expect("a python");
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).expect("a program");
    let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tools/prerequisites.sh"));
    let path = std::env::var("PATH").expect("a path");
    script.env("PATH", format!("{}:{path}", folder.path().display()));
    let output = script.output().expect("the script runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("apt-get install python3-venv"), "{said}");
}
