//! Reads, writes and edits comments on issues through the Sentry API.

use http::Method;

use super::client::{Sentry, success};
use super::wire;
use crate::domain::ids::{IssueId, NoteId};
use crate::domain::outcome::Failure;
use crate::domain::timestamp::Timestamp;
use crate::json::{Lenient, List};

/// The two names of the API route for comments. Versions of Sentry differ in which one they have.
const COMMENTS: &[&str] = &["comments/", "notes/"];
/// A part of Sentry's error for a text that the same author posted on the same issue within the last hour.
const DUPLICATE: &str = "already posted that comment";

/// The result of writing a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// The comment was written and has this id, if Sentry returned one.
    Posted(Option<NoteId>),
    /// Sentry already had the same comment: an earlier attempt had written it although its result was unclear, or the
    /// webhook was delivered twice.
    StoodAlready,
}

/// A note that Sidenote wrote on an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnNote {
    /// The id of the comment.
    pub id: NoteId,
    /// The time when the note was written, by Sentry's clock.
    pub at: Option<Timestamp>,
}

impl Sentry {
    /// Returns the newest note of Sidenote on an issue: a comment that ends with `marker` and that the token's user
    /// wrote. A comment by another user is ignored, even if it ends with the marker. If Sentry does not name the
    /// token's user, the marker alone decides.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the comments cannot be read.
    pub async fn own_note(&self, id: &IssueId, marker: &str) -> Result<Option<OwnNote>, Failure> {
        let (me, comments) = tokio::try_join!(self.whoami(), self.comments(id))?;
        let mut ours = comments.into_iter().filter(|comment| {
            let author = comment.user.0.as_ref().map(|user| &user.id);
            let text =
                comment.content.0.as_ref().and_then(|content| content.text.as_deref()).unwrap_or_default();
            let is_mine = me.as_deref().is_none() || author == Some(&me);
            is_mine && text.trim_end().ends_with(marker)
        });
        Ok(ours.find_map(|comment| {
            let at = comment.date_created.as_deref().and_then(Timestamp::parse);
            Some(OwnNote { id: NoteId::parse(comment.id.as_deref()?).ok()?, at })
        }))
    }

    /// Returns the current text of a note of Sidenote, or `None` if the note does not exist any more.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the comments cannot be read.
    pub async fn note_text(&self, id: &IssueId, note: &NoteId) -> Result<Option<String>, Failure> {
        let comments = self.comments(id).await?;
        let ours = comments.into_iter().find(|comment| comment.id.as_deref() == Some(note.as_str()));
        Ok(ours.and_then(|comment| Some(comment.content.0?.text.as_deref()?.to_owned())))
    }

    /// Reads the newest comments on an issue.
    async fn comments(&self, id: &IssueId) -> Result<Vec<wire::Comment>, Failure> {
        let answer = self.call_of_issue(&Method::GET, id, COMMENTS, None).await.and_then(success)?;
        let comments = serde_json::from_slice::<List<Lenient<wire::Comment>>>(&answer.body);
        Ok(comments.map_err(|_| Failure::Unreadable)?.0.into_iter().filter_map(|comment| comment.0).collect())
    }

    /// Whether one of the newest comments on an issue has this text. If the comments cannot be read, the call that wrote
    /// the text has timed out for good.
    async fn has_comment(&self, id: &IssueId, text: &str) -> Result<bool, Failure> {
        let has_text = |comment: &wire::Comment| {
            let content = comment.content.0.as_ref().and_then(|content| content.text.as_deref());
            content.is_some_and(|content| content.trim() == text.trim())
        };
        let comments = self.comments(id).await.map_err(|_| Failure::Timeout)?;
        Ok(comments.iter().any(has_text))
    }

    /// Replaces the text of a note of Sidenote. If the note does not exist any more or may not be edited, a new one
    /// is written.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the text could not be written.
    pub async fn edit_note(&self, id: &IssueId, note: &NoteId, text: &str) -> Result<Noted, Failure> {
        match self.change_note(id, note, text).await {
            Ok(()) => Ok(Noted::Posted(Some(note.clone()))),
            Err(Failure::NotFound | Failure::Forbidden | Failure::Gone) => self.post_note(id, text).await,
            Err(why) => Err(why),
        }
    }

    /// Replaces the text of a note of Sidenote, and never writes a new note.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the text could not be replaced.
    pub async fn change_note(&self, id: &IssueId, note: &NoteId, text: &str) -> Result<(), Failure> {
        let body = serde_json::json!({ "text": text });
        let tails = [format!("comments/{note}/"), format!("notes/{note}/")];
        let tails = tails.each_ref().map(String::as_str);
        self.call_of_issue(&Method::PUT, id, &tails, Some(&body)).await.and_then(success).map(drop)
    }

    /// Writes a comment on an issue.
    ///
    /// A call with an unclear result is repeated. If the first call did store the text, Sentry rejects the second one
    /// as a duplicate, so a duplicate counts as success. After a timeout, the comments are read first: Sentry may still
    /// be storing the text, and would then not recognize the duplicate.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the comment could not be written.
    pub async fn post_note(&self, id: &IssueId, text: &str) -> Result<Noted, Failure> {
        let body = serde_json::json!({ "text": text });
        let answer = match self.call_of_issue(&Method::POST, id, COMMENTS, Some(&body)).await {
            Err(Failure::Timeout) if self.has_comment(id, text).await? => return Ok(Noted::StoodAlready),
            Err(Failure::Timeout) => self.call_of_issue(&Method::POST, id, COMMENTS, Some(&body)).await?,
            answer => answer?,
        };
        if answer.status.as_u16() == 400 && String::from_utf8_lossy(&answer.body).contains(DUPLICATE) {
            return Ok(Noted::StoodAlready);
        }
        // A proxy's login page is also a 2xx, so a body that is not JSON is a failure. After JSON without a usable id,
        // the note counts as written, and its id is unknown.
        let comment: Lenient<wire::Comment> =
            serde_json::from_slice(&success(answer)?.body).map_err(|_| Failure::Unreadable)?;
        let id = comment.0.and_then(|comment| NoteId::parse(comment.id.as_deref()?).ok());
        Ok(Noted::Posted(id))
    }
}
