//! The parts of a Sentry event other than its stack: feature flags, extra values, contexts, the request and packages.

use super::{Contexts, Interface};
use crate::domain::attribute::{Attribute, AttributeKind};
use crate::domain::event::Event;
use crate::domain::text::Untrusted;
use crate::json::{Entries, Leaf, Leaves, Nested, Summary, Text};

/// A JSON value of any kind, read two levels deep.
pub(crate) type Deep = Nested<Nested<Summary>>;
/// A context of an event, read three levels deep, because its values are one level below its name.
pub(super) type Context = Nested<Deep>;

/// At most this many attributes of one kind are kept.
const MOST: usize = 60;
/// At most this many packages are kept.
const PACKAGES: usize = 300;
/// The names of contexts that contain only ids of other records and explain nothing about the failure.
const ONLY_IDS: &[&str] = &["trace", "replay", "profile", "otel"];

/// The parts of an event other than its stack. Webhooks and the Sentry API store them in different places.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) contexts: Option<Contexts>,
    pub(crate) extra: Entries<Deep>,
    pub(crate) packages: Entries<Text>,
    pub(crate) request: Option<Interface>,
}

impl Parts {
    /// Adds the user feedback, the id of the replay, the attributes and the request to the event.
    pub(crate) fn add_to(mut self, event: &mut Event) {
        self.contexts.get_or_insert_default().add_to(event);
        let mut request = self.request.take();
        event.attributes = attributes(self, request.as_mut());
        event.request = request.map(Interface::request);
    }
}

/// Returns the attributes of all kinds, the most useful kinds first.
fn attributes(parts: Parts, interface: Option<&mut Interface>) -> Vec<Attribute> {
    let (flags, contexts) = contexts(parts.contexts);
    let request = interface.map(request).unwrap_or_default();
    let mut extra = Vec::new();
    parts.extra.0.iter().for_each(|(name, value)| value.append(name, MOST, &mut extra));
    let packages = parts.packages.0.into_iter();
    let packages = packages.filter_map(|(name, version)| Some(leaf(name, version.0?))).collect();
    let kinds = [
        (AttributeKind::Flag, flags, MOST),
        (AttributeKind::Request, request, MOST),
        (AttributeKind::Extra, extra, MOST),
        (AttributeKind::Context, contexts, MOST),
        (AttributeKind::Package, packages, PACKAGES),
    ];
    let each = |(kind, leaves, most): (AttributeKind, Vec<Leaf>, usize)| {
        let named = move |leaf: Leaf| Attribute { kind, value: leaf.value, name: Untrusted::new(leaf.path) };
        leaves.into_iter().take(most).map(named)
    };
    kinds.into_iter().flat_map(each).collect()
}

/// Returns a value that is not inside another one. If its name denotes a secret, the value is redacted when it is
/// shown.
fn leaf(name: impl Into<Box<str>>, value: Box<str>) -> Leaf {
    let path: Box<str> = name.into();
    Leaf { value: Untrusted::new(value).under(&path), path }
}

/// Splits the contexts into feature flags and at most [`MOST`] other values. The contexts in [`ONLY_IDS`] and the members called
/// `type` are left out.
fn contexts(contexts: Option<Contexts>) -> (Vec<Leaf>, Vec<Leaf>) {
    let (mut flags, mut others) = (Vec::new(), Vec::new());
    for (name, context) in contexts.unwrap_or_default().others {
        if &*name == "flags" {
            flags = evaluated(&context.named(""));
        } else if !ONLY_IDS.contains(&&*name) {
            // One value more than is kept, because the member `type` is left out.
            let mut told = Vec::new();
            context.append(&name, MOST - others.len() + 1, &mut told);
            let is_kept = |leaf: &Leaf| !matches!(leaf.path.rsplit_once('.'), Some((_, "type")));
            others.extend(told.into_iter().filter(is_kept).take(MOST - others.len()));
        }
    }
    (flags, others)
}

/// Returns the name and the result of each feature flag that has a result. The first flag's name is in the value
/// `values[0].flag`, and its result is in `values[0].result`.
fn evaluated(leaves: &[Leaf]) -> Vec<Leaf> {
    let find = |path: String| leaves.iter().find(|leaf| *leaf.path == *path).map(|leaf| leaf.value.raw());
    let flags = leaves.iter().filter_map(|flag| {
        let at = flag.path.strip_suffix(".flag")?;
        Some(leaf(flag.value.raw(), find(format!("{at}.result"))?.into()))
    });
    flags.collect()
}

/// Returns the query and the body of an HTTP request. A body that is JSON inside a string is parsed, so that the values
/// under keys such as `password` are redacted.
fn request(interface: &mut Interface) -> Vec<Leaf> {
    let [stored, api] = [&mut interface.query_string, &mut interface.query].map(std::mem::take);
    let query = stored.0.into_iter().chain(api.0).map(|(name, value)| leaf(format!("query.{name}"), value));
    let body = std::mem::take(&mut interface.data);
    let parsed = serde_json::from_slice::<Deep>(body.summary.0.as_bytes()).ok();
    let parsed = parsed.filter(|_| body.members.is_empty());
    let has_value = |deep: &Deep| !deep.members.is_empty() || &*deep.summary.0 != "null";
    let body = parsed.filter(has_value).unwrap_or(body);
    let mut leaves: Vec<Leaf> = query.collect();
    if has_value(&body) {
        body.append("body", MOST, &mut leaves);
    }
    leaves
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

    #[test]
    fn values_beyond_the_limit_are_not_flattened() {
        let list = |of: &str| format!("[{}]", vec![of; 24].join(","));
        let deep = list(&list(&list("1")));
        let json = format!(
            r#"{{"contexts": {{"type": {{"type": "a"}}, "a": {deep}, "b": {deep}}},
            "extra": {{"c": {deep}, "d": {deep}}}, "request": {{"data": {deep}}}}}"#
        );
        let mut wire: Wire = serde_json::from_str(&json).expect("an event");
        assert_eq!(contexts(wire.contexts.0.take()).1.len(), MOST);
        assert_eq!(request(&mut wire.request).len(), MOST);
        let of = |kind: &str| pairs(&json).iter().filter(|pair| pair.starts_with(kind)).count();
        assert_eq!(["context", "extra", "request"].map(of), [MOST; 3]);
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
    fn flags_requests_extra_contexts_and_packages_become_attributes() {
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
