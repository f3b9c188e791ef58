//! The function under the stand-in for AWS Lambda, and the complete output of the function.

use super::{FUNCTION, World, event, event_with_body};
use crate::support::lambda_service::{Answer, LambdaService, Options, Outcome, Report};
use serde_json::Value;
use std::cell::RefCell;
use std::path::Path;

/// A running function, and its responses so far.
pub(crate) struct Function<'w> {
    world: &'w World,
    pub(crate) lambda: LambdaService,
    answers: RefCell<Vec<String>>,
}

impl<'w> Function<'w> {
    /// Starts the function with only the variables in `env`.
    pub(crate) async fn start(world: &'w World, env: &[(String, String)], options: Options) -> Self {
        let lambda = LambdaService::start(Path::new(FUNCTION), env, options).await;
        Self { world, lambda, answers: RefCell::default() }
    }

    /// Invokes the function and returns its response. The invocation may still run.
    pub(crate) async fn invoke(&self, event: Value) -> Answer {
        let answer = self.lambda.invoke(event).await;
        let answer =
            answer.unwrap_or_else(|error| panic!("no answer: {error:?}; log: {}", self.lambda.logs()));
        self.answers.borrow_mut().push(answer.payload.to_string());
        answer
    }

    /// Invokes the function and waits for the end of the invocation. Returns the response and the report.
    pub(crate) async fn run(&self, event: Value) -> (Answer, Report) {
        let answer = self.invoke(event).await;
        (answer, self.lambda.invocation_done().await)
    }

    /// Delivers a file of `events/`. Asserts that the response is a 202 and the invocation is completed.
    pub(crate) async fn deliver(&self, name: &str) -> Report {
        let (answer, report) = self.run(event(name)).await;
        assert_eq!(status(&answer), 202, "{name}: {}", answer.payload);
        assert_eq!(report.outcome, Outcome::Completed, "{name}: {}", self.lambda.logs());
        report
    }

    /// Delivers an event that causes no work. The function then fetches its secrets.
    pub(crate) async fn fetch_secrets(&self) {
        let (answer, _) = self.run(event_with_body("{}")).await;
        assert_eq!(status(&answer), 200, "{}", answer.payload);
    }

    /// The lines of the function's log. Panics if a line is not JSON.
    pub(crate) fn log(&self) -> Vec<Value> {
        let parse =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line:?}"));
        self.lambda.logs().lines().map(parse).collect()
    }

    /// The lines of the function's log whose message is `name`.
    pub(crate) fn logged(&self, name: &str) -> Vec<Value> {
        self.log().into_iter().filter(|line| line["message"] == name).collect()
    }

    /// The output of the function: its responses and its log.
    pub(crate) fn output(&self) -> Vec<String> {
        [self.answers.borrow().clone(), vec![self.lambda.logs()]].concat()
    }

    /// Asserts that there are no violations of the runtime's contract and no leaked secrets. Every test ends with this
    /// check.
    pub(crate) fn assert_clean(&self) {
        assert_eq!(self.lambda.violations(), Vec::<String>::new(), "Lambda");
        self.world.assert_clean(&self.output());
    }
}

/// Returns the HTTP status in the function's response.
pub(crate) fn status(answer: &Answer) -> u64 {
    assert!(!answer.function_error, "a function error: {}", answer.payload);
    answer.payload["statusCode"].as_u64().expect("a status")
}

/// Returns the JSON body in the function's response.
pub(crate) fn body(answer: &Answer) -> Value {
    assert_eq!(answer.payload["isBase64Encoded"], false, "{}", answer.payload);
    let text = answer.payload["body"].as_str().expect("a body");
    serde_json::from_str(text).expect("a body of JSON")
}
