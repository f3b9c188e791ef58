//! An edit of a file that a model proposes. An edit is shown only as a unified diff that applies to the file.

use std::ops::Range;

use super::location::RepoPath;
use crate::domain::text::Untrusted;

/// A shown edit has at most this many removed and added lines together.
const MOST: usize = 20;
/// The diff shows at most this many unchanged lines before the edit, and as many after it.
const CONTEXT: usize = 2;
/// The longest line of a shown edit, in characters. A longer line would be shortened for display, and the diff would
/// not apply.
const WIDEST: usize = 160;
/// A secret that spans several lines is recognized if it begins or ends at most this many lines away.
const REACH: usize = 100;

/// An edit of a file: a text that is in the file exactly once, and its replacement. Both texts come from a model.
#[derive(Debug, Clone, Copy)]
pub struct Edit<'e> {
    /// The text of the file that is replaced.
    pub old: &'e str,
    /// The text that replaces `old`.
    pub new: &'e str,
}

/// The reason why an edit that a model proposes is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EditProblem {
    /// The model's answer contains several edits.
    Several,
    /// The event contains instructions, which the model may have followed.
    Suspicious,
    /// No cause that the model named was accepted, so nothing supports its edit.
    WithoutCause,
    /// The question to the model did not contain the file.
    NotShown,
    /// Only the event names the commit of the file.
    Unconfirmed,
    /// Only a part of the file was read, so it is unknown whether the replaced text is in the file once.
    Partial,
    /// The edit changes nothing, or its replaced text is empty or only white space.
    Empty,
    /// The replaced text is not in the file.
    NotFound,
    /// The text that the edit replaces is in the file more than once.
    Ambiguous,
    /// The edit removes and adds more than 20 lines.
    TooLarge,
    /// A changed line, the path, or the line below the edit is longer than 160 characters, or contains invisible
    /// characters or a part of a secret.
    Unprintable,
    /// The replacement contains a command or an unknown host, or switches a protection off.
    Harmful,
}

impl EditProblem {
    /// Returns the name of the reason for the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Several => "several",
            Self::Suspicious => "suspicious",
            Self::WithoutCause => "without_cause",
            Self::NotShown => "not_shown",
            Self::Unconfirmed => "unconfirmed",
            Self::Partial => "partial",
            Self::Empty => "empty",
            Self::NotFound => "not_found",
            Self::Ambiguous => "ambiguous",
            Self::TooLarge => "too_large",
            Self::Unprintable => "unprintable",
            Self::Harmful => "harmful",
        }
    }
}

impl Edit<'_> {
    /// Returns the edit of a file as the lines of a unified diff, which `git apply` accepts.
    ///
    /// # Errors
    ///
    /// [`EditProblem`] if the edit does not apply to `text`, is too large, or cannot be shown as it is.
    pub fn diff(&self, path: &RepoPath, text: &str) -> Result<Vec<String>, EditProblem> {
        let at = self.place(text)?;
        let changed = [&text[..at], self.new, &text[at + self.old.len()..]].concat();
        let before: Vec<&str> = text.split_inclusive('\n').collect();
        let after: Vec<&str> = changed.split_inclusive('\n').collect();
        let head = before.iter().zip(&after).take_while(|(old, new)| old == new).count();
        let most = before.len().min(after.len()) - head;
        let ends = before.iter().rev().zip(after.iter().rev()).take(most);
        let tail = ends.take_while(|(old, new)| old == new).count();
        let (removed, added) = (&before[head..before.len() - tail], &after[head..after.len() - tail]);
        match removed.len() + added.len() {
            0 => return Err(EditProblem::Empty),
            1..=MOST => {}
            _ => return Err(EditProblem::TooLarge),
        }
        if ![removed, added].concat().into_iter().all(is_printable) || !is_printable(path.raw()) {
            return Err(EditProblem::Unprintable);
        }
        let above = before[..head].iter().rev().take(CONTEXT).take_while(|line| is_printable(line)).count();
        let rest = &before[before.len() - tail..];
        let below = rest.iter().take(CONTEXT).take_while(|line| is_printable(line)).count();
        // `git apply` takes a hunk without lines below it for the end of the file.
        if below == 0 && !rest.is_empty() {
            return Err(EditProblem::Unprintable);
        }
        let start = head - above;
        let end = |count: usize| count - tail + below;
        if is_scrubbed(&before, start..end(before.len())) || is_scrubbed(&after, start..end(after.len())) {
            return Err(EditProblem::Unprintable);
        }
        let range = |changed: usize| {
            let count = above + changed + below;
            // A range without lines is numbered by the line before it.
            format!("{},{count}", start + usize::from(count > 0))
        };
        let mut diff = vec![
            format!("--- a/{}", path.raw()),
            format!("+++ b/{}", path.raw()),
            format!("@@ -{} +{} @@", range(removed.len()), range(added.len())),
        ];
        add(&mut diff, ' ', &before[start..head]);
        add(&mut diff, '-', removed);
        add(&mut diff, '+', added);
        add(&mut diff, ' ', &rest[..below]);
        Ok(diff)
    }

    /// Returns the position of the replaced text in `text`, in bytes. Returns an error if the replaced text is blank,
    /// or is in `text` twice or not at all.
    fn place(&self, text: &str) -> Result<usize, EditProblem> {
        let first = self.old.chars().next().filter(|_| !self.old.trim().is_empty());
        let width = first.ok_or(EditProblem::Empty)?.len_utf8();
        let at = text.find(self.old).ok_or(EditProblem::NotFound)?;
        // A second place can overlap the first one.
        if text[at + width..].contains(self.old) { Err(EditProblem::Ambiguous) } else { Ok(at) }
    }
}

/// Whether a line can be shown as it is: it is short enough, and display changes no character of it.
fn is_printable(line: &str) -> bool {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let is_blank = |c: char| c == ' ' || c == '\t';
    // A tab at the beginning is no reason to refuse a line of Go.
    let code = line.trim_start_matches(is_blank);
    line.chars().count() <= WIDEST && Untrusted::new(code).code_line(WIDEST) == code
}

/// Whether the lines `shown` contain a part of a secret that spans several lines, such as a private key. The lines around
/// them are read, too, because a secret may be recognizable only by its first line.
fn is_scrubbed(lines: &[&str], shown: Range<usize>) -> bool {
    let around = shown.start.saturating_sub(REACH)..lines.len().min(shown.end + REACH);
    !Untrusted::new(lines[around].concat()).scrubbed().contains(&lines[shown].concat())
}

fn add(diff: &mut Vec<String>, mark: char, lines: &[&str]) {
    for line in lines {
        diff.push(format!("{mark}{}", line.strip_suffix('\n').unwrap_or(line)));
        if !line.ends_with('\n') {
            diff.push("\\ No newline at end of file".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "def total(cart):\n    net = cart.net\n    return net * cart.rate\n\nRATE = 1\n";

    fn diff(text: &str, old: &str, new: &str) -> Result<String, EditProblem> {
        let path = RepoPath::parse("shop/cart.py").expect("a path");
        Edit { old, new }.diff(&path, text).map(|lines| lines.join("\n"))
    }

    #[test]
    fn an_edit_is_shown_as_whole_lines_with_their_numbers() {
        let expected = "--- a/shop/cart.py\n+++ b/shop/cart.py\n@@ -1,5 +1,6 @@\n def total(cart):\n     net = cart.net\n\
                        -    return net * cart.rate\n+    rate = cart.rate or 1\n+    return net * rate\n \n RATE = 1";
        let new = "rate = cart.rate or 1\n    return net * rate";
        assert_eq!(diff(FILE, "return net * cart.rate", new).as_deref(), Ok(expected));
        let unended = diff("a = 1\nb = 2", "2", "3");
        assert!(
            unended
                .expect("a diff")
                .ends_with("-b = 2\n\\ No newline at end of file\n+b = 3\n\\ No newline at end of file")
        );
        assert!(diff("func f() {\n\tg()\n}\n", "g()", "h()").expect("a diff").contains("-\tg()\n+\th()"));
    }

    #[test]
    fn every_edit_that_cannot_be_shown_has_a_reason() {
        let long = "x = 1\n".repeat(30);
        for (text, old, new, why) in [
            (FILE, "", "x", EditProblem::Empty),
            (FILE, "\n", "x", EditProblem::Empty),
            (FILE, "RATE", "RATE", EditProblem::Empty),
            (FILE, "cart.fee", "x", EditProblem::NotFound),
            (FILE, "    return net * cart.rate ", "x", EditProblem::NotFound),
            (FILE, "cart", "x", EditProblem::Ambiguous),
            ("aaa\n", "aa", "b", EditProblem::Ambiguous),
            (FILE, "RATE = 1\n", &long, EditProblem::TooLarge),
            (FILE, "RATE = 1", "password = 'correct-horse-battery-9'", EditProblem::Unprintable),
            (FILE, "RATE = 1", "RATE = 1\u{202e}", EditProblem::Unprintable),
            (FILE, "RATE = 1", "RATE = 1\r", EditProblem::Unprintable),
            ("a = 1\r\nb = 2\r\n", "1", "2", EditProblem::Unprintable),
        ] {
            assert_eq!(diff(text, old, new), Err(why), "{old:?} {new:?}");
        }
        // Each line of the key alone looks harmless.
        let body = "c2VjcmV0LWtleS1vZi10aGUtdGVzdHMtMDAwMQ\n".repeat(4);
        let key = |end: &str| {
            format!("-----BEGIN RSA PRIVATE KEY-----\n{body}{end}-----END RSA PRIVATE KEY-----\n")
        };
        assert_eq!(diff(&key("RATE = 1\n"), "RATE = 1", "RATE = 2"), Err(EditProblem::Unprintable));
        assert!(diff(&format!("{body}RATE = 1\n"), "RATE = 1", "RATE = 2").is_ok());
        assert_eq!(diff(FILE, "RATE = 1", &key("")), Err(EditProblem::Unprintable));
        assert_eq!(diff(FILE, "RATE = 1", &"x".repeat(200)), Err(EditProblem::Unprintable));
    }
}
