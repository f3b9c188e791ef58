//! Converts an event in the JSON form of Sentry's API to the domain's [`Event`].

use super::wire;
use crate::domain::event::{Event, tags};
use crate::domain::ids::EventId;
use crate::domain::origin::Origin;
use crate::domain::timestamp::Timestamp;
use crate::json::{List, Values};
use crate::payload::{
    Parts, breadcrumbs, chain, frames, platform, processing_errors, raising_thread, thread_stack, trace,
};

/// Returns the domain's event for an event in the JSON form of Sentry's API. Unknown and missing members are left
/// out.
pub(super) fn event(wire: wire::Event) -> Event {
    let mut event = Event {
        id: wire.event_id.as_deref().and_then(|id| EventId::parse(id).ok()),
        platform: platform(wire.platform, &wire.sdk, &wire.contexts),
        sdk: wire.sdk.0.and_then(|sdk| sdk.name.untrusted()),
        message: wire.message.untrusted(),
        at: wire.date_created.as_deref().and_then(Timestamp::parse),
        release: wire.release.0.and_then(super::issue::release),
        has_user: wire.user.0.is_some_and(|user| user.is_named()),
        tags: tags(wire.tags.0),
        processing_errors: processing_errors(wire.errors),
        ..Event::default()
    };
    if let Some(found) = wire.occurrence.0 {
        let (origin, subtitle) = found.origin();
        event.origin = origin;
        event.message = event.message.or(subtitle);
    } else if wire.kind.as_deref() == Some("transaction") {
        event.origin = Origin::Transaction;
    }
    // An exception names the thread whose stack counts, but the entry of the threads can come first. Both are
    // therefore collected before the stacks are read.
    let (mut exceptions, mut threads) = (Values::default(), Values::default());
    let (mut loose, mut request) = (Vec::new(), None);
    for entry in wire.entries.0.into_iter().filter_map(|entry| entry.0) {
        let name = entry.kind.as_deref().unwrap_or_default();
        if name == "spans" {
            event.trace = trace(List(entry.content.list), &wire.start_timestamp, &wire.end_timestamp);
            continue;
        }
        let Some(content) = entry.content.object else { continue };
        match name {
            "exception" => exceptions = content.values,
            "threads" => threads = content.values,
            "stacktrace" => loose = frames(content.frames).collect(),
            "breadcrumbs" => event.breadcrumbs = breadcrumbs(content.values),
            "message" => event.message = content.message().or(event.message),
            "request" => request = Some(content),
            "debugmeta" => event.images = content.images(),
            _ => {
                if let Some(report) = content.report(name) {
                    event.origin = Origin::Report(report);
                }
            }
        }
    }
    let parts = Parts { contexts: wire.contexts.0, extra: wire.context, packages: wire.packages, request };
    parts.add_to(&mut event);
    if loose.is_empty() {
        let stack = thread_stack(threads, raising_thread(&exceptions).as_deref());
        loose = stack.into_iter().flat_map(|stack| frames(stack.frames)).collect();
    }
    event.set_stacks(chain(exceptions), loose.into_iter());
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Untrusted;

    #[test]
    fn entries_with_spans_images_and_reports_are_read() {
        let read = |json: &str| event(serde_json::from_str(json).expect("an API event"));
        let slow = read(
            r#"{"type":"transaction","startTimestamp":10.0,"endTimestamp":12.5,
              "occurrence":{"type":1006,"evidenceData":{"offenderSpanIds":["b"],"numRepeatingSpans":"1"}},
              "entries":[{"data":[null,{"op":"db","description":"SELECT 1","span_id":"b","start_timestamp":10.0,
                "timestamp":10.5},7],"type":"spans"},
                {"type":"debugmeta","data":{"images":[{"code_file":"/a.so","image_addr":"0x10","image_size":16}]}}]}"#,
        );
        assert_eq!((slow.trace.spans.len(), slow.images.len()), (1, 1));
        assert_eq!(slow.trace.took.map(|took| took.as_millis()), Some(2_500));
        assert!(matches!(slow.origin, Origin::Detector(_)));
        let report = r#"{"entries":[{"type":"hpkp","data":{"hostname":"a.example"}}]}"#;
        assert_eq!(
            read(report).origin,
            Origin::Report(crate::domain::origin::BrowserReport::Pinning(Some(Untrusted::new("a.example"))))
        );
        assert_eq!(read(r#"{"type":"transaction"}"#).origin, Origin::Transaction);
    }

    #[test]
    fn a_feedback_event_does_not_say_who_wrote_it() {
        let json = r#"{"message":"Kim: it broke","tags":[{"key":"user.email","value":"k@x.example"},{"key":"os","value":"iOS"}],
          "contexts":{"feedback":{"message":"it broke, Kim","name":"Kim","contact_email":"k@x.example"}}}"#;
        let event = event(serde_json::from_str(json).expect("an API event"));
        let details: Vec<String> = event.origin.details().iter().map(|it| it.raw().to_owned()).collect();
        assert_eq!(details, ["feedback: it broke, [name]"]);
        assert_eq!((event.message, event.tags.len()), (None, 1));
    }

    #[test]
    fn values_inside_local_variables_are_read_with_their_paths() {
        let json = r#"{"entries":[{"type":"stacktrace","data":{"frames":[{"function":"total","vars":
          {"cart":{"coupon":null,"rows":[7]},"card":{"password":"hunter2"},"net":"3"}}]}}]}"#;
        let event = event(serde_json::from_str(json).expect("an API event"));
        let shown = |pairs: &[(Untrusted, Untrusted)]| {
            pairs.iter().map(|(name, value)| format!("{}={}", name.raw(), value.line(40))).collect::<Vec<_>>()
        };
        let frame = &event.frames[0];
        assert_eq!(shown(&frame.locals), ["cart={… 2}", "card={… 1}", "net=3"]);
        let nested = ["cart.coupon=null", "cart.rows[0]=7", "card.password=[redacted]"];
        assert_eq!(shown(&frame.nested), nested);
    }

    #[test]
    fn entries_become_an_event_with_the_newest_frame_first() {
        let json = r#"{"eventID":"7ca573c0f4814912aaa9bdc77d1a7d51","platform":"python","unknown":{"a":[1]},
          "entries":[null,{"type":"new-kind","data":7},
            {"type":"exception","data":{"values":[{"type":"KeyError","value":"'a'","stacktrace":{"frames":[
              {"filename":"old.py","lineNo":1},
              {"filename":"new.py","lineNo":8,"inApp":true,"context":[[7,"a"],[8,"b"],[9,"c"]]}]}},null]}},
            {"type":"threads","data":{"values":[{"crashed":true,"stacktrace":{"frames":[{"filename":"t.py"}]}}]}},
            {"type":"breadcrumbs","data":{"values":[{"category":"http","message":"GET /"}]}}],
          "tags":[{"key":"release","value":"1.4.2"}]}"#;
        let event = event(serde_json::from_str(json).expect("an API event"));
        let files: Vec<&str> =
            event.frames.iter().filter_map(|f| f.file.as_ref().map(Untrusted::raw)).collect();
        assert_eq!(files, ["new.py", "old.py"]);
        assert_eq!(event.frames[0].source.as_ref().map(Untrusted::raw), Some("b"));
        assert_eq!((event.frames[0].before.len(), event.frames[0].after.len()), (1, 1));
        assert_eq!(event.tag("release").map(Untrusted::raw), Some("1.4.2"));
        assert_eq!(event.breadcrumbs.len(), 1);
    }
}
