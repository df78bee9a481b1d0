//! Erasures ([contract](../../../../docs/contract.md#delete-leadsid)).

use aws::{clock::Clock, store::Lookup};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    ids::{LeadId, RunId},
    lead::Lead,
    run::Run,
};
use futures::future::join_all;
use jiff::SignedDuration;
use lambda_http::http::StatusCode;
use local::{Services, demo};
use requeue_starts::requeue;
use serde_json::json;
use simulation::Fault;

use crate::fixtures::{
    Api, Container, Reply, account, another_workflow, body, consume, items_of, post, raw_table,
    stack,
};

/// Values that only the erased lead has.
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

async fn erase(container: &Container, id: &str) -> Reply {
    container
        .call("DELETE", &format!("/leads/{id}"), None)
        .await
}

async fn table_holds(services: &Services, text: &str) -> bool {
    format!("{:?}", raw_table(services).await).contains(text)
}

async fn stored(container: &Container, id: &str) -> Lead {
    match container
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
async fn a_start_still_in_the_queue_is_acknowledged_and_changes_nothing() {
    let container = Container::start().await;
    let id = container.create(&canary()).await;
    assert_eq!(erase(&container, &id).await.status, StatusCode::OK);
    let before = raw_table(&container.services).await;
    assert_eq!(consume(&container.services, &Clock::System).await, (1, 0));
    assert!(
        raw_table(&container.services).await == before,
        "the table has changed"
    );
    assert_eq!(consume(&container.services, &Clock::System).await, (0, 0));
    container.stop().await;
}

#[tokio::test]
async fn a_run_that_is_under_way_when_its_lead_is_erased_is_not_written() {
    let container = Container::start().await;
    let id = container.create(&canary()).await;
    // start-workflow read the lead before the erasure, and writes the run after it.
    let lead = stored(&container, &id).await;
    assert_eq!(erase(&container, &id).await.status, StatusCode::OK);
    let run = Run::queued(&lead, lead.start.as_ref().unwrap());
    let error = container.store.create_run(&run).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    container.stop().await;
}

/// Erases a lead, and fails before the run is erased. Returns the lead's id.
async fn half_erased(container: &Container) -> String {
    let id = container.create(&canary()).await;
    assert_eq!(consume(&container.services, &Clock::System).await, (1, 0));
    container.dynamodb.set("Query", Fault::Throttled);
    let reply = erase(container, &id).await;
    container.dynamodb.end_fault("Query");
    assert_eq!(
        (reply.status, reply.retry_after()),
        (StatusCode::SERVICE_UNAVAILABLE, true)
    );
    let message = reply.body["message"].as_str().unwrap();
    assert!(message.contains("may or may not be made"), "{message}");
    // The lead is gone, and its run is still there.
    assert_eq!(container.get(&id).await.status, StatusCode::NOT_FOUND);
    assert!(table_holds(&container.services, CANARIES[5]).await);
    id
}

#[tokio::test]
async fn an_erasure_that_failed_half_way_is_finished_by_the_next() {
    let container = Container::start().await;
    let id = half_erased(&container).await;
    assert_eq!(erase(&container, &id).await.status, StatusCode::OK);
    assert!(!table_holds(&container.services, CANARIES[5]).await);
    assert_eq!(erase(&container, &id).await.status, StatusCode::NOT_FOUND);
    container.stop().await;
}

#[tokio::test]
async fn an_erasure_that_is_not_requested_again_is_finished_within_two_minutes() {
    let container = Container::start().await;
    let id = half_erased(&container).await;
    let (store, queue) = (&container.services.store, &container.services.queue);
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
    assert!(!table_holds(&container.services, CANARIES[5]).await);
    assert_eq!(erase(&container, &id).await.status, StatusCode::NOT_FOUND);
    container.stop().await;
}

#[tokio::test]
async fn an_erasure_whose_answer_is_lost_succeeds() {
    let container = Container::start().await;
    let id = container.create(&canary()).await;
    container.dynamodb.set_once("PutItem", Fault::FailedAfter);
    assert_eq!(erase(&container, &id).await.status, StatusCode::OK);
    assert_eq!(erase(&container, &id).await.status, StatusCode::NOT_FOUND);
    container.stop().await;
}

#[tokio::test]
async fn simultaneous_erasures_and_changes_end_in_an_erased_lead() {
    let container = Container::start().await;
    for _ in 0..8 {
        let id = container.create(&canary()).await;
        assert_eq!(consume(&container.services, &Clock::System).await, (1, 0));
        let path = format!("/leads/{id}");
        let change = json!({"title": "Canarytitle"});
        let erasures = join_all((0..8).map(|_| erase(&container, &id)));
        let changes = join_all((0..8).map(|_| container.call("PATCH", &path, Some(&change))));
        let (erasures, changes) = futures::future::join(erasures, changes).await;
        assert!(erasures.iter().any(|reply| reply.status == StatusCode::OK));
        for reply in erasures.iter().chain(&changes) {
            let is_expected = matches!(reply.status, StatusCode::OK | StatusCode::NOT_FOUND);
            assert!(is_expected, "{}", reply.text);
        }
        assert_eq!(erase(&container, &id).await.status, StatusCode::NOT_FOUND);
        let items = items_of(&container.services, &id).await;
        assert_eq!(items.len(), 2, "two traces");
        assert!(!format!("{items:?}").contains("Canary"));
    }
    container.stop().await;
}

#[tokio::test]
async fn the_key_of_an_erased_lead_brings_it_back_no_more() {
    let container = Container::start().await;
    let reply = container.post(&canary(), Some("key")).await;
    let id = reply.body["lead"]["id"].as_str().unwrap().to_owned();
    assert_eq!(erase(&container, &id).await.status, StatusCode::OK);
    for leads in [canary(), json!({"first_name": "John"})] {
        let reply = container.post(&leads, Some("key")).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            reply.body["message"],
            "The lead of this Idempotency-Key has been erased; use a new key for this lead"
        );
    }
    let reply = container.post(&json!({}), Some("key")).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let leads = json!([canary(), canary()]);
    let reply = container.post(&leads, Some("array")).await;
    for result in reply.body["results"].as_array().unwrap() {
        let id = result["lead"]["id"].as_str().unwrap();
        assert_eq!(erase(&container, id).await.status, StatusCode::OK);
    }
    let reply = container.post(&leads, Some("array")).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    container.stop().await;
}

/// Returns the kinds of all items that refer to a lead, in its partition or anywhere else.
async fn kinds_that_name(services: &Services, lead: &str) -> Vec<String> {
    let items = raw_table(services).await.into_values();
    let naming = items.filter(|item| format!("{item:?}").contains(lead));
    naming
        .map(|item| item["et"].as_s().unwrap().clone())
        .collect()
}

#[tokio::test]
async fn an_erased_lead_of_a_paused_workflow_leaves_only_tombstones() {
    let (container, clock) = Container::with_clock().await;
    let mut workflows = Vec::new();
    for _ in 0..2 {
        workflows.push(another_workflow(&container, |workflow| workflow.is_paused = true).await);
    }
    for is_built in [true, false] {
        for assignments in 0..3 {
            let mut lead = canary();
            lead["workflow_id"] = json!(workflows[0].id);
            let id = container.create(&lead).await;
            for number in 0..=assignments {
                if number > 0 {
                    let workflow = &workflows[number % 2];
                    let body =
                        json!({"workflowId": workflow.id, "reason": "canary", "actorId": "canary"});
                    let reply = post(&container, &id, "assign-workflow", &body).await;
                    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
                }
                if is_built || number < assignments {
                    consume(&container.services, &clock).await;
                    let kinds = kinds_that_name(&container.services, &id).await;
                    assert!(kinds.contains(&"waiting_start".to_owned()), "{kinds:?}");
                }
            }
            assert_eq!(erase(&container, &id).await.status, StatusCode::OK);
            consume(&container.services, &clock).await;
            let kinds = kinds_that_name(&container.services, &id).await;
            // The lead, and each of its runs.
            assert_eq!(kinds, vec!["erased"; assignments + 2]);
            assert!(!table_holds(&container.services, "anary").await);
        }
    }
    container.stop().await;
}

#[tokio::test]
async fn a_waiting_note_is_removed_by_an_erasure_that_was_cut_short_anywhere() {
    let (container, clock) = Container::with_clock().await;
    let paused = another_workflow(&container, |workflow| workflow.is_paused = true).await;
    let mut lead = canary();
    lead["workflow_id"] = json!(paused.id);
    for operation in ["Query", "DeleteItem"] {
        for is_built in [true, false] {
            let id = container.create(&lead).await;
            if is_built {
                consume(&container.services, &clock).await;
            }
            container.dynamodb.set(operation, Fault::Throttled);
            let reply = erase(&container, &id).await;
            container.dynamodb.end_fault(operation);
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{operation}");
            // start-workflow writes a run that was ordered, if there is no tombstone yet.
            consume(&container.services, &clock).await;
            assert_eq!(erase(&container, &id).await.status, StatusCode::OK);
            let kinds = kinds_that_name(&container.services, &id).await;
            assert_eq!(kinds, ["erased"; 2], "{operation}, {is_built}");
        }
    }
    container.stop().await;
}

#[tokio::test]
async fn a_run_and_its_waiting_note_that_come_during_an_erasure_are_erased() {
    let (container, _) = Container::with_clock().await;
    let paused = another_workflow(&container, |workflow| workflow.is_paused = true).await;
    let mut lead = canary();
    lead["workflow_id"] = json!(paused.id);
    let id = container.create(&lead).await;
    // start-workflow read the lead before the erasure, and writes the run after the tombstone.
    let lead = stored(&container, &id).await;
    container.dynamodb.set("Query", Fault::Throttled);
    let reply = erase(&container, &id).await;
    container.dynamodb.end_fault("Query");
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    let run = Run::queued(&lead, lead.start.as_ref().unwrap());
    container.store.create_waiting_run(run).await.unwrap();
    assert_eq!(kinds_that_name(&container.services, &id).await.len(), 3);
    assert_eq!(erase(&container, &id).await.status, StatusCode::OK);
    assert_eq!(
        kinds_that_name(&container.services, &id).await,
        ["erased"; 2]
    );
    container.stop().await;
}

#[tokio::test]
async fn a_damaged_lead_can_be_erased() {
    let container = Container::start().await;
    let id = container.create(&canary()).await;
    let text = |text: String| AttributeValue::S(text);
    container
        .services
        .clients
        .dynamodb
        .update_item()
        .table_name(container.services.table())
        .key("pk", text(format!("LEAD#{}#{id}", demo::ACCOUNT_ID)))
        .key("sk", text("SELF".to_owned()))
        .update_expression("SET phone = :damage, #start.run_id = :damage")
        .expression_attribute_names("#start", "start")
        .expression_attribute_values(":damage", text("Canaryphone".to_owned()))
        .send()
        .await
        .unwrap();
    assert_eq!(
        container.get(&id).await.status,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    // The list skips the damaged lead.
    let list = container.call("GET", "/leads", None).await;
    assert_eq!(list.body["leads"].as_array().unwrap().len(), 10);
    assert_eq!(erase(&container, &id).await.status, StatusCode::OK);
    assert!(!table_holds(&container.services, "Canary").await);
    container.stop().await;
}

#[tokio::test]
async fn reading_and_erasing_cope_with_many_runs_and_reading_is_one_query() {
    let container = Container::start().await;
    let id = container.create(&canary()).await;
    assert_eq!(consume(&container.services, &Clock::System).await, (1, 0));
    let lead = stored(&container, &id).await;
    let lead_id: LeadId = id.parse().unwrap();
    for second in 0..60 {
        let run = Run {
            id: RunId::new(
                jiff::Timestamp::from_second(second).unwrap(),
                aws::randomness::Randomness::System.bits(),
            ),
            ..Run::queued(&lead, lead.start.as_ref().unwrap())
        };
        container.store.create_run(&run).await.unwrap();
    }
    // The first read of a process also reads the secret of the account.
    container.get(&lead_id.to_string()).await;
    container.dynamodb.take_calls();
    let reply = container.get(&lead_id.to_string()).await;
    assert_eq!(
        reply.body["lead"]["active_workflow_run"]["run_status"],
        "running"
    );
    assert_eq!(container.dynamodb.take_calls(), ["Query"]);
    assert_eq!(erase(&container, &id).await.status, StatusCode::OK);
    assert!(!table_holds(&container.services, "canary").await);
    container.stop().await;
}
