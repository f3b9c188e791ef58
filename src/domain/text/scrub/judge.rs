//! Decides whether the text after a key such as `password` is a secret, or a placeholder, code or prose.

use super::key::{Sensitivity, sensitivity};
use super::state::is_state;
use super::value::{Value, is_ideograph};
use super::word::{is_mixed, is_plain, is_random};

impl Value {
    /// Whether this value, which stands in `text` after `key`, is a secret or personal data. `sensitivity` is that of
    /// the key.
    pub(super) fn is_secret(&self, text: &str, key: &str, sensitivity: Sensitivity) -> bool {
        let value = text[self.range.clone()].trim();
        if is_placeholder(value) || is_place(value) || self.is_prose(text, value) {
            return false;
        }
        if !self.is_quoted && is_code(value, key, self.is_tight) {
            return false;
        }
        match sensitivity {
            Sensitivity::Certain => true,
            Sensitivity::Likely => is_unlike_words(value),
            Sensitivity::Possible => is_random(value) && value.len() >= 8 && !is_uuid(value),
            Sensitivity::Number => is_number(value),
            Sensitivity::Person => is_person(value),
        }
    }

    /// Whether the value is the beginning of a sentence, as in `auth: timeout while calling ldap`.
    fn is_prose(&self, text: &str, value: &str) -> bool {
        if self.is_quoted {
            let mut words = value.split_whitespace();
            return words.clone().nth(1).is_some() && words.all(is_plain_or_number) && mentions_state(value);
        }
        let is_ideographic =
            !value.is_ascii() && value.chars().all(|c| is_ideograph(c) || !c.is_alphanumeric());
        let rest = text[self.range.end..].strip_prefix(' ');
        let next = rest.and_then(|rest| rest.split(char::is_whitespace).next());
        let goes_on = next.is_some_and(|next| is_plain(next) && !next.contains(['=', ':']));
        (is_ideographic && mentions_ideographic_state(value))
            || (!self.is_tight && goes_on && is_plain_or_number(value))
    }
}

fn is_plain_or_number(word: &str) -> bool {
    is_plain(word) || (word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether the value contains a word such as `failed` or `is`. Sentences contain such words, and passphrases do not.
fn mentions_state(value: &str) -> bool {
    value.split_whitespace().any(|word| is_state(word.trim_matches(|c: char| !c.is_alphanumeric())))
}

fn mentions_ideographic_state(value: &str) -> bool {
    const SAYING: &[&str] = &[
        "錯", "误", "誤", "無", "无", "不", "必", "請", "请", "已", "未", "空", "失", "格式", "長度", "长度",
        "驗證", "验证",
    ];
    SAYING.iter().any(|said| value.contains(said))
}

/// Whether the text only stands in for a value, such as `***`, `[Filtered]`, `${TOKEN}`, `%s` or `null`.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim_end_matches([',', ';', '.', ')', ']', '}']).trim_end_matches(['"', '\'']);
    let lower = value.to_ascii_lowercase();
    let is_masked = value.chars().all(|c| "*•.…#_-?".contains(c))
        || (value.len() >= 3 && value.chars().all(|c| "xX*•.".contains(c)));
    let is_said =
        ["redacted", "filtered", "masked", "hidden", "removed", "omitted"].iter().any(|w| lower.contains(w));
    let is_template = ["${", "{{", "#{", "<%", "%(", "$(", "{%"].iter().any(|open| value.starts_with(open));
    let is_bracketed = value.starts_with(['<', '[', '{', '(']) && !is_random(value);
    let is_variable = value.strip_prefix(['$', ':', '@', '%', '&', '*', '?']).is_some_and(|name| {
        let is_name =
            name.chars().all(|c| c.is_ascii_alphabetic() || c == '_' || c == '.') && !is_random(name);
        // The parameters of prepared statements are numbered: `$1`, `:2`, `@p0`.
        let number = name.strip_prefix('p').unwrap_or(name);
        let is_numbered = number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit());
        !name.is_empty() && (is_name || is_numbered)
    });
    let is_invited = lower.starts_with("your") || lower.starts_with("<your");
    is_masked || is_said || is_template || is_bracketed || is_variable || is_invited || is_state(value)
}

/// Whether the value is a path, a URL or the name of a resource. Such a value tells where a secret is kept, but is not
/// the secret.
fn is_place(value: &str) -> bool {
    let is_path = value.starts_with(['/', '~', '.']) || value.get(1..3) == Some(":\\");
    let is_short = value.split(['/', '\\', '.']).all(|part| !is_random(part));
    (is_path && value.contains(['/', '\\']) && is_short)
        || value.contains("://")
        || ["arn:", "vault:", "env:", "projects/", "!secret", "!vault"]
            .iter()
            .any(|start| value.starts_with(start))
}

/// Whether the value is code, such as `user.password`, `get_token(…)`, or the variable `password` after the key
/// `password`. `is_tight` says that no blank stands between the separator and the value.
fn is_code(value: &str, key: &str, is_tight: bool) -> bool {
    if value.contains(['(', '{', '[', '<']) && !is_random(value) && !value.contains(['$', '"', '\'']) {
        return true;
    }
    let value = value.trim_end_matches([';', ',', ')', '}', ']', '[', '(', '?', '!']);
    let is_identifier = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && !is_random(part)
    };
    let chain = value.replace("->", ".");
    let parts =
        || chain.split(['.', '[', '(', '"', '\'', ':', '$', '&', '*']).filter(|part| !part.is_empty());
    if !parts().all(is_identifier) {
        return false;
    }
    let is_telling = |part: &str| sensitivity(part).is_some() || is_state(part);
    if parts().nth(1).is_some() {
        return parts().any(is_telling);
    }
    let has_digits = value.bytes().any(|b| b.is_ascii_digit());
    let is_compound = value.contains('_') || value.chars().skip(1).any(|c| c.is_ascii_uppercase());
    let names = value.eq_ignore_ascii_case(key.rsplit(['.', '-']).next().unwrap_or(key));
    !has_digits && sensitivity(value).is_some() && (names || is_compound || !is_tight)
}

/// Whether the value looks too irregular to be a word of a sentence or the name of a setting.
fn is_unlike_words(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    is_random(value)
        || (value.len() >= 8 && is_mixed(value) && value.bytes().all(|b| b.is_ascii_alphanumeric()))
        || (digits >= 3 && is_mixed(value) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        || (digits >= 6 && digits == value.len())
        || (value.len() >= 6 && is_mixed(value) && value.contains(['!', '@', '#', '$', '%', '^', '*']))
        || (value.len() >= 24 && !is_plain(value) && !value.contains(' '))
}

fn is_number(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_measure = value.contains('.') && value.ends_with(|c: char| c.is_ascii_alphabetic() || c == '%');
    value.len() <= 48 && !is_measure && (digits >= 3 || is_random(value))
}

/// Whether the value looks like a person's name or an address, because it has only capitalized words or ideographs.
fn is_person(value: &str) -> bool {
    let starts_large = |word: &str| word.chars().next().is_some_and(|c| !c.is_lowercase());
    value.chars().count() >= 2
        && value.chars().any(char::is_alphabetic)
        && value.split_whitespace().all(starts_large)
        && !mentions_state(value)
}

fn is_uuid(value: &str) -> bool {
    let parts: Vec<usize> = value.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}
