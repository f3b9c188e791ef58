//! Readers for JSON in which every member may be null, missing or of another type.
//!
//! Sentry's schema allows null for almost every member. Ids are numbers in some payloads and texts in others, and old
//! SDKs differ again. Each reader keeps the kinds of value that it knows and reads all others as absent. No reader
//! fails on well-formed JSON, and no reader allocates memory for a subtree that it does not keep.
//!
//! Code of the Lambda function parses JSON with `serde_json::from_slice` and not with `from_str`. The compiler
//! generates the code of every type once for each of these functions, so the second one makes the function larger.

/// Implements the visitor methods for kinds of JSON value that a reader does not keep. Each method returns the given
/// default value.
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
mod split;
mod summary;

pub use nested::{Leaf, Leaves};
pub use repair::read;
pub use summary::Summary;

use serde_json::Value;

use crate::domain::text::Untrusted;

/// Returns a member of parsed JSON as text, unless it is missing, blank or of another type.
#[must_use]
pub fn text(member: &Value) -> Option<&str> {
    member.as_str().filter(|text| !text.trim().is_empty())
}

/// Reads a string, a number or a boolean as text. A number is written in decimal digits without an exponent, and `1.0`
/// as `1`. Any other value is `None`.
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

/// Reads a whole number, also from a string that contains one. The decimals of a float are dropped. Any other value is
/// `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Int(pub Option<i64>);

impl Int {
    /// Returns the number unless it is missing or negative.
    #[must_use]
    pub fn non_negative(self) -> Option<u64> {
        self.0.and_then(|n| u64::try_from(n).ok())
    }
}

/// Reads a value of any kind together with its members, each as a `T`. `Nested<Nested<Summary>>` reads two levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nested<T> {
    /// The short form of the value. For an object or a list it is the number of members, such as `[… 3]`.
    pub summary: Summary,
    /// The first members (at most 24), each with its key in an object. An element of a list has no key.
    pub members: Vec<(Option<Box<str>>, T)>,
}

impl<T> Default for Nested<T> {
    fn default() -> Self {
        Self { summary: Summary("null".into()), members: Vec::new() }
    }
}

/// Reads a boolean. Any other value is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flag(pub Option<bool>);

/// Reads an object as a `T`. Any other value is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lenient<T>(pub Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// Reads a list, each element as a `T`. Any other value is an empty list. The middle of a list with more than 512
/// elements is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Reads the entries of an object in their order. Any other value has no entries. The middle of an object with more
/// than 512 entries is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<T>(pub Vec<(Box<str>, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Reads a list, either bare or wrapped as `{"values": […]}`. Any other value is an empty list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values<T>(pub Vec<T>);

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Reads pairs of texts: `[["k","v"]]`, `[{"key":"k","value":"v"}]`, `{"k":"v"}` or `"k=v&l=w"`. A pair without a key
/// or without a value is dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs(pub Vec<(Box<str>, Box<str>)>);

/// Reads an object: the members of the struct `T` by their names, and the first other members (at most 64), each as a
/// `U`. Any other value has no members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split<T, U> {
    /// The members that `T` has.
    pub known: T,
    /// The other members, in their order.
    pub others: Vec<(Box<str>, U)>,
}

impl<T: Default, U> Default for Split<T, U> {
    fn default() -> Self {
        Self { known: T::default(), others: Vec::new() }
    }
}

/// Reads a value that is an object in some payloads and a list in others. Any other value is neither.
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
    fn numbers_and_strings_are_read_interchangeably() {
        let shape = read(r#"{"id":4509372106539008,"count":"12","unknown":[{}]}"#);
        assert_eq!(shape.id.as_deref(), Some("4509372106539008"));
        assert_eq!(shape.count, Int(Some(12)));
        assert_eq!(read(r#"{"count":3.9}"#).count, Int(Some(3)));
    }

    #[test]
    fn the_first_of_repeated_members_counts() {
        let shape = read(r#"{"id":"a","id":"b","child":{"name":"c","name":"d"},"x":1,"x":2,"id":[]}"#);
        assert_eq!(
            shape,
            Shape { child: Lenient(Some(Inner { name: text("c") })), id: text("a"), ..Shape::default() }
        );
        let split: Split<Inner, Text> =
            serde_json::from_str(r#"{"name":"a","b":"c","name":"d","b":"e"}"#).expect("an object");
        let others = vec![("b".into(), text("c"))];
        assert_eq!(split, Split { known: Inner { name: text("a") }, others });
    }

    #[test]
    fn an_object_is_split_into_known_and_other_members() {
        let split = |json: &str| serde_json::from_str::<Split<Inner, Text>>(json).expect("any JSON");
        let read = split(r#"{"b":1,"name":"a","c":[],"d":"e"}"#);
        let others = vec![("b".into(), text("1")), ("c".into(), Text(None)), ("d".into(), text("e"))];
        assert_eq!(read, Split { known: Inner { name: text("a") }, others });
        let many: Vec<String> = (0..200).map(|at| format!("\"k{at}\":{at}")).collect();
        let many = split(&format!("{{{},\"name\":\"a\"}}", many.join(",")));
        assert_eq!((many.known, many.others.len()), (Inner { name: text("a") }, 64));
        for other in ["null", "true", "1", "\"x\"", "[1]"] {
            assert_eq!(split(other), Split::default(), "{other}");
        }
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
    fn a_member_of_any_json_type_causes_no_error() {
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
