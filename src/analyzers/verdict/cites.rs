//! Reads the ids of evidence that a model cites in its answer, such as `F1` for the first stack frame.

use crate::analyzers::schema::Texts;
use crate::domain::evidence::Cite;

/// Characters that separate ids in one text.
const SEPARATORS: &str = ",;、，；/+&|()[]{}<>`\"'";
/// Characters that may surround an id.
const AROUND: &[char] = &[':', '.', '。', '：', '-', '–', '*', '#'];

/// Returns the ids that a model cites, in its order. A text may be `F3:`, `[F3]`, `F2, B2` or
/// `frame F1 (shop/cart.py:41)`.
pub(super) fn ids(texts: &Texts) -> Vec<Cite> {
    texts.0.iter().flat_map(|text| of_text(text)).collect()
}

/// Returns the ids in one text. A single letter is an id only if the text contains nothing but ids, because `I` is also
/// a word.
fn of_text(text: &str) -> Vec<Cite> {
    let words = text.split(|c: char| c.is_whitespace() || SEPARATORS.contains(c));
    let words = words.map(|word| word.trim_matches(AROUND)).filter(|word| !word.is_empty());
    let read: Vec<Vec<Cite>> = words.map(of_word).collect();
    let is_all_ids = read.iter().all(|cites| !cites.is_empty());
    let is_letter = |cite: &Cite| matches!(cite, Cite::Message | Cite::Statistics | Cite::Issue | Cite::Seer);
    read.into_iter().flatten().filter(|cite| is_all_ids || !is_letter(cite)).collect()
}

/// Returns the ids in one word: `F1`, `f1`, `T:release=1.4.2`, or the two ends of `F1-F3`.
fn of_word(word: &str) -> Vec<Cite> {
    let one = |word: &str| {
        let id = word.split('=').next().unwrap_or(word);
        Cite::parse(id).or_else(|| Cite::parse(&id.to_ascii_uppercase()).filter(|_| id.len() > 1))
    };
    match one(word) {
        Some(cite) => vec![cite],
        None => word.split(['-', '–', '…']).map(one).collect::<Option<Vec<_>>>().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let cites = of_text(text);
        cites.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn evidence_ids_are_parsed_in_common_spellings() {
        for (text, expected) in [
            ("F3", "F3"),
            ("F3:", "F3"),
            ("[F3]", "F3"),
            ("`F3`", "F3"),
            ("F2, B2", "F2 B2"),
            ("F2; B2 / X1", "F2 B2 X1"),
            ("F1\nX1", "F1 X1"),
            ("F1、X1", "F1 X1"),
            ("f1", "F1"),
            ("frame F1 (shop/cart.py:41)", "F1"),
            ("F1: shop/cart.py:41 load", "F1"),
            ("F1-F2", "F1 F2"),
            ("T:release=1.4.2", "T:release"),
            ("I, S", "I S"),
            ("I think F1", "F1"),
            ("I think so", ""),
            ("evidence", ""),
            ("F0 F-1 Z9 F99999999999999999999", ""),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
