//! The rules of Slack's Block Kit: the limits and the forms of the blocks in a message.

use serde_json::Value;

const MAX_BLOCKS: usize = 50;
/// The text of a section, or one text of a context block, may have at most this many characters.
const MAX_SECTION: usize = 3_000;
/// All blocks of a message together may have at most this many characters.
const MAX_ALL: usize = 13_200;

/// The required and the optional members of each type of object.
const MEMBERS: &[(&str, &[&str], &[&str])] = &[
    ("section", &["type", "text"], &["block_id", "fields", "accessory", "expand"]),
    ("context", &["type", "elements"], &["block_id"]),
    ("divider", &["type"], &["block_id"]),
    ("actions", &["type", "elements"], &["block_id"]),
    ("button", &["type", "text", "action_id"], &["url", "value", "style", "confirm", "accessibility_label"]),
    ("rich_text", &["type", "elements"], &["block_id"]),
    ("rich_text_preformatted", &["type", "elements"], &["border"]),
    ("text", &["type", "text"], &["style"]),
    ("mrkdwn", &["type", "text"], &["verbatim"]),
    ("plain_text", &["type", "text"], &["emoji"]),
];

/// Describes the violations in the blocks of a message. A violation is a mistake of the client.
pub(super) fn problems(blocks: Option<&Value>) -> Vec<String> {
    let Some(blocks) = blocks else { return Vec::new() };
    let Some(blocks) = blocks.as_array() else { return vec!["blocks that are no list".to_owned()] };
    let mut wrong: Vec<String> = blocks.iter().flat_map(block).collect();
    if blocks.is_empty() || blocks.len() > MAX_BLOCKS {
        wrong.push(format!("{} blocks", blocks.len()));
    }
    let all: usize = blocks.iter().flat_map(texts).map(|text| text.chars().count()).sum();
    if all > MAX_ALL {
        wrong.push(format!("{all} characters in all blocks"));
    }
    wrong
}

fn block(block: &Value) -> Vec<String> {
    let mut wrong = members(block);
    match block["type"].as_str() {
        Some("section") => wrong.extend(text(&block["text"], MAX_SECTION, true)),
        Some("context") => wrong.extend(elements(block, 10, &|it| text(it, MAX_SECTION, true))),
        Some("actions") => wrong.extend(elements(block, 25, &button)),
        Some("rich_text") => wrong.extend(elements(block, 100, &preformatted)),
        Some("divider") => {}
        other => wrong.push(format!("a block of the type {other:?}")),
    }
    wrong
}

/// Describes the violations in the elements of a block.
fn elements(block: &Value, most: usize, each: &dyn Fn(&Value) -> Vec<String>) -> Vec<String> {
    let list = block["elements"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut wrong: Vec<String> = list.iter().flat_map(each).collect();
    if list.is_empty() || list.len() > most {
        wrong.push(format!("{} elements", list.len()));
    }
    let ids: Vec<&str> = list.iter().filter_map(|it| it["action_id"].as_str()).collect();
    if ids.iter().enumerate().any(|(at, id)| ids[..at].contains(id)) {
        wrong.push("two elements with one action_id".to_owned());
    }
    wrong
}

/// Describes the violations in a preformatted text, which has no markup.
fn preformatted(part: &Value) -> Vec<String> {
    let mut wrong = members(part);
    wrong.extend(elements(part, 100, &|it| {
        let mut wrong = members(it);
        wrong.extend(it["text"].as_str().filter(|text| text.is_empty()).map(|_| "an empty text".to_owned()));
        wrong
    }));
    wrong
}

fn button(button: &Value) -> Vec<String> {
    let mut wrong = members(button);
    wrong.extend(text(&button["text"], 75, false));
    for (key, most) in [("action_id", 255), ("value", 2_000), ("url", 3_000)] {
        let length = button[key].as_str().map(|value| value.chars().count());
        if length.is_some_and(|length| length == 0 || length > most) {
            wrong.push(format!("a button's {key} of {length:?} characters"));
        }
    }
    if !matches!(button["style"].as_str(), None | Some("primary" | "danger")) {
        wrong.push("a style that Slack does not know".to_owned());
    }
    wrong
}

/// Describes the violations in a text object.
fn text(object: &Value, most: usize, may_have_markup: bool) -> Vec<String> {
    let mut wrong = members(object);
    let written = object["text"].as_str().unwrap_or_default();
    let length = written.chars().count();
    if length == 0 || length > most {
        wrong.push(format!("a text of {length} characters"));
    }
    match object["type"].as_str() {
        Some("mrkdwn") if may_have_markup => {
            wrong.extend(mrkdwn_problems(written));
            if object["verbatim"] != true {
                wrong.push("Slack looks for links and names in the text".to_owned());
            }
        }
        Some("plain_text") => {}
        other => wrong.push(format!("a text of the type {other:?}")),
    }
    wrong
}

fn members(object: &Value) -> Vec<String> {
    let kind = object["type"].as_str().unwrap_or_default();
    let Some((_, required, optional)) = MEMBERS.iter().find(|(known, ..)| *known == kind) else {
        return vec![format!("an object of the type {kind:?}")];
    };
    let given = object.as_object().into_iter().flat_map(|members| members.keys());
    let unknown = given.filter(|key| !required.contains(&key.as_str()) && !optional.contains(&key.as_str()));
    let unknown: Vec<String> = unknown.map(|key| format!("{kind} has an unknown member: {key}")).collect();
    let missing = required.iter().filter(|key| object[**key].is_null());
    unknown.into_iter().chain(missing.map(|key| format!("{kind} lacks {key}"))).collect()
}

/// Describes the parts of a text that Slack would not show as plain text: mentions, special commands, broken escapes,
/// unbalanced code.
pub(super) fn mrkdwn_problems(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (at, _) in text.match_indices('<') {
        let inner = text[at + 1..].split(['<', '>']).next().unwrap_or_default();
        if !(inner.starts_with("https://") || inner.starts_with("http://")) || !text[at + 1..].contains('>') {
            wrong.push(format!("an unescaped <{inner}"));
        }
    }
    if text.matches('<').count() != text.matches('>').count() {
        wrong.push("unequal numbers of < and >".to_owned());
    }
    for (at, _) in text.match_indices('&') {
        if !["&amp;", "&lt;", "&gt;"].iter().any(|escape| text[at..].starts_with(escape)) {
            wrong.push("an unescaped &".to_owned());
        }
    }
    wrong.extend(
        text.lines()
            .filter(|line| line.matches('`').count() % 2 == 1)
            .map(|line| format!("open code: {line}")),
    );
    wrong
}

/// Returns the texts of a block, as they were sent. The labels of buttons are left out.
pub(super) fn texts(block: &Value) -> Vec<String> {
    let of = |object: &Value| object["text"].as_str().map(str::to_owned);
    let elements = block["elements"].as_array().map(Vec::as_slice).unwrap_or_default();
    let in_elements = elements.iter().filter(|it| it["type"] != "button").flat_map(|it| match of(it) {
        Some(text) => vec![text],
        None => texts(it),
    });
    of(&block["text"]).into_iter().chain(in_elements).collect()
}

/// Returns a text as a reader sees it: without markup and escapes, and each link as its words.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('<') {
        shown.push_str(before);
        let (link, after) = tail.split_once('>').unwrap_or((tail, ""));
        shown.push_str(link.split_once('|').map_or(link, |(_, words)| words));
        rest = after;
    }
    shown.push_str(rest);
    let plain = shown.replace(['`', '*', '\u{200b}'], "");
    plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
