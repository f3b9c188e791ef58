//! Finds tokens of unknown issuers: long words of digits and letters of both cases in a random order.

use super::found::Found;
use super::word::runs;

/// The shortest random part of a token, in bytes.
const SHORTEST: usize = 24;
/// The fewest capitals, the fewest small letters and the fewest digits of a random part.
const FEWEST: usize = 3;
/// A part counts as random only if at least this share of its bytes begins another kind of character, in percent: a
/// letter after a digit, a digit after a letter, or a capital after a small letter. Random characters have about 45 %,
/// names in camel case about 17 %.
const CHANGES: usize = 30;
/// The beginnings of checksums, and of names that a compiler mangled. A word with such a beginning is no secret.
const HARMLESS: &[&str] = &["sha1-", "sha256-", "sha384-", "sha512-", "_Z", "__Z", "_R", "$s", "_$s"];

/// Adds the tokens in `text` to `found`.
pub(super) fn find(text: &str, found: &mut Found) {
    let is_in = |b: u8| b.is_ascii_alphanumeric() || b"_-+/=~$".contains(&b);
    for run in runs(text, is_in).filter(|run| run.len() >= SHORTEST) {
        let word = &text[run.clone()];
        if has_azure_mark(word) {
            found.add(run, "[token]");
        } else if !HARMLESS.iter().any(|start| word.starts_with(start)) {
            parts(word, run.start, found);
        }
    }
}

/// Whether the word has the mark of a client secret of Azure, three characters and `8Q~`, near its beginning.
fn has_azure_mark(word: &str) -> bool {
    word.find("8Q~").is_some_and(|at| at <= 4 && word.len() >= at + 30)
}

/// Adds each random part of `word` to `found`. The word begins at `start` of the text.
fn parts(word: &str, start: usize, found: &mut Found) {
    for part in runs(word, |b| b.is_ascii_alphanumeric()).filter(|part| part.len() >= SHORTEST) {
        let range = start + part.start..start + part.end;
        if is_random(&word.as_bytes()[part]) && !found.reaches(range.start) {
            found.add(range, "[token]");
        }
    }
}

fn is_random(part: &[u8]) -> bool {
    let count = |is: fn(&u8) -> bool| part.iter().filter(|b| is(b)).count();
    let has_all = [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit]
        .into_iter()
        .all(|is| count(is) >= FEWEST);
    let is_change = |pair: &[u8]| {
        pair[0].is_ascii_digit() != pair[1].is_ascii_digit()
            || (pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
    };
    let changes = part.windows(2).filter(|pair| is_change(pair)).count();
    has_all && changes * 100 >= part.len() * CHANGES
}

#[cfg(test)]
mod tests {
    use super::is_random;

    #[test]
    fn random_parts_are_told_from_names_and_checksums() {
        for random in ["x3bwK1Hahsc2GeLONpqwz4BJDDnPV41wN", "nqQP1QcAIstCC6KA1wo0zpiqe8CW"] {
            assert!(is_random(random.as_bytes()), "{random}");
        }
        for other in [
            "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
            "RefreshTokenServiceEnhancerBySpringCGLIB2Version3",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "getApplicationContextForUser2OrTenant34",
        ] {
            assert!(!is_random(other.as_bytes()), "{other}");
        }
    }
}
