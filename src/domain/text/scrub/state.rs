//! The words that are never a secret, although they follow keys such as `token`: names of states, types and keywords
//! from the file `states.txt`.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The words of the file `states.txt`, in lower case. The file is parsed on first use.
static STATES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("states.txt").split_whitespace().collect());

/// Whether `word` is the name of a state, a type or a keyword, such as `expired`, `string` or `null`. Case is ignored.
pub(super) fn is_state(word: &str) -> bool {
    STATES.contains(word.to_ascii_lowercase().as_str())
}
