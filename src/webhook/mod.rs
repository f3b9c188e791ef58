//! PURE: bytes → [`Delivery`] → [`Decoded`]; with `payload` the only place that knows
//! webhook JSON.

mod decode;
mod delivery;
mod event;
mod links;
mod metric;
mod wire;

pub use decode::{Decoded, Ignored, Unreadable, decode};
pub use delivery::{APP_SIGNATURE_HEADER, Delivery, Keys, SIGNATURE_HEADER, headers_of, sign};
pub use event::bare_event;
