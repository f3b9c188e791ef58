//! Tests with sequences of hours in which webhooks stop, or only seem to stop.

use super::SilenceNews::{Began, Lasts, Over};
use super::*;
use crate::domain::ids::Slug;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
/// The time at which each sequence of hours begins, in milliseconds since 1970.
const START: u64 = 1_795_420_800_000;

/// One hour of a test: the changes in this hour, each with whether its webhook comes, and whether the look at the
/// issues succeeds.
struct Hour(Vec<(&'static str, Option<Substatus>, bool)>, bool);

fn hour(changes: &[(&'static str, bool)]) -> Hour {
    Hour(changes.iter().map(|(project, comes)| (*project, None, *comes)).collect(), true)
}

fn issue(number: usize, project: &str, substatus: Option<Substatus>, at_ms: u64) -> Issue {
    let at = Timestamp::from_unix(i64::try_from(at_ms / 1000).expect("a time"));
    let first = if substatus.is_some() { Timestamp::from_unix(1) } else { at };
    Issue {
        project: Slug::parse(project).ok(),
        substatus: substatus.or(Some(Substatus::New)),
        first_seen: first,
        last_seen: at,
        ..Issue::unknown(IssueId::parse(&number.to_string()).expect("an id"))
    }
}

/// Runs a sequence of hours with one look per hour. Returns the numbers of the hours in which people are told
/// something, with the news.
fn world(hours: &[Hour]) -> Vec<(usize, SilenceNews)> {
    let mut watch = WebhookWatch::begin(&[], START);
    let (mut issues, mut comes, mut announced) = (Vec::new(), Vec::new(), Vec::new());
    for (number, Hour(changes, is_good)) in (1..).zip(hours) {
        let now_ms = START + number as u64 * HOUR;
        for (project, substatus, webhook) in changes {
            issues.push(issue(issues.len(), project, *substatus, now_ms - 30 * MINUTE));
            comes.push(*webhook);
        }
        if !is_good {
            continue;
        }
        let judge = |change: Change| {
            let is_delivered = comes[change.issue.id.as_str().parse::<usize>().expect("a number")];
            (change, is_delivered)
        };
        let judged: Vec<(Change, bool)> = watch.due(&issues, now_ms).into_iter().map(judge).collect();
        let (next, news) = watch.look(&issues, &judged, now_ms);
        assert_eq!(next.silence().is_some(), next.reported_ms.is_some(), "hour {number}");
        watch = next;
        announced.extend(news.map(|news| (number, news)));
    }
    announced
}

#[test]
fn silence_is_reported_daily_and_once_when_it_ends() {
    let (yes, no) = ([("shop", true)], [("shop", false)]);
    let (good, silent, quiet) = (|| hour(&yes), || hour(&no), || hour(&[]));
    // A disabled alert rule, an unsubscribed integration and a wrong URL look the same to the watch.
    let mut lasting = vec![good(), silent(), silent()];
    lasting.extend((0..50).map(|_| quiet()));
    lasting.push(good());
    assert_eq!(world(&lasting), [(2, Began), (26, Lasts), (50, Lasts), (54, Over)]);
}

#[test]
fn quiet_weeks_outages_and_new_projects_are_not_reported_as_silence() {
    let one = |project, comes| hour(&[(project, comes)]);
    let down = |changes: &[(&'static str, bool)]| Hour(hour(changes).0, false);
    let rows: Vec<(&str, Vec<Hour>)> = vec![
        ("a quiet week", (0..168).map(|_| hour(&[])).collect()),
        ("a quiet week later", [one("shop", true)].into_iter().chain((0..168).map(|_| hour(&[]))).collect()),
        ("Sentry is down for an hour", vec![one("shop", true), down(&[]), one("shop", true)]),
        ("a project that never had webhooks", vec![one("shop", true), one("new", false), one("new", false)]),
        ("a new project", vec![one("shop", true), one("new", true), one("new", true)]),
    ];
    for (what, hours) in rows {
        assert_eq!(world(&hours), [], "{what}");
    }
}

#[test]
fn a_new_setup_without_webhooks_is_silent_until_the_first_one_arrives() {
    let hours = [hour(&[]), hour(&[("shop", false)]), hour(&[("flour", false)]), hour(&[("shop", true)])];
    assert_eq!(world(&hours), [(2, Began), (4, Over)]);
}

#[test]
fn the_threshold_rises_if_an_alert_rule_selects_only_some_issues() {
    let one = |comes| hour(&[("shop", comes)]);
    let hours = [one(true), one(false), one(true), one(false), one(true), one(false), one(false), one(true)];
    assert_eq!(world(&hours), [(2, Began), (3, Over), (7, Began), (8, Over)]);
}

#[test]
fn webhooks_of_regressions_are_watched_separately() {
    let back = |comes| Hour(vec![("shop", Some(Substatus::Regressed), comes)], true);
    let hours = [hour(&[("shop", true)]), back(true), hour(&[("shop", true)]), back(false)];
    assert_eq!(world(&hours), [(4, Began)]);
    // The Sentry of this case sends no webhook for regressions.
    assert_eq!(world(&[hour(&[("shop", true)]), back(false), back(false)]), []);
}

#[test]
fn a_change_is_judged_once_after_a_grace_period_for_its_webhook() {
    let watch = WebhookWatch::begin(&[issue(1, "shop", Some(Substatus::Regressed), START - 9 * HOUR)], START);
    let fresh = START + HOUR - MINUTE;
    let issues = [
        issue(1, "shop", Some(Substatus::Regressed), fresh),
        issue(2, "shop", None, fresh),
        issue(3, "shop", Some(Substatus::Escalating), fresh),
        issue(4, "shop", None, START - HOUR),
    ];
    assert_eq!(watch.due(&issues, START + HOUR), []);
    let (next, _) = watch.look(&issues, &[], START + HOUR);
    let due = next.due(&issues, START + 2 * HOUR);
    let ids: Vec<&str> = due.iter().map(|change| change.issue.id.as_str()).collect();
    assert_eq!(ids, ["3", "2"]);
    assert_eq!(due[0].since_ms, START - GRACE_MS, "it may have happened before the look that saw it first");
    let judged: Vec<(Change, bool)> = due.into_iter().map(|change| (change, true)).collect();
    let (last, _) = next.look(&issues, &judged, START + 2 * HOUR);
    assert_eq!(last.due(&issues, START + 3 * HOUR), []);
}

#[test]
fn a_change_counts_as_delivered_by_digest_or_newer_incident() {
    let record = |started_ms: u64, digests: &[&str]| IncidentRecord {
        state: crate::domain::incident::IncidentState::Done,
        change: ChangeKind::Seen,
        started_ms,
        owner: String::new(),
        digests: digests.iter().map(|&digest| digest.to_owned()).collect(),
        note: None,
        done: Vec::new(),
        history: Vec::new(),
        duplicate_signal: None,
        lacks_event: false,
        looked_ms: 0,
        message: None,
    };
    let change = |kind| Change { issue: issue(1, "shop", None, START), kind, since_ms: START };
    let (new, back) = (change(ChangeKind::Seen), change(ChangeKind::Regressed));
    assert!(new.was_delivered(Some(&record(START - HOUR, &["d"])), false));
    assert!(!new.was_delivered(Some(&record(START, &[])), true), "the sweep wrote this note");
    assert!(!new.was_delivered(None, false) && new.was_delivered(None, true));
    assert!(!back.was_delivered(Some(&record(START - HOUR, &["d"])), true));
    assert!(back.was_delivered(Some(&record(START + HOUR, &["d"])), true));
}

#[test]
fn news_are_sent_by_one_sweep_at_a_time_until_every_chat_has_them() {
    let judged =
        [(Change { issue: issue(1, "shop", None, START), kind: ChangeKind::Seen, since_ms: START }, false)];
    let (mut watch, news) = WebhookWatch::begin(&[], START).look(&[], &judged, START + HOUR);
    let first = watch.begin_telling(START + HOUR).expect("news");
    assert_eq!((news, first.news, &first.failed), (Some(Began), Began, &None));
    assert_eq!(watch.begin_telling(START + HOUR + 1), None, "the first sweep may be sending them");
    let mut dead = watch.clone();
    assert_eq!(dead.begin_telling(START + 2 * HOUR).map(|it| it.failed), Some(None), "it has died");
    let mut again = watch.told(&first, vec!["telegram".to_owned()]);
    let second = again.begin_telling(START + HOUR + 2).expect("news");
    assert_eq!(second.failed, Some(vec!["telegram".to_owned()]));
    assert_eq!(again.told(&first, Vec::new()), again, "the first sweep was too slow");
    assert_eq!(again.told(&second, Vec::new()).untold, None);
    let over = [(judged[0].0.clone(), true)];
    let (mut after, _) = again.look(&[], &over, START + 2 * HOUR);
    let last = after.begin_telling(START + 2 * HOUR).expect("news");
    assert_eq!((last.news, last.failed, last.silence.issues), (Over, None, 1));
}
