//! `Deserialize` for [`Content`].

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Content;
use super::members::Members;

struct ContentVisitor<T, U>(PhantomData<(T, U)>);

impl<'de, T: Deserialize<'de>, U: Deserialize<'de>> Visitor<'de> for ContentVisitor<T, U> {
    type Value = Content<T, U>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        let object = T::deserialize(Members::of(object))?;
        Ok(Content { object: Some(object), list: Vec::new() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element()? {
            list.push(entry);
        }
        Ok(Content { object: None, list })
    }

    ignore_kinds!(Content::default() => bool, number, text, null);
}

impl<'de, T: Deserialize<'de>, U: Deserialize<'de>> Deserialize<'de> for Content<T, U> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor(PhantomData))
    }
}
