//! Suppressions and the leads that have their addresses
//! ([contract](../../../../docs/contract.md#suppressions)).

use domain::channel::Channel;
use lambda_http::http::StatusCode;
use serde_json::{Value, json};
use simulation::Fault;

use crate::{
    fixtures::{Container, Live, account, john},
    suppressions::{EMAIL, PHONE, added, check_table, checked, remove},
};

/// Returns a lead's body with both addresses.
fn canary_lead() -> Value {
    let mut lead = john();
    lead["phone"] = json!(PHONE);
    lead["email"] = json!(EMAIL);
    lead
}

#[tokio::test]
async fn an_opt_out_suppresses_both_addresses_and_a_repeat_makes_sure_of_it() {
    let live = Live::start().await;
    for outcome in ["opted_out", "complained"] {
        for way in ["outcome", "outcomes", "events"] {
            let lead = live.enrolled().await;
            let profile = live.call("GET", &format!("/leads/{lead}"), None).await.body;
            let [phone, email] = ["phone", "email"].map(|it| profile["lead"][it].as_str().unwrap());
            let touchpoint = live.pulled(&lead).await;
            let report = async || match way {
                "outcome" => live.outcome(&touchpoint, outcome).await,
                "outcomes" => {
                    let body = json!([{"id": touchpoint, "outcome": outcome}]);
                    live.call("POST", "/touchpoints/outcomes", Some(&body))
                        .await
                        .body
                }
                _ => {
                    live.event(
                        &lead,
                        json!({"type": outcome, "channel": "sms", "note": "canary"}),
                    )
                    .await
                }
            };
            for round in 0..2 {
                report().await;
                for (field, address) in [("phone", phone), ("email", email)] {
                    let check = checked(&live.container, field, address).await;
                    let suppression = &check["suppression"];
                    assert_eq!(suppression["reason"], outcome, "{way} {round}");
                    assert_eq!(
                        (&suppression["channels"], &suppression["note"]),
                        (&json!("all"), &Value::Null)
                    );
                    let body = json!({"reason": "r", "consent": {"at": "2026-02-10T12:00:00Z", "source": "s"}});
                    let removed = remove(&live.container, &suppression["id"], &body).await;
                    assert_eq!(removed.status, StatusCode::OK);
                }
            }
        }
    }
    live.stop().await;
}

#[tokio::test]
async fn an_outcome_changes_no_run_before_its_addresses_are_suppressed() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let touchpoint = live.pulled(&lead).await;
    let before = live.run(&lead).await;
    // Only suppressions are put outside of a transaction here.
    live.container.dynamodb.set("PutItem", Fault::Throttled);
    let reply = live
        .send(&touchpoint, &json!({"outcome": "opted_out"}))
        .await;
    assert_eq!(
        reply.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        reply.text
    );
    let path = format!("/leads/{lead}/events");
    let body = json!({"type": "complained", "channel": "sms"});
    let reply = live.call("POST", &path, Some(&body)).await;
    assert_eq!(
        reply.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        reply.text
    );
    live.container.dynamodb.end_fault("PutItem");
    assert_eq!(live.run(&lead).await, before);
    live.stop().await;
}

#[tokio::test]
async fn a_refused_outcome_suppresses_nothing() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.run(&lead).await["touchpoints"][0]["id"].take();
    let reply = live
        .send(id.as_str().unwrap(), &json!({"outcome": "opted_out"}))
        .await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    let list = live.call("GET", "/suppressions", None).await;
    assert_eq!(list.body["suppressions"], json!([]));
    live.stop().await;
}

#[tokio::test]
async fn a_suppression_outlives_the_erasure_of_its_lead_and_shows_nothing_of_it() {
    let container = Container::start().await;
    let lead = container.create(&canary_lead()).await;
    let body = json!({"type": "opted_out", "channel": "call", "note": "canary note"});
    let path = format!("/leads/{lead}/events");
    let reply = container.call("POST", &path, Some(&body)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let erased = container
        .call("DELETE", &format!("/leads/{lead}"), None)
        .await;
    assert_eq!(erased.status, StatusCode::OK);
    for (field, address) in [("phone", PHONE), ("email", EMAIL)] {
        assert_eq!(
            checked(&container, field, address).await["suppressed"],
            true
        );
    }
    check_table(&container).await;
    container.stop().await;
}

#[tokio::test]
async fn the_check_before_a_hand_over_sees_a_suppression_at_once() {
    let container = Container::start().await;
    let lead = container.create(&canary_lead()).await;
    let store = &container.services.store;
    let secret = store.account_secret(account()).await.unwrap();
    let lead = store
        .lead(account(), lead.parse().unwrap())
        .await
        .unwrap()
        .found()
        .unwrap();
    let hashes = secret.hashes_of(&lead.profile);
    let covered = async || {
        let suppressions = store.suppressions_of(account(), hashes).await.unwrap();
        Channel::ALL
            .into_iter()
            .filter(|it| suppressions.covers(*it))
            .collect::<Vec<_>>()
    };
    assert_eq!(covered().await, []);
    let sms = added(
        &container,
        json!({"phone": PHONE, "channels": ["sms"], "reason": "manual"}),
    )
    .await;
    assert_eq!(covered().await, [Channel::Sms]);
    added(&container, json!({"email": EMAIL, "reason": "manual"})).await;
    assert_eq!(covered().await, [Channel::Email, Channel::Sms]);
    added(&container, json!({"phone": PHONE, "reason": "manual"})).await;
    assert_eq!(covered().await, Channel::ALL);
    remove(&container, &sms["id"], &json!({"reason": "r"})).await;
    assert_eq!(covered().await, [Channel::Email]);
    let none = store
        .suppressions_of(account(), [None, None])
        .await
        .unwrap();
    assert!(!Channel::ALL.into_iter().any(|it| none.covers(it)));
    container.stop().await;
}
