//! The local stack and the function behind the gateway answer alike, whatever a client writes.

use local::demo;
use serde_json::{Value, json};

use crate::fixtures::{RawReply, RawRequest, invoke, stack};

const LEAD: &str = "/api/public/leads/019c0000-0000-7000-8000-000000001101";
const LEADS: &str = "/api/public/leads";
const SUPPRESSIONS: &str = "/api/public/suppressions";

/// Returns the replies of the local stack and of the function, without their ids and addresses.
pub async fn answers(stack: &local::Stack, request: &RawRequest<'_>) -> (RawReply, RawReply) {
    let mut local = request.send(&stack.api_url).await.without_id();
    let mut function = request.invoke(&stack.services).await.without_id();
    for (reply, url) in [(&mut local, stack.api_url.as_str()), (&mut function, "")] {
        take_doc_url(&mut reply.body, url);
        let results = reply.body.get_mut("results").and_then(Value::as_array_mut);
        for result in results.into_iter().flatten() {
            take_doc_url(result, url);
        }
    }
    (local, function)
}

/// Takes the address out of an error of the API at `url`.
fn take_doc_url(error: &mut Value, url: &str) {
    if let Some(code) = error["code"].as_str() {
        assert_eq!(error["doc_url"], format!("{url}/docs/errors#{code}"));
        error["doc_url"].take();
    }
}

/// Returns the reply of both, which must be the same.
pub async fn both(stack: &local::Stack, request: &RawRequest<'_>) -> RawReply {
    let (local, function) = answers(stack, request).await;
    let of = (request.target, request.headers);
    assert_eq!(local, function, "{of:?}");
    function
}

#[tokio::test]
async fn odd_paths_get_the_same_answer_locally_and_on_lambda() {
    let stack = stack().await;
    for (path, status) in [
        (format!("{LEAD}%2Fhistory"), 200),
        (LEAD.replace("leads/", "leads%2F"), 200),
        (LEAD.replace("019c", "%3019c"), 200),
        ("/api/public/workflow%73".to_owned(), 200),
        (format!("{LEAD}%23history"), 404),
        (format!("{LEADS}%23"), 404),
        (format!("{LEADS}%3Flimit=1"), 404),
        (format!("{LEADS}/%00"), 404),
        (format!("{LEADS}/%ff"), 404),
        (format!("{LEADS}/%25"), 404),
        (format!("{LEADS}/a%252Fb"), 404),
        (format!("{LEADS}/a%20b%3Cc%3E%22%5C%7B%7D%5E%60%7C"), 404),
        (format!("{LEADS}/a:b@c;d=e,f+g!$&'()*"), 404),
        (format!("{LEADS}/%0D%0Ax-injected:%20y"), 404),
        (format!("{LEADS}/%E2%80%AE"), 404),
        (format!("{LEADS}/é"), 404),
        (format!("{LEADS}/.."), 404),
        (format!("{LEADS}/."), 404),
        (format!("{LEADS}/../workflows"), 404),
        (format!("{LEADS}/%2e%2E/workflows"), 404),
        (format!("{LEADS}/..%2Fworkflows"), 404),
        (format!("{LEADS}/..%5Cworkflows"), 404),
        (format!("/{LEADS}"), 404),
        (format!("{LEADS}/"), 200),
        (format!("{LEADS}//"), 404),
        ("/%2F".to_owned(), 404),
        ("*".to_owned(), 404),
    ] {
        let reply = both(&stack, &RawRequest::get(&path)).await;
        assert_eq!(reply.status, status, "{path}");
        let code = if status == 404 {
            json!("not_found")
        } else {
            json!(null)
        };
        assert_eq!(reply.body["code"], code, "{path}");
    }
    stack.stop().await;
}

#[tokio::test]
async fn odd_queries_get_the_same_answer_locally_and_on_lambda() {
    let stack = stack().await;
    let unreadable = "The request is not valid HTTP, or its address has a character";
    for (query, status, message) in [
        ("limit=<5>", 400, unreadable),
        ("limit=\"5\"", 400, unreadable),
        ("limit=5 ", 400, unreadable),
        ("li mit=5", 400, unreadable),
        ("limit=\u{1}5", 400, unreadable),
        ("limit=\u{7f}", 400, unreadable),
        ("limit=%3C5%3E", 400, "limit \"<5>\" must be a whole number"),
        (
            "limit=5`{}|^[]\\",
            400,
            "limit \"5`{}|^[]\\\" must be a whole number",
        ),
        ("limit=é", 400, "limit \"é\" must be a whole number"),
        (
            "limit=%ff",
            400,
            "limit \"\u{fffd}\" must be a whole number",
        ),
        ("limit=%", 400, "limit \"%\" must be a whole number"),
        ("limit=1&limit=2", 400, "limit must be given once"),
        ("?limit=1", 400, "?limit is not a parameter"),
        ("limit=1#created_after", 200, ""),
        ("limit=1&&", 200, ""),
        ("=", 200, ""),
    ] {
        let target = format!("{LEADS}?{query}");
        let reply = both(&stack, &RawRequest::get(&target)).await;
        assert_eq!(reply.status, status, "{query}: {}", reply.body);
        let text = reply.body["message"].as_str().unwrap_or_default();
        assert!(text.starts_with(message), "{query}: {text}");
        if status == 400 {
            assert_eq!(reply.body["code"], "validation_error", "{query}");
        }
    }
    stack.stop().await;
}

#[tokio::test]
async fn suppressions_get_the_same_answer_locally_and_on_lambda() {
    let stack = stack().await;
    let json = [("content-type", "application/json")];
    let body = r#"{"phone":"+12025550123","reason":"manual"}"#;
    let add = RawRequest::post(SUPPRESSIONS, body).with(&json);
    let added = both(&stack, &add).await;
    assert_eq!(added.status, 201);
    for query in [
        "phone=%2B12025550123",
        "phone=%2b12025550123",
        "phone=12025550123",
        "phone=(202)%20555-0123",
        "phone=+12025550123",
        "email=a%2Bb@example.com",
        "email=a+b@example.com",
    ] {
        let target = format!("{SUPPRESSIONS}/check?{query}");
        let reply = both(&stack, &RawRequest::get(&target)).await;
        let is_blank = query.contains("=+") || query.contains("a+b");
        assert_eq!(reply.status, if is_blank { 400 } else { 200 }, "{query}");
    }
    let id = added.body["suppression"]["id"].as_str().unwrap();
    let target = format!("{SUPPRESSIONS}/{id}");
    for (body, status) in [("", 400), ("{}", 400)] {
        let request = RawRequest {
            method: "DELETE",
            ..RawRequest::post(&target, body).with(&json)
        };
        assert_eq!(both(&stack, &request).await.status, status, "{body}");
    }
    stack.stop().await;
}

#[tokio::test]
async fn headers_that_come_twice_get_the_same_answer_locally_and_on_lambda() {
    let stack = stack().await;
    let json = ("content-type", "application/json");
    for (headers, code) in [
        // The request has the right key already.
        (&[("x-api-key", demo::API_KEY)][..], "invalid_api_key"),
        (&[("x-api-key", "")], "invalid_api_key"),
        (&[json, json], "unsupported_media_type"),
        (
            &[json, ("content-type", "text/plain")],
            "unsupported_media_type",
        ),
        (
            &[("idempotency-key", "a b"), ("idempotency-key", "c")],
            "validation_error",
        ),
        (&[("idempotency-key", "é")], "validation_error"),
        (
            &[("x-other", "é"), ("x-forwarded-proto", "a b"), json, json],
            "unsupported_media_type",
        ),
    ] {
        let request = RawRequest::post(LEADS, r#"{"first_name":"John"}"#).with(headers);
        let reply = both(&stack, &request).await;
        assert_eq!(reply.body["code"], code, "{headers:?}");
    }
    stack.stop().await;
}

#[tokio::test]
async fn two_idempotency_keys_are_one_key_locally_and_on_lambda() {
    let stack = stack().await;
    let twice = [("idempotency-key", "a"), ("idempotency-key", "b")];
    let joined = [("idempotency-key", "a,b")];
    let lead = RawRequest::post(LEADS, r#"{"first_name":"John"}"#).with(&twice);
    let first = lead.send(&stack.api_url).await;
    let again = lead.invoke(&stack.services).await;
    let joined = lead.with(&joined).send(&stack.api_url).await;
    assert_eq!(first.status, 201, "{first:?}");
    for reply in [again, joined] {
        assert_eq!(reply.headers["idempotency-replayed"], "true");
        assert_eq!(reply.body, first.body);
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_quoted_idempotency_key_is_the_key_without_its_quotes() {
    let stack = stack().await;
    let create = async |key: &str| {
        let headers = [("idempotency-key", key)];
        let request = RawRequest::post(LEADS, r#"{"first_name":"John"}"#).with(&headers);
        both_of_key(&stack, &request).await
    };
    let plain = create("order-17").await;
    assert_eq!(create("\"order-17\"").await, plain);
    let escaped = create(r#"a"b\c"#).await;
    assert_ne!(escaped, plain);
    assert_eq!(create(r#""a\"b\\c""#).await, escaped);
    // These are no strings of RFC 8941, so each is a key of its own.
    for other in [
        r#""order-17"#,
        r#"order-17""#,
        r#""a"b\\c""#,
        r#"'order-17'"#,
    ] {
        assert!(
            ![&plain, &escaped].contains(&&create(other).await),
            "{other}"
        );
    }
    for wrong in ["\"\"", "\"a b\""] {
        let headers = [("idempotency-key", wrong)];
        let request = RawRequest::post(LEADS, r#"{"first_name":"John"}"#).with(&headers);
        assert_eq!(
            both(&stack, &request).await.body["code"],
            "validation_error",
            "{wrong}"
        );
    }
    stack.stop().await;
}

/// Returns the id of the lead, which is the same from both.
async fn both_of_key(stack: &local::Stack, request: &RawRequest<'_>) -> String {
    let local = request.send(&stack.api_url).await;
    let function = request.invoke(&stack.services).await;
    assert_eq!(local.body["lead"]["id"], function.body["lead"]["id"]);
    function.body["lead"]["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

#[tokio::test]
async fn every_reply_but_the_description_is_neither_stored_nor_sniffed() {
    let stack = stack().await;
    let no_key = RawRequest::get(LEADS).with(&[("x-api-key", "")]);
    for (request, status) in [
        (RawRequest::get(LEADS), 200),
        (RawRequest::get("/health"), 200),
        (RawRequest::post(LEADS, r#"{"first_name":"John"}"#), 201),
        (RawRequest::post(LEADS, "{}"), 400),
        (RawRequest::post(LEADS, "oops"), 400),
        (RawRequest::get("/api/public/leads?limit=<"), 400),
        (no_key, 401),
        (RawRequest::get("/nowhere"), 404),
        (RawRequest::post("/openapi.json", "{}"), 405),
    ] {
        for reply in [
            request.send(&stack.api_url).await,
            request.invoke(&stack.services).await,
        ] {
            assert_eq!(reply.status, status, "{}", request.target);
            assert_eq!(
                reply.headers["cache-control"], "no-store",
                "{}",
                request.target
            );
            assert_eq!(
                reply.headers["x-content-type-options"], "nosniff",
                "{}",
                request.target
            );
        }
    }
    let description = both(&stack, &RawRequest::get("/openapi.json")).await;
    assert_eq!(description.headers["cache-control"], "public, max-age=300");
    stack.stop().await;
}

#[tokio::test]
async fn a_key_in_the_place_of_an_id_or_a_name_is_not_repeated() {
    let stack = stack().await;
    let key = demo::API_KEY;
    let bodies = [
        format!(r#"{{"workflow_id":"{key}","workflowId":"{key}","status_key":"{key}"}}"#),
        format!(r#"{{"{key}":1,"first_name":"John","metadata":{{"{key}":1e999}}}}"#),
        format!(
            r#"{{"first_name":"John","campaign_id":"{key}","force_first_message":{{"{key}":1}}}}"#
        ),
        format!(r#"{{"phone":"{key}","email":"{key}","timezone":"{key}","at":"{key}"}}"#),
        format!(
            r#"{{"email":"{key}","channels":["{key}"],"reason":"{key}","consent":{{"{key}":1}}}}"#
        ),
    ];
    let workflow = format!("/api/public/workflows/{}", demo::WORKFLOW_ID);
    let check = format!("{SUPPRESSIONS}/check?phone={key}&email={key}");
    let mut requests = vec![("GET", check, "")];
    for path in [LEADS, LEAD, &workflow, "/api/public/campaigns", "/nowhere"] {
        requests.push(("GET", format!("{path}/{key}"), ""));
        requests.push((
            "GET",
            format!("{path}?{key}=1&cursor={key}&limit={key}&workflow_id={key}"),
            "",
        ));
    }
    for body in &bodies {
        requests.push(("PATCH", LEAD.to_owned(), body));
        requests.push(("POST", LEADS.to_owned(), body));
        requests.push(("POST", format!("{workflow}/preview"), body));
        requests.push(("POST", SUPPRESSIONS.to_owned(), body));
        requests.push(("DELETE", format!("{SUPPRESSIONS}/{key}"), body));
        for path in [
            "assign-workflow",
            "status",
            "automation/stop",
            "automation/resume",
        ] {
            requests.push(("POST", format!("{LEAD}/{path}"), body));
        }
    }
    for (method, target, body) in requests {
        let request = RawRequest {
            method,
            ..RawRequest::post(&target, body)
        };
        let event = request.event().to_string();
        let (text, reply) = invoke(&stack.services, &event).await;
        // A lead that was created shows its own metadata.
        if reply.status >= 400 {
            assert!(!text.contains(key), "{method} {target} {body}: {text}");
        }
    }
    stack.stop().await;
}
