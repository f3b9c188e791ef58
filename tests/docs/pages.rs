//! A reader for the repository's Markdown files.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Returns the top folder of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the text of a file of the repository.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The folders whose Markdown files belong to the documentation.
const FOLDERS: [&str; 4] = ["docs", "src", "tests", "crates"];

/// Returns the paths of all Markdown files in the top folder and below [`FOLDERS`].
pub(crate) fn all() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    folders.extend(FOLDERS.map(|folder| root().join(folder)));
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).into_iter().flatten();
        for path in entries.map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() && folder != root() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path.strip_prefix(root()).expect("below the repository").to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The parts of a Markdown page that tests check.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The targets of the page's links and images.
    pub(crate) links: Vec<String>,
    /// The anchors of the page's headings, as GitHub makes them.
    pub(crate) anchors: Vec<String>,
    /// The texts in backticks.
    pub(crate) spans: Vec<String>,
    /// The rows of the page's tables: for each cell, the texts in backticks.
    pub(crate) rows: Vec<Vec<Vec<String>>>,
    /// The code blocks, each with the HTML comment directly before it.
    pub(crate) blocks: Vec<(Option<String>, String)>,
}

/// Parses the Markdown of a page as GitHub does.
pub(crate) fn read(text: &str) -> Page {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let (mut page, mut comment) = (Page::default(), None);
    let (mut heading, mut block): (Option<String>, Option<String>) = (None, None);
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let slug = slug(&heading.take().unwrap_or_default());
                let again = page.anchors.iter().filter(|known| **known == slug).count();
                page.anchors.push(if again == 0 { slug } else { format!("{slug}-{again}") });
            }
            Event::Start(Tag::CodeBlock(_)) => block = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => {
                page.blocks.push((comment.take(), block.take().unwrap_or_default()));
            }
            Event::Html(html) => comment = Some(html.trim().to_owned()),
            Event::Start(Tag::TableRow) => page.rows.push(Vec::new()),
            Event::Start(Tag::TableCell) => {
                if let Some(row) = page.rows.last_mut() {
                    row.push(Vec::new());
                }
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                page.links.push(dest_url.into_string());
            }
            Event::Start(Tag::Paragraph | Tag::List(_)) => comment = None,
            Event::Code(code) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&code);
                }
                if let Some(cell) = page.rows.last_mut().and_then(|row| row.last_mut()) {
                    cell.push(code.to_string());
                }
                page.spans.push(code.into_string());
            }
            Event::Text(text) => {
                if let Some(open) = block.as_mut().or(heading.as_mut()) {
                    open.push_str(&text);
                }
            }
            _ => {}
        }
    }
    page
}

/// Returns the anchor that GitHub gives a heading.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn a_page_is_parsed() {
    let page = read(
        "# A `b`: c\n\n## D\n\n## D\n\n[x](y.md#z) ![p](q.png)\n\n| `K` *s*, `L` | m `N` |\n|-|-|\n| `O` | p |\n\n\
         <!-- quote f -->\n```rust\nlet a;\n```\n\n```\nb\n```\n",
    );
    assert_eq!(page.anchors, ["a-b-c", "d", "d-1"]);
    assert_eq!(page.links, ["y.md#z", "q.png"]);
    assert_eq!(page.rows, [[vec!["O".to_owned()], vec![]]]);
    let block = |comment: Option<&str>, text: &str| (comment.map(str::to_owned), text.to_owned());
    assert_eq!(page.blocks, [block(Some("<!-- quote f -->"), "let a;\n"), block(None, "b\n")]);
}
