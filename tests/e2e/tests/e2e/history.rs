//! The history of a lead ([contract](../../../../docs/contract.md#get-leadsidhistory)).

use lambda_http::http::StatusCode;
use local::demo;
use serde_json::json;

use crate::fixtures::{
    Container, another_workflow, demo_workflow, enrolled, items_of, post, set_hours,
};

#[tokio::test]
async fn the_history_shows_all_that_happened_in_order_page_by_page() {
    let (container, clock) = Container::with_clock().await;
    let other = another_workflow(&container, |_| {}).await;
    let id = enrolled(&container, &clock).await;
    let steps = [
        (
            "status",
            json!({"status_key": "engaged", "reason": "called back"}),
        ),
        ("automation/stop", demo_workflow()),
        ("automation/resume", demo_workflow()),
        (
            "assign-workflow",
            json!({"workflowId": other.id, "reason": "second try", "actorId": "agent 7"}),
        ),
        ("status", json!({"status_key": "won"})),
    ];
    for (hour, (action, body)) in (1..).zip(&steps) {
        set_hours(&clock, hour);
        assert!(
            post(&container, &id, action, body)
                .await
                .status
                .is_success(),
            "{action}"
        );
    }
    let (mut history, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/leads/{id}/history?limit=2{cursor}");
        let page = container.call("GET", &path, None).await.body;
        assert_eq!(page["lead"]["id"], id);
        history.extend(page["history"].as_array().unwrap().clone());
        match page["pagination"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let entries: Vec<_> = history
        .iter()
        .map(|it| {
            let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
            (
                text("activity_type"),
                text("description"),
                text("timestamp"),
            )
        })
        .collect();
    let expected = [
        ("lead_created", "", 12),
        ("workflow_assigned", "Sales Outreach", 12),
        ("status_changed", "New -> Engaged: called back", 13),
        ("automation_stopped", "Sales Outreach", 14),
        ("automation_resumed", "Sales Outreach", 15),
        ("workflow_assigned", "Second Try: second try", 16),
        ("status_changed", "New -> Won", 17),
    ]
    .map(|(kind, text, hour)| {
        (
            kind.to_owned(),
            text.to_owned(),
            format!("2026-02-10T{hour}:00:00Z"),
        )
    });
    assert_eq!(entries, expected);
    assert_eq!(
        history[5],
        json!({"type": "activity", "channel": "system", "activity_type": "workflow_assigned",
               "title": "Workflow assigned", "description": "Second Try: second try", "actor_type": "user",
               "actor_id": "agent 7", "timestamp": "2026-02-10T16:00:00Z"})
    );
    // The erasure of the lead removes the history.
    let erased = container
        .call("DELETE", &format!("/leads/{id}"), None)
        .await;
    assert_eq!(erased.status, StatusCode::OK);
    let left = format!("{:?}", items_of(&container.services, &id).await);
    assert!(
        !left.contains("second try") && !left.contains("called back"),
        "{left}"
    );
    let path = format!("/leads/{id}/history");
    assert_eq!(
        container.call("GET", &path, None).await.status,
        StatusCode::NOT_FOUND
    );
    container.stop().await;
}

#[tokio::test]
async fn a_history_shows_no_entry_twice_whatever_happens_between_its_pages() {
    let (container, clock) = Container::with_clock().await;
    let id = enrolled(&container, &clock).await;
    let path = format!("/leads/{id}/history?limit=2");
    let first = container.call("GET", &path, None).await.body;
    assert_eq!(first["pagination"]["has_more"], false);
    let path = format!("/leads/{id}/history?limit=1");
    let first = container.call("GET", &path, None).await.body;
    let cursor = first["pagination"]["next_cursor"].as_str().unwrap();
    let path = format!("{path}&cursor={cursor}");
    set_hours(&clock, 1);
    post(&container, &id, "automation/stop", &demo_workflow()).await;
    let second = container.call("GET", &path, None).await.body;
    assert_eq!(second["history"][0]["description"], "Sales Outreach");
    let cursor = second["pagination"]["next_cursor"].as_str().unwrap();
    // A new enrolment replaces the one that was shown.
    set_hours(&clock, 2);
    let assignment = json!({"workflowId": demo::WORKFLOW_ID, "reason": "again"});
    post(&container, &id, "assign-workflow", &assignment).await;
    let path = format!("/leads/{id}/history?limit=10&cursor={cursor}");
    let rest = container.call("GET", &path, None).await.body;
    let kinds: Vec<_> = rest["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["activity_type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["automation_stopped", "workflow_assigned"]);
    container.stop().await;
}
