//! Bodies and replies keep within their bounds, and Lambda takes both.

use std::iter::repeat_n;

use aws::randomness::Randomness;
use domain::{
    ids::{StatusId, WorkflowId},
    workflow::{Status, Workflow},
};
use local::{Stack, demo};
use serde_json::{Value, json};

use crate::fixtures::{Api, RawReply, RawRequest, account, invoke, stack};

/// Maximum size of an event and of a reply in Lambda, in bytes.
const LAMBDA_LIMIT: usize = 6_291_456;
/// Maximum size of a body, in bytes.
const BODY_LIMIT: usize = 2_000_000;
/// Size above which a refusal of one object is too large, in bytes.
const SMALL: usize = 100_000;
/// Maximum size of an object, in bytes.
const OBJECT_LIMIT: usize = 64 * 1024;

const LEADS: &str = "/api/public/leads";
const LEAD: &str = "/api/public/leads/019c0000-0000-7000-8000-000000001101";

/// Repeats `unit` between `start` and `end`, so that the text has `size` bytes. Spaces fill the rest.
fn filled(start: &str, unit: &str, end: &str, size: usize) -> String {
    let room = size - start.len() - end.len();
    let text = format!("{start}{}{end}", unit.repeat(room / unit.len()));
    let rest = " ".repeat(size - text.len());
    text + &rest
}

/// Returns an object of at most `size` bytes with as many keys as possible.
fn many_keys(size: usize, value: &str) -> String {
    let mut body = String::from("{");
    for number in 0.. {
        let key = format!("\"{number:x}\":{value},");
        if body.len() + key.len() > size {
            break;
        }
        body += &key;
    }
    body.pop();
    body + "}"
}

/// Returns the JSON of an event in ASCII, as a gateway may write it.
fn ascii(event: &Value) -> String {
    let mut text = String::new();
    for character in event.to_string().chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            let units = character.encode_utf16(&mut [0; 2]).to_vec();
            text.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

#[tokio::test]
async fn a_body_of_the_limit_fits_lambdas_event_and_one_more_byte_is_refused() {
    let stack = stack().await;
    // The gateway takes 10,240 bytes of headers.
    let longest = "\"".repeat(10_240);
    let headers = [("x-other", longest.as_str())];
    for (start, unit, end) in [
        ("[", "\"\",", "0]"),
        ("[\"", "\\\"", "\"]"),
        ("[\"", "\\\\", "\"]"),
        ("[", "\n", "]"),
        ("[", "\t", "]"),
        ("[\"", "é", "\"]"),
        ("[\"", "好", "\"]"),
        ("[\"", "😀", "\"]"),
        ("[\"", "\u{7f}", "\"]"),
    ] {
        for (size, is_read) in [(BODY_LIMIT, true), (BODY_LIMIT + 1, false)] {
            let body = filled(start, unit, end, size);
            let mut event = RawRequest::post(LEADS, &body).with(&headers).event();
            for is_base64 in [false, true] {
                if is_base64 {
                    event["body"] = base64(body.as_bytes()).into();
                    event["isBase64Encoded"] = true.into();
                }
                let event = ascii(&event);
                assert!(event.len() <= LAMBDA_LIMIT, "{unit}: {}", event.len());
                let (_, reply) = invoke(&stack.services, &event).await;
                let is_refused =
                    reply.body["message"] == "The body is over 2 MB; send less at once";
                assert_eq!(is_refused, !is_read, "{unit}: {}", reply.body["message"]);
                assert!(reply.size < SMALL, "{unit}: {}", reply.size);
            }
        }
    }
    stack.stop().await;
}

fn base64(bytes: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().chain(repeat_n(&0, 3 - chunk.len()));
        let bits = bits.fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        for place in 0..4 {
            let is_padding = place > chunk.len();
            let digit = digits[bits >> (18 - 6 * place) & 63];
            text.push(if is_padding { '=' } else { char::from(digit) });
        }
    }
    text
}

#[tokio::test]
async fn a_refusal_of_garbage_is_small_on_every_route_that_takes_an_object() {
    let stack = stack().await;
    let preview = format!("/api/public/workflows/{}/preview", demo::WORKFLOW_ID);
    let mut routes = vec![("POST", LEADS.to_owned()), ("POST", preview)];
    routes.extend(["PATCH", "PUT"].map(|method| (method, LEAD.to_owned())));
    for path in [
        "assign-workflow",
        "status",
        "automation/stop",
        "automation/resume",
    ] {
        routes.push(("POST", format!("{LEAD}/{path}")));
    }
    let inner = many_keys(OBJECT_LIMIT - 200, "1");
    let numbers = many_keys(OBJECT_LIMIT - 200, "1e999");
    let long_key = |unit: &str| filled("{\"", unit, "\":1}", OBJECT_LIMIT);
    let long_keys = (0..30).map(|number| format!("\"{number}{}\":1", "\\u0001".repeat(300)));
    let bodies = [
        many_keys(BODY_LIMIT, "1"),
        many_keys(OBJECT_LIMIT, "1"),
        filled("", "x", "", BODY_LIMIT),
        filled("", "[", "", OBJECT_LIMIT),
        filled("{", "\"first_name\":1,", "\"a\":1}", OBJECT_LIMIT),
        format!("{{{}}}", long_keys.collect::<Vec<_>>().join(",")),
        long_key("\\u0001"),
        long_key("\\\""),
        long_key("😀"),
        format!("{{\"force_first_message\":{inner}}}"),
        format!("{{\"metadata\":{numbers}}}"),
        format!("{{\"first_name\":{inner},\"reason\":{inner:.30000}}}"),
    ];
    for (method, target) in &routes {
        for body in &bodies {
            let request = RawRequest {
                method,
                ..RawRequest::post(target, body)
            };
            let reply = request.invoke(&stack.services).await;
            let start: String = body.chars().take(40).collect();
            assert!(
                reply.size < SMALL,
                "{method} {target} {start}: {}",
                reply.size
            );
            if body.len() > OBJECT_LIMIT {
                assert_eq!(reply.status, 413, "{method} {target} {start}");
            }
            if let Some(details) = reply.body["details"].as_array() {
                let total = reply.body["problems_total"].as_u64().unwrap();
                let shown = details.len();
                assert_eq!(shown as u64, total.min(20), "{method} {target} {start}");
            }
        }
    }
    stack.stop().await;
}

#[tokio::test]
async fn twenty_problems_of_a_request_are_shown_and_all_are_counted() {
    let stack = stack().await;
    let parameters: Vec<_> = (0..5_000).map(|number| format!("p{number}=1")).collect();
    let list = format!("{LEADS}?{}", parameters.join("&"));
    let body = many_keys(20_000, "1");
    let count = body.matches(':').count();
    let patch = RawRequest {
        method: "PATCH",
        ..RawRequest::post(LEAD, &body)
    };
    for (request, total) in [(RawRequest::get(&list), 5_000), (patch, count)] {
        let reply = request.invoke(&stack.services).await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.body["details"].as_array().unwrap().len(), 20);
        assert_eq!(reply.body["problems_total"], total);
        let message = reply.body["message"].as_str().unwrap();
        let end = format!("; ... and {} more", total - 20);
        assert!(
            message.ends_with(&end) && message.len() < 2_000,
            "{message}"
        );
    }
    stack.stop().await;
}

#[tokio::test]
async fn a_refusal_names_at_most_twenty_statuses() {
    let stack = stack().await;
    let store = &stack.services.store;
    let demo = store.workflow(account(), demo::WORKFLOW_ID.parse().unwrap());
    let demo = demo.await.unwrap().unwrap();
    let bits = || Randomness::System.bits();
    let status = |number: usize| Status {
        id: StatusId::new(demo.created_at, bits()),
        key: format!("{number:03}{}", "k".repeat(150)),
        label: "Label".to_owned(),
        category: "active".to_owned(),
        is_initial: number == 0,
        is_terminal: number == 99,
    };
    let workflow = Workflow {
        id: WorkflowId::new(demo.created_at, bits()),
        statuses: (0..100).map(status).collect(),
        ..demo.clone()
    };
    store.create_workflow(account(), &workflow).await.unwrap();
    let lead = json!({"first_name": "John", "phone": "+1234567890", "workflow_id": workflow.id});
    let created = Api::of(&stack).create(&lead).await;
    let id = created["lead"]["id"].as_str().unwrap();
    let target = format!("{LEADS}/{id}/status");
    let request = RawRequest::post(&target, r#"{"status_key":"unknown"}"#);
    let reply = request.invoke(&stack.services).await;
    let message = reply.body["message"].as_str().unwrap();
    assert!(
        message.starts_with("status_key \"unknown\" must be one of 000kkk"),
        "{message}"
    );
    assert!(message.ends_with("k..., ... and 80 more"), "{message}");
    assert!(message.len() < 20 * 110, "{message}");
    stack.stop().await;
}

/// Sends an array with a good lead in front, and returns the reply and whether the lead is stored.
async fn with_a_good_lead(
    stack: &Stack,
    name: &str,
    others: &[String],
    key: &str,
) -> (RawReply, bool) {
    let good = format!("{{\"first_name\":\"{name}\"}}");
    let body = format!("[{good},{}]", others.join(","));
    assert!(body.len() <= BODY_LIMIT, "{}", body.len());
    let headers = [("idempotency-key", key)];
    let request = RawRequest::post(LEADS, &body);
    let request = if key.is_empty() {
        request
    } else {
        request.with(&headers)
    };
    let reply = request.invoke(&stack.services).await;
    let list = RawRequest::get(LEADS).invoke(&stack.services).await;
    let leads = list.body["leads"].as_array().unwrap();
    let is_stored = leads.iter().any(|lead| lead["first_name"] == name);
    (reply, is_stored)
}

#[tokio::test]
async fn an_array_whose_reply_would_be_too_large_is_refused_before_anything_is_stored() {
    let stack = stack().await;
    let name = |unit: &str, number| format!("\"{number:02}{}\":1", unit.repeat(98));
    let bad = |unit: &str| {
        let names: Vec<_> = (0..20).map(|number| name(unit, number)).collect();
        format!("{{\"force_first_message\":{{{}}}}}", names.join(","))
    };
    let many = |element: String| {
        let count = (BODY_LIMIT / (element.len() + 1) - 1).min(999);
        vec![element; count]
    };
    for (title, others, is_answered) in [
        // The largest names that are shown whole, and how much longer they get in Lambda's JSON.
        ("letters", many(bad("x")), false),
        ("quotes", many(bad("\\\"")), false),
        ("controls", many(bad("\\u0001")), false),
        // From a review: each of these once had thousands of problems in the reply.
        (
            "keys",
            vec![format!("{{\"force_first_message\":{}}}", many_keys(60_000, "1")); 33],
            true,
        ),
        (
            "numbers",
            vec![format!("{{\"metadata\":{}}}", many_keys(65_000, "1e999")); 30],
            true,
        ),
        ("empty", many("{}".to_owned()), true),
        ("large", many("1".repeat(65_000)), true),
    ] {
        for key in ["", title] {
            let lead = format!("{title}{key}");
            let (reply, is_stored) = with_a_good_lead(&stack, &lead, &others, key).await;
            assert!(reply.size < LAMBDA_LIMIT, "{title}: {}", reply.size);
            let status = if is_answered { 207 } else { 413 };
            assert_eq!(
                (reply.status, is_stored),
                (status, is_answered),
                "{lead}: {}",
                reply.size
            );
        }
    }
    stack.stop().await;
}

#[tokio::test]
async fn every_array_of_good_leads_within_the_limit_can_be_answered() {
    let stack = stack().await;
    let lead = |size: usize| {
        let notes = filled("[", "\"\",", "1]", size - 200);
        format!(
            "{{\"first_name\":\"{}\",\"notes\":{notes}}}",
            "\\\"".repeat(50)
        )
    };
    for (count, size) in [(1_000, 1_990), (31, 64_000)] {
        let body = format!("[{}]", vec![lead(size); count].join(","));
        for key in ["", "order-17"] {
            let key = format!("{key}{count}");
            let headers = [("idempotency-key", key.as_str())];
            let request = RawRequest::post(LEADS, &body);
            let request = if key.len() > 4 {
                request.with(&headers)
            } else {
                request
            };
            let reply = request.invoke(&stack.services).await;
            // On a slow machine, the time for writes ends before the last lead is stored.
            assert!(matches!(reply.status, 201 | 207), "{}", reply.status);
            assert!(reply.size < LAMBDA_LIMIT, "{}", reply.size);
        }
    }
    stack.stop().await;
}
