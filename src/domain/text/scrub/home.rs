//! Finds the names of users in the paths of their home directories, such as `/home/jane/shop.py`.

use super::found::Found;
use super::word::{head, tail};

/// The folders that contain home directories.
const PLACES: &[&str] = &[
    "/home/",
    "/Users/",
    "\\Users\\",
    "\\users\\",
    "\\home\\",
    "\\\\Users\\\\",
    "C:/Users/",
    "\\Documents and Settings\\",
    "\\\\Documents and Settings\\\\",
];
/// The names of common accounts, such as `ubuntu`. They identify no person, so they stay in the text.
const ACCOUNTS: &[&str] = &[
    "app",
    "node",
    "ubuntu",
    "runner",
    "vagrant",
    "ec2-user",
    "deploy",
    "site",
    "circleci",
    "jenkins",
    "gitpod",
    "www",
    "www-data",
    "user",
    "users",
    "git",
    "docker",
    "dev",
    "web",
    "webapp",
    "Shared",
    "Public",
    "Default",
    "All Users",
    "Administrator",
    "ContainerAdministrator",
    "runneradmin",
    "appuser",
    "nonroot",
    "vscode",
    "codespace",
    "frappe",
    "airflow",
    "jovyan",
];
/// Words that follow `/home/` in the URLs of web sites, where no user name follows.
const ROUTES: &[&str] = &[
    "dashboard",
    "page",
    "pages",
    "index",
    "index.html",
    "index.htm",
    "feed",
    "news",
    "about",
    "about-us",
    "contact-us",
    "contact",
    "settings",
    "profile",
    "products",
    "search",
    "login",
    "main",
    "overview",
    "landing",
    "welcome",
    "banner",
    "featured",
    "trending",
];
/// File extensions that show that the word after `/home/` is a file and not the name of a user.
const FILES: &[&str] = &[".php", ".html", ".asp", ".js", ".css", ".json", ".xml", ".png", ".py", ".rb"];
/// File extensions of web pages. A path with such an ending is a URL and not a home directory.
const WEB: &[&str] = &[".html", ".htm", ".aspx", ".jsp", ".do"];

/// Adds the names of users in `text` to `found`.
pub(super) fn find(text: &str, found: &mut Found) {
    let is_worth_it = ["home", "sers", "Settings"].iter().any(|part| text.contains(part));
    for place in PLACES.iter().filter(|_| is_worth_it) {
        for (at, _) in text.match_indices(place) {
            let start = at + place.len();
            let is_windows = place.contains('\\') || place.contains(':');
            if !is_windows && !is_root(&text[..at]) {
                continue;
            }
            let name = start..start + name_length(&text[start..], is_windows);
            let user = &text[name.clone()];
            let is_route = !is_windows && is_route(text, at, start);
            if !user.is_empty()
                && !is_route
                && !ACCOUNTS.contains(&user)
                && !super::judge::is_placeholder(user)
            {
                found.add(name, "[user]");
            }
        }
    }
}

/// Whether the path begins directly after `before`, or continues the path of a mounted disk such as `/mnt/c`.
fn is_root(before: &str) -> bool {
    const MOUNTS: &[&str] = &[
        "/var",
        "/export",
        "/host",
        "/mnt/c",
        "/mnt/d",
        "/c",
        "/data",
        "/rootfs",
        "/nfs",
        "/Volumes/Macintosh HD",
    ];
    !before.ends_with(|c: char| c.is_alphanumeric() || "_-.".contains(c))
        || MOUNTS.iter().any(|mount| before.ends_with(mount))
}

/// Returns the length of the user name at the beginning of `text`, up to the next separator of the path. A name on
/// Windows can contain blanks.
fn name_length(text: &str, is_windows: bool) -> usize {
    let ends = |c: char| c.is_whitespace() || "/\\:\"'`<>|,;)(]}*?&".contains(c);
    let text = head(text, 128);
    let plain = text.find(ends).unwrap_or(text.len());
    let with_blanks = text.char_indices().take(32).find(|(_, c)| "/\\:\"'`<>|,;)(\n".contains(*c));
    match with_blanks {
        Some((end, '\\' | '/')) if is_windows || is_full_name(&text[..end]) => end,
        _ => plain,
    }
}

/// Whether a directory's name is the full name of a person, such as `Kim Lee`.
fn is_full_name(name: &str) -> bool {
    let is_name = |part: &str| part.starts_with(char::is_uppercase) && part.chars().all(char::is_alphabetic);
    name.split(' ').count() == 2 && name.split(' ').all(is_name)
}

/// Whether the path belongs to a web site, because it is part of a URL, follows an HTTP method, or is a known route.
/// The path begins at `at`, and its part after `/home/` begins at `start`.
fn is_route(text: &str, at: usize, start: usize) -> bool {
    const METHODS: &[&str] = &["GET ", "POST ", "PUT ", "PATCH ", "DELETE ", "HEAD ", "OPTIONS "];
    let before = &text[..at];
    let word = tail(before, 256)
        .rsplit(|c: char| c.is_whitespace() || "\"'(=".contains(c))
        .next()
        .unwrap_or_default();
    let is_url = word.contains("://") && !word.contains("file://") && !word.contains("vscode");
    let behind_method = METHODS.iter().any(|method| before.trim_end_matches('"').ends_with(method));
    let rest = head(&text[start..], 256);
    let path = &rest[..rest.find(|c: char| c.is_whitespace() || "\"'?#)".contains(c)).unwrap_or(rest.len())];
    let first = path.split('/').next().unwrap_or_default();
    is_url
        || behind_method
        || ROUTES.contains(&first)
        || FILES.iter().any(|end| first.ends_with(end))
        || WEB.iter().any(|end| path.ends_with(end))
}
