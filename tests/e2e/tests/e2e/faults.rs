//! Replies to clients, and stored leads, when DynamoDB or SQS fails.

use std::time::Duration;

use aws::clock::Clock;
use lambda_http::http::StatusCode;
use local::demo;
use requeue_starts::requeue;
use serde_json::{Value, json};
use simulation::{FailedEntry, Fault};

use crate::fixtures::{Container, eventually};

fn lead() -> Value {
    json!({"first_name": "John", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID})
}

#[tokio::test]
async fn a_warm_lead_costs_two_calls_and_they_go_side_by_side() {
    let container = Container::warm(&lead()).await;
    container
        .dynamodb
        .set("PutItem", Fault::Slow(Duration::from_secs(1)));
    container
        .sqs
        .set("SendMessage", Fault::Slow(Duration::from_secs(1)));
    let lead = lead();
    let both = eventually("both calls are under way", || async {
        (container.dynamodb.under_way() == 1 && container.sqs.under_way() == 1).then_some(())
    });
    let (reply, ()) = futures::future::join(container.post(&lead, None), both).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(container.dynamodb.take_calls(), ["PutItem"]);
    assert_eq!(container.sqs.take_calls(), ["SendMessage"]);
}

#[tokio::test]
async fn a_store_that_is_down_is_503_with_retry_after() {
    for fault in [Fault::Failed, Fault::Throttled] {
        let container = Container::start().await;
        container.dynamodb.set("GetItem", fault);
        let reply = container.post(&lead(), None).await;
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
    let container = Container::warm(&lead()).await;
    // DynamoDB does every attempt and answers 500. From the second attempt on, the condition fails.
    container.dynamodb.set("PutItem", Fault::FailedAfter);
    let reply = container.post(&lead(), None).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    let id = reply.body["lead"]["id"].as_str().unwrap();
    assert_eq!(container.get(id).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_lead_that_was_not_stored_is_told_so() {
    let container = Container::warm(&lead()).await;
    container.dynamodb.set("PutItem", Fault::Failed);
    let reply = container.post(&lead(), None).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("has stored nothing"),
        "{}",
        reply.body
    );
    // If the lead cannot be read either, the reply leaves the outcome open.
    container.dynamodb.set("GetItem", Fault::Failed);
    let reply = container.post(&lead(), None).await;
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
    let container = Container::warm(&lead()).await;
    let before = container.queued().await;
    container.sqs.set("SendMessage", Fault::Failed);
    let reply = container.post(&lead(), Some("key")).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert!(reply.body["workflow_run"]["id"].is_string());
    assert!(reply.body["warning"].as_str().unwrap().contains("delayed"));
    // The replay has the same reply, with the warning.
    assert_eq!(container.post(&lead(), Some("key")).await.body, reply.body);
    let sent = requeue(
        &container.services.store,
        &container.services.queue,
        &Clock::System,
    )
    .await
    .unwrap();
    assert_eq!((before, sent.sent), (1, 1));
    assert_eq!(container.queued().await, 1);
}

#[tokio::test]
async fn a_start_that_can_be_neither_queued_nor_noted_is_not_promised() {
    let container = Container::warm(&lead()).await;
    container.sqs.set("SendMessage", Fault::Failed);
    container.dynamodb.set("UpdateItem", Fault::Failed);
    let reply = container.post(&lead(), None).await;
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
    let container = Container::warm(&lead()).await;
    let leads = json!([lead(), lead(), {}]);
    container.sqs.set("SendMessageBatch", Fault::Failed);
    let reply = container.post(&leads, None).await;
    assert_eq!(reply.status, StatusCode::MULTI_STATUS);
    assert!(
        reply.body["results"][0]["warning"]
            .as_str()
            .unwrap()
            .contains("delayed")
    );
    let sent = requeue(
        &container.services.store,
        &container.services.queue,
        &Clock::System,
    )
    .await
    .unwrap();
    assert_eq!(sent.sent, 2);

    container.dynamodb.set("BatchWriteItem", Fault::Throttled);
    let reply = container.post(&leads, None).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.body["results"][0]["code"], "unavailable");
    assert_eq!(reply.body["results"][2]["code"], "validation_error");
    let reply = container.post(&json!([lead(), lead()]), None).await;
    assert_eq!(
        (reply.status, reply.retry_after()),
        (StatusCode::SERVICE_UNAVAILABLE, true)
    );
}

#[tokio::test]
async fn a_message_carries_ids_only_and_its_accounts_group() {
    let container = Container::warm(&lead()).await;
    let person = json!({
        "first_name": "Canary-first", "last_name": "Canary-last", "email": "canary@example.com",
        "phone": "+15550109999", "workflow_id": demo::WORKFLOW_ID, "notes": "Canary-notes",
    });
    container.post(&person, None).await;
    container.post(&json!([person]), None).await;
    let bodies = container.sqs.take_bodies();
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
    let container = Container::warm(&lead()).await;
    container
        .dynamodb
        .set_once("BatchWriteItem", Fault::Partial);
    let reply = container.post(&json!([lead(), lead()]), None).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    assert_eq!(
        container.dynamodb.take_calls(),
        ["BatchWriteItem", "BatchWriteItem"]
    );
    for result in reply.body["results"].as_array().unwrap() {
        assert_eq!(
            container
                .get(result["lead"]["id"].as_str().unwrap())
                .await
                .status,
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn leads_of_a_batch_whose_answer_is_lost_are_looked_up() {
    let container = Container::warm(&lead()).await;
    container.dynamodb.set("BatchWriteItem", Fault::FailedAfter);
    let reply = container.post(&json!([lead(), lead()]), None).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    // If the leads cannot be read either, the reply leaves the outcome open.
    container.dynamodb.set("GetItem", Fault::Failed);
    let reply = container.post(&json!([lead(), lead()]), None).await;
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
    let container = Container::warm(&lead()).await;
    let failed = &[FailedEntry {
        index: 0,
        code: "InternalError",
        is_sender_fault: false,
    }];
    container
        .sqs
        .set("SendMessageBatch", Fault::FailedEntries(failed));
    let reply = container.post(&json!([lead(), lead(), lead()]), None).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let warned: Vec<_> = (0..3)
        .map(|index| reply.body["results"][index].get("warning").is_some())
        .collect();
    assert_eq!(warned, [true, false, false]);
}

#[tokio::test]
async fn a_replay_whose_start_cannot_be_sent_is_noted_down() {
    let container = Container::warm(&lead()).await;
    let first = container.post(&lead(), Some("key")).await;
    container.sqs.set("SendMessage", Fault::Failed);
    let replay = container.post(&lead(), Some("key")).await;
    assert_eq!(
        (replay.status, &replay.body),
        (StatusCode::CREATED, &first.body)
    );
    let sent = requeue(
        &container.services.store,
        &container.services.queue,
        &Clock::System,
    )
    .await
    .unwrap();
    assert_eq!(sent.sent, 1);
}

#[tokio::test]
async fn a_replay_whose_start_can_be_neither_queued_nor_noted_promises_nothing() {
    let container = Container::warm(&lead()).await;
    container.sqs.set("SendMessage", Fault::Failed);
    container.dynamodb.set("UpdateItem", Fault::Failed);
    let first = container.post(&lead(), Some("key")).await;
    assert_eq!(first.body.get("workflow_run"), None);
    // No message and no pending start would build the run of the receipt.
    let replay = container.post(&lead(), Some("key")).await;
    assert_eq!(replay.status, StatusCode::SERVICE_UNAVAILABLE);
    container.sqs.end_fault("SendMessage");
    let replay = container.post(&lead(), Some("key")).await;
    assert_eq!(replay.status, StatusCode::CREATED);
    assert!(replay.body["workflow_run"]["id"].is_string());
}

#[tokio::test]
async fn a_stalled_start_is_sent_when_its_lead_is_read() {
    let clock = Clock::manual("2026-02-10T12:00:00Z".parse().unwrap());
    let container = Container::at(clock.clone()).await;
    container.sqs.set("SendMessage", Fault::Failed);
    container.dynamodb.set("UpdateItem", Fault::Failed);
    let id = container.create(&lead()).await;
    container.dynamodb.end_fault("UpdateItem");
    for (now, sent) in [("2026-02-10T12:14:59Z", 0), ("2026-02-10T12:15:01Z", 1)] {
        clock.set(now.parse().unwrap());
        assert_eq!(container.get(&id).await.status, StatusCode::OK);
        let requeued = requeue(&container.services.store, &container.services.queue, &clock).await;
        assert_eq!(requeued.unwrap().sent, sent, "{now}");
    }
}
