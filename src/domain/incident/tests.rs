//! Tests of [`decide`](super::decide), one for each case of the rule.

use super::*;

const HOUR: u64 = 3_600_000;

fn request(change: ChangeKind, digest: &str, now_ms: u64) -> ClaimRequest {
    ClaimRequest {
        change,
        digest: Some(digest.to_owned()),
        owner: format!("{digest} at {now_ms}"),
        now_ms,
        received_ms: now_ms,
        until_ms: now_ms + 60_000,
        cooldown_ms: 6 * HOUR,
        clock_skew_ms: CLOCK_SKEW_MS,
        has_event: false,
        redelivered: false,
    }
}

fn begun(change: ChangeKind, at: u64) -> IncidentRecord {
    match decide(None, &request(change, "first", at)) {
        ClaimDecision::Begin(record) => record,
        other => panic!("{other:?}"),
    }
}

fn done(change: ChangeKind, at: u64) -> IncidentRecord {
    IncidentRecord { state: IncidentState::Done, note: NoteId::parse("7").ok(), ..begun(change, at) }
}

/// A finished incident that began with an alert and reported an issue with this substatus.
fn reported_by_alert(substatus: Substatus, at: u64) -> IncidentRecord {
    let mut record = done(ChangeKind::Seen, at);
    record.has_reported(Some(substatus));
    record
}

#[test]
fn the_three_webhooks_of_one_new_issue_are_one_incident() {
    let running = begun(ChangeKind::Seen, 1_000);
    assert_eq!(decide(Some(&running), &request(ChangeKind::Seen, "second", 1_200)), ClaimDecision::Running);
    let finished = done(ChangeKind::Seen, 1_000);
    assert_eq!(decide(Some(&finished), &request(ChangeKind::Seen, "third", 5_000)), ClaimDecision::Finished);
    let later = decide(Some(&finished), &request(ChangeKind::Seen, "third", 7 * HOUR));
    assert!(matches!(later, ClaimDecision::Begin(record) if record.note == NoteId::parse("7").ok()));
}

#[test]
fn a_repeated_claim_by_the_same_owner_succeeds() {
    let running = begun(ChangeKind::Seen, 1_000);
    let own = request(ChangeKind::Seen, "first", 1_000);
    assert_eq!(decide(Some(&running), &own), ClaimDecision::TakeOver(running));
}

#[test]
fn an_alert_on_a_finished_incident_looks_at_the_issue_once_a_minute() {
    let finished = done(ChangeKind::Seen, 1_000);
    let alert = |now_ms| request(ChangeKind::Seen, "alert", now_ms);
    assert_eq!(
        decide(Some(&finished), &alert(60_000)),
        ClaimDecision::Finished,
        "its webhook may be under way"
    );
    let ClaimDecision::Look(looked) = decide(Some(&finished), &alert(200_000)) else { panic!("a look") };
    assert_eq!(decide(Some(&looked), &alert(259_000)), ClaimDecision::Finished);
    assert!(matches!(decide(Some(&looked), &alert(260_000)), ClaimDecision::Look(_)));
}

#[test]
fn an_alert_of_the_queue_is_looked_at_unless_a_look_has_ended() {
    let finished = IncidentRecord { looked_ms: 200_000, ..done(ChangeKind::Seen, 1_000) };
    let alert = request(ChangeKind::Seen, "alert", 200_000);
    let of_the_queue = ClaimRequest { redelivered: true, now_ms: 230_000, ..alert };
    assert!(matches!(decide(Some(&finished), &of_the_queue), ClaimDecision::Look(_)), "its look has died");
    let looked = finished.with_digest(&of_the_queue);
    assert_eq!(decide(Some(&looked), &of_the_queue), ClaimDecision::Finished);
}

#[test]
fn an_unreported_regression_of_an_issue_is_detected() {
    use crate::domain::timestamp::Timestamp;
    let issue = |substatus, returned: Option<i64>| Issue {
        substatus: Some(substatus),
        returned_at: returned.and_then(Timestamp::from_unix),
        ..Issue::unknown(crate::domain::ids::IssueId::parse("1").expect("an id"))
    };
    let (seen, regressed) = (done(ChangeKind::Seen, 100_000), done(ChangeKind::Regressed, 100_000));
    let back = Substatus::Regressed;
    assert_eq!(seen.unreported(&issue(back, Some(101))), Some(back));
    assert_eq!(seen.unreported(&issue(back, Some(99))), None);
    assert_eq!(regressed.unreported(&issue(back, Some(101))), Some(back), "it regressed again");
    // An old Sentry does not report the time of the return.
    assert_eq!(seen.unreported(&issue(back, None)), Some(back));
    assert_eq!(regressed.unreported(&issue(back, None)), None);
    assert_eq!(seen.unreported(&issue(Substatus::Ongoing, Some(101))), None);
}

#[test]
fn a_delivery_with_the_event_completes_a_note_without_it() {
    let bare = IncidentRecord { lacks_event: true, ..done(ChangeKind::Seen, 1_000) };
    let alert = request(ChangeKind::Seen, "alert", 2_000);
    assert_eq!(decide(Some(&bare), &alert), ClaimDecision::Finished);
    let whole = ClaimRequest { has_event: true, ..alert };
    let ClaimDecision::TakeOver(next) = decide(Some(&bare), &whole) else { panic!("it completes the note") };
    assert_eq!((next.lacks_event, next.digests), (false, vec!["first".to_owned(), "alert".to_owned()]));
    let complete = IncidentRecord { lacks_event: false, ..bare };
    assert_eq!(decide(Some(&complete), &whole), ClaimDecision::Finished);
}

#[test]
fn a_replay_is_refused_for_ever() {
    let finished = done(ChangeKind::Regressed, 1_000);
    assert_eq!(
        decide(Some(&finished), &request(ChangeKind::Regressed, "first", 99 * HOUR)),
        ClaimDecision::Finished
    );
}

#[test]
fn a_regression_begins_an_incident_within_the_cooldown_and_remembers_the_last() {
    let ClaimDecision::Begin(next) =
        decide(Some(&done(ChangeKind::Seen, 1_000)), &request(ChangeKind::Regressed, "r", 2_000))
    else {
        panic!("a new incident")
    };
    assert_eq!(next.history, [PastIncident { change: ChangeKind::Seen, started_ms: 1_000 }]);
    assert_eq!((next.note.clone(), next.done.len()), (NoteId::parse("7").ok(), 0));
    let again = IncidentRecord { state: IncidentState::Done, ..next };
    let twin = decide(Some(&again), &request(ChangeKind::Regressed, "r2", 2_200));
    assert!(matches!(twin, ClaimDecision::Join(record) if record.digests.len() == 3));
    assert!(matches!(
        decide(Some(&again), &request(ChangeKind::Regressed, "r3", 60_000)),
        ClaimDecision::Begin(_)
    ));
}

#[test]
fn the_webhook_of_a_change_reported_by_an_alert_begins_no_incident() {
    let reported = reported_by_alert(Substatus::Regressed, 1_000);
    let ClaimDecision::Join(joined) = decide(Some(&reported), &request(ChangeKind::Regressed, "r", 61_000))
    else {
        panic!("another word for the same")
    };
    assert_eq!(
        (joined.change, joined.started_ms, &joined.state),
        (ChangeKind::Regressed, 1_000, &IncidentState::Done)
    );
    assert!(joined.history.is_empty() && joined.note == reported.note);
    // Sentry repeats a delivery minutes later if it got no response.
    assert_eq!(decide(Some(&joined), &request(ChangeKind::Regressed, "r", 361_000)), ClaimDecision::Finished);
    let twin = decide(Some(&joined), &request(ChangeKind::Regressed, "twin", 62_000));
    assert!(matches!(twin, ClaimDecision::Join(_)));
    let ClaimDecision::Begin(next) = decide(Some(&joined), &request(ChangeKind::Regressed, "next", 72_000))
    else {
        panic!("it was reported in both ways: this is the next one")
    };
    assert_eq!(next.history, [PastIncident { change: ChangeKind::Regressed, started_ms: 1_000 }]);
}

#[test]
fn an_unreported_change_begins_an_incident_right_after_an_alert() {
    let begins = |record: &IncidentRecord, change: ChangeKind, at: u64| {
        matches!(decide(Some(record), &request(change, "c", at)), ClaimDecision::Begin(_))
    };
    assert!(begins(&reported_by_alert(Substatus::Ongoing, 1_000), ChangeKind::Regressed, 2_000));
    assert!(begins(&reported_by_alert(Substatus::New, 1_000), ChangeKind::Escalating, 2_000));
    assert!(begins(&reported_by_alert(Substatus::Regressed, 1_000), ChangeKind::Escalating, 2_000));
    // The issue was resolved after the message and regressed.
    for substatus in [Substatus::Regressed, Substatus::Escalating] {
        let change = ChangeKind::of_substatus(substatus).expect("a change");
        let reported = reported_by_alert(substatus, 1_000);
        assert!(!begins(&reported, change, 90_999), "{change:?}");
        assert!(begins(&reported, change, 91_000), "{change:?}");
        // The time of receipt counts, regardless of the time in the queue.
        let late = ClaimRequest { received_ms: 301_000, redelivered: true, ..request(change, "c", 900_000) };
        assert!(matches!(decide(Some(&reported), &late), ClaimDecision::Begin(_)));
        let same = ClaimRequest { received_ms: 61_000, redelivered: true, ..request(change, "c", 900_000) };
        assert!(matches!(decide(Some(&reported), &same), ClaimDecision::Join(_)));
    }
}

#[test]
fn the_webhook_of_a_partly_reported_change_takes_over_its_work() {
    let partial =
        IncidentRecord { state: IncidentState::Partial, ..reported_by_alert(Substatus::Regressed, 1_000) };
    let taken = decide(Some(&partial), &request(ChangeKind::Regressed, "r", 30_000));
    let ClaimDecision::TakeOver(taken) = taken else { panic!("something is left of the same change") };
    assert_eq!((taken.change, taken.digests.len()), (ChangeKind::Regressed, 2));
    // Both webhooks arrived, so the next one reports a new change.
    let mut finished = IncidentRecord { state: IncidentState::Done, ..taken };
    finished.has_reported(Some(Substatus::Regressed));
    let twin = decide(Some(&finished), &request(ChangeKind::Regressed, "twin", 39_999));
    assert!(matches!(twin, ClaimDecision::Join(_)));
    let next = decide(Some(&finished), &request(ChangeKind::Regressed, "next", 40_000));
    assert!(matches!(next, ClaimDecision::Begin(_)));
    let later = decide(Some(&partial), &request(ChangeKind::Regressed, "r", 300_000));
    assert!(matches!(later, ClaimDecision::Begin(_)));
}

#[test]
fn a_record_without_the_echo_member_can_be_read() {
    let mut old = serde_json::to_value(done(ChangeKind::Regressed, 1_000)).expect("JSON");
    old.as_object_mut().expect("an object").remove("echo");
    assert_eq!(serde_json::from_value::<IncidentRecord>(old).expect("a record").duplicate_signal, None);
}

#[test]
fn a_takeover_from_a_dead_owner_keeps_its_completed_steps() {
    let mut dead = begun(ChangeKind::Seen, 1_000);
    dead.done.push(("telegram".to_owned(), Some("5".to_owned())));
    let late = ClaimRequest { redelivered: true, ..request(ChangeKind::Seen, "first", 61_001) };
    assert!(
        matches!(decide(Some(&dead), &late), ClaimDecision::TakeOver(record) if record == IncidentRecord {
            state: IncidentState::Working { until_ms: late.until_ms },
            owner: late.owner.clone(),
            ..dead.clone()
        })
    );
    let other = request(ChangeKind::Seen, "other", 61_001 + CLOCK_SKEW_MS);
    assert!(
        matches!(decide(Some(&dead), &other), ClaimDecision::TakeOver(record) if record.digests.len() == 2)
    );
    assert_eq!(decide(Some(&dead), &request(ChangeKind::Seen, "first", 60_999)), ClaimDecision::Running);
}

#[test]
fn a_repeated_press_is_known_and_is_no_webhook() {
    let press = |at| request(ChangeKind::Manual, &press_digest("7"), at);
    let ClaimDecision::Begin(begun) = decide(None, &press(1_000)) else { panic!("the first press") };
    let dead = IncidentRecord { state: IncidentState::Partial, ..begun.clone() };
    assert!(matches!(decide(Some(&dead), &press(61_000)), ClaimDecision::TakeOver(_)));
    let finished = IncidentRecord { state: IncidentState::Done, ..begun };
    assert_eq!(decide(Some(&finished), &press(61_000)), ClaimDecision::Finished);
    let other = request(ChangeKind::Manual, &press_digest("8"), 61_000);
    assert!(matches!(decide(Some(&finished), &other), ClaimDecision::Begin(_)));
    assert!(!finished.had_webhook() && done(ChangeKind::Seen, 1_000).had_webhook());
}

#[test]
fn a_delivery_that_took_over_is_recognized_when_repeated() {
    let partial = IncidentRecord { state: IncidentState::Partial, ..begun(ChangeKind::Regressed, 1_000) };
    let ClaimDecision::TakeOver(taken) =
        decide(Some(&partial), &request(ChangeKind::Regressed, "second", 2_000))
    else {
        panic!("the same change")
    };
    let finished = IncidentRecord { state: IncidentState::Done, ..taken };
    let late = request(ChangeKind::Regressed, "second", 99_000);
    assert_eq!(decide(Some(&finished), &late), ClaimDecision::Finished);
}

#[test]
fn a_regression_during_unfinished_work_begins_a_new_incident() {
    for state in [IncidentState::Partial, IncidentState::Working { until_ms: 1_500 }] {
        let unfinished = IncidentRecord { state, ..begun(ChangeKind::Seen, 1_000) };
        let regressed = request(ChangeKind::Regressed, "r", 2_000);
        let regressed = ClaimRequest { clock_skew_ms: 0, ..regressed };
        assert!(
            matches!(decide(Some(&unfinished), &regressed), ClaimDecision::Begin(next) if next.done.is_empty())
        );
    }
}

#[test]
fn a_redelivered_message_is_judged_by_its_time_of_receipt() {
    // The delivery lost the race for the claim, so its digest is not recorded.
    let lost = ClaimRequest {
        received_ms: 990,
        redelivered: true,
        ..request(ChangeKind::Regressed, "lost", 90_000)
    };
    let later = ClaimRequest { received_ms: 95_000, ..lost.clone() };
    for reported in [done(ChangeKind::Regressed, 1_000), reported_by_alert(Substatus::Regressed, 1_000)] {
        assert_eq!(decide(Some(&reported), &lost), ClaimDecision::Finished);
        assert!(matches!(decide(Some(&reported), &later), ClaimDecision::Begin(_)));
    }
    let seen = ClaimRequest { change: ChangeKind::Seen, ..lost.clone() };
    assert_eq!(decide(Some(&done(ChangeKind::Seen, 1_000)), &seen), ClaimDecision::Finished);
    // The alert began the incident and did not report the change.
    for record in [done(ChangeKind::Seen, 1_000), reported_by_alert(Substatus::Escalating, 1_000)] {
        assert!(matches!(decide(Some(&record), &lost), ClaimDecision::Begin(_)));
    }
    // The change was reported, and a person requested an analysis since then.
    let ClaimDecision::Begin(asked) =
        decide(Some(&done(ChangeKind::Regressed, 1_000)), &request(ChangeKind::Manual, "asked", 60_000))
    else {
        panic!("a person's request")
    };
    assert_eq!(
        decide(Some(&IncidentRecord { state: IncidentState::Done, ..asked }), &lost),
        ClaimDecision::Finished
    );
}

#[test]
fn the_history_and_digests_of_a_record_are_bounded() {
    let mut record = done(ChangeKind::Seen, 0);
    for n in 1..250 {
        let asked = request(ChangeKind::Manual, &n.to_string(), n * HOUR);
        let ClaimDecision::Begin(next) = decide(Some(&record), &asked) else { panic!("an incident") };
        record = IncidentRecord { state: IncidentState::Done, ..next };
    }
    assert_eq!((record.history.len(), record.digests.len()), (REMEMBERED, DIGESTS));
    assert_eq!(record.digests.last().map(String::as_str), Some("249"));
}

#[test]
fn a_replay_of_an_early_delivery_is_recognized_after_100_changes() {
    let mut record = done(ChangeKind::Regressed, 1_000);
    for number in 1..=100 {
        let change = request(ChangeKind::Regressed, &format!("change {number}"), 1_000 + number * 100_000);
        let ClaimDecision::Begin(next) = decide(Some(&record), &change) else { panic!("{number} is news") };
        record = IncidentRecord { state: IncidentState::Done, ..next };
    }
    let replayed = request(ChangeKind::Regressed, "first", 1_000 + 101 * 100_000);
    assert_eq!(decide(Some(&record), &replayed), ClaimDecision::Finished);
    assert_eq!(record.history.len(), REMEMBERED);
}

#[test]
fn a_process_whose_clock_is_ahead_does_not_take_over_running_work() {
    // The lease ends at 61,000 by the clock of its owner.
    let running = begun(ChangeKind::Seen, 1_000);
    let ahead = request(ChangeKind::Seen, "second", 1_200 + CLOCK_SKEW_MS);
    assert_eq!(decide(Some(&running), &ahead), ClaimDecision::MayRun);
    let late = request(ChangeKind::Seen, "second", 61_000 + CLOCK_SKEW_MS);
    assert!(matches!(decide(Some(&running), &late), ClaimDecision::TakeOver(_)));
    // A message of the queue comes after the end of its invocation, by the clock of the queue.
    let redelivered = ClaimRequest { redelivered: true, ..request(ChangeKind::Seen, "first", 61_000) };
    assert!(matches!(decide(Some(&running), &redelivered), ClaimDecision::TakeOver(_)));
    let released = IncidentRecord { state: IncidentState::Working { until_ms: 0 }, ..running };
    let fresh = request(ChangeKind::Seen, "second", 2_000);
    assert!(matches!(decide(Some(&released), &fresh), ClaimDecision::TakeOver(_)));
}

#[test]
fn news_waits_for_an_invocation_whose_clock_may_be_behind() {
    let running = begun(ChangeKind::Seen, 1_000);
    let regressed = request(ChangeKind::Regressed, "r", 62_000);
    assert_eq!(decide(Some(&running), &regressed), ClaimDecision::MayRun);
    let same_clock = ClaimRequest { clock_skew_ms: 0, ..regressed };
    assert!(matches!(decide(Some(&running), &same_clock), ClaimDecision::Begin(_)));
    let seen = ClaimRequest { change: ChangeKind::Seen, ..same_clock };
    assert!(matches!(decide(Some(&running), &seen), ClaimDecision::TakeOver(_)), "a repeat after a death");
    let asked = request(ChangeKind::Manual, "a person", 62_000);
    assert!(matches!(decide(Some(&running), &asked), ClaimDecision::Begin(_)));
    let late = request(ChangeKind::Regressed, "r", 61_000 + CLOCK_SKEW_MS);
    assert!(matches!(decide(Some(&running), &late), ClaimDecision::Begin(_)));
}
