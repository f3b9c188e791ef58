//! Decides whether an edit of the source code that a model suggests is shown. An edit that does not apply to its file
//! is never shown.

use super::Case;
use super::harm::{self, Role};
use crate::analyzers::rules::state;
use crate::analyzers::schema::ProposedEdit;
use crate::domain::analysis::Finding;
use crate::domain::evidence::Cite;
use crate::domain::reading::{RootCause, SuggestedChange};
use crate::domain::source::{Edit, EditProblem, SourceCode};
use crate::domain::words::{Arg, Sentence};
use crate::json::{Lenient, List};

/// Returns the edit that a model's answer suggests as a diff, or the reason why it is not shown. Returns `None` if the
/// answer suggests no edit. `root` is the accepted cause.
pub(super) fn judge(
    edits: &List<Lenient<ProposedEdit>>,
    case: &Case<'_>,
    root: Option<&RootCause>,
) -> Option<Result<SuggestedChange, EditProblem>> {
    let mut edits = edits.0.iter().filter_map(|edit| edit.0.as_ref()).filter(|edit| edit.says_something());
    let edit = edits.next()?;
    if edits.next().is_some() {
        return Some(Err(EditProblem::Several));
    }
    Some(match root {
        _ if case.is_suspicious => Err(EditProblem::Suspicious),
        None => Err(EditProblem::WithoutCause),
        Some(_) => shown(edit, case),
    })
}

fn shown(edit: &ProposedEdit, case: &Case<'_>) -> Result<SuggestedChange, EditProblem> {
    let [file, old, new] = [&edit.file, &edit.old, &edit.new].map(|text| text.as_deref().unwrap_or_default());
    let (at, source) = file_of(case, file.trim()).ok_or(EditProblem::NotShown)?;
    if !source.revision.is_confirmed() {
        return Err(EditProblem::Unconfirmed);
    }
    if !source.text.is_whole {
        return Err(EditProblem::Partial);
    }
    let path = &source.location.path;
    let diff = Edit { old, new }.diff(path, &source.text.text)?;
    let added: Vec<&str> = diff.iter().skip(3).filter_map(|line| line.strip_prefix('+')).collect();
    if harm::does_harm(&added.join("\n"), &case.shown.text, Role::Advice) {
        return Err(EditProblem::Harmful);
    }
    let said = Sentence::new(|w| w.suggested_in, [Arg::from(&path.text()), state(&source.revision)]);
    let place = Finding::new(said, [Cite::Frame(source.frame), Cite::Source(at)]);
    Ok(SuggestedChange { place, diff })
}

/// Returns the source code of `file` and its index in the evidence. Returns `None` if the model did not see this file.
fn file_of<'c>(case: &Case<'c>, file: &str) -> Option<(usize, &'c SourceCode)> {
    let is_shown = |at: usize| case.shown.pieces.contains_key(&Cite::Source(at));
    let mut all = case.evidence.source.iter().enumerate();
    all.find(|(at, source)| source.location.path.raw() == file && is_shown(*at))
}
