//! Finds identity numbers that contain letters: those of Taiwan's identity cards and residence permits, British
//! insurance numbers, and numbers of bank accounts (IBAN).

use super::found::Found;

/// Adds the identity numbers and the IBANs in `text` to `found`.
pub(super) fn find(text: &str, found: &mut Found) {
    let bytes = text.as_bytes();
    for at in 0..bytes.len() {
        let is_start = bytes[at].is_ascii_alphabetic() && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric());
        if !is_start {
            continue;
        }
        let word = bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        let number = &bytes[at..at + word];
        if (word == 10 && is_taiwanese(number)) || (word == 9 && is_british(number)) {
            found.add(at..at + word, "[id]");
        } else if let Some(length) = iban(&bytes[at..]) {
            found.add(at..at + length, "[iban]");
        }
    }
}

/// Whether the word is a British national insurance number: two assigned letters, six digits, and a letter from A to
/// D.
fn is_british(word: &[u8]) -> bool {
    let is_issued = |b: &u8| b.is_ascii_uppercase() && !b"DFIQUV".contains(b);
    let (letters, digits) = word.split_at(2);
    letters.iter().all(is_issued)
        && digits[..6].iter().all(u8::is_ascii_digit)
        && (b'A'..=b'D').contains(&digits[6])
}

/// Whether the word is the number of a Taiwanese identity card (`A1…`, `A2…`) or residence permit (`A8…`, `A9…`, or
/// `AA…` to `AD…` before 2021) with a valid check digit.
fn is_taiwanese(word: &[u8]) -> bool {
    /// The number that each letter stands for.
    const LETTERS: [u32; 26] = [
        10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31,
        33,
    ];
    let code = |b: u8| LETTERS.get(usize::from(b.wrapping_sub(b'A'))).copied();
    let (Some(first), Some(digits)) = (code(word[0].to_ascii_uppercase()), word.get(2..10)) else {
        return false;
    };
    let second = match word[1] {
        b @ (b'1' | b'2' | b'8' | b'9') => u32::from(b - b'0'),
        b @ b'A'..=b'D' => code(b).unwrap_or(0) % 10,
        _ => return false,
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let rest: u32 =
        digits[..7].iter().zip((1..=7).rev()).map(|(b, weight)| u32::from(b - b'0') * weight).sum();
    let sum = first / 10 + first % 10 * 9 + second * 8 + rest + u32::from(digits[7] - b'0');
    sum.is_multiple_of(10)
}

/// Returns the length of the IBAN (ISO 13616) at the beginning of `bytes`: a country, check digits and an account. Its
/// characters can be written in groups of four.
fn iban(bytes: &[u8]) -> Option<usize> {
    if !bytes.get(2..4)?.iter().all(u8::is_ascii_digit) || !bytes[1].is_ascii_alphabetic() {
        return None;
    }
    let expected = country_length(&bytes[..2].to_ascii_uppercase())?;
    let (mut compact, mut at) = (Vec::with_capacity(expected), 0);
    while compact.len() < expected {
        match bytes.get(at)? {
            b if b.is_ascii_alphanumeric() => compact.push(b.to_ascii_uppercase()),
            b' ' | b'-' if compact.len().is_multiple_of(4) => {}
            _ => return None,
        }
        at += 1;
    }
    let is_whole = !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    (is_whole && is_checked(&compact)).then_some(at)
}

/// Whether the check digits of an IBAN are valid. The first four characters are moved to the end, each letter is
/// replaced by a number (A is 10), and the resulting number must be 1 modulo 97.
fn is_checked(compact: &[u8]) -> bool {
    let (start, rest) = compact.split_at(4);
    let digits = rest.iter().chain(start).filter_map(|b| char::from(*b).to_digit(36));
    digits.fold(0u32, |rest, n| if n > 9 { (rest * 100 + n) % 97 } else { (rest * 10 + n) % 97 }) == 1
}

/// Returns the length of the IBANs of a country, from SWIFT's IBAN registry. `country` is a code such as `DE`.
fn country_length(country: &[u8]) -> Option<usize> {
    const LENGTHS: &[(usize, &str)] = &[
        (15, "NO"),
        (16, "BE"),
        (18, "DK FI FO GL NL SD"),
        (19, "MK SI"),
        (20, "AT BA EE KZ LT LU XK MN"),
        (21, "CH CR HR LI LV"),
        (22, "BG BH DE GB GE IE ME RS VA"),
        (23, "AE GI IL IQ OM SO TL"),
        (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
        (25, "LY PT ST"),
        (26, "IS TR"),
        (27, "BI DJ FR GR IT MC MR SM"),
        (28, "AL AZ BY CY DO GT HU LB NI PL SV"),
        (29, "BR EG PS QA UA"),
        (30, "JO KW MU"),
        (31, "MT SC"),
        (32, "LC"),
        (33, "RU"),
    ];
    let is_in = |countries: &str| countries.split(' ').any(|known| known.as_bytes() == country);
    LENGTHS.iter().find(|(_, countries)| is_in(countries)).map(|(length, _)| *length)
}
