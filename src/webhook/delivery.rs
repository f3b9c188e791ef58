//! A webhook request whose signature is verified.

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::domain::queued_delivery::QueuedDelivery;

/// The name of the header with the signature of a webhook.
pub const SIGNATURE_HEADER: &str = "sentry-hook-signature";
/// The name of the header with the signature of a request from a UI component of a Sentry app.
pub const APP_SIGNATURE_HEADER: &str = "sentry-app-signature";
const RESOURCE_HEADER: &str = "sentry-hook-resource";

/// The client secrets of the Sentry integration. A delivery must be signed with one of them; there may be several
/// during a rotation.
#[derive(Debug, Clone, Default)]
pub struct Keys(Vec<SecretString>);

impl Keys {
    /// Splits a text with client secrets at its commas.
    #[must_use]
    pub fn parse(secrets: &SecretString) -> Self {
        let each = secrets.expose_secret().split(',').map(str::trim).filter(|key| !key.is_empty());
        Self(each.map(SecretString::from).collect())
    }

    /// Signs `body` with the first secret. Returns `None` if there is no secret.
    #[must_use]
    pub fn sign(&self, body: &[u8]) -> Option<String> {
        self.0.first().map(|key| sign(key, body))
    }

    /// Whether there is no client secret, so that every delivery is rejected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A webhook request from Sentry. A value exists only if one of the client secrets signed exactly these bytes.
#[derive(Debug, Clone)]
pub struct Delivery {
    resource: Option<Box<str>>,
    body: Bytes,
}

impl Delivery {
    /// Checks the signature over the raw `body` in constant time. Returns `None` if the signature is missing or
    /// invalid.
    ///
    /// The headers are not signed: the resource in them is only a hint, and their timestamp is ignored.
    #[must_use]
    pub fn verify(headers: &HeaderMap, body: Bytes, keys: &Keys) -> Option<Self> {
        let signature = digest_in(headers)?;
        let signed =
            keys.0.iter().any(|key| mac(key, &body).is_some_and(|mac| mac.verify_slice(&signature).is_ok()));
        signed.then(|| Self { resource: text(headers, RESOURCE_HEADER).map(Into::into), body })
    }

    /// Whether the signature header of a request has the right form. If it has not, [`Self::verify`] returns `None`
    /// for every body.
    #[must_use]
    pub fn may_be_signed(headers: &HeaderMap) -> bool {
        digest_in(headers).is_some()
    }

    /// Whether a request has a signature header. All of Sentry's webhook requests have one.
    #[must_use]
    pub fn is_signed(headers: &HeaderMap) -> bool {
        signature(headers).is_some()
    }

    /// Returns the bytes of the body, exactly as they were signed.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns the resource that the header names, such as `issue`. The value is only a hint, because headers are not
    /// signed.
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    /// Returns the SHA-256 digest of the body. The digest identifies a replayed delivery, because request id and
    /// timestamp are not signed.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.body).into()
    }
}

fn mac(key: &SecretString, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()).ok()?;
    mac.update(body);
    Some(mac)
}

/// Returns the headers and the body of a queued delivery, so that its signature can be verified again. `None` if a
/// header's value is invalid.
#[must_use]
pub fn headers_of(queued: &QueuedDelivery) -> Option<(HeaderMap, Bytes)> {
    let mut headers = HeaderMap::new();
    headers.insert(SIGNATURE_HEADER, queued.signature.parse().ok()?);
    if let Some(resource) = &queued.resource {
        headers.insert(RESOURCE_HEADER, resource.parse().ok()?);
    }
    Some((headers, Bytes::copy_from_slice(&queued.body)))
}

/// Returns the signature that Sentry computes for `body`: 64 lower-case hex digits.
#[must_use]
pub fn sign(key: &SecretString, body: &[u8]) -> String {
    mac(key, body).map(|mac| hex::encode(mac.finalize().into_bytes())).unwrap_or_default()
}

fn signature(headers: &HeaderMap) -> Option<&str> {
    text(headers, SIGNATURE_HEADER).or_else(|| text(headers, APP_SIGNATURE_HEADER))
}

/// The digest in the signature header: 64 hex digits. Sentry writes them in lower case; upper case is rejected.
fn digest_in(headers: &HeaderMap) -> Option<[u8; 32]> {
    let (digits, mut digest) = (signature(headers)?, [0; 32]);
    let is_lower = !digits.bytes().any(|b| b.is_ascii_uppercase());
    hex::decode_to_slice(digits, &mut digest).ok().filter(|()| is_lower)?;
    Some(digest)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"action":"created","text":"\u4e16\u754c"}"#;

    fn verify(header: &'static str, signature: &str, body: &[u8], keys: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header, signature.parse().expect("a header value"));
        Delivery::verify(&headers, Bytes::copy_from_slice(body), &Keys::parse(&keys.into())).is_some()
    }

    #[test]
    fn the_known_vector_of_rfc_4231_holds() {
        let key = SecretString::from("Jefe");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(sign(&key, b"what do ya want for nothing?"), expected);
    }

    #[test]
    fn a_signature_is_valid_only_for_the_exact_bytes_and_a_current_key() {
        let signature = sign(&"new".into(), BODY);
        assert!(verify(SIGNATURE_HEADER, &signature, BODY, "old, new"));
        assert!(verify(APP_SIGNATURE_HEADER, &signature, BODY, "new"));
        assert!(!verify(SIGNATURE_HEADER, &signature, BODY, "old"));
        assert!(!verify(SIGNATURE_HEADER, &signature, BODY, ""));
        assert!(!verify(SIGNATURE_HEADER, &signature, &BODY[1..], "new"));
        let respelled = String::from_utf8_lossy(BODY).replace("\\u4e16", "世");
        assert!(!verify(SIGNATURE_HEADER, &signature, respelled.as_bytes(), "new"));
        assert!(!verify(SIGNATURE_HEADER, &signature.to_uppercase(), BODY, "new"));
        for junk in ["", "zz", &signature[..62], &format!("{signature}00")] {
            assert!(!verify(SIGNATURE_HEADER, junk, BODY, "new"), "{junk}");
        }
    }

    #[test]
    fn an_empty_body_can_be_signed() {
        assert!(verify(APP_SIGNATURE_HEADER, &sign(&"k".into(), b""), b"", "k"));
    }
}
