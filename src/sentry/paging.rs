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
    /// [`Failure`] if a page cannot be read. [`Failure::Unreadable`] also if the list has more than 1000 entries, or if the
    /// link to the next page has an unknown form, because a part of a list is no evidence that an entry does not exist.
    pub(super) async fn get_list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Failure> {
        let first = format!("{path}{}per_page={PAGE}", if path.contains('?') { '&' } else { '?' });
        let (mut all, mut next) = (Vec::new(), first.clone());
        for _ in 0..MOST_PAGES {
            let answer = self.call(&Method::GET, &next, None).await?;
            let after = next_page(&answer.headers)?.map(|cursor| format!("{first}&cursor={cursor}"));
            let page: List<Lenient<T>> = parsed(answer)?;
            all.extend(page.0.into_iter().filter_map(|entry| entry.0));
            let Some(after) = after else { return Ok(all) };
            next = after;
        }
        Err(Failure::Unreadable)
    }
}

/// Returns the cursor of the next page from the `Link` headers of a reply, or `None` if this page is the last one. A
/// proxy may have added other links.
///
/// # Errors
///
/// [`Failure::Unreadable`] if there may be a next page, but its link has an unknown form.
fn next_page(headers: &HeaderMap) -> Result<Option<&str>, Failure> {
    for value in headers.get_all(http::header::LINK) {
        let links = value.to_str().map_err(|_| Failure::Unreadable)?;
        if let Some(link) = links.split(',').find(|link| is_next(link)) {
            return match parameter(link, "results") {
                Some("false") => Ok(None),
                Some("true") => cursor(link).map(Some).ok_or(Failure::Unreadable),
                _ => Err(Failure::Unreadable),
            };
        }
    }
    Ok(None)
}

/// Whether one of the relations of a link is `next`, in any notation of HTTP.
fn is_next(link: &str) -> bool {
    let mut relations = parameter(link, "rel").unwrap_or_default().split_ascii_whitespace();
    relations.any(|relation| relation.eq_ignore_ascii_case("next"))
}

fn cursor(link: &str) -> Option<&str> {
    let is_cursor =
        |it: &&str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    parameter(link, "cursor").filter(is_cursor)
}

/// Returns the value of a parameter of a link, without its quotes.
fn parameter<'a>(link: &'a str, wanted: &str) -> Option<&'a str> {
    link.split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_named_by_the_link_with_results() {
        let of = |values: &[&str]| {
            let value = |value: &&str| (http::header::LINK, value.parse().expect("a header value"));
            let mut headers = HeaderMap::new();
            headers.extend(values.iter().map(value));
            next_page(&headers).map(|cursor| cursor.map(str::to_owned))
        };
        let previous = r#"<http://s/?&cursor=0:0:1>; rel="previous"; results="true"; cursor="0:0:1""#;
        let link = |next: &str| of(&[&format!("{previous}, <http://s/>; {next}")]);
        let next = || Ok(Some("0:100:0".to_owned()));
        let rows = [
            (r#"rel="next"; results="true"; cursor="0:100:0""#, next()),
            ("rel=next; results=true; cursor=0:100:0", next()),
            (r#"Rel="prefetch Next";results="true";cursor="0:100:0""#, next()),
            (r#"rel="next"; results="false"; cursor="0:100:0""#, Ok(None)),
            // A part of the list would look like the whole list.
            (r#"rel="next"; results="true"; cursor="0&org=other""#, Err(Failure::Unreadable)),
            (r#"rel="next"; results="true"; cursor="cD0yMDI2""#, Err(Failure::Unreadable)),
            (r#"rel="next"; results="true"; cursor="""#, Err(Failure::Unreadable)),
            (r#"rel="next"; results="true""#, Err(Failure::Unreadable)),
            (r#"rel="next"; cursor="0:100:0""#, Err(Failure::Unreadable)),
        ];
        for (text, expected) in rows {
            assert_eq!(link(text), expected, "{text}");
        }
        let of_proxy = "</style.css>; rel=preload; as=style";
        assert_eq!((of(&[]), of(&[of_proxy])), (Ok(None), Ok(None)));
        let of_sentry = r#"<http://s/>; rel="next"; results="true"; cursor="0:100:0""#;
        assert_eq!(of(&[of_proxy, of_sentry]), next());
        let foreign = HeaderMap::from_iter([(
            http::header::LINK,
            http::HeaderValue::from_bytes(b"\xff").expect("a header value"),
        )]);
        assert_eq!(next_page(&foreign), Err(Failure::Unreadable));
    }
}
