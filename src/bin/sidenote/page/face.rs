//! The language of the local page: the visitor's choice, or else the browser's preference.

use http::header::{ACCEPT_LANGUAGE, COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use sidenote::domain::words::{Language, PageWords};

/// The name of the cookie with the chosen language. Browsers send the cookie only to this server.
const CHOICE: &str = "sidenote-language";

/// The appearance of the local page for one visitor, which is only a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Face {
    pub(super) language: Language,
}

impl Face {
    /// Returns the language for a request: from the query, the cookie, `Accept-Language`, or else the default language.
    pub(super) fn of(headers: &HeaderMap, query: Option<&str>) -> Self {
        let language = chosen(query).or_else(|| remembered(headers)).or_else(|| preferred(headers));
        Self { language: language.unwrap_or_default() }
    }

    /// Returns the local page's texts in the visitor's language.
    pub(super) fn texts(self) -> &'static PageWords {
        self.language.words().page
    }

    /// Returns the code of the visitor's language, such as `zh-TW`.
    pub(super) fn code(self) -> &'static str {
        code(self.language)
    }

    /// Returns the code of the language that the visitor can switch to.
    pub(super) fn other(self) -> &'static str {
        match self.language {
            Language::English => code(Language::TraditionalChinese),
            Language::TraditionalChinese => code(Language::English),
        }
    }
}

/// Returns the code of a language, such as `zh-TW`.
pub(super) fn code(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::TraditionalChinese => "zh-TW",
    }
}

/// Returns the language in the query parameter `lang`, if it is supported.
pub(super) fn chosen(query: Option<&str>) -> Option<Language> {
    query?.split('&').find_map(|pair| Language::parse(pair.strip_prefix("lang=")?))
}

/// Sets the cookie that keeps the visitor's choice for a year.
pub(super) fn remember(language: Language, headers: &mut HeaderMap) {
    let cookie = format!("{CHOICE}={}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly", code(language));
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(SET_COOKIE, cookie);
    }
}

fn remembered(headers: &HeaderMap) -> Option<Language> {
    cookies(headers, CHOICE).next().and_then(Language::parse)
}

/// Returns the values of all cookies with this name.
pub(super) fn cookies<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(known, _)| *known == name).map(|(_, value)| value)
}

/// Returns the first supported language in `Accept-Language`. The weights are ignored; browsers sort by preference.
fn preferred(headers: &HeaderMap) -> Option<Language> {
    let list = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    list.split(',').find_map(|language| {
        let language = language.split(';').next()?.trim().to_ascii_lowercase();
        match language.split('-').next()? {
            "en" => Some(Language::English),
            "zh" if language != "zh-cn" && language != "zh-hans" => Some(Language::TraditionalChinese),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_language_overrides_accept_language() {
        let face = |cookie: &str, accept: &str, query: Option<&str>| {
            let headers = [(COOKIE, cookie), (ACCEPT_LANGUAGE, accept)];
            let headers = headers.map(|(name, value)| (name, value.parse().expect("a value")));
            Face::of(&headers.into_iter().collect(), query).code()
        };
        assert_eq!(face("", "", None), "en");
        assert_eq!(face("", "de, zh-TW;q=0.8, en;q=0.5", None), "zh-TW");
        assert_eq!(face("", "zh-CN,en", None), "en");
        assert_eq!(face("a=b; sidenote-language=zh-TW", "en", None), "zh-TW");
        assert_eq!(face("sidenote-language=zh-TW", "zh-TW", Some("a=b&lang=en")), "en");
        assert_eq!(face("sidenote-language=<script>", "", Some("lang=<b>")), "en");
    }
}
