//! `Deserialize` for [`Split`].

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Split;
use super::members::{Kept, Members};

/// At most this many members outside of the struct are kept.
const MOST: usize = 64;

struct SplitVisitor<T, U>(PhantomData<(T, U)>);

impl<'de, T: Deserialize<'de> + Default, U: Deserialize<'de>> Visitor<'de> for SplitVisitor<T, U> {
    type Value = Split<T, U>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        let mut others = Vec::new();
        let known = T::deserialize(Members::with(object, Kept { members: &mut others, most: MOST }))?;
        Ok(Split { known, others })
    }

    ignore_kinds!(Split::default() => bool, number, text, null, list);
}

impl<'de, T: Deserialize<'de> + Default, U: Deserialize<'de>> Deserialize<'de> for Split<T, U> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SplitVisitor(PhantomData))
    }
}
