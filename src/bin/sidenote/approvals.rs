//! `sidenote approvals`, `approve ID` and `reject ID`: what people are asked, and a decision without the chat.

use serde_json::{Value, json};
use sidenote::clock::unix_millis;
use sidenote::config::Config;
use sidenote::domain::approval::{Approval, ApprovalState, Choice};
use sidenote::domain::ids::ApprovalId;
use sidenote::domain::timestamp::Timestamp;
use sidenote::handler::{Closing, LeftOpen};

use crate::{End, local, output};

/// What `approvals` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Those that are over, too
    #[arg(long)]
    all: bool,
    /// Close those that nobody decided in time, half an hour after they expired: the buttons go from their messages
    #[arg(long, conflicts_with = "all")]
    close_expired: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `approve` and `reject` take.
#[derive(Debug, clap::Args)]
pub(crate) struct Decision {
    /// The approval's id, as `sidenote approvals` names it
    id: String,
    /// Who decides, as the note will say
    #[arg(long = "as", value_name = "NAME")]
    by: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Lists approvals.
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
    // What a dead invocation left is open, too: the next decision sees to it.
    let is_open = |state: &ApprovalState| {
        state.is_open() || matches!(state, ApprovalState::Working { until_ms, .. } if *until_ms <= now_ms)
    };
    approvals.retain(|approval| arguments.all || is_open(approval.state_at(now_ms)));
    if approvals.is_empty() && !arguments.json {
        output::say("Nobody is asked to approve anything.");
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
            let mut told = json(approval, now_ms);
            told["left"] = json!(why.name());
            told
        });
        output::say(&closed.chain(left).collect::<Value>().to_string());
        return;
    }
    show(&closing.closed, false, now_ms);
    for (approval, why) in &closing.left {
        let why = match *why {
            LeftOpen::NoTime => "no time was left: run this again",
            LeftOpen::NotShown => "message or note could not be changed: run this again, or `reject` it",
        };
        output::say(&format!("{}, not closed, {why}", line(approval, now_ms)));
    }
}

/// Decides one.
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
        let mut told = json(&decided.approval, now_ms);
        told["counted"] = json!(decided.counted);
        output::say(&told.to_string());
    } else {
        if !decided.counted {
            output::say(
                "This did not count: it was decided before, has expired, or is being done right now.",
            );
        }
        output::say(&line(&decided.approval, now_ms));
    }
    Ok(decided.counted && matches!(decided.approval.state.name(), "done" | "rejected"))
}

/// Who is logged in here.
#[expect(clippy::disallowed_methods, reason = "a front door reads the environment")]
fn user() -> Option<String> {
    std::env::var("USER").ok().filter(|user| !user.is_empty())
}

/// Approvals that live in the memory of another process cannot be seen from here.
fn in_a_table(config: &Config) -> Result<(), End> {
    if config.is_durable() {
        return Ok(());
    }
    let why = "STATE_TABLE is not set, and there is no file of `sidenote serve` here (STATE_PATH): approvals live in the memory of the process that asked";
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
