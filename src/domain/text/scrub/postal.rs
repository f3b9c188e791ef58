//! Finds postal addresses of Taiwan, in Chinese and in English, and the personal codes (carriers) under which Taiwan
//! stores the electronic invoices of a person.

use std::ops::Range;

use super::found::Found;
use super::value::is_ideograph;
use super::word::{head, tail};

/// The cities and counties of Taiwan, without `市` and `縣`, from the list of the Ministry of the Interior of 2014.
const PLACES: &[&str] = &[
    "台北", "臺北", "新北", "桃園", "台中", "臺中", "台南", "臺南", "高雄", "基隆", "新竹", "嘉義", "苗栗",
    "彰化", "南投", "雲林", "屏東", "宜蘭", "花蓮", "台東", "臺東", "澎湖", "金門", "連江",
];
/// The last characters of the names of streets, lanes and alleys.
const STREETS: &[char] = &['路', '街', '道', '巷', '弄'];
/// The longest part of an address before the house number, in bytes.
const LONGEST: usize = 120;
/// The longest name of a street, in characters, without its last one such as `路`.
const NAME: usize = 4;
/// Characters that precede an address in a sentence, such as `在` and `到`. No name of a street begins with them.
const BEFORE: &str = "在到於為是送住";

/// Adds the postal addresses and the carriers of electronic invoices in `text` to `found`.
pub(super) fn find(text: &str, found: &mut Found) {
    for (at, sign) in text.match_indices('號') {
        if let Some(start) = start(&text[..at]).filter(|start| !found.covers(*start)) {
            found.add(start..at + sign.len() + rest(&text[at + sign.len()..]), "[address]");
        }
    }
    for (at, _) in text.match_indices("No. ") {
        if let Some(length) = english(&text[at..]) {
            found.add(at..at + length, "[address]");
        }
    }
    if ["載具", "條碼", "憑證", "arrier", "arcode"].iter().any(|word| text.contains(word)) {
        carriers(text, found);
    }
}

fn is_part(c: char) -> bool {
    is_ideograph(c) || c.is_ascii_digit() || matches!(c, '-' | ' ')
}

/// Returns the beginning of the address whose house number is the end of `before`. Returns `None` if no street or alley
/// stands before the number.
fn start(before: &str) -> Option<usize> {
    let near = tail(before, LONGEST);
    let near = &near[near.trim_end_matches(is_part).len()..];
    let number = |c: char| c.is_ascii_digit() || "-之 ".contains(c);
    let section = |c: char| c.is_ascii_digit() || "段一二三四五六七八九十".contains(c);
    let street = near.trim_end_matches(number).trim_end_matches(section);
    if street.len() == near.len() || !street.ends_with(STREETS) {
        return None;
    }
    let city = PLACES.iter().filter_map(|place| near.find(place)).min();
    let from = city.map_or_else(|| name_start(near), |city| postal_code(&near[..city]));
    Some(before.len() - near.len() + from)
}

/// Returns the beginning of the postal code at the end of `before`, or the end of `before` if there is no code.
fn postal_code(before: &str) -> usize {
    before.trim_end_matches(|c: char| c.is_ascii_digit()).len()
}

/// Returns the beginning of the name of the street in `near`, an address without a city.
fn name_start(near: &str) -> usize {
    let street = near.find(STREETS).unwrap_or(0);
    near[..street]
        .char_indices()
        .rev()
        .take(NAME)
        .take_while(|(_, c)| is_ideograph(*c) && !BEFORE.contains(*c))
        .last()
        .map_or(0, |(at, _)| at)
}

/// Returns the length of the floor and the room after the house number, such as `12樓之3`. `after` is the text after
/// the number.
fn rest(after: &str) -> usize {
    let near = head(after, 48);
    let is_unit = |c: char| c.is_ascii_digit() || "之樓室F-一二三四五六七八九十".contains(c);
    let length = near.find(|c| !is_unit(c)).unwrap_or(near.len());
    if near[..length].contains(['樓', '室', '之', 'F']) { length } else { 0 }
}

/// Returns the length of the address in English at the beginning of `text`, such as
/// `No. 100, Sec. 5, Xinyi Rd., Taipei City`.
fn english(text: &str) -> Option<usize> {
    let near = head(text, LONGEST);
    near.strip_prefix("No. ").filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))?;
    let end = ["City", "County", "Taiwan"]
        .iter()
        .filter_map(|place| near.rfind(place).map(|at| at + place.len()))
        .max()?;
    let has_street = ["Rd.", "Road", "St.", "Street", "Ln.", "Lane", "Blvd."]
        .iter()
        .any(|street| near[..end].contains(street));
    has_street.then_some(end)
}

/// Adds the carriers of electronic invoices in `text` to `found`. A carrier is the barcode of a mobile telephone (`/`
/// and seven characters) or the number of a citizen's certificate (two letters and 14 digits).
fn carriers(text: &str, found: &mut Found) {
    let is_in = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"/+-.".contains(&b);
    for place in super::word::runs(text, is_in) {
        if is_carrier(&text[place.clone()]) && is_alone(text, &place) {
            found.add(place, "[carrier]");
        }
    }
}

fn is_alone(text: &str, place: &Range<usize>) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '/';
    !text[..place.start].ends_with(is_word) && !text[place.end..].starts_with(is_word)
}

fn is_carrier(word: &str) -> bool {
    let is_barcode = |code: &str| code.len() == 7 && !code.contains('/');
    let is_certificate = || {
        let (letters, digits) = word.split_at_checked(2).unwrap_or_default();
        word.len() == 16
            && letters.bytes().all(|b| b.is_ascii_uppercase())
            && digits.bytes().all(|b| b.is_ascii_digit())
    };
    word.strip_prefix('/').is_some_and(is_barcode) || is_certificate()
}

#[cfg(test)]
mod tests {
    use super::super::scrub;

    #[test]
    fn addresses_and_carriers_are_found_by_their_form() {
        for (text, expected) in [
            ("配送至高雄市前鎮區中華五路789號失敗", "配送至[address]失敗"),
            ("送到407台中市西屯區台灣大道三段99號12樓之3。", "送到[address]。"),
            ("住在文化路一段188巷3弄5號", "住在[address]"),
            ("to No. 100, Sec. 5, Xinyi Rd., Taipei City 110", "to [address] 110"),
            ("載具 /AB12+C3 無效", "載具 [carrier] 無效"),
            ("自然人憑證 TP03000001234567", "自然人憑證 [carrier]"),
        ] {
            assert_eq!(scrub(text.into()), expected);
        }
        for text in [
            "第 5 號節點",
            "路由 3 號",
            "route /AB12+C3",
            "台北市政府",
            "No. 3 of 5",
            "訂單12345號",
            "條碼 /api",
        ] {
            assert_eq!(scrub(text.into()), text);
        }
    }
}
