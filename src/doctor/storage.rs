//! Checks the storage that outlives a process: the state (a DynamoDB table or an SQLite file) and the redelivery
//! queue.

use std::path::Path;

use serde_json::{Value, json};

use super::Visit;
use super::finding::CheckResult;
use super::reach::concise;
use crate::aws::Aws;
use crate::clock::unix_seconds;
use crate::redelivery::{self, Standing};
use crate::sqlite;
use crate::state::{self, Decision, Documents, StateError};

const TABLE: &str = "state.table";
const FILE: &str = "state.file";
const QUEUE: &str = "redelivery.queue";

/// The key of the test item in the state, which no issue can have. Each run overwrites the item, and the item expires
/// an hour after the last run.
const KEY: &str = "doctor#check";
const KEPT_SECONDS: u64 = 3600;
/// The doctor warns if the queue's visibility timeout is shorter than this, in seconds. The value is the function's
/// timeout in `template.yaml`. AWS advises six times that timeout.
const SHORTEST_HIDING_SECONDS: u64 = 60;

/// Checks the state: reads and writes a test item, with the same two DynamoDB calls that the handling of a webhook
/// makes. The SQLite file is checked instead if one is configured.
pub(super) async fn table(visit: &Visit<'_>, aws: &Aws) -> CheckResult {
    if let Some(path) = visit.config.state_file() {
        return file(path, aws).await;
    }
    let Some(table) = visit.config.state_table.as_deref() else {
        return CheckResult::skipped(
            TABLE,
            "neither STATE_TABLE nor STATE_PATH is set: the state is in memory, and lost at a restart",
        );
    };
    match written(&state::open(Some(table), None, aws)).await {
        Ok(()) => CheckResult::ok(TABLE, format!("{table} can be read, and written with a condition")),
        Err(error) => {
            let (evidence, what) = (concise(&error.to_string()), "dynamodb:GetItem and dynamodb:PutItem");
            CheckResult::failed(
                TABLE,
                &*evidence,
                cure(&evidence, "STATE_TABLE", "the output StateTable", what),
            )
        }
    }
}

/// Checks the state in an SQLite file: reads and writes a test item. `sidenote serve` may use the file at the same
/// time.
async fn file(path: &Path, aws: &Aws) -> CheckResult {
    let documents = state::open(None, sqlite::database(Some(path)).as_ref(), aws);
    match written(&documents).await {
        Ok(()) => CheckResult::ok(FILE, format!("{} was read and written", path.display())),
        Err(error) => CheckResult::failed(
            FILE,
            concise(&error.to_string()),
            "set STATE_PATH to a file that this user can write",
        ),
    }
}

async fn written(documents: &Documents) -> Result<(), StateError> {
    let expires = unix_seconds() + KEPT_SECONDS;
    let check = |_: Option<&Value>| Decision::Write { next: json!({}), expires, result: () };
    documents.change(KEY, check).await.map(drop)
}

/// Checks the redelivery queue: reads its settings and, for SQS, sends an empty batch of messages. SQS rejects the
/// empty batch either for being empty, which shows that sending is permitted, or for lack of permission.
pub(super) async fn queue(visit: &Visit<'_>, aws: &Aws) -> CheckResult {
    let file = sqlite::database(visit.config.state_file());
    let Some(queue) = redelivery::queue(visit.config.redelivery_queue.as_deref(), file.as_ref(), aws) else {
        return CheckResult::skipped(
            QUEUE,
            "REDELIVERY_QUEUE_URL is not set: correct for `sidenote serve`, but a function would lose the deliveries of failed invocations",
        );
    };
    match queue.look().await {
        Ok(standing) => judged(&standing),
        Err(error) => {
            let (evidence, what) =
                (concise(&error.to_string()), "sqs:SendMessage and sqs:GetQueueAttributes");
            let output = "the output RedeliveryQueueUrl";
            CheckResult::failed(QUEUE, &*evidence, cure(&evidence, "REDELIVERY_QUEUE_URL", output, what))
        }
    }
}

fn judged(standing: &Standing) -> CheckResult {
    let Standing { waiting, delayed, hidden_seconds, has_dead_letters } = standing;
    let evidence =
        format!("it can be read and sent to; {waiting} messages are waiting, {delayed} are delayed");
    if !has_dead_letters {
        let remedy = "give the queue a redrive policy, as template.yaml does: a message that always fails is otherwise redelivered for ever";
        return CheckResult::warning(QUEUE, format!("{evidence}; it has no dead-letter queue"), remedy);
    }
    if *hidden_seconds < SHORTEST_HIDING_SECONDS {
        let remedy =
            "set the queue's visibility timeout to six times the function's, as template.yaml does (360 s)";
        return CheckResult::warning(
            QUEUE,
            format!("{evidence}; its visibility timeout is only {hidden_seconds} s"),
            remedy,
        );
    }
    CheckResult::ok(QUEUE, evidence)
}

fn cure(evidence: &str, variable: &str, output: &str, rights: &str) -> String {
    let says = |codes: &[&str]| codes.iter().any(|code| evidence.contains(code));
    if says(&["NotFound", "NonExistent", "DoesNotExist"]) {
        return format!(
            "set {variable} to {output} of the stack; check that AWS_REGION is the stack's region"
        );
    }
    if says(&["AccessDenied"]) {
        return format!("allow {rights} on it for the caller of this command");
    }
    "check AWS_REGION, the AWS credentials (aws sts get-caller-identity) and the connection to AWS".to_owned()
}
