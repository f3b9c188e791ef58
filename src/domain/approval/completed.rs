//! Adds a decision to the line of a note that names the proposed action.

/// Returns the text `note` with `decision` at the end of the line that begins with `line`. An earlier decision on that
/// line is replaced. If the note has no such line, because it was cut for its length, `line` and `decision` become a
/// paragraph before the last one. Without `line`, `decision` alone becomes this paragraph. A repeated call changes
/// nothing.
#[must_use]
pub fn completed(note: &str, line: Option<&str>, decision: &str) -> String {
    let full = match line {
        Some(line) => format!("{line} {decision}"),
        None => decision.to_owned(),
    };
    let is_ours = |own: &&str| **own == *full || line.is_some_and(|line| own.starts_with(line));
    if let Some(standing) = note.lines().find(is_ours) {
        return note.replacen(standing, &full, 1);
    }
    match note.trim_end().rsplit_once("\n\n") {
        Some((text, last)) => format!("{text}\n\n{full}\n\n{last}\n"),
        None => format!("{note}\n\n{full}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_decision_replaces_the_earlier_one_in_the_note() {
        let note = "## Head\n\nProposed: x, because y. `I`\n\nColophon\n\n<!-- m -->\n";
        let line = Some("Proposed: x, because y. `I`");
        let failed = completed(note, line, "Failed.");
        assert_eq!(failed, "## Head\n\nProposed: x, because y. `I` Failed.\n\nColophon\n\n<!-- m -->\n");
        assert_eq!(completed(&failed, line, "Done."), failed.replace("Failed.", "Done."));
    }

    #[test]
    fn a_note_without_the_proposal_line_gets_the_decision_once() {
        let note = "## Head\n\nText\n\n<!-- m -->\n";
        for (line, full) in [(Some("Proposed: x."), "Proposed: x. Done."), (None, "Done.")] {
            let done = completed(note, line, "Done.");
            assert_eq!(done, format!("## Head\n\nText\n\n{full}\n\n<!-- m -->\n"));
            assert_eq!(completed(&done, line, "Done."), done);
        }
    }
}
