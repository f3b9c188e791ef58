//! The access key of the local page, made anew at each start of the program. A request without the key gets a 404.
//!
//! A proxy may hide itself, and the client of a tunnel chooses the `Host`. The URL with the key is printed in the
//! terminal at the start. The browser that opens the printed URL keeps the key in a cookie.

use std::fs::File;
use std::io::{self, Read as _};

use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};

use super::face::cookies;

/// The length of a key in bytes; 128 bits cannot be guessed.
const BYTES: usize = 16;

/// The access key, a random secret of this process. It is not `Debug`, so that it cannot be logged.
#[derive(Clone)]
pub(super) struct Key {
    text: String,
    /// The cookie's name. It contains the port, because browsers share cookies between the ports of a host.
    cookie: String,
}

impl Key {
    /// Creates a new random key for the local page on `port`. Fails if `/dev/urandom` cannot be read.
    pub(super) fn draw(port: u16) -> io::Result<Self> {
        let mut bytes = [0; BYTES];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        let text = format!("{:032x}", u128::from_be_bytes(bytes));
        Ok(Self { text, cookie: format!("sidenote-key-{port}") })
    }

    /// Returns the query `key=…` for the printed URL.
    pub(super) fn query(&self) -> String {
        format!("key={}", self.text)
    }

    /// Whether the query of a request contains the key.
    pub(super) fn is_in(&self, query: Option<&str>) -> bool {
        let mut pairs = query.into_iter().flat_map(|query| query.split('&'));
        pairs.any(|pair| pair.strip_prefix("key=").is_some_and(|key| self.is(key)))
    }

    /// Whether the request's cookie contains the key.
    pub(super) fn is_in_cookie(&self, headers: &HeaderMap) -> bool {
        cookies(headers, &self.cookie).any(|key| self.is(key))
    }

    /// Returns a response that sets the cookie and redirects to the URL without the key.
    pub(super) fn hand_over(&self) -> Response {
        let mut response = Redirect::to("/").into_response();
        let cookie = format!("{}={}; Path=/; SameSite=Strict; HttpOnly", self.cookie, self.text);
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        response
    }

    /// Whether `other` is the key. The comparison takes constant time.
    fn is(&self, other: &str) -> bool {
        let pairs = self.text.bytes().zip(other.bytes());
        self.text.len() == other.len() && pairs.fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }
}

#[cfg(test)]
mod tests {
    use http::header::COOKIE;

    use super::*;

    #[test]
    fn only_the_complete_key_of_this_run_is_accepted() {
        let key = Key::draw(8000).expect("an entropy source");
        let other = Key::draw(8000).expect("an entropy source");
        assert_ne!(key.text, other.text);
        assert_eq!(key.text.len(), 2 * BYTES);
        for right in [key.query(), format!("lang=en&{}", key.query())] {
            assert!(key.is_in(Some(&right)), "{right}");
        }
        for wrong in ["", "key=", "key", &other.query(), &key.query()[..35], &format!("{}0", key.query())] {
            assert!(!key.is_in(Some(wrong)), "{wrong}");
        }
        assert!(!key.is_in(None));
        let kept = |cookie: &str| {
            key.is_in_cookie(&[(COOKIE, cookie.parse().expect("a value"))].into_iter().collect())
        };
        let text = &key.text;
        assert!(kept(&format!("sidenote-key-8000={text}")));
        assert!(
            kept(&format!("sidenote-key-8000=x; a=b; sidenote-key-8000={text}")),
            "another server's is there, too"
        );
        assert!(!kept(&format!("sidenote-key-8001={text}")));
        assert!(!kept("sidenote-key-8000="));
    }
}
