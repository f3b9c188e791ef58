//! Finds numbers that identify a person: those of payment cards, identity cards and telephones.

use std::ops::Range;

use super::found::Found;

/// A number whose digits can be written in groups: its range in the text, its digits, and the lengths of the groups.
struct Number {
    range: Range<usize>,
    digits: String,
    groups: Vec<usize>,
    has_dots: bool,
}

/// Adds the personal numbers in `text` to `found`. They are recognized by their form and their check digits.
pub(super) fn find(text: &str, found: &mut Found) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let number = number(text, at);
        at = number.range.end;
        if !found.reaches(number.range.start) || !found.reaches(number.range.end) {
            judge(text, &number, found);
        }
    }
}

/// Reads the number that begins at `start`. One or two blanks, dashes, dots, closing brackets, underscores or line
/// breaks can separate its groups of digits.
fn number(text: &str, start: usize) -> Number {
    let bytes = text.as_bytes();
    let mut number =
        Number { range: start..start, digits: String::new(), groups: Vec::new(), has_dots: false };
    let mut at = start;
    loop {
        let length = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        number.digits.push_str(&text[at..at + length]);
        number.groups.push(length);
        number.range.end = at + length;
        let rest = &text[at + length..];
        let gap = rest
            .bytes()
            .take(2)
            .take_while(|b| matches!(b, b' ' | b'\t' | b'-' | b'.' | b')' | b'_' | b'\n'))
            .count();
        let next = bytes.get(at + length + gap).is_some_and(u8::is_ascii_digit);
        if gap == 0 || !next || rest.starts_with("--") || number.digits.len() > 40 {
            break;
        }
        number.has_dots |= rest[..gap].contains('.');
        at += length + gap;
    }
    number
}

fn judge(text: &str, number: &Number, found: &mut Found) {
    let (before, after) = (&text[..number.range.start], &text[number.range.end..]);
    let is_fraction =
        before.strip_suffix('.').is_some_and(|whole| whole.ends_with(|c: char| c.is_ascii_digit()));
    if is_chinese_id(number, after) {
        let end = number.range.start + 18;
        found.add(number.range.start..end, "[id]");
    }
    if is_fraction || after.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return;
    }
    let word = before.bytes().rev().take_while(u8::is_ascii_alphanumeric);
    let is_glued = word.clone().next().is_some();
    if is_card(number)
        && (!is_glued || (word.clone().count() < 12 && word.clone().all(|b| b.is_ascii_alphabetic())))
    {
        found.add(number.range.clone(), "[card]");
    } else if is_glued {
    } else if is_social_security(number) {
        found.add(number.range.clone(), "[ssn]");
    } else if let Some(start) = telephone_start(before, number).filter(|_| !after.starts_with(':')) {
        found.add(start..number.range.end, "[phone]");
    } else if is_korean_id(number) || is_brazilian_id(number) {
        found.add(number.range.clone(), "[id]");
    }
}

/// Whether the number is that of a payment card: the first digits belong to an issuer, the length is right, and the
/// check digit (Luhn) is valid.
fn is_card(number: &Number) -> bool {
    let digits = &number.digits;
    let start = |length: usize| digits.get(..length).and_then(|start| start.parse::<u32>().ok()).unwrap_or(0);
    let is_issued = match digits.len() {
        14 => matches!(start(2), 36 | 38 | 39) || matches!(start(3), 300..=305),
        15 => matches!(start(2), 34 | 37),
        17..=19 if start(2) == 62 => true,
        16 => {
            matches!(start(1), 4)
                || matches!(start(2), 51..=55 | 62 | 65)
                || matches!(start(4), 2200..=2204 | 2221..=2720 | 3528..=3589 | 6011)
        }
        19 => matches!(start(1), 4) && number.groups.len() > 1,
        _ => false,
    };
    let is_grouped = number.groups.len() == 1 || number.groups.iter().all(|length| (2..=6).contains(length));
    is_issued && is_grouped && (!number.has_dots || number.groups == [4, 4, 4, 4]) && has_luhn_digit(digits)
}

fn has_luhn_digit(digits: &str) -> bool {
    let digits = values(digits);
    let doubled = |n: u32| if n > 4 { 2 * n - 9 } else { 2 * n };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(i, &n)| if i % 2 == 1 { doubled(n) } else { n }).sum();
    sum.is_multiple_of(10) && digits.iter().any(|n| *n != digits[0])
}

/// Whether the number is a social security number of the United States in its written form `123-45-6789`.
fn is_social_security(number: &Number) -> bool {
    let area = number.digits.get(..3).unwrap_or_default();
    number.groups == [3, 2, 4] && !number.has_dots && !matches!(area, "000" | "666") && !area.starts_with('9')
}

/// Returns the beginning of the telephone number, with a plus sign or bracket before its digits. Returns `None` if the
/// number is no telephone number. `before` is the text before the digits.
fn telephone_start(before: &str, number: &Number) -> Option<usize> {
    let (digits, groups) = (&number.digits, &number.groups);
    let opened = before.strip_suffix('(');
    let plus = opened.unwrap_or(before).strip_suffix('+');
    if let Some(before) = plus {
        let is_free = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == ')' || c == '_');
        let is_number = (9..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && groups.iter().all(|length| *length != 4 || groups.len() > 1);
        return (is_free && is_number).then_some(before.len());
    }
    let start = opened.map_or(before.len(), str::len);
    let is_free = !before[..start].ends_with(['-', '.', '/', '#', '_', ':', '='])
        || before[..start].ends_with([':', '=']);
    let is_national = digits.starts_with('0')
        && !digits.starts_with("00")
        && is_grouped_telephone(groups, opened.is_some());
    let is_american = matches!(groups[..], [3, 3, 4] | [1, 3, 3, 4]) && is_american(digits);
    let is_mobile = groups.len() == 1
        && ((digits.len() == 10 && digits.starts_with("09"))
            || (digits.len() == 12 && digits.starts_with("8869")));
    let is_dotted_mobile = digits.starts_with("09") && groups == &[4, 3, 3];
    let is_abroad = digits.starts_with("00")
        && !digits.starts_with("000")
        && groups.len() > 2
        && (12..=16).contains(&digits.len());
    let is_mobile = is_mobile || is_dotted_mobile || is_abroad;
    (is_free && ((is_national && !number.has_dots) || is_american || is_mobile)).then_some(start)
}

/// Whether the lengths of the groups are those of a telephone number: `(02) 2345-6789`, `0912-345-678`,
/// `020 7946 0958` or `06 12 34 56 78`.
fn is_grouped_telephone(groups: &[usize], is_bracketed: bool) -> bool {
    let total: usize = groups.iter().sum();
    match groups {
        [2..=5, rest @ ..] if (2..=3).contains(&rest.len()) || (is_bracketed && rest.len() == 1) => {
            (9..=11).contains(&total)
                && rest.iter().all(|length| (2..=4).contains(length))
                && !groups.starts_with(&[2, 2, 4])
        }
        [2..=5, 6..=8] => (9..=12).contains(&total),
        [2, 2, 2, 2, 2] => true,
        _ => false,
    }
}

/// Whether the digits can be a North American telephone number. Neither the area code nor the three digits after it
/// begin with 0 or 1.
fn is_american(digits: &str) -> bool {
    let local = if digits.len() == 11 { digits.strip_prefix('1').unwrap_or_default() } else { digits };
    let is_code = |at: usize| local.as_bytes().get(at).is_some_and(|b| (b'2'..=b'9').contains(b));
    is_code(0) && is_code(3)
}

/// Returns the digits of a text as numbers from 0 to 9.
fn values(digits: &str) -> Vec<u32> {
    digits.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// Whether the number is a Chinese identity number: 17 digits and a check digit, which can be an X in `after`, the text
/// after the digits.
fn is_chinese_id(number: &Number, after: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let mut digits = values(&number.digits);
    if digits.len() == 17 && after.starts_with(['X', 'x']) {
        digits.push(10);
    }
    if number.groups.len() != 1 || digits.len() != 18 {
        return false;
    }
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    let year = digits[6] * 10 + digits[7];
    matches!(year, 19 | 20) && (12 - sum % 11) % 11 == digits[17]
}

/// Whether the number is a Korean registration number: a date of birth, and seven digits of which the first encodes the
/// century and the sex.
fn is_korean_id(number: &Number) -> bool {
    let part =
        |range: Range<usize>| number.digits.get(range).and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    number.groups == [6, 7]
        && (1..=12).contains(&part(2..4))
        && (1..=31).contains(&part(4..6))
        && (1..=8).contains(&part(6..7))
}

/// Whether the number is a Brazilian taxpayer number (CPF) in its written form `123.456.789-09`, with two valid check
/// digits.
fn is_brazilian_id(number: &Number) -> bool {
    let digits = values(&number.digits);
    let check = |length: usize| {
        let weights = (2..).take(length).collect::<Vec<u32>>();
        let sum: u32 = digits.iter().take(length).zip(weights.iter().rev()).map(|(a, b)| a * b).sum();
        sum * 10 % 11 % 10
    };
    number.groups == [3, 3, 3, 2] && number.has_dots && check(9) == digits[9] && check(10) == digits[10]
}
