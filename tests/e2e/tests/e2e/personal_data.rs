//! Personal data that a client changes or removes is removed everywhere.

use aws::clock::Clock;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};
use simulation::Fault;

use crate::fixtures::{Container, Reply, another_workflow, consume, items_of, post, raw_table};

/// Values of a lead that a change replaces or removes.
const CANARIES: [&str; 9] = [
    "Canaryfirst",
    "Canarylast",
    "canary@example.com",
    "+15550101234",
    "7654321",
    "Canarycompany",
    "Canarytitle",
    "canarysource",
    "canary in a note",
];

fn canary() -> Value {
    let [
        first,
        last,
        email,
        phone,
        extension,
        company,
        title,
        source,
        note,
    ] = CANARIES;
    json!({
        "first_name": first, "last_name": last, "email": email, "phone": format!("{phone} ext {extension}"),
        "company": company, "title": title, "source": source, "metadata": {"note": note},
        "workflow_id": demo::WORKFLOW_ID, "campaign_id": "019c0000-0000-7000-8000-00000000dead",
    })
}

/// A change that sets the fields which `POST /leads` keeps in the metadata.
fn set_fields() -> Value {
    let [.., company, title, source, _] = CANARIES;
    json!({"company": company, "title": title, "source": source})
}

/// Changes that remove all canaries: one replaces all values, and one removes those that it can.
fn changes() -> [Value; 2] {
    let replaced = json!({"company": "c", "title": "t", "source": "s", "note": "n"});
    let removed = json!({"company": null, "title": null, "source": null, "note": null});
    [
        json!({"first_name": "New", "last_name": "Name", "email": "new@example.com", "phone": "+15550109999",
               "company": "c", "title": "t", "source": "s", "metadata": replaced}),
        json!({"first_name": "New", "last_name": null, "email": "", "phone": null, "company": null, "title": null,
               "source": "s", "metadata": removed}),
    ]
}

/// Returns the canaries that are in the table, in its indexes or in the queue.
async fn found(container: &Container) -> Vec<&'static str> {
    let services = &container.services;
    let mut everything = format!("{:?}", raw_table(services).await);
    for shard in 0..8 {
        let partition = format!("ACCOUNT#{}#LEADS#{shard}", demo::ACCOUNT_ID);
        let query = services.clients.dynamodb.query();
        let query = query
            .table_name(services.table())
            .index_name("gsi1")
            .key_condition_expression("gsi1pk = :shard")
            .expression_attribute_values(":shard", AttributeValue::S(partition));
        everything += &format!("{:?}", query.send().await.unwrap().items);
    }
    let receive = services.clients.sqs.receive_message();
    let receive = receive.queue_url(&services.queue_url).visibility_timeout(0);
    let messages = receive.max_number_of_messages(10).send().await.unwrap();
    everything += &format!("{:?}", messages.messages);
    let is_there = |canary: &&str| everything.contains(*canary);
    CANARIES.into_iter().filter(is_there).collect()
}

async fn change(container: &Container, id: &str, change: &Value) {
    let path = format!("/leads/{id}");
    let reply = container.call("PATCH", &path, Some(change)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
}

async fn replay(container: &Container, request: &Value, key: &str) -> Reply {
    let reply = container.post(request, Some(key)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    assert!(reply.headers.contains_key("idempotency-replayed"));
    reply
}

#[tokio::test]
async fn data_that_is_changed_or_removed_is_gone_from_the_table_the_index_and_the_queue() {
    let container = Container::start().await;
    let other = another_workflow(&container, |_| {}).await;
    let one = canary();
    let array = json!([one, {"first_name": ""}, one]);
    for (number, change_of_all) in changes().iter().enumerate() {
        for (request, key) in [
            (&one, None),
            (&one, Some(format!("one {number}").replace(' ', "-"))),
            (&array, None),
            (&array, Some(format!("array-{number}"))),
        ] {
            for after in ["", "replay", "build", "assign"] {
                let key = key.as_ref().map(|key| format!("{key}{after}"));
                let reply = container.post(request, key.as_deref()).await;
                assert_eq!(found(&container).await, CANARIES);
                let results = match reply.body["results"].as_array() {
                    Some(results) => results.clone(),
                    None => vec![reply.body.clone()],
                };
                if let ("replay", Some(key)) = (after, &key) {
                    container.post(request, Some(key)).await;
                }
                if after == "build" {
                    consume(&container.services, &Clock::System).await;
                }
                for id in results.iter().filter_map(|it| it["lead"]["id"].as_str()) {
                    if after == "assign" {
                        let body = json!({"workflowId": other.id, "reason": "called"});
                        let reply = post(&container, id, "assign-workflow", &body).await;
                        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
                    }
                    change(&container, id, &set_fields()).await;
                    change(&container, id, change_of_all).await;
                }
                // A later replay must not bring anything back.
                let again = container.post(request, key.as_deref()).await;
                if key.is_none() {
                    for id in again.text.split("\"lead\":{\"id\":\"").skip(1) {
                        change(&container, &id[..36], change_of_all).await;
                    }
                } else {
                    let shown = CANARIES.map(|canary| again.text.contains(canary));
                    assert_eq!(shown, [false; 9], "{}", again.text);
                }
                let nothing: [&str; 0] = [];
                assert_eq!(found(&container).await, nothing, "{key:?} {after}");
                consume(&container.services, &Clock::System).await;
            }
        }
    }
    container.stop().await;
}

#[tokio::test]
async fn a_replay_of_an_unchanged_lead_is_the_first_reply_byte_for_byte() {
    let container = Container::start().await;
    let paused = another_workflow(&container, |workflow| workflow.is_paused = true).await;
    let mut waiting = canary();
    waiting["workflow_id"] = json!(paused.id);
    let bare = json!({"first_name": "}", "metadata": {"}": "{", "": [1.0, {"a": null}], "\u{0}": "\u{2028}"}});
    let mut unknown = bare.clone();
    unknown["workflow_id"] = json!("019c0000-0000-7000-8000-00000000dead");
    let array = json!([canary(), waiting, bare, unknown]);
    let requests = [canary(), waiting, bare, unknown, array];
    for (number, request) in requests.iter().enumerate() {
        for is_sent in [true, false] {
            let key = format!("{number}-{is_sent}");
            if !is_sent {
                container.sqs.set("SendMessage", Fault::Failed);
            }
            let first = container.post(request, Some(&key)).await;
            container.sqs.end_fault("SendMessage");
            assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
            let again = replay(&container, request, &key).await;
            assert_eq!(again.text, first.text);
        }
    }
    container.stop().await;
}

#[tokio::test]
async fn the_reply_in_a_receipt_of_an_older_version_is_replayed_and_goes_with_the_next_change() {
    let container = Container::start().await;
    let first = container.post(&canary(), Some("old")).await;
    let id = first.body["lead"]["id"].as_str().unwrap();
    let item = items_of(&container.services, id).await.remove(0);
    let update = container.services.clients.dynamodb.update_item();
    let update = update
        .table_name(container.services.table())
        .key("pk", item["pk"].clone())
        .key("sk", item["sk"].clone())
        .update_expression("SET receipt.reply = :reply")
        .expression_attribute_values(":reply", AttributeValue::S(first.text.clone()));
    update.send().await.unwrap();
    assert_eq!(replay(&container, &canary(), "old").await.text, first.text);
    for canary in changes() {
        change(&container, id, &canary).await;
    }
    let nothing: [&str; 0] = [];
    assert_eq!(found(&container).await, nothing);
    let again = replay(&container, &canary(), "old").await;
    assert_eq!(again.body["lead"]["first_name"], "New");
    for field in ["workflow_run", "warning"] {
        assert_eq!(again.body[field], first.body[field], "{field}");
    }
    container.stop().await;
}
