//! What a client is told, and what is kept, when DynamoDB or SQS does not play along.

use std::time::Duration;

use api::{AppState, router};
use e2e::proxy::{Fault, Proxy};
use lambda_http::http::{Request, StatusCode, header};
use leadgate::local::{Services, demo};
use requeue_starts::{Requeued, requeue};
use serde_json::{Value, json};
use shared::{aws::Clients, clock::Clock, queue::StartQueue, store::Store};
use tower::ServiceExt;

use crate::support::{eventually, services};

/// The API with a proxy in front of each service.
struct Faulty {
    services: Services,
    dynamodb: Proxy,
    sqs: Proxy,
    api: axum::Router,
}

struct Reply {
    status: StatusCode,
    retry_after: bool,
    body: Value,
}

impl Faulty {
    async fn start() -> Self {
        let services = services().await;
        let dynamodb = Proxy::start(&services.dynamodb_url).await;
        let sqs = Proxy::start(&services.sqs_url).await;
        let clients = Clients::local(&dynamodb.url, &sqs.url).await;
        let store = Store::new(clients.dynamodb, services.table());
        let queue = StartQueue::new(clients.sqs, &services.queue_url);
        let api = router(AppState::new(store, queue, Clock::System));
        Self {
            services,
            dynamodb,
            sqs,
            api,
        }
    }

    /// The same with the key and the workflow in the caches.
    async fn warm() -> Self {
        let faulty = Self::start().await;
        assert_eq!(faulty.post(&lead(), None).await.status, StatusCode::CREATED);
        faulty.dynamodb.take_calls();
        faulty.sqs.take_calls();
        faulty
    }

    async fn post(&self, lead: &Value, key: Option<&str>) -> Reply {
        let mut request = Request::post("/api/public/leads").header("x-api-key", demo::API_KEY);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(lead.to_string()).unwrap()).await
    }

    async fn get(&self, id: &str) -> Reply {
        let request =
            Request::get(format!("/api/public/leads/{id}")).header("x-api-key", demo::API_KEY);
        self.send(request.body(String::new()).unwrap()).await
    }

    async fn send(&self, request: Request<String>) -> Reply {
        let response = self.api.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Reply {
            status: parts.status,
            retry_after: parts.headers.contains_key(header::RETRY_AFTER),
            body: serde_json::from_slice(&body).unwrap(),
        }
    }

    /// How many starts are in the queue.
    async fn queued(&self) -> usize {
        let mut bodies = std::collections::HashSet::new();
        loop {
            let received = self
                .services
                .clients
                .sqs
                .receive_message()
                .queue_url(&self.services.queue_url)
                .max_number_of_messages(10)
                .send()
                .await
                .unwrap();
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() {
                return bodies.len();
            }
            bodies.extend(messages.into_iter().map(|message| message.message_id));
        }
    }
}

fn lead() -> Value {
    json!({"first_name": "John", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID})
}

#[tokio::test]
async fn a_warm_lead_costs_two_calls_and_they_go_side_by_side() {
    let faulty = Faulty::warm().await;
    faulty
        .dynamodb
        .set("PutItem", Fault::Slow(Duration::from_millis(300)));
    faulty
        .sqs
        .set("SendMessage", Fault::Slow(Duration::from_millis(300)));
    let lead = lead();
    let both = eventually("both calls are under way", || async {
        (faulty.dynamodb.under_way() == 1 && faulty.sqs.under_way() == 1).then_some(())
    });
    let (reply, ()) = futures::future::join(faulty.post(&lead, None), both).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(faulty.dynamodb.take_calls(), ["PutItem"]);
    assert_eq!(faulty.sqs.take_calls(), ["SendMessage"]);
}

#[tokio::test]
async fn a_malformed_key_costs_no_call() {
    let faulty = Faulty::start().await;
    let request = Request::get("/api/public/workflows").header("x-api-key", "nxr_live_x");
    let reply = faulty.send(request.body(String::new()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(faulty.dynamodb.take_calls(), [""; 0]);
}

#[tokio::test]
async fn a_store_that_is_down_is_503_with_retry_after() {
    for fault in [Fault::Refuse, Fault::Throttle] {
        let faulty = Faulty::start().await;
        faulty.dynamodb.set("GetItem", fault);
        let reply = faulty.post(&lead(), None).await;
        assert_eq!(
            (reply.status, reply.retry_after),
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
    let faulty = Faulty::warm().await;
    // Every attempt is done and answered with an error: the condition fails from the second on.
    faulty.dynamodb.set("PutItem", Fault::LoseReply);
    let reply = faulty.post(&lead(), None).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    let id = reply.body["lead"]["id"].as_str().unwrap();
    assert_eq!(faulty.get(id).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_lead_that_was_not_stored_is_told_so() {
    let faulty = Faulty::warm().await;
    faulty.dynamodb.set("PutItem", Fault::Refuse);
    let reply = faulty.post(&lead(), None).await;
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
    faulty.dynamodb.set("GetItem", Fault::Refuse);
    let reply = faulty.post(&lead(), None).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("may be stored or not"),
        "{}",
        reply.body
    );
}

#[tokio::test]
async fn a_start_that_cannot_be_queued_is_delayed_and_follows() {
    let faulty = Faulty::warm().await;
    let before = faulty.queued().await;
    faulty.sqs.set("SendMessage", Fault::Refuse);
    let reply = faulty.post(&lead(), Some("key")).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert!(reply.body["workflow_run"]["id"].is_string());
    assert!(reply.body["warning"].as_str().unwrap().contains("delayed"));
    // The replay says the same, the warning included.
    assert_eq!(faulty.post(&lead(), Some("key")).await.body, reply.body);
    let sent = requeue(
        &faulty.services.store,
        &faulty.services.queue,
        &Clock::System,
    )
    .await
    .unwrap();
    assert_eq!((before, sent), (1, Requeued { sent: 1 }));
    assert_eq!(faulty.queued().await, 1);
}

#[tokio::test]
async fn a_start_that_can_be_neither_queued_nor_noted_is_not_promised() {
    let faulty = Faulty::warm().await;
    faulty.sqs.set("SendMessage", Fault::Refuse);
    faulty.dynamodb.set("UpdateItem", Fault::Refuse);
    let reply = faulty.post(&lead(), None).await;
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
    let faulty = Faulty::warm().await;
    let leads = json!([lead(), lead(), {}]);
    faulty.sqs.set("SendMessageBatch", Fault::Refuse);
    let reply = faulty.post(&leads, None).await;
    assert_eq!(reply.status, StatusCode::MULTI_STATUS);
    assert!(
        reply.body["results"][0]["warning"]
            .as_str()
            .unwrap()
            .contains("delayed")
    );
    let sent = requeue(
        &faulty.services.store,
        &faulty.services.queue,
        &Clock::System,
    )
    .await
    .unwrap();
    assert_eq!(sent, Requeued { sent: 2 });

    faulty.dynamodb.set("BatchWriteItem", Fault::Throttle);
    let reply = faulty.post(&leads, None).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.body["results"][0]["code"], "unavailable");
    assert_eq!(reply.body["results"][2]["code"], "validation_error");
    let reply = faulty.post(&json!([lead(), lead()]), None).await;
    assert_eq!(
        (reply.status, reply.retry_after),
        (StatusCode::SERVICE_UNAVAILABLE, true)
    );
}

#[tokio::test]
async fn a_message_carries_ids_only_and_its_accounts_group() {
    let faulty = Faulty::warm().await;
    let person = json!({
        "first_name": "Canary-first", "last_name": "Canary-last", "email": "canary@example.com",
        "phone": "+15550109999", "workflow_id": demo::WORKFLOW_ID, "notes": "Canary-notes",
    });
    faulty.post(&person, None).await;
    faulty.post(&json!([person]), None).await;
    let bodies = faulty.sqs.take_bodies();
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
    let faulty = Faulty::warm().await;
    faulty
        .dynamodb
        .set("BatchWriteItem", Fault::LeaveUnprocessedOnce);
    let reply = faulty.post(&json!([lead(), lead()]), None).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    assert_eq!(
        faulty.dynamodb.take_calls(),
        ["BatchWriteItem", "BatchWriteItem"]
    );
    for result in reply.body["results"].as_array().unwrap() {
        assert_eq!(
            faulty
                .get(result["lead"]["id"].as_str().unwrap())
                .await
                .status,
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn leads_of_a_batch_whose_answer_is_lost_are_looked_up() {
    let faulty = Faulty::warm().await;
    faulty.dynamodb.set("BatchWriteItem", Fault::LoseReply);
    let reply = faulty.post(&json!([lead(), lead()]), None).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    // When they cannot be looked up either, nothing is claimed.
    faulty.dynamodb.set("GetItem", Fault::Refuse);
    let reply = faulty.post(&json!([lead(), lead()]), None).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("may be stored or not"),
        "{}",
        reply.body
    );
}

#[tokio::test]
async fn a_start_of_many_that_fails_alone_is_delayed_alone() {
    let faulty = Faulty::warm().await;
    faulty.sqs.set("SendMessageBatch", Fault::FailFirstEntry);
    let reply = faulty.post(&json!([lead(), lead(), lead()]), None).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let warned: Vec<_> = (0..3)
        .map(|index| reply.body["results"][index].get("warning").is_some())
        .collect();
    assert_eq!(warned, [true, false, false]);
}

#[tokio::test]
async fn a_replay_whose_start_cannot_be_sent_is_noted_down() {
    let faulty = Faulty::warm().await;
    let first = faulty.post(&lead(), Some("key")).await;
    faulty.sqs.set("SendMessage", Fault::Refuse);
    let replay = faulty.post(&lead(), Some("key")).await;
    assert_eq!(
        (replay.status, &replay.body),
        (StatusCode::CREATED, &first.body)
    );
    let sent = requeue(
        &faulty.services.store,
        &faulty.services.queue,
        &Clock::System,
    )
    .await
    .unwrap();
    assert_eq!(sent, Requeued { sent: 1 });
}
