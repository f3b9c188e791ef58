//! `sidenote analyze ISSUE`: fetches an issue, then does what a webhook would have done.

use sidenote::config::Config;
use sidenote::domain::ids::IssueId;
use sidenote::domain::issue::Issue;
use sidenote::domain::occurrence::{IssueOccurrence, Occurrence};
use sidenote::domain::outcome::Step;
use sidenote::handler::outcome;

use crate::{End, local, output, preview};

/// What `analyze` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The issue's id, or its short id (`PROJECT-1A`)
    issue: String,
    /// Print note and message, send nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments, config: Config) -> Result<bool, End> {
    let id = IssueId::parse(&arguments.issue)
        .map_err(|error| End::Usage(anyhow::anyhow!("{:?}: {error}", arguments.issue)))?;
    let language = config.language;
    let handler = local::handler(config)?;
    if arguments.dry_run {
        let occurrence = Occurrence::Issue(Box::new(IssueOccurrence::asked(Issue::unknown(id), None)));
        preview::show(&handler.notification(occurrence, local::deadline()).await, language, arguments.json);
        return Ok(true);
    }
    let asked = IssueOccurrence::asked(Issue::unknown(id), None);
    let worked = handler.again(Occurrence::Issue(Box::new(asked)), None, local::deadline()).await;
    let processed = worked.ok_or_else(|| anyhow::anyhow!("somebody is working on this issue right now"))?;
    if arguments.json {
        output::say(&outcome(&processed).to_string());
    } else {
        output::say(&format!("{}: {}", arguments.issue, processed.status()));
        for (name, step) in &processed.steps {
            let why = step.failure().map(|why| format!(" ({why})")).unwrap_or_default();
            let id = if let Step::Done(Some(id)) = step { format!(" {id}") } else { String::new() };
            output::say(&format!("  {name}: {}{id}{why}", step.name()));
        }
    }
    Ok(processed.status() == "completed")
}
