//! Tests of the architecture: the allowed imports (the table in `src/lib.rs` is read, not repeated), the names that
//! pure modules must not use, the tables of plug-ins, and the length of files. A top-level module is called a room.
//!
//! Each rule is a function from the sources to complaints. Each rule is also run on a planted violation, which it must
//! find. The lexer supports comments, strings, raw strings, characters and lifetimes.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The names that no module may have, because they do not describe a purpose.
const EMPTY_NAMES: &[&str] =
    &["util", "utils", "helper", "helpers", "common", "manager", "service", "services", "data", "info"];
/// The files whose module name is in [`EMPTY_NAMES`], but describes a purpose: AWS Secrets Manager is a product.
const FULL_NAMES: &[&str] = &["src/secrets/manager.rs"];
/// The limit of lines with code in a file.
const LONGEST_FILE: usize = 400;
/// The files with tables of phrases, which have no length limit. Such a table has one line per phrase.
const PHRASE_TABLES: &[&str] =
    &["src/domain/words/phrases.rs", "src/domain/words/en.rs", "src/domain/words/zh_tw.rs"];
/// If a file is too long, the complaint also lists every file with more lines of code than this.
const LONG_FILE: usize = 300;
/// The paths that pure rooms must not name, as sequences of path segments.
const IMPURE: &[&[&str]] = &[
    &["tokio"],
    &["reqwest"],
    &["std", "env"],
    &["std", "fs"],
    &["std", "io"],
    &["std", "process"],
    &["std", "thread"],
    &["Instant", "now"],
    &["Instant", "elapsed"],
    &["OffsetDateTime", "now_utc"],
    &["UtcDateTime", "now"],
    &["SystemTime"],
];
const PURE_ROOMS: &[&str] = &["domain", "payload", "webhook"];

// --- Reading ---------------------------------------------------------------------------------------------------------

/// A token of Rust code: a word, a number, `::`, another single character, or `""` for a string.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    text: String,
    line: usize,
    /// The last line of the token, which may be a string of several lines.
    end: usize,
}

/// A source file, with its path from the top folder of the repository.
struct Source {
    path: String,
    text: String,
    tokens: Vec<Token>,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), tokens: lex(text) }
    }

    /// Returns the module path: `["notifiers", "note"]` for `src/notifiers/note.rs`, `[]` for `src/lib.rs`. Crates in
    /// `crates/` follow the same rule.
    fn module(&self) -> Vec<String> {
        let inside = self.path.split_once("src/").map_or("", |(_, inside)| inside).trim_end_matches(".rs");
        inside.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main")).map(str::to_owned).collect()
    }

    /// Whether the file belongs to the library or the programs in `src`, and not to a crate in `crates/`.
    fn is_ours(&self) -> bool {
        self.path.starts_with("src/")
    }

    /// Returns the room of the file: the first segment of its module path, or the name of its crate in `crates/`.
    fn room(&self) -> String {
        let outside = self.path.strip_prefix("crates/").and_then(|path| path.split('/').next());
        outside.map(str::to_owned).or_else(|| self.module().first().cloned()).unwrap_or_default()
    }

    fn is_mod_of(&self, module: &[String]) -> bool {
        self.module() == module
    }

    /// Counts the lines that contain more than comments and white space.
    fn code_lines(&self) -> usize {
        let lines = self.tokens.iter().flat_map(|token| token.line..=token.end);
        lines.collect::<BTreeSet<_>>().len()
    }

    /// Iterates over the lines of the module documentation.
    fn docs(&self) -> impl Iterator<Item = &str> {
        self.text
            .lines()
            .filter_map(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
    }
}

fn lex(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: text, line: 1, tokens: Vec::new() };
    while lexer.step() {}
    lexer.tokens
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn skip(&mut self, bytes: usize) {
        let (gone, rest) = self.rest.split_at(bytes);
        self.line += gone.matches('\n').count();
        self.rest = rest;
    }

    fn take(&mut self, bytes: usize, text: &str) {
        let line = self.line;
        self.skip(bytes);
        self.tokens.push(Token { text: text.to_owned(), line, end: self.line });
    }

    fn step(&mut self) -> bool {
        let rest = self.rest;
        let Some(first) = rest.chars().next() else { return false };
        if let Some(length) = raw_string(rest) {
            self.take(length, "\"\"");
        } else if first.is_whitespace() {
            self.skip(first.len_utf8());
        } else if rest.starts_with("//") {
            self.skip(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.skip(block_comment(rest));
        } else if first == '"' {
            self.take(quoted(rest, '"'), "\"\"");
        } else if first == '\'' && is_character(rest) {
            self.take(quoted(rest, '\''), "''");
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            self.take(length, &rest[..length]);
        } else if rest.starts_with("::") {
            self.take(2, "::");
        } else {
            self.take(first.len_utf8(), &first.to_string());
        }
        true
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a quotation mark begins a character and not a lifetime.
fn is_character(rest: &str) -> bool {
    rest.starts_with("'\\") || rest.chars().nth(2) == Some('\'')
}

/// Returns the length of a string or character literal in bytes, with its quotes and escapes.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

fn raw_string(rest: &str) -> Option<usize> {
    let hashes = ["r", "br", "cr"].into_iter().find_map(|start| rest.strip_prefix(start))?;
    let inner = hashes.trim_start_matches('#').strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes.len() - inner.len() - 1));
    Some(rest.len() - inner.len() + inner.find(&end).map_or(inner.len(), |at| at + end.len()))
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        let two = tail.get(..2).unwrap_or_default();
        depth += i32::from(two == "/*") - i32::from(two == "*/");
        at += if matches!(two, "/*" | "*/") { 2 } else { tail.chars().next().map_or(1, char::len_utf8) };
        if depth == 0 {
            break;
        }
    }
    at
}

/// Returns `tokens` without the items that are compiled only for tests.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if starts_with(&tokens[at..], &MARK) {
            at += item(&tokens[at..]);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

fn starts_with(tokens: &[Token], texts: &[&str]) -> bool {
    tokens.len() >= texts.len() && tokens.iter().zip(texts).all(|(token, text)| token.text == *text)
}

/// Returns the number of tokens of an item with its attributes. The item ends with its block or its semicolon.
fn item(tokens: &[Token]) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" if depth == 1 => return at + 1,
            "}" => depth -= 1,
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// A complete path in the code, for example `["crate", "http", "Http"]`. Groups are expanded.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    parts: Vec<String>,
    line: usize,
}

/// Returns all paths. A path that begins with `self` or `super` is resolved from `module` to a path from `crate`.
fn paths(tokens: &[Token], module: &[String]) -> Vec<Named> {
    let mut found = Vec::new();
    // The inline modules around the token, each with the depth of its block.
    let mut inside: Vec<(String, usize)> = Vec::new();
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => {
                inside.retain(|(_, block)| *block < depth);
                depth -= 1;
            }
            "mod" if tokens.get(at + 2).is_some_and(|t| t.text == "{") => {
                inside.push((tokens[at + 1].text.clone(), depth + 1));
            }
            text if text.starts_with(is_word) && !follows_path(tokens, at) => {
                let here: Vec<String> =
                    ["crate"].into_iter().map(str::to_owned).chain(module.iter().cloned()).collect();
                let here = here.into_iter().chain(inside.iter().map(|(name, _)| name.clone())).collect();
                tree(tokens, at, here, true, &mut found);
            }
            _ => {}
        }
    }
    found
}

/// Whether the word at `at` continues a path, or belongs to a group that was expanded already.
fn follows_path(tokens: &[Token], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at].text.as_str());
    if before(1) == "::" {
        return true;
    }
    // In a group, `::` precedes the nearest open brace to the left.
    let mut closed = 0;
    for at in (0..at).rev() {
        match tokens[at].text.as_str() {
            ";" => return false,
            "}" => closed += 1,
            "{" if closed > 0 => closed -= 1,
            "{" => return at > 0 && tokens[at - 1].text == "::",
            _ => {}
        }
    }
    false
}

/// Reads the path that begins at `at`. Returns the index of the token after it.
fn tree(
    tokens: &[Token],
    mut at: usize,
    mut prefix: Vec<String>,
    start: bool,
    found: &mut Vec<Named>,
) -> usize {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let line = tokens.get(at).map_or(0, |token| token.line);
    if text(at) == "{" {
        at += 1;
        while !matches!(text(at), "}" | "") {
            at = tree(tokens, at, prefix.clone(), false, found).max(at + 1);
            at += usize::from(text(at) == ",");
        }
        return at + 1;
    }
    match text(at) {
        "super" => drop(prefix.pop()),
        "self" => {}
        "crate" => prefix = vec!["crate".to_owned()],
        word if start => prefix = vec![word.to_owned()],
        word => prefix.push(word.to_owned()),
    }
    let goes_on = text(at + 1) == "::" && (text(at + 2) == "{" || text(at + 2).starts_with(is_word));
    if goes_on {
        return tree(tokens, at + 2, prefix, false, found);
    }
    let glob = text(at + 1) == "::" && text(at + 2) == "*";
    if glob {
        prefix.push("*".to_owned());
        at += 2;
    }
    found.push(Named { parts: prefix, line });
    // `as name` is not a path.
    at + 1 + if text(at + 1) == "as" { 2 } else { 0 }
}

// --- The rules -------------------------------------------------------------------------------------------------------

/// Reads the table of imports in `src/lib.rs`: each room, with the rooms that it may import.
fn table(sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let Some(lib) = sources.iter().find(|source| source.path == "src/lib.rs") else { return BTreeMap::new() };
    let in_section = lib.docs().skip_while(|line| *line != "# The imports of the rooms").skip(1);
    let block = in_section.take_while(|line| !line.starts_with('#')).skip_while(|line| *line != "```text");
    let rows: Vec<&str> = block.skip(1).take_while(|line| *line != "```").collect();
    // The table has two columns, which are read one after the other. The first row shows where the right column begins.
    let right = rows.first().and_then(|row| cells(row).get(2).and_then(|cell| row.find(cell)));
    let halves = |row| str::split_at_checked(row, right.unwrap_or(row.len())).unwrap_or((row, ""));
    let (left, right): (Vec<&str>, Vec<&str>) = rows.into_iter().map(halves).unzip();
    let mut table = BTreeMap::new();
    for half in left.into_iter().chain(right) {
        let [room, may] = cells(half)[..] else { continue };
        let may = match may {
            "-" => BTreeSet::new(),
            "everything above" => table.keys().cloned().collect(),
            rooms => rooms.split(' ').map(str::to_owned).collect(),
        };
        table.insert(room.to_owned(), may);
    }
    table
}

/// Returns the parts of a line between runs of two or more spaces.
fn cells(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

/// The rule that no file in `crates/` names the library, not even in a test. Returns the complaints.
fn crates_apart(sources: &[Source]) -> Vec<String> {
    let outside = sources.iter().filter(|source| !source.is_ours());
    let named = outside.flat_map(|source| {
        let named = paths(&source.tokens, &source.module()).into_iter().filter(|n| n.parts[0] == "sidenote");
        named.map(|n| format!("{}:{}: `{}` imports the library", source.path, n.line, source.room()))
    });
    named.collect()
}

/// The rule that each file imports only rooms that the table allows. Returns the complaints.
fn imports(sources: &[Source]) -> Vec<String> {
    let table = table(sources);
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.is_ours() && source.path != "src/lib.rs") {
        let room = source.room();
        let Some(may) = table.get(&room) else {
            complaints.push(format!("{}: `{room}` is not in the table", source.path));
            continue;
        };
        // A program in `src/bin` is a separate crate: `sidenote` is the library, `crate` is the program itself.
        let krate = if room == "bin" { "sidenote" } else { "crate" };
        for named in paths(&source.tokens, &source.module()) {
            let [first, target, ..] = named.parts.as_slice() else { continue };
            if first != krate || *target == room {
                continue;
            }
            if !may.contains(target) {
                complaints.push(format!("{}:{}: `{room}` imports `{target}`", source.path, named.line));
            }
        }
    }
    complaints.dedup();
    complaints
}

/// The rule that plug-ins import neither another folder of plug-ins nor each other. Returns the complaints.
fn plug_ins_apart(sources: &[Source]) -> Vec<String> {
    let folders: Vec<String> = plug_in_folders(sources).map(Source::room).collect();
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| folders.contains(&source.room())) {
        let module = source.module();
        let own = module.get(1);
        for named in paths(&source.tokens, &module) {
            let [root, folder, rest @ ..] = named.parts.as_slice() else { continue };
            if root != "crate" || !folders.contains(folder) {
                continue;
            }
            let sibling = rest.first().filter(|name| {
                let path = [folder.clone(), (*name).clone()];
                own.is_some_and(|own| own != *name) && sources.iter().any(|other| other.is_mod_of(&path))
            });
            if *folder != source.room() || sibling.is_some() {
                let whom = named.parts[1..].join("::");
                complaints.push(format!("{}:{}: a plug-in imports `{whom}`", source.path, named.line));
            }
        }
    }
    complaints
}

fn plug_in_folders(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources.iter().filter(|source| source.docs().next().is_some_and(|line| line.starts_with("PLUG-IN")))
}

/// The rule that every plug-in has a row in its folder's table, and every row has a plug-in. Returns the complaints.
fn plug_ins_listed(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for folder in plug_in_folders(sources) {
        let rows: Vec<&str> = folder.docs().filter(|line| line.starts_with('|')).collect();
        let parent = folder.path.trim_end_matches("mod.rs").trim_end_matches(".rs");
        let interface = after(&folder.tokens, &["trait"]);
        for name in after(&folder.tokens, &["mod"]) {
            let is_inside = |path: &str| {
                path == format!("{parent}{name}.rs") || path.starts_with(&format!("{parent}{name}/"))
            };
            let implements = |source: &Source| {
                source.tokens.windows(2).any(|w| interface.contains(&w[0].text) && w[1].text == "for")
            };
            let is_plug_in =
                interface.is_empty() || sources.iter().any(|s| is_inside(&s.path) && implements(s));
            let forms = [format!("`{name}.rs`"), format!("`{name}/`")];
            let is_listed = rows.iter().any(|row| forms.iter().any(|form| row.contains(form)));
            if is_plug_in != is_listed {
                let what = if is_listed { "has a row but is no plug-in" } else { "has no row in the table" };
                complaints.push(format!("{}: `{name}` {what}", folder.path));
            }
        }
    }
    complaints
}

/// Returns the words that follow the tokens `before`.
fn after(tokens: &[Token], before: &[&str]) -> Vec<String> {
    let found = tokens.windows(before.len() + 1).filter(|window| starts_with(window, before));
    found.filter_map(|window| window.last()).map(|token| token.text.clone()).collect()
}

/// The rule that pure rooms name no clock, environment, file, client or asynchronous code. Returns the complaints.
fn pure_rooms(sources: &[Source]) -> Vec<String> {
    let pure = sources.iter().filter(|source| PURE_ROOMS.contains(&source.room().as_str()));
    pure.flat_map(|source| {
        let tokens = without_tests(&source.tokens);
        let waits =
            tokens.iter().filter(|token| token.text == "async").map(|token| ("async".into(), token.line));
        let waits: Vec<(String, usize)> = waits.collect();
        let named = paths(&tokens, &source.module()).into_iter().filter_map(|named| {
            let found = IMPURE.iter().find(|what| has(&named.parts, what))?;
            Some((found.join("::"), named.line))
        });
        let complaint = |(what, line)| format!("{}:{line}: a pure room names `{what}`", source.path);
        waits.into_iter().chain(named).map(complaint).collect::<Vec<_>>()
    })
    .collect()
}

fn has(parts: &[String], what: &[&str]) -> bool {
    parts.windows(what.len()).any(|window| window == what)
}

/// The rule that only the programs in `src/bin` read the environment and use `anyhow`. Returns the complaints.
fn front_doors_only(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.room() != "bin") {
        for Named { parts, line } in paths(&source.tokens, &source.module()) {
            let reads = has(&parts, &["std", "env"]) || (parts.len() > 1 && parts[0] == "env");
            if reads || parts[0] == "anyhow" {
                complaints.push(format!("{}:{line}: `{}` belongs to the front doors", source.path, parts[0]));
            }
        }
    }
    complaints
}

/// The rule that a module's name describes its purpose. Returns the complaints.
fn names(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| !FULL_NAMES.contains(&source.path.as_str())) {
        let inline = after(&source.tokens, &["mod"]).into_iter();
        let inline =
            inline.filter(|name| !FULL_NAMES.iter().any(|path| path.ends_with(&format!("/{name}.rs"))));
        for name in source.module().into_iter().chain(inline) {
            if EMPTY_NAMES.contains(&name.as_str()) {
                complaints.push(format!("{}: `{name}` says nothing", source.path));
            }
        }
    }
    complaints
}

/// The rule that no file has too many lines of code. Returns the complaints.
fn lengths(sources: &[Source]) -> Vec<String> {
    let counted = sources.iter().filter(|source| !PHRASE_TABLES.contains(&source.path.as_str()));
    let mut long: Vec<(usize, &str)> = counted.map(|s| (s.code_lines(), s.path.as_str())).collect();
    long.retain(|(lines, _)| *lines > LONG_FILE);
    long.sort_unstable();
    let too_long = long.iter().any(|(lines, _)| *lines > LONGEST_FILE);
    let complaint = |(lines, path): &(usize, &str)| {
        let what = if *lines > LONGEST_FILE { "too long" } else { "soon too long" };
        format!("{path}: {lines} lines of code, {what}")
    };
    if too_long { long.iter().rev().map(complaint).collect() } else { Vec::new() }
}

/// The first files of folders (`mod.rs` or its equivalent) that other files of the folder may import, with the reasons.
const FRONTS: &[(&str, &str)] = &[
    ("src/analyzers/injection/mod.rs", "the one phrase type of its two members"),
    ("src/analyzers/prompt/mod.rs", "the part that its sections write"),
    ("src/analyzers/rules/kinds/mod.rs", "the note that every kind makes, and the list of the kinds"),
    ("src/analyzers/rules/knowledge/mod.rs", "the entry that its two members read and look up"),
    ("src/analyzers/rules/suspect/mod.rs", "the candidate that its members weigh"),
    ("src/analyzers/rules/mod.rs", "the clues that every rule gets, and the list of the rules"),
    ("src/analyzers/verdict/mod.rs", "the check that its two members are parts of"),
    ("src/config.rs", "the reader that `model.rs` reads with, too"),
    ("src/doctor/mod.rs", "the visit that every check gets, and the list of the checks"),
    ("src/domain/report/mod.rs", "the blocks that its sections are made of"),
    ("src/domain/text/mod.rs", "the text type that its two members work on"),
    ("src/domain/words/mod.rs", "the table type, and the list of the languages"),
    ("src/handler.rs", "the type whose set-up and commands have files of their own"),
    ("src/models/mod.rs", "the trait, and the list of the models"),
    ("src/notifiers/mod.rs", "the trait, and the list of the notifiers"),
    ("src/payload/mod.rs", "the alias that its members share"),
    ("src/redelivery/mod.rs", "the trait, and the list of the queues"),
    ("src/secrets/mod.rs", "the trait, and the list of the sources"),
    ("src/source/mod.rs", "the trait, and the list of the code hosts"),
    ("src/state/mod.rs", "the trait, and the list of the stores"),
];

/// The rule that files of one room do not import each other in a cycle. Returns the complaints.
///
/// `mod x;` is not an import, and neither is `pub use`, which only re-exports. A file may import the first file of its
/// folder if [`FRONTS`] lists it.
fn circles(sources: &[Source]) -> Vec<String> {
    let edges = imports_within_rooms(sources);
    let mut found = BTreeSet::new();
    for file in edges.keys() {
        let circle: BTreeSet<&str> =
            reach(&edges, file).into_iter().filter(|other| reach(&edges, other).contains(file)).collect();
        if circle.len() > 1 {
            found.insert(circle.into_iter().collect::<Vec<_>>().join(" <-> "));
        }
    }
    found.into_iter().collect()
}

/// Returns each file with the files of the same room that it imports.
fn imports_within_rooms(sources: &[Source]) -> BTreeMap<&str, BTreeSet<&str>> {
    let files: BTreeMap<Vec<String>, &str> = sources.iter().map(|s| (s.module(), s.path.as_str())).collect();
    let mut edges = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path.starts_with("src/") && source.room() != "bin") {
        let module = source.module();
        let tokens = without_names(&without_tests(&source.tokens));
        let targets = paths(&tokens, &module).into_iter().filter_map(|named| {
            let below = [module.clone(), named.parts.clone()].concat();
            let target = if named.parts[0] == "crate" { &named.parts[1..] } else { &below[..] };
            (1..=target.len()).rev().find_map(|end| files.get(&target[..end])).copied()
        });
        let is_other = |target: &&str| {
            let is_front = FRONTS.iter().any(|(front, _)| front == target) && is_member(&module, target);
            *target != source.path && room_of(target) == source.room() && !is_front
        };
        edges.insert(source.path.as_str(), targets.filter(is_other).collect());
    }
    edges
}

/// Whether a module is in the folder of the first file `front`.
fn is_member(module: &[String], front: &str) -> bool {
    module.starts_with(&Source::new(front, "").module())
}

fn room_of(path: &str) -> String {
    Source::new(path, "").room()
}

/// Returns the tokens without `mod x;`, `pub use …;` and the scope in `pub(…)`.
fn without_names(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let rest = &tokens[at..];
        let is_mod = rest.len() > 2 && rest[0].text == "mod" && rest[2].text == ";";
        if is_mod || starts_with(rest, &["pub", "use"]) {
            at += length_to(rest, ";");
        } else if ["in", "super", "crate"].iter().any(|scope| starts_with(rest, &["pub", "(", scope])) {
            at += length_to(rest, ")");
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Returns the number of tokens up to the first one with this text, including it.
fn length_to(tokens: &[Token], text: &str) -> usize {
    tokens.iter().position(|token| token.text == text).map_or(tokens.len(), |end| end + 1)
}

/// Returns the files that are reachable by imports from `from`.
fn reach<'s>(edges: &BTreeMap<&'s str, BTreeSet<&'s str>>, from: &str) -> BTreeSet<&'s str> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut next: Vec<&str> = edges.get(from).into_iter().flatten().copied().collect();
    while let Some(file) = next.pop() {
        if found.insert(file) {
            next.extend(edges.get(file).into_iter().flatten());
        }
    }
    found
}

/// The rule that no two public types of the library have the same name. Returns the complaints.
fn type_names(sources: &[Source]) -> Vec<String> {
    let mut known: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    // Only one of the two files with AWS types is compiled, depending on the cargo feature `aws`.
    let library = |source: &&Source| {
        source.path.starts_with("src/") && source.room() != "bin" && source.path != "src/aws/mod.rs"
    };
    for source in sources.iter().filter(library) {
        let tokens = without_tests(&source.tokens);
        let names =
            ["struct", "enum", "trait", "type"].iter().flat_map(|kind| after(&tokens, &["pub", kind]));
        for name in names {
            known.entry(name).or_default().push(&source.path);
        }
    }
    let twice = known.into_iter().filter(|(_, paths)| paths.len() > 1);
    twice.map(|(name, paths)| format!("`{name}` is in {}", paths.join(" and "))).collect()
}

/// The retired names of types and functions, with their replacements.
const RETIRED_NAMES: &[(&str, &str)] = &[
    ("Claimant", "ClaimRequest"),
    ("lent_to", "applied_to"),
    ("Promise", "Intake"),
    ("Parcel", "QueuedDelivery"),
    ("Story", "Notification"),
    ("Sight", "DeliveryEvent"),
    ("Witness", "Observer"),
    ("Asking", "Question"),
    ("Offer", "QuestionMessage"),
    ("Asks", "ApprovalMode"),
    ("ComesAgain", "RetryLater"),
    ("see_to", "execute"),
    ("Order", "IssueAction"),
    ("Foreign", "Untrusted"),
    ("Ink", "Markup"),
    ("Maybe", "Lenient"),
    ("Sketch", "Summary"),
    ("Laps", "Timings"),
    ("Ledger", "ModelBudget"),
    ("Patience", "RetryPolicy"),
    ("Silence", "ModelError"),
    ("Told", "Sent"),
    ("moot", "no-op"),
];

/// The retired words in comments, messages and documentation, with their replacements.
const RETIRED_WORDS: &[(&str, &str)] = &[
    ("episode", "incident"),
    ("parcel", "queued delivery"),
    ("vouch", "sign"),
    ("the signature does not fit", "invalid signature"),
    ("whoever", "a person, or the reader"),
    ("whosever", "whatever its owner"),
    ("lent to", "applied to"),
    ("comes again", "is redelivered"),
];

/// The rule that code uses no retired names, and no text uses retired words. Returns the complaints.
fn retired(sources: &[Source]) -> Vec<String> {
    // This file contains the lists of retired names and words. Stored records keep the old key `episode_ms`.
    let listed = |source: &&Source| source.path != "tests/architecture.rs";
    let in_code = |source: &Source| {
        let is_rust = Path::new(&source.path).extension().is_some_and(|extension| extension == "rs");
        let names = source.tokens.iter().filter(|_| is_rust);
        let found = names.filter_map(|token| RETIRED_NAMES.iter().find(|(name, _)| *name == token.text));
        found.map(|(old, new)| format!("{}: `{old}` is `{new}` now", source.path)).collect::<Vec<_>>()
    };
    let in_text = |source: &Source| {
        let text = source.text.to_lowercase().replace("episode_ms", "");
        let found = RETIRED_WORDS.iter().filter(|(word, _)| has_word(&text, word)).collect::<Vec<_>>();
        found
            .into_iter()
            .map(|(old, new)| format!("{}: \"{old}\" is \"{new}\" now", source.path))
            .collect::<Vec<_>>()
    };
    sources.iter().filter(listed).flat_map(|source| [in_code(source), in_text(source)].concat()).collect()
}

/// Whether a text contains a word that begins with `word`.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// The rule that no field has a second name by `#[serde(alias)]`, because the readers in `src/json/` would take the two
/// names for two fields. Returns the complaints.
fn aliases(sources: &[Source]) -> Vec<String> {
    let is_alias = |line: &&str| line.trim_start().starts_with("#[serde(") && line.contains("alias");
    let complaint = |source: &Source| format!("{}: a serde alias", source.path);
    sources.iter().filter(|source| source.text.lines().any(|line| is_alias(&line))).map(complaint).collect()
}

/// The longest sleep in a test, in milliseconds.
const LONGEST_SLEEP_MS: u64 = 1_000;

/// The rule that no test sleeps for more than [`LONGEST_SLEEP_MS`]: a test waits for an observable, or moves a clock.
/// Returns the complaints. Sleeps are found by a literal duration, or by a constant whose value is one.
fn long_sleeps(sources: &[Source]) -> Vec<String> {
    let constants: BTreeMap<&str, u64> = sources.iter().flat_map(|it| durations(&it.tokens)).collect();
    let in_file = |source: &Source| {
        let is_sleep = |token: &Token| matches!(token.text.as_str(), "sleep" | "setTimeout");
        let calls = source.tokens.iter().enumerate().filter(|(_, token)| is_sleep(token));
        let slept = calls.filter_map(|(at, token)| {
            let arguments = parentheses(source.tokens.get(at + 1..)?)?;
            let named = arguments.iter().filter_map(|word| constants.get(word.text.as_str()).copied());
            let longest = named.chain(literal(source, arguments)).max()?;
            (longest > LONGEST_SLEEP_MS).then_some((token.line, longest))
        });
        slept.map(|(line, ms)| format!("{}:{line}: sleeps {ms} ms", source.path)).collect::<Vec<_>>()
    };
    sources.iter().flat_map(in_file).collect()
}

/// Returns the duration in the arguments of a sleep in Rust, Python or JavaScript, in milliseconds.
fn literal(source: &Source, arguments: &[Token]) -> Option<u64> {
    let number = |token: Option<&Token>| token?.text.parse::<u64>().ok();
    match source.path.rsplit('.').next()? {
        "py" => Some(number(arguments.first())? * 1_000),
        "mjs" => number(arguments.last()),
        _ => millis(arguments),
    }
}

/// Returns the constants of the type `Duration` with a literal value, in milliseconds.
fn durations(tokens: &[Token]) -> Vec<(&str, u64)> {
    let named = tokens.iter().enumerate().filter(|(_, token)| token.text == "const");
    let value = |at: usize| {
        let name = tokens.get(at + 1)?;
        let value = tokens.get(at + 2..)?;
        Some((name.text.as_str(), millis(&value[..length_to(value, ";")])?))
    };
    named.filter_map(|(at, _)| value(at)).collect()
}

/// Returns the tokens between the first parenthesis and its partner, if `tokens` begins with a parenthesis.
fn parentheses(tokens: &[Token]) -> Option<&[Token]> {
    let inside = tokens.split_first().filter(|(first, _)| first.text == "(")?.1;
    let mut depth = 0_i32;
    let end = inside.iter().position(|token| {
        depth += i32::from(token.text == "(") - i32::from(token.text == ")");
        depth < 0
    })?;
    Some(&inside[..end])
}

/// Returns the first literal duration, such as `from_secs(2)`, in milliseconds.
fn millis(tokens: &[Token]) -> Option<u64> {
    tokens.windows(3).find_map(|window| {
        let unit = match window[0].text.as_str() {
            "from_millis" => 1,
            "from_secs" => 1_000,
            "from_mins" => 60_000,
            "from_hours" => 3_600_000,
            _ => return None,
        };
        let number: u64 = window[2].text.replace('_', "").parse().ok()?;
        (window[1].text == "(").then_some(number * unit)
    })
}

// --- The rules, held against the code --------------------------------------------------------------------------------

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(&root.join("src"), root, &["rs"], &mut found);
    collect(&root.join("crates"), root, &["rs"], &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Adds the files with these endings in a folder and its subfolders to `found`. Subfolders of `root` are left out.
fn collect(folder: &Path, root: &Path, endings: &[&str], found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            if folder != root {
                collect(&path, root, endings, found);
            }
        } else if path.extension().is_some_and(|it| endings.iter().any(|ending| it == *ending)) {
            let text = fs::read_to_string(&path).expect("the file can be read");
            let name = path.strip_prefix(root).expect("a path below the root");
            found.push(Source::new(&name.to_string_lossy(), &text));
        }
    }
}

fn hold(rule: fn(&[Source]) -> Vec<String>) {
    let complaints = rule(&sources());
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn rooms_import_what_the_table_allows() {
    hold(imports);
}

#[test]
fn the_table_has_exactly_the_rooms_that_there_are() {
    let sources = sources();
    let ours = sources.iter().filter(|source| source.is_ours());
    let rooms: BTreeSet<String> = ours.map(Source::room).filter(|room| !room.is_empty()).collect();
    assert_eq!(table(&sources).into_keys().collect::<BTreeSet<_>>(), rooms);
}

#[test]
fn crates_do_not_import_the_library() {
    assert!(sources().iter().any(|source| !source.is_ours()), "there are crates beside the library");
    hold(crates_apart);
}

#[test]
fn plug_ins_do_not_import_each_other() {
    hold(plug_ins_apart);
}

#[test]
fn every_plug_in_has_its_row() {
    assert!(plug_in_folders(&sources()).count() >= 3, "the plug-in folders are found by their first words");
    hold(plug_ins_listed);
}

#[test]
fn pure_rooms_are_pure() {
    hold(pure_rooms);
}

#[test]
fn only_front_doors_read_the_environment_or_use_anyhow() {
    hold(front_doors_only);
}

#[test]
fn module_names_say_what_they_are_for() {
    hold(names);
}

#[test]
fn files_stay_short() {
    hold(lengths);
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    hold(circles);
    let sources = sources();
    for (front, why) in FRONTS {
        let is_there = sources.iter().any(|source| source.path == *front);
        assert!(is_there && !why.is_empty(), "{front} is not there any more");
    }
}

#[test]
fn type_names_are_unique() {
    hold(type_names);
}

#[test]
fn no_field_has_a_serde_alias() {
    hold(aliases);
}

#[test]
fn retired_words_stay_retired() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = sources();
    collect(&root.join("tests"), root, &["rs", "py", "md"], &mut all);
    collect(&root.join("docs"), root, &["md"], &mut all);
    collect(root, root, &["md"], &mut all);
    let complaints = retired(&all);
    assert!(all.len() > 300 && complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn no_test_sleeps_for_more_than_a_second() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    collect(&root.join("tests"), root, &["rs", "py", "mjs"], &mut all);
    collect(&root.join("crates"), root, &["rs"], &mut all);
    let complaints = long_sleeps(&all);
    assert!(all.len() > 200 && complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

// --- The rules, held against planted violations ----------------------------------------------------------------------

const LIB: (&str, &str) = (
    "src/lib.rs",
    "//! # The imports of the rooms\n//!\n//! ```text\n//! domain   -        notes   domain\n//! http     domain   \
     handler   everything above\n//!                   bin     handler\n//! ```\n//!\n//! # More",
);

fn complaints(rule: fn(&[Source]) -> Vec<String>, files: &[(&str, &str)]) -> Vec<String> {
    let sources: Vec<Source> =
        [LIB].iter().chain(files).map(|(path, text)| Source::new(path, text)).collect();
    rule(&sources)
}

#[test]
fn a_wrong_import_is_found_in_every_form() {
    let forms = [
        "use crate::http::Http;",
        "use crate::{domain::x, http};",
        "use crate::{domain::{a, b}, http::{Http, self}};",
        "use crate::{\n    // crate::domain\n    http as web,\n};",
        "fn f() -> crate::http::Http { todo!() }",
        "use super::super::http;",
        "use super::{super::http};",
        "mod inner { mod tests { use super::super::super::super::http::Http; } }",
        "macro_rules! m { () => { $crate::http::get() }; }",
        "pub use crate::http::*;",
    ];
    for form in forms {
        let found = complaints(imports, &[("src/notes/note.rs", form)]);
        assert_eq!(found.len(), 1, "{form}: {found:?}");
        assert!(found[0].ends_with("`notes` imports `http`"), "{form}: {found:?}");
    }
    let found =
        complaints(imports, &[("src/bin/sidenote/serve.rs", "use sidenote::{handler, http::Http};\n")]);
    assert_eq!(found, ["src/bin/sidenote/serve.rs:1: `bin` imports `http`"]);
    assert_eq!(complaints(imports, &[("src/odd.rs", "")]), ["src/odd.rs: `odd` is not in the table"]);
}

#[test]
fn a_crate_that_knows_the_library_is_found() {
    let found = |text| complaints(crates_apart, &[("crates/sidenote-standins/src/llm/mod.rs", text)]);
    assert_eq!(
        found("mod tests {\n use sidenote::{http, domain}; }"),
        ["http", "domain"]
            .map(|_| "crates/sidenote-standins/src/llm/mod.rs:2: `sidenote-standins` imports the library")
    );
    assert!(found("use crate::http; use sidenote_standins::Sentry; // sidenote::http").is_empty());
}

#[test]
fn an_allowed_import_is_accepted() {
    let text = r##"
        //! crate::http
        /* use crate::http; /* nested */ use crate::http; */
        use crate::domain::{self, x::{y, z}};
        use super::Note;
        use crate::notes::{self as own, other};
        const A: &str = "crate::http"; const B: &str = r#"use crate::http "; "#; const C: char = '"';
        const D: &[u8] = b"\"crate::http"; fn f<'a>(x: &'a str) -> char { '\'' }
        pub(crate) fn g() { other::crate_http(); x.http(); std::http::y() }
        mod tests { use super::super::note; use super::*; }
    "##;
    assert!(complaints(imports, &[("src/notes/note.rs", text)]).is_empty());
    let front = "use crate::http; use sidenote::handler; mod http;";
    assert!(complaints(imports, &[("src/bin/sidenote/main.rs", front)]).is_empty());
}

#[test]
fn the_table_is_read_column_by_column() {
    let sources = [Source::new(LIB.0, LIB.1)];
    let table = table(&sources);
    let may = |room: &str| table[room].iter().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        ["domain", "http", "notes", "handler", "bin"].map(may),
        ["", "domain", "domain", "domain http notes", "handler"]
    );
}

#[test]
fn plug_ins_that_know_each_other_are_found() {
    let notes = ("src/notes/mod.rs", "//! PLUG-IN: notes.\nuse self::a::A; mod a; mod b;");
    let keys = ("src/keys/mod.rs", "//! PLUG-IN: keys.\n");
    let rule =
        |text| complaints(plug_ins_apart, &[notes, keys, ("src/notes/b.rs", ""), ("src/notes/a.rs", text)]);
    assert_eq!(rule("use super::b::B;"), ["src/notes/a.rs:1: a plug-in imports `notes::b::B`"]);
    assert_eq!(rule("use crate::keys::Key;"), ["src/notes/a.rs:1: a plug-in imports `keys::Key`"]);
    assert!(rule("use super::Note; use crate::domain; mod b; use self::b::B;").is_empty());
}

#[test]
fn a_plug_in_without_a_row_is_found() {
    let folder = "//! PLUG-IN: notes.\n//!\n//! | a | `a.rs` |\n//! | c | `c.rs` |\nmod a; mod b; mod c; pub trait Note {}";
    let file = |path| (path, "impl Note for X {}");
    let found = complaints(
        plug_ins_listed,
        &[
            ("src/notes/mod.rs", folder),
            file("src/notes/a.rs"),
            file("src/notes/b/x.rs"),
            ("src/notes/c.rs", ""),
        ],
    );
    assert_eq!(
        found,
        [
            "src/notes/mod.rs: `b` has no row in the table",
            "src/notes/mod.rs: `c` has a row but is no plug-in"
        ]
    );
}

#[test]
fn an_impure_room_is_found() {
    let found = |text| complaints(pure_rooms, &[("src/domain/clock.rs", text)]);
    for (text, what) in [
        ("use tokio::sync::Mutex;", "tokio"),
        ("fn f(c: &reqwest::Client) {}", "reqwest"),
        ("use std::{fmt, fs};", "std::fs"),
        ("use std::{fmt, env::var};", "std::env"),
        ("use std::time::Instant; fn f() { Instant::now(); }", "Instant::now"),
        ("use std::time::{Duration, SystemTime};", "SystemTime"),
        ("pub async fn f() {}", "async"),
    ] {
        assert_eq!(found(text), [format!("src/domain/clock.rs:1: a pure room names `{what}`")]);
    }
    let fine = "use std::time::Instant; // tokio\n#[cfg(test)]\n#[expect(x)]\nmod tests { fn f() { Instant::now(); } }";
    assert!(found(fine).is_empty());
    assert!(complaints(pure_rooms, &[("src/http.rs", "use tokio::net;")]).is_empty());
}

#[test]
fn reading_the_environment_outside_front_doors_is_found() {
    let found = |path| {
        complaints(
            front_doors_only,
            &[(path, "use std::env;\nfn f() { env::var(\"X\"); anyhow::anyhow!(env!(\"Y\")); }")],
        )
    };
    assert_eq!(
        found("src/http.rs"),
        [
            "src/http.rs:1: `std` belongs to the front doors",
            "src/http.rs:2: `env` belongs to the front doors",
            "src/http.rs:2: `anyhow` belongs to the front doors"
        ]
    );
    assert!(found("src/bin/sidenote/main.rs").is_empty());
}

#[test]
fn an_empty_name_is_found() {
    let files = [("src/http/utils.rs", ""), ("src/domain/mod.rs", "mod helpers { }"), ("src/data/x.rs", "")];
    let expected = [
        "src/http/utils.rs: `utils` says nothing",
        "src/domain/mod.rs: `helpers` says nothing",
        "src/data/x.rs: `data` says nothing",
    ];
    assert_eq!(complaints(names, &files), expected);
}

#[test]
fn a_long_file_is_found_and_comments_do_not_count() {
    let lines = |count: usize| "// nothing\n\nlet x = \"\n\";\n".repeat(count);
    let (long, longish) = (lines(201), lines(151));
    let found = complaints(lengths, &[("src/a.rs", &long), ("src/b.rs", &longish), ("src/c.rs", &lines(2))]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("src/a.rs") && found[1].ends_with("soon too long"));
    assert!(complaints(lengths, &[("src/b.rs", &lines(151))]).is_empty());
}

#[test]
fn a_circle_of_files_is_found() {
    let files = |b: &'static str| {
        [
            ("src/notes/mod.rs", "mod a; mod b; mod c; pub use self::a::A;"),
            ("src/notes/a.rs", "use super::b::B;"),
            ("src/notes/b.rs", b),
            ("src/notes/c.rs", "use crate::notes::a::A;"),
        ]
    };
    let circle = ["src/notes/a.rs <-> src/notes/b.rs <-> src/notes/c.rs"];
    assert_eq!(complaints(circles, &files("fn f() { super::c::g() }")), circle);
    assert!(complaints(circles, &files("#[cfg(test)] mod tests { use crate::notes::c::C; }")).is_empty());
    let parent = [
        ("src/notes/mod.rs", "mod a; fn f() { a::g() } pub trait T {}"),
        ("src/notes/a.rs", "use super::T;"),
    ];
    assert_eq!(complaints(circles, &parent), ["src/notes/a.rs <-> src/notes/mod.rs"]);
}

#[test]
fn a_serde_alias_is_found() {
    let planted = "struct A {\n    #[serde(default, alias = \"b\")]\n    a: u8,\n}";
    assert_eq!(complaints(aliases, &[("src/json/a.rs", planted)]).len(), 1);
    let named = "struct A {\n    #[serde(rename = \"b\")]\n    alias: u8,\n}";
    assert!(complaints(aliases, &[("src/json/a.rs", named)]).is_empty());
}

#[test]
fn a_name_of_two_types_is_found() {
    let files = [
        ("src/notes/a.rs", "pub struct Verdict; struct Own;"),
        ("src/http/b.rs", "pub enum Verdict {} struct Own;"),
    ];
    assert_eq!(complaints(type_names, &files), ["`Verdict` is in src/notes/a.rs and src/http/b.rs"]);
}

#[test]
fn a_retired_word_is_found() {
    let files = [
        ("src/a.rs", "// An Offer of a Promise.\nstruct Parcel;"),
        ("docs/b.md", "Two episodes, vouched for. Promise."),
        ("src/c.rs", "// Sent to whoever asks.\nlet text = \"it comes again\";"),
    ];
    let expected = [
        "src/a.rs: `Parcel` is `QueuedDelivery` now",
        "src/a.rs: \"parcel\" is \"queued delivery\" now",
        "docs/b.md: \"episode\" is \"incident\" now",
        "docs/b.md: \"vouch\" is \"sign\" now",
        "src/c.rs: \"whoever\" is \"a person, or the reader\" now",
        "src/c.rs: \"comes again\" is \"is redelivered\" now",
    ];
    assert_eq!(complaints(retired, &files), expected);
}

#[test]
fn a_long_sleep_is_found() {
    let files = [
        ("tests/a.rs", "const LEASE: Duration = Duration::from_secs(5);\nconst SHORT: u64 = 9;"),
        (
            "tests/b.rs",
            "sleep(Duration::from_millis(1_001)).await;\nthread::sleep(LEASE.saturating_sub(x.elapsed()));\n\
             sleep(Duration::from_secs(1)).await; sleep(SHORT); at(Duration::from_mins(1));\nsleep(\n LEASE)",
        ),
        ("tests/c.py", "time.sleep(0.2)\ntime.sleep(2)"),
        ("tests/d.mjs", "setTimeout(resolve, 1500); setTimeout(resolve, 300)"),
    ];
    let expected = [
        "tests/b.rs:1: sleeps 1001 ms",
        "tests/b.rs:2: sleeps 5000 ms",
        "tests/b.rs:4: sleeps 5000 ms",
        "tests/c.py:2: sleeps 2000 ms",
        "tests/d.mjs:1: sleeps 1500 ms",
    ];
    assert_eq!(complaints(long_sleeps, &files), expected);
}
