//! `Deserialize` for the readers of objects, lists and pairs.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::members::Members;
use super::{Entries, Lenient, List, Pairs, Text, Values};

struct MaybeVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MaybeVisitor<T> {
    type Value = Lenient<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Lenient<T>, A::Error> {
        T::deserialize(Members::of(object)).map(|value| Lenient(Some(value)))
    }

    ignore_kinds!(Lenient(None) => bool, number, text, null, list);
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MaybeVisitor(PhantomData))
    }
}

/// At each end of a list or an object, this many members are kept. Sentry keeps fewer frames and breadcrumbs; the limit
/// bounds the memory that a hostile body takes.
const KEPT: usize = 256;

/// The first and the last [`KEPT`] members of a list or an object. The members between them are dropped.
struct Ends<T> {
    first: Vec<T>,
    last: VecDeque<T>,
}

impl<T> Default for Ends<T> {
    fn default() -> Self {
        Self { first: Vec::new(), last: VecDeque::new() }
    }
}

impl<T> Ends<T> {
    fn push(&mut self, member: T) {
        if self.first.len() < KEPT {
            self.first.push(member);
            return;
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(member);
    }

    fn into_vec(mut self) -> Vec<T> {
        self.first.extend(self.last);
        self.first
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<T>, A::Error> {
        let mut ends = Ends::default();
        while let Some(entry) = list.next_element()? {
            ends.push(entry);
        }
        Ok(List(ends.into_vec()))
    }

    ignore_kinds!(List(Vec::new()) => bool, number, text, null, object);
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Entries<T>, A::Error> {
        let mut ends = Ends::default();
        while let Some((key, value)) = object.next_entry::<String, T>()? {
            ends.push((key.into(), value));
        }
        Ok(Entries(ends.into_vec()))
    }

    ignore_kinds!(Entries(Vec::new()) => bool, number, text, null, list);
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntriesVisitor(PhantomData))
    }
}

struct ValuesVisitor<T>(PhantomData<T>);

#[derive(serde::Deserialize)]
#[serde(default, bound(deserialize = "T: Deserialize<'de>"))]
struct Wrapped<T> {
    values: List<T>,
}

impl<T> Default for Wrapped<T> {
    fn default() -> Self {
        Self { values: List::default() }
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ValuesVisitor<T> {
    type Value = Values<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Values<T>, A::Error> {
        ListVisitor(PhantomData).visit_seq(list).map(|list| Values(list.0))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Values<T>, A::Error> {
        let wrapped = Wrapped::<T>::deserialize(Members::of(object))?;
        Ok(Values(wrapped.values.0))
    }

    ignore_kinds!(Values(Vec::new()) => bool, number, text, null);
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Values<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValuesVisitor(PhantomData))
    }
}

/// One entry of [`Pairs`], as `["k","v"]` or as `{"key":"k","value":"v"}`. It is `None` if a side is missing.
struct Pair(Option<(Box<str>, Box<str>)>);

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct KeyValue {
    key: Text,
    value: Text,
}

impl Pair {
    fn of(key: Text, value: Text) -> Self {
        Self(key.0.zip(value.0))
    }
}

struct PairVisitor;

impl<'de> Visitor<'de> for PairVisitor {
    type Value = Pair;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pair")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Pair, A::Error> {
        let key = list.next_element::<Text>()?.unwrap_or_default();
        let value = list.next_element::<Text>()?.unwrap_or_default();
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Pair::of(key, value))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Pair, A::Error> {
        let pair = KeyValue::deserialize(Members::of(object))?;
        Ok(Pair::of(pair.key, pair.value))
    }

    ignore_kinds!(Pair(None) => bool, number, text, null);
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pairs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Pairs, A::Error> {
        let entries = ListVisitor::<Pair>(PhantomData).visit_seq(list)?;
        Ok(Pairs(entries.0.into_iter().filter_map(|pair| pair.0).collect()))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Pairs, A::Error> {
        let entries = EntriesVisitor::<Text>(PhantomData).visit_map(object)?;
        Ok(Pairs(entries.0.into_iter().filter_map(|(key, value)| Some((key, value.0?))).collect()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Pairs, E> {
        let pairs = text.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
        Ok(Pairs(pairs.map(|(key, value)| (key.into(), value.into())).collect()))
    }

    ignore_kinds!(Pairs(Vec::new()) => bool, number, null);
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairsVisitor)
    }
}
