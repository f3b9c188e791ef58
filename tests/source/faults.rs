//! Tests that the note is written for every fault of a code host, with a gap that names the reason.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use sidenote_standins::{Change, Fault, HostKind, HostedFile, HostedRepository};

use crate::bed::{Bed, PROJECT, REPOSITORY, event, frame, provider, world};

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
    bed.note(&crash()).await
}

fn crash() -> Value {
    event("python", HEAD, &[frame(PATH, "total", 2)])
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
            (Fault::huge(1), "a reply of the code host is larger than 512 KB"),
            (Fault::huge(5), "a reply of the code host is larger than 512 KB"),
            (Fault::reset(), "the connection broke"),
        ];
        for (fault, why) in faults {
            says(&note(kind, CODE.as_bytes(), Some(fault.path(files(kind))), &[]).await, why);
        }
    }
}

/// The states of a repository in which its file cannot be read, with the reason. The frame's file is [`PATH`].
fn unreadable() -> [(&'static str, HostedRepository, &'static str); 6] {
    let empty = || HostedRepository::new(REPOSITORY, HEAD);
    let file = |content: &[u8]| HostedFile { content: content.to_vec(), ..HostedFile::default() };
    let code = || file(CODE.as_bytes());
    let png = file(b"\x89PNG\r\n\x1a\n\0\0");
    let latin = file(b"def total(cart):\n    return cart.net # \xe9\n");
    let gone = HostedRepository::new("acme/other", HEAD).file(HEAD, PATH, code());
    let renamed = HostedRepository::new("acme/store", HEAD).file(HEAD, PATH, code()).renamed_from(REPOSITORY);
    [
        ("a binary file", empty().file(HEAD, PATH, png), "the file is not UTF-8 text"),
        ("another encoding", empty().file(HEAD, PATH, latin), "the file is not UTF-8 text"),
        (
            "a moved file",
            empty().file(HEAD, "store/cart.py", code()),
            "not found, or not visible to the token (404)",
        ),
        ("a repository that is gone", gone, "not found, or not visible to the token (404)"),
        ("a renamed repository", renamed, "the repository was moved"),
        (
            "a token without access to the files",
            empty().file(HEAD, PATH, code()).closed(),
            "the token lacks a permission (403)",
        ),
    ]
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named_in_the_note() {
    for kind in KINDS {
        for (state, repository, why) in unreadable() {
            let bed = Bed::start(world(&[]).release(HEAD, HEAD), kind, repository, &[]).await;
            let note = bed.note(&crash()).await;
            assert!(note.contains(&format!("source code: {why}")), "{state}, {why:?} is not in:\n{note}");
            assert!(!note.contains("return cart.net"), "{state}:\n{note}");
        }
    }
}

#[tokio::test]
async fn a_silent_code_host_does_not_keep_the_note_from_being_written() {
    let silent = KINDS.map(|kind| async move {
        let fault = Fault::silence().path(files(kind));
        says(&note(kind, CODE.as_bytes(), Some(fault), &[]).await, "no answer in time");
    });
    join_all(silent).await;
}

/// Returns the note about an event whose file is mapped by Sentry. Sentry's answer about the mapping takes `mapping`,
/// and then the code host's answer takes `file`.
async fn late(kind: HostKind, mapping: Duration, file: Duration) -> String {
    let world = world(&[]).release(HEAD, HEAD).code_mapping(PROJECT, "", REPOSITORY, "");
    let bed = Bed::start(world, kind, repository(CODE.as_bytes()), &[("SOURCE_MAPPINGS", "")]).await;
    bed.sentry.inject(Fault::late_answer(mapping).path("/stacktrace-link/"));
    bed.host.inject(Fault::late_answer(file).path(files(kind)));
    bed.note(&crash()).await
}

#[tokio::test]
async fn all_calls_together_have_five_seconds() {
    let late = |kind| async move {
        let seconds = Duration::from_secs;
        let (alone, together, short) = tokio::join!(
            late(kind, Duration::ZERO, seconds(6)),
            late(kind, seconds(3), seconds(3)),
            late(kind, Duration::ZERO, seconds(1)),
        );
        for note in [alone, together] {
            says(&note, "no answer in time");
        }
        assert!(short.contains("return cart.net") && !short.contains("source code:"), "{short}");
    };
    join_all(KINDS.map(late)).await;
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
        assert!(note.contains("the last changes of the source code: the server failed (502)"), "{note}");
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
    bed.note(&crash()).await
}

#[tokio::test]
async fn a_diff_that_cannot_be_read_is_a_gap_of_its_own() {
    for kind in KINDS {
        for (fault, why) in [
            (Fault::status(401), "the token was refused (401)"),
            (Fault::status(500), "the server failed (500)"),
            (Fault::huge(1), "a reply of the code host is larger than 512 KB"),
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
        let note = bed.note(&crash()).await;
        assert!(!note.contains("the diffs of") && note.contains("return cart.net"), "{note}");
    }
}

/// Returns the note about an event whose code Sentry reads, while its replies with source lines fail.
async fn by_sentry(fault: Option<Fault>, source: &str) -> String {
    let world = world(&[]).release(HEAD, HEAD).code_mapping(PROJECT, "", REPOSITORY, "");
    let world = if source.is_empty() { world } else { world.source(PATH, source) };
    let by_sentry = [("SOURCE_PROVIDER", "sentry"), ("SOURCE_TOKEN", ""), ("SOURCE_MAPPINGS", "")];
    let bed = Bed::start(world, HostKind::GitHub, HostedRepository::new(REPOSITORY, HEAD), &by_sentry).await;
    if let Some(fault) = fault {
        bed.sentry.inject(fault.path("/stacktrace-source-context/"));
    }
    bed.note(&crash()).await
}

#[tokio::test]
async fn every_fault_of_sentrys_source_context_is_named_in_the_note() {
    let note = by_sentry(None, CODE).await;
    assert!(note.contains("return cart.net") && !note.contains("source code:"), "{note}");
    // A project without source context gets 404.
    says(&by_sentry(None, "").await, "not found, or not visible to the token (404)");
    let named = |error: &str| {
        let lines = json!([[1, "def total(cart):"], [2, "    return cart.net"]]);
        let body = json!({"context": lines, "error": error, "sourceUrl": null});
        Fault::status(200).header("content-type", "application/json").body(body.to_string())
    };
    for (fault, why) in [
        (Fault::status(401), "the token was refused (401)"),
        (Fault::status(403), "the token lacks a permission (403)"),
        (Fault::status(404), "not found, or not visible to the token (404)"),
        (Fault::status(500), "the server failed (500)"),
        (Fault::silence(), "no answer in time"),
        (Fault::huge(5), "the answer could not be read"),
        (Fault::garbage(), "the answer could not be read"),
        (named("file_not_found"), "not found, or not visible to the token (404)"),
        (named("integration_forbidden"), "the token lacks a permission (403)"),
        (named("no_code_mapping_match"), "no code mapping covers the file"),
        (named("rate_limited"), "rate limited (429)"),
        (named("integration_error"), "the server failed (502)"),
        (named("an unknown error"), "not found, or not visible to the token (404)"),
    ] {
        says(&by_sentry(Some(fault), CODE).await, why);
    }
}
