//! What a client is told, and what is kept, when DynamoDB or SQS does not play along.

use std::time::Duration;

use aws::clock::Clock;
use e2e::proxy::{FailedEntry, Fault};
use lambda_http::http::StatusCode;
use local::demo;
use requeue_starts::requeue;
use serde_json::{Value, json};

use crate::{proxied::Proxied, support::eventually};

fn lead() -> Value {
    json!({"first_name": "John", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID})
}

#[tokio::test]
async fn a_warm_lead_costs_two_calls_and_they_go_side_by_side() {
    let proxied = Proxied::warm(&lead()).await;
    proxied
        .dynamodb
        .set("PutItem", Fault::Slow(Duration::from_secs(1)));
    proxied
        .sqs
        .set("SendMessage", Fault::Slow(Duration::from_secs(1)));
    let lead = lead();
    let both = eventually("both calls are under way", || async {
        (proxied.dynamodb.under_way() == 1 && proxied.sqs.under_way() == 1).then_some(())
    });
    let (reply, ()) = futures::future::join(proxied.post(&lead, None), both).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(proxied.dynamodb.take_calls(), ["PutItem"]);
    assert_eq!(proxied.sqs.take_calls(), ["SendMessage"]);
}

#[tokio::test]
async fn a_store_that_is_down_is_503_with_retry_after() {
    for fault in [Fault::Refuse, Fault::Throttle] {
        let proxied = Proxied::start().await;
        proxied.dynamodb.set("GetItem", fault);
        let reply = proxied.post(&lead(), None).await;
        assert_eq!(
            (reply.status, reply.retry_after()),
            (StatusCode::SERVICE_UNAVAILABLE, true)
        );
        assert_eq!(reply.body["code"], "unavailable");
        let text = reply.body.to_string();
        assert!(
            !text.contains("Dynamo") && !text.contains("leadgate"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_lead_whose_store_answer_is_lost_is_created_once() {
    let proxied = Proxied::warm(&lead()).await;
    // Every attempt is done and answered with an error: the condition fails from the second on.
    proxied.dynamodb.set("PutItem", Fault::LoseReply);
    let reply = proxied.post(&lead(), None).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    let id = reply.body["lead"]["id"].as_str().unwrap();
    assert_eq!(proxied.get(id).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_lead_that_was_not_stored_is_told_so() {
    let proxied = Proxied::warm(&lead()).await;
    proxied.dynamodb.set("PutItem", Fault::Refuse);
    let reply = proxied.post(&lead(), None).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("has stored nothing"),
        "{}",
        reply.body
    );
    // When the store does not even say that, nothing is claimed.
    proxied.dynamodb.set("GetItem", Fault::Refuse);
    let reply = proxied.post(&lead(), None).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("may or may not be stored"),
        "{}",
        reply.body
    );
}

#[tokio::test]
async fn a_start_that_cannot_be_queued_is_delayed_and_follows() {
    let proxied = Proxied::warm(&lead()).await;
    let before = proxied.queued().await;
    proxied.sqs.set("SendMessage", Fault::Refuse);
    let reply = proxied.post(&lead(), Some("key")).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert!(reply.body["workflow_run"]["id"].is_string());
    assert!(reply.body["warning"].as_str().unwrap().contains("delayed"));
    // The replay says the same, the warning included.
    assert_eq!(proxied.post(&lead(), Some("key")).await.body, reply.body);
    let sent = requeue(
        &proxied.services.store,
        &proxied.services.queue,
        &Clock::System,
    )
    .await
    .unwrap();
    assert_eq!((before, sent.sent), (1, 1));
    assert_eq!(proxied.queued().await, 1);
}

#[tokio::test]
async fn a_start_that_can_be_neither_queued_nor_noted_is_not_promised() {
    let proxied = Proxied::warm(&lead()).await;
    proxied.sqs.set("SendMessage", Fault::Refuse);
    proxied.dynamodb.set("UpdateItem", Fault::Refuse);
    let reply = proxied.post(&lead(), None).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(reply.body.get("workflow_run"), None);
    assert!(
        reply.body["warning"]
            .as_str()
            .unwrap()
            .contains("assignment failed")
    );
}

#[tokio::test]
async fn each_of_many_is_told_whether_it_was_stored_and_sent() {
    let proxied = Proxied::warm(&lead()).await;
    let leads = json!([lead(), lead(), {}]);
    proxied.sqs.set("SendMessageBatch", Fault::Refuse);
    let reply = proxied.post(&leads, None).await;
    assert_eq!(reply.status, StatusCode::MULTI_STATUS);
    assert!(
        reply.body["results"][0]["warning"]
            .as_str()
            .unwrap()
            .contains("delayed")
    );
    let sent = requeue(
        &proxied.services.store,
        &proxied.services.queue,
        &Clock::System,
    )
    .await
    .unwrap();
    assert_eq!(sent.sent, 2);

    proxied.dynamodb.set("BatchWriteItem", Fault::Throttle);
    let reply = proxied.post(&leads, None).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.body["results"][0]["code"], "unavailable");
    assert_eq!(reply.body["results"][2]["code"], "validation_error");
    let reply = proxied.post(&json!([lead(), lead()]), None).await;
    assert_eq!(
        (reply.status, reply.retry_after()),
        (StatusCode::SERVICE_UNAVAILABLE, true)
    );
}

#[tokio::test]
async fn a_message_carries_ids_only_and_its_accounts_group() {
    let proxied = Proxied::warm(&lead()).await;
    let person = json!({
        "first_name": "Canary-first", "last_name": "Canary-last", "email": "canary@example.com",
        "phone": "+15550109999", "workflow_id": demo::WORKFLOW_ID, "notes": "Canary-notes",
    });
    proxied.post(&person, None).await;
    proxied.post(&json!([person]), None).await;
    let bodies = proxied.sqs.take_bodies();
    assert_eq!(bodies.len(), 2);
    for body in bodies {
        assert!(
            !body.to_lowercase().contains("canary") && !body.contains("15550109999"),
            "{body}"
        );
        assert!(
            body.contains(r#""MessageGroupId":"019c0000-0000-7000-8000-000000000001""#),
            "{body}"
        );
    }
}

#[tokio::test]
async fn leads_that_are_left_unprocessed_are_written_again() {
    let proxied = Proxied::warm(&lead()).await;
    proxied
        .dynamodb
        .set("BatchWriteItem", Fault::LeaveUnprocessedOnce);
    let reply = proxied.post(&json!([lead(), lead()]), None).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    assert_eq!(
        proxied.dynamodb.take_calls(),
        ["BatchWriteItem", "BatchWriteItem"]
    );
    for result in reply.body["results"].as_array().unwrap() {
        assert_eq!(
            proxied
                .get(result["lead"]["id"].as_str().unwrap())
                .await
                .status,
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn leads_of_a_batch_whose_answer_is_lost_are_looked_up() {
    let proxied = Proxied::warm(&lead()).await;
    proxied.dynamodb.set("BatchWriteItem", Fault::LoseReply);
    let reply = proxied.post(&json!([lead(), lead()]), None).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    // When they cannot be looked up either, nothing is claimed.
    proxied.dynamodb.set("GetItem", Fault::Refuse);
    let reply = proxied.post(&json!([lead(), lead()]), None).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("may or may not be stored"),
        "{}",
        reply.body
    );
}

#[tokio::test]
async fn a_start_of_many_that_fails_alone_is_delayed_alone() {
    let proxied = Proxied::warm(&lead()).await;
    let failed = &[FailedEntry {
        index: 0,
        code: "InternalError",
        is_sender_fault: false,
    }];
    proxied
        .sqs
        .set("SendMessageBatch", Fault::FailEntries(failed));
    let reply = proxied.post(&json!([lead(), lead(), lead()]), None).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let warned: Vec<_> = (0..3)
        .map(|index| reply.body["results"][index].get("warning").is_some())
        .collect();
    assert_eq!(warned, [true, false, false]);
}

#[tokio::test]
async fn a_replay_whose_start_cannot_be_sent_is_noted_down() {
    let proxied = Proxied::warm(&lead()).await;
    let first = proxied.post(&lead(), Some("key")).await;
    proxied.sqs.set("SendMessage", Fault::Refuse);
    let replay = proxied.post(&lead(), Some("key")).await;
    assert_eq!(
        (replay.status, &replay.body),
        (StatusCode::CREATED, &first.body)
    );
    let sent = requeue(
        &proxied.services.store,
        &proxied.services.queue,
        &Clock::System,
    )
    .await
    .unwrap();
    assert_eq!(sent.sent, 1);
}

#[tokio::test]
async fn a_replay_whose_start_can_be_neither_queued_nor_noted_promises_nothing() {
    let proxied = Proxied::warm(&lead()).await;
    proxied.sqs.set("SendMessage", Fault::Refuse);
    proxied.dynamodb.set("UpdateItem", Fault::Refuse);
    let first = proxied.post(&lead(), Some("key")).await;
    assert_eq!(first.body.get("workflow_run"), None);
    // Nobody would start the run that the receipt names.
    let replay = proxied.post(&lead(), Some("key")).await;
    assert_eq!(replay.status, StatusCode::SERVICE_UNAVAILABLE);
    proxied.sqs.set("SendMessage", Fault::None);
    let replay = proxied.post(&lead(), Some("key")).await;
    assert_eq!(replay.status, StatusCode::CREATED);
    assert!(replay.body["workflow_run"]["id"].is_string());
}

#[tokio::test]
async fn a_start_that_stalled_is_sent_when_somebody_looks_at_its_lead() {
    let clock = Clock::manual("2026-02-10T12:00:00Z".parse().unwrap());
    let proxied = Proxied::at(clock.clone()).await;
    proxied.sqs.set("SendMessage", Fault::Refuse);
    proxied.dynamodb.set("UpdateItem", Fault::Refuse);
    let id = proxied.create(&lead()).await;
    proxied.dynamodb.set("UpdateItem", Fault::None);
    for (now, sent) in [("2026-02-10T12:14:59Z", 0), ("2026-02-10T12:15:01Z", 1)] {
        clock.set(now.parse().unwrap());
        assert_eq!(proxied.get(&id).await.status, StatusCode::OK);
        let requeued = requeue(&proxied.services.store, &proxied.services.queue, &clock).await;
        assert_eq!(requeued.unwrap().sent, sent, "{now}");
    }
}
