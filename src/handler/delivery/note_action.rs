//! Decides whether the note on an issue is written, edited or left alone.

use super::job::Job;
use crate::domain::incident::ChangeKind;
use crate::domain::outcome::Failure;
use crate::domain::timestamp::Timestamp;
use crate::notifiers::note::{MARKER, Note, NoteAction};
use crate::sentry::{OwnNote, Sentry};

/// The largest assumed difference between Sentry's clock and this machine's clock, in milliseconds.
const CLOCK_SKEW_MS: u64 = 60_000;

/// Returns what to do with the note on the job's issue. `Err` means that the record leaves this open and the comments
/// on the issue cannot be read. Without `sentry` the record alone decides. `is_durable` means that records outlive the
/// process.
pub(super) async fn note_action(
    sentry: Option<&Sentry>,
    job: &Job,
    is_durable: bool,
) -> Result<NoteAction, Failure> {
    let record = job.claim.as_ref().map(|claim| &claim.record);
    let known = record.and_then(|record| record.note.clone());
    let unclear = (sentry, job.occurrence.issue_id(), is_clear(job, known.is_some(), is_durable));
    let (Some(sentry), Some(issue), false) = unclear else {
        return Ok(known.map_or(NoteAction::Write, NoteAction::Edit));
    };
    let Some(note) = sentry.own_note(&issue, MARKER).await? else { return Ok(NoteAction::Write) };
    // The record knows only notes of earlier incidents, however close to this change they were written.
    let is_earlier = known.as_ref() == Some(&note.id);
    let is_covered = !is_earlier && is_covered_by(job, &note);
    Ok(if is_covered { NoteAction::Stands(note.id) } else { NoteAction::Edit(note.id) })
}

/// Whether the record of the incident alone decides about the note. The record does not decide if another invocation
/// may have written a note and died: the previous owner of the claim, the first invocation of a redelivered webhook, or
/// any invocation if there is no claim. The record does not decide either if it lacks the id of an earlier incident's
/// note, or if it may have ended with an earlier process.
fn is_clear(job: &Job, is_known: bool, is_durable: bool) -> bool {
    let Some(claim) = &job.claim else { return false };
    let is_written = claim.record.done.iter().any(|(done, _)| done == Note::NAME);
    // A person may ask for an issue whose note is recorded in another state store.
    let is_asked = claim.record.change == ChangeKind::Manual;
    let is_new = is_durable && claim.record.history.is_empty() && !is_asked;
    is_written || job.is_first_of_all() && (is_known || is_new)
}

/// Whether an existing note of Sidenote already describes the change of this job.
fn is_covered_by(job: &Job, note: &OwnNote) -> bool {
    let is_newer = job.received_ms.is_some_and(|received| {
        note.at.is_none_or(|at| unix_ms(at).saturating_add(CLOCK_SKEW_MS) >= received)
    });
    match &job.claim {
        Some(claim) if claim.taken_over => claim.record.history.is_empty(),
        Some(_) => is_newer,
        None => is_newer || ChangeKind::of(&job.occurrence) == ChangeKind::Seen,
    }
}

fn unix_ms(at: Timestamp) -> u64 {
    u64::try_from(at.unix()).unwrap_or(0).saturating_mul(1000)
}
