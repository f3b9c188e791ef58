//! The HTML of a Telegram message, rendered for the local page: a few tags and four entities.

use maud::{Markup, PreEscaped, Render as _};

/// The tags without attributes that Sidenote's Telegram messages can contain.
const TAGS: [&str; 8] = ["b", "i", "u", "s", "code", "pre", "blockquote", "tg-spoiler"];

/// Renders a message. Known tags keep their meaning, and any other tag stays visible as text.
pub(super) fn bubble(html: &str) -> Markup {
    let (mut out, mut open, mut rest) = (String::new(), Vec::new(), html);
    while let Some(at) = rest.find('<') {
        text(&rest[..at], &mut out);
        let tag = &rest[at..];
        let end = tag.find('>').map_or(tag.len(), |end| end + 1);
        if !take(&tag[..end], &mut open, &mut out) {
            text(&tag[..end], &mut out);
        }
        rest = &tag[end..];
    }
    text(rest, &mut out);
    for name in open.into_iter().rev() {
        close(name, &mut out);
    }
    PreEscaped(out)
}

/// Writes `tag` to `out` if it is a known tag. Returns whether it was written.
fn take(tag: &str, open: &mut Vec<&'static str>, out: &mut String) -> bool {
    let Some(inner) = tag.strip_prefix('<').and_then(|tag| tag.strip_suffix('>')) else { return false };
    if let Some(name) = inner.strip_prefix('/') {
        let closes = open.last().is_some_and(|last| *last == name);
        if closes && let Some(name) = open.pop() {
            close(name, out);
        }
        return closes;
    }
    if let Some(href) = inner.strip_prefix("a href=\"").and_then(|href| href.strip_suffix('"')) {
        let href = unescape(href);
        open.push("a");
        if href.starts_with("https://") || href.starts_with("http://") {
            out.push_str("<a rel=\"noopener noreferrer\" target=\"_blank\" href=\"");
            href.as_str().render_to(out);
            out.push_str("\">");
        } else {
            out.push_str("<a>");
        }
        return true;
    }
    // The page shows the whole message, so an expandable quote becomes an open one.
    let inner = if inner == "blockquote expandable" { "blockquote" } else { inner };
    let Some(name) = TAGS.iter().find(|name| **name == inner) else { return false };
    open.push(name);
    out.extend(["<", shown(name), ">"]);
    true
}

fn close(name: &str, out: &mut String) {
    out.extend(["</", shown(name), ">"]);
}

fn shown(name: &str) -> &str {
    if name == "tg-spoiler" { "span" } else { name }
}

fn text(text: &str, out: &mut String) {
    unescape(text).as_str().render_to(out);
}

/// Replaces the four HTML entities of the Bot API with their characters.
fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::bubble;

    #[test]
    fn the_html_of_a_telegram_message_is_rendered() {
        let html =
            "<b>A</b> &amp; <code>x &lt; y</code>\n<a href=\"https://s.example/?a=1&amp;b=2\">Open</a>";
        assert_eq!(
            bubble(html).into_string(),
            "<b>A</b> &amp; <code>x &lt; y</code>\n<a rel=\"noopener noreferrer\" target=\"_blank\" \
             href=\"https://s.example/?a=1&amp;b=2\">Open</a>"
        );
    }

    #[test]
    fn unknown_tags_stay_visible_as_text() {
        for (html, shown) in [
            ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
            ("<b onclick=\"x\">y</b>", "&lt;b onclick=&quot;x&quot;&gt;y&lt;/b&gt;"),
            ("<a href=\"javascript:x\">y</a>", "<a>y</a>"),
            (
                "<a href=\"https://x\" onclick=\"y\">z</a>",
                "<a rel=\"noopener noreferrer\" target=\"_blank\" \
             href=\"https://x&quot; onclick=&quot;y\">z</a>",
            ),
            ("<b><i>x</b></i>", "<b><i>x&lt;/b&gt;</i></b>"),
            ("&amp;lt;b&amp;gt; &lt;", "&amp;lt;b&amp;gt; &lt;"),
            ("<", "&lt;"),
            ("<blockquote expandable>x</blockquote>", "<blockquote>x</blockquote>"),
        ] {
            assert_eq!(bubble(html).into_string(), shown, "{html}");
        }
    }
}
