//! `Deserialize` for [`Nested`], and the conversion of a [`Nested`] value to a flat list of paths and values.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor, value};

use super::{Nested, Summary};
use crate::domain::text::{KeyPath, Member, Untrusted};

/// At most this many members of one object or list are read. Further members are only counted.
const MOST: usize = 24;

/// The room for the rest of a path after its first name, in bytes. Longer paths need a second allocation of memory.
const ROOM: usize = 64;

/// A value without members from a JSON structure, with its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The path to the value, such as `cart.items[0]`.
    pub path: Box<str>,
    /// The value. It is redacted when it is shown if one of the keys above it denotes a secret, such as `password`.
    pub value: Untrusted,
}

/// The place of a value in a JSON structure: its path as text, and the keys above it.
#[derive(Debug)]
pub struct At<'k, 'p> {
    /// The path. A value with members adds each name in turn and removes it again.
    path: &'p mut String,
    keys: KeyPath<'k>,
    /// No value is appended to a list with this many values.
    most: usize,
}

/// A JSON value that can be written as a flat list of paths and values.
pub trait Leaves {
    /// Returns the value as text, or `None` if the value has members.
    fn text(&self) -> Option<&str>;

    /// Appends each value without members to `out`. `at` is the place of the whole value.
    fn leaves(&self, at: At<'_, '_>, out: &mut Vec<Leaf>);

    /// Returns each value without members. Every path begins with `name`.
    fn named(&self, name: &str) -> Vec<Leaf> {
        let mut out = Vec::new();
        self.append(name, usize::MAX, &mut out);
        out
    }

    /// Appends each value without members to `out`, until `out` has `most` values. Every path begins with `name`.
    fn append(&self, name: &str, most: usize, out: &mut Vec<Leaf>) {
        let mut path = String::with_capacity(name.len() + ROOM);
        path.push_str(name);
        self.leaves(At { path: &mut path, keys: KeyPath::of(name), most }, out);
    }
}

impl Leaves for Summary {
    fn text(&self) -> Option<&str> {
        Some(&self.0)
    }

    fn leaves(&self, at: At<'_, '_>, out: &mut Vec<Leaf>) {
        if out.len() >= at.most {
            return;
        }
        out.push(Leaf {
            path: at.path.as_str().into(),
            value: Untrusted::new(self.0.clone()).below(at.keys),
        });
    }
}

impl<T: Leaves> Leaves for Nested<T> {
    fn text(&self) -> Option<&str> {
        self.members.is_empty().then_some(&*self.summary.0)
    }

    fn leaves(&self, at: At<'_, '_>, out: &mut Vec<Leaf>) {
        if self.members.is_empty() {
            return self.summary.leaves(at, out);
        }
        let At { path, keys, most } = at;
        if out.len() >= most {
            return;
        }
        let members: Vec<Member<'_>> = self
            .members
            .iter()
            .map(|(name, value)| (name.as_deref().unwrap_or(ELEMENT), value.text()))
            .collect();
        let whole = path.len();
        for (at, ((name, value), keys)) in self.members.iter().zip(keys.inside(&members)).enumerate() {
            match name {
                Some(name) => path.extend([if whole > 0 { "." } else { "" }, &**name]),
                None => path.extend(["[", at.to_string().as_str(), "]"]),
            }
            value.leaves(At { path, keys, most }, out);
            path.truncate(whole);
        }
    }
}

/// The name that [`KeyPath`] expects for the elements of a list.
const ELEMENT: &str = "[";

struct NestedVisitor<T>(PhantomData<T>);

impl<T> NestedVisitor<T> {
    fn flat<E>(summary: Result<Summary, E>) -> Result<Nested<T>, E> {
        summary.map(|summary| Nested { summary, members: Vec::new() })
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for NestedVisitor<T> {
    type Value = Nested<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Nested<T>, E> {
        Self::flat(Summary::deserialize(value::StrDeserializer::new(text)))
    }

    fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Nested<T>, E> {
        Self::flat(Summary::deserialize(value::BoolDeserializer::new(flag)))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Nested<T>, E> {
        Self::flat(Summary::deserialize(value::I64Deserializer::new(number)))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Nested<T>, E> {
        Self::flat(Summary::deserialize(value::U64Deserializer::new(number)))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Nested<T>, E> {
        Self::flat(Summary::deserialize(value::F64Deserializer::new(number)))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Nested<T>, E> {
        Self::flat(Summary::deserialize(value::UnitDeserializer::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Nested<T>, A::Error> {
        let mut members = Vec::new();
        while members.len() < MOST
            && let Some(member) = list.next_element()?
        {
            members.push((None, member));
        }
        let mut count = members.len();
        while list.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Nested { summary: Summary::list(count), members })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Nested<T>, A::Error> {
        let mut members = Vec::new();
        while members.len() < MOST
            && let Some((name, member)) = object.next_entry::<String, T>()?
        {
            members.push((Some(name.into()), member));
        }
        let mut count = members.len();
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Nested { summary: Summary::object(count), members })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nested<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NestedVisitor(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(json: &str) -> Vec<String> {
        let read: Nested<Nested<Summary>> = serde_json::from_str(json).expect("any well-formed JSON");
        read.named("v").into_iter().map(|leaf| format!("{}={}", leaf.path, leaf.value.line(80))).collect()
    }

    #[test]
    fn a_nested_value_is_redacted_by_its_keys_and_neighbours() {
        for (json, expected) in [
            (r#"{"password": {"old": "hunter2", "new": "hunter3"}}"#, "v.password.old=[redacted]"),
            (r#"{"secrets": {"smtp": "hunter2hunter4711"}}"#, "v.secrets.smtp=[redacted]"),
            (r#"[{"name": "DB_PASSWORD", "value": "hunter2"}]"#, "v[0].value=[redacted]"),
            (r#"{"headers": [["X-Auth-Token", "hunter2"]]}"#, "v.headers[0]=[… 2]"),
            (r#"[["X-Auth-Token", "hunter22x"]]"#, "v[0][1]=[redacted]"),
            (r#"["mysql", "--password", "hunter2"]"#, "v[2]=[redacted]"),
            (r#"{"argv": ["mysql", "-phunter2"]}"#, "v.argv[1]=[redacted]"),
            (r#"{"password": {"length": 7}}"#, "v.password.length=7"),
        ] {
            assert!(leaves(json).iter().any(|line| line == expected), "{json}: {:?}", leaves(json));
        }
    }

    #[test]
    fn a_nested_value_is_shown_two_levels_deep() {
        assert_eq!(leaves("7"), ["v=7"]);
        assert_eq!(leaves("null"), ["v=null"]);
        assert_eq!(leaves(r#""""#), ["v=\"\""]);
        assert_eq!(leaves("[]"), ["v=[]"]);
        assert_eq!(leaves("{}"), ["v={}"]);
        let deep = r#"{"a": {"b": {"c": 1}, "d": null}, "e": [true, "x"], "f": 1.5}"#;
        assert_eq!(leaves(deep), ["v.a.b={… 1}", "v.a.d=null", "v.e[0]=true", "v.e[1]=x", "v.f=1.5"]);
    }

    #[test]
    fn the_members_of_large_values_are_counted_and_not_kept() {
        let large = format!("[{}]", vec!["1"; 1_000].join(","));
        let read: Nested<Summary> = serde_json::from_str(&large).expect("a list");
        assert_eq!((read.members.len(), &*read.summary.0), (MOST, "[… 1000]"));
    }
}
