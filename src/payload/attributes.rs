//! The data of an event beside its stack: feature flags, extra values, contexts, the request and packages.

use super::{Contexts, Interface};
use crate::domain::attribute::{Attribute, AttributeKind};
use crate::domain::event::Event;
use crate::domain::text::Untrusted;
use crate::json::{Entries, Leaves, Nested, Summary, Text};

/// A value of any kind, read two levels deep.
pub(crate) type Deep = Nested<Nested<Summary>>;
/// A context, read three levels deep, because its values are one level below its name.
pub(super) type Context = Nested<Deep>;

/// The number of attributes of one kind that are kept.
const MOST: usize = 60;
/// The number of packages that are kept.
const PACKAGES: usize = 300;
/// Contexts that hold only ids of other records and explain nothing about the failure.
const ONLY_IDS: &[&str] = &["trace", "replay", "profile", "otel"];

/// The parts of an event beside its stack. Webhooks and the API store them in different places.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) contexts: Option<Contexts>,
    pub(crate) extra: Entries<Deep>,
    pub(crate) packages: Entries<Text>,
    pub(crate) request: Option<Interface>,
}

impl Parts {
    /// Adds the feedback, the replay, the attributes and the request to the event.
    pub(crate) fn add_to(mut self, event: &mut Event) {
        self.contexts.get_or_insert_default().add_to(event);
        let mut request = self.request.take();
        event.attributes = attributes(self, request.as_mut());
        event.request = request.map(Interface::request);
    }
}

/// Returns all attributes, the most useful kinds first.
fn attributes(parts: Parts, interface: Option<&mut Interface>) -> Vec<Attribute> {
    let (flags, contexts) = contexts(parts.contexts);
    let request = interface.map(request).unwrap_or_default();
    let extra = parts.extra.0.into_iter().flat_map(|(name, value)| leaves(name.into(), value)).collect();
    let packages = parts.packages.0.into_iter();
    let packages = packages.filter_map(|(name, version)| Some((String::from(name), version.0?))).collect();
    let kinds = [
        (AttributeKind::Flag, flags, MOST),
        (AttributeKind::Request, request, MOST),
        (AttributeKind::Extra, extra, MOST),
        (AttributeKind::Context, contexts, MOST),
        (AttributeKind::Package, packages, PACKAGES),
    ];
    let each = |(kind, pairs, most): (AttributeKind, Pairs, usize)| {
        let named = move |(name, value): (String, Box<str>)| Attribute {
            kind,
            value: Untrusted::new(value).under(&name),
            name: Untrusted::new(name.into_boxed_str()),
        };
        pairs.into_iter().take(most).map(named)
    };
    kinds.into_iter().flat_map(each).collect()
}

type Pairs = Vec<(String, Box<str>)>;

/// Returns the innermost values of `value` with their paths. Every path begins with `name`.
pub(super) fn leaves(name: String, value: impl Leaves) -> Pairs {
    let mut out = Vec::new();
    value.leaves(name, &mut out);
    out
}

/// Splits the contexts into feature flags and all others.
fn contexts(contexts: Option<Contexts>) -> (Pairs, Pairs) {
    let (mut flags, mut others) = (Vec::new(), Vec::new());
    for (name, context) in contexts.map(Contexts::named).unwrap_or_default() {
        if &*name == "flags" {
            flags = evaluated(&leaves(String::new(), context));
        } else if !ONLY_IDS.contains(&&*name) {
            let pairs = leaves(name.into(), context);
            others.extend(
                pairs.into_iter().filter(|(path, _)| !matches!(path.rsplit_once('.'), Some((_, "type")))),
            );
        }
    }
    (flags, others)
}

/// Joins `values[0].flag` and `values[0].result` to a pair of a flag's name and its result.
fn evaluated(leaves: &[(String, Box<str>)]) -> Pairs {
    let find = |path: String| leaves.iter().find(|(name, _)| *name == path).map(|(_, value)| value.clone());
    let flags = leaves.iter().filter_map(|(path, flag)| {
        let at = path.strip_suffix(".flag")?;
        Some((flag.to_string(), find(format!("{at}.result"))?))
    });
    flags.collect()
}

/// Returns the query and the body of a request. A body that is JSON inside a text is parsed, so that each value is
/// scrubbed by its name.
fn request(interface: &mut Interface) -> Pairs {
    let [stored, api] = [&mut interface.query_string, &mut interface.query].map(std::mem::take);
    let query = stored.0.into_iter().chain(api.0).map(|(name, value)| (format!("query.{name}"), value));
    let body = std::mem::take(&mut interface.data);
    let parsed = serde_json::from_slice::<Deep>(body.summary.0.as_bytes()).ok();
    let parsed = parsed.filter(|_| body.members.is_empty());
    let has_value = |deep: &Deep| !deep.members.is_empty() || &*deep.summary.0 != "null";
    let body = parsed.filter(has_value).unwrap_or(body);
    let body = if has_value(&body) { leaves("body".to_owned(), body) } else { Vec::new() };
    query.chain(body).collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Wire {
        contexts: crate::json::Lenient<Contexts>,
        extra: Entries<Deep>,
        modules: Entries<Text>,
        request: Interface,
    }

    fn pairs(json: &str) -> Vec<String> {
        let wire: Wire = serde_json::from_str(json).expect("an event");
        let mut event = Event::default();
        let parts = Parts {
            contexts: wire.contexts.0,
            extra: wire.extra,
            packages: wire.modules,
            request: Some(wire.request),
        };
        parts.add_to(&mut event);
        event
            .attributes
            .iter()
            .map(|it| format!("{} {}={}", it.kind.name(), it.name.raw(), it.value.raw()))
            .collect()
    }

    #[test]
    fn everything_that_came_along_has_a_name() {
        let json = r#"{"modules": {"django": "5.1"}, "extra": {"customer": null, "cart": {"items": [1], "total": 3}},
            "contexts": {"flags": {"values": [{"flag": "new-checkout", "result": true}, {"flag": "odd"}]},
              "os": {"type": "os", "name": "iOS"}, "trace": {"trace_id": "7"}, "rust": {"channel": "stable"}},
            "request": {"method": "POST", "query_string": "page=2&q[]=lamp", "data": "{\"code\": \"ZERO\"}"}}"#;
        assert_eq!(
            pairs(json),
            [
                "flag new-checkout=true",
                "request query.page=2",
                "request query.q[]=lamp",
                "request body.code=ZERO",
                "extra customer=null",
                "extra cart.items[0]=1",
                "extra cart.total=3",
                "context os.name=iOS",
                "package django=5.1",
            ]
        );
        assert_eq!(
            pairs(r#"{"request": {"query_string": [["a", "b"]], "data": {"x": {"y": 1}}}}"#),
            ["request query.a=b", "request body.x.y=1"]
        );
        assert_eq!(pairs(r#"{"request": {"data": "plain text"}}"#), ["request body=plain text"]);
        assert_eq!(pairs(r#"{"request": {}, "contexts": 7, "extra": null, "modules": []}"#), [] as [&str; 0]);
    }
}
