//! Properties of Sidenote's texts that hold for any webhook. Every run uses the same generated webhooks. The variable
//! `PROPTEST_RNG_SEED` sets another seed, and `PROPTEST_CASES` their number.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use secrecy::SecretString;
use serde_json::Value;
use sidenote::domain::evidence::Cite;
use sidenote::domain::report::Report;
use sidenote::domain::words::{LANGUAGES, Language};
use sidenote::notifiers::note::{self, LONGEST_NOTE, MARKER};
use sidenote::notifiers::{Notification, telegram};
use sidenote::webhook::{Decoded, Delivery, Keys, decode};

use crate::almost_real::{
    CANARY, Enrichment, Webhook, any_json, enrichment, hostile, hostile_all_over, mutated,
};
use crate::both_chats::check_by_their_libraries;
use crate::chat::Chat;
use crate::delivery;
use crate::edited::{self, Later};
use crate::reader;

const LONGEST_MESSAGE: usize = 4096;
const LONGEST_RAW_MESSAGE: usize = 32 * 1024;

/// Checks a property for `cases` generated inputs. Panics with the smallest input for which it does not hold.
fn hold<S: Strategy>(cases: u32, inputs: S, property: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S::Value: std::fmt::Debug,
{
    let given = Config::default();
    let usual = Config { cases, failure_persistence: None, max_shrink_iters: 1_000, ..Config::default() };
    let config = Config {
        cases: if given.cases == 256 { cases } else { given.cases },
        rng_seed: if given.rng_seed == RngSeed::Random { RngSeed::Fixed(20_260_329) } else { given.rng_seed },
        ..usual
    };
    if let Err(failure) = TestRunner::new(config).run(&inputs, property) {
        panic!("{failure}");
    }
}

/// Checks the notification about a webhook in every language. `more` is added to the evidence of the webhook. A webhook
/// that needs no work passes.
fn tell(
    webhook: &Webhook,
    more: &Enrichment,
    check: impl Fn(&Notification, Language) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let Some(notification) = delivery::notification(webhook.resource, webhook.bytes(), |e| more.add(e))
    else {
        return Ok(());
    };
    LANGUAGES.iter().try_for_each(|(_, language, _)| check(&notification, *language))
}

fn in_a_report(
    check: impl Fn(&Report, Language) -> Result<(), TestCaseError>,
) -> impl Fn(&Notification, Language) -> Result<(), TestCaseError> {
    move |notification, language| match notification {
        Notification::Issue(report) => check(report, language),
        Notification::Metric(_) => Ok(()),
    }
}

// --- Intake ----------------------------------------------------------------------------------------------------------

#[test]
fn no_bytes_make_the_intake_panic() {
    let header = (
        prop_oneof![
            Just("sentry-hook-signature"),
            Just("sentry-app-signature"),
            Just("sentry-hook-resource")
        ],
        vec(any::<u8>(), 0..80),
    );
    hold(400, (vec(header, 0..4), vec(any::<u8>(), 0..200), any::<bool>()), |(given, body, signed)| {
        let key = SecretString::from("key");
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        let right: HeaderValue = sidenote::webhook::sign(&key, &body).parse().expect("hex");
        if signed {
            headers.insert("sentry-hook-signature", right.clone());
        }
        let first = headers.get("sentry-hook-signature").or_else(|| headers.get("sentry-app-signature"));
        let is_right = first == Some(&right);
        let delivery = Delivery::verify(&headers, Bytes::from(body), &Keys::parse(&key));
        prop_assert_eq!(delivery.is_some(), is_right);
        if let Some(delivery) = delivery {
            let _ = decode(&delivery);
        }
        Ok(())
    });
}

#[test]
fn any_json_object_is_readable_and_nothing_else_is() {
    hold(600, any_json(), |body| {
        let decoded = delivery::decoded(None, body.to_string().into_bytes());
        prop_assert_eq!(decoded.is_ok(), body.is_object(), "{:?}", decoded);
        Ok(())
    });
}

#[test]
fn the_order_of_json_members_does_not_change_the_decoded_webhook() {
    hold(100, (mutated(), any::<u64>()), |(webhook, seed)| {
        let sorted = delivery::decoded(webhook.resource, webhook.bytes());
        let mut shuffled = String::new();
        shuffle(&webhook.body, &mut { seed | 1 }, &mut shuffled);
        // JSON that is nested too deeply cannot be compared.
        let read: Option<Value> = serde_json::from_str(&shuffled).ok();
        prop_assert!(read.is_none_or(|read| read == webhook.body));
        let shuffled = delivery::decoded(webhook.resource, shuffled.into_bytes());
        prop_assert_eq!(members_sorted(sorted), members_sorted(shuffled));
        Ok(())
    });
}

/// Sorts the variables, extra values and breadcrumb data of a decoded webhook. Sidenote keeps them in the order of the
/// JSON, which may differ between two equal webhooks.
fn members_sorted<E>(decoded: Result<Decoded, E>) -> Result<Decoded, E> {
    use sidenote::domain::occurrence::Occurrence;
    decoded.map(|mut decoded| {
        if let Decoded::Occurrence(Occurrence::Issue(occurrence)) = &mut decoded
            && let Some(event) = &mut occurrence.event
        {
            let lists = event.frames.iter_mut().flat_map(|frame| [&mut frame.locals, &mut frame.nested]);
            let lists = lists.chain(event.breadcrumbs.iter_mut().map(|crumb| &mut crumb.details));
            lists.for_each(|list| list.sort_by(|a, b| a.0.raw().cmp(b.0.raw())));
            event.attributes.sort_by(|a, b| (a.kind, a.name.raw()).cmp(&(b.kind, b.name.raw())));
        }
        decoded
    })
}

/// Writes JSON with the members of each object in a random order.
fn shuffle(value: &Value, seed: &mut u64, out: &mut String) {
    let mut next = || {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *seed >> 33
    };
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().map(|member| (next(), member)).collect();
            members.sort_by_key(|(place, _)| *place);
            out.push('{');
            for (at, (_, (name, value))) in members.into_iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                shuffle(value, seed, out);
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for (at, value) in list.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                shuffle(value, seed, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

// --- Analysis --------------------------------------------------------------------------------------------------------

#[test]
fn every_cite_refers_to_existing_evidence_shown_in_the_note() {
    hold(150, (mutated(), enrichment()), |(webhook, more)| {
        tell(
            &webhook,
            &more,
            in_a_report(|report, language| {
                let analysis = &report.analysis;
                let said = analysis.statements().map(|finding| &finding.cites);
                let cites = said.chain([&analysis.proposal.cites]).flatten();
                let mut shown = Vec::new();
                for cite in cites {
                    prop_assert!(report.evidence.holds(cite), "{cite} is not there");
                    if !matches!(cite, Cite::Statistics | Cite::Issue | Cite::Seer) {
                        shown.push(format!("{cite} "));
                    }
                }
                let note = reader::read(&note::render(report, language));
                if let Some(evidence) = note.blocks.first() {
                    let stands = |cite: &String| {
                        evidence.lines().any(|line| format!("{line} ").starts_with(cite.as_str()))
                    };
                    let missing: Vec<_> = shown.iter().filter(|cite| !stands(cite)).collect();
                    prop_assert!(missing.is_empty(), "{missing:?} is cited and not shown:\n{evidence}");
                }
                Ok(())
            }),
        )
    });
}

#[test]
fn the_suspect_is_an_existing_frame() {
    hold(100, mutated(), |webhook| {
        let Some(Notification::Issue(report)) =
            delivery::notification(webhook.resource, webhook.bytes(), |_| {})
        else {
            return Ok(());
        };
        let frames = report.analysis.suspect.iter().chain(&report.analysis.runners_up);
        let missing: Vec<_> = frames.filter(|at| !report.evidence.holds(&Cite::Frame(**at))).collect();
        prop_assert!(missing.is_empty(), "{missing:?} are no frames");
        Ok(())
    });
}

// --- The note --------------------------------------------------------------------------------------------------------

/// Returns the links to the repository's files, the only links of a note.
fn source_links(report: &Report) -> Vec<&str> {
    report.evidence.source.iter().filter_map(|code| code.link.as_deref()).collect()
}

fn check_note(report: &Report, language: Language) -> Result<(), TestCaseError> {
    let text = note::render(report, language);
    prop_assert!(text.chars().count() <= LONGEST_NOTE, "{} characters", text.chars().count());
    prop_assert!(text.ends_with(&format!("\n\n{MARKER}\n")), "the marker is not the last paragraph:\n{text}");
    prop_assert_eq!(text.matches(MARKER).count(), 1, "the marker is not alone:\n{}", text);
    prop_assert!(!text.contains('\r'));
    let seen = reader::read(&text);
    prop_assert_eq!(&seen.html, &[MARKER.to_owned()], "{}", text);
    let own = source_links(report);
    prop_assert!(seen.links.iter().all(|link| own.contains(&&**link)), "{:?}\n{text}", seen.links);
    for acts in ["<", "![", "{%", "{{", "://", "www.", "@", "\\", "`"] {
        prop_assert!(!seen.outside.contains(acts), "{acts} outside of code:\n{text}");
    }
    prop_assert!(!seen.outside.contains(CANARY), "foreign text outside of code:\n{text}");
    prop_assert_eq!(seen.bold, 1, "the headline alone is bold:\n{}", text);
    prop_assert!(
        seen.headings.starts_with(&[2]) && seen.headings[1..].iter().all(|level| *level == 3),
        "{text}"
    );
    prop_assert!(seen.blocks.len() <= 1, "{text}");
    prop_assert_eq!(note::render(report, language), text);
    Ok(())
}

#[test]
fn no_event_breaks_a_note() {
    hold(150, (mutated(), enrichment()), |(webhook, more)| tell(&webhook, &more, in_a_report(check_note)));
}

#[test]
fn no_hostile_text_breaks_a_note() {
    hold(80, (hostile_all_over(), enrichment()), |(webhook, more)| {
        tell(&webhook, &more, in_a_report(check_note))
    });
}

#[test]
fn any_json_as_an_event_gives_a_valid_note() {
    hold(300, (any_json(), hostile()), |(body, text)| {
        let body = serde_json::json!({"action": "triggered", "data": {
            "issue": {"id": 1, "title": text}, "event": {"exception": body.clone(), "tags": body.clone(), "threads": body},
        }});
        let notification = delivery::notification(None, body.to_string().into_bytes(), |_| {});
        let Some(Notification::Issue(report)) = notification else {
            return Err(TestCaseError::fail("no notification"));
        };
        LANGUAGES.iter().try_for_each(|(_, language, _)| check_note(&report, *language))
    });
}

// --- The message -----------------------------------------------------------------------------------------------------

/// The largest number of lines of a message before its fold. A phone shows about twelve lines without scrolling.
const LEAD: usize = 12;

/// Checks that a message in Telegram has at most one fold, at its end, and at most [`LEAD`] lines before the fold. The
/// message must begin with a coloured mark.
fn check_fold(shown: &sidenote_standins::Message) -> Result<(), TestCaseError> {
    let visible: Vec<u16> = shown.text_visible.encode_utf16().collect();
    let folds: Vec<_> = shown.entities.iter().filter(|it| it.kind == "expandable_blockquote").collect();
    prop_assert!(folds.len() <= 1, "{folds:?}");
    prop_assert!(folds.iter().all(|fold| fold.offset + fold.length == visible.len()), "{folds:?}");
    let lead = &visible[..folds.first().map_or(visible.len(), |fold| fold.offset)];
    let lead = String::from_utf16_lossy(lead);
    prop_assert!(lead.trim_end().lines().count() <= LEAD, "{lead}");
    prop_assert!(["🔴", "🟠", "🔵", "🟢", "⚪", "⚫"].iter().any(|mark| lead.starts_with(mark)), "{lead}");
    Ok(())
}

/// Checks that a message in Slack has at most [`LEAD`] lines before the small print.
fn check_small_print(shown: &sidenote_standins::SlackPost) -> Result<(), TestCaseError> {
    let lead = shown.blocks.iter().take_while(|block| block["type"] != "divider");
    let lines = lead.map(|block| block["text"]["text"].as_str().unwrap_or_default().lines().count());
    prop_assert!(lines.sum::<usize>() <= LEAD, "{}", shown.visible());
    Ok(())
}

/// Sends the message of a notification, edits it if there are `events`, and checks the text that the chats show at last.
fn check_message(
    chat: &Chat,
    notification: &Notification,
    events: &[Later],
    language: Language,
) -> Result<(), TestCaseError> {
    let content = edited::after(notification.message(language), events, language);
    let message = telegram::render_message(&content);
    prop_assert!(message.html.len() <= LONGEST_RAW_MESSAGE, "{} bytes", message.html.len());
    let plain = message.plain.encode_utf16().count();
    prop_assert!(plain <= LONGEST_MESSAGE, "{plain} units in plain text");
    let mut shown = chat.tell(notification, language).map_err(TestCaseError::fail)?;
    if !events.is_empty() {
        let edited = chat.edit(&shown, notification, content.clone(), language);
        shown = edited.map_err(TestCaseError::fail)?;
    }
    check_small_print(&shown.slack)?;
    let shown = shown.telegram;
    prop_assert_eq!(&shown.text_raw, &message.html);
    check_fold(&shown)?;
    // Without markup, a link is its text with the URL.
    let own = match notification {
        Notification::Issue(report) => source_links(report),
        Notification::Metric(_) => Vec::new(),
    };
    let plain = content.link.as_deref().into_iter().chain(own.iter().copied());
    let plain = plain.fold(message.plain.clone(), |plain, url| plain.replace(&format!(": {url}"), ""));
    prop_assert_eq!(plain.trim(), shown.text_visible.trim());
    check_entities(&shown, &own)?;
    Ok(())
}

/// Checks the formats of a message: foreign text is in code only, and links go to Sentry only, or to `own`, the pages of
/// the source code.
fn check_entities(shown: &sidenote_standins::Message, own: &[&str]) -> Result<(), TestCaseError> {
    let visible: Vec<u16> = shown.text_visible.encode_utf16().collect();
    prop_assert!(visible.len() <= LONGEST_MESSAGE, "{} units", visible.len());
    let kinds = ["bold", "code", "text_link", "expandable_blockquote"];
    prop_assert!(shown.entities.iter().all(|it| kinds.contains(&it.kind)), "{:?}", shown.entities);
    let canary = u32::from(CANARY);
    for (at, _) in visible.iter().enumerate().filter(|(_, unit)| u32::from(**unit) == canary) {
        let in_code = shown
            .entities
            .iter()
            .any(|it| it.kind == "code" && (it.offset..it.offset + it.length).contains(&at));
        prop_assert!(in_code, "foreign text outside of code at {at}:\n{}", shown.text_visible);
    }
    for link in shown.entities.iter().filter(|it| it.kind == "text_link") {
        let url = link.argument.as_deref().unwrap_or_default();
        let is_sentry = url.starts_with("https://") && url.contains(".sentry.io/");
        prop_assert!(is_sentry || own.contains(&url), "{url}");
    }
    Ok(())
}

/// Checks the message of generated webhooks, fresh and after up to eight later events.
fn check_messages(cases: u32, webhooks: impl Strategy<Value = Webhook>) {
    let chat = Chat::open();
    let events = prop_oneof![Just(Vec::new()), vec(edited::later(), 1..9)];
    hold(cases, (webhooks, enrichment(), events), |(webhook, more, events)| {
        tell(&webhook, &more, |notification, language| check_message(&chat, notification, &events, language))
    });
    check_by_their_libraries(&chat);
}

#[test]
fn no_event_breaks_a_message() {
    check_messages(90, mutated());
}

#[test]
fn no_hostile_text_breaks_a_message() {
    check_messages(80, hostile_all_over());
}
