//! Reads JSON objects in which a key occurs more than once. The first occurrence counts. The code that serde derives
//! would refuse such an object, and with it the whole body.
//!
//! The structs must not use `#[serde(alias)]`: two names of one field look like two fields here. A member with two names
//! gets two fields instead. `tests/architecture.rs` checks this rule.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::U64Deserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Deserializes an object as a struct. Members that the struct does not have are given to `others`, and repeated ones
/// are skipped.
pub(super) struct Members<A, O = Skipped> {
    object: A,
    others: O,
}

impl<A> Members<A> {
    /// Skips the members that the struct does not have.
    pub(super) fn of(object: A) -> Self {
        Self { object, others: Skipped }
    }
}

impl<A, O> Members<A, O> {
    /// Gives the members that the struct does not have to `others`.
    pub(super) fn with(object: A, others: O) -> Self {
        Self { object, others }
    }
}

/// The receiver of the members that a struct does not have.
pub(super) trait Others<'de> {
    /// The name of a member, as far as the receiver needs it.
    type Name;

    /// Reads the name of a member.
    fn name(key: &str) -> Self::Name;

    /// Reads or skips the value of a member.
    fn value<A: MapAccess<'de>>(&mut self, name: Self::Name, object: &mut A) -> Result<(), A::Error>;
}

/// Skips all members.
pub(super) struct Skipped;

impl<'de> Others<'de> for Skipped {
    type Name = ();

    fn name(_: &str) {}

    fn value<A: MapAccess<'de>>(&mut self, (): (), object: &mut A) -> Result<(), A::Error> {
        object.next_value::<IgnoredAny>().map(drop)
    }
}

/// Keeps the first members, each as a `U`.
pub(super) struct Kept<'o, U> {
    pub(super) members: &'o mut Vec<(Box<str>, U)>,
    /// At most this many members are kept.
    pub(super) most: usize,
}

impl<'de, U: Deserialize<'de>> Others<'de> for Kept<'_, U> {
    type Name = Box<str>;

    fn name(key: &str) -> Box<str> {
        key.into()
    }

    fn value<A: MapAccess<'de>>(&mut self, name: Box<str>, object: &mut A) -> Result<(), A::Error> {
        if self.members.len() == self.most || self.members.iter().any(|(known, _)| *known == name) {
            return object.next_value::<IgnoredAny>().map(drop);
        }
        self.members.push((name, object.next_value()?));
        Ok(())
    }
}

impl<'de, A: MapAccess<'de>, O: Others<'de>> Deserializer<'de> for Members<A, O> {
    type Error = A::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        visitor.visit_map(Fields { object: self.object, others: self.others, names, seen: 0 })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self.object)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Iterates over the members of an object whose keys are in `names`. Only the first member of each name is returned.
struct Fields<A, O> {
    object: A,
    others: O,
    names: &'static [&'static str],
    /// A bit for each name: whether its member was returned.
    seen: u128,
}

impl<'de, A: MapAccess<'de>, O: Others<'de>> MapAccess<'de> for Fields<A, O> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.object.next_key_seed(Lookup::<O>::of(self.names))? {
            match key {
                Key::Field(at) => {
                    let bit = 1_u128.checked_shl(at).ok_or_else(|| A::Error::custom("too many fields"))?;
                    if self.seen & bit == 0 {
                        self.seen |= bit;
                        // The code that serde derives takes the number of a field as well as its name.
                        return seed.deserialize(U64Deserializer::new(at.into())).map(Some);
                    }
                    self.object.next_value::<IgnoredAny>()?;
                }
                Key::Other(name) => self.others.value(name, &mut self.object)?,
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.object.next_value_seed(seed)
    }
}

/// A key of an object.
enum Key<N> {
    /// The number of a field of the struct.
    Field(u32),
    /// The name of a member that the struct does not have.
    Other(N),
}

/// Reads a key, and looks it up in a list of names without allocating memory.
struct Lookup<O> {
    names: &'static [&'static str],
    others: PhantomData<O>,
}

impl<O> Lookup<O> {
    fn of(names: &'static [&'static str]) -> Self {
        Self { names, others: PhantomData }
    }
}

impl<'de, O: Others<'de>> DeserializeSeed<'de> for Lookup<O> {
    type Value = Key<O::Name>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_identifier(self)
    }
}

impl<'de, O: Others<'de>> Visitor<'de> for Lookup<O> {
    type Value = Key<O::Name>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        let at = self.names.iter().position(|name| *name == key).and_then(|at| u32::try_from(at).ok());
        Ok(at.map_or_else(|| Key::Other(O::name(key)), Key::Field))
    }
}
