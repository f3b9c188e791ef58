//! Tests that the note is written for every fault of a code host, with a gap that names the reason.

use std::time::Duration;

use sidenote_standins::{Change, Fault, HostKind, HostedFile, HostedRepository};

use crate::bed::{Bed, REPOSITORY, event, frame, provider, world};

const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";
const PATH: &str = "shop/cart.py";
const CODE: &str = "def total(cart):\n    return cart.net\n";

fn repository(content: &[u8]) -> HostedRepository {
    let change = Change { commit: HEAD.to_owned(), ..Change::default() };
    let file = HostedFile { content: content.to_vec(), blame: vec![change; 2], ..HostedFile::default() };
    HostedRepository::new(REPOSITORY, HEAD).file(HEAD, PATH, file)
}

/// Returns the part of the path that shows a request for a file, in the API of each code host.
fn files(kind: HostKind) -> &'static str {
    match kind {
        HostKind::GitHub => "/contents/",
        HostKind::GitLab | HostKind::Gitea => "/raw",
    }
}

async fn note(kind: HostKind, content: &[u8], fault: Option<Fault>, more: &[(&str, &str)]) -> String {
    let bed = Bed::start(world(&[]).release(HEAD, HEAD), kind, repository(content), more).await;
    if let Some(fault) = fault {
        bed.host.inject(fault);
    }
    bed.note(&event("python", HEAD, &[frame(PATH, "total", 2)])).await
}

fn says(note: &str, why: &str) {
    assert!(note.contains(&format!("source code: {why}")), "{why:?} is not in:\n{note}");
    assert!(!note.contains("return cart.net"), "{note}");
}

const KINDS: [HostKind; 3] = [HostKind::GitHub, HostKind::GitLab, HostKind::Gitea];

#[tokio::test]
async fn a_file_that_can_be_read_is_no_gap() {
    for kind in KINDS {
        let note = note(kind, CODE.as_bytes(), None, &[]).await;
        assert!(!note.contains("source code:") && note.contains("return cart.net"), "{note}");
    }
}

#[tokio::test]
async fn every_fault_of_a_code_host_is_named_in_the_note() {
    for kind in KINDS {
        let limit = || Fault::status(403).header("x-ratelimit-remaining", "0");
        let faults = [
            (Fault::status(401), "the token was refused (401)"),
            (Fault::status(403), "the token lacks a permission (403)"),
            (limit(), "rate limited (429)"),
            (Fault::status(429).header("retry-after", "60"), "rate limited (429)"),
            (Fault::status(404), "not found, or not visible to the token (404)"),
            (Fault::status(409), "refused (409)"),
            (Fault::status(500), "the server failed (500)"),
            (Fault::redirect(301, "https://evil.example/"), "the repository was moved"),
            (Fault::huge(1), "larger than 512 KB"),
            (Fault::huge(5), "larger than 512 KB"),
            (Fault::reset(), "the connection broke"),
        ];
        for (fault, why) in faults {
            says(&note(kind, CODE.as_bytes(), Some(fault.path(files(kind))), &[]).await, why);
        }
    }
}

#[tokio::test]
async fn a_file_that_is_not_utf_8_is_reported() {
    for content in [&b"\x89PNG\r\n\x1a\n\0\0"[..], b"def total(cart):\n    return cart.net # \xe9\n"] {
        says(&note(HostKind::GitHub, content, None, &[]).await, "the file is not UTF-8 text");
    }
}

#[tokio::test]
async fn a_slow_code_host_does_not_delay_the_note() {
    let started = std::time::Instant::now();
    let fault = Fault::silence().path(files(HostKind::GitHub));
    says(&note(HostKind::GitHub, CODE.as_bytes(), Some(fault), &[]).await, "no answer in time");
    // Without a time limit of its own, the silent host would take all 55 seconds of the delivery.
    assert!(started.elapsed() < Duration::from_secs(35), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_broken_connection_is_replaced_once() {
    let fault = Fault::reset().path(files(HostKind::GitHub)).once();
    let note = note(HostKind::GitHub, CODE.as_bytes(), Some(fault), &[]).await;
    assert!(!note.contains("source code:") && note.contains("return cart.net"), "{note}");
}

#[tokio::test]
async fn the_code_is_shown_without_blame_if_the_blame_fails() {
    for (kind, path) in
        [(HostKind::GitHub, "/graphql"), (HostKind::GitLab, "/blame"), (HostKind::Gitea, "/commits")]
    {
        let note = note(kind, CODE.as_bytes(), Some(Fault::status(502).path(path)), &[]).await;
        assert!(note.contains("source code: the server failed (502)"), "{note}");
        assert!(note.contains("return cart.net"), "{note}");
    }
}

#[tokio::test]
async fn a_missing_setting_is_named() {
    for kind in KINDS {
        let without = [("SOURCE_TOKEN", "")];
        says(&note(kind, CODE.as_bytes(), None, &without).await, "`SOURCE_TOKEN` is not set");
        assert_ne!(provider(kind), "off");
    }
    let unmapped = [("SOURCE_MAPPINGS", "/srv/=acme/shop:")];
    says(&note(HostKind::GitHub, CODE.as_bytes(), None, &unmapped).await, "no code mapping covers the file");
    let gone = [("SOURCE_MAPPINGS", "/app/=acme/gone:")];
    says(
        &note(HostKind::GitHub, CODE.as_bytes(), None, &gone).await,
        "not found, or not visible to the token (404)",
    );
}

/// Returns the note about an event with a suspect commit, while the requests for the commit's diff fail.
async fn without_diff(kind: HostKind, fault: Fault) -> String {
    let path = match kind {
        HostKind::GitHub => "/commits/",
        HostKind::GitLab => "/diff",
        HostKind::Gitea => ".diff",
    };
    let world = world(&[HEAD]).release(HEAD, HEAD);
    let bed = Bed::start(world, kind, repository(CODE.as_bytes()), &[]).await;
    bed.host.inject(fault.path(path));
    bed.note(&event("python", HEAD, &[frame(PATH, "total", 2)])).await
}

#[tokio::test]
async fn a_diff_that_cannot_be_read_is_a_gap_of_its_own() {
    for kind in KINDS {
        for (fault, why) in [
            (Fault::status(401), "the token was refused (401)"),
            (Fault::status(500), "the server failed (500)"),
            (Fault::huge(1), "larger than 512 KB"),
            (Fault::silence(), "no answer in time"),
            (Fault::redirect(301, "https://evil.example/"), "the repository was moved"),
        ] {
            let note = without_diff(kind, fault).await;
            assert!(note.contains(&format!("the diffs of the suspect commits: {why}")), "{why}: {note}");
            assert!(note.contains("return cart.net"), "{note}");
        }
        // The suspect commit can belong to another repository.
        let world = world(&[HEAD]).release(HEAD, HEAD);
        let bed = Bed::start(world, kind, repository(CODE.as_bytes()), &[]).await;
        let note = bed.note(&event("python", HEAD, &[frame(PATH, "total", 2)])).await;
        assert!(!note.contains("the diffs of") && note.contains("return cart.net"), "{note}");
    }
}
