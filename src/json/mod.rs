//! Readers for JSON in which every member may be null, missing or of another type.
//!
//! Sentry's schema allows null for almost every member. Ids are numbers in some payloads and texts in others, and old
//! SDKs differ again. Each reader keeps the kinds of value that it knows and reads all others as absent. No reader
//! fails on well-formed JSON, and no reader allocates memory for a subtree that it does not keep.
//!
//! All code of the function parses JSON with `serde_json::from_slice`, and none with `from_str`. The compiler generates the
//! code of every type once for each of these functions, so a second one costs about 0.2 MB.

/// Implements the visitor methods for kinds of JSON value that a reader does not keep. They return a default value.
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

mod collections;
mod content;
mod members;
mod nested;
mod repair;
mod scalars;
mod summary;

pub use nested::Leaves;
pub use repair::read;
pub use summary::Summary;

use crate::domain::text::Untrusted;

/// A text. Numbers and booleans are kept in their JSON form. Every other value is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(pub Option<Box<str>>);

impl Text {
    /// Returns the text unless it is missing or blank.
    #[must_use]
    pub fn as_deref(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.trim().is_empty())
    }

    /// Returns the text by value unless it is missing or blank.
    #[must_use]
    pub fn into_option(self) -> Option<Box<str>> {
        self.0.filter(|text| !text.trim().is_empty())
    }

    /// Returns the text as [`Untrusted`] unless it is missing or blank.
    #[must_use]
    pub fn untrusted(self) -> Option<Untrusted> {
        self.into_option().map(Untrusted::new)
    }
}

/// A whole number. A text that holds a number is read, too. The decimals of a float are dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Int(pub Option<i64>);

impl Int {
    /// Returns the number unless it is missing or negative.
    #[must_use]
    pub fn non_negative(self) -> Option<u64> {
        self.0.and_then(|n| u64::try_from(n).ok())
    }
}

/// A value of any kind together with its members, each read as `T`. `Nested<Nested<Summary>>` reads two levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nested<T> {
    /// The value without its members.
    pub summary: Summary,
    /// The first members. The name is the key of an object's member, and `[0]`, `[1]`, … for the elements of a list.
    pub members: Vec<(Box<str>, T)>,
}

impl<T> Default for Nested<T> {
    fn default() -> Self {
        Self { summary: Summary("null".into()), members: Vec::new() }
    }
}

/// A boolean. Every other value is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flag(pub Option<bool>);

/// An object of a known shape. Every other value is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lenient<T>(pub Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// A list. Every other value is an empty list. The type of the elements decides what it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// The entries of an object in their order. Every other value has no entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<T>(pub Vec<(Box<str>, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// A list, either bare or wrapped as `{"values": […]}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values<T>(pub Vec<T>);

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Pairs of texts: `[["k","v"]]`, `[{"key":"k","value":"v"}]`, `{"k":"v"}` or `"k=v&l=w"`. A pair without a key or
/// without a value is dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs(pub Vec<(Box<str>, Box<str>)>);

/// A value that is an object in some payloads and a list in others. Every other value is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content<T, U> {
    /// The object, if the value is one.
    pub object: Option<T>,
    /// The elements, if the value is a list.
    pub list: Vec<U>,
}

impl<T, U> Default for Content<T, U> {
    fn default() -> Self {
        Self { object: None, list: Vec::new() }
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
        child: Lenient<Inner>,
        list: List<Text>,
        vars: Entries<Text>,
        tags: Pairs,
        values: Values<Text>,
        content: Content<Inner, Text>,
    }

    #[derive(Debug, Default, serde::Deserialize, PartialEq)]
    #[serde(default)]
    struct Inner {
        name: Text,
    }

    fn read(json: &str) -> Shape {
        let shape: Lenient<Shape> = super::read(json).expect("lenient types take every well-formed JSON");
        shape.0.expect("an object")
    }

    #[test]
    fn numbers_and_texts_stand_for_each_other() {
        let shape = read(r#"{"id":4509372106539008,"count":"12","unknown":[{}]}"#);
        assert_eq!(shape.id.as_deref(), Some("4509372106539008"));
        assert_eq!(shape.count, Int(Some(12)));
        assert_eq!(read(r#"{"count":3.9}"#).count, Int(Some(3)));
    }

    /// A struct with a flattened rest, which does not name its fields.
    #[derive(Debug, Default, serde::Deserialize, PartialEq)]
    #[serde(default)]
    struct Rest {
        name: Text,
        #[serde(flatten)]
        others: Entries<Text>,
    }

    #[test]
    fn of_repeated_members_the_first_counts() {
        let shape = read(r#"{"id":"a","id":"b","child":{"name":"c","name":"d"},"x":1,"x":2,"id":[]}"#);
        assert_eq!(
            shape,
            Shape { child: Lenient(Some(Inner { name: text("c") })), id: text("a"), ..Shape::default() }
        );
        let rest: Lenient<Rest> =
            serde_json::from_str(r#"{"name":"a","b":"c","name":"d","b":"e"}"#).expect("an object");
        let others = Entries(vec![("b".into(), text("c"))]);
        assert_eq!(rest.0, Some(Rest { name: text("a"), others }));
    }

    fn text(text: &str) -> Text {
        Text(Some(text.into()))
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
        for member in ["id", "count", "on", "child", "list", "vars", "tags", "values", "content"] {
            for kind in kinds {
                read(&format!(r#"{{"{member}":{kind}}}"#));
            }
        }
        assert_eq!(read(r#"{"child":7,"list":{},"on":"yes"}"#), Shape::default());
    }
}
