//! Can the queue be read and sent to, without leaving anything in it: the questions of `sidenote doctor`.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchError;
use aws_sdk_sqs::types::QueueAttributeName;

use super::RedeliveryError;
use crate::aws::{Aws, reason};

/// How a queue stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Messages that can be taken out now.
    pub waiting: u64,
    /// Messages that cannot yet.
    pub delayed: u64,
    /// For how long a message is hidden once it was taken out.
    pub hidden_seconds: u64,
    /// Whether what cannot be worked on goes elsewhere in the end.
    pub has_dead_letters: bool,
}

/// Looks at the queue at `url`.
///
/// The right to send is tried with a batch of no messages, so that nothing is left in the queue. SQS refuses it as an
/// empty batch when we may send, and as denied when we may not. (That it asks for the right first is how AWS's services
/// are built; no stand-in here shows it, because none checks rights.)
///
/// # Errors
/// [`RedeliveryError`] if it cannot be reached, read or sent to.
pub async fn look(url: &str, aws: &Aws) -> Result<Standing, RedeliveryError> {
    let client = Client::new(aws.config().await);
    let unavailable =
        |why: String| RedeliveryError::Unavailable { place: format!("REDELIVERY_QUEUE_URL {url}"), why };
    let read = client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All).send();
    let sent = client.send_message_batch().queue_url(url).set_entries(Some(Vec::new())).send();
    let (read, sent) = tokio::join!(read, sent);
    let read = read.map_err(|error| unavailable(reason(&error)))?;
    if let Err(error) = sent
        && !error.as_service_error().is_some_and(SendMessageBatchError::is_empty_batch_request)
    {
        return Err(unavailable(format!("sending: {}", reason(&error))));
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
