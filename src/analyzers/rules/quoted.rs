//! A message that quotes the stack of another runtime: a phone's Java below Dart, a worker's below its caller.

use crate::domain::analysis::Finding;
use crate::domain::event::Event;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Sentence};

/// Lines of a message that are read.
const LINES: usize = 200;
/// Characters of a call that are shown.
const CALL: usize = 200;

/// The newest call of the quoted stack.
pub(super) fn told(evidence: &Evidence) -> Option<Finding> {
    let event = evidence.event.as_ref()?;
    let (at, call) = quoted(event)?;
    let said = Sentence::new(|w| w.quoted_stack, [Arg::Quote(Untrusted::new(call), CALL)]);
    Some(Finding::new(said, [Cite::Exception(at)]))
}

/// `com.acme.Plugin.read(Plugin.java:265)` of a line `at com.acme.Plugin.read(Plugin.java:265)`.
fn quoted(event: &Event) -> Option<(usize, &str)> {
    let messages = event.exceptions.iter().enumerate().filter_map(|(at, x)| Some((at, x.message.as_ref()?)));
    let mut lines =
        messages.flat_map(|(at, text)| text.raw().lines().take(LINES).map(move |line| (at, line)));
    lines.find_map(|(at, line)| Some((at, line.trim().strip_prefix("at ").filter(|call| is_call(call))?)))
}

/// Whether a text names a function with its file and line.
fn is_call(text: &str) -> bool {
    let place = text.strip_suffix(')').and_then(|text| text.rsplit_once('('));
    let line = place.and_then(|(_, place)| place.rsplit_once(':')).map(|(_, line)| line);
    line.is_some_and(|line| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()))
}
