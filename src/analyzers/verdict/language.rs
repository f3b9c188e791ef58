//! Checks that a model's answer is in the requested language.
//!
//! Text in backticks is code and is not checked. An answer that is too short for a decision counts as correct.

use crate::domain::words::Language;

/// The least number of letters in an answer for a decision about its language.
const LETTERS: usize = 20;
/// The least number of function words of other languages in an answer that is not English. The same number of Chinese
/// characters is enough for a decision, and the same number of simplified ones makes an answer simplified Chinese.
const WORDS: usize = 4;

/// The most frequent English function words that the languages of [`OTHERS`] do not have.
const ENGLISH: &[&str] = &[
    "the", "is", "of", "to", "and", "a", "in", "it", "not", "was", "be", "for", "with", "that", "on",
    "because", "so", "no", "are", "has", "by", "from", "this", "its", "when", "before", "which", "as", "at",
    "but", "does", "if",
];
/// The most frequent function words of German, French, Spanish, Portuguese, Italian and Dutch.
const OTHERS: &[&str] = &[
    "der", "die", "das", "und", "ist", "nicht", "ein", "eine", "wird", "wurde", "mit", "weil", "dem", "den",
    "le", "la", "les", "des", "est", "et", "une", "dans", "pour", "qui", "que", "pas", "du", "el", "los",
    "las", "una", "es", "por", "porque", "con", "para", "del", "se", "não", "uma", "são", "il", "che", "non",
    "della", "è", "perché", "het", "een", "niet", "van", "wordt", "omdat",
];
/// Frequent characters that occur in simplified Chinese only.
const SIMPLIFIED: &str =
    "这个们为对时会应说该误库请处输导异类码变问题还过进给让从间长现发动关开门见车钱错银钟键镜";

/// Whether the sentences of an answer are in a language other than `asked`.
pub(super) fn is_other<'t>(texts: impl Iterator<Item = &'t str>, asked: Language) -> bool {
    let prose: String = texts.map(without_code).collect::<Vec<_>>().join(" ");
    let letters = Letters::of(&prose);
    if letters.all() < LETTERS && letters.han + letters.kana < WORDS {
        return false;
    }
    match asked {
        Language::English => letters.latin * 2 < letters.all() || is_other_latin(&prose),
        Language::TraditionalChinese => {
            letters.han * 10 < letters.all() || letters.kana * 10 > letters.han || is_simplified(&prose)
        }
    }
}

fn without_code(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

/// The number of letters of each script in a text.
#[derive(Debug, Default)]
struct Letters {
    latin: usize,
    han: usize,
    kana: usize,
    other: usize,
}

impl Letters {
    fn of(text: &str) -> Self {
        let mut letters = Self::default();
        for c in text.chars().filter(|c| c.is_alphabetic()) {
            match c {
                'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => letters.latin += 1,
                '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => letters.han += 1,
                '\u{3040}'..='\u{30ff}' => letters.kana += 1,
                _ => letters.other += 1,
            }
        }
        letters
    }

    fn all(&self) -> usize {
        self.latin + self.han + self.kana + self.other
    }
}

fn is_other_latin(prose: &str) -> bool {
    let lower = prose.to_lowercase();
    let count =
        |list: &[&str]| lower.split(|c: char| !c.is_alphabetic()).filter(|word| list.contains(word)).count();
    let others = count(OTHERS);
    others >= WORDS && others > count(ENGLISH)
}

fn is_simplified(prose: &str) -> bool {
    prose.chars().filter(|c| SIMPLIFIED.contains(*c)).count() >= WORDS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_other_than(language: Language, text: &str) -> bool {
        is_other(std::iter::once(text), language)
    }

    #[test]
    fn an_english_answer_is_told_from_others() {
        for own in [
            "The coupon has no months, so the division fails.",
            "`coupon.months` is `0`.",
            "Guard `instalments()` against 0.",
            "The customer named 王小明 has no address, which the form does not allow.",
            "La Poste is down, so the label of the queued is not printed.",
        ] {
            assert!(!is_other_than(Language::English, own), "{own}");
        }
        for other in [
            "折價券的月數為零，因此除法失敗，請在建立折價券時檢查。",
            "Der Gutschein hat keine Monate, und die Division ist nicht möglich, weil das Feld leer ist.",
            "Le coupon est vide et la division par zéro n'est pas possible dans les données.",
            "El cupón no tiene meses, por lo que la división es imposible para el pedido.",
            "Купон не содержит месяцев, поэтому деление невозможно.",
        ] {
            assert!(is_other_than(Language::English, other), "{other}");
        }
    }

    #[test]
    fn traditional_chinese_is_told_from_simplified_and_from_others() {
        let own = "`coupon.months` 為 0，因此 instalments 的除法失敗；請在建立 coupon 時拒絕 0 個月。";
        assert!(!is_other_than(Language::TraditionalChinese, own));
        for other in [
            "The coupon has no months, so the division fails.",
            "优惠券的月数为零，这个除法会发生错误，请检查数据库里的数据。",
            "クーポンの月数がゼロなので、割り算に失敗しました。",
        ] {
            assert!(is_other_than(Language::TraditionalChinese, other), "{other}");
        }
    }
}
