//! A webhook delivery as it is stored in the queue: the body, and the headers that are needed to check its signature
//! and to decode it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde::{Deserialize, Serialize};

/// The largest message of a queue, in bytes. This was the limit of SQS until 2025; SQS now accepts more.
pub const LARGEST_QUEUED: usize = 256 * 1024;
/// The largest body that [`QueuedDelivery::unpack`] returns, in bytes. The limit stops a forged message that expands
/// without end.
const LARGEST_BODY: usize = 8 * 1024 * 1024;

/// The compression level. Speed matters more than size, because Sentry waits for the response.
const COMPRESSION: u8 = 3;

/// The signed body of a webhook delivery, with its headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedDelivery {
    /// The value of the header `sentry-hook-resource`.
    pub resource: Option<String>,
    /// The value of the signature's header.
    pub signature: String,
    /// The time at which the delivery was received, in milliseconds since 1970 (UTC).
    pub received_ms: u64,
    /// The body, exactly as it was received.
    pub body: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    version: u8,
    resource: Option<String>,
    signature: String,
    received_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deflated: Option<String>,
}

impl QueuedDelivery {
    /// Returns the delivery as a text (JSON) for the queue. The text contains the body unchanged if the body is UTF-8
    /// text that SQS accepts and the whole text has at most [`LARGEST_QUEUED`] bytes. Otherwise, the text contains the
    /// body compressed (deflate, in base64). Returns `None` if the text is too large even then.
    #[must_use]
    pub fn pack(&self) -> Option<String> {
        let wire = |body, deflated| Wire {
            version: 1,
            resource: self.resource.clone(),
            signature: self.signature.clone(),
            received_ms: self.received_ms,
            body,
            deflated,
        };
        let fits = |wire: &Wire| serde_json::to_string(wire).ok().filter(|text| text.len() <= LARGEST_QUEUED);
        let plain = std::str::from_utf8(&self.body)
            .ok()
            .filter(|body| body.len() <= LARGEST_QUEUED && body.chars().all(is_taken));
        plain.and_then(|body| fits(&wire(Some(body.to_owned()), None))).or_else(|| {
            let deflated = compress_to_vec(&self.body, COMPRESSION);
            fits(&wire(None, Some(STANDARD.encode(deflated))))
        })
    }

    /// Returns the delivery that [`Self::pack`] has turned into `text`. Returns `None` if `text` has another form, or
    /// if its body is larger than 8 MiB.
    #[must_use]
    pub fn unpack(text: &str) -> Option<Self> {
        let wire: Wire =
            serde_json::from_slice(text.as_bytes()).ok().filter(|wire: &Wire| wire.version == 1)?;
        let Wire { resource, signature, received_ms, body, deflated, .. } = wire;
        let body = match (body, deflated) {
            (Some(body), _) => body.into_bytes(),
            (None, Some(deflated)) => {
                let deflated = STANDARD.decode(deflated).ok()?;
                decompress_to_vec_with_limit(&deflated, LARGEST_BODY).ok()?
            }
            (None, None) => return None,
        };
        Some(Self { resource, signature, received_ms, body })
    }
}

/// Whether SQS accepts a character: XML 1.0 must allow it. Control characters never occur, because JSON escapes them.
fn is_taken(c: char) -> bool {
    !matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queued(body: Vec<u8>) -> QueuedDelivery {
        QueuedDelivery {
            resource: Some("issue".to_owned()),
            signature: "ab".to_owned(),
            received_ms: 7,
            body,
        }
    }

    #[test]
    fn a_packed_delivery_of_any_size_unpacks_unchanged() {
        let repeated = format!("{{\"a\":\"{}\"}}", "frame ".repeat(200_000)).into_bytes();
        for body in [b"{}".to_vec(), "\u{4e16}\n\"\u{ffff}".into(), vec![0xff, 0xfe], repeated] {
            let packed = queued(body.clone()).pack().expect("it fits");
            assert!(packed.len() <= LARGEST_QUEUED && packed.chars().all(is_taken));
            assert_eq!(QueuedDelivery::unpack(&packed), Some(queued(body)));
        }
    }

    #[test]
    fn an_incompressible_body_over_the_limit_cannot_be_packed() {
        let mut state = 1u32;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_le_bytes()[3]
        });
        assert_eq!(queued(noise.take(400_000).collect()).pack(), None);
    }

    #[test]
    fn an_invalid_queue_message_cannot_be_unpacked() {
        for junk in [
            "",
            "{}",
            "[]",
            r#"{"version":2,"signature":"a","received_ms":1,"body":"b"}"#,
            r#"{"version":1,"signature":"a","received_ms":1,"deflated":"!"}"#,
        ] {
            assert_eq!(QueuedDelivery::unpack(junk), None, "{junk}");
        }
    }
}
