//! The intake of leads, over HTTP ([contract](../../../../docs/contract.md#post-leads)).

use domain::{cadence::Channel, ids::WorkflowId, workflow::Workflow};
use local::demo;
use reqwest::{StatusCode, header};
use serde_json::json;

use crate::fixtures::{Api, account, body, eventually, example_lead, stack};

#[tokio::test]
async fn a_lead_goes_all_the_way() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let created = api.create(&example_lead()).await;
    let id = created["lead"]["id"].as_str().unwrap();
    let lead = eventually("the run is built", || async {
        let lead = api.lead(id).await;
        let run = &lead["active_workflow_run"];
        // No other state is seen before.
        assert!(
            matches!(run["run_status"].as_str(), Some("queued" | "running")),
            "{run}"
        );
        (run["run_status"] == "running").then_some(lead)
    })
    .await;
    let run = &lead["active_workflow_run"];
    assert_eq!(run["id"], created["workflow_run"]["id"]);
    assert_eq!(run["cadence_state"], "active");
    assert_eq!(run["current_status"]["key"], "new");
    assert_eq!(
        lead["campaign"],
        json!({"id": demo::CAMPAIGN_ID, "name": "Spring Launch"})
    );
    stack.stop().await;
}

#[tokio::test]
async fn a_wrong_key_opens_nothing() {
    let stack = stack().await;
    let api = Api::of(&stack);
    for (method, path) in [
        ("POST", "/api/public/leads"),
        (
            "GET",
            "/api/public/leads/019c0000-0000-7000-8000-000000001101",
        ),
        ("GET", "/api/public/workflows"),
        ("GET", "/api/public/campaigns"),
    ] {
        let url = format!("{}{path}", stack.api_url);
        let request = || reqwest::Client::new().request(method.parse().unwrap(), &url);
        let missing = body(request().send().await.unwrap(), StatusCode::UNAUTHORIZED).await;
        assert_eq!(missing["code"], "missing_api_key", "{method} {path}");
        for key in [
            "nxr_live_x",
            "nxr_live_LeadgateWrongKeyNotInAnyTable0003kkIk0",
            "é",
        ] {
            let response = request().header("x-api-key", key).send().await.unwrap();
            let invalid = body(response, StatusCode::UNAUTHORIZED).await;
            assert_eq!(invalid["code"], "invalid_api_key", "{method} {path}");
        }
    }
    let lead = api.lead("019c0000-0000-7000-8000-000000001101").await;
    assert_eq!(lead["first_name"], "Amara");
    stack.stop().await;
}

#[tokio::test]
async fn a_call_workflow_needs_a_phone_number() {
    let stack = stack().await;
    // The refusal also lists all other problems.
    let nothing =
        json!({"workflow_id": demo::WORKFLOW_ID, "force_first_message": {"channel": "sms"}});
    let error = Api::of(&stack).refused(&nothing).await;
    assert_eq!(
        error["message"],
        "first_name is required; phone is required: the workflow has a call step; force_first_message \
         cannot reach the lead on the channel sms; force_first_message needs content on the channel sms"
    );
    let lead = json!({"first_name": "John", "workflow_id": demo::WORKFLOW_ID});
    let error = Api::of(&stack).refused(&lead).await;
    assert_eq!(
        error["message"],
        "phone is required: the workflow has a call step"
    );
    stack.stop().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_by_a_byte_is_refused_in_the_envelope() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let lead_of = |size: usize| {
        let frame = r#"{"first_name":"John","notes":""}"#.len();
        format!(
            r#"{{"first_name":"John","notes":"{}"}}"#,
            "x".repeat(size - frame)
        )
    };
    let fits = api
        .post("/api/public/leads")
        .body(lead_of(64 * 1024))
        .send()
        .await
        .unwrap();
    assert_eq!(fits.status(), StatusCode::CREATED);
    for (size, message) in [
        (64 * 1024 + 1, "A lead must not be over 64 KiB"),
        (2_000_000, "A lead must not be over 64 KiB"),
        (2_000_001, "The body is over 2 MB; send less at once"),
    ] {
        let response = api
            .post("/api/public/leads")
            .body(lead_of(size))
            .send()
            .await
            .unwrap();
        let error = body(response, StatusCode::PAYLOAD_TOO_LARGE).await;
        assert_eq!(
            (&error["message"], &error["code"]),
            (&json!(message), &json!("payload_too_large"))
        );
    }
    stack.stop().await;
}

#[tokio::test]
async fn an_unknown_route_and_a_wrong_method_answer_in_the_envelope() {
    let stack = stack().await;
    let api = Api::of(&stack);
    for path in [
        "/",
        "/api",
        "/api/public",
        "/api/public/leads//",
        "/api/public/leads/x/y",
    ] {
        let response = api.get(path).send().await.unwrap();
        let id = response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let error = body(response, StatusCode::NOT_FOUND).await;
        assert_eq!(
            (&error["code"], &error["request_id"]),
            (&json!("not_found"), &json!(id)),
            "{path}"
        );
    }
    let response = api.delete("/api/public/leads").send().await.unwrap();
    assert_eq!(response.headers()[header::ALLOW], "POST,GET,HEAD");
    let error = body(response, StatusCode::METHOD_NOT_ALLOWED).await;
    assert_eq!(error["code"], "method_not_allowed");
    stack.stop().await;
}

#[tokio::test]
async fn a_workflow_that_cannot_start_is_warned_about() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let store = &stack.services.store;
    let account = account();
    let demo = store
        .workflow(account, demo::WORKFLOW_ID.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let email_only = |is_paused| {
        let mut workflow = Workflow {
            id: WorkflowId::new(demo.created_at, aws::randomness::Randomness::System.bits()),
            is_paused,
            ..demo.clone()
        };
        let steps = &mut workflow.cadence.steps;
        steps.retain(|step| step.channel == Channel::Email);
        workflow
    };
    let (running, paused) = (email_only(false), email_only(true));
    store.create_workflow(account, &running).await.unwrap();
    store.create_workflow(account, &paused).await.unwrap();

    let created = api
        .create(&json!({"first_name": "John", "workflow_id": running.id}))
        .await;
    assert_eq!(created.get("workflow_run"), None);
    assert_eq!(
        created["warning"],
        "no step of the workflow can reach the lead: it is in no workflow"
    );

    let lead = json!({"first_name": "John", "email": "john@example.com", "workflow_id": paused.id});
    let created = api.create(&lead).await;
    assert!(
        created["warning"]
            .as_str()
            .unwrap()
            .starts_with("the workflow is paused"),
        "{created}"
    );
    let id = created["lead"]["id"].as_str().unwrap();
    eventually("the run waits", || async {
        let run = api.lead(id).await["active_workflow_run"].take();
        assert_eq!(run["run_status"], "queued");
        (run["cadence_state"] == "paused").then_some(())
    })
    .await;
    stack.stop().await;
}
