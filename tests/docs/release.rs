//! Tests that a release contains the archives that `cargo binstall` downloads, and that every platform is documented.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("the file can be read")
}

/// Returns the file name of the archive that `cargo binstall` downloads for `target`.
fn archive(manifest: &str, target: &str) -> String {
    let url = manifest.lines().find_map(|line| line.strip_prefix("pkg-url = ")).expect("a pkg-url");
    let name = url.trim_matches('"').rsplit('/').next().unwrap_or_default();
    name.replace("{ target }", target)
}

#[test]
fn the_archive_that_binstall_looks_for_is_the_one_that_is_packed() {
    let looked_for = archive(&read("Cargo.toml"), "$target");
    assert_eq!(looked_for, "sidenote-$target.tar.gz");
    let script = read("tools/package.sh");
    assert!(
        script.contains(&format!("\"$out/{looked_for}\" -C \"$built\" sidenote sidenote-lambda\n")),
        "{script}"
    );
}

#[test]
fn a_release_is_built_for_linux_and_macos_on_both_architectures() {
    let workflow = read(".github/workflows/release.yml");
    for system in ["unknown-linux-gnu", "apple-darwin"] {
        for architecture in ["x86_64", "aarch64"] {
            let target = format!("{architecture}-{system}");
            assert_eq!(workflow.matches(&target).count(), 1, "{target}");
        }
    }
    assert_eq!(workflow.matches("tools/package.sh \"$TARGET\" \"$GITHUB_REF_NAME\"").count(), 2);
}
