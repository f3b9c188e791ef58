//! The HTTP routes of the local page.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Form, Path, Query, RawQuery, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use maud::Markup;
use serde::Deserialize;
use sidenote::domain::occurrence::Occurrence;
use sidenote::handler::DeliveryEvent;

use super::book::{Arrival, within};
use super::entry::{Ending, Entry, Progress, Said, Stage};
use super::{Page, assets, face, live, press, preview, view};
use crate::local;

/// The size limit of a form, in bytes. The payload in the form is percent-encoded.
const LARGEST_FORM: usize = 8 * 1024 * 1024;

type Shown = State<Arc<Page>>;

/// Returns the router of the local page.
pub(super) fn all(page: &Arc<Page>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/page/deliveries/{id}", get(delivery))
        .route("/page/deliveries/{id}/replay", post(replay))
        .route("/page/preview", get(form).post(previewed))
        .route("/page/live", get(listen))
        .route("/page/tap", post(tap))
        .route("/page/page.css", get(assets::style))
        .route("/page/page.js", get(assets::script))
        .route("/page/icon.svg", get(assets::icon))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .with_state(Arc::clone(page))
}

fn html(status: StatusCode, markup: Markup) -> Response {
    (status, Html(markup.into_string())).into_response()
}

/// Responds with the start page: the list of deliveries, and the newest delivery that led to work.
async fn home(State(page): Shown, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let look = page.look(face(&headers, query.as_deref()));
    let version = page.book.version();
    let entries = page.book.entries();
    let first = entries.iter().find(|entry| entry.is_work()).or(entries.first());
    html(StatusCode::OK, view::home(&entries, first, version, &look))
}

async fn delivery(
    State(page): Shown,
    Path(id): Path<u64>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let look = page.look(face(&headers, query.as_deref()));
    let version = page.book.version();
    let entries = page.book.entries();
    match entries.iter().find(|entry| entry.id == id) {
        Some(entry) => html(StatusCode::OK, view::delivery(&entries, entry, version, &look)),
        None => html(StatusCode::NOT_FOUND, view::gone(&entries, version, &look)),
    }
}

async fn listen(
    State(page): Shown,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let since = asked.get("since").map(String::as_str).unwrap_or_default();
    live::stream(&page, face(&headers, query.as_deref()), since, &headers)
}

/// Replays the delivery `id` and redirects to the page of the replay. Responds with 404 if it cannot be replayed.
async fn replay(State(page): Shown, Path(id): Path<u64>) -> Response {
    let Some(entry) = page.book.entry(id).filter(Entry::can_be_replayed) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let occurrence = preview::occurrence(entry.resource.clone(), entry.body.clone());
    let arrival = page.book.arrival(entry.resource.clone(), entry.body.clone(), Some(id));
    match occurrence {
        Ok(occurrence) => work_again(&page, &arrival, occurrence),
        Err(why) => page.book.change(&arrival, |entry| {
            entry.refused(&why, Duration::ZERO);
        }),
    }
    Redirect::to(&format!("/page/deliveries/{}", arrival.id())).into_response()
}

fn work_again(page: &Arc<Page>, arrival: &Arc<Arrival>, occurrence: Occurrence) {
    page.book.change(arrival, |entry: &mut Entry| {
        entry.end(Stage::Verified, Progress::Done, Duration::ZERO, Said::Plain(|t| t.asked_here));
        entry.take(&DeliveryEvent::About(&occurrence), Duration::ZERO, page.book.language);
        entry.claimed(true, Duration::ZERO);
    });
    let (page, arrival) = (Arc::clone(page), Arc::clone(arrival));
    page.work.clone().spawn(async move {
        let _turn = page.turns.wait().await;
        let deadline = local::work_deadline(page.handler.config());
        let again = page.handler.again(occurrence, deadline);
        if Box::pin(within(Some(Arc::clone(&arrival)), again)).await.is_none() {
            page.book.change(&arrival, |entry| {
                entry.end(Stage::Claimed, Progress::None, Duration::ZERO, Said::Plain(|t| t.busy));
                entry.close(Ending::Duplicate);
            });
        }
    });
}

async fn form(State(page): Shown, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let look = page.look(face(&headers, query.as_deref()));
    html(StatusCode::OK, view::preview(None, "", &look))
}

#[derive(Deserialize)]
struct Pasted {
    payload: String,
}

async fn previewed(State(page): Shown, headers: HeaderMap, Form(pasted): Form<Pasted>) -> Response {
    let look = page.look(face(&headers, None));
    let Ok(_turn) = page.previews.try_acquire() else {
        let said = look.face.texts().preview_busy.to_owned();
        return html(
            StatusCode::SERVICE_UNAVAILABLE,
            view::preview(Some(&preview::Seen::Nothing(said)), &pasted.payload, &look),
        );
    };
    let seen = preview::make(&page.handler, Bytes::from(pasted.payload.clone()), look.face.texts()).await;
    html(StatusCode::OK, view::preview(Some(&seen), &pasted.payload, &look))
}

#[derive(Deserialize)]
struct Tapped {
    message: i64,
    data: String,
    delivery: u64,
}

/// Presses a button of a message of `sidenote demo`. Responds with 404 if there is no such button.
async fn tap(State(page): Shown, Form(tapped): Form<Tapped>) -> Response {
    let is_there = page.chat.as_ref().is_some_and(|chat| press::button(chat, tapped.message, &tapped.data));
    if !is_there {
        return StatusCode::NOT_FOUND.into_response();
    }
    Redirect::to(&format!("/page/deliveries/{}", tapped.delivery)).into_response()
}
