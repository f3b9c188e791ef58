//! Distinguishes random letters from words by their pairs of letters. Many pairs of random letters are rare in words.

/// For each letter from `a` to `z`, the letters that follow it in words. A pair of letters is listed if it makes up at
/// least 0.02 % of all pairs in the prose and the identifiers of this repository.
const FOLLOWING: [&str; 26] = [
    "bcdefgiklmnoprstuvwxy",
    "abcdefijlmnoprstuy",
    "abcdefhiklmnopqrstuy",
    "abcdefghilmnoprstuvy",
    "abcdefghijklmnopqrstuvwxy",
    "abcdefilorstuy",
    "aeghilmnoprstu",
    "abeimoprstuy",
    "abcdefgijklmnoprstvwxz",
    "aelopsu",
    "aeginopstu",
    "abcdefiklmnopstuvyz",
    "abdeilmopstu",
    "abcdefgijklmnopqrstuvwxy",
    "abcdefgijklmnoprstuvwxyz",
    "abcdeghiklmnoprstuwy",
    "glu",
    "abcdefgiklmnoprstuvwy",
    "abcdefhiklmnopqstuvwy",
    "abcdefghilmnoprstuwy",
    "abcdefgilmnoprstv",
    "abceiloy",
    "adehinors",
    "acefhipt",
    "abcdeilmnopstwz",
    "adeiou",
];
/// The fewest pairs of letters that a word needs to be judged.
const FEWEST: usize = 6;
/// The least number of rare pairs, out of ten pairs, in a word that counts as random. Two thirds of random words of ten
/// letters have so many, but only one in two hundred names of packages.
const RARE_IN_TEN: usize = 3;

/// Whether the letters of `word` look random, because many of its pairs of letters are rare in words. A pair that
/// belongs to two parts of a name in camel case is not counted, such as `nS` in `TokenService`.
pub(super) fn are_random(word: &str) -> bool {
    let (mut all, mut rare) = (0, 0);
    for pair in word.as_bytes().windows(2) {
        let is_inside = pair[0].is_ascii_alphabetic()
            && pair[1].is_ascii_alphabetic()
            && (pair[1].is_ascii_lowercase() || pair[0].is_ascii_uppercase());
        if is_inside {
            all += 1;
            rare += usize::from(!is_usual(pair[0], pair[1]));
        }
    }
    all >= FEWEST && rare >= 2 && rare * 10 >= all * RARE_IN_TEN
}

fn is_usual(first: u8, second: u8) -> bool {
    let following = FOLLOWING.get(usize::from(first.to_ascii_lowercase().wrapping_sub(b'a')));
    following.is_none_or(|letters| letters.as_bytes().contains(&second.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::are_random;

    #[test]
    fn random_letters_are_told_from_names() {
        for random in ["QvcgqJmDdKTY", "xkqzvbnmwq", "hjqwzxkv"] {
            assert!(are_random(random), "{random}");
        }
        for name in [
            "authentication",
            "XMLHttpRequest",
            "kubernetes",
            "getElementsByClassName",
            "pthread",
            "objc_msgSend",
            "HTTPSConnectionPool",
            "psycopg",
            "contraseña",
        ] {
            assert!(!are_random(name), "{name}");
        }
    }
}
