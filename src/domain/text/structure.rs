//! The keys of the values in a structure: objects, lists, pairs of a name and a value, and lists of arguments.
//!
//! The keys decide whether a value is a secret. They are read here from the structure, because a text of the whole
//! structure no longer shows which key belongs to which value.

use super::scrub::{self, Sensitivity};

/// The keys above a value in a structure. The keys determine whether the value is a secret.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyPath<'k> {
    /// The key directly above the value.
    last: &'k str,
    sensitivity: Option<Sensitivity>,
}

/// A member of an object or a list: its name, and its text unless it has members itself. The name of a list's element
/// begins with `[`.
pub type Member<'m> = (&'m str, Option<&'m str>);

impl<'k> KeyPath<'k> {
    /// Returns the path of a value directly under `key`, without other keys above.
    #[must_use]
    pub fn of(key: &'k str) -> Self {
        Self { last: key, sensitivity: scrub::sensitivity(key) }
    }

    /// Returns the sensitivity of the value below these keys, or `None` if they denote nothing secret or personal.
    pub(super) fn sensitivity(self) -> Option<Sensitivity> {
        self.sensitivity
    }

    /// Returns the key directly above the value.
    pub(super) fn last(self) -> &'k str {
        self.last
    }

    /// Returns this path with the inner key `key`. A value inside a secret is a secret, as in `password: {"old": "x"}`,
    /// unless its key describes the secret, such as `length`.
    fn and(self, key: &'k str) -> Self {
        let own = scrub::sensitivity(key);
        let is_weak = own <= Some(Sensitivity::Possible) && !self.last.is_empty() && scrub::may_continue(key);
        let joined = is_weak.then(|| scrub::sensitivity(&format!("{}.{key}", self.last)));
        let own = own.max(joined.flatten());
        let inherited = self.sensitivity.filter(|_| !scrub::describes(key));
        Self { last: key, sensitivity: own.max(inherited) }
    }

    /// Returns the keys of each member of the value, in the order of `members`.
    #[must_use]
    pub fn inside<'m>(self, members: &[Member<'m>]) -> Vec<KeyPath<'m>>
    where
        'k: 'm,
    {
        if members.iter().all(|(name, _)| name.starts_with('[')) {
            return self.elements(members);
        }
        let named = members.iter().find(|(name, _)| scrub::names(name)).and_then(|(_, text)| *text);
        let keys = |(name, _): &Member<'m>| match named.filter(|_| scrub::holds(name)) {
            Some(named) => self.and(named),
            None => self.and(name),
        };
        members.iter().map(keys).collect()
    }

    /// Returns the keys of each element of a list. In a list such as `["X-Auth-Token", "x"]`, the first element is the
    /// key of the second. Other lists are read as the arguments of a command: `["psql", "--password", "x"]`.
    fn elements<'m>(self, elements: &[Member<'m>]) -> Vec<KeyPath<'m>>
    where
        'k: 'm,
    {
        // A secret in a list is announced by a word before it. Most lists contain only numbers or objects.
        let has_words = |text: &str| text.bytes().any(|b| b.is_ascii_alphabetic() || !b.is_ascii());
        if !elements.iter().any(|(_, text)| text.is_some_and(has_words)) {
            return vec![self; elements.len()];
        }
        let texts: Vec<&str> = elements.iter().map(|(_, text)| text.unwrap_or_default()).collect();
        if let [name, _] = texts.as_slice()
            && !name.contains(char::is_whitespace)
            && scrub::sensitivity(name).is_some()
        {
            return vec![self, self.and(name)];
        }
        let secret = KeyPath { sensitivity: Some(Sensitivity::Certain), ..self };
        scrub::arguments(&texts).into_iter().map(|is_secret| if is_secret { secret } else { self }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Untrusted;

    fn shown(keys: KeyPath<'_>, members: &[Member<'_>]) -> Vec<String> {
        let each = keys.inside(members).into_iter().zip(members);
        each.map(|(keys, (_, text))| Untrusted::new(text.unwrap_or_default()).below(keys).line(80)).collect()
    }

    #[test]
    fn a_member_is_redacted_by_a_sensitive_key_at_any_level_above_it() {
        let old = [("old", Some("hunter2")), ("length", Some("7")), ("type", Some("bcrypt"))];
        assert_eq!(shown(KeyPath::of("password"), &old), ["[redacted]", "7", "bcrypt"]);
        assert_eq!(
            shown(KeyPath::of("api"), &[("key", Some("hunter2")), ("host", Some("h"))]),
            ["[redacted]", "h"]
        );
        assert_eq!(shown(KeyPath::of("cart"), &[("old", Some("hunter2"))]), ["hunter2"]);
    }

    #[test]
    fn a_value_is_redacted_by_the_sensitive_name_beside_it() {
        for (name, value) in [("name", "value"), ("key", "value"), ("Key", "Value")] {
            let pair = [(name, Some("DB_PASSWORD")), (value, Some("hunter2"))];
            assert_eq!(shown(KeyPath::default(), &pair), ["DB_PASSWORD", "[redacted]"]);
            let harmless = [(value, Some("hunter2")), (name, Some("colour"))];
            assert_eq!(shown(KeyPath::default(), &harmless), ["hunter2", "colour"]);
        }
    }

    #[test]
    fn a_list_element_is_redacted_by_the_sensitive_element_before_it() {
        let list = |texts: &[&'static str]| {
            let members: Vec<Member<'_>> = texts.iter().map(|text| ("[0]", Some(*text))).collect();
            shown(KeyPath::default(), &members)
        };
        assert_eq!(list(&["X-Auth-Token", "hunter22x"]), ["X-Auth-Token", "[redacted]"]);
        assert_eq!(list(&["accept", "text/html"]), ["accept", "text/html"]);
        assert_eq!(list(&["psql", "--password", "hunter2", "-h", "db"])[2..], ["[redacted]", "-h", "db"]);
        assert_eq!(list(&["mysql", "-phunter2", "shop"]), ["mysql", "[redacted]", "shop"]);
        assert_eq!(list(&["curl", "-u", "kim:hunter2"])[2], "[redacted]");
        assert_eq!(list(&["ls", "-la", "/tmp"]), ["ls", "-la", "/tmp"]);
    }
}
