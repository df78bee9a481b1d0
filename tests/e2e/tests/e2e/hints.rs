//! Hints: a lead that is created, and lacks something that its sender likely meant to give
//! ([contract](../../../../docs/contract.md#hints)).

use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};

use crate::fixtures::{Container, Logs};

const EMAIL: &str = "Did you mean email? The key \"emial\" counts as metadata.";
const UNREACHABLE: &str =
    "The lead has no phone and no email, so no step of a workflow can reach it.";

#[tokio::test]
async fn a_misspelt_key_and_a_lead_that_nothing_can_reach_get_a_hint() {
    let container = Container::start().await;
    let lead = json!({"first_name": "Ada", "emial": "ada@example.com"});
    let reply = container.post(&lead, None).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    assert_eq!(reply.body["hints"], json!([EMAIL, UNREACHABLE]));
    assert_eq!(reply.body["lead"]["metadata"]["emial"], "ada@example.com");
    assert_eq!(reply.body.get("warning"), None);
    let mobile = json!({"first_name": "Ada", "email": "ada@example.com", "mobile": "+1234567890"});
    let hint = "Did you mean phone? The key \"mobile\" counts as metadata.";
    assert_eq!(
        container.post(&mobile, None).await.body["hints"],
        json!([hint])
    );
    container.stop().await;
}

#[tokio::test]
async fn a_lead_that_lacks_nothing_has_no_hints() {
    let container = Container::start().await;
    for lead in [
        json!({"first_name": "Ada", "email": "ada@example.com"}),
        json!({"first_name": "Ada", "phone": "+1234567890", "company": "Acme", "utm_source": "x", "tags": ["a"]}),
        // A number beside the phone, an empty field of a form, and a key that the sender put there.
        json!({"first_name": "Ada", "phone": "+1234567890", "mobile": "+1234567891"}),
        json!({"first_name": "Ada", "phone": "+1234567890", "emial": ""}),
        json!({"first_name": "Ada", "phone": "+1234567890", "metadata": {"emial": "x", "mobile": "y"}}),
    ] {
        let reply = container.post(&lead, None).await;
        assert_eq!(reply.body.get("hints"), None, "{}", reply.text);
    }
    container.stop().await;
}

#[tokio::test]
async fn each_lead_of_an_array_has_its_own_hints_and_a_refused_one_too() {
    let container = Container::start().await;
    let leads = json!([
        {"first_name": "Ada", "email": "ada@example.com"},
        {"first_name": "Ada", "emial": "ada@example.com"},
        {"firstName": "Ada", "email": "ada@example.com"},
    ]);
    let reply = container.post(&leads, None).await;
    assert_eq!(reply.status, StatusCode::MULTI_STATUS, "{}", reply.text);
    let results = &reply.body["results"];
    assert_eq!(results[0].get("hints"), None);
    assert_eq!(results[1]["hints"], json!([EMAIL, UNREACHABLE]));
    let name = "Did you mean first_name? The key \"firstName\" counts as metadata.";
    assert_eq!(results[2]["message"], "first_name is required");
    assert_eq!(results[2]["hints"], json!([name]));
    // Alone, it has the same hint in the envelope.
    let alone = container.post(&leads[2], None).await;
    assert_eq!(alone.status, StatusCode::BAD_REQUEST);
    assert_eq!(alone.body["hints"], json!([name]));
    container.stop().await;
}

#[tokio::test]
async fn a_replay_has_the_hints_of_the_first_reply() {
    let container = Container::start().await;
    let lead = json!({
        "first_name": "Ada", "emial": "ada@example.com", "campaign_id": "019c0000-0000-7000-8000-00000000dead",
    });
    for body in [lead.clone(), json!([lead, lead])] {
        let key = format!("key-{}", body.is_array());
        let first = container.post(&body, Some(&key)).await;
        let again = container.post(&body, Some(&key)).await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert!(first.text.contains("emial\\\" counts"), "{}", first.text);
        assert_eq!(again.text, first.text);
    }
    container.stop().await;
}

#[tokio::test]
async fn no_hint_shows_a_key_of_the_api_or_moves_the_cursor_and_no_log_has_one() {
    let (logs, _guard) = Logs::capture();
    let container = Container::start().await;
    // Each in a request of its own, because a lead has five hints about keys at most.
    for (key, hint) in [
        (
            "e\u{1b}mail",
            r#"Did you mean email? The key "e\u{1b}mail" counts as metadata."#,
        ),
        (
            "phone\u{202e}",
            r#"Did you mean phone? The key "phone\u{202e}" counts as metadata."#,
        ),
        (
            "\u{feff}email",
            r#"Did you mean email? The key "\u{feff}email" counts as metadata."#,
        ),
        (
            "e\nmail",
            r#"Did you mean email? The key "e\u{a}mail" counts as metadata."#,
        ),
    ] {
        let reply = container
            .post(
                &json!({"first_name": "Ada", key: "canary@example.com"}),
                None,
            )
            .await;
        assert_eq!(reply.body["hints"], json!([hint, UNREACHABLE]), "{key:?}");
    }
    let reply = container
        .post(&json!({"first_name": "Ada", demo::API_KEY: "x"}), None)
        .await;
    assert_eq!(reply.body["hints"], json!([UNREACHABLE]));
    let many = [
        "Em-ail",
        "e-m-a-i-l",
        "emaill",
        "emails",
        "emial",
        "phoen",
        "phonee",
    ];
    let mut lead = json!({"first_name": "Ada"});
    for key in many {
        lead[key] = json!("canary@example.com");
    }
    let reply = container.post(&lead, None).await;
    // Five of keys, and one of the lead.
    assert_eq!(
        reply.body["hints"].as_array().unwrap().len(),
        6,
        "{}",
        reply.text
    );
    container.stop().await;
    assert!(!logs.text().contains("counts as metadata"));
}

#[tokio::test]
async fn a_change_with_a_misspelt_field_names_the_right_one() {
    let container = Container::start().await;
    let id = container
        .create(&json!({"first_name": "Ada", "phone": "+1234567890"}))
        .await;
    let path = format!("/leads/{id}");
    let stop = format!("{path}/automation/stop");
    for (method, path, change, message) in [
        (
            "PATCH",
            path.as_str(),
            json!({"emial": "x"}),
            "emial is not a field of this request; did you mean email?",
        ),
        (
            "PUT",
            &path,
            json!({"firstName": "x"}),
            "firstName is not a field of this request; did you mean first_name?",
        ),
        (
            "PATCH",
            &path,
            json!({"tags": []}),
            "tags is not a field of this request; known are first_name, last_name, email, phone, company, title, \
             source, campaign_id, metadata",
        ),
        (
            "POST",
            &stop,
            json!({"workflow_id": demo::WORKFLOW_ID, "resn": 1}),
            "resn is not a field of this request; known are workflow_id",
        ),
    ] {
        let reply = container.call(method, path, Some(&change)).await;
        assert_eq!(reply.body["message"], message, "{}", reply.text);
    }
    let lead: Value = json!({
        "first_name": "Ada", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID,
        "force_first_message": {"chanel": "sms", "content": "Hi"},
    });
    assert_eq!(
        container.post(&lead, None).await.body["message"],
        "force_first_message.chanel is not a field of force_first_message; did you mean channel?"
    );
    container.stop().await;
}
