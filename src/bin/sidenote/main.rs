//! The `sidenote` command: the local front door, and what people use beside it.

mod analyze;
mod approvals;
mod connected;
mod demo;
mod doctor;
mod input;
mod local;
mod output;
#[cfg(feature = "page")]
mod page;
#[cfg(not(feature = "page"))]
#[path = "no_page.rs"]
mod page;
mod preview;
mod replay;
mod self_sign;
mod serve;
mod sweep;
mod telegram;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sidenote::config::{Config, Problems};
use sidenote::domain::approval::Choice;
use sidenote::logging;

/// Sidenote reads a Sentry alert before you do: evidence, analysis, a note on the issue, a message in Telegram.
#[derive(Debug, Parser)]
#[command(name = "sidenote", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve webhooks over HTTP on this machine
    Serve(serve::Arguments),
    /// Show the note and the message for a payload; sends nothing
    Preview(preview::Arguments),
    /// Work on a payload as if Sentry had just sent it; sends
    Replay(replay::Arguments),
    /// Fetch an issue, analyse it, and tell
    Analyze(analyze::Arguments),
    /// Write the notes that no webhook asked for
    Sweep(sweep::Arguments),
    /// Check everything that a delivery needs, and say how to mend what is missing
    Doctor(doctor::Arguments),
    /// Connect the bot: webhook, chat, people, test message
    Telegram(telegram::Arguments),
    /// List what people are asked to approve
    Approvals(approvals::Arguments),
    /// Approve what was proposed, without Telegram
    Approve(approvals::Decision),
    /// Reject what was proposed, without Telegram
    Reject(approvals::Decision),
    /// Show the whole way against stand-ins for Sentry and Telegram; needs no account
    Demo(demo::Arguments),
}

/// Why a command ends without a result: by whose fault decides the exit code.
enum End {
    /// The work failed.
    Failed(anyhow::Error),
    /// Wrong usage or configuration.
    Usage(anyhow::Error),
}

impl From<anyhow::Error> for End {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(done) => ExitCode::from(u8::from(!done)),
        Err(End::Failed(error)) => output::complain(&error, 1),
        Err(End::Usage(error)) => output::complain(&error, 2),
    }
}

/// `Ok(false)` when the command ran, and what it was to do did not work.
fn run(command: Command) -> Result<bool, End> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| End::Failed(error.into()))?;
    if let Command::Demo(arguments) = command {
        return runtime.block_on(demo::run(arguments));
    }
    if let Command::Doctor(arguments) = command {
        // What is wrong with the settings is a finding, too.
        return runtime.block_on(doctor::run(arguments, read_config()));
    }
    let config = read_config().map_err(|problems| End::Usage(problems.into()))?;
    logging::start(&config.log_filter, logging::To::Stderr);
    runtime.block_on(async {
        match command {
            Command::Serve(arguments) => serve::run(arguments, config).await,
            Command::Preview(arguments) => preview::run(arguments, config).await,
            Command::Replay(arguments) => replay::run(arguments, config).await,
            Command::Analyze(arguments) => analyze::run(arguments, config).await,
            Command::Sweep(arguments) => Box::pin(sweep::run(arguments, config)).await,
            Command::Telegram(arguments) => telegram::run(arguments, config).await,
            Command::Approvals(arguments) => approvals::list(arguments, config).await,
            Command::Approve(decision) => approvals::decide(decision, Choice::Approve, config).await,
            Command::Reject(decision) => approvals::decide(decision, Choice::Reject, config).await,
            Command::Demo(_) | Command::Doctor(_) => Ok(true),
        }
    })
}

#[expect(clippy::disallowed_methods, reason = "a front door reads the environment")]
fn read_config() -> Result<Config, Problems> {
    Config::read(&|name| std::env::var(name).ok())
}
