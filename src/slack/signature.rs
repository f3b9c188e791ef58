//! Verifies the signature of requests from Slack.

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The name of the header with the signature.
pub const SIGNATURE_HEADER: &str = "x-slack-signature";
/// The name of the header with the time at which Slack signed the request, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "x-slack-request-timestamp";

/// The version of Slack's signature format.
const VERSION: &str = "v0";
/// The largest difference between the request's time and the current time, in seconds. An older request may be a
/// replay.
const WINDOW: u64 = 300;

/// The reason why a request is not accepted as Slack's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSlack {
    /// The header with the signature or the header with the time is missing.
    Unsigned,
    /// The signature is wrong.
    Signature,
    /// The request was signed more than five minutes ago, or more than five minutes in the future.
    Stale,
}

/// Checks the signature over the raw `body`, in constant time, and then the signature's age. `now_seconds` is the
/// current time in seconds since 1970.
///
/// # Errors
///
/// [`NotSlack`] if Slack did not sign exactly these bytes, or if the signed time differs from `now_seconds` by more
/// than five minutes.
pub fn verify(
    headers: &HeaderMap,
    body: &[u8],
    secret: &SecretString,
    now_seconds: u64,
) -> Result<(), NotSlack> {
    let text =
        |name| headers.get(name).map(HeaderValue::as_bytes).and_then(|value| str::from_utf8(value).ok());
    let (signature, timestamp) =
        text(SIGNATURE_HEADER).zip(text(TIMESTAMP_HEADER)).ok_or(NotSlack::Unsigned)?;
    let digits = signature.strip_prefix("v0=").and_then(|digits| hex::decode(digits).ok());
    let digits = digits.ok_or(NotSlack::Signature)?;
    let mac = mac(secret, timestamp, body).ok_or(NotSlack::Signature)?;
    mac.verify_slice(&digits).map_err(|_| NotSlack::Signature)?;
    let at: u64 = timestamp.parse().map_err(|_| NotSlack::Signature)?;
    if at.abs_diff(now_seconds) > WINDOW { Err(NotSlack::Stale) } else { Ok(()) }
}

/// Whether a request has the two headers of a signature. The signature's validity is not checked.
#[must_use]
pub fn is_signed(headers: &HeaderMap) -> bool {
    headers.contains_key(SIGNATURE_HEADER) && headers.contains_key(TIMESTAMP_HEADER)
}

/// Returns the signature that Slack computes for `body` at `timestamp`.
#[must_use]
pub fn sign(secret: &SecretString, timestamp: &str, body: &[u8]) -> String {
    let digits = mac(secret, timestamp, body).map(|mac| hex::encode(mac.finalize().into_bytes()));
    format!("{VERSION}={}", digits.unwrap_or_default())
}

/// Returns the HMAC of a request, or `None` for an empty secret, with which any sender could sign.
fn mac(secret: &SecretString, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let secret = secret.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok().filter(|_| !secret.is_empty())?;
    mac.update(format!("{VERSION}:{timestamp}:").as_bytes());
    mac.update(body);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example from Slack's documentation page "Verifying requests from Slack".
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const AT: u64 = 1_531_420_618;

    fn secret() -> SecretString {
        SecretString::from("8f742231b10e8888abcd99yyyzzz85a5")
    }

    fn headers(signature: &str, timestamp: &str) -> HeaderMap {
        let pair = |name: &str, value: &str| (name.parse().expect("a name"), value.parse().expect("a value"));
        [pair(SIGNATURE_HEADER, signature), pair(TIMESTAMP_HEADER, timestamp)].into_iter().collect()
    }

    #[test]
    fn the_example_of_slacks_documentation_is_accepted() {
        assert_eq!(
            verify(&headers(SIGNATURE, &AT.to_string()), BODY.as_bytes(), &secret(), AT + 300),
            Ok(())
        );
        assert_eq!(sign(&secret(), &AT.to_string(), BODY.as_bytes()), SIGNATURE);
    }

    #[test]
    fn a_request_outside_five_minutes_is_stale_in_both_directions() {
        for now in [AT + 301, AT - 301, 0, u64::MAX] {
            let refused = verify(&headers(SIGNATURE, &AT.to_string()), BODY.as_bytes(), &secret(), now);
            assert_eq!(refused, Err(NotSlack::Stale), "{now}");
        }
    }

    #[test]
    fn a_wrong_slack_signature_timestamp_or_body_is_refused() {
        let at = AT.to_string();
        let check = |headers: &HeaderMap, body: &str, secret: &SecretString| {
            verify(headers, body.as_bytes(), secret, AT)
        };
        assert_eq!(check(&HeaderMap::new(), BODY, &secret()), Err(NotSlack::Unsigned));
        let upper = SIGNATURE.replace("v0=", "v1=");
        let other_time = (AT + 1).to_string();
        for (signature, timestamp, body) in [
            (&SIGNATURE[..66], at.as_str(), BODY),
            (upper.as_str(), at.as_str(), BODY),
            ("v0=", at.as_str(), BODY),
            (SIGNATURE, other_time.as_str(), BODY),
            (SIGNATURE, "", BODY),
            (SIGNATURE, at.as_str(), &BODY[1..]),
        ] {
            let refused = check(&headers(signature, timestamp), body, &secret());
            assert_eq!(refused, Err(NotSlack::Signature), "{signature} {timestamp}");
        }
        let empty = SecretString::from("");
        assert_eq!(check(&headers(&sign(&empty, &at, b"x"), &at), "x", &empty), Err(NotSlack::Signature));
    }
}
