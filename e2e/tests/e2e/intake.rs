//! A lead all the way, over real HTTP.

use std::time::{Duration, Instant};

use leadgate::local::demo;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};

use crate::support::{Api, body, eventually, stack};

/// The create-lead reference's own example.
fn john() -> Value {
    json!({
        "first_name": "John", "last_name": "Doe", "email": "john@example.com",
        "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID, "campaign_id": demo::CAMPAIGN_ID,
    })
}

#[tokio::test]
async fn a_lead_goes_all_the_way_within_two_seconds() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let started = Instant::now();
    let created = api.create(&john()).await;
    let id = created["lead"]["id"].as_str().unwrap();
    let lead = eventually("the run is built", || async {
        let lead = api.lead(id).await;
        let run = &lead["active_workflow_run"];
        // Never anything else on the way.
        assert!(
            matches!(run["run_status"].as_str(), Some("queued" | "running")),
            "{run}"
        );
        (run["run_status"] == "running").then_some(lead)
    })
    .await;
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
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
async fn a_lead_comes_back_as_it_was_sent() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let sent = r#"{"first_name":"Zoë","notes":"line\nbreak \u0000 \"quoted\"","n":1.0,"big":12345678901234567890,
        "metadata":{"":1,"\u0000":2,"a.b#c":{"d":[null,true,-0,1e2]}}}"#;
    let response = api
        .post("/api/public/leads")
        .header(header::CONTENT_TYPE, "application/json")
        .body(sent)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let location = response.headers()[header::LOCATION]
        .to_str()
        .unwrap()
        .to_owned();
    let created = response.text().await.unwrap();
    let read = api
        .get(&location)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let metadata = r#""metadata":{"":1,"\u0000":2,"a.b#c":{"d":[null,true,-0,1e2]},"big":12345678901234567890,"n":1.0,"notes":"line\nbreak \u0000 \"quoted\""}"#;
    assert!(created.contains(metadata), "{created}");
    assert!(read.contains(metadata), "{read}");
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
    let lead = json!({"first_name": "John", "workflow_id": demo::WORKFLOW_ID});
    let response = Api::of(&stack)
        .post("/api/public/leads")
        .json(&lead)
        .send()
        .await
        .unwrap();
    let error = body(response, StatusCode::BAD_REQUEST).await;
    assert_eq!(
        error["message"],
        "phone is required: the workflow has a call step"
    );
    stack.stop().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_in_the_envelope() {
    let stack = stack().await;
    for (size, message) in [
        (64 * 1024, "A lead must not be over 64 KiB"),
        (
            5 * 1024 * 1024,
            "The body is over 5 MiB; send fewer leads at once",
        ),
    ] {
        let lead = json!({"first_name": "John", "notes": "x".repeat(size)});
        let response = Api::of(&stack)
            .post("/api/public/leads")
            .json(&lead)
            .send()
            .await
            .unwrap();
        let error = body(response, StatusCode::PAYLOAD_TOO_LARGE).await;
        assert_eq!(error["message"], message);
        assert_eq!(error["code"], "payload_too_large");
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
        "/api/public/leads/",
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
    let response = api.get("/api/public/leads").send().await.unwrap();
    assert_eq!(response.headers()[header::ALLOW], "POST");
    let error = body(response, StatusCode::METHOD_NOT_ALLOWED).await;
    assert_eq!(error["code"], "method_not_allowed");
    stack.stop().await;
}
