//! The preview of a payload that a visitor pastes into the local page. No note is written and no message is sent.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sidenote::domain::occurrence::Occurrence;
use sidenote::domain::words::PageWords;
use sidenote::handler::Handler;
use sidenote::notifiers::Notification;
use sidenote::webhook::{Decoded, Delivery, Keys, decode};

use super::entry::Notices;
use super::events;
use super::pieces::Pieces;
use super::texts::with;
use crate::input::{self, Given};
use crate::local;

/// The result of a preview.
pub(super) enum Seen {
    /// The reason why there is no preview: a sentence in the visitor's language, which can quote an English error.
    Nothing(String),
    /// The preview of the note and the message.
    Shown(Box<Preview>),
}

/// The note, the message and the evidence for a payload. Neither the note nor the message is sent.
pub(super) struct Preview {
    pub(super) title: Option<String>,
    pub(super) pieces: Pieces,
    pub(super) notices: Notices,
}

/// Makes the preview of a payload. `texts` are for the error.
pub(super) async fn make(handler: &Arc<Handler>, body: Bytes, texts: &PageWords) -> Seen {
    let given = match input::parse(None, body) {
        Ok(given) => given,
        Err(why) => return Seen::Nothing(with(texts.preview_unreadable, &why.to_string())),
    };
    let occurrence = match decoded(&given) {
        Ok(Decoded::Occurrence(occurrence)) => occurrence,
        Ok(Decoded::Update(update)) => {
            return Seen::Nothing(with(texts.preview_ignored, update.kind.reason()));
        }
        Ok(Decoded::Ignored(why)) => return Seen::Nothing(with(texts.preview_ignored, why.reason())),
        Err(why) => return Seen::Nothing(with(texts.preview_unreadable, &why)),
    };
    let title = events::title(&occurrence);
    let notification = handler.notification(occurrence, local::work_deadline(handler.config())).await;
    let mut pieces = Pieces::default();
    if let Notification::Issue(report) = &notification {
        pieces = Pieces::of(&report.evidence);
        pieces.mark(&report.analysis.cites().iter().map(ToString::to_string).collect::<Vec<_>>());
    }
    Seen::Shown(Box::new(Preview {
        title,
        pieces,
        notices: Notices::of(&notification, handler.config().language),
    }))
}

/// Parses the payload of an accepted delivery again, for a replay, and returns its occurrence. The error says why the
/// payload contains nothing to analyse.
pub(super) fn occurrence(resource: Option<String>, body: Bytes) -> Result<Occurrence, String> {
    match decoded(&Given { resource, body })? {
        Decoded::Occurrence(occurrence) => Ok(occurrence),
        Decoded::Update(update) => Err(update.kind.reason().to_owned()),
        Decoded::Ignored(why) => Err(why.reason().to_owned()),
    }
}

fn decoded(given: &Given) -> Result<Decoded, String> {
    let request = local::request(given, Duration::ZERO).map_err(|error| error.to_string())?;
    let delivery = Delivery::verify(request.headers(), given.body.clone(), &Keys::parse(&local::key()));
    decode(&delivery.ok_or("the payload could not be signed")?).map_err(|error| error.to_string())
}
