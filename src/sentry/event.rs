//! The API's form of an event → [`Event`].

use super::wire;
use crate::domain::event::{Event, tags};
use crate::domain::ids::EventId;
use crate::domain::origin::Origin;
use crate::domain::timestamp::Timestamp;
use crate::payload::{
    Interface, Parts, attributes, breadcrumbs, chain, frames, platform, processing_errors, thread_stack,
};

/// The API's form of an event → [`Event`].
pub(super) fn event(wire: wire::Event) -> Event {
    let mut event = Event {
        id: wire.event_id.as_deref().and_then(|id| EventId::parse(id).ok()),
        platform: platform(wire.platform, &wire.sdk, &wire.contexts),
        sdk: wire.sdk.0.and_then(|sdk| sdk.name.foreign()),
        message: wire.message.foreign(),
        at: wire.date_created.as_deref().and_then(Timestamp::parse),
        release: wire.release.0.and_then(super::issue::release),
        tags: tags(wire.tags.0),
        processing_errors: processing_errors(wire.errors),
        ..Event::default()
    };
    if let Some(found) = wire.occurrence.0 {
        let (origin, subtitle) = found.origin();
        event.origin = origin;
        event.message = event.message.or(subtitle);
    }
    // Stacks may come before or after the entries that decide which of them count.
    let (mut exceptions, mut loose, mut request) = (Vec::new(), Vec::new(), None);
    for entry in wire.entries.0.into_iter().filter_map(|entry| entry.0) {
        let Some(content) = entry.content.0 else { continue };
        match entry.kind.as_deref().unwrap_or_default() {
            "exception" => exceptions = chain(content.values).collect(),
            "threads" => {
                loose = thread_stack(content.values).map(|it| frames(it.frames)).unwrap_or_default();
            }
            "stacktrace" => loose = frames(content.frames),
            "breadcrumbs" => event.breadcrumbs = breadcrumbs(content.values),
            "message" => event.message = content.message().or(event.message),
            "request" => request = Some(content),
            "csp" => event.origin = Origin::Policy(content.violation()),
            _ => {}
        }
    }
    event.attributes = attributes(Parts {
        request: request.as_mut(),
        contexts: wire.contexts.0,
        extra: wire.context,
        packages: wire.packages,
    });
    event.request = request.map(Interface::request);
    event.set_stacks(exceptions.into_iter(), loose);
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Untrusted;

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
