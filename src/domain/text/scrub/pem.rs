//! Finds private keys in PEM format: whole, cut off at either end, or with escaped line breaks.

use super::found::Found;

/// Adds the private keys in `text` to `found`.
pub(super) fn find(text: &str, found: &mut Found) {
    let mut at = 0;
    while let Some(start) = text[at..].find("-----").map(|start| at + start) {
        at = start + 5;
        let line = &text[at..];
        let label = line.find("-----").filter(|length| *length <= 60).map_or("", |length| &line[..length]);
        if !label.contains("PRIVATE KEY") {
            continue;
        }
        if label.starts_with("BEGIN") {
            let end = text[at..].find("-----END").map_or(text.len(), |end| line_end(text, at + end));
            found.add(start..end, "[private key]");
            at = end;
        } else if label.starts_with("END") {
            let body = |c: char| c.is_ascii_alphanumeric() || "+/=\\ \n\r".contains(c);
            found.add(text[..start].trim_end_matches(body).len()..line_end(text, start), "[private key]");
        }
    }
}

/// Returns the end of the last line of a private key, such as `-----END RSA PRIVATE KEY-----`, which begins at `at`.
fn line_end(text: &str, at: usize) -> usize {
    let name = at + "-----END".len();
    let rest = &text[name..];
    name + rest.find("-----").filter(|length| *length <= 60).map_or(0, |length| length + 5)
}
