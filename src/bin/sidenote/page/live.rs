//! The stream of server-sent events for an open page: the new HTML of each delivery that changes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use http::{HeaderMap, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::face::Face;
use super::{Page, view};

/// The interval of the keep-alive messages that are sent on the stream.
const QUIET: Duration = Duration::from_secs(15);
/// The time after which a browser reconnects to a broken stream.
const RETRY: Duration = Duration::from_millis(500);

/// The state of one browser's event stream.
struct Listener {
    page: Arc<Page>,
    face: Face,
    version: u64,
    /// Whether the browser's last version is from an earlier run of the program.
    stale: bool,
    heard: watch::Receiver<u64>,
    _seat: OwnedSemaphorePermit,
}

/// Streams every change after the version `since` as it happens. Responds with 503 if too many streams are open.
pub(super) fn stream(page: &Arc<Page>, face: Face, since: &str, headers: &HeaderMap) -> Response {
    let Ok(seat) = Arc::clone(&page.seats).try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    page.book.opened.notify_one();
    // A browser that reconnects sends the id of its last event.
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).unwrap_or(since);
    let version = last.split_once('-').filter(|(run, _)| *run == page.run).and_then(|(_, v)| v.parse().ok());
    let listener = Listener {
        page: Arc::clone(page),
        face,
        version: version.unwrap_or(0),
        stale: version.is_none(),
        heard: page.book.listen(),
        _seat: seat,
    };
    Sse::new(events(listener)).keep_alive(KeepAlive::new().interval(QUIET)).into_response()
}

fn events(listener: Listener) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(listener, |mut listener| async {
        loop {
            if listener.stale {
                listener.stale = false;
                return Some((Ok(Event::default().event("stale").data("").retry(RETRY)), listener));
            }
            listener.heard.mark_unchanged();
            let Some(entry) = listener.page.book.change_after(listener.version) else {
                // An error means that the program ends, so the stream ends too.
                listener.heard.changed().await.ok()?;
                continue;
            };
            listener.version = entry.version;
            let html = view::news(&entry, &listener.page.look(listener.face)).into_string();
            let id = format!("{}-{}", listener.page.run, entry.version);
            // A lone carriage return would also end a line of the stream.
            let event = Event::default().event("delivery").id(id).retry(RETRY).data(html.replace('\r', " "));
            return Some((Ok(event), listener));
        }
    })
}
