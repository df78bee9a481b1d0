//! How long the process goes by what it knows of a key (CONTRACT section 1).

use api::{AppState, router};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::Request;
use leadgate::local::demo;
use shared::{
    clock::Clock,
    domain::{account::Account, api_key::ApiKey},
};
use tower::ServiceExt;

use crate::support::{account, services};

const NEW_KEY: &str = "nxr_live_LeadgateOtherAccountKeyLocalOnly0meheX";

async fn status(api: &axum::Router, key: &str) -> u16 {
    let request = Request::get("/api/public/workflows").header("x-api-key", key);
    let response = api
        .clone()
        .oneshot(request.body(String::new()).unwrap())
        .await
        .unwrap();
    response.status().as_u16()
}

#[tokio::test]
async fn a_revoked_key_dies_within_a_minute_and_a_new_one_lives_within_ten_seconds() {
    let services = services().await;
    let start: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
    let clock = Clock::manual(start);
    let state = AppState::new(
        services.store.clone(),
        services.queue.clone(),
        clock.clone(),
    );
    let api = router(state);
    assert_eq!(
        (
            status(&api, demo::API_KEY).await,
            status(&api, NEW_KEY).await
        ),
        (200, 401)
    );

    let new_key: ApiKey = NEW_KEY.parse().unwrap();
    let owner = Account {
        id: account(),
        default_country: None,
    };
    services
        .store
        .create_key(&new_key.hash(), &owner, start)
        .await
        .unwrap();
    let demo_key: ApiKey = demo::API_KEY.parse().unwrap();
    services
        .clients
        .dynamodb
        .delete_item()
        .table_name(services.table())
        .key(
            "pk",
            AttributeValue::S(format!("KEY#{}", demo_key.hash().as_str())),
        )
        .key("sk", AttributeValue::S("KEY".to_owned()))
        .send()
        .await
        .unwrap();
    for (seconds, revoked, new) in [
        (9, 200, 401),
        (10, 200, 200),
        (59, 200, 200),
        (60, 401, 200),
    ] {
        clock.set(start + SignedDuration::from_secs(seconds));
        let found = (
            status(&api, demo::API_KEY).await,
            status(&api, NEW_KEY).await,
        );
        assert_eq!(found, (revoked, new), "after {seconds} s");
    }
    services.stop().await;
}
