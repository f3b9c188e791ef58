//! The output of commands: results go to standard output, errors to standard error.
//!
//! A closed pipe (`sidenote … | head`) is not an error: the remaining output is dropped, and the work is completed.

use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a result could not be written although its reader had not closed the pipe.
static LOST: AtomicBool = AtomicBool::new(false);

/// Prints a result to standard output.
pub(crate) fn say(text: &str) {
    if let Err(error) = write_line(io::stdout(), text) {
        LOST.store(true, Ordering::Relaxed);
        complain(&anyhow::Error::new(error).context("standard output"));
    }
}

/// Prints an error with its causes to standard error.
pub(crate) fn complain(error: &anyhow::Error) {
    // A failure to write to standard error cannot be reported anywhere.
    let _ = write_line(io::stderr(), &format!("sidenote: {error:#}"));
}

/// Prints an underlined title, in bold on a terminal.
pub(crate) fn title(text: &str) {
    let line = "─".repeat(text.chars().count());
    let (bold, plain) = if has_colours() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    say(&format!("\n{bold}{text}{plain}\n{line}"));
}

/// Returns the exit code of a command that ran: 0 only if its task succeeded (`done`) and all results were written.
pub(crate) fn exit_code(done: bool) -> ExitCode {
    ExitCode::from(u8::from(!done || LOST.load(Ordering::Relaxed)))
}

fn write_line(mut to: impl Write, text: &str) -> io::Result<()> {
    match writeln!(to, "{text}").and_then(|()| to.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

#[expect(clippy::disallowed_methods, reason = "a front door reads the environment")]
fn has_colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_failure_but_a_full_disk_is() {
        assert!(write_line(Failing(ErrorKind::BrokenPipe), "x").is_ok());
        assert_eq!(
            write_line(Failing(ErrorKind::StorageFull), "x").map_err(|e| e.kind()),
            Err(ErrorKind::StorageFull)
        );
        let mut written = Vec::new();
        assert!(write_line(&mut written, "x").is_ok());
        assert_eq!(written, b"x\n");
    }
}
