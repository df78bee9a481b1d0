//! Refusals that show a wrong value, or the place of a mistake in a body.

use super::{LEADS, both_statuses, message};
use crate::alike::both;
use crate::fixtures::{Container, Logs, RawRequest, stack};
use local::demo;
use serde_json::json;

#[tokio::test]
async fn a_message_shows_the_wrong_value_and_no_log_does() {
    let (logs, _guard) = Logs::capture();
    let stack = stack().await;
    let lead = "/api/public/leads/019c0000-0000-7000-8000-000000001101";
    let preview = format!("/api/public/workflows/{}/preview", demo::WORKFLOW_ID);
    let long = format!(
        r#"{{"first_name":"A","email":"{}"}}"#,
        "canary".repeat(1_000)
    );
    let patch = |body| RawRequest {
        method: "PATCH",
        ..RawRequest::post(lead, body)
    };
    for (request, expected) in [
        (
            RawRequest::post(LEADS, r#"{"first_name":"A","phone":"12"}"#),
            "phone \"12\" is not a phone number in US, the account's default_country: send it with its country code, \
             such as +442079460958",
        ),
        (
            patch(r#"{"email":"canary"}"#),
            "email \"canary\" is not a valid email address",
        ),
        (
            RawRequest::post(LEADS, r#"{"first_name":"A","workflow_id":"canary"}"#),
            "workflow_id \"canary\" must be a UUID such as 0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d: GET \
             /api/public/workflows lists the ids",
        ),
        (
            patch(r#"{"campaign_id":"canary\n\u001b[2J"}"#),
            "campaign_id \"canary\\u{a}\\u{1b}[2J\" must be a UUID such as 0192f0c1-7a3e-7cc4-9d5b-3f1e2a4b5c6d: GET \
             /api/public/campaigns lists the ids",
        ),
        (
            RawRequest::post(&preview, r#"{"at":"canary"}"#),
            "at \"canary\" must be a time in RFC 3339, such as 2026-02-10T12:00:00Z",
        ),
        (
            RawRequest::get("/api/public/leads?created_after=canary"),
            "created_after \"canary\" must be a time in RFC 3339, such as 2026-02-10T12:00:00Z (a + is written as %2B)",
        ),
        (
            RawRequest::get("/api/public/leads?limit=canary"),
            "limit \"canary\" must be a whole number from 1 to 200",
        ),
        (
            RawRequest::get("/api/public/leads?email=canary"),
            "email is not a parameter of this path; known are campaign_id, workflow_id, created_after, created_before, \
             limit, cursor",
        ),
        (
            RawRequest::get("/api/public/workflows?limt=5"),
            "limt is not a parameter of this path; did you mean limit?",
        ),
        (
            RawRequest::get("/api/public/leads?=5"),
            "query has a value without a name in front of its =",
        ),
    ] {
        let reply = both(&stack, &request).await;
        assert_eq!((reply.status, message(&reply)), (400, expected));
    }
    let long = both(&stack, &RawRequest::post(LEADS, &long)).await;
    assert!(message(&long).len() < 120, "{}", message(&long));
    stack.stop().await;
    assert!(!logs.text().contains("canary"));
}

#[tokio::test]
async fn a_body_that_is_no_json_gets_its_place_and_the_usual_cause() {
    let stack = stack().await;
    let quotes = "The body is not valid JSON: keys and texts need double quotes (\") around them";
    let comma = "The body is not valid JSON: a value is missing, or a comma is too many";
    let begin = "The body is not valid JSON: it must begin with { or [";
    for (body, what, place) in [
        ("{'first_name':'A'}", quotes, "(line 1, column 2)"),
        ("{“first_name”:“A”}", quotes, "(line 1, column 2)"),
        ("{first_name:1}", quotes, "(line 1, column 2)"),
        ("{\"first_name\":\n Ada}", quotes, "(line 2, column 2)"),
        ("{\"first_name\":\"A\",}", comma, "(line 1, column 19)"),
        ("[{\"first_name\":\"A\"},]", comma, "(line 1, column 21)"),
        ("first_name=Ada", begin, "(line 1, column 2)"),
        (
            "{\"a\" 1}",
            "The body is not valid JSON",
            "(line 1, column 6)",
        ),
        ("[\n  {\"first_name\":\"A\"},\n  7]", "", ""),
    ] {
        let reply = both_statuses(&stack, &RawRequest::post(LEADS, body)).await;
        let reply = (
            reply,
            RawRequest::post(LEADS, body).invoke(&stack.services).await,
        );
        if what.is_empty() {
            let failed = &reply.1.body["results"][1];
            let element = "The element must be a JSON object: one lead (line 3, column 3)";
            assert_eq!((reply.0, &failed["message"]), ([207, 207], &json!(element)));
        } else {
            assert_eq!(
                (reply.0, message(&reply.1)),
                ([400, 400], &*format!("{what} {place}"))
            );
        }
    }
    stack.stop().await;
}

#[tokio::test]
async fn an_array_without_a_created_lead_shows_its_first_problem() {
    let container = Container::start().await;
    for (leads, problem) in [
        (json!([{"email": "nope"}, {}]), "first_name is required"),
        (
            json!([7]),
            "The element must be a JSON object: one lead (line 1, column 2)",
        ),
    ] {
        let reply = container.post(&leads, None).await;
        assert_eq!(
            reply.body["message"],
            format!(
                "None of the leads could be created. The first problem, of results[0]: {problem}"
            )
        );
        assert_eq!(reply.body["doc_url"], "/docs/errors#validation_error");
    }
    container.stop().await;
}

#[tokio::test]
async fn a_phone_number_that_is_a_json_number_is_read_as_its_digits() {
    let stack = stack().await;
    let create = |phone: &str| format!(r#"{{"first_name":"Ada","phone":{phone}}}"#);
    let id = {
        let reply = RawRequest::post(LEADS, &create("2015550123"))
            .send(&stack.api_url)
            .await;
        assert_eq!(reply.body["lead"]["phone"], "+12015550123", "{reply:?}");
        reply.body["lead"]["id"].as_str().unwrap().to_owned()
    };
    let path = format!("{LEADS}/{id}");
    for method in ["PATCH", "PUT"] {
        let change = RawRequest {
            method,
            ..RawRequest::post(&path, r#"{"phone": 12015550199 }"#)
        };
        assert_eq!(
            change.send(&stack.api_url).await.body["lead"]["phone"],
            "+12015550199"
        );
    }
    let array = format!("[{}]", create("12015550123"));
    let reply = RawRequest::post(LEADS, &array).send(&stack.api_url).await;
    assert_eq!(
        reply.body["results"][0]["lead"]["phone"], "+12015550123",
        "{reply:?}"
    );
    let (inexact, sign, kind) = (
        " is a JSON number whose digits may not be exact: send it as a string, such as \"+442079460958\"",
        " is a JSON number with a sign: send its digits, or a string such as \"+442079460958\"",
        "must be a string, or a whole number of at most 15 digits",
    );
    for (value, what) in [
        ("1.4155e10", inexact),
        ("14155550100.0", inexact),
        ("1234567890123456", inexact),
        ("-1234567890123456", inexact),
        ("-1.5", inexact),
        ("1E3", inexact),
        ("-14155550100", sign),
        ("-0", sign),
        ("{}", kind),
        ("[]", kind),
        ("[14155550100]", kind),
        ("true", kind),
        ("false", kind),
    ] {
        let expected = match what == kind {
            true => format!("phone {kind}"),
            false => format!("phone \"{value}\"{what}"),
        };
        for request in [
            RawRequest::post(LEADS, &create(value)),
            RawRequest {
                method: "PATCH",
                ..RawRequest::post(&path, &format!(r#"{{"phone":{value}}}"#))
            },
        ] {
            let reply = both(&stack, &request).await;
            assert_eq!(message(&reply), expected);
        }
    }
    let other = both(
        &stack,
        &RawRequest::post(LEADS, r#"{"first_name":7,"email":7}"#),
    )
    .await;
    assert_eq!(
        message(&other),
        "first_name must be a string; email must be a string"
    );
    stack.stop().await;
}
