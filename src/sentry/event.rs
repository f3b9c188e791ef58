//! The API's form of an event → [`Event`].

use super::wire;
use crate::domain::event::{Breadcrumb, Event, Exception, Frame, Request, http_call, tags};
use crate::domain::ids::EventId;
use crate::domain::lenient::{List, Maybe, Text};
use crate::domain::origin::{Origin, Violation};
use crate::domain::text::Foreign;
use crate::domain::timestamp::Timestamp;

/// The API's form of an event → [`Event`].
pub(super) fn event(wire: wire::Event) -> Event {
    let is_rust = wire.sdk.0.as_ref().and_then(|sdk| sdk.name.as_deref()) == Some("sentry.rust")
        || wire.contexts.0.as_ref().is_some_and(|contexts| contexts.rust.0.is_some());
    let mut event = Event {
        id: wire.event_id.as_deref().and_then(|id| EventId::parse(id).ok()),
        platform: if is_rust { Some(Foreign::new("rust")) } else { wire.platform.foreign() },
        sdk: wire.sdk.0.and_then(|sdk| sdk.name.foreign()),
        message: wire.message.foreign(),
        at: wire.date_created.as_deref().and_then(Timestamp::parse),
        release: wire.release.0.and_then(super::issue::release),
        tags: tags(wire.tags),
        processing_errors: wire.errors.0.into_iter().filter_map(|error| error.0?.kind.foreign()).collect(),
        ..Event::default()
    };
    if let Some(found) = wire.occurrence.0 {
        let shown = found.evidence_display.0.into_iter().filter_map(|shown| shown.0);
        event.origin = Origin::detector(shown.map(|shown| (shown.name.foreign(), shown.value.foreign())));
        event.message = event.message.or(found.subtitle.foreign());
    }
    let mut stacks = Stacks::default();
    for entry in wire.entries.0.into_iter().filter_map(|entry| entry.0) {
        let Some(content) = entry.content.0 else { continue };
        match entry.kind.as_deref().unwrap_or_default() {
            "exception" => stacks.chain = values(content).map(exception).collect(),
            "threads" => stacks.loose = thread_stack(values(content).collect()),
            "stacktrace" => stacks.loose = frames(content.frames),
            "breadcrumbs" => event.breadcrumbs = values(content).map(breadcrumb).collect(),
            "message" => event.message = content.formatted.foreign().or(event.message),
            "request" => event.request = Some(request(content)),
            "csp" => event.origin = Origin::Policy(violation(content)),
            _ => {}
        }
    }
    event.set_stacks(stacks.chain.into_iter(), stacks.loose);
    event
}

/// Stacks may come before or after the entries that decide which of them count.
#[derive(Default)]
struct Stacks {
    chain: Vec<(Exception, Vec<Frame>)>,
    loose: Vec<Frame>,
}

fn values(content: wire::EntryContent) -> impl Iterator<Item = wire::EntryValue> {
    content.values.0.into_iter().filter_map(|value| value.0)
}

fn request(content: wire::EntryContent) -> Request {
    Request { method: content.method.foreign(), url: content.url.foreign() }
}

fn violation(content: wire::EntryContent) -> Violation {
    Violation {
        directive: content.effective_directive.foreign(),
        blocked: content.blocked_uri.foreign(),
        page: content.document_uri.foreign(),
    }
}

fn exception(wire: wire::EntryValue) -> (Exception, Vec<Frame>) {
    let mechanism = wire.mechanism.0.unwrap_or_default();
    let exception = Exception {
        kind: wire.kind.foreign(),
        message: wire.value.foreign(),
        module: wire.module.foreign(),
        handled: mechanism.handled.0,
        synthetic: mechanism.synthetic.0.unwrap_or_default(),
        is_group: mechanism.is_exception_group.0.unwrap_or_default(),
        number: mechanism.exception_id.non_negative(),
        parent: mechanism.parent_id.non_negative(),
    };
    (exception, wire.stacktrace.0.map(|stack| frames(stack.frames)).unwrap_or_default())
}

/// The stack of the thread that crashed, or else of the current one.
fn thread_stack(mut threads: Vec<wire::EntryValue>) -> Vec<Frame> {
    threads.sort_by_key(|thread| (thread.crashed.0 != Some(true), thread.current.0 != Some(true)));
    let stack = threads.into_iter().find_map(|thread| thread.stacktrace.0);
    stack.map(|stack| frames(stack.frames)).unwrap_or_default()
}

fn frames(list: List<Maybe<wire::Frame>>) -> Vec<Frame> {
    list.0.into_iter().filter_map(|frame| frame.0).map(frame).collect()
}

fn frame(wire: wire::Frame) -> Frame {
    let line = wire.line_no.non_negative();
    let mut frame = Frame {
        function: wire.function.foreign(),
        module: wire.module.foreign(),
        file: wire.filename.foreign().or_else(|| wire.abs_path.foreign()).or_else(|| wire.package.foreign()),
        line,
        column: wire.col_no.non_negative(),
        in_app: wire.in_app.0.unwrap_or_default(),
        locals: wire.vars.0.into_iter().map(|(k, v)| (Foreign::new(k), v.foreign())).collect(),
        ..Frame::default()
    };
    for (number, source) in wire.context.0.into_iter().filter_map(numbered) {
        match line.map(|line| number.cmp(&line)) {
            Some(std::cmp::Ordering::Less) => frame.before.push(source),
            Some(std::cmp::Ordering::Equal) => frame.source = Some(source),
            _ => frame.after.push(source),
        }
    }
    frame
}

/// `[12, "    return x"]`.
fn numbered(pair: List<Text>) -> Option<(u64, Foreign)> {
    let mut parts = pair.0.into_iter();
    let number = parts.next()?.as_deref()?.parse().ok()?;
    Some((number, Foreign::new(parts.next()?.0?)))
}

fn breadcrumb(wire: wire::EntryValue) -> Breadcrumb {
    let details = wire.details.0.unwrap_or_default();
    let parts = [&details.method, &details.url, &details.status_code];
    Breadcrumb {
        at: wire.timestamp.as_deref().and_then(Timestamp::parse),
        category: wire.category.foreign(),
        level: wire.level.foreign(),
        message: wire.message.foreign().or_else(|| http_call(parts.map(Text::as_deref))),
        status: details.status_code.as_deref().and_then(|status| status.parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            event.frames.iter().filter_map(|f| f.file.as_ref().map(Foreign::raw)).collect();
        assert_eq!(files, ["new.py", "old.py"]);
        assert_eq!(event.frames[0].source.as_ref().map(Foreign::raw), Some("b"));
        assert_eq!((event.frames[0].before.len(), event.frames[0].after.len()), (1, 1));
        assert_eq!(event.tag("release").map(Foreign::raw), Some("1.4.2"));
        assert_eq!(event.breadcrumbs.len(), 1);
    }
}
