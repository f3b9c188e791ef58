//! Tests that an event chooses neither the commit that the note trusts, nor the host that gets the access token.

use serde_json::{Value, json};
use sidenote_standins::{Change, Fault, HostKind, HostedFile, HostedRepository};

use crate::bed::{Bed, PROJECT, REPOSITORY, event, frame, world};

/// The commit that Sentry knows for the release.
const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";
/// A commit of a fork, which the code host serves under the name of the original repository.
const FORK: &str = "fedcba9876543210fedcba9876543210fedcba98";
const RELEASE: &str = "shop@1.4.2";
const PATH: &str = "shop/cart.py";
const KINDS: [HostKind; 3] = [HostKind::GitHub, HostKind::GitLab, HostKind::Gitea];

fn file(commit: &str, author: &str, line: &str) -> HostedFile {
    let change = Change {
        commit: commit.to_owned(),
        author: author.to_owned(),
        at: "2026-01-02T03:04:05Z".to_owned(),
    };
    let content = format!("def total(cart):\n    {line}\n").into_bytes();
    HostedFile { content, blame: vec![change.clone(); 2], last: change }
}

fn repository() -> HostedRepository {
    HostedRepository::new(REPOSITORY, HEAD).file(HEAD, PATH, file(HEAD, "Kim", "return cart.net")).file(
        FORK,
        PATH,
        file(FORK, "Mallory", "return cart.forged"),
    )
}

fn crash(release: &str, tag: Option<&str>) -> Value {
    let mut crash = event("python", release, &[frame(PATH, "total", 2)]);
    if let Some(commit) = tag {
        crash["tags"] = json!([["release", release], ["commitId", commit]]);
    }
    crash
}

#[tokio::test]
async fn the_commit_of_the_release_comes_before_a_tag() {
    for kind in KINDS {
        let bed = Bed::start(world(&[]).release(RELEASE, HEAD), kind, repository(), &[]).await;
        let note = bed.note(&crash(RELEASE, Some(FORK))).await;
        assert!(note.contains("return cart.net") && note.contains("by `Kim`"), "{note}");
        assert!(!note.contains("forged") && !note.contains(&FORK[..7]), "{note}");
        assert!(bed.host.requests().iter().all(|request| !request.query.contains(FORK)));
    }
}

#[tokio::test]
async fn a_commit_that_only_the_event_names_has_no_history() {
    for kind in KINDS {
        // Sentry suspects the same commit, which must not make it the commit that changed the function.
        for (release, tag) in [(RELEASE, Some(FORK)), (FORK, None)] {
            let bed = Bed::start(world(&[FORK]), kind, repository(), &[]).await;
            let note = bed.note(&crash(release, tag)).await;
            assert!(note.contains(&format!("Only the event names commit `{}`", &FORK[..7])), "{note}");
            assert!(note.contains(&format!("({REPOSITORY}, {}, unconfirmed)", &FORK[..7])), "{note}");
            for text in ["last changed", "Mallory", "which changed the function"] {
                assert!(!note.contains(text), "{text:?} is in:\n{note}");
            }
            // The file is read, and the code host is asked whether the commit is in the default branch.
            let read: Vec<String> = bed.host.requests().into_iter().map(|request| request.path).collect();
            let is_history =
                |path: &&String| ["blame", "graphql", "/commits"].iter().any(|it| path.contains(it));
            assert_eq!(read.iter().find(is_history), None, "{read:?}");
        }
    }
}

#[tokio::test]
async fn the_form_of_a_token_sends_it_to_no_host() {
    let auto = [
        ("SOURCE_PROVIDER", "auto"),
        ("SOURCE_TOKEN", "ghp_0123456789abcdef"),
        ("SOURCE_BASE_URL", ""),
        ("LINKS", "https://github.com"),
    ];
    let world = world(&[]).release(RELEASE, HEAD).code_mapping(PROJECT, "", REPOSITORY, "");
    let world = world.source(PATH, "def total(cart):\n    return cart.net\n");
    let bed = Bed::start(world, HostKind::GitHub, repository(), &auto).await;
    let note = bed.note(&crash(RELEASE, None)).await;
    // Sentry read the code, so no host got the token.
    let paths: Vec<String> = bed.sentry.requests().into_iter().map(|request| request.path).collect();
    assert!(paths.iter().any(|path| path.ends_with("/stacktrace-source-context/")), "{paths:?}");
    assert!(note.contains("return cart.net") && bed.host.requests().is_empty(), "{note}");
}

#[tokio::test]
async fn a_mapping_to_another_host_is_not_read_here() {
    for kind in KINDS {
        for (mappings, expected) in [("", None), ("/app/=acme/shop:", Some("return cart.net"))] {
            let world = world(&[]).release(RELEASE, HEAD).code_mapping(PROJECT, "", "evil/shop", "");
            let more = [("SOURCE_MAPPINGS", mappings), ("LINKS", "https://evil.example")];
            let bed = Bed::start(world, kind, repository(), &more).await;
            let note = bed.note(&crash(RELEASE, None)).await;
            assert!(bed.host.requests().iter().all(|request| !request.path.contains("evil")));
            match expected {
                Some(line) => assert!(note.contains(line), "{note}"),
                None => assert!(
                    note.contains("source code: Sentry's code mapping leads to another code host"),
                    "{note}"
                ),
            }
        }
    }
}

#[tokio::test]
async fn sentrys_mapping_comes_before_ours() {
    let world = world(&[]).release(RELEASE, HEAD).code_mapping(PROJECT, "", REPOSITORY, "");
    let ours = [("SOURCE_MAPPINGS", "/app/=acme/other:")];
    let bed = Bed::start(world, HostKind::GitHub, repository(), &ours).await;
    let note = bed.note(&crash(RELEASE, None)).await;
    assert!(note.contains("return cart.net") && !note.contains("source code:"), "{note}");
    assert!(bed.host.requests().iter().all(|request| !request.path.contains("acme/other")));
}

#[tokio::test]
async fn sentry_may_link_only_to_known_hosts() {
    for (links, own, is_shown) in [
        ("https://github.com", "", true),
        ("https://git.example", "https://git.example", true),
        ("https://git.example", "", false),
        ("https://github.com.evil.example", "", false),
        ("http://github.com", "", false),
        ("https://github.com:8443", "", false),
    ] {
        let world = world(&[]).release(RELEASE, HEAD).code_mapping(PROJECT, "", REPOSITORY, "");
        let world = world.source(PATH, "def total(cart):\n    return cart.net\n").code_host(links);
        let more = [
            ("SOURCE_PROVIDER", "sentry"),
            ("SOURCE_TOKEN", ""),
            ("SOURCE_MAPPINGS", ""),
            ("SOURCE_BASE_URL", own),
        ];
        let bed = Bed::start(world, HostKind::GitHub, repository(), &more).await;
        let note = bed.note(&crash(RELEASE, None)).await;
        assert_eq!(note.contains(&format!("]({links}/")), is_shown, "{links}:\n{note}");
        assert!(note.contains("return cart.net"), "{links}:\n{note}");
    }
}

#[tokio::test]
async fn a_failed_look_at_the_history_confirms_nothing() {
    let checks =
        [(HostKind::GitHub, "/compare/"), (HostKind::GitLab, "/merge_base"), (HostKind::Gitea, "/compare/")];
    for (kind, path) in checks {
        let repository = repository().history([FORK.to_owned()]);
        let bed = Bed::start(world(&[]), kind, repository, &[]).await;
        bed.host.inject(Fault::status(500).path(path));
        let note = bed.note(&crash(FORK, None)).await;
        assert!(note.contains("Only the event names commit") && !note.contains("last changed"), "{note}");
        assert!(note.contains("the last changes of the source code: the server failed (500)"), "{note}");
    }
}

#[tokio::test]
async fn a_slow_sentry_does_not_keep_a_file_of_our_own_mapping_from_being_read() {
    for kind in KINDS {
        let world = world(&[]).release(RELEASE, HEAD).code_mapping(PROJECT, "", "acme/other", "");
        let bed = Bed::start(world, kind, repository(), &[]).await;
        bed.sentry.inject(Fault::silence().path("/stacktrace-link/"));
        let note = bed.note(&crash(RELEASE, None)).await;
        assert!(note.contains("return cart.net") && note.contains("by `Kim`"), "{note}");
        assert!(!note.contains("source code:"), "{note}");
        // The file was requested by our mapping, after the question to Sentry.
        let asked = bed.sentry.requests().into_iter().find(|it| it.path.ends_with("/stacktrace-link/"));
        let read = bed.host.requests().into_iter().next().expect("a request");
        assert!(asked.expect("a question").at < read.at && !read.path.contains("other"), "{}", read.path);
    }
}

#[tokio::test]
async fn a_release_whose_commit_comes_too_late_shows_the_default_branch() {
    let bed = Bed::start(world(&[]).release(RELEASE, HEAD), HostKind::GitHub, repository(), &[]).await;
    bed.sentry.inject(Fault::silence().path("/releases/"));
    let note = bed.note(&crash(RELEASE, None)).await;
    assert!(note.contains("The code there, at the default branch now: `return cart.net`"), "{note}");
    let said = "the commit of the release: no answer in time";
    assert!(note.contains(said) && !note.contains("source code: no answer in time"), "{note}");
}

#[tokio::test]
async fn a_code_host_below_a_folder_serves_mappings_and_links() {
    for kind in KINDS {
        for mappings in ["", "/app/=acme/shop:"] {
            let world = world(&[]).release(RELEASE, HEAD);
            let world =
                if mappings.is_empty() { world.code_mapping(PROJECT, "", REPOSITORY, "") } else { world };
            let more = [("SOURCE_MAPPINGS", mappings), ("FOLDER", "/gitlab")];
            let bed = Bed::start(world, kind, repository(), &more).await;
            let note = bed.note(&crash(RELEASE, None)).await;
            assert!(note.contains("return cart.net"), "{mappings}: {note}");
            assert!(bed.host.url().ends_with("/gitlab"));
            assert!(note.contains(&format!("]({}/{REPOSITORY}/", bed.host.url())), "{note}");
        }
    }
}

#[tokio::test]
async fn a_link_outside_of_the_folder_of_the_code_host_is_another_host() {
    let world = world(&[]).release(RELEASE, HEAD).code_mapping(PROJECT, "", REPOSITORY, "");
    let more = [("SOURCE_MAPPINGS", ""), ("FOLDER", "/gitlab"), ("LINKS", "outside")];
    let bed = Bed::start(world, HostKind::GitLab, repository(), &more).await;
    let note = bed.note(&crash(RELEASE, None)).await;
    assert!(note.contains("source code: Sentry's code mapping leads to another code host"), "{note}");
    assert!(bed.host.requests().is_empty());
}
