//! Hides the lines of private keys in source code. The scrubber sees one line at a time, and a line from the middle of
//! a key looks like any other text.

use super::{Place, Untrusted};

/// A line of a key's body has at least this many characters, except for the last one.
const LONG: usize = 40;

/// Hides each line of a private key in PEM format. `lines` are consecutive lines of source code; the key may begin
/// before them or end after them.
pub fn hide_key_lines<'l>(lines: impl IntoIterator<Item = &'l mut Untrusted>) {
    let mut lines: Vec<&mut Untrusted> = lines.into_iter().collect();
    let mut is_inside = false;
    for at in 0..lines.len() {
        let text = lines[at].raw();
        let is_mark = text.contains("PRIVATE KEY-----");
        // Code that only mentions the first line of a key is not followed by the key's body.
        let is_body = body(text).is_some_and(|body| is_inside || is_random(body));
        // The last line of a body can be short, so it is recognized by the mark after it.
        let is_end = is_mark && text.contains("-----END ");
        let has_body_before = is_end && at > 0 && body(lines[at - 1].raw()).is_some();
        if is_mark || is_body {
            lines[at].place = Place::Hidden;
        }
        if has_body_before {
            lines[at - 1].place = Place::Hidden;
        }
        is_inside = is_body || is_mark;
    }
}

/// Returns the text of a line that contains nothing but base64, without the quotes and signs around it.
fn body(line: &str) -> Option<&str> {
    let around = |c: char| c.is_whitespace() || "'\"`,;+#*\\".contains(c);
    let text = line.trim_matches(around).trim_end_matches("\\n").trim_matches(around);
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    (!text.is_empty() && text.chars().all(is_base64)).then_some(text)
}

/// Whether a base64 text is long and mixed enough to be a part of a key.
fn is_random(body: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| body.as_bytes().iter().any(kind);
    body.len() >= LONG
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "MIIEowIBAAKCAQ+A3Tz2mr7SZiAMfQyuvBjM9Oi/Z7dBvZfRk5tXmPq1+Wd0uJlE";

    /// Returns the lines as they are shown.
    fn shown(lines: &[&str]) -> Vec<String> {
        let mut lines: Vec<Untrusted> = lines.iter().map(|line| Untrusted::new(*line)).collect();
        hide_key_lines(&mut lines);
        lines.iter().map(|line| line.code_line(200)).collect()
    }

    #[test]
    fn every_line_of_a_key_is_hidden_whole_or_cut_off() {
        let (begin, end) =
            ("KEY = \"\"\"-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----\"\"\"");
        let java = format!("  \"{BODY}\\n\" +");
        for key in [
            vec![begin, BODY, BODY, "q+/Zk1==", end],
            vec![BODY, "q+/Zk1==", end],
            vec!["q+/Zk1==", end],
            vec![begin, BODY],
            vec![BODY, BODY],
            vec![&java, &java],
        ] {
            let text = [&["def sign(data):"], &key[..], &["    return rsa(KEY, data)"]].concat();
            let shown = shown(&text);
            assert_eq!((&*shown[0], &*shown[shown.len() - 1]), (text[0], text[text.len() - 1]), "{key:?}");
            for line in &shown[1..shown.len() - 1] {
                assert_eq!(line, "[redacted]", "{key:?}");
            }
        }
    }

    #[test]
    fn code_about_keys_stays_readable() {
        let code = [
            "    if (!pem.startsWith(\"-----BEGIN PRIVATE KEY-----\")) {",
            "        throw new IllegalArgumentException(\"not a PKCS#8 key\");",
            "    }",
            "    int total = 4096 / 2;",
            "sha256WithRSAEncryptionAndMGF1ParametersAreUsed",
        ];
        assert_eq!(shown(&code)[1..4], code[1..4]);
    }
}
