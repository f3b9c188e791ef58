//! Properties that hold for every analysis of the fixed rules. The evidence is generated from words that the rules look
//! for.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use sidenote::analyzers::rules::{analyze, analyze_at};
use sidenote::domain::analysis::{Analysis, Level, Status};
use sidenote::domain::event::{Breadcrumb, Event, Exception, Frame, Request};
use sidenote::domain::evidence::{Cite, Evidence, SuspectCommit, TagSpread};
use sidenote::domain::ids::{IssueId, MemberId, TagKey};
use sidenote::domain::issue::{Issue, Substatus};
use sidenote::domain::occurrence::{IssueOccurrence, SeerRootCause, Trigger};
use sidenote::domain::text::Untrusted;
use sidenote::domain::timestamp::Timestamp;
use sidenote::domain::words::{LANGUAGES, Language};
use sidenote::notifiers::note::{LONGEST_NOTE, render};

use crate::delivery;

/// Words that a rule looks for, and some that no rule looks for.
const WORDS: &[&str] = &[
    "",
    "KeyError",
    "TypeError",
    "*pq.Error",
    "panic",
    "StackOverflowError",
    "AbortError",
    "NullPointerException",
    "index out of bounds: the len is 3 but the index is 7",
    "(1213, 'Deadlock found when trying to get lock')",
    "Failed to fetch",
    "requireNonNull",
    "checkTotal",
    "<anonymous>",
    "core::panicking::panic",
    "com.acme.Cart",
    "shop/cart.py",
    "node_modules/x/index.min.js",
    "return rows[index].price / coupon.months",
    "raise ValueError('no')",
    "rows",
    "index",
    "coupon",
    "None",
    "[… 3]",
    "7",
    "0",
    "error",
    "http",
    "```\n# Resolution\n<!-- sidenote:v1 -->",
    "код 42 ☃ {% tag %} `x` 'y",
];

fn word() -> impl Strategy<Value = Untrusted> {
    select(WORDS).prop_map(Untrusted::new)
}

fn some() -> impl Strategy<Value = Option<Untrusted>> {
    option::of(word())
}

prop_compose! {
    fn frame(chain: usize)(
        exception in option::of(0..chain.max(1)), function in some(), module in some(), file in some(),
        line in option::of(0_u64..100), column in option::of(0_u64..900), in_app: bool, source in some(), before in vec(word(), 0..3),
        locals in vec((word(), word()), 0..4),
    ) -> Frame {
        let exception = exception.filter(|_| chain > 0);
        let (path, package) = (file.clone(), module.clone());
        Frame { exception, function, module, file, path, package, line, column, in_app, source, before, locals, ..Frame::default() }
    }
}

prop_compose! {
    fn exception()(kind in some(), message in some(), handled in option::of(any::<bool>()), synthetic: bool) -> Exception {
        Exception { kind, message, handled, synthetic, ..Exception::default() }
    }
}

prop_compose! {
    fn breadcrumb()(
        at in option::of(0_i64..200), category in some(), level in some(), message in some(), status in option::of(100_u64..600),
    ) -> Breadcrumb {
        Breadcrumb { at: at.and_then(Timestamp::from_unix), category, level, message, status, ..Breadcrumb::default() }
    }
}

fn event() -> impl Strategy<Value = Event> {
    vec(exception(), 0..4).prop_flat_map(|exceptions| {
        let frames = vec(frame(exceptions.len()), 0..8);
        let rest = (
            some(),
            some(),
            some(),
            vec(breadcrumb(), 0..5),
            option::of((some(), some())),
            select(PLATFORMS),
        );
        (Just(exceptions), frames, rest).prop_map(|(exceptions, frames, rest)| {
            let (message, release, environment, breadcrumbs, request, platform) = rest;
            Event {
                platform: Some(Untrusted::new(platform)),
                message,
                at: Timestamp::from_unix(100),
                release,
                environment,
                request: request.map(|(method, url)| Request { method, url }),
                exceptions,
                frames,
                breadcrumbs,
                ..Event::default()
            }
        })
    })
}

const PLATFORMS: &[&str] = &["python", "javascript", "node", "java", "go", "rust", "native", "other"];
const STATES: &[Option<Substatus>] = &[
    None,
    Some(Substatus::New),
    Some(Substatus::Regressed),
    Some(Substatus::Escalating),
    Some(Substatus::Ongoing),
];

prop_compose! {
    fn issue()(
        title in some(), users in option::of(0_u64..300), substatus in select(STATES), priority in some(),
        hourly in option::of(vec(0_u64..9, 24)), daily in option::of(vec(0_u64..9, 30)), first in some(), last in some(),
    ) -> Issue {
        Issue {
            title, users, substatus, priority, hourly, daily, first_release: first, last_release: last,
            ..Issue::unknown(IssueId::parse("4711").expect("an id"))
        }
    }
}

prop_compose! {
    fn commit()(subject in word(), author in some(), is_blamed: bool, files in vec(word(), 0..2)) -> SuspectCommit {
        let author_id = MemberId::parse("7").ok();
        SuspectCommit { id: Untrusted::new("9f2c1e7a60b1"), subject, author, author_id, is_blamed, files, ..SuspectCommit::default() }
    }
}

prop_compose! {
    fn evidence()(
        issue in issue(), event in option::of(event()), commits in vec(commit(), 0..3), seer in option::of(word()),
        spread in option::of((word(), 0_u64..100)),
    ) -> Evidence {
        let seer = seer.map(|summary| SeerRootCause { summary, reasoning: Vec::new(), reproduction: Vec::new() });
        let trigger = Trigger::Alert;
        let mut evidence = Evidence::of(IssueOccurrence { trigger, issue, org: None, event, rule: None, seer });
        let spread = spread.map(|(value, count)| TagSpread {
            key: TagKey::parse("browser").expect("a key"),
            total: count + 1,
            top: vec![(value, count), (Untrusted::new("other"), 1)],
        });
        evidence.tags.extend(spread);
        evidence.commits = commits;
        evidence
    }
}

fn cites(analysis: &Analysis) -> impl Iterator<Item = &Cite> {
    let said = analysis.statements().flat_map(|finding| &finding.cites);
    said.chain(&analysis.proposal.cites)
}

proptest! {
    #[test]
    fn every_statement_cites_existing_evidence(evidence in evidence()) {
        let analysis = analyze(&evidence);
        for finding in analysis.statements() {
            prop_assert!(!finding.cites.is_empty());
        }
        for cite in cites(&analysis) {
            prop_assert!(evidence.holds(cite), "{cite} is not there");
        }
        let frames = evidence.event.as_ref().map_or(0, |event| event.frames.len());
        prop_assert!(analysis.suspect.iter().chain(&analysis.runners_up).all(|at| *at < frames));
    }

    #[test]
    fn an_undetermined_analysis_has_low_confidence_and_no_suspect(evidence in evidence()) {
        let analysis = analyze(&evidence);
        if analysis.status == Status::Undetermined {
            prop_assert_eq!(analysis.confidence.level, Level::Low);
            prop_assert!(analysis.suspect.is_none() && !analysis.would_settle.is_empty());
        }
        prop_assert!(!analysis.next_steps.is_empty());
    }

    #[test]
    fn an_issue_that_is_not_open_has_a_remark_and_no_proposal_whichever_frame_is_suspected(
        mut evidence in evidence(), status in select(&["resolved", "ignored"][..]), frame in 0_usize..8,
    ) {
        evidence.issue.status = Some(Untrusted::new(status));
        let remark = if status == "resolved" { "Resolved: " } else { "Archived: " };
        for analysis in [analyze(&evidence), analyze_at(&evidence, frame)] {
            let headline = analysis.headline.plain_text(Language::English.words());
            prop_assert!(headline.starts_with(remark), "{headline}");
            prop_assert!(analysis.findings.first().is_some_and(|first| first.cites.contains(&Cite::Issue)));
            prop_assert!(analysis.proposal.action.is_none());
        }
    }

    #[test]
    fn the_first_ten_lines_hold_a_step_and_the_note_fits(evidence in evidence()) {
        let report = delivery::report(evidence);
        for (code, language, _) in LANGUAGES {
            let note = render(&report, *language);
            prop_assert!(note.chars().count() <= LONGEST_NOTE, "{code}");
            prop_assert!(note.lines().take(10).any(|line| line.starts_with("1. ")), "{code}: {note}");
            prop_assert!(!note.contains(".. ") && !note.contains("。。"), "{code}: {note}");
        }
        prop_assert_eq!(render(&report, Language::English), render(&report, Language::English));
    }
}
