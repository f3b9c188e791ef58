//! The pages of Sentry's lists: the size `per_page`, the opaque cursor, and the `Link` header that carries the cursor.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::exchange::Reply;
use super::answers;
use super::state::{Call, State};

const MOST: usize = 100;

/// Replies with one page of a list, which the query parameters `per_page` (or `limit`) and `cursor` select.
pub(super) fn page(state: &State, call: &Call<'_>, items: &[Value]) -> Result<Reply, Reply> {
    let size = size(call)?;
    let offset = offset(call)?;
    let shown: Vec<&Value> = items.iter().skip(offset).take(size).collect();
    let after = offset + size;
    let before = offset.saturating_sub(size);
    let links = [
        link(state, call, "previous", offset > 0, before, 1),
        link(state, call, "next", items.len() > after, after, 0),
    ];
    Ok(Reply::json(StatusCode::OK, &json!(shown)).with_header("link", links.join(", ")))
}

fn size(call: &Call<'_>) -> Result<usize, Reply> {
    let Some(wanted) = call.query("per_page").or_else(|| call.query("limit")) else {
        return Ok(MOST);
    };
    let wanted: usize = wanted.parse().map_err(|_| answers::bad_request("Invalid per_page parameter."))?;
    if (1..=MOST).contains(&wanted) {
        Ok(wanted)
    } else {
        Err(answers::bad_request(&format!("Invalid per_page value. Must be between 1 and {MOST}.")))
    }
}

/// Reads the offset of the page from the cursor, which has the form `value:offset:is_previous`.
fn offset(call: &Call<'_>) -> Result<usize, Reply> {
    let Some(cursor) = call.query("cursor") else {
        return Ok(0);
    };
    let parts: Vec<&str> = cursor.split(':').collect();
    match parts[..] {
        ["0", offset, "0" | "1"] => offset.parse().ok(),
        _ => None,
    }
    .ok_or_else(|| answers::bad_request("Invalid cursor parameter."))
}

/// Builds one entry of the `Link` header. Sentry sends the entry even if it leads to no items; `results` says whether
/// it does.
fn link(state: &State, call: &Call<'_>, rel: &str, results: bool, offset: usize, back: u8) -> String {
    let cursor = format!("0:{offset}:{back}");
    let path = &call.request.path;
    format!(
        "<{}{path}?&cursor={cursor}>; rel=\"{rel}\"; results=\"{results}\"; cursor=\"{cursor}\"",
        state.url
    )
}
