//! Tests of the hosts to which the token of a code host goes if `SOURCE_BASE_URL` is not set.

use crate::support::{Setup, event_alert, proxies};

#[tokio::test]
async fn the_token_goes_only_to_the_api_of_the_public_service() {
    for (provider, host) in [("github", "api.github.com:443"), ("gitlab", "gitlab.com:443")] {
        let (proxy, asked) = proxies::refusing().await;
        Setup::new()
            .variable("HTTPS_PROXY", &format!("http://{}", proxy.address))
            .variable("SOURCE_PROVIDER", provider)
            .variable("SOURCE_MAPPINGS", "=crumb/orders:")
            .run(async |world| {
                let outcome = world.outcome(&event_alert()).await;
                assert!(outcome["gaps"].to_string().contains("source"), "{outcome}");
            })
            .await;
        // The files and their last changes come from different APIs.
        let asked: Vec<String> = asked.lock().expect("no holder panics").iter().cloned().collect();
        assert_eq!(asked, [host], "{provider}");
    }
}
