//! Reads lists of the Sentry API page by page.

use http::{HeaderMap, Method};
use serde::de::DeserializeOwned;

use super::client::{PAGE, Sentry, parsed};
use crate::domain::outcome::Failure;
use crate::json::{Lenient, List};

/// At most this many pages of a list are read.
const MOST_PAGES: usize = 10;

impl Sentry {
    /// Reads a whole list at a path below `/api/0/`. Entries in an unknown form are left out.
    ///
    /// # Errors
    ///
    /// [`Failure`] if a page cannot be read. [`Failure::Unreadable`] also if the list has more than 1000 entries, because
    /// a part of a list is no evidence that an entry does not exist.
    pub(super) async fn get_list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Failure> {
        let first = format!("{path}{}per_page={PAGE}", if path.contains('?') { '&' } else { '?' });
        let (mut all, mut next) = (Vec::new(), first.clone());
        for _ in 0..MOST_PAGES {
            let answer = self.call(&Method::GET, &next, None).await?;
            let after = next_page(&answer.headers).map(|cursor| format!("{first}&cursor={cursor}"));
            let page: List<Lenient<T>> = parsed(answer)?;
            all.extend(page.0.into_iter().filter_map(|entry| entry.0));
            let Some(after) = after else { return Ok(all) };
            next = after;
        }
        Err(Failure::Unreadable)
    }
}

/// Returns the cursor of the next page from the `Link` header of a reply, or `None` if this page is the last one.
fn next_page(headers: &HeaderMap) -> Option<&str> {
    let links = headers.get("link")?.to_str().ok()?;
    let has = |link: &str, part: &str| link.split(';').any(|it| it.trim() == part);
    let link = links.split(',').find(|link| has(link, r#"rel="next""#) && has(link, r#"results="true""#))?;
    let cursor = link.split(';').find_map(|part| part.trim().strip_prefix("cursor=\"")?.strip_suffix('"'))?;
    let is_cursor = cursor.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    is_cursor.then_some(cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_named_by_the_link_with_results() {
        let link = |results: &str, cursor: &str| {
            let previous = r#"<http://s/?&cursor=0:0:1>; rel="previous"; results="true"; cursor="0:0:1""#;
            let next = format!(r#"<http://s/>; rel="next"; results="{results}"; cursor="{cursor}""#);
            let value = format!("{previous}, {next}").parse().expect("a header value");
            next_page(&HeaderMap::from_iter([(http::header::LINK, value)])).map(str::to_owned)
        };
        assert_eq!(link("true", "0:100:0").as_deref(), Some("0:100:0"));
        assert_eq!(link("false", "0:100:0"), None);
        assert_eq!(link("true", "0&org=other"), None);
        assert_eq!(next_page(&HeaderMap::new()), None);
    }
}
