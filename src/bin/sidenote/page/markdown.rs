//! The note as Sentry displays it: GitHub's Markdown with the peculiarities of Sentry's renderer.
//!
//! 1. One inline token that looks like HTML turns off Markdown for its whole paragraph, and the tags are removed.
//! 2. HTML entities are shown literally.
//! 3. `{% tag %}` outside of code is removed.
//!
//! Images are dropped, blocks of HTML lose their tags, a lone comment is invisible, and a link works only if it leads
//! to `http(s)`, `mailto` or a path of Sentry.

use std::ops::Range;

use maud::{Markup, PreEscaped, Render as _};
use pulldown_cmark::{Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

/// Renders the Markdown of a note as HTML. `base` is Sentry's base URL, for links to paths.
pub(super) fn render(source: &str, base: &str) -> Markup {
    let source = without_template_tags(source);
    let events: Vec<(Event<'_>, Range<usize>)> =
        Parser::new_ext(&source, options()).into_offset_iter().collect();
    let mut out = Renderer { source: &source, base, out: String::new(), in_head: false, links: Vec::new() };
    let mut at = 0;
    while at < events.len() {
        at = out.event(&events, at);
    }
    PreEscaped(out.out)
}

fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS
}

/// Removes the template tags `{% … %}` outside of code (rule 3).
fn without_template_tags(source: &str) -> String {
    let code: Vec<Range<usize>> = Parser::new_ext(source, options())
        .into_offset_iter()
        .filter(|(event, _)| matches!(event, Event::Code(_) | Event::Start(Tag::CodeBlock(_))))
        .map(|(_, range)| range)
        .collect();
    let (mut out, mut from) = (String::with_capacity(source.len()), 0);
    while let Some(begin) = source[from..].find("{%").map(|begin| from + begin) {
        let end = source[begin..].find("%}").map(|end| begin + end + 2);
        let line = source[begin..].find('\n').map_or(source.len(), |end| begin + end);
        let end = end.filter(|end| *end <= line && !code.iter().any(|range| range.contains(&begin)));
        out.push_str(&source[from..begin]);
        if end.is_none() {
            out.push_str("{%");
        }
        from = end.unwrap_or(begin + 2);
    }
    out.push_str(&source[from..]);
    out
}

struct Renderer<'s> {
    source: &'s str,
    base: &'s str,
    out: String,
    in_head: bool,
    /// For each open link: whether it works, because it leads to `http(s)`, `mailto` or a path of Sentry.
    links: Vec<bool>,
}

type Events<'e> = [(Event<'e>, Range<usize>)];

impl Renderer<'_> {
    /// Writes the event with the index `at`. Returns the index of the next event.
    fn event(&mut self, events: &Events<'_>, at: usize) -> usize {
        let (event, range) = &events[at];
        match event {
            Event::Start(Tag::Image { .. }) => return past_image(events, at),
            Event::Start(tag) => {
                self.start(tag);
                if holds_inline(tag)
                    && let Some(end) = self.raw(events, at)
                {
                    return end;
                }
            }
            Event::End(tag) => self.end(*tag),
            Event::Text(text) => self.text(text, range),
            Event::Code(code) => {
                self.out.push_str("<code>");
                code.as_ref().render_to(&mut self.out);
                self.out.push_str("</code>");
            }
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>"),
            Event::Rule => self.out.push_str("<hr>"),
            Event::TaskListMarker(done) => self.out.push_str(if *done { "☑ " } else { "☐ " }),
            Event::Html(html) | Event::InlineHtml(html) => without_tags(html).render_to(&mut self.out),
            _ => {}
        }
        at + 1
    }

    /// Writes a paragraph as raw text if one of its tokens looks like HTML (rule 1). Returns the index of its end.
    fn raw(&mut self, events: &Events<'_>, start: usize) -> Option<usize> {
        let mut depth = 0;
        let inside = events[start + 1..].iter().take_while(|(event, _)| {
            match event {
                Event::Start(tag) if is_block(tag) => return false,
                Event::Start(_) => depth += 1,
                Event::End(_) if depth == 0 => return false,
                Event::End(_) => depth -= 1,
                _ => {}
            }
            true
        });
        let inside: Vec<_> = inside.collect();
        inside.iter().find(|(event, _)| matches!(event, Event::InlineHtml(_)))?;
        let (first, last) = (inside.first()?.1.start, inside.iter().map(|(_, range)| range.end).max()?);
        without_tags(&self.source[first..last]).render_to(&mut self.out);
        Some(start + 1 + inside.len())
    }

    /// Writes text. An entity stays as it was written (rule 2).
    fn text(&mut self, text: &str, range: &Range<usize>) {
        let written = self.source.get(range.clone()).unwrap_or(text);
        let is_entity = written.starts_with('&') && written.ends_with(';') && written != text;
        if is_entity { written } else { text }.render_to(&mut self.out);
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => self.out.extend(["<", heading(*level), ">"]),
            Tag::List(Some(first)) if *first != 1 => {
                self.out.extend(["<ol start=\"", &first.to_string(), "\">"]);
            }
            Tag::List(first) => self.out.push_str(if first.is_some() { "<ol>" } else { "<ul>" }),
            Tag::CodeBlock(_) => self.out.push_str("<pre tabindex=\"0\"><code>"),
            Tag::Table(_) => self.out.push_str("<div class=\"sideways\" tabindex=\"0\"><table>"),
            Tag::TableHead => {
                self.in_head = true;
                self.out.push_str("<thead><tr>");
            }
            Tag::TableCell => self.out.push_str(if self.in_head { "<th scope=\"col\">" } else { "<td>" }),
            Tag::Link { link_type, dest_url, .. } => self.link(*link_type, dest_url),
            other => self.out.push_str(opening(other)),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        let name = match tag {
            TagEnd::Heading(level) => return self.out.extend(["</", heading(level), ">"]),
            TagEnd::TableHead => {
                self.in_head = false;
                "</tr></thead>"
            }
            TagEnd::TableCell if self.in_head => "</th>",
            TagEnd::Link => match self.links.pop() {
                Some(true) => "</a>",
                _ => "",
            },
            other => closing(other),
        };
        self.out.push_str(name);
    }

    fn link(&mut self, kind: LinkType, to: &str) {
        let (base, own) = (self.base.trim_end_matches('/'), to.starts_with('/') && !to.starts_with("//"));
        let to = match kind {
            LinkType::Email => format!("mailto:{to}"),
            _ if own => format!("{base}{to}"),
            _ => to.to_owned(),
        };
        let lower = to.to_ascii_lowercase();
        let leads = ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
        self.links.push(leads);
        if leads {
            self.out.push_str("<a rel=\"noopener noreferrer\" target=\"_blank\" href=\"");
            to.as_str().render_to(&mut self.out);
            self.out.push_str("\">");
        }
    }
}

fn opening(tag: &Tag<'_>) -> &'static str {
    match tag {
        Tag::Paragraph => "<p>",
        Tag::BlockQuote(_) => "<blockquote>",
        Tag::Item => "<li>",
        Tag::TableRow => "<tr>",
        Tag::Emphasis => "<em>",
        Tag::Strong => "<strong>",
        Tag::Strikethrough => "<del>",
        _ => "",
    }
}

fn closing(tag: TagEnd) -> &'static str {
    match tag {
        TagEnd::Paragraph => "</p>",
        TagEnd::BlockQuote(_) => "</blockquote>",
        TagEnd::CodeBlock => "</code></pre>",
        TagEnd::List(true) => "</ol>",
        TagEnd::List(false) => "</ul>",
        TagEnd::Item => "</li>",
        TagEnd::Table => "</table></div>",
        TagEnd::TableRow => "</tr>",
        TagEnd::TableCell => "</td>",
        TagEnd::Emphasis => "</em>",
        TagEnd::Strong => "</strong>",
        TagEnd::Strikethrough => "</del>",
        _ => "",
    }
}

/// Returns the tag of a heading. Its level is two below the note's level, because the local page has headings of its
/// own.
fn heading(level: HeadingLevel) -> &'static str {
    match level {
        HeadingLevel::H1 => "h3",
        HeadingLevel::H2 => "h4",
        HeadingLevel::H3 => "h5",
        _ => "h6",
    }
}

fn holds_inline(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Paragraph | Tag::Heading { .. } | Tag::Item | Tag::TableCell)
}

fn is_block(tag: &Tag<'_>) -> bool {
    !matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. })
}

fn past_image(events: &Events<'_>, start: usize) -> usize {
    let end = events[start..].iter().position(|(event, _)| matches!(event, Event::End(TagEnd::Image)));
    end.map_or(events.len(), |end| start + end + 1)
}

/// Returns the HTML without its tags and comments.
fn without_tags(html: &str) -> String {
    let (mut out, mut rest) = (String::new(), html);
    while let Some(begin) = rest.find('<') {
        out.push_str(&rest[..begin]);
        let tag = &rest[begin..];
        let is_tag = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
        let end = if tag.starts_with("<!--") {
            tag.find("-->").map(|end| end + 3)
        } else {
            tag.find('>').map(|end| end + 1)
        };
        match end {
            Some(end) if is_tag => rest = &tag[end..],
            _ => {
                out.push('<');
                rest = &tag[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::render;

    fn html(source: &str) -> String {
        render(source, "https://sentry.example").into_string().replace('\n', "")
    }

    #[test]
    fn markdown_that_sentry_renders_is_rendered() {
        for (source, shown) in [
            ("## A", "<h4>A</h4>"),
            ("**b** *i* ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <del>s</del> <code>c</code></p>"),
            ("- a\n- b\n  1. c", "<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>"),
            ("- [x] a", "<ul><li>☑ a</li></ul>"),
            ("> q", "<blockquote><p>q</p></blockquote>"),
            ("---", "<hr>"),
            ("```rust\nlet <x> = &y;\n```", "<pre tabindex=\"0\"><code>let &lt;x&gt; = &amp;y;</code></pre>"),
            (
                "|a|b|\n|---|---|\n|1|`2`|",
                "<div class=\"sideways\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">a</th>\
                 <th scope=\"col\">b</th></tr></thead><tr><td>1</td><td><code>2</code></td></tr></table></div>",
            ),
            ("````\n```\n````", "<pre tabindex=\"0\"><code>```</code></pre>"),
        ] {
            assert_eq!(html(source), shown, "{source}");
        }
        assert_eq!(render("a\nb", "").into_string(), "<p>a\nb</p>", "single line ends collapse");
    }

    #[test]
    fn rule_1_an_inline_tag_turns_markdown_off_for_its_paragraph() {
        for (source, shown) in [
            ("**a** Vec<String> `b`", "<p>**a** Vec `b`</p>"),
            ("in <module> *here*", "<p>in  *here*</p>"),
            ("<anonymous> failed", "<p> failed</p>"),
            ("a<br>b", "<p>ab</p>"),
            ("x <b onclick=y>**z**</b>", "<p>x **z**</p>"),
            ("- **a** <T>\n- **b**", "<ul><li>**a** </li><li><strong>b</strong></li></ul>"),
            ("## `a` <T>", "<h4>`a` </h4>"),
            ("a <T>\n\n**b**", "<p>a </p><p><strong>b</strong></p>"),
        ] {
            assert_eq!(html(source), shown, "{source}");
        }
        for (source, shown) in [
            ("**a** `Vec<String>`", "<p><strong>a</strong> <code>Vec&lt;String&gt;</code></p>"),
            ("**a** Vec\\<String>", "<p><strong>a</strong> Vec&lt;String&gt;</p>"),
            ("**a** 1 < 2", "<p><strong>a</strong> 1 &lt; 2</p>"),
        ] {
            assert_eq!(html(source), shown, "what is quoted stays: {source}");
        }
    }

    #[test]
    fn rule_2_entities_are_shown_literally() {
        assert_eq!(html("a &lt;b&gt; &amp; &#39; c"), "<p>a &amp;lt;b&amp;gt; &amp;amp; &amp;#39; c</p>");
        assert_eq!(html("`&lt;`"), "<p><code>&amp;lt;</code></p>");
    }

    #[test]
    fn rule_3_template_tags_outside_of_code_are_removed() {
        assert_eq!(html("a {% for x in y %} b"), "<p>a  b</p>");
        assert_eq!(html("`{% for x %}`"), "<p><code>{% for x %}</code></p>");
        assert_eq!(html("```\n{% if %}\n```"), "<pre tabindex=\"0\"><code>{% if %}</code></pre>");
        assert_eq!(html("a {% b"), "<p>a {% b</p>");
    }

    #[test]
    fn html_images_and_unsafe_links_are_removed() {
        for (source, shown) in [
            ("<!-- sidenote:v1 -->", ""),
            ("a\n\n<!-- sidenote:v1 -->\n", "<p>a</p>"),
            ("<details><summary>a</summary>\n\n**b**\n\n</details>", "a<p><strong>b</strong></p>"),
            ("<script>alert(1)</script>", "alert(1)"),
            ("<img src=x onerror=alert(1)>", ""),
            ("![a](https://x.example/i.png) b", "<p> b</p>"),
            ("[a](javascript:alert(1))", "<p>a</p>"),
            ("[a](JaVaScRiPt:alert(1))", "<p>a</p>"),
            ("[a](data:text/html,x)", "<p>a</p>"),
            ("[a](//evil.example)", "<p>a</p>"),
            (
                "[a](/issues/1)",
                "<p><a rel=\"noopener noreferrer\" target=\"_blank\" href=\"https://sentry.example/issues/1\">a</a></p>",
            ),
            (
                "[a](https://x/\"onclick=\"y)",
                "<p><a rel=\"noopener noreferrer\" target=\"_blank\" href=\"https://x/&quot;onclick=&quot;y\">a</a></p>",
            ),
        ] {
            assert_eq!(html(source), shown, "{source}");
        }
    }
}
