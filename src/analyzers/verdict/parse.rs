//! Finds the JSON object in a model's answer, even if the answer has other text around it or ends too early.

use crate::analyzers::schema::Draft;

/// At most this many bytes of an answer are read.
const LONGEST: usize = 200_000;

/// Returns the first JSON object in `text`, a model's answer, that contains statements. The flag is true if the text
/// ended too early, so that the object had to be closed.
///
/// Reasoning before `</think>`, code fences and words around the object are skipped.
pub(super) fn draft(text: &str) -> Option<(Draft, bool)> {
    let text = &text[..text.floor_char_boundary(LONGEST)];
    let text = text.rsplit_once("</think>").map_or(text, |(_, after)| after);
    let starts = text.match_indices('{').map(|(at, _)| &text[at..]);
    // A word in braces before the object is skipped. The limit bounds the work on a text full of braces.
    starts.take(20).find_map(|rest| {
        let (object, is_whole) = balanced(rest);
        let draft: Draft = serde_json::from_slice(object.as_bytes()).ok()?;
        draft.says_something().then_some((draft, !is_whole))
    })
}

/// Returns the JSON object at the start of `text`, and whether it is complete. If the text ends too early, the object
/// is closed after its last complete member.
fn balanced(text: &str) -> (String, bool) {
    let mut scan = Scan::default();
    for (at, c) in text.char_indices() {
        if scan.step(at, c) {
            return (text[..at + c.len_utf8()].to_owned(), true);
        }
    }
    let (end, depth) = scan.last_whole;
    let closing: String = scan.open[..depth].chars().rev().collect();
    (format!("{}{closing}", &text[..end]), false)
}

/// The state of reading a JSON text from its start up to a character.
#[derive(Debug, Default)]
struct Scan {
    /// The closing characters of all open objects and arrays, outermost first.
    open: String,
    in_text: bool,
    escaped: bool,
    /// The end of the last complete value, and the number of open objects and arrays at that point. They are still
    /// open: the end of any of them would be a complete value.
    last_whole: (usize, usize),
}

impl Scan {
    /// Reads the character `c` at the byte `at`. Returns true if it ends the outermost object.
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
                self.last_whole = (at + 1, self.open.len());
            }
            // The value before a comma is complete.
            ',' => self.last_whole = (at, self.open.len()),
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
    fn the_json_object_is_found_amid_prose_fences_and_thoughts() {
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
    fn the_work_on_a_hostile_answer_is_limited() {
        // A copy of all open objects at each comma would be ten gigabytes.
        assert_eq!(root(&("{".repeat(LONGEST / 2) + &",".repeat(LONGEST / 2))), None);
        // The limit is inside of a character.
        let filler = "é".repeat(LONGEST / 2);
        assert_eq!(root(&format!("x{filler}{{\"root_cause\": {{\"claim\": \"a\"}}}}")), None);
    }

    #[test]
    fn a_truncated_object_keeps_its_complete_members() {
        let whole = r#"{"causal_chain": [{"claim": "claim one", "evidence": ["F1"], "quote": null}], "root_cause": {"claim": "claim two", "evidence": ["X1"]}, "headline": {"claim": "th"#;
        assert_eq!(root(whole), Some(("claim two".to_owned(), true)));
        for end in 0..whole.len() {
            // A text that is cut at any place gives a correct draft or none.
            if let Some((draft, was_cut)) = draft(&whole[..end]) {
                assert!(was_cut);
                let claim = draft.root_cause.0.and_then(|claim| claim.text.into_option());
                assert!(claim.is_none_or(|claim| &*claim == "claim two"));
            }
        }
    }
}
