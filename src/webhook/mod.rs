//! Verifies the signature of a webhook request ([`Delivery`]) and decodes its body ([`Decoded`]). The code is pure: it
//! does no I/O and reads no clock. Only this module and `payload` know the JSON of webhooks.

mod decode;
mod delivery;
mod event;
mod links;
mod metric;
mod product;
mod wire;

pub use decode::{Decoded, Ignored, Unreadable, decode};
pub use delivery::{APP_SIGNATURE_HEADER, Delivery, Keys, SIGNATURE_HEADER, headers_of, sign};
pub use event::bare_event;
pub use product::is_slack_message;
