//! Finds the Sentry users behind the people of a chat by their names. A match is a suggestion for a person to check.

use super::approval::UserId;
use super::ids::MemberId;
use super::text::Untrusted;

/// At most this many characters of a name are shown.
const NAME: usize = 60;

/// A person in a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatPerson {
    /// The id of the person in the chat.
    pub id: UserId,
    /// The scrubbed name, such as `Kim Lee (@kim)`. `None` if only the id is known.
    pub name: Option<String>,
}

/// A user of Sentry who is a member of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentryUser {
    /// The id of the user.
    pub id: MemberId,
    /// The display name.
    pub name: Untrusted,
    /// The user name, which is an e-mail address for many users.
    pub username: Untrusted,
}

/// The Sentry users whose names match the name of a person in a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameMatch<'u> {
    /// Exactly one user has the name.
    One(&'u SentryUser),
    /// Several users have the name, so none of them is suggested.
    Several(Vec<&'u SentryUser>),
    /// No user has the name.
    Nobody,
}

impl ChatPerson {
    /// Returns the users of Sentry with the name of this person. The case of letters, blanks around a name, and the
    /// host of an e-mail address are ignored; nothing else is.
    #[must_use]
    pub fn matches<'u>(&self, users: &'u [SentryUser]) -> NameMatch<'u> {
        let own = self.name.as_deref().map(names).unwrap_or_default();
        let has_name = |user: &&SentryUser| user.names().iter().any(|name| own.contains(name));
        let found: Vec<&SentryUser> = users.iter().filter(has_name).collect();
        match found.as_slice() {
            [] => NameMatch::Nobody,
            [user] => NameMatch::One(user),
            _ => NameMatch::Several(found),
        }
    }
}

impl SentryUser {
    /// Returns the display name and the user name in lower case, without the host of an e-mail address.
    fn names(&self) -> Vec<String> {
        let username = self.username.raw().split('@').next().unwrap_or_default();
        in_lower_case([self.name.raw(), username])
    }

    /// Returns the scrubbed display name.
    #[must_use]
    pub fn shown(&self) -> String {
        self.name.line(NAME)
    }
}

/// Returns the parts of a chat name such as `Kim Lee (@kim)` in lower case: the display name and the user name.
fn names(name: &str) -> Vec<String> {
    let (display, username) = match name.rsplit_once("(@") {
        Some((display, username)) => (display, username.trim_end_matches(')')),
        None => (name.trim_start_matches('@'), ""),
    };
    in_lower_case([display, username])
}

/// Returns the names that are not empty, in lower case.
fn in_lower_case(names: [&str; 2]) -> Vec<String> {
    names.iter().map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str, name: &str, username: &str) -> SentryUser {
        let id = MemberId::parse(id).expect("an id");
        SentryUser { id, name: Untrusted::new(name), username: Untrusted::new(username) }
    }

    fn person(name: Option<&str>) -> ChatPerson {
        ChatPerson { id: UserId::Telegram(42), name: name.map(str::to_owned) }
    }

    #[test]
    fn a_name_that_one_user_has_is_a_match_and_any_other_is_none() {
        let users = [
            user("7", "Kim Lee", "kim.lee@crumb.example"),
            user("8", "Noor", "noor"),
            user("9", "Noor", "haddad"),
            user("10", "", ""),
        ];
        let ids = |name: Option<&str>| match person(name).matches(&users) {
            NameMatch::One(user) => vec![user.id.as_str().to_owned()],
            NameMatch::Several(users) => users.iter().map(|user| format!("?{}", user.id)).collect(),
            NameMatch::Nobody => Vec::new(),
        };
        for one in ["KIM LEE", "Somebody (@kim.lee)", "@kim.lee", "Kim Lee (@other)"] {
            assert_eq!(ids(Some(one)), ["7"], "{one}");
        }
        assert_eq!(ids(Some("haddad")), ["9"]);
        assert_eq!(ids(Some("Noor (@noor)")), ["?8", "?9"]);
        for nobody in [None, Some(""), Some("Kim"), Some("Lee Kim"), Some("(@)")] {
            assert_eq!(ids(nobody), Vec::<String>::new(), "{nobody:?}");
        }
    }
}
