//! Tests that message, note, log and exit code say what became of an approved action: Sentry carried it out, replied 200
//! without a change, or refused it.
//!
//! `cargo test --test processes orders -- --nocapture` prints each result.

use serde_json::{Value, json};
use sidenote::http::Http;
use sidenote_standins::{Fault, Kind};

use super::bed::{is_decided, keyboard};
use super::kills::{World, handled_of};
use super::worlds::{APPROVERS, Case, cases, quick_retries};
use crate::support::{
    AUTH_TOKEN, ISSUE, ORG, Setup, issue as usual_issue, issue_unresolved, log_lines, sentry_of,
};

/// The reaction of Sentry to the request that carries out an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reaction {
    Does,
    Ignores,
    Refuses,
}

impl Reaction {
    /// Lets Sentry react so to the next change of an issue.
    async fn plant(self, world: &World) {
        match self {
            Self::Does => {}
            Self::Refuses => world.sentry.inject(Fault::status(403).on("PUT").once()),
            Self::Ignores => {
                let unchanged = Fault::status(200).header("content-type", "application/json");
                world.sentry.inject(unchanged.body(issue(world).await).on("PUT").once());
            }
        }
    }

    /// The reason that people are told, or `None` if the action was carried out.
    fn reason(self, case: &Case) -> Option<&'static str> {
        match self {
            Self::Does => None,
            Self::Refuses => Some("the token lacks a permission (403)"),
            Self::Ignores => Some(match case.name {
                "archive_until_escalating" => {
                    "this version of Sentry cannot archive an issue until it escalates"
                }
                "assign" => "Sentry did not assign the issue",
                "resolve_in_next_release" => "Sentry did not resolve the issue in the next release",
                _ => "this version of Sentry has no priorities",
            }),
        }
    }
}

/// The issue as Sentry's API returns it.
async fn issue(world: &World) -> String {
    let http = Http::new(None).expect("a client");
    let url = format!("{}/api/0/organizations/{ORG}/issues/{ISSUE}/", world.sentry.url());
    let reply = http.client().get(url).bearer_auth(AUTH_TOKEN).send().await.expect("a reply");
    reply.text().await.expect("a body")
}

async fn approve(case: &Case, reaction: Reaction) {
    let which = format!("{} {reaction:?}", case.name);
    let world = World::about(case, quick_retries()).await;
    let process = world.serve().await;
    handled_of(case, &process).await;
    let (_, listed) = world.command(&["approvals"]).await;
    let id = listed[0]["id"].as_str().expect("an id");
    reaction.plant(&world).await;
    let output = world.run(&[], &["approve", id, "--as", "Kim"]).await;
    let decided: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let log = String::from_utf8(output.stderr).expect("UTF-8");
    let message = world.telegram.messages().remove(0);
    let note = world.sentry.notes(ISSUE).remove(0).text;
    let line = note.lines().find(|line| line.contains("Approved by `Kim` on ")).unwrap_or_default();
    let reason = reaction.reason(case);
    let state = if reason.is_some() { "failed" } else { "done" };
    assert_eq!(
        (output.status.code(), &decided["state"]),
        (Some(i32::from(reason.is_some())), &json!(state)),
        "{which}"
    );
    assert_eq!((case.is_done)(&world.sentry.issue(ISSUE).expect("the issue")), reason.is_none(), "{which}");
    if let Some(reason) = reason {
        let words = format!(", but it did not work: {reason}.");
        assert!(message.text_visible.contains(&words), "{which}: {}", message.text_visible);
        assert!(line.contains(&words), "{which}: {note}");
        assert_eq!(log_lines(&log, "approval_failed")[0]["reason"], reason, "{which}: {log}");
    } else {
        assert!(is_decided(&message), "{which}: {}", message.text_visible);
        assert!(line.ends_with(": done."), "{which}: {note}");
        assert_eq!(log_lines(&log, "approval_decided")[0]["state"], "done", "{which}: {log}");
    }
    println!("{which}: exit {:?}, {line}", output.status.code());
}

#[tokio::test]
async fn each_action_is_reported_as_done_only_if_sentry_shows_it() {
    for case in cases() {
        for reaction in [Reaction::Does, Reaction::Ignores, Reaction::Refuses] {
            approve(&case, reaction).await;
        }
    }
}

#[tokio::test]
async fn no_priority_is_offered_where_the_issue_has_none() {
    let world = sentry_of(Kind::SelfHostedOld).issue(usual_issue().status("unresolved", Some("escalating")));
    let setup = Setup::new().sentry(world).telegram(quick_retries());
    let bed = setup.variable("TELEGRAM_APPROVERS", APPROVERS).start().await;
    bed.outcome(&issue_unresolved("escalating")).await;
    let rows = keyboard(&bed.message().await);
    let expected = [
        vec!["Resolve", "Archive until it escalates"],
        vec!["Assign to me"],
        vec!["Analyse again"],
        vec!["Open in Sentry"],
    ];
    assert_eq!(rows, expected);
    assert!(!bed.note(ISSUE).await.text.contains("priority"));
    bed.end().await;
}
