//! `sidenote completions SHELL`: prints the completion script for a shell.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use crate::output;

/// The command-line arguments of `sidenote completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The shell; for bash: `source <(sidenote completions bash)`
    shell: Shell,
}

/// Prints the completion script. Always returns `true`: the task succeeded.
pub(crate) fn run(arguments: &Arguments) -> bool {
    let mut script = Vec::new();
    generate(arguments.shell, &mut crate::Arguments::command(), "sidenote", &mut script);
    output::say(String::from_utf8_lossy(&script).trim_end());
    true
}
