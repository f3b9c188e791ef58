//! The packages that many programs depend on. The file `packages.txt` has one list per ecosystem, each with its source.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The lists of `packages.txt`, by the part of a stack frame with which their names are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ecosystem {
    /// Beginnings of the modules of runtimes and platforms.
    Runtime,
    /// Beginnings of the functions of runtimes whose frames have no file.
    Symbol,
    /// Crates of the Rust distribution and of Sentry's SDK for Rust.
    RuntimeCrate,
    /// Crates of other Rust libraries.
    Crate,
    /// Beginnings of the modules of libraries, such as .NET namespaces and Elixir modules.
    Module,
    /// Files (images) of native libraries.
    Image,
    /// Files (images) of the native libraries of Apple's platforms.
    RuntimeImage,
    /// Packages of Python.
    Python,
    /// Packages of Dart and Flutter.
    Dart,
    /// Hosts that serve scripts of third parties to browsers.
    Host,
}

impl Ecosystem {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "runtime" => Self::Runtime,
            "symbol" => Self::Symbol,
            "runtime-crate" => Self::RuntimeCrate,
            "crate" => Self::Crate,
            "module" => Self::Module,
            "image" => Self::Image,
            "runtime-image" => Self::RuntimeImage,
            "python" => Self::Python,
            "dart" => Self::Dart,
            "host" => Self::Host,
            _ => return None,
        })
    }

    /// Whether the names are beginnings of modules or functions.
    fn has_beginnings(self) -> bool {
        matches!(self, Self::Runtime | Self::Symbol | Self::Module)
    }
}

/// The sorted list of each ecosystem. In a list of beginnings, no name begins with another one.
static PACKAGES: LazyLock<BTreeMap<Ecosystem, Vec<&'static str>>> = LazyLock::new(|| {
    let mut lists: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    let lines = include_str!("packages.txt").lines().filter(|line| !line.starts_with('#'));
    for (ecosystem, names) in lines.filter_map(|line| line.split_once(": ")) {
        if let Some(ecosystem) = Ecosystem::parse(ecosystem) {
            lists.entry(ecosystem).or_default().extend(names.split_ascii_whitespace());
        }
    }
    for (ecosystem, names) in &mut lists {
        names.sort_unstable();
        if ecosystem.has_beginnings() {
            names.dedup_by(|name, before| name.starts_with(*before));
        }
    }
    lists
});

fn names(ecosystem: Ecosystem) -> &'static [&'static str] {
    PACKAGES.get(&ecosystem).map(Vec::as_slice).unwrap_or_default()
}

/// Whether the list of this ecosystem contains `name`.
pub(super) fn holds(ecosystem: Ecosystem, name: &str) -> bool {
    !name.is_empty() && names(ecosystem).binary_search(&name).is_ok()
}

/// Whether `text` begins with a name in the list of this ecosystem, which is a list of beginnings.
pub(super) fn begins(ecosystem: Ecosystem, text: &str) -> bool {
    let names = names(ecosystem);
    // If `text` begins with a name, no other name is between the two in alphabetical order.
    let after = names.partition_point(|name| *name <= text);
    names.iter().take(after).next_back().is_some_and(|name| text.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_list_is_valid_and_has_no_duplicates() {
        for line in
            include_str!("packages.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            let (ecosystem, _) = line.split_once(": ").expect("an ecosystem");
            assert!(Ecosystem::parse(ecosystem).is_some(), "{line}");
        }
        for names in PACKAGES.values() {
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        }
    }

    #[test]
    fn a_text_is_found_by_its_beginning() {
        for (text, is_found) in [
            ("java.util.List", true),
            ("Unity.Jobs", true),
            ("UnityEngine.Debug", true),
            ("System.Int32", true),
            ("Systems.Shop", false),
            ("Unity", false),
            ("jav", false),
            ("javax", false),
            ("zzz", false),
            ("", false),
        ] {
            assert_eq!(begins(Ecosystem::Runtime, text), is_found, "{text}");
        }
    }
}
