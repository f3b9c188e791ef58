//! Tests with six crashes in four languages: the note shows the right failing line, function, last change and suspect
//! commit.

use serde_json::{Value, json};
use sidenote_standins::{Fault, HostKind, HostedFile, HostedRepository, SentryWorld};

use crate::bed::{Bed, PROJECT, REPOSITORY, event, frame, links, visible, world};
use crate::shop::{BUGS, Bug, Shop};

const RELEASE: &str = "shop@1.4.2";
const KINDS: [HostKind; 3] = [HostKind::GitHub, HostKind::GitLab, HostKind::Gitea];

/// Returns the event of a bug, without source lines, as from a build that contains none.
fn crash(shop: &Shop, bug: &Bug) -> Value {
    let failing = frame(bug.path, bug.function, shop.line(bug.path, bug.bad));
    event(bug.platform, RELEASE, &[failing])
}

/// Returns a Sentry whose release has the last commit of the shop. The first suspect commit is harmless; the second
/// one introduced the bug.
fn released(shop: &Shop, culprit: &str) -> SentryWorld {
    world(&[&shop.harmless, culprit]).release(RELEASE, &shop.head)
}

fn holds(note: &str, text: &str) {
    assert!(note.contains(text), "{text:?} is not in:\n{note}");
}

fn lacks(note: &str, text: &str) {
    assert!(!note.contains(text), "{text:?} is in:\n{note}");
}

/// Asserts that the visible part of the message has the failing line, and that the message links to it.
fn shows_the_line(bed: &Bed, bug: &Bug, line: usize) {
    let message = bed.message();
    holds(&visible(&message), bug.bad);
    let file = format!("{}/{REPOSITORY}/", bed.host.url());
    let is_link = |link: &String| link.starts_with(&file) && link.ends_with(&format!("#L{line}"));
    assert!(links(&message).iter().any(is_link), "{:?}", links(&message));
}

#[tokio::test]
async fn the_note_shows_the_correct_code_and_commit_for_every_crash() {
    let shop = Shop::new();
    for kind in KINDS {
        for (bug, culprit) in BUGS.iter().zip(&shop.culprits) {
            let bed = Bed::start(released(&shop, culprit), kind, shop.hosted(), &[]).await;
            let note = bed.note(&crash(&shop, bug)).await;
            let line = shop.line(bug.path, bug.bad);
            let (head, short) = (&shop.head[..7], &culprit[..7]);
            holds(&note, &format!("The code there, at commit `{head}`: `{}`", bug.bad));
            holds(&note, &format!("S1 {}:{line} ({REPOSITORY}, {head})", bug.path));
            // The whole function is shown, with a mark at the failing line.
            holds(&note, &format!(" {}", bug.header));
            holds(&note, &format!("  > {line} "));
            holds(&note, &format!("](%URL%/{REPOSITORY}/").replace("%URL%", &bed.host.url()));
            holds(&note, &format!("#L{line}) `S1`"));
            let said = format!("Suspect commit `{short}`, which changed the function of the failing line: ");
            let suspected = note.lines().find(|line| line.contains(&said));
            let suspected = suspected.unwrap_or_else(|| panic!("{said:?} is not in:\n{note}"));
            for cite in ["`C2`", "`S1`", "`D"] {
                assert!(suspected.contains(cite), "{cite}: {suspected}");
            }
            lacks(&note, &format!("Suspect commit `{}`", &shop.harmless[..7]));
            // The diff of the commit shows the lines that it removed and added.
            holds(&note, &format!("{} (C2, +1 -1)\n", bug.path));
            for (mark, line) in [('-', bug.good), ('+', bug.bad)] {
                let is_shown =
                    |shown: &str| shown.starts_with(&format!("  {mark} ")) && shown.ends_with(line);
                assert!(note.lines().any(is_shown), "{mark} {line}:\n{note}");
            }
            holds(
                &note,
                &format!(
                    "days before the first event; the event's release `{RELEASE}` contains this change, as earlier releases may."
                ),
            );
            shows_the_line(&bed, bug, line);
            if kind == HostKind::Gitea {
                // Gitea knows only the last change of the file.
                holds(&note, "The file of the failing line was last changed in commit `");
                continue;
            }
            holds(&note, &format!("The failing line was last changed in commit `{short}` by `Kim`, 2"));
        }
    }
}

#[tokio::test]
async fn code_is_read_through_sentry_without_a_code_host_token() {
    let shop = Shop::new();
    let bug = &BUGS[0];
    let world = released(&shop, &shop.culprits[0])
        .code_mapping(PROJECT, "", REPOSITORY, "")
        .source(bug.path, &shop.text(bug.path));
    let off = [
        ("SOURCE_PROVIDER", "sentry"),
        ("SOURCE_TOKEN", ""),
        ("SOURCE_MAPPINGS", ""),
        ("SOURCE_BASE_URL", ""),
    ];
    let bed = Bed::start(world, HostKind::GitHub, shop.hosted(), &off).await;
    let note = bed.note(&crash(&shop, bug)).await;
    holds(&note, &format!("The code there, at commit `{}`: `{}`", &shop.head[..7], bug.bad));
    holds(&note, &format!("](https://github.com/{REPOSITORY}/blob/{}/{}#L", shop.head, bug.path));
    assert!(bed.host.requests().is_empty());
}

#[tokio::test]
async fn sentrys_code_mappings_lead_to_the_files_of_a_code_host() {
    let shop = Shop::new();
    let world = released(&shop, &shop.culprits[0]).code_mapping(PROJECT, "", REPOSITORY, "");
    let bed = Bed::start(world, HostKind::GitHub, shop.hosted(), &[("SOURCE_MAPPINGS", "")]).await;
    let note = bed.note(&crash(&shop, &BUGS[0])).await;
    holds(&note, &format!("The code there, at commit `{}`: `{}`", &shop.head[..7], BUGS[0].bad));
}

#[tokio::test]
async fn a_release_without_a_commit_shows_the_default_branch_and_says_so() {
    let shop = Shop::new();
    for world in [world(&[]), world(&[]).release(RELEASE, "")] {
        for kind in KINDS {
            let bed = Bed::start(world.clone(), kind, shop.hosted(), &[]).await;
            let note = bed.note(&crash(&shop, &BUGS[0])).await;
            holds(&note, &format!("The code there, at the default branch now: `{}`", BUGS[0].bad));
            holds(&note, &format!("({REPOSITORY}, default branch)"));
            // Nothing shows that this line ran, and that a release contains its last change.
            lacks(&visible(&bed.message()), BUGS[0].bad);
            lacks(&note, "contains this change");
        }
    }
}

#[tokio::test]
async fn a_line_beyond_the_file_and_a_changed_line_are_told_apart() {
    let shop = Shop::new();
    let (bug, head) = (&BUGS[0], &shop.head[..7]);
    let count = shop.text(bug.path).lines().count();
    let beyond = frame(bug.path, bug.function, count + 100);
    let mut changed = frame(bug.path, bug.function, shop.line(bug.path, bug.bad));
    changed["context_line"] = json!("    return net - coupon.value");
    let place = format!("at commit `{head}`, ");
    let shorter = format!("{place}`{}` has only {count} lines.", bug.path);
    let other = format!(
        "{place}line {} of `{}` differs from the event's line, so it is not shown.",
        changed["lineno"], bug.path
    );
    for (frame, said) in [(beyond, shorter), (changed, other)] {
        let bed = Bed::start(released(&shop, &shop.culprits[0]), HostKind::GitHub, shop.hosted(), &[]).await;
        let note = bed.note(&event(bug.platform, RELEASE, &[frame])).await;
        holds(&note, &format!("The code that was read is not the code that ran: {said}"));
        // Changed code is never shown as the code that ran.
        for text in [bug.bad, bug.header, "last changed in", "function of the failing line"] {
            lacks(&note, text);
        }
    }
}

#[tokio::test]
async fn lines_of_the_event_are_confirmed_and_not_repeated() {
    let shop = Shop::new();
    let bug = &BUGS[0];
    let mut same = frame(bug.path, bug.function, shop.line(bug.path, bug.bad));
    same["context_line"] = json!(format!("    {}", bug.bad));
    same["pre_context"] = json!(["    net = 0"]);
    let bed = Bed::start(released(&shop, &shop.culprits[0]), HostKind::GitHub, shop.hosted(), &[]).await;
    let note = bed.note(&event(bug.platform, RELEASE, &[same])).await;
    holds(&note, &format!("The code there: `{}`", bug.bad));
    holds(&note, "The failing line was last changed in");
    lacks(&note, "The code there, at commit");
    lacks(&note, bug.header);
    holds(&visible(&bed.message()), bug.bad);
}

#[tokio::test]
async fn at_most_twelve_lines_of_a_long_function_and_its_diff_are_shown() {
    const COUNT: usize = 60;
    const FAILING: usize = 40;
    let lines = (1..COUNT).map(|at| format!("    value_{at} = step_{at}(cart)\n"));
    let text = lines.fold("def total(cart):\n".to_owned(), |text, line| text + &line);
    let head = "0123456789abcdef0123456789abcdef01234567";
    let added = text.lines().fold(String::new(), |added, line| added + "+" + line + "\n");
    let path = BUGS[0].path;
    let diff =
        format!("diff --git a/{path} b/{path}\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{COUNT} @@\n{added}");
    let file = HostedFile { content: text.into_bytes(), ..HostedFile::default() };
    for (kind, (suspects, changed)) in KINDS.into_iter().zip([(vec![head], 4), (vec![], 0), (vec![head], 4)])
    {
        let repository =
            HostedRepository::new(REPOSITORY, head).file(head, path, file.clone()).diff(head, &diff);
        let bed = Bed::start(world(&suspects).release(RELEASE, head), kind, repository, &[]).await;
        let note = bed.note(&event("python", RELEASE, &[frame(path, "total", FAILING)])).await;
        let is_code = |line: &&str| line.contains("value_") || line.contains("def total");
        let shown: Vec<&str> = note.lines().filter(|line| line.starts_with("  ")).filter(is_code).collect();
        let of_diff = shown.iter().filter(|line| line.starts_with("  + ")).count();
        assert_eq!((shown.len(), of_diff), (12, changed), "{note}");
        holds(&note, &format!("  > {FAILING} "));
        // The message also has the failing line alone, and a statement quotes it.
        let message = bed.message().text_visible;
        assert!(message.lines().filter(is_code).count() <= 14, "{message}");
    }
}

#[tokio::test]
async fn without_its_blame_a_diff_shows_the_commit_that_changed_the_function() {
    let shop = Shop::new();
    for (bug, culprit) in BUGS.iter().zip(&shop.culprits) {
        let bed = Bed::start(released(&shop, culprit), HostKind::GitHub, shop.hosted(), &[]).await;
        bed.host.inject(Fault::status(502).path("/graphql"));
        let note = bed.note(&crash(&shop, bug)).await;
        holds(&note, &format!("Suspect commit `{}`, which changed the function", &culprit[..7]));
    }
}

#[tokio::test]
async fn a_commit_in_the_default_branch_that_only_the_event_names_has_its_history_and_stays_unconfirmed() {
    let shop = Shop::new();
    let (bug, culprit) = (&BUGS[0], &shop.culprits[0]);
    let head = &shop.head[..7];
    for kind in KINDS {
        let bed = Bed::start(world(&[culprit]), kind, shop.hosted(), &[]).await;
        let failing = frame(bug.path, bug.function, shop.line(bug.path, bug.bad));
        let note = bed.note(&event(bug.platform, &shop.head, &[failing])).await;
        let subject =
            if kind == HostKind::Gitea { "The file of the failing line" } else { "The failing line" };
        holds(&note, &format!("{subject} was last changed in commit `"));
        holds(&note, &format!("The code there, at commit `{head}`, named only by the event: `"));
        holds(&note, &format!("({REPOSITORY}, {head}, unconfirmed)"));
        holds(&note, "Sentry does not confirm that it is the commit of the release.");
        // The sender of the event may have chosen the commit for what its history shows.
        lacks(&note, "which changed the function");
        lacks(&note, &format!("at commit `{head}`:"));
    }
}
