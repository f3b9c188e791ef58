//! Reads a note with a Markdown parser: its visible text, and its active parts such as links and HTML.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The parts of a note as a Markdown parser sees them.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// All text outside of code. Line breaks separate parts that are not adjacent.
    pub(crate) outside: String,
    /// The text of each code span. `blocks` holds the text of each code block.
    pub(crate) spans: Vec<String>,
    pub(crate) blocks: Vec<String>,
    /// The HTML in the note, with comments.
    pub(crate) html: Vec<String>,
    /// The targets of links and images.
    pub(crate) links: Vec<String>,
    /// The number of bold texts.
    pub(crate) bold: usize,
    /// The levels of the headings.
    pub(crate) headings: Vec<u8>,
}

/// Reads a note as Sentry does: `CommonMark` with GitHub's tables, strikethrough and task lists.
pub(crate) fn read(note: &str) -> Seen {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut seen = Seen::default();
    let mut code: Option<String> = None;
    for event in Parser::new_ext(note, options) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => seen.blocks.extend(code.take()),
            Event::Text(text) => code.as_mut().unwrap_or(&mut seen.outside).push_str(&text),
            Event::Code(text) => {
                seen.spans.push(text.into_string());
                seen.outside.push('\n');
            }
            Event::Html(html) | Event::InlineHtml(html) => seen.html.push(html.trim().to_owned()),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                seen.links.push(dest_url.into_string());
            }
            Event::Start(Tag::Strong) => seen.bold += 1,
            Event::Start(Tag::Heading { level, .. }) => seen.headings.push(level as u8),
            Event::SoftBreak | Event::HardBreak | Event::End(_) => seen.outside.push('\n'),
            _ => {}
        }
    }
    seen
}

#[test]
fn active_markup_is_found_outside_of_code() {
    let seen = read("## A\n\n`<b>` <i>x [y](z) **b** ![p](q)\n\n```text\n![c](d)\n```\n\n<!-- e -->\n");
    assert_eq!(
        (seen.spans.as_slice(), seen.blocks.as_slice()),
        (&["<b>".to_owned()][..], &["![c](d)\n".to_owned()][..])
    );
    assert_eq!(seen.html, ["<i>", "<!-- e -->"]);
    assert_eq!((seen.links.as_slice(), seen.bold), (&["z".to_owned(), "q".to_owned()][..], 1));
    assert_eq!(seen.headings, [2]);
    assert!(seen.outside.contains("x y") && !seen.outside.contains("![c]"));
}
