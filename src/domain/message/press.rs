//! The data of a button, sealed with a tag.
//!
//! A member of a chat with a modified client can send any data as that of a button. Therefore our data carries an
//! authentication tag. It has a letter, an approval's id, a dot and the tag, which is less than the 64 bytes that
//! Telegram allows.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::approval::Choice;
use crate::domain::ids::ApprovalId;

/// The purpose that is part of the tag's input, so that no other signature with the same secret is a valid tag.
const PURPOSE: &[u8] = b"sidenote button 1\n";
/// The length of the tag in bytes: 128 bits.
const TAG: usize = 16;

/// A press of one of our buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ButtonPress {
    /// The choice.
    pub choice: Choice,
    /// The id of the approval.
    pub approval: ApprovalId,
}

impl ButtonPress {
    /// The data of a button, with its tag.
    #[must_use]
    pub fn seal(&self, key: &[u8]) -> String {
        let said = format!("{}{}", letter(self.choice), self.approval);
        let tag = mac(key, &said).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
        format!("{said}.{}", URL_SAFE_NO_PAD.encode(&tag[..TAG]))
    }

    /// Reads a button's data. Returns `None` if the tag is invalid; the comparison takes constant time.
    #[must_use]
    pub fn open(data: &str, key: &[u8]) -> Option<Self> {
        let (said, tag) = data.split_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok().filter(|tag| tag.len() == TAG)?;
        mac(key, said)?.verify_truncated_left(&tag).ok()?;
        let choice = [Choice::Approve, Choice::Reject, Choice::Again]
            .into_iter()
            .find(|choice| said.starts_with(letter(*choice)))?;
        Some(Self { choice, approval: ApprovalId::parse(said.get(1..)?).ok()? })
    }
}

fn letter(choice: Choice) -> char {
    match choice {
        Choice::Approve => 'a',
        Choice::Reject => 'r',
        Choice::Again => 'g',
    }
}

fn mac(key: &[u8], said: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(PURPOSE);
    mac.update(said.as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_data_is_read_and_it_is_short() {
        let key = b"k";
        for choice in [Choice::Approve, Choice::Reject, Choice::Again] {
            let press =
                ButtonPress { choice, approval: ApprovalId::parse("0123456789abcdef").expect("an id") };
            let data = press.seal(key);
            assert!(data.len() <= 64, "{data}");
            assert_eq!(ButtonPress::open(&data, key), Some(press));
            assert_eq!(ButtonPress::open(&data, b"other"), None);
            let (said, tag) = data.split_once('.').expect("a tag");
            for forged in [
                format!("r1{said}.{tag}"),
                format!("{said}."),
                format!("{said}.{}", &tag[2..]),
                said.to_owned(),
            ] {
                assert_eq!(ButtonPress::open(&forged, key), None, "{forged}");
            }
        }
        assert_eq!(ButtonPress::open("", key), None);
        assert_eq!(ButtonPress::open("é.é", key), None);
    }
}
