//! The identifiers of Sentry's and Sidenote's objects. Each type except [`EmailAddress`] contains only characters that
//! are safe in the path of a URL.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The error for a text that is not an identifier of the requested kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {0}")]
pub struct InvalidId(&'static str);

/// The longest accepted identifier, in bytes. Sentry's own identifiers are far shorter.
const LONGEST: usize = 64;

fn is_path_safe(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

macro_rules! path_safe_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "Box<str>")]
        pub struct $name(Box<str>);

        impl TryFrom<Box<str>> for $name {
            type Error = InvalidId;

            fn try_from(text: Box<str>) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl $name {
            /// Parses an identifier: at most 64 letters, digits, `-` and `_`.
            ///
            /// # Errors
            ///
            /// [`InvalidId`] if `text` is any other text.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                if is_path_safe(text) { Ok(Self(text.into())) } else { Err(InvalidId($what)) }
            }

            /// Returns the identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

path_safe_id! {
    /// The id of a Sentry issue. Sentry's ids are numbers of up to 19 digits. They are kept as text, and short ids such
    /// as `PROJECT-1A` are accepted, too.
    IssueId, "an issue id"
}
path_safe_id! {
    /// The slug of a Sentry organization or project: its name in URLs.
    Slug, "a slug"
}
path_safe_id! {
    /// The id of a comment on a Sentry issue.
    NoteId, "a comment id"
}
path_safe_id! {
    /// The id of an approval (a question to a person about an action): 16 hex digits that Sidenote computes.
    ApprovalId, "an approval id"
}
path_safe_id! {
    /// The id of a user or a team in Sentry.
    MemberId, "a member id"
}

/// An e-mail address has at most this many bytes.
const LONGEST_ADDRESS: usize = 254;

/// The e-mail address of a Sentry user. The text has the form of an address; whether the address exists is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Box<str>")]
pub struct EmailAddress(Box<str>);

impl EmailAddress {
    /// Parses an address such as `kim@crumb.example`.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] if the text does not have exactly one `@` between two parts, if it contains a blank or a character
    /// beyond ASCII, or if it is longer than 254 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let is_part =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && b != b'@');
        let is_address = text.split_once('@').is_some_and(|(user, host)| is_part(user) && is_part(host));
        if is_address && text.len() <= LONGEST_ADDRESS {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId("an e-mail address"))
        }
    }

    /// Returns the address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<Box<str>> for EmailAddress {
    type Error = InvalidId;

    fn try_from(text: Box<str>) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}

/// The id of a Sentry event: 32 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventId(Box<str>);

impl EventId {
    /// Parses 32 hex digits in either case, with or without the dashes of a UUID.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] if `text` is any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let hex: String = text.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
        if hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(hex.into()))
        } else {
            Err(InvalidId("an event id"))
        }
    }

    /// Returns the identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key of an event's tag. Sentry allows only a few characters in keys, so a reference such as `T:release` needs no
/// escaping.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagKey(Box<str>);

impl TagKey {
    /// Parses a key of up to 64 letters, digits and `_ . : -`. The prefix `sentry:` of stored events is removed.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] if `text` is any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let key = text.strip_prefix("sentry:").unwrap_or(text);
        let fits = !key.is_empty()
            && key.len() <= LONGEST
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.:-".contains(&b));
        if fits { Ok(Self(key.into())) } else { Err(InvalidId("a tag key")) }
    }

    /// Returns the key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TagKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_safe_in_a_path() {
        for good in ["1234567890123456789", "TEST-001", "SIDENOTE-1A"] {
            assert_eq!(IssueId::parse(good).map(|id| id.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "../1", "1/2", "a b", "1?x", "é", &"9".repeat(65)] {
            assert_eq!(IssueId::parse(bad), Err(InvalidId("an issue id")), "{bad}");
        }
    }

    #[test]
    fn event_ids_lose_their_dashes() {
        let id = EventId::parse("7CA573C0-F481-4912-AAA9-BDC77D1A7D51").map(|id| id.as_str().to_owned());
        assert_eq!(id.as_deref(), Ok("7ca573c0f4814912aaa9bdc77d1a7d51"));
        assert!(EventId::parse("latest").is_err());
    }

    #[test]
    fn tag_keys_lose_the_stored_prefix() {
        assert_eq!(TagKey::parse("sentry:release").map(|k| k.to_string()).as_deref(), Ok("release"));
        assert!(TagKey::parse("a`b").is_err());
    }
}
