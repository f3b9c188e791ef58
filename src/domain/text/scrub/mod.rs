//! Replaces secrets and personal data by fixed placeholders. Sentry's own scrubbing leaves many of them in a text.
//!
//! Keys and values are read in any notation, and a value is judged by its key (the modules `assigned`, `header`, `url`,
//! `spoken`). Tokens are recognized by the formats of their issuers (`issuer`), and numbers by their check digits
//! (`number`, `identity`). Each text is examined as it is, and again with its encodings removed (`view`, `encoded`).
//! Identifiers, paths, code and prose stay unchanged.
//!
//! Each of these modules passes over a text a bounded number of times, so the cost is linear even for hostile text. A
//! module is skipped if the text lacks the characters that it needs (`signs`).

mod address;
mod assigned;
mod email;
mod encoded;
mod found;
mod hash;
mod header;
mod home;
mod identity;
mod issuer;
mod judge;
mod key;
mod named;
mod number;
mod object;
mod pair;
mod pairs;
mod pem;
mod postal;
mod signs;
mod spoken;
mod state;
mod unknown;
mod url;
mod value;
mod view;
mod word;

use std::borrow::Cow;

pub(super) use assigned::is_secret_under;
use found::Found;
pub(super) use found::REDACTED;
pub(super) use key::{Sensitivity, describes, holds, may_continue, names, sensitivity};
use signs::Signs;
pub(super) use spoken::arguments;
use view::View;

/// Returns `text` with secrets and personal data replaced by placeholders.
pub(super) fn scrub(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut found = Found::default();
    let view = View::folded(&text);
    look(&view, &mut found);
    if let Some(decoded) = view.decoded() {
        look(&decoded, &mut found);
    }
    if found.is_empty() {
        drop(view);
        return text;
    }
    let scrubbed = found.replaced(&text);
    Cow::Owned(scrubbed)
}

/// Adds the secrets in `view`, a decoded copy of the text, to `found`, at their positions in the original text.
fn look(view: &View<'_>, found: &mut Found) {
    let text = view.text();
    let mut seen = known(text);
    encoded::find(text, |text| !known(text).is_empty(), &mut seen);
    found.take_over(seen, |at| view.origin(at));
}

/// A function that finds one kind of secret, and the characters that the function needs. It finds nothing in a text
/// without any of these characters.
type Part = (Signs, fn(&str, &mut Found));

/// The functions that find secrets, the most specific first. If two find the same text, the first one's placeholder is
/// used.
const PARTS: [Part; 14] = [
    (Signs::of("-"), pem::find),
    (Signs::of("/@"), url::find),
    (Signs::of("$"), hash::find),
    (Signs::of("bBkKzZ"), header::find),
    (Signs::of("-_.=+/~:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), issuer::find),
    (Signs::of("=:,>(;"), assigned::find),
    (Signs::of("@ ([{"), email::find),
    (Signs::of(".:-"), address::find),
    (Signs::of("0123456789"), identity::find),
    (Signs::of("0123456789"), number::find),
    (Signs::of("0123456789"), postal::find),
    (Signs::of("/\\"), home::find),
    (Signs::of("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), spoken::find),
    (Signs::of("0123456789"), unknown::find),
];

/// Returns the secrets and personal data in `text`, without looking into encodings.
fn known(text: &str) -> Found {
    let mut found = Found::default();
    let signs = Signs::of(text);
    for (needed, find) in PARTS {
        if signs.has_any(needed) {
            find(text, &mut found);
        }
    }
    found
}

/// Whether `value` is a secret or personal data. `sensitivity` is that of its key.
pub(super) fn is_secret(value: &str, sensitivity: Sensitivity) -> bool {
    value::Value::inside(0..value.len()).is_secret(value, "", sensitivity)
}

/// Returns a version such as `shop@4.2.0.118`, scrubbed like any text ([`scrub`]), except that its four numbers are not
/// taken for an IP address.
pub(super) fn version(text: Cow<'_, str>) -> Cow<'_, str> {
    let (name, tail) = text.split_at(text.rfind('@').map_or(0, |at| at + 1));
    let end = tail.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(tail.len());
    let (numbers, rest) = tail.split_at(end);
    if numbers.split('.').count() != 4 || text.contains(char::is_whitespace) {
        return scrub(text);
    }
    let scrubbed = |part: &str| scrub(Cow::Borrowed(part)).into_owned();
    Cow::Owned(format!("{}{numbers}{}", scrubbed(name), scrubbed(rest)))
}

#[cfg(test)]
mod tests;
