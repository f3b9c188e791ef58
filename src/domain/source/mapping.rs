//! Mappings from the files of stack traces to the files of repositories.

use super::location::{Location, RepoPath, Repository, is_hidden, is_relative};
use crate::domain::event::Frame;
use crate::domain::text::Untrusted;

/// A mapping from paths in stack traces to files of a repository: the beginning of the path (the stack root) is
/// replaced by a folder of the repository (the source root).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    stack_root: Box<str>,
    repository: Repository,
    source_root: Box<str>,
}

impl Mapping {
    /// Creates a mapping. `source_root` is empty or a folder in the repository that is not hidden. Returns `None` if one
    /// of the roots is invalid.
    #[must_use]
    pub fn new(stack_root: &str, repository: Repository, source_root: &str) -> Option<Self> {
        let folder = source_root.trim_end_matches('/');
        let is_folder = folder.is_empty() || is_relative(folder) && !is_hidden(folder);
        let is_plain = stack_root.len() <= 500 && !stack_root.contains(char::is_control);
        let (stack_root, source_root) = (stack_root.replace('\\', "/").into(), source_root.into());
        (is_folder && is_plain).then_some(Self { stack_root, repository, source_root })
    }

    /// Parses a mapping such as `STACK_ROOT=OWNER/REPOSITORY:SOURCE_ROOT`. Both roots can be empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (stack_root, place) = text.trim().split_once('=')?;
        let (repository, source_root) = place.split_once(':').unwrap_or((place, ""));
        Self::new(stack_root.trim(), Repository::parse(repository.trim())?, source_root.trim())
    }

    /// Parses mappings that are separated by commas or line ends. Returns `None` if one of them is invalid.
    #[must_use]
    pub fn parse_all(text: &str) -> Option<Vec<Self>> {
        let entries = text.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(Self::parse).collect()
    }

    /// Returns the repository of the mapping.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Returns the file for the path `name` from a stack trace, if `name` begins with the stack root.
    fn apply(&self, name: &str) -> Option<Location> {
        let rest = name.strip_prefix(&*self.stack_root)?;
        let path = RepoPath::parse(&format!("{}{rest}", self.source_root))?;
        Some(Location { repository: self.repository.clone(), path })
    }
}

/// Returns the file of a frame by the mapping with the longest stack root, out of the mappings that apply to the frame.
#[must_use]
pub fn locate(mappings: &[Mapping], frame: &Frame) -> Option<Location> {
    let names = names_of(frame);
    let found = |mapping: &Mapping| names.iter().find_map(|name| mapping.apply(name));
    let by_length = mappings.iter().filter_map(|mapping| Some((mapping.stack_root.len(), found(mapping)?)));
    by_length.max_by_key(|(length, _)| *length).map(|(_, location)| location)
}

/// The extensions of JVM languages. In their stack traces, a frame has only a file's name, and the folders are in the
/// module.
const JVM: &[&str] = &[".java", ".kt", ".kts", ".scala", ".groovy", ".clj"];

/// Returns the paths of a frame's file with which a stack root is compared: on the JVM the path of the class, then
/// the file's name and its full path.
fn names_of(frame: &Frame) -> Vec<String> {
    let plain = |name: &Untrusted| {
        let name = name.raw().split('?').next().unwrap_or_default().replace('\\', "/");
        name.strip_prefix("./").unwrap_or(&name).to_owned()
    };
    let written = [&frame.file, &frame.path].into_iter().flatten();
    // A stack root may contain the `./` of a bundler, so the unchanged names count as well.
    let unchanged = written.clone().map(|name| name.raw().to_owned());
    class_path(frame).into_iter().chain(written.map(plain)).chain(unchanged).collect()
}

/// Returns `com/acme/shop/Cart.java` for the file `Cart.java` in the module `com.acme.shop.Cart`.
fn class_path(frame: &Frame) -> Option<String> {
    let file = frame.file.as_ref()?.raw();
    let is_bare = !file.contains('/') && JVM.iter().any(|extension| file.ends_with(extension));
    let (package, _) = frame.module.as_ref().filter(|_| is_bare)?.raw().rsplit_once('.')?;
    Some(format!("{}/{file}", package.replace('.', "/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(file: &str, path: &str, module: &str) -> Frame {
        let text = |text: &str| (!text.is_empty()).then(|| Untrusted::new(text));
        Frame { file: text(file), path: text(path), module: text(module), ..Frame::default() }
    }

    fn located(mappings: &str, frame: &Frame) -> Option<String> {
        let mappings = Mapping::parse_all(mappings).expect("mappings");
        locate(&mappings, frame).map(|it| format!("{} {}", it.repository, it.path.raw()))
    }

    #[test]
    fn the_mapping_with_the_longest_stack_root_applies() {
        let mappings = "=acme/all:, /app/=acme/shop:src/ , /app/vendor/acme/=acme/lib:";
        for (file, path, expected) in [
            ("shop/cart.py", "/app/shop/cart.py", "acme/shop src/shop/cart.py"),
            ("rates.py", "/app/vendor/acme/rates.py", "acme/lib rates.py"),
            ("shop/cart.py", "", "acme/all shop/cart.py"),
            ("./shop/cart.ts?1a2b", "", "acme/all shop/cart.ts"),
        ] {
            assert_eq!(located(mappings, &frame(file, path, "")).as_deref(), Some(expected), "{file}");
        }
        let windows = frame(r"C:\build\Shop\Cart.cs", "", "");
        assert_eq!(
            located(r"C:\build\=acme/net:src/", &windows).as_deref(),
            Some("acme/net src/Shop/Cart.cs")
        );
        let bundled = frame("webpack:///./src/cart.ts", "", "");
        assert_eq!(located("webpack:///./=acme/web:", &bundled).as_deref(), Some("acme/web src/cart.ts"));
        let class = frame("Cart.java", "", "com.acme.shop.Cart");
        assert_eq!(
            located("com/acme/=acme/j:src/main/java/com/acme/", &class).as_deref(),
            Some("acme/j src/main/java/com/acme/shop/Cart.java")
        );
    }

    #[test]
    fn a_frame_with_a_hostile_path_maps_to_no_file() {
        for file in
            ["/app/../../etc/passwd", "/app/..", "/app//x", "/app/", "https://evil.example/x", "/etc/passwd"]
        {
            assert_eq!(located("/app/=acme/shop:src/,=acme/all:", &frame(file, "", "")), None, "{file}");
        }
    }

    #[test]
    fn an_event_cannot_select_a_configuration_file() {
        for file in ["config/prod.yml", ".env", ".github/deploy.js", "Dockerfile", "keys/id.pem", "shop/.py"]
        {
            assert_eq!(located("=acme/shop:", &frame(file, "", "")), None, "{file}");
        }
    }

    #[test]
    fn a_mapping_without_a_repository_is_an_error() {
        for bad in [
            "/app/",
            "/app/=shop",
            "/app/=acme/shop:../x",
            "/app/=https://x/y",
            "/app/=acme/shop:/abs",
            "/app/=acme/shop:.ci/",
        ] {
            assert_eq!(Mapping::parse(bad), None, "{bad}");
        }
        assert_eq!(Mapping::parse_all("/a=b/c,/app/"), None);
        assert_eq!(Mapping::parse_all("").map(|all| all.len()), Some(0));
    }
}
