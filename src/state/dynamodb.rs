//! Documents in `DynamoDB`: one item per key in an on-demand table.
//!
//! | attribute | type | content |
//! |---|---|---|
//! | `pk` | S | the key: `issue#<base URL>#<issue id>`, `metric#<digest of the body>`, `approval#<id>`, `model-calls#<day>`, `model-answer#<hash of the question>`, `webhooks#watch`, `telegram-updates`, `doctor#check` |
//! | `version` | N | the version, incremented by every write; a writer names the one that it has read |
//! | `record` | S | the document as JSON, for example an [`IncidentRecord`](crate::domain::incident::IncidentRecord) or an [`Approval`](crate::domain::approval::Approval) |
//! | `ttl` | N | the time in seconds since 1970 after which `DynamoDB` may delete it |

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use tokio::sync::{OnceCell, Semaphore};

use super::{Put, StateError, Store, Stored};
use crate::aws::{Aws, reason};

/// One process reads and writes at most this many documents at the same time. Further reads and writes wait for their
/// turn, because too many calls at once would time out as if the table were unavailable. Lists of documents do not
/// count.
const AT_ONCE: usize = 8;

/// A client for the documents in one `DynamoDB` table.
pub(super) struct DynamoDb {
    table: String,
    aws: Aws,
    client: OnceCell<Client>,
    turns: Semaphore,
}

impl DynamoDb {
    pub(super) fn new(table: &str, aws: &Aws) -> Self {
        Self {
            table: table.to_owned(),
            aws: aws.clone(),
            client: OnceCell::new(),
            turns: Semaphore::new(AT_ONCE),
        }
    }

    async fn client(&self) -> &Client {
        self.client.get_or_init(|| async { Client::new(self.aws.config().await) }).await
    }

    fn unavailable(&self, why: String) -> StateError {
        StateError::Unavailable { place: format!("STATE_TABLE {}", self.table), why }
    }

    fn read(&self, item: &HashMap<String, AttributeValue>) -> Result<Stored, StateError> {
        let number = |name: &str| item.get(name).and_then(|value| value.as_n().ok()?.parse().ok());
        let json = item.get("record").and_then(|value| value.as_s().ok()).cloned();
        match (json, number("version"), number("ttl")) {
            (Some(json), Some(version), Some(expires)) => Ok(Stored { json, version, expires }),
            _ => Err(self.unavailable("an item that is not ours".to_owned())),
        }
    }
}

fn item(key: &str, next: &Stored) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(key.to_owned())),
        ("version".to_owned(), AttributeValue::N(next.version.to_string())),
        ("record".to_owned(), AttributeValue::S(next.json.clone())),
        ("ttl".to_owned(), AttributeValue::N(next.expires.to_string())),
    ])
}

#[async_trait]
impl Store for DynamoDb {
    async fn get(&self, key: &str) -> Result<Option<Stored>, StateError> {
        let _turn = self.turns.acquire().await;
        let request = self.client().await.get_item().table_name(&self.table).consistent_read(true);
        let answer = request.key("pk", AttributeValue::S(key.to_owned())).send().await;
        let found = answer.map_err(|error| self.unavailable(reason(&error)))?;
        found.item().map(|item| self.read(item)).transpose()
    }

    async fn put(&self, key: &str, next: &Stored, expected: Option<u64>) -> Result<Put, StateError> {
        let _turn = self.turns.acquire().await;
        let request = self
            .client()
            .await
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(key, next)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let request = match expected {
            None => request.condition_expression("attribute_not_exists(pk)"),
            Some(version) => request
                .condition_expression("#version = :expected")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":expected", AttributeValue::N(version.to_string())),
        };
        match request.send().await {
            Ok(_) => Ok(Put::Stored),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(lost)) => {
                    Ok(Put::Conflict(lost.item().map(|item| self.read(item)).transpose()?))
                }
                _ => Err(self.unavailable(reason(&error))),
            },
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, Stored)>, StateError> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let request = self.client().await.scan().table_name(&self.table).consistent_read(true);
            // DynamoDB rejects an empty prefix.
            let request = if prefix.is_empty() {
                request
            } else {
                request
                    .filter_expression("begins_with(pk, :prefix)")
                    .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
            };
            let page = request.set_exclusive_start_key(after).send().await;
            let page = page.map_err(|error| self.unavailable(reason(&error)))?;
            for item in page.items() {
                let key = item.get("pk").and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
                found.push((key, self.read(item)?));
            }
            after = page.last_evaluated_key().cloned();
            if after.is_none() {
                return Ok(found);
            }
        }
    }
}
