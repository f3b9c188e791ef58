//! What a person or a script reads: results on standard output, complaints on standard error.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the command line's own output")]

use std::process::ExitCode;

/// Prints a result.
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// Prints what is wrong, with its causes, and gives the exit code.
pub(crate) fn complain(error: &anyhow::Error, code: u8) -> ExitCode {
    eprintln!("sidenote: {error:#}");
    ExitCode::from(code)
}

/// A title with a line under it.
pub(crate) fn title(text: &str) {
    println!("\n{text}\n{}", "─".repeat(text.chars().count()));
}
