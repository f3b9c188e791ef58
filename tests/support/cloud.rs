//! An AWS account in the emulator moto: a table, a queue and a secret for one test, each behind a [`Wire`].

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sidenote::http::Http;

use super::tools::Moto;
use super::wire::Wire;

/// Held while a queue is created, or linked to another one: moto then looks through its queues without a lock, and fails
/// with 500 if another one is added meanwhile.
static QUEUES: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The AWS services of one test, which no other test uses.
pub(crate) struct Cloud {
    moto: Arc<Moto>,
    http: Http,
    name: String,
    queue_url: String,
    /// The proxy in front of `DynamoDB`.
    pub(crate) table: Wire,
    /// The proxy in front of SQS.
    pub(crate) queue: Wire,
    /// The proxy in front of Secrets Manager.
    pub(crate) secrets: Wire,
}

impl Cloud {
    /// Creates a new table, a new queue, and a new secret with this content.
    pub(crate) async fn new(secret: &Value) -> Self {
        static CLOUDS: AtomicUsize = AtomicUsize::new(1);
        let name = format!("sidenote-{}", CLOUDS.fetch_add(1, Ordering::Relaxed));
        let moto = Moto::shared().await;
        let url = moto.url();
        let (table, queue, secrets) = tokio::join!(Wire::to(&url), Wire::to(&url), Wire::to(&url));
        let http = Http::new(None).expect("an HTTP client");
        let mut cloud = Self { moto, http, name, queue_url: String::new(), table, queue, secrets };
        let name = cloud.name.clone();
        let table = json!({"TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]});
        cloud.call("dynamodb", "DynamoDB_20120810.CreateTable", &table).await;
        let secret = json!({"Name": name, "SecretString": secret.to_string()});
        cloud.create(&secret).await;
        let queue = cloud.create_queue(&name).await;
        queue["QueueUrl"].as_str().expect("a queue's URL").clone_into(&mut cloud.queue_url);
        cloud
    }

    /// The environment variables that name the table, the queue, the secret and the proxies in front of them.
    pub(crate) fn env(&self) -> Vec<(String, String)> {
        let pairs = [
            ("STATE_TABLE", self.name.clone()),
            ("REDELIVERY_QUEUE_URL", self.queue_url.clone()),
            ("SECRET_ID", self.name.clone()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.table.url()),
            ("AWS_ENDPOINT_URL_SQS", self.queue.url()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.secrets.url()),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// Those of the variables that have one of these names, with a region and credentials, for a process that is not a
    /// Lambda function.
    pub(crate) fn local_env(&self, names: &[&str]) -> Vec<(String, String)> {
        let known = self.env().into_iter().filter(|(name, _)| names.contains(&name.as_str()));
        let account =
            [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
        known.chain(account.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
    }

    /// Creates a dead-letter queue, and gives the queue the settings of the template. Returns the new queue's URL.
    pub(crate) async fn add_dead_letter_queue(&self) -> String {
        let name = format!("{}-dead", self.name);
        let dead = self.create_queue(&name).await;
        let arn = format!("arn:aws:sqs:us-east-1:123456789012:{name}");
        let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 3});
        let attributes = json!({"QueueUrl": self.queue_url,
            "Attributes": {"VisibilityTimeout": "360", "RedrivePolicy": policy.to_string()}});
        let _turn = QUEUES.lock().await;
        self.call("sqs", "AmazonSQS.SetQueueAttributes", &attributes).await;
        dead["QueueUrl"].as_str().expect("a queue's URL").to_owned()
    }

    /// Returns the bodies of the messages in the queue, oldest first.
    pub(crate) async fn kept(&self) -> Vec<String> {
        let calls = self.queue.calls();
        let sent = calls.iter().filter(|call| call.name == "SendMessage" && call.has_effect);
        let bodies: Vec<String> = sent
            .map(|call| serde_json::from_slice::<Value>(&call.body).expect("a JSON request"))
            .map(|request| request["MessageBody"].as_str().expect("a message").to_owned())
            .collect();
        assert_eq!(self.messages().await, bodies.len(), "moto and the wire agree");
        bodies
    }

    /// The number of messages in the queue, including delayed ones.
    async fn messages(&self) -> usize {
        let request = json!({"QueueUrl": self.queue_url, "AttributeNames": ["All"]});
        let answer = self.call("sqs", "AmazonSQS.GetQueueAttributes", &request).await;
        let number = |name: &str| answer["Attributes"][name].as_str()?.parse::<usize>().ok();
        let each = ["", "Delayed", "NotVisible"]
            .map(|kind| number(&format!("ApproximateNumberOfMessages{kind}")).unwrap_or(0));
        each.iter().sum()
    }

    /// Returns the record with the key `key` from the table.
    pub(crate) async fn record(&self, key: &str) -> Option<Value> {
        let request = json!({"TableName": self.name, "Key": {"pk": {"S": key}}, "ConsistentRead": true});
        let answer = self.call("dynamodb", "DynamoDB_20120810.GetItem", &request).await;
        serde_json::from_str(answer["Item"]["record"]["S"].as_str()?).ok()
    }

    /// Moves times in the record with the key `key` into the past, as if `by` had passed. `moments` are JSON pointers
    /// to the times.
    pub(crate) async fn age(&self, key: &str, by: Duration, moments: &[&str]) {
        let mut record = self.record(key).await.expect("a record");
        let by = u64::try_from(by.as_millis()).expect("a span");
        for moment in moments {
            let ms = record.pointer_mut(moment).expect("a moment");
            *ms = (ms.as_u64().expect("milliseconds") - by).into();
        }
        let request = json!({"TableName": self.name, "Key": {"pk": {"S": key}},
            "UpdateExpression": "SET #record = :record", "ExpressionAttributeNames": {"#record": "record"},
            "ExpressionAttributeValues": {":record": {"S": record.to_string()}}});
        self.call("dynamodb", "DynamoDB_20120810.UpdateItem", &request).await;
    }

    /// Ends the lease in every record, as if `by` had passed: an invocation that was killed holds nothing then.
    pub(crate) async fn end_leases(&self, by: Duration) {
        const LEASE: &str = "/state/working/until_ms";
        let request = json!({"TableName": self.name, "ConsistentRead": true});
        let answer = self.call("dynamodb", "DynamoDB_20120810.Scan", &request).await;
        for item in answer["Items"].as_array().into_iter().flatten() {
            let record = item["record"]["S"].as_str().map(serde_json::from_str::<Value>);
            if record.is_some_and(|record| record.is_ok_and(|record| record.pointer(LEASE).is_some())) {
                self.age(item["pk"]["S"].as_str().expect("a key"), by, &[LEASE]).await;
            }
        }
    }

    async fn create_queue(&self, name: &str) -> Value {
        let _turn = QUEUES.lock().await;
        self.call("sqs", "AmazonSQS.CreateQueue", &json!({"QueueName": name})).await
    }

    /// Creates a secret, never two at the same time: moto searches its secrets without a lock, and fails with 500 if
    /// another one is added meanwhile.
    async fn create(&self, secret: &Value) {
        static CREATION: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let _turn = CREATION.lock().await;
        self.call("secretsmanager", "secretsmanager.CreateSecret", secret).await;
    }

    /// Calls moto directly, without the proxies.
    pub(crate) async fn call(&self, service: &str, target: &str, request: &Value) -> Value {
        let scope = format!("Credential=test/20261123/us-east-1/{service}/aws4_request");
        let sent = self
            .http
            .client()
            .post(self.moto.url())
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", target)
            // Moto reads service and region from this header and checks no signature.
            .header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"))
            .body(request.to_string())
            .send();
        let answer = sent.await.expect("moto answers");
        let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
        assert!(status.is_success(), "{target}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}
