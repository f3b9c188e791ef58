//! A test that redirects of third parties are not followed, because they could leak a token.

use sidenote_standins::{Fault, Sentry};

use super::table::step_text;
use crate::support::{Setup, event_alert, sentry};

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Sentry::start(sentry()).await;
    for status in [301, 302, 307, 308] {
        Setup::new()
            .durable()
            .run(async |world| {
                world.sentry.inject(Fault::redirect(status, &format!("{}/api/0/", elsewhere.url())));
                world.telegram.inject(Fault::redirect(status, &elsewhere.url()));
                let outcome = world.outcome(&event_alert()).await;
                assert_eq!(outcome["status"], "failed", "{status}: {outcome}");
                let steps = [step_text(&outcome["steps"]["note"]), step_text(&outcome["steps"]["telegram"])];
                assert_eq!(steps, ["failed: refused", "failed: refused"], "{status}");
                let gaps = outcome["gaps"].as_array().expect("gaps");
                assert!(gaps.iter().all(|gap| gap["reason"] == format!("refused ({status})")), "{outcome}");
                assert_eq!(gaps.len(), 4, "{outcome}");
                assert_eq!(
                    (world.sentry.requests().len(), world.telegram.requests().len()),
                    (5, 1),
                    "each asked once"
                );
            })
            .await;
    }
    assert!(elsewhere.requests().is_empty(), "{:?}", elsewhere.requests());
}
