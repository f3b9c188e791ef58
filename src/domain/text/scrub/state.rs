//! The words of `states.txt`: states, types and keywords, which are never a secret themselves.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The words of `states.txt`, in lower case. The list is read on first use.
static STATES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("states.txt").split_whitespace().collect());

/// Whether `word` is a state, a type or a keyword. The comparison ignores case.
pub(super) fn is_state(word: &str) -> bool {
    STATES.contains(word.to_ascii_lowercase().as_str())
}
