//! README's ten minutes, walked: the commands of its steps, as they stand there, against stand-ins.
//!
//! What needs an account (`make deploy`) is not walked. The function is `sidenote serve`, and `aws` is a script that
//! knows the three calls of the steps and refuses any other.

#![expect(clippy::disallowed_methods, reason = "the test starts programs and looks for them")]

use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use sidenote::standins::{Issue, Kind, Sentry, SentryWorld, Token};
use tempfile::TempDir;

use crate::pages::{read, text};
use crate::skipped::skipped;

const TOKEN: &str = "token-of-the-ten-minutes-0123456789";
const CLIENT_SECRET: &str = "client-secret-of-the-ten-minutes";
const ISSUE: &str = "4711";

/// The commands of the steps, without the first, which builds and deploys, and without `doctor`, which builds.
fn steps() -> Vec<String> {
    let readme = text("README.md");
    let section = readme.split_once("## Ten minutes to the first note\n").expect("the ten minutes").1;
    let section = section.split_once("\n## ").expect("the next section").0;
    let blocks = read(section).blocks.into_iter().map(|(_, block)| block);
    blocks.filter(|block| !block.contains("make deploy") && !block.contains("cargo run")).collect()
}

/// `aws`, as far as the steps go.
const AWS: &str = r#"#!/bin/sh
case "$*" in
  "cloudformation describe-stacks --stack-name sidenote --output text --query Stacks[0].Outputs[?OutputKey=='"*"'].OutputValue")
    key=${*#*==\'}; sed -n "s|^${key%%\'*} ||p" outputs ;;
  "secretsmanager put-secret-value --secret-id arn:the-secret --secret-string file://secret.json") cp secret.json secrets ;;
  "logs tail /aws/lambda/sidenote --since 2m") cat log ;;
  *) echo "aws: $*" >&2; exit 2 ;;
esac
"#;

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The front door with the secrets that step 3 will write; its address.
fn serve(folder: &Path, sentry: &str) -> (Served, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let mut command = Command::new(env!("CARGO_BIN_EXE_sidenote"));
    command.args(["serve", "--listen", &address]).env_clear().stdout(Stdio::null());
    command
        .env("SECRETS_FILE", folder.join("secrets"))
        .env("SENTRY_BASE_URL", sentry)
        .env("SENTRY_ORG", "acme");
    command.stderr(File::create(folder.join("log")).expect("a log"));
    (Served(command.spawn().expect("serve starts")), address)
}

fn prepare(folder: &Path, address: &str) {
    let outputs = format!(
        "WebhookUrl http://{address}/api/v1/webhooks/sentry/error\nHealthUrl http://{address}/api/v1/health\n\
         SecretArn arn:the-secret\nLogGroup /aws/lambda/sidenote\n"
    );
    fs::write(folder.join("outputs"), outputs).expect("written");
    let aws = folder.join("aws");
    fs::write(&aws, AWS).expect("written");
    fs::set_permissions(&aws, fs::Permissions::from_mode(0o755)).expect("made executable");
}

/// Runs the steps in one shell, as a person would.
fn walk(folder: &Path, served: u32) -> Output {
    // Nobody waits a minute here, but until the front door is up.
    let prelude = "set -eu\nsleep() { command sleep 1; }\n\
        until curl -s -o ready http://$ADDRESS/api/v1/health; do\n\
        read -r _ _ state _ </proc/$SERVED/stat\n\
        [ $state != Z ] || { echo 'serve has ended' >&2; exit 1; }; command sleep 0.1; done\n";
    let script = format!("{prelude}ISSUE={ISSUE}\n{}", steps().join("\n"));
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").expect("a path"));
    let address = fs::read_to_string(folder.join("outputs")).expect("the outputs");
    let address = address.split('/').nth(2).expect("an address").to_owned();
    let mut command = Command::new("bash");
    command
        .arg("-c")
        .arg(script)
        .current_dir(folder)
        .env("PATH", path)
        .env("ADDRESS", address)
        .env("SERVED", served.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shell = command.spawn().expect("bash starts");
    let pasted = format!("{TOKEN}\n{CLIENT_SECRET}\n\n");
    // It may have ended before it reads.
    let _ = shell.stdin.take().expect("its input").write_all(pasted.as_bytes());
    shell.wait_with_output().expect("it ends")
}

/// Whether the steps can be walked here.
fn can_walk() -> bool {
    let has = |tool: &&str| Command::new(tool).arg("--version").output().is_ok();
    let missing = ["bash", "curl", "python3"].into_iter().find(|tool| !has(tool));
    if let Some(missing) = missing {
        skipped(&format!("README's steps cannot be walked without {missing}"));
    }
    missing.is_none()
}

#[test]
fn a_front_door_that_ends_ends_the_walk() {
    if !can_walk() {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let (served, address) = serve(folder.path(), "no URL");
    prepare(folder.path(), &address);
    let output = walk(folder.path(), served.0.id());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("serve has ended"), "{told}");
}

#[tokio::test]
async fn the_steps_lead_to_the_first_note() {
    if !can_walk() {
        return;
    }
    let world = SentryWorld::new(Kind::SelfHosted, "acme").token(Token::integration(TOKEN));
    let issue = Issue::new(ISSUE, "SHOP-1", "a check of Sidenote").project("shop");
    let sentry = Sentry::start(world.project("shop", "python").issue(issue)).await;
    let folder = TempDir::new().expect("a folder");
    let (served, address) = serve(folder.path(), &sentry.url());
    prepare(folder.path(), &address);
    assert_eq!(steps().len(), 4, "{:#?}", steps());
    let place = folder.path().to_owned();
    let pid = served.0.id();
    let output = tokio::task::spawn_blocking(move || walk(&place, pid)).await.expect("the walk");
    drop(served);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains(r#""status":"ok""#), "{printed}");
    assert!(printed.contains("\n202 after "), "{printed}");
    assert!(printed.contains("sentry_comment_posted") && printed.contains("delivery_processed"), "{printed}");
    assert!(!printed.contains("_unavailable") && !printed.contains(TOKEN), "{printed}");
    assert!(!folder.path().join("secret.json").exists(), "the secret is left behind");
    assert_eq!((sentry.notes(ISSUE).len(), sentry.violations()), (1, Vec::new()));
}
