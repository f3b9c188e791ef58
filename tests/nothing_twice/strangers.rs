//! Requests without a signature, while Secrets Manager fails.

use sidenote::http::Http;

use super::bed::Bed;
use crate::support::PATH;
use crate::support::wire::Fault;

#[tokio::test]
async fn unsigned_requests_never_read_the_secrets() {
    let bed = Bed::new().await;
    bed.cloud.secrets.fail(Fault::Refused).await;
    let process = bed.serve(&[]).await;
    let before = bed.cloud.secrets.calls().len();
    let http = Http::new(None).expect("a client");
    for _ in 0..5 {
        let request = http.client().post(format!("http://{}{PATH}", process.address)).body("{}");
        assert_eq!(request.send().await.expect("an answer").status().as_u16(), 401);
        // A failure is forgotten after a second.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    assert_eq!(bed.cloud.secrets.calls().len(), before);
}
