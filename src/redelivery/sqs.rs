//! The queue in SQS. Its messages are delayed until the invocation has ended, and then invoke the same function.

#[cfg(feature = "cli")]
mod dead_letters;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchError;
use aws_sdk_sqs::types::QueueAttributeName;
use tokio::sync::OnceCell;

use super::{Redelivery, RedeliveryError, Standing};
use crate::aws::{Aws, reason};
use crate::domain::queued_delivery::QueuedDelivery;

/// The longest delay that SQS supports.
const LONGEST_DELAY: Duration = Duration::from_mins(15);

/// The client of a queue.
pub(super) struct Sqs {
    url: String,
    aws: Aws,
    client: OnceCell<Client>,
}

impl Sqs {
    pub(super) fn new(url: &str, aws: &Aws) -> Self {
        Self { url: url.to_owned(), aws: aws.clone(), client: OnceCell::new() }
    }

    async fn client(&self) -> &Client {
        self.client.get_or_init(|| async { Client::new(self.aws.config().await) }).await
    }

    fn unavailable(&self, why: String) -> RedeliveryError {
        RedeliveryError::Unavailable { place: format!("REDELIVERY_QUEUE_URL {}", self.url), why }
    }
}

#[async_trait]
impl Redelivery for Sqs {
    async fn enqueue(&self, queued: &QueuedDelivery, delay: Duration) -> Result<(), RedeliveryError> {
        let body = queued.pack().ok_or(RedeliveryError::TooLarge)?;
        let seconds = i32::try_from(delay.min(LONGEST_DELAY).as_secs()).unwrap_or(i32::MAX);
        let sending = self.client().await.send_message().queue_url(&self.url).message_body(body);
        let sent = sending.delay_seconds(seconds).send().await;
        sent.map(drop).map_err(|error| self.unavailable(reason(&error)))
    }

    /// The permission to send is checked with an empty batch. SQS answers a permitted caller with "empty batch" and any
    /// other caller with "access denied", because AWS checks permissions first. No test confirms this, because the
    /// stand-ins for SQS check no permissions.
    async fn look(&self) -> Result<Standing, RedeliveryError> {
        let (client, url) = (self.client().await, &self.url);
        let read =
            client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All).send();
        let sent = client.send_message_batch().queue_url(url).set_entries(Some(Vec::new())).send();
        let (read, sent) = tokio::join!(read, sent);
        let read = read.map_err(|error| self.unavailable(reason(&error)))?;
        if let Err(error) = sent
            && !error.as_service_error().is_some_and(SendMessageBatchError::is_empty_batch_request)
        {
            return Err(self.unavailable(format!("sending: {}", reason(&error))));
        }
        let attribute = |name: QueueAttributeName| read.attributes().and_then(|all| all.get(&name));
        let number = |name| attribute(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(Standing {
            waiting: number(QueueAttributeName::ApproximateNumberOfMessages),
            delayed: number(QueueAttributeName::ApproximateNumberOfMessagesDelayed),
            hidden_seconds: number(QueueAttributeName::VisibilityTimeout),
            has_dead_letters: attribute(QueueAttributeName::RedrivePolicy).is_some(),
        })
    }
}
