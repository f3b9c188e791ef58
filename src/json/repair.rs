//! Repairs values that Python's JSON encoder writes although JSON does not allow them: `NaN`, `Infinity`, numbers
//! beyond the range of a float, and halves of surrogate pairs.

use serde::de::DeserializeOwned;

/// Reads a `T` from JSON. Text that is not valid JSON is repaired and read once more, so that one bad value does not
/// make the whole body unreadable.
///
/// # Errors
///
/// [`serde_json::Error`] if the repaired text cannot be read either. The error is that of the first attempt.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_slice(text.as_bytes())
        .or_else(|error| serde_json::from_slice(repaired(text).as_bytes()).map_err(|_| error))
}

/// Returns the text with `null` in place of each impossible number, and U+FFFD in place of each half of a surrogate
/// pair.
fn repaired(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut is_quoted) = (text, false);
    while !rest.is_empty() {
        let (length, written) = if is_quoted { in_string(rest) } else { outside(rest) };
        is_quoted ^= written == "\"";
        out.push_str(written);
        rest = &rest[length..];
    }
    out
}

/// Returns the length in bytes of the next part of `rest`, which is inside a JSON string, and the text to write for
/// this part.
fn in_string(rest: &str) -> (usize, &str) {
    if let Some(half) = surrogate(rest) {
        let is_pair = half < 0xDC00 && surrogate(&rest[6..]).is_some_and(|low| low >= 0xDC00);
        return if is_pair { (12, &rest[..12]) } else { (6, "\\ufffd") };
    }
    let length = match rest.as_bytes()[0] {
        b'"' => 1,
        b'\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        _ => rest.find(['"', '\\']).unwrap_or(rest.len()),
    };
    (length, &rest[..length])
}

/// Returns the UTF-16 surrogate if `rest` begins with the escape of one, such as `\ud83d`.
fn surrogate(rest: &str) -> Option<u16> {
    let digits = rest.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok().filter(|unit| (0xD800..0xE000).contains(unit))
}

/// Returns the length in bytes of the next part of `rest`, which is outside of strings, and the text to write for this
/// part.
fn outside(rest: &str) -> (usize, &str) {
    if let Some(constant) = ["NaN", "Infinity", "-Infinity"].into_iter().find(|it| rest.starts_with(it)) {
        return (constant.len(), "null");
    }
    let number = rest.bytes().take_while(|byte| b"+-.0123456789eE".contains(byte)).count();
    if number > 0 {
        let is_too_large = rest[..number].parse().is_ok_and(f64::is_infinite);
        return (number, if is_too_large { "null" } else { &rest[..number] });
    }
    let length = rest.chars().next().map_or(0, char::len_utf8);
    (length, &rest[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_json_is_replaced() {
        for (text, expected) in [
            (
                r#"{"a":NaN,"b":[-Infinity,Infinity,1e999,-1.5e3]}"#,
                r#"{"a":null,"b":[null,null,null,-1.5e3]}"#,
            ),
            (r#"{"NaN":"NaN \" -Infinity","b":"1e999"}"#, r#"{"NaN":"NaN \" -Infinity","b":"1e999"}"#),
            (
                r#"["\ud83d\ude00","\ud83d","\ude00\ud83d","\\ud83d"]"#,
                r#"["\ud83d\ude00","\ufffd","\ufffd\ufffd","\\ud83d"]"#,
            ),
            (r#"["\ud83d\u0041","沒\u12","#, r#"["\ufffd\u0041","沒\u12","#),
            ("\"\\", "\"\\"),
            ("\"\\ud83", "\"\\ud83"),
        ] {
            assert_eq!(repaired(text), expected);
        }
    }

    #[test]
    fn a_text_that_cannot_be_repaired_keeps_its_error() {
        let error = read::<serde_json::Value>("{\n  nonsense").expect_err("no JSON");
        assert_eq!((error.line(), error.column()), (2, 3));
    }
}
