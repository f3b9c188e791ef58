//! The types that name a repository, a file in it and a commit. Each type accepts only text that is safe in the URL
//! of a code host.

use std::fmt::{self, Write as _};

use crate::domain::text::Untrusted;

/// The longest accepted repository name or path, in bytes.
const LONGEST: usize = 500;

/// The name of a repository: `owner/name`, or a longer path of groups on GitLab.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repository(Box<str>);

impl Repository {
    /// Parses a name of two to ten segments, separated by `/`. A segment has only letters, digits, `-`, `_` and `.`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
        let is_name = |segment: &str| is_segment(segment) && segment.bytes().all(is_plain);
        let count = text.split('/').count();
        let fits = (2..=10).contains(&count) && text.len() <= LONGEST && text.split('/').all(is_name);
        fits.then(|| Self(text.into()))
    }

    /// Returns the name as text, such as `owner/name`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The endings of the source files that a stack trace can name.
const ENDINGS: &str = "c cc cjs clj coffee cpp cr cs cshtml cts cxx dart elm erl ex exs fs fsx gd go gradle groovy h heex \
                       hh hpp hs html java jinja js jsx kt kts lua m mjs ml mm mts nim php phtml pl pm py pyx r rb rake rs \
                       scala sc sol svelte swift ts tsx twig vb vue zig";

/// Whether a path has the ending of a source file, and no hidden folder. Anybody can send an event, so no path of an
/// event may lead to a file with settings, such as `.env`. A path of a stack trace can contain the folder `.`.
#[must_use]
pub fn is_code(path: &str) -> bool {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    !is_hidden(path) && ending.is_some_and(|ending| ENDINGS.split_whitespace().any(|known| known == ending))
}

/// Whether a file or a folder of a path is hidden. `..` counts as hidden.
pub(super) fn is_hidden(path: &str) -> bool {
    path.split(['/', '\\']).any(|part| part.starts_with('.') && part != ".")
}

/// The path of a source file, relative to the root of its repository. The path never leaves the repository, and never
/// names a file with settings: only a file with such a path is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepoPath(Box<str>);

impl RepoPath {
    /// Parses a relative path of a source file without empty segments, `.`, `..`, backslashes, schemes and control
    /// characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (is_relative(text) && is_code(text)).then(|| Self(text.into()))
    }

    /// Returns the path as untrusted text for people, because its characters come from an event.
    #[must_use]
    pub fn text(&self) -> Untrusted {
        Untrusted::new(self.0.clone())
    }

    /// Returns the unchanged path, for comparisons. It must not be shown to people.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// Returns the path for a URL: the segments are encoded, the slashes are not.
    #[must_use]
    pub fn encoded(&self) -> String {
        encoded_segments(&self.0)
    }
}

/// Encodes the name of a branch for the path of a URL, without its slashes. Returns `None` if the name does not have the
/// form of a relative path.
#[must_use]
pub fn encoded_branch(name: &str) -> Option<String> {
    is_relative(name).then(|| encoded_segments(name))
}

fn encoded_segments(path: &str) -> String {
    path.split('/').map(encoded).collect::<Vec<_>>().join("/")
}

/// Whether a path is relative and does not leave the folder at which it begins.
pub(super) fn is_relative(path: &str) -> bool {
    let is_odd = |c: char| c.is_control() || c == '\\';
    let fits = path.len() <= LONGEST && !path.contains("://") && !path.contains(is_odd);
    fits && path.split('/').all(is_segment)
}

/// Whether a segment of a path is a name. `.` and `..` are no names, because URLs resolve them.
fn is_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..")
}

/// Encodes a text for one segment of a URL's path, or for a value in its query. The caller must not use the texts `.`
/// and `..` as segments, because no encoding protects them.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The hash of a commit, complete or shortened, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitId(Box<str>);

impl CommitId {
    /// Parses a hash of 7 to 64 hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_hash = (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        is_hash.then(|| Self(text.to_ascii_lowercase().into()))
    }

    /// Parses a complete hash of 40 or 64 hex digits. Shorter hex digits in a version can be a date or a build
    /// number.
    #[must_use]
    pub fn parse_complete(text: &str) -> Option<Self> {
        Self::parse(text).filter(|id| matches!(id.0.len(), 40 | 64))
    }

    /// Returns the hash as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first seven digits of the hash.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }

    /// Whether both hashes mean the same commit. One of them can be a shortened hash of at least seven digits.
    #[must_use]
    pub fn is_same(&self, other: &str) -> bool {
        let other = other.to_ascii_lowercase();
        other.len() >= 7 && (self.0.starts_with(&other) || other.starts_with(&*self.0))
    }
}

/// The state of a repository at which a file is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Revision {
    /// The commit of the event's release, as Sentry knows it.
    Release(CommitId),
    /// A commit that only the event names. Anybody can send an event, and so can choose any old commit. Nothing shows
    /// that it is the commit of the release.
    Named {
        /// The commit.
        commit: CommitId,
        /// Whether the code host has the commit in the history of the default branch. A code host serves the commits of
        /// forks, too, in which anybody can write any code and any author.
        is_in_branch: bool,
    },
    /// The default branch at the time of reading, because the commit of the release is unknown.
    DefaultBranch,
}

impl Revision {
    /// Returns the name of the revision in Git: the hash of the commit, or `HEAD` for the default branch.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Release(commit) | Self::Named { commit, .. } => commit.as_str(),
            Self::DefaultBranch => "HEAD",
        }
    }

    /// Returns the commit, or `None` for the default branch.
    #[must_use]
    pub fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::Release(commit) | Self::Named { commit, .. } => Some(commit),
            Self::DefaultBranch => None,
        }
    }

    /// Returns true for the commit of the release and for the default branch, and false for a commit that only the event
    /// names.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        !matches!(self, Self::Named { .. })
    }

    /// Whether the code and its history certainly are those of the repository, and not those of a fork.
    #[must_use]
    pub fn is_of_repository(&self) -> bool {
        !matches!(self, Self::Named { is_in_branch: false, .. })
    }
}

/// A repository, and a file in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Location {
    /// The repository that contains the file.
    pub repository: Repository,
    /// The path of the file in the repository.
    pub path: RepoPath,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leaves_its_repository() {
        for good in ["a.c", "src/shop/cart.py", "app/[slug]/page.tsx", "a b/ü.rb", "a../b..py", "%2e%2e/x.py"]
        {
            assert_eq!(RepoPath::parse(good).map(|path| path.raw().to_owned()).as_deref(), Some(good));
        }
        let long = "a/".repeat(300) + "a.py";
        for bad in [
            "",
            "/etc/passwd.py",
            "../x.py",
            "a/../x.py",
            "a/./x.py",
            "a//x.py",
            "a\\..\\x.py",
            "a\\x.py",
            "file://x.py",
            "a\nb.py",
            "a.py/",
            &long,
        ] {
            assert_eq!(RepoPath::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_source_files_have_a_path() {
        for bad in
            [".env", "config/prod.yml", ".github/a.js", "a/.b/c.py", "Dockerfile", "id.pem", "a/.py", "x.env"]
        {
            assert_eq!(RepoPath::parse(bad), None, "{bad}");
        }
        for (name, expected) in [
            ("webpack:///./src/cart.ts", true),
            ("/app/shop/cart.py", true),
            (r"C:\build\.env\Cart.cs", false),
            ("/app/../x.py", false),
            ("/app/.env", false),
        ] {
            assert_eq!(is_code(name), expected, "{name}");
        }
    }

    #[test]
    fn special_characters_of_a_path_are_percent_encoded_in_a_url() {
        let path = RepoPath::parse("a b/c?d#e/%2e%2e/ü&f.py").expect("a path");
        assert_eq!(path.encoded(), "a%20b/c%3Fd%23e/%252e%252e/%C3%BC%26f.py");
        let url =
            reqwest::Url::parse(&format!("https://x.example/r/{}?ref=1", path.encoded())).expect("a URL");
        assert_eq!(url.path_segments().map(Iterator::count), Some(5));
        assert_eq!((url.query(), url.fragment()), (Some("ref=1"), None));
    }

    #[test]
    fn a_repository_is_an_owner_and_a_name() {
        for good in ["acme/shop", "acme/group/shop.web", "a_b/c-d"] {
            assert!(Repository::parse(good).is_some(), "{good}");
        }
        for bad in
            ["", "shop", "acme/", "/shop", "acme/..", "acme/sh op", "acme/shop?x", "https://x/y", "a/b%2F"]
        {
            assert_eq!(Repository::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn commit_hashes_match_by_a_prefix_of_at_least_7_digits() {
        let whole = "0123456789abcdef0123456789abcdef01234567";
        let id = CommitId::parse_complete(&whole.to_ascii_uppercase()).expect("a hash");
        assert!(
            id.is_same("0123456") && id.is_same(whole) && !id.is_same("012345") && !id.is_same("1234567")
        );
        assert_eq!(id.short(), "0123456");
        assert_eq!(CommitId::parse_complete("20261129"), None);
        assert!(CommitId::parse("20261129").is_some() && CommitId::parse("1.4.2").is_none());
    }
}
