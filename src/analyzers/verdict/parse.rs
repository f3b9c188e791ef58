//! Finding the JSON object in whatever a model wrote around it, or in what is left of it.

use crate::analyzers::schema::Draft;

/// More than this of an answer is not read.
const LONGEST: usize = 200_000;

/// The first object in `text` that says something, and whether it had to be completed because the text ends too early.
///
/// Thoughts before `</think>`, fences and words around the object do not matter.
pub(super) fn draft(text: &str) -> Option<(Draft, bool)> {
    let text = text.get(..LONGEST).unwrap_or(text);
    let text = text.rsplit_once("</think>").map_or(text, |(_, after)| after);
    let starts = text.match_indices('{').map(|(at, _)| &text[at..]);
    // A word in braces before the object is skipped; a text full of braces is not searched to its end.
    starts.take(20).find_map(|rest| {
        let (object, is_whole) = balanced(rest);
        let draft: Draft = serde_json::from_str(&object).ok()?;
        draft.says_something().then_some((draft, !is_whole))
    })
}

/// The object at the start of `text`; if the text ends before it does, closed after its last whole member.
fn balanced(text: &str) -> (String, bool) {
    let mut scan = Scan::default();
    for (at, c) in text.char_indices() {
        if scan.step(at, c) {
            return (text[..at + c.len_utf8()].to_owned(), true);
        }
    }
    let (end, open) = scan.last_whole;
    let closing: String = open.chars().rev().collect();
    (format!("{}{closing}", &text[..end]), false)
}

/// Where in a JSON text we are.
#[derive(Debug, Default)]
struct Scan {
    /// The closing character of everything that is open, outermost first.
    open: String,
    in_text: bool,
    escaped: bool,
    /// The end of the last whole value, and what was open there.
    last_whole: (usize, String),
}

impl Scan {
    /// Takes one character; true at the end of the outermost object.
    fn step(&mut self, at: usize, c: char) -> bool {
        if self.in_text {
            match c {
                _ if self.escaped => self.escaped = false,
                '\\' => self.escaped = true,
                '"' => self.in_text = false,
                _ => {}
            }
            return false;
        }
        match c {
            '"' => self.in_text = true,
            '{' => self.open.push('}'),
            '[' => self.open.push(']'),
            '}' | ']' => {
                self.open.pop();
                self.last_whole = (at + 1, self.open.clone());
            }
            // What stands before a comma is whole.
            ',' => self.last_whole = (at, self.open.clone()),
            _ => {}
        }
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(text: &str) -> Option<(String, bool)> {
        let (draft, was_cut) = draft(text)?;
        Some((draft.root_cause.0?.text.as_deref()?.to_owned(), was_cut))
    }

    #[test]
    fn the_object_is_found_in_words_fences_and_thoughts() {
        let object = r#"{"root_cause": {"claim": "a } in \" a text"}}"#;
        let expected = Some(("a } in \" a text".to_owned(), false));
        for text in [
            object.to_owned(),
            format!("```json\n{object}\n```"),
            format!("Here you are: {{as asked}} {object} Bye."),
            format!("<think>maybe {{\"root_cause\": {{\"claim\": \"no\"}}}}</think>{object}"),
        ] {
            assert_eq!(root(&text), expected, "{text}");
        }
        for text in ["", "no", "{}", "[1]", "{\"answer\": 42}", "{{{{"] {
            assert_eq!(root(text), None, "{text}");
        }
    }

    #[test]
    fn a_cut_object_keeps_what_was_whole() {
        let whole = r#"{"causal_chain": [{"claim": "claim one", "evidence": ["F1"], "quote": null}], "root_cause": {"claim": "claim two", "evidence": ["X1"]}, "headline": {"claim": "th"#;
        assert_eq!(root(whole), Some(("claim two".to_owned(), true)));
        for end in 0..whole.len() {
            // Wherever it is cut, it is read or not read, but never wrongly.
            if let Some((draft, was_cut)) = draft(&whole[..end]) {
                assert!(was_cut);
                let claim = draft.root_cause.0.and_then(|claim| claim.text.into_option());
                assert!(claim.is_none_or(|claim| &*claim == "claim two"));
            }
        }
    }
}
