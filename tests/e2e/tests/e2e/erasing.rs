//! `DELETE /leads/{id}`.

use aws::{clock::Clock, store::Lookup};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    ids::{LeadId, RunId},
    lead::Lead,
    run::Run,
};
use e2e::proxy::Fault;
use futures::future::join_all;
use jiff::SignedDuration;
use lambda_http::http::StatusCode;
use local::{Services, demo};
use requeue_starts::requeue;
use serde_json::json;

use crate::{
    consumer::consume,
    proxied::{Proxied, Reply},
    support::{Api, account, body, items_of, raw_table, stack},
};

/// Values that are nowhere else.
const CANARIES: [&str; 6] = [
    "Canaryname",
    "Canarylast",
    "canary@example.com",
    "+15550109999",
    "canary in the metadata",
    "canary in the message",
];

fn canary() -> serde_json::Value {
    json!({
        "first_name": CANARIES[0], "last_name": CANARIES[1], "email": CANARIES[2], "phone": CANARIES[3],
        "metadata": {"note": CANARIES[4]}, "workflow_id": demo::WORKFLOW_ID,
        "force_first_message": {"channel": "sms", "content": CANARIES[5]},
    })
}

async fn erase(proxied: &Proxied, id: &str) -> Reply {
    proxied.call("DELETE", &format!("/leads/{id}"), None).await
}

async fn table_holds(services: &Services, text: &str) -> bool {
    format!("{:?}", raw_table(services).await).contains(text)
}

async fn stored(proxied: &Proxied, id: &str) -> Lead {
    match proxied
        .store
        .lead(account(), id.parse().unwrap())
        .await
        .unwrap()
    {
        Lookup::Found(lead) => lead,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_erased_lead_is_gone_from_every_read_and_from_the_table() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let request = api
        .post("/api/public/leads")
        .header("idempotency-key", "canary");
    let created = body(
        request.json(&canary()).send().await.unwrap(),
        StatusCode::CREATED,
    )
    .await;
    let id = created["lead"]["id"].as_str().unwrap();
    api.lead_with_run(id).await;
    for canary in CANARIES {
        assert!(table_holds(&stack.services, canary).await, "{canary}");
    }

    let path = format!("/api/public/leads/{id}");
    let erased = body(api.delete(&path).send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(erased, json!({"success": true}));
    for request in [
        api.get(&path),
        api.delete(&path),
        api.patch(&path).json(&json!({"title": "x"})),
    ] {
        assert_eq!(
            request.send().await.unwrap().status(),
            StatusCode::NOT_FOUND
        );
    }
    let list = body(
        api.get("/api/public/leads").send().await.unwrap(),
        StatusCode::OK,
    )
    .await;
    assert!(!list.to_string().contains(id));
    for canary in CANARIES {
        assert!(!table_holds(&stack.services, canary).await, "{canary}");
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_start_still_in_the_queue_is_acknowledged_without_a_trace() {
    let proxied = Proxied::start().await;
    let id = proxied.create(&canary()).await;
    assert_eq!(erase(&proxied, &id).await.status, StatusCode::OK);
    let before = raw_table(&proxied.services).await;
    assert_eq!(consume(&proxied.services, &Clock::System).await, (1, 0));
    assert!(
        raw_table(&proxied.services).await == before,
        "the table has changed"
    );
    assert_eq!(consume(&proxied.services, &Clock::System).await, (0, 0));
    proxied.stop().await;
}

#[tokio::test]
async fn a_run_that_is_under_way_when_its_lead_is_erased_is_not_written() {
    let proxied = Proxied::start().await;
    let id = proxied.create(&canary()).await;
    // start-workflow has read the lead, and writes its run when the lead is gone.
    let lead = stored(&proxied, &id).await;
    assert_eq!(erase(&proxied, &id).await.status, StatusCode::OK);
    let run = Run::queued(&lead, lead.start.as_ref().unwrap());
    let error = proxied.store.create_run(&run).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    proxied.stop().await;
}

/// An erasure that took the lead away and could not go on.
async fn half_erased(proxied: &Proxied) -> String {
    let id = proxied.create(&canary()).await;
    assert_eq!(consume(&proxied.services, &Clock::System).await, (1, 0));
    proxied.dynamodb.set("Query", Fault::Throttle);
    let reply = erase(proxied, &id).await;
    proxied.dynamodb.set("Query", Fault::None);
    assert_eq!(
        (reply.status, reply.retry_after()),
        (StatusCode::SERVICE_UNAVAILABLE, true)
    );
    let message = reply.body["message"].as_str().unwrap();
    assert!(message.contains("may or may not be made"), "{message}");
    // The lead is gone already; its run is not.
    assert_eq!(proxied.get(&id).await.status, StatusCode::NOT_FOUND);
    assert!(table_holds(&proxied.services, CANARIES[5]).await);
    id
}

#[tokio::test]
async fn an_erasure_that_failed_half_way_is_finished_by_the_next() {
    let proxied = Proxied::start().await;
    let id = half_erased(&proxied).await;
    assert_eq!(erase(&proxied, &id).await.status, StatusCode::OK);
    assert!(!table_holds(&proxied.services, CANARIES[5]).await);
    assert_eq!(erase(&proxied, &id).await.status, StatusCode::NOT_FOUND);
    proxied.stop().await;
}

#[tokio::test]
async fn an_erasure_that_nobody_asks_for_again_is_finished_within_two_minutes() {
    let proxied = Proxied::start().await;
    let id = half_erased(&proxied).await;
    let (store, queue) = (&proxied.services.store, &proxied.services.queue);
    let now = Clock::System.now();
    for (seconds, erased) in [(0, 0), (120, 1), (180, 0)] {
        let clock = Clock::manual(now + SignedDuration::from_secs(seconds));
        let requeued = requeue(store, queue, &clock).await.unwrap();
        assert_eq!(
            (requeued.sent, requeued.erased),
            (0, erased),
            "after {seconds} s"
        );
    }
    assert!(!table_holds(&proxied.services, CANARIES[5]).await);
    assert_eq!(erase(&proxied, &id).await.status, StatusCode::NOT_FOUND);
    proxied.stop().await;
}

#[tokio::test]
async fn an_erasure_whose_answer_is_lost_succeeds() {
    let proxied = Proxied::start().await;
    let id = proxied.create(&canary()).await;
    proxied.dynamodb.set("PutItem", Fault::LoseReplyOnce);
    assert_eq!(erase(&proxied, &id).await.status, StatusCode::OK);
    assert_eq!(erase(&proxied, &id).await.status, StatusCode::NOT_FOUND);
    proxied.stop().await;
}

#[tokio::test]
async fn simultaneous_erasures_and_changes_end_in_an_erased_lead() {
    let proxied = Proxied::start().await;
    for _ in 0..8 {
        let id = proxied.create(&canary()).await;
        assert_eq!(consume(&proxied.services, &Clock::System).await, (1, 0));
        let path = format!("/leads/{id}");
        let change = json!({"title": "Canarytitle"});
        let erasures = join_all((0..8).map(|_| erase(&proxied, &id)));
        let changes = join_all((0..8).map(|_| proxied.call("PATCH", &path, Some(&change))));
        let (erasures, changes) = futures::future::join(erasures, changes).await;
        assert!(erasures.iter().any(|reply| reply.status == StatusCode::OK));
        for reply in erasures.iter().chain(&changes) {
            let is_expected = matches!(reply.status, StatusCode::OK | StatusCode::NOT_FOUND);
            assert!(is_expected, "{}", reply.text);
        }
        assert_eq!(erase(&proxied, &id).await.status, StatusCode::NOT_FOUND);
        let items = items_of(&proxied.services, &id).await;
        assert_eq!(items.len(), 2, "two traces");
        assert!(!format!("{items:?}").contains("Canary"));
    }
    proxied.stop().await;
}

#[tokio::test]
async fn the_key_of_an_erased_lead_brings_it_back_no_more() {
    let proxied = Proxied::start().await;
    let reply = proxied.post(&canary(), Some("key")).await;
    let id = reply.body["lead"]["id"].as_str().unwrap().to_owned();
    assert_eq!(erase(&proxied, &id).await.status, StatusCode::OK);
    for leads in [canary(), json!({"first_name": "John"})] {
        let reply = proxied.post(&leads, Some("key")).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            reply.body["message"],
            "The lead of this Idempotency-Key has been erased; use a new key"
        );
    }
    let reply = proxied.post(&json!({}), Some("key")).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let leads = json!([canary(), canary()]);
    let reply = proxied.post(&leads, Some("array")).await;
    for result in reply.body["results"].as_array().unwrap() {
        let id = result["lead"]["id"].as_str().unwrap();
        assert_eq!(erase(&proxied, id).await.status, StatusCode::OK);
    }
    let reply = proxied.post(&leads, Some("array")).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    proxied.stop().await;
}

#[tokio::test]
async fn a_damaged_lead_can_be_erased() {
    let proxied = Proxied::start().await;
    let id = proxied.create(&canary()).await;
    let text = |text: String| AttributeValue::S(text);
    proxied
        .services
        .clients
        .dynamodb
        .update_item()
        .table_name(proxied.services.table())
        .key("pk", text(format!("LEAD#{}#{id}", demo::ACCOUNT_ID)))
        .key("sk", text("SELF".to_owned()))
        .update_expression("SET phone = :damage, #start.run_id = :damage")
        .expression_attribute_names("#start", "start")
        .expression_attribute_values(":damage", text("Canaryphone".to_owned()))
        .send()
        .await
        .unwrap();
    assert_eq!(
        proxied.get(&id).await.status,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    // It keeps no other from being listed.
    let list = proxied.call("GET", "/leads", None).await;
    assert_eq!(list.body["leads"].as_array().unwrap().len(), 10);
    assert_eq!(erase(&proxied, &id).await.status, StatusCode::OK);
    assert!(!table_holds(&proxied.services, "Canary").await);
    proxied.stop().await;
}

#[tokio::test]
async fn reading_and_erasing_cope_with_many_runs_and_reading_is_one_query() {
    let proxied = Proxied::start().await;
    let id = proxied.create(&canary()).await;
    assert_eq!(consume(&proxied.services, &Clock::System).await, (1, 0));
    let lead = stored(&proxied, &id).await;
    let lead_id: LeadId = id.parse().unwrap();
    for second in 0..60 {
        let run = Run {
            id: RunId::new(
                jiff::Timestamp::from_second(second).unwrap(),
                aws::randomness::Randomness::System.bits(),
            ),
            ..Run::queued(&lead, lead.start.as_ref().unwrap())
        };
        proxied.store.create_run(&run).await.unwrap();
    }
    proxied.dynamodb.take_calls();
    let reply = proxied.get(&lead_id.to_string()).await;
    assert_eq!(
        reply.body["lead"]["active_workflow_run"]["run_status"],
        "running"
    );
    assert_eq!(proxied.dynamodb.take_calls(), ["Query"]);
    assert_eq!(erase(&proxied, &id).await.status, StatusCode::OK);
    assert!(!table_holds(&proxied.services, "canary").await);
    proxied.stop().await;
}
