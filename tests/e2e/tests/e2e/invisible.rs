//! Text that shows nothing is not given, wherever empty text is not given
//! ([contract](../../../../docs/contract.md#post-leads)).

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};

use crate::fixtures::{Container, items_of};

/// Texts that show nothing: a space without width, a filler, and marks between blanks.
const NOTHING: [&str; 4] = ["\u{200b}", "\u{3164}", " \u{feff} \u{2066}\t", "\u{e0041}"];

#[tokio::test]
async fn text_that_shows_nothing_is_not_given_in_a_new_lead() {
    let container = Container::start().await;
    for nothing in NOTHING {
        let reply = container.post(&json!({"first_name": nothing}), None).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{nothing:?}");
        assert_eq!(reply.body["message"], "first_name is required");
        let lead = json!({"first_name": "\u{feff}John", "last_name": nothing, "email": nothing, "phone": nothing,
                          "workflow_id": nothing, "campaign_id": nothing});
        let reply = container.post(&lead, None).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let lead = &reply.body["lead"];
        assert_eq!(lead["first_name"], "John");
        for field in ["last_name", "email", "phone"] {
            assert_eq!(lead[field], Value::Null, "{field} {nothing:?}");
        }
        let lead = json!({"first_name": "J", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID,
                          "force_first_message": {"channel": "sms", "content": nothing}});
        let reply = container.post(&lead, None).await;
        assert_eq!(
            reply.body["message"],
            "force_first_message needs content on the channel sms"
        );
    }
    container.stop().await;
}

#[tokio::test]
async fn text_that_shows_nothing_is_not_given_in_a_change_or_an_order() {
    let container = Container::start().await;
    let john = json!({"first_name": "John", "last_name": "Doe", "phone": "+1234567890"});
    for nothing in NOTHING {
        let id = container.create(&john).await;
        let path = format!("/leads/{id}");
        let change = json!({"last_name": nothing, "company": nothing, "title": nothing, "email": nothing,
                            "campaign_id": nothing});
        let reply = container.call("PATCH", &path, Some(&change)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        for field in ["last_name", "company", "title", "email", "campaign_id"] {
            assert_eq!(reply.body["lead"][field], Value::Null, "{field}");
        }
        for field in ["first_name", "source"] {
            let change = json!({ field: nothing });
            let reply = container.call("PATCH", &path, Some(&change)).await;
            let message = format!("{field} cannot be removed");
            assert_eq!(reply.body["message"], message);
        }
        for (action, field) in [
            ("assign-workflow", "workflowId"),
            ("status", "status_key"),
            ("automation/stop", "workflow_id"),
        ] {
            let path = format!("{path}/{action}");
            let order = json!({ field: nothing });
            let reply = container.call("POST", &path, Some(&order)).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{action}");
            assert!(reply.text.contains(&format!("{field} is required")));
        }
        let assign =
            json!({"workflowId": demo::WORKFLOW_ID, "reason": nothing, "actorId": nothing});
        let assigned = container
            .call("POST", &format!("{path}/assign-workflow"), Some(&assign))
            .await;
        assert_eq!(assigned.status, StatusCode::CREATED, "{}", assigned.text);
        let history = container
            .call("GET", &format!("{path}/history"), None)
            .await;
        let entry = &history.body["history"][1];
        assert_eq!(entry["description"], "Sales Outreach");
        assert_eq!(entry["actor_id"], Value::Null);
        let preview = json!({"at": nothing, "timezone": nothing});
        let path = format!("/workflows/{}/preview", demo::WORKFLOW_ID);
        let reply = container.call("POST", &path, Some(&preview)).await;
        assert_eq!(reply.body["timezone"], "America/Santiago");
    }
    container.stop().await;
}

#[tokio::test]
async fn a_lead_that_an_older_version_accepted_is_still_shown_and_changed() {
    let container = Container::start().await;
    let id = container
        .create(&json!({"first_name": "John", "email": "john@example.com"}))
        .await;
    let old = [
        ("first_name", "\u{200b}"),
        ("email", "john@gmail#com"),
        ("company", "\u{feff}"),
    ];
    for mut item in items_of(&container.services, &id).await {
        for (name, value) in old {
            item.insert(name.to_owned(), AttributeValue::S(value.to_owned()));
        }
        let put = container.services.clients.dynamodb.put_item();
        let put = put.table_name(container.services.table());
        put.set_item(Some(item)).send().await.unwrap();
    }
    let listed = container.call("GET", "/leads", None).await;
    let read = container.get(&id).await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.text);
    for lead in [&listed.body["leads"][0], &read.body["lead"]] {
        for (name, value) in old {
            assert_eq!(lead[name], value);
        }
    }
    let change = json!({"email": "john@example.com"});
    let changed = container
        .call("PATCH", &format!("/leads/{id}"), Some(&change))
        .await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    container.stop().await;
}
