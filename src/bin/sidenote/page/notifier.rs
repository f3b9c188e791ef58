//! The local page's words for each notifier. A notifier without words here is shown by its name.

use sidenote::domain::words::PageWords;
use sidenote::notifiers::note::Note;
use sidenote::notifiers::slack::Slack;
use sidenote::notifiers::telegram::Telegram;

use super::texts::{Pick, with};

/// The texts about one notifier.
struct Words {
    notifier: &'static str,
    /// The name of the notifier's step in the style sheet and the script.
    key: &'static str,
    step: Pick,
    id: Pick,
    trouble: Pick,
}

const WORDS: [Words; 3] = [
    Words {
        notifier: Note::NAME,
        key: "note",
        step: |t| t.step_note,
        id: |t| t.comment_id,
        trouble: |t| t.note_trouble,
    },
    Words {
        notifier: Telegram::NAME,
        key: "message",
        step: |t| t.step_message,
        id: |t| t.message_id,
        trouble: |t| t.message_trouble,
    },
    Words {
        notifier: Slack::NAME,
        key: Slack::NAME,
        step: |t| t.step_slack,
        id: |t| t.message_id,
        trouble: |t| t.slack_trouble,
    },
];

fn words(notifier: &str) -> Option<&'static Words> {
    WORDS.iter().find(|words| words.notifier == notifier)
}

/// Returns the name of a notifier's step for the style sheet and the script.
pub(super) fn key(notifier: &'static str) -> &'static str {
    words(notifier).map_or(notifier, |words| words.key)
}

/// Returns the name of a notifier's step as the local page shows it.
pub(super) fn step(notifier: &'static str, texts: &PageWords) -> &'static str {
    words(notifier).map_or(notifier, |words| (words.step)(texts))
}

/// Returns the label of the id that Sentry gave to the note, or a chat to the message.
pub(super) fn id(notifier: &str) -> Pick {
    words(notifier).map_or(|t| t.message_id, |words| words.id)
}

/// Returns the sentence that says why a notifier has sent nothing. `why` is the reason.
pub(super) fn trouble(notifier: &str, texts: &PageWords, why: &str) -> String {
    words(notifier).map_or_else(|| format!("{notifier}: {why}"), |words| with((words.trouble)(texts), why))
}
