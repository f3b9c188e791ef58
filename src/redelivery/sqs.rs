//! Deliveries in SQS: delayed beyond the invocation, then handed to the same function.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use tokio::sync::OnceCell;

use super::{Redelivery, RedeliveryError};
use crate::aws::{Aws, reason};
use crate::domain::queued_delivery::QueuedDelivery;

/// SQS delays no longer.
const LONGEST_DELAY: Duration = Duration::from_mins(15);

/// A queue.
pub(super) struct Sqs {
    url: String,
    aws: Aws,
    client: OnceCell<Client>,
}

impl Sqs {
    pub(super) fn new(url: &str, aws: &Aws) -> Self {
        Self { url: url.to_owned(), aws: aws.clone(), client: OnceCell::new() }
    }
}

#[async_trait]
impl Redelivery for Sqs {
    async fn enqueue(&self, queued: &QueuedDelivery, delay: Duration) -> Result<(), RedeliveryError> {
        let body = queued.pack().ok_or(RedeliveryError::TooLarge)?;
        let client = self.client.get_or_init(|| async { Client::new(self.aws.config().await) }).await;
        let seconds = i32::try_from(delay.min(LONGEST_DELAY).as_secs()).unwrap_or(i32::MAX);
        let sent =
            client.send_message().queue_url(&self.url).message_body(body).delay_seconds(seconds).send().await;
        sent.map(drop).map_err(|error| RedeliveryError::Unavailable {
            place: format!("REDELIVERY_QUEUE_URL {}", self.url),
            why: reason(&error),
        })
    }
}
