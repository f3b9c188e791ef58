//! The owner of a stack frame's code: the program, a dependency or the runtime.
//!
//! Sentry's SDKs mark frames of the program with `in_app`. The mark is reliable if the default rules of an SDK know the
//! platform's folders. Browsers, Go and Dart mark nearly everything. Folders, schemes, hosts and package names
//! therefore decide first. In folders that the SDK excludes by default (`site-packages`, `node_modules` on a server),
//! `in_app` is trusted, because a person has set it there.

use super::facts::Facts;
use super::folders::{
    FilePath, holds, image, is_dependency_path, is_main_image, is_runtime_image, is_runtime_path, is_typed,
};
use super::packages::{self, Ecosystem};
use super::place::Unit;

/// The owner of a frame's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Owner {
    /// The program itself, as far as paths and names show. For such a frame, the mark `in_app` decides afterwards
    /// whether the code is the program's own code.
    Program,
    /// A package that the program depends on.
    Dependency,
    /// The language's runtime, the platform, an SDK, or generated code.
    Runtime,
    /// Code that was typed at a prompt or built from a string. It has no file.
    Typed,
}

impl Owner {
    /// Returns the owner of a frame's code, by the paths, the package and the names in the frame. The mark `in_app`
    /// decides only for the folders in `LEFT_OUT_BY_SDKS` in `folders.rs`.
    pub(in super::super) fn of(frame: &Facts<'_>) -> Self {
        let files = [frame.filename, frame.path].map(FilePath::of);
        let files = || files.iter().filter(|file| !file.path.is_empty());
        // .NET sends `<0000…>` as the file if there is no debug information.
        let has_file = frame.unit == Unit::Class;
        if !has_file && files().any(is_typed) {
            return Self::Typed;
        }
        let by_function = path_owner(frame);
        // The names are compared first, because that is faster than a search in the paths.
        if by_function == Some(Self::Runtime)
            || is_generated(frame)
            || is_runtime_name(frame)
            || is_runtime_image(frame.package)
            || files().any(is_runtime_path)
        {
            Self::Runtime
        } else if by_function == Some(Self::Dependency)
            || is_known_package(frame)
            || files().any(|file| is_dependency_path(file, frame.in_app))
            || (is_elixir(frame) && files().any(|file| holds(file.path, &["deps/"])))
        {
            Self::Dependency
        } else {
            Self::Program
        }
    }
}

/// Beginnings of the modules of Sentry's SDKs.
const SDK_MODULES: &[&str] =
    &["sentry_sdk.", "io.sentry.", "Sentry.", "Sentry\\", "Elixir.Sentry", "github.com/getsentry/"];
/// Folders and files of Sentry's SDKs, which can stand at any position of a path.
const SDK_FOLDERS: &[&str] =
    &["@sentry/", "@sentry-internal/", "raven.js", "raven.min.js", "getsentry/", "sentry_sdk/"];

/// Whether the frame is code of Sentry's SDK, which reports the error or wraps a function of the program.
pub(in super::super) fn is_sdk(frame: &Facts<'_>) -> bool {
    let path = frame.function.trim_start_matches(['<', '&']);
    let of_crate =
        path.split_once("::").is_some_and(|(name, _)| name == "sentry" || name.starts_with("sentry_"));
    of_crate
        || SDK_MODULES.iter().any(|begin| frame.module.starts_with(begin))
        || [frame.filename, frame.path].iter().any(|path| holds(path, SDK_FOLDERS))
}

/// Whether the code is generated, such as a proxy or an accessor. Lambdas of Scala and Kotlin also have `$$` in their
/// names, but are written by a person.
fn is_generated(frame: &Facts<'_>) -> bool {
    let is_lambda = || ["$$anonfun", "$$inlined"].iter().any(|mark| frame.module.contains(mark));
    (frame.module.contains("$$") && !is_lambda())
        || frame.module.contains("$Proxy")
        || frame.function.starts_with("access$")
}

/// Whether the name of the frame's module or function belongs to the runtime.
fn is_runtime_name(frame: &Facts<'_>) -> bool {
    (has_names(frame) && packages::begins(Ecosystem::Runtime, frame.module))
        || (frame.module == "runtime" && frame.unit == Unit::Package)
        || frame.module.starts_with("sentry_sdk.")
        || (!frame.in_app && frame.module.starts_with("io.sentry."))
}

fn is_known_package(frame: &Facts<'_>) -> bool {
    (has_names(frame) && packages::begins(Ecosystem::Module, frame.module))
        || packages::holds(Ecosystem::Dart, frame.package)
        || packages::holds(Ecosystem::Image, image(frame.package))
        // A package inside a package: `requests.packages.urllib3`.
        || (frame.ending == "py" && frame.module.contains(".packages."))
}

/// Whether the frame's language has module names that identify their packages, as Java, .NET and Elixir do.
fn has_names(frame: &Facts<'_>) -> bool {
    frame.unit == Unit::Class || is_elixir(frame)
}

/// Whether the frame is known to be the program's own code, on a platform whose SDK marks no frames.
pub(super) fn is_known_program(frame: &Facts<'_>) -> bool {
    is_elixir(frame) || is_main_image(frame.package)
}

/// Whether the frame is code of Elixir or Erlang.
pub(super) fn is_elixir(frame: &Facts<'_>) -> bool {
    matches!(frame.ending, "ex" | "exs" | "erl") || frame.module.starts_with("Elixir.")
}

/// Returns the owner of a function with a path, such as `shop::cart::total`. A method of a Rust trait belongs to the
/// crate of its type or of the trait: `<E as anyhow::Context>::context` belongs to the crate `anyhow`. Returns `None`
/// if the function has no path and is unknown.
fn path_owner(frame: &Facts<'_>) -> Option<Owner> {
    let function = frame.function;
    let path = function.trim_start_matches('<');
    let is_crate = match frame.ending {
        "rs" => true,
        ending => ending.is_empty() && frame.module.is_empty(),
    };
    if !is_crate || !function.contains("::") {
        return packages::begins(Ecosystem::Symbol, function).then_some(Owner::Runtime);
    }
    let Some((of, implemented)) = path.split_once(" as ").filter(|_| function.starts_with('<')) else {
        return Some(crate_owner(path));
    };
    match (crate_owner(of), crate_owner(implemented)) {
        _ if !of.contains("::") => Some(crate_owner(implemented)),
        (Owner::Program, _) | (Owner::Runtime, Owner::Program) => Some(Owner::Program),
        (Owner::Runtime, other) | (other, _) => Some(other),
    }
}

/// Returns the owner of the crate or namespace at the beginning of a path.
fn crate_owner(path: &str) -> Owner {
    let path = path.trim_start_matches(['&', '[', '(', '*', '<', ' ']);
    let path = path.trim_start_matches("dyn ").trim_start_matches("mut ").trim_start_matches("const ");
    let name = path.split("::").next().unwrap_or(path);
    if packages::holds(Ecosystem::RuntimeCrate, name) || packages::begins(Ecosystem::Symbol, name) {
        Owner::Runtime
    } else if packages::holds(Ecosystem::Crate, name) {
        Owner::Dependency
    } else {
        Owner::Program
    }
}
