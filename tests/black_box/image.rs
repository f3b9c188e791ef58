//! Tests of the container image in a container: its user and the missing tools. `make test-image` builds the image,
//! starts an engine, and also runs the tests of `serve` against the image.

mod compose;

use std::process::{Command, Output, Stdio};

use crate::support::{Setup, World};

fn docker(arguments: &[&str]) -> Output {
    Command::new("docker").args(arguments).stdin(Stdio::null()).output().expect("run docker")
}

fn printed(arguments: &[&str]) -> String {
    let output = docker(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {arguments:?}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn image() -> String {
    std::env::var("SIDENOTE_IMAGE").expect("SIDENOTE_IMAGE: run `make test-image`")
}

#[tokio::test]
#[ignore = "needs a container engine: make test-image"]
async fn the_image_runs_without_root_on_a_read_only_file_system() {
    Setup::new()
        .run(async |world| {
            assert_eq!(world.get("/api/v1/health").await.status, 200);

            // The program may reply before the container engine reports that the container runs.
            let ancestor = format!("ancestor={}", image());
            let running = |_: &World| {
                printed(&["ps", "--quiet", "--filter", &ancestor]).lines().next().map(str::to_owned)
            };
            let container = &world.eventually("a container of the image", running).await;
            let asked = |format: &str| printed(&["inspect", "--format", format, container]).trim().to_owned();
            assert_eq!(asked("{{.HostConfig.ReadonlyRootfs}}"), "true");
            let status = std::fs::read_to_string(format!("/proc/{}/status", asked("{{.State.Pid}}")));
            let status = status.expect("read the status of the process");
            let line =
                |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).expect(name).trim();
            assert_eq!(line("Uid:").split_whitespace().collect::<Vec<_>>(), ["65532"; 4]);
            assert_eq!(line("Gid:").split_whitespace().collect::<Vec<_>>(), ["65532"; 4]);
            assert_eq!((line("CapEff:"), line("NoNewPrivs:")), ("0000000000000000", "1"));
        })
        .await;
}

#[test]
#[ignore = "needs a container engine: make test-image"]
fn the_image_has_no_shell_and_its_default_user_is_not_root() {
    assert_eq!(printed(&["inspect", "--format", "{{.Config.User}}", &image()]).trim(), "65532:65532");
    for shell in ["/bin/sh", "sh", "/bin/bash", "/bin/busybox"] {
        let run =
            docker(&["run", "--rm", "--network", "none", "--entrypoint", shell, &image(), "-c", "true"]);
        assert_eq!(run.status.code(), Some(127), "{shell}: {}", String::from_utf8_lossy(&run.stderr));
    }
    let version = printed(&["run", "--rm", "--network", "none", "--read-only", &image(), "--version"]);
    let named = format!("sidenote {} (commit ", env!("CARGO_PKG_VERSION"));
    assert!(version.starts_with(&named), "{version}");
    assert!(version.trim_end().ends_with("; features cli, aws)"), "{version}");
}

#[test]
#[ignore = "needs a container engine: make test-image"]
fn a_plain_checkout_builds_no_image() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let checkout = tempfile::tempdir().expect("a folder");
    for file in ["Dockerfile", "Cargo.toml", "README.md"] {
        std::fs::copy(here.join(file), checkout.path().join(file)).expect("copy a file");
    }
    let output = docker(&["build", "--network", "none", checkout.path().to_str().expect("UTF-8")]);
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(!output.status.success() && said.contains("usr/bin/sidenote"), "{said}");
}
