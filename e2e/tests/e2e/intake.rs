//! A lead all the way, over real HTTP.

use std::time::{Duration, Instant};

use leadgate::local::demo;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use shared::domain::{
    api_key::ApiKey,
    ids::WorkflowId,
    workflow::{Channel, Workflow},
};

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
    // Together with all else that is wrong.
    let nothing =
        json!({"workflow_id": demo::WORKFLOW_ID, "force_first_message": {"channel": "sms"}});
    let response = Api::of(&stack)
        .post("/api/public/leads")
        .json(&nothing)
        .send()
        .await
        .unwrap();
    let error = body(response, StatusCode::BAD_REQUEST).await;
    assert_eq!(
        error["message"],
        "first_name is required; phone is required: the workflow has a call step; force_first_message \
         cannot reach the lead on the channel sms; force_first_message needs content on the channel sms"
    );
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
        (5 * 1024 * 1024, "A lead must not be over 64 KiB"),
        (
            5 * 1024 * 1024 + 1,
            "The body is over 5 MiB; send fewer leads at once",
        ),
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

#[tokio::test]
async fn a_first_message_takes_the_place_of_the_first_touchpoint() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let mut lead = john();
    lead["force_first_message"] = json!({"channel": "whatsapp", "content": "Hello John"});
    let created = api.create(&lead).await;
    let cadence = &created["workflow_run"]["cadence"];
    assert_eq!(
        (&cadence["channel"], &cadence["stepIndex"]),
        (&json!("whatsapp"), &json!(0))
    );
    assert_eq!(created["lead"]["metadata"], json!({}));
    stack.stop().await;
}

#[tokio::test]
async fn a_first_message_that_cannot_be_sent_is_refused() {
    let stack = stack().await;
    let api = Api::of(&stack);
    for (message, problems) in [
        (
            json!({"channel": "fax"}),
            &["force_first_message.channel must be call, whatsapp, email or sms"][..],
        ),
        (
            json!({}),
            &["force_first_message needs begin_message or content on the channel call"],
        ),
        (
            json!({"channel": "sms"}),
            &["force_first_message needs content on the channel sms"],
        ),
        (
            json!({"channel": "sms", "content": "Hi", "html": "<p>", "text": 1}),
            &[
                "force_first_message.text is not a field of force_first_message",
                "force_first_message.html is not for the channel sms",
            ],
        ),
        (
            json!({"channel": "sms", "content": "Hi", "html": "<p>"}),
            &["force_first_message.html is not for the channel sms"],
        ),
        (
            json!({"content": 7}),
            &["force_first_message.content must be a string"],
        ),
        (json!([]), &["force_first_message must be an object"]),
    ] {
        let mut lead = john();
        lead["force_first_message"] = message;
        let response = api
            .post("/api/public/leads")
            .json(&lead)
            .send()
            .await
            .unwrap();
        let error = body(response, StatusCode::BAD_REQUEST).await;
        let messages: Vec<_> = error["details"]
            .as_array()
            .unwrap()
            .iter()
            .map(|detail| &detail["message"])
            .collect();
        assert_eq!(messages, problems);
    }
    let mut lead = john();
    lead["email"] = Value::Null;
    lead["force_first_message"] = json!({"channel": "email", "content": "Hi"});
    let response = api
        .post("/api/public/leads")
        .json(&lead)
        .send()
        .await
        .unwrap();
    let error = body(response, StatusCode::BAD_REQUEST).await;
    assert_eq!(
        error["message"],
        "force_first_message cannot reach the lead on the channel email"
    );
    let lead = json!({"first_name": "John", "force_first_message": {"content": "Hi"}});
    let response = api
        .post("/api/public/leads")
        .json(&lead)
        .send()
        .await
        .unwrap();
    let error = body(response, StatusCode::BAD_REQUEST).await;
    assert_eq!(error["message"], "force_first_message needs workflow_id");
    stack.stop().await;
}

#[tokio::test]
async fn numbers_and_depths_that_cannot_be_kept_are_refused_by_name() {
    let stack = stack().await;
    let api = Api::of(&stack);
    for (value, kept) in [
        ("9007199254740993", true),
        ("18446744073709551616", true),
        ("0.1", true),
        ("-0", true),
        ("12345678901234567890123456789012345678", true),
        ("123456789012345678901234567890123456789", false),
        ("1e400", false),
        ("[[[[[[[[8]]]]]]]]", true),
        ("[[[[[[[[[9]]]]]]]]]", false),
    ] {
        for body in [
            format!(r#"{{"first_name":"J","x":{value}}}"#),
            format!(r#"{{"first_name":"J","metadata":{{"x":{value}}}}}"#),
        ] {
            let request = api
                .post("/api/public/leads")
                .header(header::CONTENT_TYPE, "application/json");
            let response = request.body(body.clone()).send().await.unwrap();
            let status = response.status();
            let text = response.text().await.unwrap();
            if kept {
                assert_eq!(status, StatusCode::CREATED, "{text}");
                assert!(
                    text.contains(&format!(r#""metadata":{{"x":{value}}}"#)),
                    "{text}"
                );
            } else {
                assert_eq!(status, StatusCode::BAD_REQUEST, "{text}");
                let field = if body.contains("metadata") {
                    "metadata.x"
                } else {
                    "x"
                };
                assert!(text.contains(&format!(r#""field":"{field}""#)), "{text}");
            }
        }
    }
    stack.stop().await;
}

#[tokio::test]
async fn odd_text_is_kept_or_refused_and_never_changed() {
    let stack = stack().await;
    let api = Api::of(&stack);
    for name in [
        "\u{fffe}x",
        "\u{202e}txet",
        "👩‍👩‍👧‍👦",
        "O'Brien <b>&amp;</b>",
        "李小龙",
        "Å",
    ] {
        let created = api
            .create(&json!({"first_name": name, "notes": name}))
            .await;
        let lead = api.lead(created["lead"]["id"].as_str().unwrap()).await;
        assert_eq!(
            (&lead["first_name"], &lead["metadata"]["notes"]),
            (&json!(name), &json!(name))
        );
    }
    for (sent, message) in [
        (
            r#"{"first_name":"\ud800"}"#,
            "first_name must be valid Unicode",
        ),
        (
            r#"{"first_name":"a","first_name":"b"}"#,
            "first_name is given more than once",
        ),
        (
            r#"{"first_name":"a\u0000b"}"#,
            "first_name must not contain control characters, such as tabs or line breaks",
        ),
        (r#"{"first_name":7}"#, "first_name must be a string"),
    ] {
        let request = api.post("/api/public/leads").body(sent);
        let error = body(request.send().await.unwrap(), StatusCode::BAD_REQUEST).await;
        assert_eq!(error["message"], message);
    }
    let latin1 = b"{\"first_name\":\"Zo\xeb\"}".to_vec();
    let response = api
        .post("/api/public/leads")
        .body(latin1)
        .send()
        .await
        .unwrap();
    let error = body(response, StatusCode::BAD_REQUEST).await;
    assert_eq!(
        error["message"],
        "The body is not UTF-8: send it as UTF-8, and uncompressed (line 1, column 18)"
    );
    let with_mark = "\u{feff}{\"first_name\":\"Zo\u{eb}\"}";
    let response = api
        .post("/api/public/leads")
        .body(with_mark)
        .send()
        .await
        .unwrap();
    let created = body(response, StatusCode::CREATED).await;
    assert_eq!(created["lead"]["first_name"], "Zo\u{eb}");
    stack.stop().await;
}

#[tokio::test]
async fn a_workflow_that_cannot_start_is_warned_about() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let store = &stack.services.store;
    let key: ApiKey = demo::API_KEY.parse().unwrap();
    let account = store.account_of_key(&key.hash()).await.unwrap().unwrap().id;
    let demo = store
        .workflow(account, demo::WORKFLOW_ID.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let email_only = |is_paused| Workflow {
        id: WorkflowId::new(demo.created_at),
        is_paused,
        steps: demo
            .steps
            .iter()
            .copied()
            .filter(|step| step.channel == Channel::Email)
            .collect(),
        ..demo.clone()
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
