//! Refusals that name the way out: the right path, the right header, the wrong value, the page of the error.

use std::collections::BTreeSet;

use local::demo;
use serde_json::{Value, json};

use crate::{
    alike::both,
    fixtures::{Container, Logs, RawReply, RawRequest, stack},
};

const LEADS: &str = "/api/public/leads";

fn message(reply: &RawReply) -> &str {
    reply.body["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_path_that_is_nearly_right_gets_the_right_one() {
    let stack = stack().await;
    for (path, expected) in [
        (
            "/api/public/lead",
            "There is nothing at /api/public/lead. Did you mean /api/public/leads?",
        ),
        (
            "/leads",
            "There is nothing at /leads. Did you mean /api/public/leads?",
        ),
        (
            "/api/public/Leads/",
            "There is nothing at /api/public/Leads. Did you mean /api/public/leads?",
        ),
        (
            "/api/public/leads//",
            "There is nothing at /api/public/leads//. Did you mean /api/public/leads?",
        ),
        (
            "//",
            "There is nothing at //. The API is under /api/public; /openapi.json lists its paths.",
        ),
        (
            "/api/public/lead/7",
            "There is nothing at /api/public/lead/7. Did you mean /api/public/leads/{id}?",
        ),
        (
            "/swagger",
            "There is nothing at /swagger. Did you mean /openapi.json or /docs/errors?",
        ),
        (
            "/api/public/leads/7/runs",
            "There is nothing at /api/public/leads/7/runs. Did you mean /api/public/leads/{id}/runs/{run_id}? \
             The run's id is workflow_run.id in the reply to POST /api/public/leads, or active_workflow_run.id in \
             that to GET /api/public/leads/{id}.",
        ),
        (
            "/",
            "There is nothing at /. The API is under /api/public; /openapi.json lists its paths.",
        ),
    ] {
        for request in [RawRequest::get(path), RawRequest::post(path, "{}")] {
            let reply = both(&stack, &request).await;
            assert_eq!((reply.status, message(&reply)), (404, expected));
        }
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_path_makes_no_difference() {
    let stack = stack().await;
    let lead = "/api/public/leads/019c0000-0000-7000-8000-000000001101";
    let workflow = format!("/api/public/workflows/{}", demo::WORKFLOW_ID);
    for path in [
        LEADS,
        lead,
        &format!("{lead}/history"),
        &format!("{lead}/is_paused"),
        "/api/public/workflows",
        &workflow,
        "/api/public/campaigns",
        "/health",
        "/openapi.json",
        "/docs/errors",
    ] {
        for slash in ["/", "%2F", "/?limit="] {
            let plain = both(&stack, &RawRequest::get(path)).await;
            let slashed = both(&stack, &RawRequest::get(&format!("{path}{slash}"))).await;
            assert_eq!(slashed, plain, "{path}");
            assert_eq!(plain.status, 200, "{path}");
        }
    }
    let created = both_statuses(
        &stack,
        &RawRequest::post("/api/public/leads/", r#"{"first_name":"Ada"}"#),
    )
    .await;
    assert_eq!(created, [201, 201]);
    let wrong = RawRequest {
        method: "PUT",
        ..RawRequest::get("/api/public/leads/")
    };
    let refused = both(&stack, &wrong).await;
    assert_eq!(
        (refused.status, refused.headers["allow"].as_str()),
        (405, "POST,GET,HEAD")
    );
    stack.stop().await;
}

async fn both_statuses(stack: &local::Stack, request: &RawRequest<'_>) -> [u64; 2] {
    let local = request.send(&stack.api_url).await;
    let function = request.invoke(&stack.services).await;
    [local.status, function.status]
}

#[tokio::test]
async fn a_key_in_another_place_gets_the_name_of_the_right_header() {
    let stack = stack().await;
    let bearer = format!("Bearer {}", demo::API_KEY);
    let in_query = format!("{LEADS}?api_key={}", demo::API_KEY);
    let missing = json!("Missing API key");
    for (target, name, value, place) in [
        (
            LEADS,
            "authorization",
            bearer.as_str(),
            "the header Authorization",
        ),
        (LEADS, "api-key", demo::API_KEY, "the header Api-Key"),
        (
            LEADS,
            "x-api-token",
            demo::API_KEY,
            "the header X-Api-Token",
        ),
        (&in_query, "accept", "*/*", "the parameter api_key"),
    ] {
        // `both` sends the key of the demo account, and an empty one joins it.
        let headers = [("x-api-key", ""), (name, value)];
        let request = RawRequest::get(target).with(&headers);
        let event = without_key(request.event());
        let (text, reply) = crate::fixtures::invoke(&stack.services, &event).await;
        assert_eq!(reply.status, 401, "{text}");
        assert_eq!(reply.body["error"], missing);
        assert_eq!(
            reply.body["message"],
            "Please provide your API key in the X-API-Key header"
        );
        let hint = format!("Found {place}. Send the key in the header X-API-Key.");
        assert_eq!(reply.body["hints"], json!([hint]));
        assert!(!text.contains(demo::API_KEY), "{text}");
    }
    let event = without_key(RawRequest::get(LEADS).event());
    let (_, reply) = crate::fixtures::invoke(&stack.services, &event).await;
    assert_eq!(reply.body.get("hints"), None);
    stack.stop().await;
}

#[tokio::test]
async fn a_key_with_bearer_or_quotes_around_it_gets_a_hint_and_is_not_shown() {
    let container = Container::start().await;
    let key = demo::API_KEY;
    let (bearer, quotes) = ("begins with Bearer", "is in quotes");
    for (value, flaw) in [
        (format!("Bearer {key}"), bearer),
        (format!("bearer {key}"), bearer),
        (format!("Bearer: {key}"), bearer),
        (format!("\"{key}\""), quotes),
        (format!("'{key}'"), quotes),
        (format!("\"Bearer {key}\""), quotes),
    ] {
        let reply = container.call_as(&value, "GET", "/leads", None).await;
        assert_eq!(reply.status.as_u16(), 401, "{}", reply.text);
        assert_eq!(reply.body["error"], "Invalid API key");
        assert_eq!(reply.body["message"], "The provided API key is not valid");
        let hint = format!("The header X-API-Key {flaw}. Send the key alone.");
        assert_eq!(reply.body["hints"], json!([hint]), "{value}");
        assert!(!reply.text.contains(&key[..12]), "{}", reply.text);
    }
    container.stop().await;
}

#[tokio::test]
async fn an_array_inside_of_an_object_gets_a_hint_to_send_the_array_itself() {
    let stack = stack().await;
    let hint = json!(["Send the array itself: [{\"first_name\": ...}, ...]."]);
    for key in ["leads", "data", "contacts", "records", "items", "x"] {
        let body = json!({key: [{"first_name": "Ada"}, {"first_name": "Grace"}]}).to_string();
        let reply = both(&stack, &RawRequest::post(LEADS, &body)).await;
        assert_eq!(message(&reply), "first_name is required");
        assert_eq!((reply.status, &reply.body["hints"]), (400, &hint));
    }
    for other in [
        json!({"leads": []}),
        json!({"leads": ["Ada"]}),
        json!({"leads": {"first_name": "Ada"}}),
        json!({"leads": [{"first_name": "Ada"}], "list": "spring"}),
        json!({"metadata": [{"first_name": "Ada"}]}),
        json!({"force_first_message": [{"content": "Hello"}]}),
    ] {
        let reply = both(&stack, &RawRequest::post(LEADS, &other.to_string())).await;
        assert_eq!(
            (reply.status, reply.body.get("hints")),
            (400, None),
            "{other}"
        );
    }
    stack.stop().await;
}

#[tokio::test]
async fn an_empty_body_is_called_empty_on_every_route_with_a_body() {
    let stack = stack().await;
    let lead = "/api/public/leads/019c0000-0000-7000-8000-000000001101";
    let preview = format!("/api/public/workflows/{}/preview", demo::WORKFLOW_ID);
    let paths = [
        ("POST", LEADS.to_owned()),
        ("PATCH", lead.to_owned()),
        ("PUT", lead.to_owned()),
        ("POST", format!("{lead}/assign-workflow")),
        ("POST", format!("{lead}/status")),
        ("POST", format!("{lead}/automation/stop")),
        ("POST", format!("{lead}/automation/resume")),
        ("POST", preview),
    ];
    for (method, path) in &paths {
        for body in ["", " \n"] {
            let request = RawRequest {
                method,
                ..RawRequest::post(path, body)
            };
            let reply = both(&stack, &request).await;
            assert_eq!(
                (reply.status, message(&reply)),
                (400, "The body is empty: send a JSON object"),
                "{method} {path}"
            );
            assert_eq!(reply.body["code"], "malformed_json");
        }
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_wrong_method_gets_the_names_of_the_right_ones_on_every_path() {
    let stack = stack().await;
    let description: Value = serde_json::from_str(api::OPENAPI).unwrap();
    for path in description["paths"].as_object().unwrap().keys() {
        let request = RawRequest {
            method: "TRACE",
            ..RawRequest::get(path)
        };
        let reply = both(&stack, &request).await;
        let allow = &reply.headers["allow"];
        let allowed: BTreeSet<_> = allow.split(',').filter(|it| *it != "HEAD").collect();
        let names = message(&reply).strip_prefix("This path takes ").unwrap();
        let named = names.replace(" and ", ", ");
        assert_eq!(named.split(", ").collect::<BTreeSet<_>>(), allowed);
        assert_eq!(reply.status, 405, "{path}");
        match path.as_str() {
            LEADS => assert_eq!(names, "GET and POST"),
            "/api/public/leads/{id}" => assert_eq!(names, "GET, PUT, PATCH and DELETE"),
            _ => {}
        }
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_usual_other_name_of_a_field_of_a_change_gets_the_right_one() {
    let stack = stack().await;
    let lead = "/api/public/leads/019c0000-0000-7000-8000-000000001101";
    for (path, key, known) in [
        ("assign-workflow", "workflow_id", "workflowId"),
        ("assign-workflow", "workflow", "workflowId"),
        ("assign-workflow", "actor", "actorId"),
        ("status", "status", "status_key"),
        ("status", "statusKey", "status_key"),
        ("status", "workflow", "workflow_id"),
        ("automation/stop", "workflowId", "workflow_id"),
        ("automation/resume", "resume", "resume_cadence"),
    ] {
        let body = json!({key: demo::WORKFLOW_ID}).to_string();
        let path = format!("{lead}/{path}");
        let reply = both(&stack, &RawRequest::post(&path, &body)).await;
        let details = reply.body["details"].as_array().unwrap();
        let expected = format!("{key} is not a field of this request; did you mean {known}?");
        assert!(
            details.iter().any(|it| it["message"] == expected.as_str()),
            "{path}: {}",
            reply.body
        );
    }
    stack.stop().await;
}

/// Returns the gateway's event without the demo account's key.
fn without_key(mut event: Value) -> String {
    event["headers"]
        .as_object_mut()
        .unwrap()
        .remove("x-api-key");
    event.to_string()
}

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

/// Visits every `doc_url` of an example.
fn visit_doc_urls(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            if let Some(url) = fields.get("doc_url").and_then(Value::as_str) {
                visit(url);
            }
            fields.values().for_each(|it| visit_doc_urls(it, visit));
        }
        Value::Array(values) => values.iter().for_each(|it| visit_doc_urls(it, visit)),
        _ => {}
    }
}

#[tokio::test]
async fn each_doc_url_leads_to_its_error_on_the_page() {
    let stack = stack().await;
    let reply = RawRequest::get("/nowhere").send(&stack.api_url).await;
    let url = format!("{}/docs/errors#not_found", stack.api_url);
    assert_eq!(reply.body["doc_url"], url);
    let unreadable = RawRequest::get("/api/public/leads?limit=<")
        .send(&stack.api_url)
        .await;
    let url = format!("{}/docs/errors#validation_error", stack.api_url);
    assert_eq!(unreadable.body["doc_url"], url);
    // The page needs no key, and nothing that a client sends is in it.
    let event = without_key(RawRequest::get("/docs/errors").event());
    let (_, page) = crate::fixtures::invoke(&stack.services, &event).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers["cache-control"], "public, max-age=300");
    assert_eq!(page.headers["x-content-type-options"], "nosniff");
    let policy = &page.headers["content-security-policy"];
    assert!(
        policy.starts_with("default-src 'none'; style-src 'unsafe-inline'"),
        "{policy}"
    );
    let text = page.body.as_str().unwrap();
    let sections: BTreeSet<_> = text
        .split("<section id=\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"').map(|(id, _)| id))
        .collect();
    let document: Value = serde_json::from_str(api::OPENAPI).unwrap();
    let codes = document["components"]["schemas"]["Error"]["properties"]["code"]["enum"].as_array();
    let codes: BTreeSet<_> = codes.unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(sections, codes);
    // No operation describes a wrong method, so its reply is a real one.
    let wrong = RawRequest {
        method: "DELETE",
        ..RawRequest::get(LEADS)
    };
    let wrong = wrong.send(&stack.api_url).await;
    let anchor = |url: &str| url.rsplit_once("/docs/errors#").unwrap().1.to_owned();
    let mut linked = BTreeSet::from([anchor(wrong.body["doc_url"].as_str().unwrap())]);
    visit_doc_urls(&document, &mut |url| {
        linked.insert(anchor(url));
    });
    assert!(linked.iter().map(String::as_str).eq(sections), "{linked:?}");
    stack.stop().await;
}
