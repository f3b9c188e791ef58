//! `sidenote approvals`, `sidenote approve ID` and `sidenote reject ID`: the commands list approvals and decide them
//! without a chat.

use serde_json::{Value, json};
use sidenote::clock::unix_millis;
use sidenote::config::Config;
use sidenote::domain::approval::{Approval, ApprovalState, Choice};
use sidenote::domain::ids::ApprovalId;
use sidenote::domain::timestamp::Timestamp;
use sidenote::handler::{Closing, LeftOpen};

use crate::{End, local, output};

/// The command-line arguments of `sidenote approvals`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Include approvals that are closed
    #[arg(long)]
    all: bool,
    /// Close approvals that expired half an hour ago or earlier, and remove their buttons
    #[arg(long, conflicts_with = "all")]
    close_expired: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The command-line arguments of `sidenote approve` and `sidenote reject`.
#[derive(Debug, clap::Args)]
pub(crate) struct Decision {
    /// The approval's id, as shown by `sidenote approvals`
    id: String,
    /// The name of the person who decides, for the note [default: the current user]
    #[arg(long = "as", value_name = "NAME")]
    by: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `sidenote approvals`: prints the list of approvals, or closes the expired ones. Returns `true`, or `false` if
/// some expired approvals could not be closed. Fails with [`End::Usage`] without a state table or state file, or if the
/// HTTP client cannot be built, and with [`End::Failed`] if the state store cannot be read or written.
pub(crate) async fn list(arguments: Arguments, config: Config) -> Result<bool, End> {
    in_a_table(&config)?;
    let handler = local::handler(config)?;
    let now_ms = unix_millis();
    if arguments.close_expired {
        let closing = handler.close_expired(local::deadline()).await;
        let closing = closing.map_err(|error| End::Failed(error.into()))?;
        show_closing(&closing, arguments.json, now_ms);
        return Ok(closing.left.is_empty());
    }
    let mut approvals = handler.approvals().await.map_err(|error| End::Failed(error.into()))?;
    // An approval whose work failed half-way counts as open, because the next decision completes the work.
    let is_open = |state: &ApprovalState| {
        state.is_open() || matches!(state, ApprovalState::Working { until_ms, .. } if *until_ms <= now_ms)
    };
    approvals.retain(|approval| arguments.all || is_open(approval.state_at(now_ms)));
    if approvals.is_empty() && !arguments.json {
        output::say("There are no open approvals.");
    }
    show(&approvals, arguments.json, now_ms);
    Ok(true)
}

fn show(approvals: &[Approval], as_json: bool, now_ms: u64) {
    if as_json {
        let all: Vec<Value> = approvals.iter().map(|approval| json(approval, now_ms)).collect();
        output::say(&Value::from(all).to_string());
    } else {
        for approval in approvals {
            output::say(&line(approval, now_ms));
        }
    }
}

fn show_closing(closing: &Closing, as_json: bool, now_ms: u64) {
    if as_json {
        let closed = closing.closed.iter().map(|approval| json(approval, now_ms));
        let left = closing.left.iter().map(|(approval, why)| {
            let mut result = json(approval, now_ms);
            result["left"] = json!(why.name());
            result
        });
        output::say(&closed.chain(left).collect::<Value>().to_string());
        return;
    }
    show(&closing.closed, false, now_ms);
    for (approval, why) in &closing.left {
        let why = match *why {
            LeftOpen::NoTime => "the time was up: run this again",
            LeftOpen::NotShown => "message or note could not be changed: run this again, or `reject` it",
        };
        output::say(&format!("{}, not closed, {why}", line(approval, now_ms)));
    }
}

/// Runs `sidenote approve` or `sidenote reject`. `choice` is the decision. Returns `true` if the decision was counted
/// and executed. Returns `false` if it had no effect or its execution failed. Fails with [`End::Usage`] for an invalid
/// id, without a state table or state file, or if the HTTP client cannot be built, and with [`End::Failed`] if there is
/// no such approval or the state store cannot be read or written.
pub(crate) async fn decide(decision: Decision, choice: Choice, config: Config) -> Result<bool, End> {
    in_a_table(&config)?;
    let id = ApprovalId::parse(&decision.id)
        .map_err(|error| End::Usage(anyhow::anyhow!("{:?}: {error}", decision.id)))?;
    let handler = local::handler(config)?;
    let by = decision.by.or_else(user).unwrap_or_else(|| "the command line".to_owned());
    let decided = handler.decide_by_command(&id, choice, &by, local::deadline()).await;
    let decided = decided.map_err(|error| End::Failed(error.into()))?;
    let decided = decided.ok_or_else(|| End::Failed(anyhow::anyhow!("there is no approval {id}")))?;
    let now_ms = unix_millis();
    if decision.json {
        let mut result = json(&decided.approval, now_ms);
        result["counted"] = json!(decided.counted);
        output::say(&result.to_string());
    } else {
        if !decided.counted {
            output::say(
                "This decision has no effect: the approval was already decided, has expired, or is being carried out.",
            );
        }
        output::say(&line(&decided.approval, now_ms));
    }
    Ok(decided.counted && matches!(decided.approval.state.name(), "done" | "rejected"))
}

/// Returns the name of the current user from the variable `USER`. Returns `None` if the variable is unset or empty.
#[expect(clippy::disallowed_methods, reason = "a front door reads the environment")]
fn user() -> Option<String> {
    std::env::var("USER").ok().filter(|user| !user.is_empty())
}

/// Fails with [`End::Usage`] if the settings name neither a state table nor a state file: the approvals are then in the
/// memory of another process and cannot be read.
fn in_a_table(config: &Config) -> Result<(), End> {
    if config.is_durable() {
        return Ok(());
    }
    let why = "STATE_TABLE is not set, and there is no file of `sidenote serve` here (STATE_PATH): approvals are in the memory of the process that created them";
    Err(End::Usage(anyhow::anyhow!(why)))
}

fn moment(ms: u64) -> String {
    let at = i64::try_from(ms / 1000).ok().and_then(Timestamp::from_unix);
    at.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string())
}

fn line(approval: &Approval, now_ms: u64) -> String {
    let state = approval.state_at(now_ms);
    let (id, ask, issue) = (&approval.id, approval.subject.name(), &approval.issue);
    let by = state.by().map(|by| format!(" by {}, {}", by.name, moment(by.at_ms))).unwrap_or_default();
    let until =
        if state.is_open() { format!(", until {}", moment(approval.expires_ms)) } else { String::new() };
    format!("{id}  issue {issue}  {ask}  {}{by}{until}", state.name())
}

fn json(approval: &Approval, now_ms: u64) -> Value {
    let state = approval.state_at(now_ms);
    json!({
        "id": approval.id.as_str(), "issue_id": approval.issue.as_str(), "asks": approval.subject.name(), "state": state.name(),
        "by": state.by().map(|by| &by.name), "created": moment(approval.created_ms),
        "expires": moment(approval.expires_ms), "digest": approval.digest,
    })
}
