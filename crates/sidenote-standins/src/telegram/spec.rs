//! Compares the stand-in's table of fields with the Bot API's description in JSON, which `make test` makes with
//! `tools/bot-api.py`. Every field of the table must exist in the description with the same type, and every field that
//! the description requires must be in the table.

use std::fs;

use serde_json::Value;

use super::rules;
use super::shape::{Field, Shape};

/// Reads the description of the Bot API from the folder `.tools` of the repository.
fn spec() -> Value {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tools/bot-api.json"));
    let text =
        text.unwrap_or_else(|error| panic!("bot-api.json: {error}: run `make test`, which fetches it"));
    serde_json::from_str(&text).expect("JSON")
}

/// The fields that are optional in the Bot API but required by the stand-in, because Sidenote edits only messages in
/// chats, and replies only to messages.
const STRICTER: [&str; 6] = [
    "sendMessage.reply_parameters.message_id",
    "editMessageText.text",
    "editMessageText.chat_id",
    "editMessageText.message_id",
    "editMessageReplyMarkup.chat_id",
    "editMessageReplyMarkup.message_id",
];

struct Comparison<'s> {
    spec: &'s Value,
    compared: usize,
    differences: Vec<String>,
}

impl Comparison<'_> {
    fn fields(&mut self, path: &str, ours: &[Field], theirs: &Value) {
        // A method without parameters has no list of fields.
        let theirs = theirs["fields"].as_array().cloned().unwrap_or_default();
        for field in ours {
            let path = format!("{path}.{}", field.name);
            match theirs.iter().find(|their| their["name"] == field.name) {
                None => self.differences.push(format!("{path}: not in the description")),
                Some(their) => self.field(&path, field, their),
            }
        }
        let known = |their: &&Value| ours.iter().any(|field| their["name"] == field.name);
        for their in theirs.iter().filter(|their| their["required"] == true && !known(their)) {
            self.differences.push(format!("{path}.{}: required, and unknown to us", their["name"]));
        }
    }

    fn field(&mut self, path: &str, ours: &Field, theirs: &Value) {
        self.compared += 1;
        let required = ours.missing.is_some();
        if theirs["required"] != required && !STRICTER.contains(&path) {
            self.differences.push(format!("{path}: required {} there, {required} here", theirs["required"]));
        }
        let types: Vec<&str> =
            theirs["types"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        self.shape(path, &ours.shape, &types);
    }

    fn shape(&mut self, path: &str, ours: &Shape, theirs: &[&str]) {
        let (spec, is) = (self.spec, |wanted: &[&str]| theirs == wanted);
        let fits = match ours {
            Shape::Text(_) | Shape::OneOf(_) | Shape::Link => is(&["String"]),
            Shape::Integer => is(&["Integer"]),
            Shape::Flag => is(&["Boolean"]) || is(&["True"]),
            Shape::ChatId => is(&["Integer", "String"]),
            Shape::List(shape) => {
                let inner = theirs.first().and_then(|name| name.strip_prefix("Array of "));
                match inner {
                    Some(inner) => return self.shape(path, shape, &[inner]),
                    None => false,
                }
            }
            // The first kind of reply markup in the description is ours.
            Shape::Object(kind) => match theirs.first().map(|name| &spec["types"][*name]) {
                Some(their) if their.is_object() => return self.fields(path, kind.fields, their),
                _ => false,
            },
        };
        if !fits {
            self.differences.push(format!("{path}: {theirs:?} there"));
        }
    }
}

#[test]
fn our_fields_are_the_bot_apis_fields() {
    let spec = spec();
    let mut comparison = Comparison { spec: &spec, compared: 0, differences: Vec::new() };
    for (name, fields) in rules::METHODS {
        let theirs = &spec["methods"][name];
        assert!(theirs.is_object(), "{name}: no such method");
        comparison.fields(name, fields, theirs);
    }
    assert_eq!(comparison.differences, Vec::<String>::new());
    println!(
        "{}: {} fields of {} methods compared",
        spec["version"],
        comparison.compared,
        rules::METHODS.len()
    );
    for kind in rules::UPDATE_KINDS {
        let known = spec["types"]["Update"]["fields"].as_array().expect("fields");
        assert!(known.iter().any(|field| field["name"] == *kind), "{kind}");
    }
}

#[test]
fn a_difference_is_seen() {
    let mut spec = spec();
    let fields = |spec: &mut Value, kind: &str, name: &str, change: &dyn Fn(&mut Value)| {
        let fields = spec[kind][name]["fields"].as_array_mut().expect("fields");
        fields.iter_mut().for_each(change);
    };
    fields(&mut spec, "types", "InlineKeyboardButton", &|field| {
        if field["name"] == "callback_data" {
            field["types"] = serde_json::json!(["Integer"]);
        }
    });
    fields(&mut spec, "methods", "sendMessage", &|field| {
        if field["name"] == "text" {
            field["required"] = false.into();
        }
        if field["name"] == "parse_mode" {
            field["name"] = "mode".into();
        }
    });
    let mut comparison = Comparison { spec: &spec, compared: 0, differences: Vec::new() };
    let (name, ours) = rules::method("sendMessage").expect("a method");
    comparison.fields(name, ours, &spec["methods"][name]);
    let expected = [
        "sendMessage.text: required false there, true here",
        "sendMessage.parse_mode: not in the description",
        "sendMessage.reply_markup.inline_keyboard.callback_data: [\"Integer\"] there",
    ];
    assert_eq!(comparison.differences, expected);
}
