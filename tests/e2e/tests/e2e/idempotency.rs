//! Idempotent requests and their replays
//! ([contract](../../../../docs/contract.md#idempotency-key)).

use std::collections::HashSet;

use api::{AppState, router};
use aws::clock::Clock;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{api_key::ApiKey, cadence::Channel, ids::WorkflowId, workflow::Workflow};
use futures::future::join_all;
use lambda_http::http::Request;
use local::demo;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::fixtures::{Api, account, items_of, services, stack};

async fn send(api: &Api, key: &str, body: &Value) -> Response {
    api.post("/api/public/leads")
        .header("idempotency-key", key)
        .json(body)
        .send()
        .await
        .unwrap()
}

fn is_replay(response: &Response) -> bool {
    response
        .headers()
        .get("idempotency-replayed")
        .is_some_and(|value| value == "true")
}

fn lead(name: &str) -> Value {
    json!({"first_name": name, "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID})
}

#[tokio::test]
async fn a_replayed_key_returns_the_first_reply() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let first = send(&api, "order-17", &lead("John")).await;
    assert_eq!(
        (first.status(), is_replay(&first)),
        (StatusCode::CREATED, false)
    );
    let location = first.headers()["location"].clone();
    let first = first.text().await.unwrap();
    // Whitespace and the order of keys do not matter.
    let same = format!(
        r#"{{ "workflow_id": "{}", "phone":"+1234567890",  "first_name":"John" }}"#,
        demo::WORKFLOW_ID
    );
    let again = api
        .post("/api/public/leads")
        .header("idempotency-key", "order-17")
        .body(same);
    let again = again.send().await.unwrap();
    assert_eq!(
        (again.status(), is_replay(&again)),
        (StatusCode::CREATED, true)
    );
    assert_eq!(again.headers()["location"], location);
    assert_eq!(again.text().await.unwrap(), first);
    // Another key creates another lead.
    let other = send(&api, "order-18", &lead("John"))
        .await
        .text()
        .await
        .unwrap();
    assert_ne!(other, first);
    stack.stop().await;
}

#[tokio::test]
async fn a_key_for_another_request_is_refused() {
    let stack = stack().await;
    let api = Api::of(&stack);
    send(&api, "key", &lead("John")).await;
    for other in [lead("Jane"), json!([lead("John")])] {
        let response = send(&api, "key", &other).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let error: Value = response.json().await.unwrap();
        assert_eq!(error["code"], "idempotency_key_reused");
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_request_that_was_refused_does_not_use_up_its_key() {
    let stack = stack().await;
    let api = Api::of(&stack);
    assert_eq!(
        send(&api, "key", &json!({})).await.status(),
        StatusCode::BAD_REQUEST
    );
    let response = send(&api, "key", &lead("John")).await;
    assert_eq!(
        (response.status(), is_replay(&response)),
        (StatusCode::CREATED, false)
    );
    for wrong in ["two words", "", &"k".repeat(256)] {
        assert_eq!(
            send(&api, wrong, &lead("John")).await.status(),
            StatusCode::BAD_REQUEST,
            "{wrong}"
        );
    }
    stack.stop().await;
}

#[tokio::test]
async fn of_64_simultaneous_requests_one_makes_the_lead_and_all_get_its_reply() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let lead = lead("John");
    let responses = join_all((0..64).map(|_| send(&api, "rush", &lead))).await;
    let mut replies = HashSet::new();
    let mut first = 0;
    for response in responses {
        assert_eq!(response.status(), StatusCode::CREATED);
        first += u32::from(!is_replay(&response));
        replies.insert(response.text().await.unwrap());
    }
    assert_eq!((first, replies.len()), (1, 1));
    let reply: Value = serde_json::from_str(replies.iter().next().unwrap()).unwrap();
    let id = reply["lead"]["id"].as_str().unwrap();
    api.lead_with_run(id).await;
    let items = items_of(&stack.services, id).await;
    assert_eq!(items.len(), 2, "the lead and one run");
    stack.stop().await;
}

#[tokio::test]
async fn of_16_simultaneous_arrays_each_lead_is_made_once() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let leads = json!([lead("A"), lead("B"), lead("C")]);
    let responses = join_all((0..16).map(|_| send(&api, "rush", &leads))).await;
    let mut replies = HashSet::new();
    for response in responses {
        assert_eq!(response.status(), StatusCode::CREATED);
        replies.insert(response.text().await.unwrap());
    }
    assert_eq!(replies.len(), 1);
    stack.stop().await;
}

#[tokio::test]
async fn a_replay_shows_the_lead_as_it_is_now_and_the_rest_of_the_first_reply() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let account = account();
    let store = &stack.services.store;
    let demo = store
        .workflow(account, demo::WORKFLOW_ID.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let mut workflow = Workflow {
        id: WorkflowId::new(demo.created_at, aws::randomness::Randomness::System.bits()),
        ..demo
    };
    workflow
        .cadence
        .steps
        .retain(|step| step.channel == Channel::Email);
    store.create_workflow(account, &workflow).await.unwrap();
    let lead =
        json!({"first_name": "John", "email": "john@example.com", "workflow_id": workflow.id});
    let first: Value = send(&api, "key", &lead).await.json().await.unwrap();

    // The lead gets another name.
    let id = first["lead"]["id"].as_str().unwrap();
    api.change(id, &json!({"first_name": "Jane"})).await;
    assert_eq!(api.lead(id).await["first_name"], "Jane");
    let again = send(&api, "key", &lead).await;
    assert!(is_replay(&again));
    let again: Value = again.json().await.unwrap();
    let mut expected = first;
    expected["lead"]["first_name"] = json!("Jane");
    assert_eq!(again, expected);
    stack.stop().await;
}

#[tokio::test]
async fn a_replay_of_what_would_be_refused_today_gets_the_first_reply() {
    let services = services().await;
    let api = |store| {
        let state = AppState::new(store, services.queue.clone(), Clock::System);
        router(state)
    };
    let lead = json!({"first_name": "John", "phone": "(555) 010-0100"}).to_string();
    let request = || {
        Request::post("/api/public/leads")
            .header("x-api-key", demo::API_KEY)
            .header("idempotency-key", "key")
            .body(lead.clone())
            .unwrap()
    };
    let first = api(services.store.clone())
        .oneshot(request())
        .await
        .unwrap();
    assert_eq!(first.status().as_u16(), 201);
    // Without the account's country, the phone number would be refused.
    let key: ApiKey = demo::API_KEY.parse().unwrap();
    services
        .clients
        .dynamodb
        .update_item()
        .table_name(services.table())
        .key(
            "pk",
            AttributeValue::S(format!("KEY#{}", key.hash().as_str())),
        )
        .key("sk", AttributeValue::S("KEY".to_owned()))
        .update_expression("REMOVE default_country")
        .send()
        .await
        .unwrap();
    let again = api(services.store.clone())
        .oneshot(request())
        .await
        .unwrap();
    assert_eq!(again.status().as_u16(), 201);
    assert!(again.headers().contains_key("idempotency-replayed"));
    services.stop().await;
}

#[tokio::test]
async fn a_retried_array_creates_only_what_is_missing() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let mut leads = vec![lead("A"), json!({"first_name": ""}), lead("C")];
    let first = send(&api, "array", &json!(leads)).await;
    assert_eq!(first.status(), StatusCode::MULTI_STATUS);
    let first: Value = first.json().await.unwrap();
    let again = send(&api, "array", &json!(leads)).await;
    assert_eq!(
        (again.status(), is_replay(&again)),
        (StatusCode::MULTI_STATUS, true)
    );
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    leads[1] = lead("B");
    let mended: Value = send(&api, "array", &json!(leads))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(mended["created"], 3);
    for index in [0, 2] {
        assert_eq!(
            mended["results"][index]["lead"],
            first["results"][index]["lead"]
        );
    }
    stack.stop().await;
}
