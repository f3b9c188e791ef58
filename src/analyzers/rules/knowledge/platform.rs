//! The platform of an event, such as `python`, and its host: the kind of machine. The same exception has different
//! causes in a browser, on a server and on a phone.

use serde::Deserialize;

use crate::domain::event::Event;
use crate::domain::evidence::Evidence;
use crate::domain::text::Untrusted;

/// The kind of machine on which the program runs. The advice of the knowledge base depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Host {
    /// A server, a container or a job.
    Server,
    /// A page in a browser.
    Browser,
    /// A user's phone, computer or console.
    Device,
}

/// The platform of an event, by its name in the knowledge base, and the kind of machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Platform<'a> {
    pub(super) name: &'a str,
    pub(super) host: Host,
}

/// At most this many stack frames are read to find the platform.
const FRAMES: usize = 50;

impl<'a> Platform<'a> {
    /// Returns the platform of the event, or the platform of the Sentry project if the event has none. If this platform
    /// is unknown or `native`, the extension of a source file decides.
    pub(super) fn of(evidence: &'a Evidence) -> Self {
        let event = evidence.event.as_ref();
        let sdk = event.and_then(|event| event.sdk.as_ref()).map(Untrusted::raw).unwrap_or_default();
        let own = event.and_then(|event| event.platform.as_ref()).map(Untrusted::raw);
        // Flutter's SDK sends the platform `other`, but the SDK's name contains the platform.
        let by_sdk = sdk.split('.').nth(1);
        let named = own.filter(|name| *name != "other").or(by_sdk).or(own);
        let named = named.or(evidence.issue.platform.as_ref().map(Untrusted::raw));
        let by_file = event.filter(|_| named.is_none_or(|name| name == "native")).and_then(by_file);
        let named = by_file.or(named).unwrap_or_default();
        let name = match name(named) {
            "javascript" if event.is_some_and(|event| runs_in_node(event, sdk)) => "node",
            other => other,
        };
        Self { name, host: host(name, event, sdk) }
    }

    /// Returns the platform with this name, which can have a host, such as `python@device`.
    #[cfg(test)]
    pub(super) fn named(text: &'a str) -> Self {
        let (text, is_device) = text.split_once('@').map_or((text, false), |(text, _)| (text, true));
        let name = name(text);
        Self { name, host: if is_device { Host::Device } else { host(name, None, "") } }
    }
}

/// Returns the platform by the extension of the newest source file. Old SDKs of Sentry send no platform, and the SDK
/// for Rust sends `native`.
fn by_file(event: &Event) -> Option<&'static str> {
    let ending = |file: &Untrusted| {
        let (_, ending) = file.raw().rsplit_once('.')?;
        Some(match ending {
            "py" => "python",
            "rb" | "erb" => "ruby",
            "php" => "php",
            "js" | "jsx" | "ts" | "tsx" | "mjs" | "vue" => "javascript",
            "java" | "kt" | "scala" => "java",
            "go" => "go",
            "rs" => "rust",
            "cs" => "csharp",
            "ex" | "exs" => "elixir",
            "dart" => "dart",
            "swift" | "m" | "mm" => "cocoa",
            _ => return None,
        })
    };
    event.frames.iter().take(FRAMES).filter_map(|frame| frame.file.as_ref()).find_map(ending)
}

/// Returns the platform's name in the knowledge base: `javascript` for `javascript-react`, `cocoa` for `swift`.
fn name(named: &str) -> &str {
    match named.split('-').next().unwrap_or(named) {
        "objc" | "swift" | "apple" => "cocoa",
        "android" | "kotlin" => "java",
        "dotnet" => "csharp",
        "bun" | "deno" => "node",
        "flutter" => "dart",
        "c" => "native",
        other => other,
    }
}

/// Whether the program runs in Node or a similar server runtime. Sentry's SDKs for these runtimes can send the platform
/// `javascript`, as the SDK for browsers does.
fn runs_in_node(event: &Event, sdk: &str) -> bool {
    const SERVERS: &[&str] = &["node", "nestjs", "express", "serverless", "bun", "deno", "cloudflare"];
    let runtime = ["runtime.name", "runtime"].into_iter().find_map(|key| event.tag(key)).map(Untrusted::raw);
    let is_by_runtime = runtime.is_some_and(|name| SERVERS.iter().any(|server| name.starts_with(server)));
    let is_by_sdk = sdk.split(['.', '-']).any(|part| SERVERS.contains(&part));
    let mut files = event.frames.iter().take(FRAMES).filter_map(|frame| frame.file.as_ref());
    is_by_runtime || is_by_sdk || files.any(|file| file.raw().starts_with("node:"))
}

fn host(platform: &str, event: Option<&Event>, sdk: &str) -> Host {
    let tag = |key: &str| event.and_then(|event| event.tag(key)).map(Untrusted::raw);
    let system = tag("os.name").or(tag("os")).unwrap_or_default();
    let of_people = ["Android", "iOS", "iPadOS", "macOS", "Mac OS X", "Windows"];
    // Windows is a common server system for .NET only.
    let is_on_device = of_people.iter().any(|name| system.starts_with(name))
        && !(system.starts_with("Windows") && platform == "csharp");
    let names_device = ["electron", "react-native", "android", "unity", "flutter", "maui", "unreal"]
        .iter()
        .any(|name| sdk.contains(name));
    match platform {
        _ if names_device => Host::Device,
        "cocoa" | "dart" | "native" => Host::Device,
        "javascript" => Host::Browser,
        _ if is_on_device => Host::Device,
        "java" if event.is_some_and(is_android) => Host::Device,
        _ => Host::Server,
    }
}

fn is_android(event: &Event) -> bool {
    let mut modules = event.frames.iter().take(FRAMES).filter_map(|frame| frame.module.as_ref());
    modules.any(|module| module.raw().starts_with("android."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Frame;
    use crate::domain::ids::{IssueId, TagKey};

    fn of(platform: &str, sdk: &str, file: &str, system: &str) -> (String, Host) {
        let text = |text: &str| (!text.is_empty()).then(|| Untrusted::new(text));
        let tag = |value| (TagKey::parse("os.name").expect("a key"), value);
        let event = Event {
            platform: text(platform),
            sdk: text(sdk),
            frames: vec![Frame { file: text(file), ..Frame::default() }],
            tags: text(system).map(tag).into_iter().collect(),
            ..Event::default()
        };
        let evidence = Evidence::of_event(IssueId::parse("1").expect("an id"), Some(event));
        let Platform { name, host } = Platform::of(&evidence);
        (name.to_owned(), host)
    }

    #[test]
    fn browser_server_and_device_are_told_apart() {
        let cases = [
            (("javascript", "sentry.javascript.react", "app.js", ""), ("javascript", Host::Browser)),
            // In a browser event, the system is the visitor's.
            (("javascript", "sentry.javascript.react", "app.js", "Windows"), ("javascript", Host::Browser)),
            (("javascript", "sentry.javascript.nestjs", "app.js", ""), ("node", Host::Server)),
            (("javascript", "", "node:internal/timers", ""), ("node", Host::Server)),
            (("node", "sentry.javascript.electron", "app:///main.js", ""), ("node", Host::Device)),
            (("javascript", "sentry.javascript.react-native", "app.js", ""), ("javascript", Host::Device)),
            (("other", "sentry.dart.flutter", "package:shop/a.dart", ""), ("dart", Host::Device)),
            (("python", "sentry.python.django", "shop/a.py", "Linux"), ("python", Host::Server)),
            (("python", "sentry.python", "shop/a.py", "macOS"), ("python", Host::Device)),
            (("csharp", "sentry.dotnet.aspnetcore", "A.cs", "Windows"), ("csharp", Host::Server)),
            (("csharp", "sentry.dotnet.unity", "A.cs", "Windows"), ("csharp", Host::Device)),
            (("", "", "shop/cart.rb", ""), ("ruby", Host::Server)),
            (("native", "sentry.rust", "src/cart.rs", ""), ("rust", Host::Server)),
            (("native", "sentry.native", "src/cart.cpp", ""), ("native", Host::Device)),
        ];
        for ((platform, sdk, file, system), (name, host)) in cases {
            assert_eq!(of(platform, sdk, file, system), (name.to_owned(), host), "{platform} {sdk} {system}");
        }
    }
}
