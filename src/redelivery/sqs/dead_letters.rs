//! The dead letters of SQS. They are in the dead-letter queue that the redrive policy of the queue names.
//!
//! SQS lists no messages. A command therefore receives all of them, which hides them for a minute. Then it ends this
//! time early for the messages that stay in the queue.

use std::collections::HashSet;

use async_trait::async_trait;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, Message, QueueAttributeName};
use serde_json::Value;

use super::Sqs;
use crate::aws::reason;
use crate::domain::queued_delivery::QueuedDelivery;
use crate::redelivery::{DeadLetter, DeadLetters, RedeliveryError};

/// The time for which a received message is hidden from other receivers, in seconds. If the command ends early, the
/// messages come back after this time.
const HIDDEN_SECONDS: i32 = 60;
/// The time for which SQS waits for messages, in seconds. Without a wait, SQS may overlook messages.
const WAIT_SECONDS: i32 = 1;
/// The largest number of messages that SQS returns at once.
const AT_ONCE: i32 = 10;
/// The largest number of messages that SQS makes visible again with one call.
const RELEASED_AT_ONCE: usize = 10;

#[async_trait]
impl DeadLetters for Sqs {
    async fn dead_letters(&self) -> Result<Vec<DeadLetter>, RedeliveryError> {
        let dead = self.dead_letter_queue().await?;
        let messages = self.receive_all(&dead).await?;
        self.release(&dead, &messages).await;
        let mut letters: Vec<DeadLetter> = messages.into_iter().map(letter).collect();
        letters.sort_by_key(|letter| letter.at_ms);
        Ok(letters)
    }

    async fn redrive(&self) -> Result<usize, RedeliveryError> {
        let dead = self.dead_letter_queue().await?;
        let messages = self.receive_all(&dead).await?;
        for message in &messages {
            // A command that ends between the two calls leaves a copy. The work on the copy finds that it is complete.
            let sending = self.client().await.send_message().queue_url(&self.url);
            let sent = sending.set_message_body(message.body.clone()).send().await;
            sent.map_err(|error| self.unavailable(reason(&error)))?;
            self.delete(&dead, message).await?;
        }
        Ok(messages.len())
    }

    async fn drop_letter(&self, id: &str) -> Result<bool, RedeliveryError> {
        let dead = self.dead_letter_queue().await?;
        let (dropped, others): (Vec<Message>, Vec<Message>) =
            self.receive_all(&dead).await?.into_iter().partition(|message| message.message_id() == Some(id));
        for message in &dropped {
            self.delete(&dead, message).await?;
        }
        self.release(&dead, &others).await;
        Ok(!dropped.is_empty())
    }
}

impl Sqs {
    /// Returns the URL of the dead-letter queue. SQS requires this queue in the same account and region, so only the
    /// name differs.
    async fn dead_letter_queue(&self) -> Result<String, RedeliveryError> {
        let request = self.client().await.get_queue_attributes().queue_url(&self.url);
        let read = request.attribute_names(QueueAttributeName::RedrivePolicy).send().await;
        let read = read.map_err(|error| self.unavailable(reason(&error)))?;
        let policy = read.attributes().and_then(|all| all.get(&QueueAttributeName::RedrivePolicy));
        policy
            .and_then(|policy| with_name_of(&self.url, policy))
            .ok_or_else(|| self.unavailable("the queue has no dead-letter queue".to_owned()))
    }

    async fn receive_all(&self, queue: &str) -> Result<Vec<Message>, RedeliveryError> {
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        loop {
            let request = self.client().await.receive_message().queue_url(queue);
            let request = request.visibility_timeout(HIDDEN_SECONDS).wait_time_seconds(WAIT_SECONDS);
            let received = request.max_number_of_messages(AT_ONCE).send().await;
            let received = received.map_err(|error| self.unavailable(reason(&error)))?;
            let before = all.len();
            all.extend(
                received
                    .messages
                    .unwrap_or_default()
                    .into_iter()
                    .filter(|it| seen.insert(it.message_id.clone())),
            );
            if all.len() == before {
                return Ok(all);
            }
        }
    }

    /// Makes received messages visible again. A failure is only logged: such a message comes back by itself, or came back
    /// already, because more than [`HIDDEN_SECONDS`] have passed since it was received.
    async fn release(&self, queue: &str, messages: &[Message]) {
        for messages in messages.chunks(RELEASED_AT_ONCE) {
            let entries = messages.iter().zip(0..).filter_map(|(message, id)| entry(message, id)).collect();
            let request = self.client().await.change_message_visibility_batch().queue_url(queue);
            match request.set_entries(Some(entries)).send().await {
                Ok(released) if released.failed().is_empty() => {}
                Ok(released) => not_released(released.failed().len(), "the receipt is too old"),
                Err(error) => not_released(messages.len(), &reason(&error)),
            }
        }
    }

    async fn delete(&self, queue: &str, message: &Message) -> Result<(), RedeliveryError> {
        let request = self.client().await.delete_message().queue_url(queue);
        let deleted = request.set_receipt_handle(message.receipt_handle.clone()).send().await;
        deleted.map(drop).map_err(|error| self.unavailable(reason(&error)))
    }
}

/// The entry of a batch that makes a message visible again. `None` without a receipt, which SQS always gives.
fn entry(message: &Message, id: u32) -> Option<ChangeMessageVisibilityBatchRequestEntry> {
    let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(id.to_string()).visibility_timeout(0);
    entry.set_receipt_handle(message.receipt_handle.clone()).build().ok()
}

fn not_released(messages: usize, why: &str) {
    tracing::warn!(messages, why, "dead_letters_hidden: they are visible again after a minute");
}

/// Returns the queue's URL `url` with the name of the dead-letter queue in the redrive policy `policy`.
fn with_name_of(url: &str, policy: &str) -> Option<String> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let (_, name) = policy.get("deadLetterTargetArn")?.as_str()?.rsplit_once(':')?;
    let (base, _) = url.rsplit_once('/')?;
    Some(format!("{base}/{name}"))
}

fn letter(message: Message) -> DeadLetter {
    let body = message.body.unwrap_or_default();
    DeadLetter {
        id: message.message_id.unwrap_or_default(),
        at_ms: QueuedDelivery::unpack(&body).map_or(0, |queued| queued.received_ms),
        reason: "see `redelivery_kept` in the function's log".to_owned(),
        message: body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dead_letter_queue_is_beside_the_queue() {
        let of = |policy| with_name_of("https://sqs.us-east-1.amazonaws.com/123/main", policy);
        let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123:dead","maxReceiveCount":3}"#;
        assert_eq!(of(policy).as_deref(), Some("https://sqs.us-east-1.amazonaws.com/123/dead"));
        assert_eq!((of("{}"), of("no JSON")), (None, None));
    }
}
