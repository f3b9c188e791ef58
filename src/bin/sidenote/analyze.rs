//! `sidenote analyze ISSUE`: fetches an issue from Sentry and handles it as if its webhook had arrived.

use sidenote::config::Config;
use sidenote::domain::evidence::Wanted;
use sidenote::domain::ids::IssueId;
use sidenote::domain::issue::Issue;
use sidenote::domain::occurrence::{IssueOccurrence, Occurrence};
use sidenote::domain::outcome::{DeliveryStatus, Step};
use sidenote::handler::outcome;
use sidenote::notifiers::Notification;

use crate::{End, local, output, preview};

/// The message of the error if Sentry's API does not return the issue.
const UNREAD: &str = "the issue cannot be read";

/// The command-line arguments of `sidenote analyze`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The issue's id or short id (`PROJECT-1A`)
    #[arg(value_parser = issue_id)]
    issue: IssueId,
    /// Print the note and the message without sending anything
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `sidenote analyze`. Returns `true` if the note was written and all messages were sent, or if `--dry-run` showed
/// them, and `false` if a step failed. Fails with [`End::Failed`] if the issue cannot be read, or if another process is
/// handling it, and with [`End::Usage`] if a setting is missing or the HTTP client cannot be built.
pub(crate) async fn run(arguments: Arguments, config: Config) -> Result<bool, End> {
    let id = arguments.issue.clone();
    let language = config.language;
    let handler = local::handler(config)?;
    if arguments.dry_run {
        let occurrence = Occurrence::Issue(Box::new(IssueOccurrence::asked(Issue::unknown(id), None)));
        let notification = handler.notification(occurrence, local::work_deadline(handler.config())).await;
        preview::show(&notification, language, arguments.json);
        return unread(&notification).map_or(Ok(true), Err);
    }
    let worked = handler.analyze(&id, local::work_deadline(handler.config())).await;
    let worked = worked.map_err(|why| End::of(why, UNREAD))?;
    let processed = worked.ok_or_else(|| anyhow::anyhow!("this issue is being handled now"))?;
    if arguments.json {
        output::say(&outcome(&processed).to_string());
    } else {
        output::say(&format!("{}: {}", arguments.issue, processed.status().name()));
        for (name, step) in &processed.steps {
            let why = step.failure().map(|why| format!(" ({why})")).unwrap_or_default();
            let id = if let Step::Done(Some(id)) = step { format!(" {id}") } else { String::new() };
            output::say(&format!("  {name}: {}{id}{why}", step.name()));
        }
    }
    Ok(processed.status() == DeliveryStatus::Completed)
}

/// Parses an issue id, which is a number, or a short id, which contains a dash. Any other text is rejected as a typing
/// error, without a request to Sentry.
fn issue_id(text: &str) -> Result<IssueId, String> {
    let id = IssueId::parse(text).map_err(|error| error.to_string())?;
    let is_id = text.contains('-') || text.bytes().all(|b| b.is_ascii_digit());
    if is_id { Ok(id) } else { Err("neither an issue's number nor a short id such as PROJECT-1A".to_owned()) }
}

/// Returns the error if the issue's details could not be read from Sentry.
fn unread(notification: &Notification) -> Option<End> {
    let Notification::Issue(report) = notification else { return None };
    let gap = report.evidence.gaps.iter().find(|gap| gap.what == Wanted::IssueDetails)?;
    Some(End::of(gap.why, UNREAD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_short_ids_are_issue_ids_and_other_words_are_not() {
        for id in ["4711", "SHOP-1A", "my-shop-2"] {
            assert_eq!(issue_id(id).map(|id| id.to_string()).as_deref(), Ok(id));
        }
        for word in ["abc", "", "../1", "4711x"] {
            assert!(issue_id(word).is_err(), "{word}");
        }
    }
}
