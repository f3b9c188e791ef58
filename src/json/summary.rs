//! [`Summary`]: the short form of a value of any kind.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::domain::text::Untrusted;

/// A value of any kind in short: `7`, `None`, `null`, `""`, `[]`, `[… 3]` for a list of three, `{… 2}` for two
/// members.
///
/// The elements of lists and the members of objects are dropped, because they are data of the reported program and
/// often personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary(pub Box<str>);

impl Summary {
    /// Summarizes a list by the number of its elements.
    pub(super) fn list(count: usize) -> Self {
        Self(if count == 0 { "[]".into() } else { format!("[… {count}]").into() })
    }

    /// Summarizes an object by the number of its members.
    pub(super) fn object(count: usize) -> Self {
        Self(if count == 0 { "{}".into() } else { format!("{{… {count}}}").into() })
    }

    /// Returns the summary as [`Untrusted`].
    #[must_use]
    pub fn untrusted(self) -> Untrusted {
        Untrusted::new(self.0)
    }
}

struct SummaryVisitor;

impl SummaryVisitor {
    fn of(value: impl fmt::Display) -> Summary {
        Summary(value.to_string().into())
    }
}

impl<'de> Visitor<'de> for SummaryVisitor {
    type Value = Summary;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Summary, E> {
        Ok(Summary(if text.is_empty() { "\"\"" } else { text }.into()))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Summary, E> {
        Ok(Self::of(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Summary, E> {
        Ok(Self::of(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Summary, E> {
        Ok(Self::of(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Summary, E> {
        Ok(Self::of(value))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Summary, E> {
        Ok(Summary("null".into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Summary, A::Error> {
        let mut count = 0_usize;
        while list.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Summary::list(count))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Summary, A::Error> {
        let mut count = 0_usize;
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Summary::object(count))
    }
}

impl<'de> Deserialize<'de> for Summary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SummaryVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::Summary;

    #[test]
    fn every_kind_of_value_has_a_summary() {
        let cases = [
            ("null", "null"),
            ("true", "true"),
            ("-7", "-7"),
            ("1.5", "1.5"),
            (r#""""#, "\"\""),
            (r#""None""#, "None"),
            ("[]", "[]"),
            (r#"[1,{"a":[]},null]"#, "[… 3]"),
            ("{}", "{}"),
            (r#"{"password":"hunter2"}"#, "{… 1}"),
        ];
        for (json, summary) in cases {
            let read: Summary = serde_json::from_str(json).expect("every well-formed JSON has a summary");
            assert_eq!(&*read.0, summary);
        }
    }
}
