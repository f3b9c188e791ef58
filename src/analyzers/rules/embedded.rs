//! Finds a stack trace inside the text of a message. A bridge between two runtimes (Flutter, React Native, Unity)
//! passes on the exception of the other runtime as text.

use crate::domain::analysis::Finding;
use crate::domain::event::Event;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Sentence};

/// Packages of the JVM's and Android's own code.
const RUNTIME: &[&str] = &[
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "kotlin.",
    "kotlinx.",
    "android.",
    "androidx.",
    "dalvik.",
    "com.android.",
];
/// At most this many characters of a message are searched for a stack trace.
const LOOKED_AT: usize = 8_000;
/// At most this many characters of a frame are shown.
const CALL: usize = 200;
/// Text in a message counts as a stack trace if it has at least this many frames.
const FRAMES: usize = 2;

/// Returns a statement with the frame that most likely raised the exception, out of the stack trace inside a message.
pub(super) fn raised(evidence: &Evidence) -> Option<Finding> {
    let event = evidence.event.as_ref()?;
    let (at, message) = messages(event).find(|(_, message)| frames(message).count() >= FRAMES)?;
    let is_runtime = |frame: &&str| RUNTIME.iter().any(|package| frame.starts_with(package));
    let frame = frames(message).find(|frame| !is_runtime(frame)).or_else(|| frames(message).next())?;
    let said = Sentence::new(|w| w.embedded_stack, [Arg::Quote(Untrusted::new(frame), CALL)]);
    Some(Finding::new(said, [Cite::Exception(at)]))
}

fn messages(event: &Event) -> impl Iterator<Item = (usize, &str)> {
    let all = event.exceptions.iter().enumerate();
    all.filter_map(|(at, exception)| Some((at, exception.message.as_ref()?.start(LOOKED_AT))))
}

/// Returns the frames in a message, such as `com.acme.Player.start(Player.java:41)`. A frame is a line that begins with
/// `at`.
fn frames(message: &str) -> impl Iterator<Item = &str> {
    let is_frame =
        |line: &&str| line.ends_with(')') && line.contains('(') && !line.contains(char::is_whitespace);
    message.lines().filter_map(|line| line.trim().strip_prefix("at ")).filter(is_frame)
}

/// Returns the text of a message before the stack trace in it. Bridges put the type `kind` around the text and repeat
/// the text; both are removed. Returns `None` if the message contains no stack trace.
pub(super) fn said(kind: &str, message: &Untrusted) -> Option<Untrusted> {
    let text = message.start(LOOKED_AT);
    if frames(text).count() < FRAMES {
        return None;
    }
    let said = text.lines().find(|line| !line.trim().is_empty())?.trim();
    let said = said.strip_prefix(kind).and_then(|rest| rest.strip_prefix('(')).unwrap_or(said);
    Some(Untrusted::new(once(said)))
}

/// Returns a repeated text once: `it broke` for `it broke, java.lang.Error: it broke`.
fn once(said: &str) -> &str {
    let Some((before, last)) = said.rsplit_once(": ") else { return said };
    match before.rsplit_once(", ") {
        Some((first, _)) if !last.is_empty() && first.contains(last) => first,
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Exception;
    use crate::domain::ids::IssueId;

    fn frame(message: &str) -> Option<String> {
        let exception = Exception { message: Some(Untrusted::new(message)), ..Exception::default() };
        let event = Event { exceptions: vec![exception], ..Event::default() };
        let evidence = Evidence::of_event(IssueId::parse("1").expect("an id"), Some(event));
        raised(&evidence).map(|it| it.sentence.plain_text(crate::domain::words::Language::English.words()))
    }

    #[test]
    fn the_first_non_runtime_frame_of_an_embedded_stack_is_named() {
        let stack = "no\n\tat java.util.List.get(List.java:9)\n\tat com.acme.Player.start(Player.java:41)\n\tat a.b(c)";
        assert!(frame(stack).is_some_and(|said| said.contains("com.acme.Player.start(Player.java:41)")));
        assert_eq!(frame("it failed\n\tat a.b(c)"), None, "one line is no stack");
        assert_eq!(frame("look at (this)\nat noon (today)"), None);
    }

    #[test]
    fn the_text_before_an_embedded_stack_is_shown_once() {
        let said = |message: &str| said("Bridge", &Untrusted::new(message)).map(|it| it.raw().to_owned());
        let stack = "\n\tat a.b(c)\n\tat d.e(f)\n, null)";
        assert_eq!(
            said(&format!("Bridge(code, it broke, x.Error: it broke{stack}")).as_deref(),
            Some("code, it broke")
        );
        assert_eq!(said(&format!("it broke: twice{stack}")).as_deref(), Some("it broke: twice"));
        assert_eq!(said("it broke"), None);
    }
}
