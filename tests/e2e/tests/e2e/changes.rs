//! `PATCH` and `PUT /leads/{id}`
//! ([contract](../../../../docs/contract.md#patch-leadsid-and-put-leadsid)).

use aws::clock::Clock;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Map, Value, json};
use simulation::Fault;

use crate::fixtures::{Container, Reply};

async fn change(container: &Container, id: &str, change: &Value) -> Reply {
    container
        .call("PATCH", &format!("/leads/{id}"), Some(change))
        .await
}

async fn changed(container: &Container, id: &str, body: &Value) -> Value {
    let mut reply = change(container, id, body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    reply.body["lead"].take()
}

fn john() -> Value {
    json!({"first_name": "John", "last_name": "Doe", "email": "john@example.com", "phone": "+1234567890",
           "metadata": {"a": 1, "b": 2}})
}

#[tokio::test]
async fn a_change_writes_what_it_names_by_the_rules_of_an_intake_and_nothing_else() {
    let start: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
    let clock = Clock::manual(start);
    let container = Container::at(clock.clone()).await;
    let id = container.create(&john()).await;
    clock.set(start + SignedDuration::from_secs(59));
    assert_eq!(container.get(&id).await.status, StatusCode::OK);
    clock.set(start + SignedDuration::from_millis(59_900));
    container.dynamodb.take_bodies();
    let lead = changed(
        &container,
        &id,
        &json!({"first_name": " Jose\u{301} ", "email": "JOSE@Bücher.example", "phone": "(555) 010-0100 ext 7",
                "title": "CTO", "metadata": {"b": null, "c": 12345678901234567890_u64}}),
    )
    .await;
    let expected = json!({
        "id": id, "first_name": "José", "last_name": "Doe", "email": "jose@xn--bcher-kva.example",
        "phone": "+15550100100", "source": "api", "company": null, "title": "CTO",
        "metadata": {"a": 1, "c": 12345678901234567890_u64, "phone_extension": "7"},
        "created_at": "2026-02-10T12:00:00Z", "campaign_id": null, "updated_at": "2026-02-10T12:00:59Z",
    });
    assert_eq!(lead, expected);
    // The write names only the fields that change.
    let bodies = container.dynamodb.take_bodies();
    let mut updates = bodies
        .iter()
        .filter(|body| body.contains("UpdateExpression"));
    let (Some(update), None) = (updates.next(), updates.next()) else {
        panic!("{bodies:?}");
    };
    let update: Value = serde_json::from_str(update).unwrap();
    let mut names: Vec<_> = update["ExpressionAttributeNames"]
        .as_object()
        .unwrap()
        .values()
        .map(|name| name.as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "b",
            "c",
            "email",
            "first_name",
            "metadata",
            "phone",
            "phone_extension",
            "title",
            "updated_at"
        ]
    );
    let read = container.get(&id).await.body["lead"].take();
    for field in [
        "first_name",
        "email",
        "phone",
        "title",
        "metadata",
        "updated_at",
        "created_at",
    ] {
        assert_eq!(read[field], expected[field], "{field}");
    }
    container.stop().await;
}

#[tokio::test]
async fn null_and_empty_text_remove_a_field() {
    let container = Container::start().await;
    let id = container.create(&john()).await;
    changed(
        &container,
        &id,
        &json!({"company": "Acme", "title": "CTO", "source": "import"}),
    )
    .await;
    let lead = changed(
        &container,
        &id,
        &json!({"last_name": null, "email": "", "phone": " ", "company": null, "title": null}),
    )
    .await;
    for field in ["last_name", "email", "phone", "company", "title"] {
        assert_eq!(lead[field], Value::Null, "{field}");
    }
    assert_eq!(lead["source"], "import");
    let reply = change(&container, &id, &json!({"first_name": null, "source": ""})).await;
    assert_eq!(
        reply.body["message"],
        "first_name cannot be removed; source cannot be removed"
    );
    container.stop().await;
}

#[tokio::test]
async fn a_campaign_is_set_and_removed_and_must_be_the_accounts() {
    let container = Container::start().await;
    let id = container.create(&john()).await;
    let lead = changed(&container, &id, &json!({"campaign_id": demo::CAMPAIGN_ID})).await;
    assert_eq!(lead["campaign_id"], demo::CAMPAIGN_ID);
    let read = container.get(&id).await;
    assert_eq!(read.body["lead"]["campaign"]["name"], "Spring Launch");
    let unknown = json!({"campaign_id": "019c0000-0000-7000-8000-00000000dead"});
    let reply = change(&container, &id, &unknown).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(
        reply.body["message"],
        "Campaign not found or does not belong to your account"
    );
    let lead = changed(&container, &id, &json!({"campaign_id": null})).await;
    assert_eq!(lead["campaign_id"], Value::Null);
    container.stop().await;
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_change_is_told_at_once_and_nothing_is_written() {
    let container = Container::start().await;
    let id = container.create(&john()).await;
    let before = container.get(&id).await.body;
    let reply = change(
        &container,
        &id,
        &json!({"first_name": 7, "email": "nope", "phone": "12", "campaign_id": "x", "metadata": [], "tags": [],
                "workflow_id": demo::WORKFLOW_ID, "last_name": "Roe"}),
    )
    .await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let fields: Vec<_> = reply.body["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        [
            "first_name",
            "email",
            "phone",
            "campaign_id",
            "metadata",
            "tags",
            "workflow_id"
        ]
    );
    for (body, message) in [
        (json!({}), "body must name at least one field to change"),
        (
            json!([]),
            "The body must be a JSON object (line 1, column 0)",
        ),
        (
            json!("secret"),
            "The body must be a JSON object (line 1, column 8)",
        ),
        (
            json!({"metadata": {"deep": [[[[[[[[[1]]]]]]]]]}}),
            "metadata.deep is nested more than 8 levels deep",
        ),
        (
            json!({"metadata": null, "title": "CTO"}),
            "metadata must be an object; null removes a key of it",
        ),
    ] {
        let reply = change(&container, &id, &body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(reply.body["message"], message, "{body}");
    }
    let none = container.call("PATCH", &format!("/leads/{id}"), None).await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
    assert_eq!(container.get(&id).await.body, before);
    container.stop().await;
}

#[tokio::test]
async fn simultaneous_changes_of_different_fields_and_keys_all_hold() {
    let container = Container::start().await;
    let id = container.create(&john()).await;
    let mut changes: Vec<Value> = (0..60)
        .map(|number| json!({"metadata": {format!("key {number}"): number}}))
        .collect();
    changes.push(json!({"last_name": "Roe"}));
    changes.push(json!({"company": "Acme"}));
    changes.push(json!({"metadata": {"a": null}}));
    for reply in join_all(changes.iter().map(|body| change(&container, &id, body))).await {
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    }
    let lead = container.get(&id).await.body["lead"].take();
    let mut metadata: Map<String, Value> = (0..60)
        .map(|number| (format!("key {number}"), number.into()))
        .collect();
    metadata.insert("b".to_owned(), 2.into());
    assert_eq!(lead["metadata"], Value::Object(metadata));
    assert_eq!(
        (&lead["last_name"], &lead["company"]),
        (&json!("Roe"), &json!("Acme"))
    );
    container.stop().await;
}

#[tokio::test]
async fn keys_of_any_name_and_up_to_100_at_once_can_be_changed() {
    let container = Container::start().await;
    let id = container.create(&json!({"first_name": "J"})).await;
    let odd =
        json!({"": 1, "a.b": 2, "#0": 3, ":0": 4, "\u{0}": 5, "pk": 6, "SET x": 7, "a[0]": 8});
    let lead = changed(&container, &id, &json!({"metadata": odd})).await;
    assert_eq!(lead["metadata"], odd);
    let lead = changed(&container, &id, &json!({"metadata": {}})).await;
    assert_eq!(lead["metadata"], odd);
    let keys = odd.as_object().unwrap().keys();
    let removed: Map<String, Value> = keys.map(|key| (key.clone(), Value::Null)).collect();
    let lead = changed(&container, &id, &json!({"metadata": removed})).await;
    assert_eq!(lead["metadata"], json!({}));

    let many = |count: usize| {
        let keys: Map<String, Value> = (0..count)
            .map(|number| (format!("key {number}"), number.into()))
            .collect();
        json!({"metadata": keys, "first_name": "J", "last_name": "D", "email": "j@example.com",
               "phone": "+1234567890", "company": "c", "title": "t", "source": "s", "campaign_id": null})
    };
    // The extension of the phone number is a key, too.
    let lead = changed(&container, &id, &many(99)).await;
    assert_eq!(lead["metadata"].as_object().unwrap().len(), 99);
    let reply = change(&container, &id, &many(101)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    container.stop().await;
}

#[tokio::test]
async fn an_extension_goes_with_its_phone_number() {
    let container = Container::start().await;
    let id = container
        .create(&json!({"first_name": "J", "phone": "+1 555 010 0000 ext 12"}))
        .await;
    for (body, extension) in [
        (json!({"title": "CTO"}), json!("12")),
        (json!({"phone": "+1 555 010 0001 ext 7"}), json!("7")),
        (json!({"phone": "+1 555 010 0002"}), Value::Null),
        (
            json!({"phone": "+1 555 010 0003 ext 8", "metadata": {"phone_extension": 9}}),
            json!(9),
        ),
        (json!({"phone": null}), Value::Null),
    ] {
        let lead = changed(&container, &id, &body).await;
        let kept = lead["metadata"].get("phone_extension");
        assert_eq!(kept, Some(&extension).filter(|it| !it.is_null()), "{body}");
    }
    container.stop().await;
}

#[tokio::test]
async fn a_lead_cannot_be_changed_to_be_larger_than_it_could_have_come_in() {
    let container = Container::start().await;
    let id = container.create(&john()).await;
    let text = "x".repeat(30_000);
    for key in ["one", "two"] {
        changed(&container, &id, &json!({"metadata": {key: text}})).await;
    }
    let reply = change(&container, &id, &json!({"metadata": {"three": text}})).await;
    assert_eq!(
        (reply.status, &reply.body["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("payload_too_large"))
    );
    // A replaced or removed value makes room.
    let body = json!({"metadata": {"one": null, "two": "short", "three": text}});
    let lead = changed(&container, &id, &body).await;
    assert_eq!(lead["metadata"].as_object().unwrap().len(), 2 + 2);
    let body = json!({"metadata": {"x": "x".repeat(64 * 1024)}});
    let reply = change(&container, &id, &body).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    container.stop().await;
}

#[tokio::test]
async fn a_change_that_is_not_confirmed_is_told_so_and_may_be_done() {
    let container = Container::start().await;
    let id = container.create(&john()).await;
    container.dynamodb.set("UpdateItem", Fault::FailedAfter);
    let reply = change(&container, &id, &json!({"title": "CTO"})).await;
    assert_eq!(
        (reply.status, reply.retry_after()),
        (StatusCode::SERVICE_UNAVAILABLE, true)
    );
    let message = reply.body["message"].as_str().unwrap();
    assert!(message.contains("may or may not be made"), "{message}");
    assert_eq!(container.get(&id).await.body["lead"]["title"], "CTO");
    container.stop().await;
}

#[tokio::test]
async fn put_does_the_same_and_an_unknown_lead_is_not_made() {
    let container = Container::start().await;
    let id = container.create(&john()).await;
    let jane = json!({"first_name": "Jane"});
    let reply = container
        .call("PUT", &format!("/leads/{id}"), Some(&jane))
        .await;
    assert_eq!(
        (reply.status, &reply.body["lead"]["last_name"]),
        (StatusCode::OK, &json!("Doe"))
    );
    let unknown = "019c0000-0000-7000-8000-00000000dead";
    let reply = change(&container, unknown, &jane).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(container.get(unknown).await.status, StatusCode::NOT_FOUND);
    container.stop().await;
}
