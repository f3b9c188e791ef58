//! Reading JSON whose every member may be null, missing or of another type.
//!
//! Sentry's schema lets practically every member be null, ids are numbers here and strings there, and old senders
//! differ again. These types take what fits and leave the rest out; none of them ever fails on well-formed JSON, and
//! none builds what is not wanted: an unwanted subtree is skipped, not stored.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A text; numbers and booleans are taken in their JSON form, anything else is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(pub Option<Box<str>>);

impl Text {
    /// The text, if there is one that is not blank.
    #[must_use]
    pub fn as_deref(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.trim().is_empty())
    }

    /// The text by value, if there is one that is not blank.
    #[must_use]
    pub fn into_option(self) -> Option<Box<str>> {
        self.0.filter(|text| !text.trim().is_empty())
    }
}

/// A whole number, also when written as a text or as a float.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Int(pub Option<i64>);

impl Int {
    /// The number, if it is not negative.
    #[must_use]
    pub fn non_negative(self) -> Option<u64> {
        self.0.and_then(|n| u64::try_from(n).ok())
    }
}

/// A truth value; anything else is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flag(pub Option<bool>);

/// An object of a known shape; anything else is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maybe<T>(pub Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// A list; anything else is an empty one. The entries decide for themselves what they take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// An object's entries in their order; anything else has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<T>(pub Vec<(Box<str>, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// A list, also when it is wrapped as `{"values": […]}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values<T>(pub Vec<T>);

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Pairs of texts: `[["k","v"]]`, `[{"key":"k","value":"v"}]` or `{"k":"v"}`. Pairs that lack a side are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs(pub Vec<(Box<str>, Box<str>)>);

/// Answers every kind of JSON value; a kind that a reader does not take stays with the default answer.
macro_rules! ignore_kinds {
    ($value:expr => $($kind:ident),+) => {
        $( ignore_kinds!(@ $kind $value); )+
    };
    (@ bool $value:expr) => { fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> { Ok($value) } };
    (@ number $value:expr) => {
        fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> { Ok($value) }
        fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> { Ok($value) }
        fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> { Ok($value) }
    };
    (@ text $value:expr) => { fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> { Ok($value) } };
    (@ null $value:expr) => { fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> { Ok($value) } };
    (@ list $value:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
    (@ object $value:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
            while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Some(text.into())))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Text, E> {
        Ok(Text(Some(text.into())))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Text, E> {
        Ok(Text(Some(value.to_string().into())))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string().into())))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string().into())))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string().into())))
    }

    ignore_kinds!(Text(None) => null, list, object);
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct IntVisitor;

impl<'de> Visitor<'de> for IntVisitor {
    type Value = Int;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Int, E> {
        Ok(Int(Some(value)))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Int, E> {
        Ok(Int(i64::try_from(value).ok()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Int, E> {
        // A cast from float saturates, so a hostile 1e300 becomes the largest number, not a panic.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the fraction is not wanted, and the cast saturates"
        )]
        Ok(Int(value.is_finite().then_some(value as i64)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Int, E> {
        Ok(Int(text.trim().parse().ok()))
    }

    ignore_kinds!(Int(None) => bool, null, list, object);
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IntVisitor)
    }
}

struct FlagVisitor;

impl<'de> Visitor<'de> for FlagVisitor {
    type Value = Flag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Flag, E> {
        Ok(Flag(Some(value)))
    }

    ignore_kinds!(Flag(None) => number, text, null, list, object);
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor)
    }
}

struct MaybeVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MaybeVisitor<T> {
    type Value = Maybe<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Maybe<T>, A::Error> {
        T::deserialize(de::value::MapAccessDeserializer::new(object)).map(|value| Maybe(Some(value)))
    }

    ignore_kinds!(Maybe(None) => bool, number, text, null, list);
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MaybeVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<T>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            entries.push(entry);
        }
        Ok(List(entries))
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
        let mut entries = Vec::new();
        while let Some((key, value)) = object.next_entry::<String, T>()? {
            entries.push((key.into(), value));
        }
        Ok(Entries(entries))
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
        let wrapped = Wrapped::<T>::deserialize(de::value::MapAccessDeserializer::new(object))?;
        Ok(Values(wrapped.values.0))
    }

    ignore_kinds!(Values(Vec::new()) => bool, number, text, null);
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Values<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValuesVisitor(PhantomData))
    }
}

/// One entry of [`Pairs`], in either form.
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
        let pair = KeyValue::deserialize(de::value::MapAccessDeserializer::new(object))?;
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

    ignore_kinds!(Pairs(Vec::new()) => bool, number, text, null);
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, serde::Deserialize, PartialEq)]
    #[serde(default)]
    struct Shape {
        id: Text,
        count: Int,
        on: Flag,
        child: Maybe<Inner>,
        list: List<Text>,
        vars: Entries<Text>,
        tags: Pairs,
        values: Values<Text>,
    }

    #[derive(Debug, Default, serde::Deserialize, PartialEq)]
    #[serde(default)]
    struct Inner {
        name: Text,
    }

    fn read(json: &str) -> Shape {
        serde_json::from_str(json).expect("lenient types take every well-formed JSON")
    }

    #[test]
    fn numbers_and_texts_stand_for_each_other() {
        let shape = read(r#"{"id":4509372106539008,"count":"12","unknown":[{}]}"#);
        assert_eq!(shape.id.as_deref(), Some("4509372106539008"));
        assert_eq!(shape.count, Int(Some(12)));
        assert_eq!(read(r#"{"count":3.9}"#).count, Int(Some(3)));
    }

    #[test]
    fn pairs_and_values_come_in_several_forms() {
        let pairs = |json: &str| read(&format!(r#"{{"tags":{json}}}"#)).tags.0;
        assert_eq!(pairs(r#"[["a","b"],["c",null],null,["d"]]"#), [("a".into(), "b".into())]);
        assert_eq!(pairs(r#"[{"key":"a","value":"b"}]"#), pairs(r#"{"a":"b"}"#));
        assert_eq!(read(r#"{"values":["a"]}"#).values, read(r#"{"values":{"values":["a"]}}"#).values);
    }

    #[test]
    fn each_member_survives_each_kind_of_value() {
        let kinds = [
            "null",
            "true",
            "1",
            "-1.5",
            "1e300",
            r#""x""#,
            "[]",
            "[null,[1],{}]",
            "{}",
            r#"{"a":{"b":[1]}}"#,
        ];
        for member in ["id", "count", "on", "child", "list", "vars", "tags", "values"] {
            for kind in kinds {
                read(&format!(r#"{{"{member}":{kind}}}"#));
            }
        }
        assert_eq!(read(r#"{"child":7,"list":{},"on":"yes"}"#), Shape::default());
    }
}
