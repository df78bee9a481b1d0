//! No key and no personal data reaches a log, an error, a message or a panic. Tests send unique
//! values along every path, and look for them in all output.

use std::collections::HashMap;

use aws::{clock::Clock, telemetry};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{account::AccountPatch, limit::Limit, patch::Change};
use futures::future::join_all;
use local::{Services, demo};
use requeue_starts::requeue;
use serde_json::{Value, json};
use simulation::{CANARIES, Cloud, Fault, Scenario, run};
use start_workflow::handle;
use tokio::runtime::Builder;

use crate::{
    fixtures::{Container, Logs, Reply, account, consume, items_of, starts},
    reported_canaries::reports,
    words::WORDS,
};

type Item = HashMap<String, AttributeValue>;

/// Well-formed key of no account.
const UNKNOWN_KEY: &str = "nxr_live_LeadgateWrongKeyNotInAnyTable0003kkIk0";
/// Text in place of a key.
const MALFORMED_KEY: &str = "nxr_live_canarycanarycanary";
const KEYS: [&str; 3] = [demo::API_KEY, UNKNOWN_KEY, MALFORMED_KEY];
/// Name of a field that a client made up. The error names it, and no log does.
pub const FIELD: &str = "Fieldname";
/// Operations of AWS that the API calls.
const CALLS: [&str; 10] = [
    "GetItem",
    "BatchGetItem",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "Query",
    "BatchWriteItem",
    "TransactWriteItems",
    "SendMessage",
    "SendMessageBatch",
];

/// Returns the log, which must reveal nothing.
pub fn checked(logs: &Logs) -> String {
    let text = logs.text();
    must_not_reveal(&text);
    assert!(!text.contains(FIELD));
    text
}

/// Checks a refusal. The message about a wrong value or path shows it to its sender, and never a key.
pub fn check_refusal(reply: &Reply) {
    let message = reply.body["message"].as_str().unwrap_or_default();
    if reply.body["code"] == "validation_error" || message.starts_with("There is nothing at") {
        must_not_show(&reply.text, &KEYS);
    } else {
        must_not_reveal(&reply.text);
    }
}

fn must_not_reveal(text: &str) {
    must_not_show(text, &CANARIES);
    must_not_show(text, &KEYS);
    must_not_show(text, &["anary"]);
}

fn must_not_show(text: &str, canaries: &[&str]) {
    for canary in canaries {
        if let Some(at) = text.find(canary) {
            let start = text.floor_char_boundary(at.saturating_sub(300));
            panic!("{canary} is revealed: {}", &text[start..at + canary.len()]);
        }
    }
}

/// Returns bodies full of canaries. The first one is a valid lead.
fn bodies() -> Vec<Value> {
    let [name, email, phone, note, message] = CANARIES;
    let valid = json!({
        "first_name": name, "last_name": name, "email": email, "phone": phone, "company": name,
        "metadata": {"note": note}, "workflow_id": demo::WORKFLOW_ID, "campaign_id": demo::CAMPAIGN_ID,
        "force_first_message": {"channel": "sms", "content": message},
    });
    let mut bodies = vec![valid.clone(), json!([valid, valid, note]), json!(note)];
    let wrong_values = [
        json!(note),
        json!([note]),
        json!({ FIELD: note }),
        json!(format!("{note}\u{7}")),
        json!(note.repeat(300)),
    ];
    for field in valid.as_object().unwrap().keys() {
        for wrong in &wrong_values {
            let mut body = valid.clone();
            body[field] = wrong.clone();
            bodies.push(body);
        }
    }
    for wrong in wrong_values {
        for field in [
            "status_key",
            "workflowId",
            "actorId",
            "reason",
            "resume_cadence",
        ] {
            bodies.push(json!({ field: wrong, "workflow_id": demo::WORKFLOW_ID }));
        }
    }
    bodies.extend(WORDS.map(|word| {
        json!({
            "first_name": format!("{word} {name}"), "company": word, "metadata": {format!("{word} {FIELD}"): note},
            format!("{word} {FIELD}"): note, "reason": format!("{word} {note}"),
        })
    }));
    bodies.extend([
        json!({"status_key": "won", "reason": note}),
        json!({"workflowId": demo::WORKFLOW_ID, "reason": note, "actorId": note}),
        json!({"workflow_id": demo::WORKFLOW_ID}),
    ]);
    bodies.extend(reports());
    bodies
}

/// Numbers of calls of [`call_everything`].
#[derive(Default)]
struct Counts {
    calls: usize,
    refused: usize,
    replayed: usize,
}

/// Calls every route with every body: without an idempotency key, with a wrong one, and twice with
/// a right one.
async fn call_everything(container: &Container, lead: &str) -> Counts {
    let paths = [
        ("POST", "/leads"),
        ("PATCH", "/leads/{}"),
        ("PUT", "/leads/canary"),
        ("POST", "/leads/{}/assign-workflow"),
        ("POST", "/leads/{}/status"),
        ("POST", "/leads/{}/automation/stop"),
        ("POST", "/leads/{}/automation/resume"),
        (
            "POST",
            "/workflows/019c0000-0000-7000-8000-0000000000a1/preview",
        ),
        ("GET", "/leads"),
        ("GET", "/leads?cursor=canary"),
        ("GET", "/leads?created_after=canary"),
        ("GET", "/leads?colour=canary"),
        ("GET", "/leads/{}"),
        ("GET", "/leads/{}/history"),
        ("GET", "/leads/{}/is_paused?workflow_id=canary"),
        ("GET", "/leads/{}/runs/canary"),
        ("POST", "/leads/{}/events"),
        ("GET", "/touchpoints?state=due"),
        ("GET", "/touchpoints?state=canary"),
        ("GET", "/touchpoints?lead_id={}"),
        ("POST", "/touchpoints/claim"),
        ("POST", "/touchpoints/canary/extend"),
        ("POST", "/touchpoints/canary/release"),
        ("GET", "/touchpoints/canary"),
        ("POST", "/touchpoints/canary/outcome"),
        ("POST", "/touchpoints/outcomes"),
        ("POST", "/suppressions"),
        ("GET", "/suppressions?cursor=canary"),
        ("GET", "/suppressions/check?phone=canary"),
        ("GET", "/suppressions/check?email=canary"),
        ("DELETE", "/suppressions/canary"),
        ("GET", "/workflows?limit=canary"),
        ("GET", "/campaigns"),
        ("GET", "/canary"),
        ("canary", "/leads"),
        ("DELETE", "/leads/{}"),
    ];
    let (bodies, mut counts) = (bodies(), Counts::default());
    for (method, path) in paths {
        let path = path.replace("{}", lead);
        let bodies = if method == "GET" || path.starts_with("/leads") && method == "DELETE" {
            &bodies[..1]
        } else {
            &bodies
        };
        for key in [demo::API_KEY, UNKNOWN_KEY, MALFORMED_KEY] {
            for round in 0..2 {
                let calls = bodies.iter().enumerate().flat_map(|(number, body)| {
                    let wrong = [None, Some("canary canary\t".to_owned())];
                    let names = wrong.into_iter().filter(move |_| round == 0);
                    let path = &path;
                    names
                        .chain([Some(format!("canary-{number}"))])
                        .map(async move |name| {
                            let header = name.as_deref().map(|name| ("idempotency-key", name));
                            container.send(key, method, path, Some(body), header).await
                        })
                });
                for reply in join_all(calls).await {
                    counts.calls += 1;
                    counts.replayed +=
                        usize::from(reply.headers.contains_key("idempotency-replayed"));
                    if reply.status.as_u16() >= 400 {
                        counts.refused += 1;
                        check_refusal(&reply);
                    }
                }
            }
        }
    }
    counts
}

#[tokio::test]
async fn no_request_reveals_anything_in_a_log_or_an_error() {
    let (logs, _guard) = Logs::capture();
    let container = Container::start().await;
    let lead = container.create(&bodies()[0]).await;
    let Counts {
        calls,
        refused,
        replayed,
    } = call_everything(&container, &lead).await;
    assert!(
        refused > 500 && calls - refused > 20 && replayed > 20,
        "{refused} of {calls}, {replayed} replayed"
    );
    let messages = container.sqs.take_bodies();
    assert!(!messages.is_empty());
    messages.iter().for_each(|message| must_not_reveal(message));
    assert!(checked(&logs).lines().count() >= calls);
    container.stop().await;
}

#[tokio::test]
async fn no_request_reveals_anything_while_everything_fails() {
    let (logs, _guard) = Logs::capture();
    let container = Container::start().await;
    let lead = container.create(&bodies()[0]).await;
    for call in CALLS {
        container.dynamodb.set(call, Fault::Throttled);
        container.sqs.set(call, Fault::Failed);
    }
    let Counts { calls, refused, .. } = call_everything(&container, &lead).await;
    // On a busy machine, the store can exceed its time limit. Requests pass then.
    assert!(refused > 100, "{refused} of {calls}");
    assert!(checked(&logs).contains("DynamoDB is throttling or failing"));
    container.stop().await;
}

#[tokio::test]
async fn no_refusal_over_a_limit_reveals_anything() {
    let (logs, _guard) = Logs::capture();
    let container = Container::start().await;
    let lead = container.create(&bodies()[0]).await;
    let store = &container.services.store;
    let demo = store.account(account()).await.unwrap().unwrap();
    let patch = AccountPatch {
        limit: Change::Set(Limit::new(1, 1).unwrap()),
        ..AccountPatch::default()
    };
    store.change_account(&demo, patch).await.unwrap();
    // A container with empty caches reads the new limit.
    let container = Container::of(container.services, Clock::System);
    let Counts { calls, refused, .. } = call_everything(&container, &lead).await;
    // On a busy machine, the store can exceed its time limit. Requests pass then.
    assert!(refused > 100, "{refused} of {calls}");
    assert!(checked(&logs).contains("rate_limited"));
    container.stop().await;
}

#[test]
fn no_fault_reveals_anything_in_a_log_a_message_or_an_error() {
    let (logs, _guard) = Logs::capture();
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let cloud = runtime.block_on(Cloud::new());
    for seed in 0..150 {
        let played = runtime.block_on(run(&cloud, &Scenario::of_seed(seed)));
        played.unwrap_or_else(|failure| panic!("{failure}"));
    }
    let text = checked(&logs);
    for message in [
        "could not be queued",
        "could not be listed as pending",
        "start failed",
        "batch",
    ] {
        assert!(text.contains(message), "{message}");
    }
}

/// Uses a lead in every way that reads one of its items.
async fn use_lead(container: &Container, lead: &str) {
    let services = &container.services;
    let paths = ["", "/history", "/is_paused"].map(|path| format!("/leads/{lead}{path}"));
    for path in paths.iter().map(String::as_str).chain(["/leads"]) {
        let reply = container.call("GET", path, None).await;
        if reply.status.as_u16() >= 400 {
            must_not_reveal(&reply.text);
        }
    }
    if let Err(error) = requeue(&services.store, &services.queue, &Clock::System).await {
        tracing::error!(error = %telemetry::ErrorChain(&error), "not all requeued");
    }
    consume(services, &Clock::System).await;
}

async fn put(services: &Services, item: Item) {
    let put = services.clients.dynamodb.put_item();
    let put = put.table_name(services.table()).set_item(Some(item));
    put.send().await.unwrap();
}

#[tokio::test]
async fn no_poisoned_message_reveals_anything() {
    let (logs, _guard) = Logs::capture();
    let container = Container::start().await;
    let [_, _, _, note, _] = CANARIES;
    let start = json!({"type": "workflow_start.v1", "account_id": note, "lead_id": [note]});
    let mut event = SqsEvent::default();
    for body in [
        json!(note),
        json!({ "type": note }),
        json!({ note: note }),
        start,
    ] {
        let mut record = SqsMessage::default();
        record.message_id = Some("poisoned".to_owned());
        record.body = Some(body.to_string());
        event.records.push(record);
    }
    let function = starts(&container.services, &Clock::System);
    let failed = handle(&function, event).await.batch_item_failures;
    assert_eq!(failed.len(), 4);
    assert!(checked(&logs).contains("the message cannot be read"));
    container.stop().await;
}

#[tokio::test]
async fn no_damaged_item_reveals_anything() {
    let (logs, _guard) = Logs::capture();
    let container = Container::start().await;
    let services = &container.services;
    let built = container.create(&bodies()[0]).await;
    assert_eq!(consume(services, &Clock::System).await, (1, 0));
    container.sqs.set("SendMessage", Fault::Failed);
    let pending = container.create(&bodies()[0]).await;
    let note = || AttributeValue::S(CANARIES[3].to_owned());
    let mut damaged = 0;
    for lead in [&built, &pending] {
        for item in items_of(services, lead).await {
            for name in item.keys().filter(|name| *name != "pk" && *name != "sk") {
                let list = AttributeValue::L(vec![note()]);
                let map = AttributeValue::M([("note".to_owned(), note())].into());
                let expected = AttributeValue::S(format!("2026, expected {}", CANARIES[3]));
                for value in [note(), expected, list, map] {
                    // DynamoDB takes only texts as keys of an index.
                    if name.starts_with("gsi") && !value.is_s() {
                        continue;
                    }
                    let mut item = item.clone();
                    item.insert(name.clone(), value);
                    put(services, item).await;
                    use_lead(&container, lead).await;
                    damaged += 1;
                }
            }
            put(services, item).await;
        }
    }
    assert!(damaged > 60, "{damaged}");
    let text = checked(&logs);
    assert!(text.contains("the lead item is damaged") && text.contains("the run item is damaged"));
    container.stop().await;
}
