//! The `sidenote` command: the local server `sidenote serve` and the command-line tools.

mod analyze;
mod approvals;
mod bodies;
mod completions;
mod connected;
mod connections;
mod dead_letters;
mod demo;
mod doctor;
mod input;
mod local;
mod output;
mod page;
mod people;
mod poller;
mod preview;
mod prometheus;
mod replay;
mod self_sign;
mod serve;
mod slack;
mod state;
mod storage;
mod sweep;
mod telegram;
mod turns;
mod version;
mod webhook_url;
mod worker;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use sidenote::aws::Aws;
use sidenote::config::{Config, Problems, SecretsConfig};
use sidenote::domain::approval::Choice;
use sidenote::domain::outcome::Failure;
use sidenote::logging;
use sidenote::secrets::SecretStore;

const AFTER_HELP: &str = concat!(
    "Exit codes:
  0  done
  1  the work failed, or only a part of it was done
  2  wrong usage, a file that cannot be read, or a setting that is wrong or missing

Settings are environment variables:
  ",
    env!("CARGO_PKG_REPOSITORY"),
    "/blob/main/docs/settings.md
Every command:
  ",
    env!("CARGO_PKG_REPOSITORY"),
    "/blob/main/docs/commands.md"
);

/// Reads a Sentry alert before you do: evidence, analysis, a note on the issue, a message in Telegram or Slack
#[derive(Debug, Parser)]
#[command(name = "sidenote", version = version::text())]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Configured(Configured),
    /// Check everything that a delivery needs, and say how to repair it
    Doctor(doctor::Arguments),
    /// Show the whole process with stand-ins for Sentry and Telegram; needs no account
    Demo(demo::Arguments),
    /// Print a shell's completion script
    Completions(completions::Arguments),
}

/// The subcommands that need the settings of the environment.
#[derive(Debug, Subcommand)]
enum Configured {
    /// Serve webhooks over HTTP on this machine
    Serve(serve::Arguments),
    /// Show the note and the message for a payload without sending anything
    Preview(preview::Arguments),
    #[command(flatten)]
    Stateful(Stateful),
    /// Export the records, or import them into another store
    State(state::Arguments),
    /// Connect the bot: webhook, chat, people, test message
    Telegram(telegram::Arguments),
    /// Connect the Slack app: manifest, scopes, channel, test message
    Slack(slack::Arguments),
}

/// The subcommands that work on the stored state of `sidenote serve`.
#[derive(Debug, Subcommand)]
enum Stateful {
    /// Handle a payload as if Sentry had just sent it; writes the note and sends the message
    Replay(replay::Arguments),
    /// Fetch an issue, analyse it, write the note and send the message
    Analyze(analyze::Arguments),
    /// Write the notes that are missing on recent issues
    Sweep(sweep::Arguments),
    /// List people of the chats and users of Sentry, and suggest pairs for `PEOPLE`
    People(people::Arguments),
    /// List the approvals
    Approvals(approvals::Arguments),
    /// Approve an action or a note without Telegram
    Approve(approvals::Decision),
    /// Reject an action or a note without Telegram
    Reject(approvals::Decision),
    /// List the deliveries whose attempts all failed; put them back, or delete one
    DeadLetters(dead_letters::Arguments),
}

/// The reason why a command ends without a result. It determines the exit code.
enum End {
    /// The work failed. The exit code is 1.
    Failed(anyhow::Error),
    /// The usage or the configuration is wrong. The exit code is 2.
    Usage(anyhow::Error),
}

impl End {
    /// Returns the end of a command whose work `what` failed with `why`. A missing setting counts as wrong usage.
    fn of(why: Failure, what: &'static str) -> Self {
        let is_setting = matches!(why, Failure::NotConfigured(_));
        let error = anyhow::Error::new(why).context(what);
        if is_setting { Self::Usage(error) } else { Self::Failed(error) }
    }

    /// Prints the error and returns the exit code.
    fn complain(&self) -> ExitCode {
        let (error, code) = match self {
            Self::Failed(error) => (error, 1),
            Self::Usage(error) => (error, 2),
        };
        output::complain(error);
        ExitCode::from(code)
    }
}

impl From<anyhow::Error> for End {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// Adds the exit codes and the places of the documentation to the help of a command and all its subcommands.
fn with_hints(command: clap::Command) -> clap::Command {
    command.after_help(AFTER_HELP).mut_subcommands(with_hints)
}

fn main() -> ExitCode {
    let matches = with_hints(Arguments::command()).get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match run(arguments.command) {
        Ok(done) => output::exit_code(done),
        Err(end) => end.complain(),
    }
}

/// Runs a command. Returns `true` if the task of the command succeeded, and `false` if the command ran but its task
/// failed (exit code 1). The error says why the command ended without a result.
fn run(command: Command) -> Result<bool, End> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| End::Failed(error.into()))?;
    match command {
        Command::Completions(arguments) => Ok(completions::run(&arguments)),
        Command::Demo(arguments) => runtime.block_on(demo::run(arguments)),
        // The doctor reports invalid settings as a result.
        Command::Doctor(arguments) => runtime.block_on(doctor::run(arguments, read_config())),
        Command::Configured(command) => runtime.block_on(configured(command)),
    }
}

/// Runs a command that needs valid settings, and readable secrets if they come from a file. Returns `true` if the task
/// of the command succeeded. Fails with [`End::Usage`] if a setting is invalid.
async fn configured(command: Configured) -> Result<bool, End> {
    let config = read_config().map_err(|problems| End::Usage(problems.into()))?;
    logging::start_for_command(&config.log_filter);
    secrets_are_readable(&config).await?;
    match command {
        Configured::Serve(arguments) => serve::run(arguments, config).await,
        Configured::Preview(arguments) => preview::run(arguments, config).await,
        Configured::State(arguments) => state::run(arguments, config).await,
        Configured::Telegram(arguments) => telegram::run(arguments, config).await,
        Configured::Slack(arguments) => slack::run(arguments, config).await,
        Configured::Stateful(command) => stateful(command, storage::for_command(config).await?).await,
    }
}

/// Runs a command that works on the stored state of `sidenote serve`, even while `serve` is running. Returns `true` if
/// the task of the command succeeded.
async fn stateful(command: Stateful, config: Config) -> Result<bool, End> {
    match command {
        Stateful::Replay(arguments) => replay::run(arguments, config).await,
        Stateful::Analyze(arguments) => analyze::run(arguments, config).await,
        Stateful::Sweep(arguments) => Box::pin(sweep::run(arguments, config)).await,
        Stateful::People(arguments) => people::run(arguments, config).await,
        Stateful::Approvals(arguments) => approvals::list(arguments, config).await,
        Stateful::Approve(decision) => approvals::decide(decision, Choice::Approve, config).await,
        Stateful::Reject(decision) => approvals::decide(decision, Choice::Reject, config).await,
        Stateful::DeadLetters(arguments) => dead_letters::run(arguments, config).await,
    }
}

/// Checks that the file of secrets can be read, if the settings name one.
async fn secrets_are_readable(config: &Config) -> Result<(), End> {
    if matches!(config.secrets, SecretsConfig::File(_)) {
        let store = SecretStore::new(&config.secrets, &Aws::default());
        store.get().await.map_err(|error| End::Usage(error.into()))?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a front door reads the environment")]
fn read_config() -> Result<Config, Problems> {
    Config::read(&|name| std::env::var(name).ok())
}
