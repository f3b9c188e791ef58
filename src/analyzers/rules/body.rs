//! Statements about the function that contains the failing line, from its source code in the repository: where an empty
//! value was set, that the function does not check the value, and the condition under which it raises the exception.
//! The suspect frame is the stack frame that most likely contains the bug.

use super::blame::Suspect;
use crate::domain::analysis::Finding;
use crate::domain::evidence::{Cite, Evidence};
use crate::domain::text::Untrusted;
use crate::domain::words::{Arg, Sentence};

/// The texts before and after the name of a member in messages of runtimes about an empty value, such as `None`.
const MEMBERS: &[(&str, &str)] = &[
    ("'NoneType' object has no attribute '", "'"),
    ("undefined (reading '", "'"),
    ("null (reading '", "'"),
    ("Call to a member function ", "() on null"),
    ("Attempt to read property \"", "\" on null"),
    ("undefined method `", "' for nil"),
    ("undefined method '", "' for nil"),
];
/// The text before the name of an empty variable in messages of the JVM (`because "cart" is null`).
const BECAUSE: &str = "because \"";
/// The names of empty values in source code.
const EMPTY: &[&str] = &["None", "null", "nil", "undefined"];
/// Words and operators with which a line can check a value.
const CHECKS: &[&str] = &[
    "if", "elif", "else", "unless", "assert", "while", "guard", "match", "switch", "case", "when", "until",
    "or", "and", "is", "not", "in", "try", "throw", "raise", "require", "?", "||", "&&", "==", "!",
];
/// The beginnings of a statement that raises an exception.
const RAISES: &[&str] = &["raise ", "throw ", "panic("];
/// The beginnings of a statement with a condition.
const CONDITIONS: &[&str] = &["if ", "if(", "elif ", "else if ", "} else if ", "elsif ", "unless "];

/// The source code of the suspect frame's function up to the failing line, at the commit of the release.
struct Body<'e> {
    /// The index of the source code in [`Evidence::source`].
    source: usize,
    /// The number of the function's first line in its file.
    first: u64,
    /// The lines of the function above the failing line.
    above: Vec<&'e str>,
    /// The failing line.
    failing: &'e str,
}

/// Returns the statements about the function of the suspect frame. Returns nothing if its source code at the commit of
/// the release is unknown.
pub(super) fn findings(evidence: &Evidence, suspect: &Suspect) -> Vec<Finding> {
    let exception = evidence.event.as_ref().and_then(|event| {
        let frame = event.frames.get(suspect.frame)?;
        event.exceptions.get(frame.exception?)
    });
    let Some((exception, body)) = exception.zip(body(evidence, suspect)) else { return Vec::new() };
    let raw =
        |text: &Option<Untrusted>| text.as_ref().map(|text| text.start(400).to_owned()).unwrap_or_default();
    let (kind, message) = (raw(&exception.kind), raw(&exception.message));
    body.said(&kind, &message)
        .into_iter()
        .map(|said| Finding::new(said, [Cite::Source(body.source)]))
        .collect()
}

fn body<'e>(evidence: &'e Evidence, suspect: &Suspect) -> Option<Body<'e>> {
    let (source, code) = evidence.source_of(suspect.frame)?;
    let excerpt = code.excerpt().filter(|it| it.is_function)?;
    // Only the code at the commit of the release is the code that failed.
    let failing = code.line_of_commit()?.raw();
    let count = usize::try_from(code.line.checked_sub(excerpt.first)?).ok()?;
    let above = excerpt.lines.iter().take(count).map(Untrusted::raw).collect();
    Some(Body { source, first: excerpt.first, above, failing })
}

impl Body<'_> {
    /// Returns the statements about an error of this type with this message.
    fn said(&self, kind: &str, message: &str) -> Vec<Sentence> {
        match empty(message, self.failing) {
            Some(name) => self.about(name),
            None => self.condition(kind).into_iter().collect(),
        }
    }

    /// Returns statements about the empty variable `name`: where it was set, and that the function does not check it.
    fn about(&self, name: &str) -> Vec<Sentence> {
        let header = self.header();
        let set =
            (0..self.above.len()).rev().filter(|at| *at >= header).find(|at| sets(self.above[*at], name));
        let signature = self.above[..header].join(" ");
        let default = EMPTY.iter().find(|empty| has_default(&signature, name, empty));
        let variable = || Arg::from(&Untrusted::new(name));
        let origin = match (set, default) {
            (Some(at), _) => {
                let line = Arg::from(&Untrusted::new(self.above[at].trim()));
                Some(Sentence::new(|w| w.body_set, [variable(), self.number(at), line]))
            }
            (None, Some(empty)) => {
                Some(Sentence::new(|w| w.body_default, [variable(), Arg::Name((*empty).to_owned())]))
            }
            (None, None) => None,
        };
        let is_own = set.is_some() || words(&signature, name).next().is_some();
        let mut lines = self.above[header..].iter().chain([&self.failing]);
        let is_unchecked = is_own && !lines.any(|line| may_check(line, name));
        let unchecked = is_unchecked.then(|| Sentence::new(|w| w.body_unchecked, [variable()]));
        origin.into_iter().chain(unchecked).collect()
    }

    /// Returns a statement with the condition under which the failing line raises an exception of the type `kind`.
    fn condition(&self, kind: &str) -> Option<Sentence> {
        let kind = kind.rsplit(['.', ':']).next().filter(|kind| !kind.is_empty())?;
        let line = self.failing.trim();
        let raises = RAISES.iter().any(|raise| line.starts_with(raise)) && line.contains(kind);
        let at = (0..self.above.len()).rev().filter(|_| raises).find(|at| {
            let above = self.above[*at];
            !above.trim().is_empty() && indent(above) < indent(self.failing)
        })?;
        let condition = self.above[at].trim();
        let is_condition = CONDITIONS.iter().any(|word| condition.starts_with(word));
        let args = [self.number(at), Arg::from(&Untrusted::new(condition))];
        is_condition.then(|| Sentence::new(|w| w.body_raised, args))
    }

    /// Returns the number of lines of the function's signature.
    fn header(&self) -> usize {
        let mut open = 0_usize;
        let ends = |line: &&str| {
            open += line.matches(['(', '[']).count();
            open = open.saturating_sub(line.matches([')', ']']).count());
            open == 0 && !line.trim_start().starts_with(['@', '#'])
        };
        self.above.iter().position(ends).map_or(self.above.len(), |at| at + 1)
    }

    fn number(&self, at: usize) -> Arg {
        Arg::Name((self.first + u64::try_from(at).unwrap_or(0)).to_string())
    }
}

/// Returns the variable in the failing line that was empty. Returns `None` unless the exception's message proves it.
fn empty<'l>(message: &str, line: &'l str) -> Option<&'l str> {
    if let Some((_, rest)) = message.split_once(BECAUSE) {
        let (name, _) = rest.split_once("\" is null")?;
        return words(line, name).next().map(|at| &line[at..at + name.len()]);
    }
    let member = MEMBERS.iter().find_map(|(before, after)| {
        let (_, rest) = message.split_once(before)?;
        Some(rest.split_once(after)?.0)
    })?;
    let mut bases = words(line, member).map(|at| base(&line[..at]));
    let first = bases.next()??;
    bases.all(|base| base == Some(first)).then_some(first)
}

/// Returns the variable at the end of `before`, the text before the name of a member. Returns `None` if the member
/// belongs to an expression.
fn base(before: &str) -> Option<&str> {
    let before = before.strip_suffix('.').or_else(|| before.strip_suffix("->"))?;
    let start = before.rfind(|c: char| !is_name(c)).map_or(0, |at| at + 1);
    let (rest, name) = before.split_at(start);
    let is_plain =
        name.starts_with(|c: char| c.is_alphabetic() || c == '_') && !rest.ends_with(['.', '>', ':', '@']);
    (is_plain && !["self", "this", "cls"].contains(&name)).then_some(name)
}

/// Whether a line sets the variable `name`: `name = …`, `let name = …`, `Type name = …` or `name := …`.
fn sets(line: &str, name: &str) -> bool {
    let is_comment = line.trim_start().starts_with(['#', '/', '*']);
    let may_precede = |c: char| is_name(c) || " \t<>[]?$:".contains(c);
    !is_comment
        && words(line, name).any(|at| {
            let rest = &line[at + name.len()..];
            // A named argument or an attribute has no blank before the sign: `cart=cart`, `cart={cart}`.
            let has_space = rest.starts_with([' ', '\t', ':']);
            let rest = rest.trim_start();
            let rest = rest.strip_prefix(':').unwrap_or(rest);
            has_space
                && rest.starts_with('=')
                && !["==", "=>", "=~"].iter().any(|other| rest.starts_with(other))
                && !line.trim_end().ends_with(',')
                && line[..at].chars().all(may_precede)
        })
}

/// Whether the parameter `name` has the default value `empty` in the signature of a function.
fn has_default(signature: &str, name: &str, empty: &str) -> bool {
    words(signature, name).any(|at| {
        let parameter = signature[at + name.len()..].split([',', ')']).next().unwrap_or_default();
        parameter.split_once('=').is_some_and(|(_, value)| value.trim() == empty)
    })
}

/// Whether a line can check the value of the variable `name`. A call with the variable as an argument may check it.
fn may_check(line: &str, name: &str) -> bool {
    let is_argument = |at: usize| {
        let rest = line[at + name.len()..].trim_start();
        rest.is_empty() || rest.starts_with([',', ')'])
    };
    let is_word = |check: &str| check.starts_with(char::is_alphabetic);
    let checks = |check: &&str| {
        if is_word(check) { words(line, check).next().is_some() } else { line.contains(*check) }
    };
    let mut uses = words(line, name).peekable();
    uses.peek().is_some() && (uses.any(is_argument) || CHECKS.iter().any(checks))
}

/// Returns the places in `line` where `word` occurs as a whole word.
fn words<'l>(line: &'l str, word: &'l str) -> impl Iterator<Item = usize> + 'l {
    let places = line.match_indices(word).filter(move |_| !word.is_empty());
    places
        .map(|(at, _)| at)
        .filter(move |at| !line[..*at].ends_with(is_name) && !line[at + word.len()..].starts_with(is_name))
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::words::Language;

    /// Returns the statements about a function whose last line fails with this exception.
    fn said(code: &str, kind: &str, message: &str) -> Vec<String> {
        let mut above: Vec<&str> = code.lines().collect();
        let failing = above.pop().expect("a line");
        let body = Body { source: 0, first: 10, above, failing };
        body.said(kind, message).iter().map(|it| it.plain_text(Language::English.words())).collect()
    }

    const PYTHON: &str = "'NoneType' object has no attribute 'amount'";

    #[test]
    fn the_origin_of_an_empty_value_is_named_and_a_missing_check() {
        let unchecked = "The function does not check coupon before the failing line.";
        let code = "def total(cart, coupon=None):\n    net = cart.net\n    return net - coupon.amount";
        let default = "The parameter coupon is None unless the caller passes another value.";
        assert_eq!(said(code, "AttributeError", PYTHON), [default, unchecked]);
        let code =
            "def total(cart):\n    coupon = cart.coupons.get(1)\n    net = 1\n    return net - coupon.amount";
        let set = "Above the failing line, coupon is last set in line 11: coupon = cart.coupons.get(1)";
        assert_eq!(said(code, "AttributeError", PYTHON), [set, unchecked]);
        let code = "function total(cart) {\n  const coupon = cart.find(x);\n  return coupon.amount;";
        let set = "Above the failing line, coupon is last set in line 11: const coupon = cart.find(x);";
        assert_eq!(
            said(code, "TypeError", "Cannot read properties of undefined (reading 'amount')"),
            [set, unchecked]
        );
        let code = "public int total(Coupon coupon) {\n    return net.times(coupon.rate());";
        let because = "Cannot invoke \"Coupon.rate()\" because \"coupon\" is null";
        assert_eq!(said(code, "NullPointerException", because), [unchecked]);
    }

    #[test]
    fn a_function_that_may_check_the_value_is_not_blamed() {
        for check in [
            "    if coupon is not None:\n        log()",
            "    validate(coupon)",
            "    validate(code=coupon, strict=True)",
            "    validate(\n        coupon\n    )",
            "    assert coupon",
            "    coupon and log()",
            "    x = 1 if coupon else 2",
        ] {
            let code = format!("def total(cart, coupon):\n{check}\n    return coupon.amount");
            assert_eq!(said(&code, "AttributeError", PYTHON), Vec::<String>::new(), "{check}");
        }
        let guarded = "def total(coupon):\n    return coupon and coupon.amount";
        assert_eq!(said(guarded, "AttributeError", PYTHON), Vec::<String>::new());
    }

    #[test]
    fn nothing_is_said_about_a_value_that_the_message_does_not_name() {
        for (line, message) in [
            ("return cart.coupon.amount", PYTHON),
            ("return find(cart).amount", PYTHON),
            ("return self.amount", PYTHON),
            ("return a.amount + coupon.amount", PYTHON),
            ("return coupon.amount", "'Coupon' object has no attribute 'amount'"),
            ("return coupon.total", PYTHON),
            ("return coupon?.amount", "Cannot read properties of undefined (reading 'amount')"),
            ("return coupon.amount", "Cannot read properties of undefined (reading 'total')"),
            ("return coupon.rate()", "Cannot invoke \"X.y()\" because \"<local4>\" is null"),
        ] {
            let code = format!("def total(cart, coupon=None):\n    {line}");
            assert_eq!(said(&code, "AttributeError", message), Vec::<String>::new(), "{line} {message}");
        }
        // A comparison, a comment, a member and another name set no variable.
        for other in [
            "coupon == None",
            "# coupon = None",
            "cart.coupon = None",
            "coupons = None",
            "f(coupon=None)",
            "coupon=coupon,",
            "coupon={coupon}",
            "x = coupon =~ 1",
        ] {
            let code = format!("def total(cart):\n    {other}\n    return coupon.amount");
            assert_eq!(said(&code, "AttributeError", PYTHON), Vec::<String>::new(), "{other}");
        }
    }

    #[test]
    fn a_raise_is_told_with_its_condition() {
        let code =
            "def reserve(self, count):\n    if count <= 0:\n        log()\n        raise StockError(count)";
        let expected =
            "The failing line raises the error itself, under the condition in line 11: if count <= 0:";
        assert_eq!(said(code, "shop.StockError", "-1"), [expected]);
        let code = "int reserve(int count) {\n    if (count <= 0) {\n        throw new StockError();";
        assert!(said(code, "StockError", "").concat().ends_with("line 11: if (count <= 0) {"));
        for code in [
            "def reserve(self, count):\n    raise StockError(count)",
            "def reserve(self, count):\n    if count:\n        pass\n    raise StockError(count)",
            "def reserve(self, count):\n    for x in y:\n        raise StockError(count)",
            "def reserve(self, count):\n    if count:\n        raise OtherError(count)",
            "def reserve(self, count):\n    if count:\n        fail(StockError)",
        ] {
            assert_eq!(said(code, "StockError", ""), Vec::<String>::new(), "{code}");
        }
    }
}
