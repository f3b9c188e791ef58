//! Finds the function around a line of code, by indentation and braces. There is no parser, so only code that a
//! person formatted gives a result.

use std::ops::RangeInclusive;

/// The longest function that is returned as a whole, in lines.
const LONGEST: usize = 200;
/// A function is searched only for lines of code with at most this many bytes. A longer line is probably generated.
const WIDEST: usize = 500;

/// Keywords that begin the definition of a function in at least one language.
const DEFINES: &[&str] = &["def", "fn", "func", "function", "fun", "sub", "function*", "defp", "constructor"];
/// Words that can stand before the keyword of a function's definition, or before the name of a method.
const MODIFIERS: &[&str] = &[
    "abstract",
    "async",
    "const",
    "default",
    "export",
    "extern",
    "final",
    "inline",
    "internal",
    "override",
    "private",
    "protected",
    "pub",
    "public",
    "pub(crate)",
    "pub(super)",
    "sealed",
    "static",
    "suspend",
    "synchronized",
    "unsafe",
    "virtual",
    "open",
];
/// Words that begin a statement or a type with a block in braces. Such a block is not a function.
const CONTROLS: &[&str] = &[
    "if",
    "else",
    "elif",
    "for",
    "foreach",
    "while",
    "switch",
    "case",
    "catch",
    "do",
    "try",
    "return",
    "throw",
    "new",
    "await",
    "yield",
    "with",
    "using",
    "lock",
    "when",
    "guard",
    "match",
    "unless",
    "until",
    "begin",
    "loop",
    "select",
    "defer",
    "go",
    "super",
    "this",
    "class",
    "struct",
    "enum",
    "interface",
    "impl",
    "trait",
    "module",
    "namespace",
    "synchronized",
    "except",
    "finally",
    "ensure",
    "rescue",
];

/// Returns the first and the last line of the function around `line`, all counted from 1. Returns `None` if `line` is
/// in no function, or in a function that is too long.
#[must_use]
pub(super) fn enclosing(lines: &[&str], line: usize) -> Option<RangeInclusive<usize>> {
    let at = line.checked_sub(1).filter(|at| *at < lines.len())?;
    if lines.get(at)?.len() > WIDEST {
        return None;
    }
    let (first, header) = header(lines, at)?;
    let last =
        by_braces(lines, header).filter(|last| *last >= at).unwrap_or_else(|| by_indent(lines, header, at));
    (last - first < LONGEST).then_some(first + 1..=last + 1)
}

/// Finds the definition of the function around the line with the index `at`. Returns the index of its first line,
/// with attributes and decorators, and the index of the line with the function's name.
fn header(lines: &[&str], at: usize) -> Option<(usize, usize)> {
    let mut limit = usize::MAX;
    for above in (at.saturating_sub(LONGEST)..=at).rev() {
        let line = *lines.get(above)?;
        let Some(depth) = indent(line).filter(|depth| *depth < limit) else { continue };
        if is_definition(lines, above) {
            let is_attribute =
                |line: &&str| line.trim_start().starts_with(['@', '#']) && indent(line) == Some(depth);
            let attributes = lines[..above].iter().rev().take_while(|line| is_attribute(line)).count();
            return Some((above - attributes, above));
        }
        // A closing bracket of a long signature, an opening brace on its own line and a `where` have the indentation
        // of the definition itself.
        let text = line.trim_start();
        limit = depth + usize::from(text.starts_with([')', ']', '}', '{']) || text == "where");
        if limit == 0 {
            return None;
        }
    }
    None
}

/// Returns the number of columns before the first character of a line; a tab counts as 4. `None` if the line is
/// blank.
fn indent(line: &str) -> Option<usize> {
    let text = line.trim_start();
    let columns = line[..line.len() - text.len()].chars().map(|c| if c == '\t' { 4 } else { 1 });
    (!text.is_empty()).then(|| columns.sum())
}

/// Whether the line begins the definition of a function or a method.
fn is_definition(lines: &[&str], at: usize) -> bool {
    let Some(line) = lines.get(at).map(|line| line.trim()) else { return false };
    let mut words = line.split_whitespace().skip_while(|word| MODIFIERS.contains(word));
    let Some(first) = words.next() else { return false };
    let word = first.split('(').next().unwrap_or(first);
    if CONTROLS.contains(&word) || line.starts_with(['}', ')', '@', '#', '*', '/']) {
        return false;
    }
    DEFINES.contains(&word) || is_arrow(line) || is_method(lines, at, line)
}

/// Whether the line assigns a function to a name: `const total = async (cart) => {`, `total = function (cart) {`.
fn is_arrow(line: &str) -> bool {
    let Some((name, value)) = line.split_once(" = ") else { return false };
    let is_function =
        value.ends_with("=> {") || value.starts_with("function") || value.starts_with("async function");
    is_function && !name.contains(['(', '.', '"', '\''])
}

/// Whether the line is a method without a keyword: a name, parameters, and a block: `public int Total(Cart cart)`.
fn is_method(lines: &[&str], at: usize, line: &str) -> bool {
    let Some((name, rest)) = line.split_once('(') else { return false };
    let is_name = |c: char| c.is_alphanumeric() || "_$<>[]?,.:&*~ ".contains(c);
    if name.is_empty() || !name.chars().all(is_name) || name.ends_with(['.', ' ', '>']) {
        return false;
    }
    let next = || lines[at + 1..].iter().take(12).map(|line| line.trim()).filter(|line| !line.is_empty());
    let is_allman = rest.ends_with(')') && next().next() == Some("{");
    let is_long =
        rest.is_empty() && next().find(|line| line.starts_with(')')).is_some_and(|line| line.ends_with('{'));
    rest.ends_with('{') && rest.contains(')') && !rest.contains("=>") || is_allman || is_long
}

/// Returns the index of the function's last line by indentation: the last line that is indented more than the
/// definition. A closing brace or an `end` that follows belongs to the function, too.
fn by_indent(lines: &[&str], header: usize, at: usize) -> usize {
    let depth = lines.get(header).and_then(|line| indent(line)).unwrap_or(0);
    let mut last = at;
    for (below, line) in lines.iter().enumerate().skip(at + 1).take(LONGEST) {
        match indent(line) {
            None => {}
            Some(deeper) if deeper > depth => last = below,
            Some(_) => {
                let text = line.trim();
                return if text.starts_with('}') || text == "end" { below } else { last };
            }
        }
    }
    last
}

/// Returns the index of the line with the brace that closes the first block after the definition. `None` if there is
/// no such brace, or if the language does not use braces.
fn by_braces(lines: &[&str], header: usize) -> Option<usize> {
    let is_def = |word: &&str| matches!(*word, "def" | "defp");
    if lines
        .get(header)?
        .split_whitespace()
        .find(|word| !MODIFIERS.contains(word))
        .as_ref()
        .is_some_and(is_def)
    {
        return None;
    }
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, line) in lines.iter().enumerate().skip(header).take(LONGEST) {
        // Only a template string in backticks continues on the next line.
        quote = quote.filter(|quote| *quote == '`');
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            if let Some(open) = quote {
                match c {
                    '\\' => drop(chars.next()),
                    close if close == open => quote = None,
                    _ => {}
                }
                continue;
            }
            match c {
                '/' if chars.as_str().starts_with('/') => break,
                // A lifetime of Rust is a quotation mark without a partner.
                '\'' if !chars.as_str().contains('\'') => {}
                '"' | '`' | '\'' => quote = Some(c),
                '{' => depth += 1,
                '}' if depth == 1 => return Some(at),
                '}' => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the texts of the first and the last line of the function around the line that contains `mark`.
    fn around(code: &str, mark: &str) -> Option<(String, String)> {
        let lines: Vec<&str> = code.lines().collect();
        let at = lines.iter().position(|line| line.contains(mark)).expect("the mark is in the code");
        let range = enclosing(&lines, at + 1)?;
        let line = |at: usize| lines[at - 1].trim().to_owned();
        Some((line(*range.start()), line(*range.end())))
    }

    #[test]
    fn functions_are_found_in_many_languages() {
        let python = "import x\n\nclass Cart:\n    @cached\n    def total(\n        self,\n        rate=None,\n    ):\n        if rate:\n            return self.net * rate  # MARK\n\n        return 0\n\n    def other(self):\n        pass\n";
        let typescript = "export class Cart {\n  async total(rate?: Rate): Promise<number> {\n    for (const item of this.items) {\n      if (item) {\n        log(item); // MARK\n        use(`}${item}\n}`);\n      }\n    }\n  }\n\n  other() {\n  }\n}\n";
        let arrow = "const total = async (cart) => {\n  return cart.items.map((item) => {\n    return item.price; // MARK\n  });\n};\n";
        let go = "package shop\n\nfunc (c *Cart) Total(rate Rate) (int, error) {\n\tif rate.Zero() {\n\t\treturn 0, nil // MARK\n\t}\n\treturn 1, nil\n}\n\nfunc other() {}\n";
        let csharp = "class Cart\n{\n    public int Total(Rate rate)\n    {\n        if (rate == null)\n        {\n            return 0; // MARK\n        }\n        return 1;\n    }\n}\n";
        let java = "class Cart {\n    private static int total(\n            Rate rate,\n            int net\n    ) {\n        return rate.value() * net; // MARK\n    }\n}\n";
        let rust = "impl Cart {\n    #[must_use]\n    pub fn total<'a>(&'a self) -> u64\n    where\n        Self: Sized,\n    {\n        self.items.iter().map(|it| { it.price }).sum() // MARK\n    }\n}\n";
        let ruby = "class Cart\n  def total(rate)\n    items.each do |item|\n      item.price # MARK\n    end\n  end\n\n  def other\n  end\nend\n";
        let php = "<?php\nclass Cart {\n    public function total(?Rate $rate): int {\n        return $rate->value; // MARK\n    }\n}\n";
        for (code, first, last) in [
            (python, "@cached", "return 0"),
            (typescript, "async total(rate?: Rate): Promise<number> {", "}"),
            (arrow, "const total = async (cart) => {", "};"),
            (go, "func (c *Cart) Total(rate Rate) (int, error) {", "}"),
            (csharp, "public int Total(Rate rate)", "}"),
            (java, "private static int total(", "}"),
            (rust, "#[must_use]", "}"),
            (ruby, "def total(rate)", "end"),
            (php, "public function total(?Rate $rate): int {", "}"),
        ] {
            assert_eq!(around(code, "MARK"), Some((first.to_owned(), last.to_owned())), "{code}");
        }
        assert_eq!(around(go, "func (c *Cart)").map(|it| it.1).as_deref(), Some("}"));
    }

    #[test]
    fn code_outside_of_a_function_has_no_enclosing_function() {
        assert_eq!(around("import os\nRATE = os.environ['RATE']  # MARK\n", "MARK"), None);
        assert_eq!(around("class A:\n    rate = 1  # MARK\n", "MARK"), None);
        assert_eq!(enclosing(&["def f():", &"x".repeat(501)], 2), None);
        assert_eq!((enclosing(&[], 1), enclosing(&["a"], 0), enclosing(&["a"], 2)), (None, None, None));
    }

    #[test]
    fn a_function_that_is_too_long_is_not_read_as_a_whole() {
        let long = format!("def f():\n{}", "    pass\n".repeat(300));
        let lines: Vec<&str> = long.lines().collect();
        assert_eq!(enclosing(&lines, 5), None);
    }
}
