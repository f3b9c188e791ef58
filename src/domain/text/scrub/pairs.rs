//! The pairs of letters that words are made of. Random letters have many others.

/// For each letter, the letters that follow it in words. Counted in the prose and the identifiers of this repository:
/// a pair is listed if it makes up at least 0.02 % of all pairs.
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
/// The fewest pairs for a decision.
const FEWEST: usize = 6;
/// The number of rare pairs in ten from which letters count as random. Three in ten hold for two thirds of random
/// words of ten letters, and for one in two hundred names of packages.
const RARE_IN_TEN: usize = 3;

/// Whether the letters of `word` are random. A pair is within one part of a name in camel case.
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
