//! Tests that count the calls to the code host for one webhook: none if source code is off, few if it is on, and one
//! for each file at a commit.

use std::time::{Duration, Instant};

use serde_json::Value;
use sidenote_standins::{Event, Exception, Fault, Frame, HostKind, HostedFile, HostedRepository, Recorded};

use crate::bed::{Bed, EVENT, REPOSITORY, event, frame, world, world_with};

const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";

const DIFF: &str = "diff --git a/d.py b/d.py\n--- a/d.py\n+++ b/d.py\n@@ -1 +1 @@\n-y = 1\n+x = 1\n";

fn repository() -> HostedRepository {
    let file = || HostedFile { content: "x = 1\n".repeat(40).into_bytes(), ..HostedFile::default() };
    let paths = ["a.py", "b.py", "c.py", "d.py"];
    paths.iter().fold(HostedRepository::new(REPOSITORY, HEAD), |it, path| it.file(HEAD, path, file()))
}

fn deep(release: &str) -> Value {
    let frames = ["a.py", "b.py", "c.py", "d.py"].map(|path| frame(path, "run", 7));
    event("python", release, &frames)
}

/// Returns the requests to Sentry without the two that look for a note of an earlier process, because the state is in
/// memory.
fn of_sentry(bed: &Bed) -> Vec<Recorded> {
    let is_search = |it: &Recorded| {
        it.method == "GET" && (it.path.ends_with("/api/0/") || it.path.ends_with("/comments/"))
    };
    bed.sentry.requests().into_iter().filter(|request| !is_search(request)).collect()
}

/// Returns the resources of Sentry that were read for the evidence, by the ends of their paths.
fn read_of_sentry(bed: &Bed) -> Vec<String> {
    let reads = of_sentry(bed).into_iter().filter(|request| request.method == "GET");
    let last = |path: &str| path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let mut reads: Vec<String> = reads.map(|request| last(&request.path)).collect();
    reads.sort();
    reads
}

#[tokio::test]
async fn without_a_source_provider_no_code_host_is_called() {
    for off in ["off", ""] {
        let more = [("SOURCE_PROVIDER", off), ("SOURCE_BASE_URL", "")];
        let bed = Bed::start(world(&[]), HostKind::GitHub, repository(), &more).await;
        let note = bed.note(&deep("shop@1.4.2")).await;
        assert_eq!(read_of_sentry(&bed), ["4711", "committers", "events", "tags"]);
        assert!(bed.host.requests().is_empty() && !note.contains("S1"), "{note}");
    }
}

#[tokio::test]
async fn an_analysis_that_a_person_asks_for_reads_source_code_by_the_mappings_of_the_project() {
    // The project is known only when the details have been read.
    let crash = Exception::new("Error", "it broke").frame(Frame::new("d.py", "run", 7));
    let world = world_with(Event::new(EVENT).exception(crash)).code_mapping("shop", "", REPOSITORY, "");
    let bed = Bed::start(world, HostKind::GitHub, repository(), &[("SOURCE_MAPPINGS", "")]).await;
    let note = bed.asked().await;
    assert!(note.contains("The code there, at the default branch now: `x = 1`"), "{note}");
    assert!(!note.contains("source code:"), "{note}");
    let link = bed.sentry.requests().into_iter().find(|it| it.path.ends_with("/stacktrace-link/"));
    let query = link.expect("a question about the frame").query;
    assert!(query.contains("platform=other"), "{query}");
}

#[tokio::test]
async fn a_delivery_reads_three_frames_and_two_diffs_with_at_most_twelve_calls() {
    let suspects = ["1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"];
    let world = world(&[suspects[0], suspects[1], HEAD])
        .release("shop@1.4.2", HEAD)
        .code_mapping("shop", "", REPOSITORY, "");
    for kind in [HostKind::GitHub, HostKind::GitLab, HostKind::Gitea] {
        let repository = suspects.iter().fold(repository(), |it, commit| it.diff(commit, DIFF));
        let bed = Bed::start(world.clone(), kind, repository, &[("SOURCE_MAPPINGS", "")]).await;
        let note = bed.note(&deep("shop@1.4.2")).await;
        assert!(!note.contains("the diffs of the suspect commits"), "{note}");
        let of_sentry = read_of_sentry(&bed);
        let links = of_sentry.iter().filter(|path| *path == "stacktrace-link").count();
        let releases = of_sentry.iter().filter(|path| *path == "shop%401.4.2").count();
        assert_eq!((links, releases, of_sentry.len()), (3, 1, 8), "{of_sentry:?}");
        assert_eq!(bed.host.requests().len(), 8);
    }
}

#[tokio::test]
async fn broken_connections_do_not_raise_the_number_of_calls() {
    let suspects = ["1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"];
    for kind in [HostKind::GitHub, HostKind::GitLab, HostKind::Gitea] {
        let world = world(&suspects).release("shop@1.4.2", HEAD);
        let bed = Bed::start(world, kind, repository(), &[]).await;
        bed.host.inject(Fault::reset());
        let note = bed.note(&deep("shop@1.4.2")).await;
        assert!(note.contains("source code: the connection broke"), "{note}");
        // Three files, their last changes and two diffs would be sixteen requests if each was repeated.
        assert_eq!(bed.host.requests().len(), 8, "{kind:?}");
    }
}

#[tokio::test]
async fn the_health_endpoint_names_the_code_host_and_the_reader_of_the_code() {
    let model = [("ANALYZER", "openai"), ("LLM_MODEL", "m"), ("LLM_BASE_URL", "http://127.0.0.1:9/v1")];
    for (more, source, to_model) in [
        (vec![("SOURCE_PROVIDER", "github")], "github", "no"),
        (
            vec![("SOURCE_PROVIDER", "gitlab"), ("SOURCE_TO_MODEL", "true")],
            "gitlab",
            "yes: openai at 127.0.0.1",
        ),
        (vec![("SOURCE_PROVIDER", "gitea"), ("SOURCE_TO_MODEL", "false")], "gitea", "no"),
        (vec![("SOURCE_PROVIDER", "sentry"), ("SOURCE_TOKEN", "")], "sentry", "no"),
        (vec![("SOURCE_PROVIDER", "off"), ("SOURCE_BASE_URL", "")], "off", "no"),
        (vec![("SOURCE_PROVIDER", "github"), ("SOURCE_TOKEN", "")], "SOURCE_TOKEN is not set", "no"),
    ] {
        let more = [more.as_slice(), &model].concat();
        let bed = Bed::start(world(&[]), HostKind::GitHub, repository(), &more).await;
        let health = bed.health().await;
        let named = (health["source"].as_str(), health["source_to_model"].as_str());
        assert_eq!(named, (Some(source), Some(to_model)));
    }
}

#[tokio::test]
async fn the_file_of_a_commit_is_read_once_and_that_of_a_branch_each_time() {
    for (release, files) in [(HEAD, 1), ("shop@1.4.2", 2)] {
        let bed =
            Bed::start(world(&[]), HostKind::GitHub, repository(), &[("ISSUE_COOLDOWN_SECONDS", "0")]).await;
        for id in ["1", "2"] {
            let mut again = event("python", release, &[frame("a.py", "run", 7)]);
            again["event_id"] = format!("{id}f1e2d3c4b5a69788796a5b4c3d2e1f0").into();
            bed.note(&again).await;
        }
        let read = bed.host.requests().iter().filter(|request| request.path.contains("/contents/")).count();
        assert_eq!(read, files, "{release}");
    }
}

#[tokio::test]
async fn a_call_beyond_our_own_limit_is_not_called_a_limit_of_the_code_host() {
    // Gitea needs two calls for the history of a commit that only the event names. With three files and their last
    // changes these are eight, and a repetition is the ninth.
    let bed = Bed::start(world(&[]), HostKind::Gitea, repository(), &[]).await;
    bed.host.inject(Fault::reset().path("/raw/").once());
    let note = bed.note(&deep(HEAD)).await;
    let why = "Sidenote's limit of 8 calls to the code host for one event is used up";
    let said = format!("the last changes of the source code: {why}");
    assert!(note.contains(&said) && !note.contains("rate limited"), "{note}");
    assert_eq!(bed.host.requests().len(), 8);
}

/// Returns the times of the first and the last request whose path contains one of `parts`.
fn times(requests: &[Recorded], parts: &[&str]) -> (Instant, Instant) {
    let is_one = |request: &&Recorded| parts.iter().any(|part| request.path.contains(part));
    let times: Vec<Instant> = requests.iter().filter(is_one).map(|request| request.at).collect();
    let first = times.iter().min().expect("a request");
    (*first, *times.iter().max().expect("a request"))
}

/// The delay of every reply of the stand-ins.
const LATENCY: Duration = Duration::from_millis(300);
/// The number of measurements. The best one counts, because other load on the machine can only add time.
const MEASUREMENTS: usize = 4;

/// Returns the times of the first and the last request for evidence, for files and about the note.
async fn measured() -> [(Instant, Instant); 3] {
    let world =
        world(&[HEAD]).release("shop@1.4.2", HEAD).code_mapping("shop", "", REPOSITORY, "").latency(LATENCY);
    let mappings = [("SOURCE_MAPPINGS", "")];
    let repository = repository().diff(HEAD, DIFF);
    let bed = Bed::start_late(world, HostKind::GitHub, repository, &mappings, LATENCY).await;
    bed.note(&deep("shop@1.4.2")).await;
    let requests = [of_sentry(&bed), bed.host.requests()].concat();
    let evidence = ["/tags/", "/events/", "/committers/", "/releases/", "/stacktrace-link/"];
    let files = ["/contents/", "/graphql", &format!("/commits/{HEAD}")];
    [times(&requests, &evidence), times(&requests, &files), times(&requests, &["/comments/"])]
}

#[tokio::test]
async fn requests_for_evidence_and_then_for_files_run_in_parallel() {
    let mut seen = Vec::new();
    for _ in 0..MEASUREMENTS {
        let [evidence, files, note] = measured().await;
        // Each group is sent after the group before it.
        assert!(files.0 >= evidence.0 + LATENCY && note.0 >= files.0 + LATENCY);
        // The requests of a group are sent at the same time.
        if evidence.1 < evidence.0 + LATENCY && files.1 < files.0 + LATENCY {
            return;
        }
        seen.push([evidence.1 - evidence.0, files.1 - files.0]);
    }
    panic!("the requests of a group are sent one after the other: {seen:?}");
}
