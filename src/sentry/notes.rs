//! Comments on an issue.

use http::Method;

use super::client::{Sentry, success};
use super::wire;
use crate::domain::ids::{IssueId, NoteId};
use crate::domain::lenient::Maybe;
use crate::domain::outcome::Failure;

/// The two names of the same route: one outlives the other.
const COMMENTS: &[&str] = &["comments/", "notes/"];
/// What Sentry says to a text that the same author has posted on the same issue within the hour.
const DUPLICATE: &str = "already posted that comment";

/// What became of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// It stands there now, under this id.
    Posted(Option<NoteId>),
    /// It stood there already: an attempt before had an unclear end, or this is a repeat.
    StoodAlready,
}

impl Sentry {
    /// Writes a comment.
    ///
    /// An attempt that ends without a clear answer is made again: Sentry may have stored the text, and then refuses it
    /// as a duplicate. So a duplicate is a success.
    ///
    /// # Errors
    /// [`Failure`], if it does not stand there.
    pub async fn post_note(&self, id: &IssueId, text: &str) -> Result<Noted, Failure> {
        let body = serde_json::json!({ "text": text });
        let answer = self.call_of_issue(&Method::POST, id, COMMENTS, Some(&body)).await?;
        if answer.status.as_u16() == 400 && String::from_utf8_lossy(&answer.body).contains(DUPLICATE) {
            return Ok(Noted::StoodAlready);
        }
        // A proxy's login page is a success, too, but no comment.
        let comment: Maybe<wire::Comment> =
            serde_json::from_slice(&success(answer)?.body).map_err(|_| Failure::Unreadable)?;
        let id = comment.0.and_then(|comment| NoteId::parse(comment.id.as_deref()?).ok());
        Ok(Noted::Posted(id))
    }
}
