//! Times and time zones on every route that takes one
//! ([contract](../../../../docs/contract.md#times-and-time-zones)).

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::tz;
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};

use crate::fixtures::{Container, Reply, raw_table};

async fn preview(container: &Container, body: &Value) -> Reply {
    let path = format!("/workflows/{}/preview", demo::WORKFLOW_ID);
    container.call("POST", &path, Some(body)).await
}

/// Sends a time on every route that takes one.
async fn send_time(container: &Container, time: &str) -> [Reply; 3] {
    let list = |filter: &str| format!("/leads?{filter}={}", time.replace('+', "%2B"));
    [
        container.call("GET", &list("created_after"), None).await,
        container.call("GET", &list("created_before"), None).await,
        preview(container, &json!({ "at": time })).await,
    ]
}

#[tokio::test]
async fn every_time_of_rfc_3339_is_read_on_every_route() {
    let container = Container::start().await;
    for (time, at) in [
        ("2026-02-10T12:00:00Z", "2026-02-10T12:00:00Z"),
        (
            "2026-02-10t12:00:00.123456789012345z",
            "2026-02-10T12:00:00Z",
        ),
        ("2026-02-10T12:00:00+23:59", "2026-02-09T12:01:00Z"),
        ("2026-02-10T12:00:00-00:00", "2026-02-10T12:00:00Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59Z", "9999-12-30T22:00:00Z"),
        ("9999-12-31T23:59:60.5-23:59", "9999-12-30T22:00:00Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ("0000-01-01T00:00:00+23:59", "0000-01-01T00:00:00Z"),
    ] {
        let replies = send_time(&container, time).await;
        for reply in &replies {
            assert_eq!(reply.status, StatusCode::OK, "{time}: {}", reply.text);
        }
        let [after, before, preview] = replies;
        assert_eq!(preview.body["at"], at);
        // The demo leads are created now.
        let [after, before] = [after, before].map(|it| it.body["leads"].as_array().unwrap().len());
        let is_past = time < "2026-03";
        assert_eq!(
            (after, before),
            if is_past { (10, 0) } else { (0, 10) },
            "{time}"
        );
    }
    container.stop().await;
}

#[tokio::test]
async fn a_text_that_is_no_time_is_refused_on_every_route() {
    let container = Container::start().await;
    for time in [
        "today",
        "2026-02-10",
        "2026-02-10T12:00:00",
        "2026-02-30T12:00:00Z",
        "10000-01-01T00:00:00Z",
    ] {
        for reply in send_time(&container, time).await {
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{time}");
            let message = reply.body["message"].as_str().unwrap();
            assert!(message.contains("must be a time in RFC 3339"), "{message}");
        }
    }
    container.stop().await;
}

#[tokio::test]
async fn every_zone_of_the_iana_database_is_read_and_shown_by_its_own_name() {
    let container = Container::start().await;
    for name in tz::db().available() {
        let name = name.as_str();
        let reply = preview(&container, &json!({"timezone": name.to_lowercase()})).await;
        assert_eq!(reply.body["timezone"], name, "{}", reply.text);
    }
    container.stop().await;
}

#[tokio::test]
async fn a_zone_that_is_not_in_the_iana_database_is_refused() {
    let container = Container::start().await;
    for name in [
        "Etc/Unknown",
        "etc/unknown",
        "localtime",
        "posix/America/Santiago",
        "right/America/Santiago",
        "America/Atlantis",
        "+03:00",
        "UTC+3",
    ] {
        let reply = preview(&container, &json!({ "timezone": name })).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(
            reply.body["message"],
            format!(
                "timezone \"{name}\" must be a time zone of the IANA database, such as America/Santiago"
            )
        );
    }
    container.stop().await;
}

#[tokio::test]
async fn a_stored_zone_that_is_not_in_the_iana_database_is_never_read_as_utc() {
    let container = Container::start().await;
    let items = raw_table(&container.services).await;
    let of_demo = |item: &&std::collections::HashMap<String, AttributeValue>| {
        let is_workflow = |key: &String| key.starts_with("WORKFLOW#");
        item["sk"].as_s().is_ok_and(is_workflow)
    };
    let mut item = items.values().find(of_demo).unwrap().clone();
    let unknown = AttributeValue::S("Etc/Unknown".to_owned());
    item.insert("timezone".to_owned(), unknown);
    let put = container.services.clients.dynamodb.put_item();
    let put = put.table_name(container.services.table());
    put.set_item(Some(item)).send().await.unwrap();
    let path = format!("/workflows/{}", demo::WORKFLOW_ID);
    let reply = container.call("GET", &path, None).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    container.stop().await;
}
