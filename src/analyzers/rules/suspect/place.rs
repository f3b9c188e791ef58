//! Reads the names in stack frames of each language: the class, package or file, and the function.

use super::Candidate;

/// The meaning of the `module` of a stack frame in its language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// The module is a class, as on the JVM and in .NET.
    Class,
    /// The module is a package, as in Go.
    Package,
    /// The module is a file, as in Python and JavaScript.
    File,
}

const CLASS_ENDINGS: &[&str] = &["java", "kt", "kts", "scala", "groovy", "cs", "vb", "fs"];
/// Extensions of languages whose module is the file name without its folder, or is absent.
const FILE_ENDINGS: &[&str] =
    &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "vue", "svelte", "rb", "erb", "php", "dart"];
/// The names of constructors. An object under construction has no state yet.
pub(super) const CONSTRUCTORS: &[&str] = &[
    "<init>",
    "<clinit>",
    "__init__",
    "__new__",
    "__construct",
    "constructor",
    ".ctor",
    "initialize",
    "new",
];

impl Unit {
    /// Returns the meaning of a frame's module, by the extension of its file (`ending`) or by the form of the module.
    pub(super) fn of(frame: &Candidate<'_>, ending: &str) -> Self {
        match ending {
            "go" => Self::Package,
            "" if frame.module.contains('/') => Self::Package,
            "" if simple_name(frame.module).starts_with(|c: char| c.is_ascii_uppercase()) => Self::Class,
            ending if CLASS_ENDINGS.contains(&ending) => Self::Class,
            _ => Self::File,
        }
    }
}

/// Returns the extension of a file: `py` for `shop/cart.py`. A query after the extension is ignored (`cart.js?v=3`).
/// Returns an empty text if the file has no extension.
pub(super) fn ending(file: &str) -> &str {
    let end = file.bytes().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(file.len());
    let file = file.get(..end).unwrap_or(file);
    // The last of these characters is the dot before the extension, if the file has one.
    let last = file.bytes().rposition(|byte| matches!(byte, b'.' | b'/' | b'\\' | b':'));
    last.and_then(|at| file.get(at..)?.strip_prefix('.')).unwrap_or_default()
}

/// Returns the class of a frame that a developer would open: `shop.Cart` for `shop.Cart$Line$1` and
/// `Shop.Cart+<Total>d__5`. For a frame without a module, returns the path in the function's name, or the file.
#[must_use]
pub fn class_of<'a>(frame: &Candidate<'a>) -> &'a str {
    class_in(frame, ending(frame.filename))
}

/// Returns the class of a frame whose file has the extension `ending`: see [`class_of`].
pub(super) fn class_in<'a>(frame: &Candidate<'a>, ending: &str) -> &'a str {
    if FILE_ENDINGS.contains(&ending) {
        return frame.filename;
    }
    if frame.module.is_empty() {
        return path_of(frame.function).unwrap_or(frame.filename);
    }
    // A `$` at the beginning of a name is part of the name (`proxy.$Proxy7`, `routes/$id`).
    let marks = frame.module.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'$' | b'+'));
    let mut outer = marks.filter_map(|(at, _)| frame.module.get(..at));
    outer.find(|outer| outer.ends_with(char::is_alphanumeric)).unwrap_or(frame.module)
}

/// Returns the path in a function's name: `shop::Cart` for `shop::Cart::add::{{closure}}`, and `github.com/acme/shop`
/// for `github.com/acme/shop.(*Cart).Add`.
fn path_of(function: &str) -> Option<&str> {
    if let Some((path, _)) = function.trim_end_matches("::{{closure}}").rsplit_once("::") {
        return Some(path);
    }
    let folder = function.find('(').unwrap_or(function.len());
    let slash = function.get(..folder)?.rfind('/')?;
    let dot = function.get(slash..)?.find('.')?;
    // Elixir's `Shop.Cart.total/1` ends with a number.
    function.get(..slash + dot)
}

/// Returns the last part of a class or path: `Cart` for `com.acme.Cart` and `shop::Cart`, and `cart` for `pkg/cart` and
/// `shop/cart.py`.
pub(super) fn simple_name(class: &str) -> &str {
    let last = class.rsplit(['/', ':', '\\']).next().unwrap_or(class);
    let is_file = |ending: &str| ending.len() <= 4 && ending.starts_with(|c: char| c.is_ascii_lowercase());
    match last.rsplit_once('.') {
        Some((stem, ending)) if last.len() < class.len() && is_file(ending) => stem,
        Some((stem, ending)) if is_file(ending) && FILE_ENDINGS.contains(&ending) => stem,
        Some((_, name)) => name,
        None => last,
    }
}

/// Returns the name of a function alone: `add` for `Cart::add::{{closure}}`, `(*Cart).add.func1`, `Cart.add(int)`,
/// `Shop.Cart.add/1` and `block in add`. The name of a constructor such as `.ctor` is unchanged.
pub(super) fn bare_function(function: &str) -> &str {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    if function.bytes().all(is_name) || CONSTRUCTORS.contains(&function) {
        return function;
    }
    let name = function.rsplit_once(" in ").map_or(function, |(_, outer)| outer);
    let name = without_arguments(name).trim_end_matches("::{{closure}}");
    let name = without_number(name);
    let name = without_go_closures(name);
    name.rsplit(['.', ':', '#', ' ', '/']).next().unwrap_or(name)
}

/// Returns a function without its arguments: `Cart.add` for `Cart.add (System.Int32 n)`, and `add` for
/// `add(Cart, array)` and `add [as call]`.
pub(in super::super) fn without_arguments(function: &str) -> &str {
    // `block (2 levels) in add`
    if function.contains(") in ") {
        return function;
    }
    let opens = |(at, c): &(usize, char)| {
        let before = function.get(..*at).unwrap_or_default();
        (*c == '(' && !before.is_empty() && !before.ends_with(['.', '(', ':']))
            || (*c == '[' && before.ends_with(' '))
    };
    let end = function.char_indices().find(opens).map_or(function.len(), |(at, _)| at);
    function.get(..end).unwrap_or(function).trim_end()
}

/// Returns a function without its number of arguments: `Shop.Cart.add` for Elixir's `Shop.Cart.add/1`.
fn without_number(function: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    function.rsplit_once('/').filter(|(_, number)| is_number(number)).map_or(function, |(name, _)| name)
}

/// Returns the function that contains a Go closure: `(*Cart).Add` for `(*Cart).Add.func1.2`.
fn without_go_closures(function: &str) -> &str {
    let is_closure = |part: &str| {
        let digits = part.strip_prefix("func").unwrap_or(part);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut name = function;
    while let Some((outer, _)) =
        name.rsplit_once('.').filter(|(outer, part)| !outer.is_empty() && is_closure(part))
    {
        name = outer;
    }
    name
}

/// The first parts of Java packages that are named after a domain, such as `com` in `com.acme.shop`.
const TOP_DOMAINS: &[&str] =
    &["com", "org", "net", "io", "dev", "edu", "gov", "de", "fr", "uk", "jp", "cn", "tw"];
/// Hosts with the code of many organisations. Any other host in the path of a Go package is one organisation.
const FORGES: &[&str] =
    &["github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitee.com", "gopkg.in"];

/// Returns the organisation in the name of a frame's package: `com.acme` for `com.acme.shop.Cart`, `github.com/acme` or
/// `acme.dev` for a path of Go, and the package for a file of Dart. Returns `None` if the name has no organisation.
/// `class` is the result of [`class_in`].
pub(super) fn vendor<'a>(frame: &Candidate<'a>, unit: Unit, class: &'a str) -> Option<&'a str> {
    if let Some(package) = frame.path.strip_prefix("package:") {
        return package.split('/').next();
    }
    match unit {
        Unit::Package => {
            let (host, path) = class.split_once('/')?;
            if !host.contains('.') {
                return None;
            }
            let organisation = path.split('/').next().filter(|_| FORGES.contains(&host));
            class.get(..host.len() + organisation.map_or(0, |name| name.len() + 1))
        }
        Unit::Class => {
            let (domain, rest) = class.split_once('.').filter(|(domain, _)| TOP_DOMAINS.contains(domain))?;
            let (name, _) = rest.split_once('.')?;
            class.get(..=domain.len() + name.len())
        }
        Unit::File => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(module: &str) -> Candidate<'_> {
        Candidate { module, ..Candidate::default() }
    }

    fn function(function: &str) -> Candidate<'_> {
        Candidate { function, ..Candidate::default() }
    }

    #[test]
    fn the_class_of_a_frame_omits_nested_and_generated_parts() {
        assert_eq!(class_of(&module("a.B$C$1")), "a.B");
        assert_eq!(class_of(&module("Shop.Cart+<Total>d__5")), "Shop.Cart");
        assert_eq!(class_of(&module("com.sun.proxy.$Proxy7")), "com.sun.proxy.$Proxy7");
        assert_eq!(class_of(&function("shop::Cart::add::{{closure}}")), "shop::Cart");
        assert_eq!(class_of(&function("example.com/acme/shop.(*Cart).Add")), "example.com/acme/shop");
        let file = Candidate { filename: "lib/index.js", module: "index", ..Candidate::default() };
        assert_eq!(class_of(&file), "lib/index.js");
    }

    #[test]
    fn the_bare_function_name_omits_qualifiers_and_signature() {
        let cases = [
            ("Cart::add::{{closure}}", "add"),
            ("(*Cart).Add.func1.2", "Add"),
            ("example.com/acme/shop.add", "add"),
            ("ScoreBoard.Average (System.Int32 games)", "Average"),
            ("Cart::add(Item, array)", "add"),
            ("block (2 levels) in add", "add"),
            ("Shop::Cart#add", "add"),
            ("Shop.Cart.add/1", "add"),
            ("anonymous fn/1 in Shop.Cart.add/2", "add"),
            ("Cart.add [as put]", "add"),
            (".ctor", ".ctor"),
        ];
        for (function, name) in cases {
            assert_eq!(bare_function(function), name, "{function}");
        }
    }

    #[test]
    fn a_simple_name_has_no_package_folder_or_extension() {
        let cases = [
            ("com.acme.Cart", "Cart"),
            ("shop/cart.py", "cart"),
            ("pkg/cart", "cart"),
            ("shop.cart", "cart"),
        ];
        for (class, name) in cases {
            assert_eq!(simple_name(class), name, "{class}");
        }
    }

    #[test]
    fn the_vendor_is_derived_from_the_module_path_or_vanity_host() {
        let go = |module| Candidate { module, filename: "cart.go", ..Candidate::default() };
        let vendor = |frame: &Candidate<'static>| {
            let ending = ending(frame.filename);
            vendor(frame, Unit::of(frame, ending), class_in(frame, ending))
        };
        assert_eq!(vendor(&go("acme.dev/shop/cart")), vendor(&go("acme.dev/stock")));
        assert_eq!(vendor(&go("github.com/acme/shop")), Some("github.com/acme"));
        assert_eq!(vendor(&go("shop/internal/cart")), None);
        assert_eq!(vendor(&module("com.acme.shop.Cart")), Some("com.acme"));
        assert_eq!(vendor(&module("shop.cart")), None);
        let dart =
            Candidate { path: "package:shop/cart.dart", filename: "cart.dart", ..Candidate::default() };
        assert_eq!(vendor(&dart), Some("shop"));
    }
}
