//! Compares several events of one issue and finds the values that they share.

use std::collections::BTreeMap;

use super::attribute::{AttributeKind, is_nothing};
use super::event::Event;
use super::order::sorted_by_key;
use super::text::Untrusted;

/// At most this many comparisons are kept.
const MOST: usize = 24;
/// At most this many different values of one name are kept.
const VALUES: usize = 3;
/// The longest value that is compared, in bytes. Longer values are usually different in every event.
const LONGEST: usize = 200;

/// A name that occurs in all compared events, with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The name, preceded by the kind of value, such as `extra customer_id` or `variable coupon`.
    pub name: Untrusted,
    /// The values with the number of events that have them, the most frequent first.
    pub values: Vec<(Untrusted, u64)>,
    /// The number of different values, including those that are not in `values`.
    pub different: usize,
    /// The number of compared events.
    pub events: u64,
}

impl Comparison {
    /// Returns the value if all events have the same value.
    #[must_use]
    pub fn same(&self) -> Option<&Untrusted> {
        self.values.first().map(|(value, _)| value).filter(|_| self.different == 1)
    }

    /// Whether the value is empty in all events.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.same().is_some_and(is_nothing)
    }

    /// Returns the sort key of comparisons: values that are empty in all events come first, then values that are the
    /// same in all events, then the others by the number of different values.
    fn weight(&self) -> (bool, usize) {
        (!self.is_nothing(), self.different)
    }
}

/// Returns the names that occur in all events, with their values: at most 24 names. Fewer than two events give no
/// comparisons.
#[must_use]
pub fn compare(events: &[Event]) -> Vec<Comparison> {
    if events.len() < 2 {
        return Vec::new();
    }
    let mut seen: BTreeMap<String, Vec<&Untrusted>> = BTreeMap::new();
    for event in events {
        // Of several values with the same name the last one counts.
        let mut names: BTreeMap<String, &Untrusted> = BTreeMap::new();
        names.extend(values(event));
        for (name, value) in names {
            seen.entry(name).or_default().push(value);
        }
    }
    let in_all = seen.into_iter().filter(|(_, values)| values.len() == events.len());
    let found = in_all.filter_map(|(name, values)| comparison(name, &values));
    let mut found = sorted_by_key(found, Comparison::weight);
    found.truncate(MOST);
    found
}

/// Returns the values of one event that are compared: the attributes except packages, and the variables of the newest
/// frame of the program's own code.
fn values(event: &Event) -> impl Iterator<Item = (String, &Untrusted)> {
    let own = event.frames.iter().find(|frame| frame.in_app);
    let locals = own.into_iter().flat_map(|frame| frame.locals.iter().chain(&frame.nested));
    let locals = locals.map(|(name, value)| (format!("variable {}", name.raw()), value));
    let attributes = event.attributes.iter().filter(|attribute| attribute.kind != AttributeKind::Package);
    let named = |kind: AttributeKind, name: &Untrusted| format!("{} {}", kind.name(), name.raw());
    let attributes = attributes.map(move |it| (named(it.kind, &it.name), &it.value));
    locals.chain(attributes).filter(|(_, value)| value.raw().len() <= LONGEST)
}

/// Counts the values of one name in all events. The result is `None` if each of three or more events has a different
/// value.
fn comparison(name: String, all: &[&Untrusted]) -> Option<Comparison> {
    let mut values: Vec<(Untrusted, u64)> = Vec::new();
    for value in all {
        match values.iter_mut().find(|(known, _)| known == *value) {
            Some((_, count)) => *count += 1,
            None => values.push(((*value).clone(), 1)),
        }
    }
    let mut values = sorted_by_key(values, |(_, count)| std::cmp::Reverse(*count));
    let different = values.len();
    values.truncate(VALUES);
    let events = u64::try_from(all.len()).ok()?;
    (different < all.len() || all.len() == 2).then(|| Comparison {
        name: Untrusted::new(name),
        values,
        different,
        events,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attribute::Attribute;
    use crate::domain::event::Frame;

    fn event(customer: &str, country: &str, coupon: &str) -> Event {
        let extra = |name: &str, value: &str| Attribute {
            kind: AttributeKind::Extra,
            name: Untrusted::new(name),
            value: Untrusted::new(value),
        };
        let locals = vec![(Untrusted::new("coupon"), Untrusted::new(coupon))];
        Event {
            attributes: vec![extra("customer", customer), extra("country", country)],
            frames: vec![Frame { in_app: true, locals, ..Frame::default() }],
            ..Event::default()
        }
    }

    fn lines(events: &[Event]) -> Vec<String> {
        let lines = compare(events).into_iter().map(|it| {
            let values: Vec<String> =
                it.values.iter().map(|(value, n)| format!("{} {n}", value.raw())).collect();
            format!("{}: {} of {}", it.name.raw(), values.join(", "), it.events)
        });
        lines.collect()
    }

    #[test]
    fn null_values_come_first_and_values_unique_to_each_event_are_left_out() {
        let events = [event("1", "TW", "null"), event("2", "TW", "null"), event("3", "JP", "null")];
        assert_eq!(lines(&events), ["variable coupon: null 3 of 3", "extra country: TW 2, JP 1 of 3"]);
        assert_eq!(lines(&events[..1]), [] as [&str; 0]);
        let without = Event::default();
        assert_eq!(lines(&[events[0].clone(), without]), [] as [&str; 0]);
    }
}
