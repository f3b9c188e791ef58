//! Tests the signed request of docs/deploying.md: exactly the quoted commands, against `sidenote serve`.

use std::process::Command;

use crate::support::canary::CLIENT_SECRET;
use crate::support::fetched::skipped;
use crate::support::{Setup, World};

/// Returns the only block of shell commands in docs/deploying.md.
fn quoted() -> &'static str {
    let page = include_str!("../../../docs/deploying.md");
    let (_, block) = page.split_once("```sh\n").expect("a block of shell commands");
    block.split_once("```").expect("its end").0
}

async fn printed(world: &World, secret: &str) -> String {
    let mut shell = Command::new("sh");
    shell.args(["-euc", quoted()]).env("URL", world.url()).env("SENTRY_CLIENT_SECRET", secret);
    let output = tokio::task::spawn_blocking(move || shell.output()).await.expect("no panic");
    let output = output.expect("run sh");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[tokio::test]
async fn the_signed_request_of_the_docs_shows_whether_the_secret_is_right() {
    if ["openssl", "curl"].iter().any(|it| Command::new(it).arg("--help").output().is_err()) {
        return skipped("there is no openssl or no curl, so the request of docs/deploying.md was not sent");
    }
    Setup::new()
        .run(async |world| {
            let right = printed(world, CLIENT_SECRET).await;
            assert!(right.contains(r#""status":"ignored""#) && right.ends_with(" 200\n"), "{right}");
            let wrong = printed(world, "another secret").await;
            assert!(wrong.contains("invalid signature") && wrong.ends_with(" 401\n"), "{wrong}");
            assert!(world.telegram.requests().is_empty() && world.sentry.requests().is_empty());
        })
        .await;
}
