//! Refusals that name the way out: the right path, the right header, the wrong value, the page of the error.

mod values;

use std::collections::BTreeSet;

use local::demo;
use serde_json::{Value, json};

use crate::{
    alike::both,
    fixtures::{Container, RawReply, RawRequest, stack},
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
