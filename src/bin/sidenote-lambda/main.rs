//! The program of the Lambda function. It passes events to the handler, posts the response first and does the remaining
//! work afterwards.

mod answer_first;
mod events;

use std::process::ExitCode;
use std::sync::Arc;

use lambda_runtime::{Error, Runtime};
use sidenote::config::Config;
use sidenote::handler::Handler;
use sidenote::logging;

use crate::answer_first::{AnswerFirst, Slot};

#[expect(clippy::disallowed_methods, reason = "a front door reads the environment")]
fn main() -> ExitCode {
    let config = match Config::read(&|name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(problems) => return refuse(&problems),
    };
    logging::start_for_function(&config.log_filter);
    let handler = match Handler::new(config.without_state_file()) {
        Ok(handler) => {
            handler.announce();
            Arc::new(handler)
        }
        Err(error) => return refuse(&error),
    };
    // One thread is enough: a Lambda environment handles one invocation at a time and has only a fraction of a vCPU.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(Error::from).and_then(|runtime| runtime.block_on(serve(handler))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&*error),
    }
}

async fn serve(handler: Arc<Handler>) -> Result<(), Error> {
    let slot = Slot::default();
    Runtime::new(events::service(handler, slot.clone())).layer(AnswerFirst::new(slot)).run().await
}

/// Prints a start-up error, which Lambda shows. No logger is used, because the logger's settings may be the problem.
#[expect(clippy::print_stderr, reason = "the last words of a process that cannot log")]
fn refuse(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}
