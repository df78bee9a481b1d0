//! Assignments ([contract](../../../../docs/contract.md#post-leadsidassign-workflow)).

use domain::ids::RunId;
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};
use simulation::Fault;

use crate::fixtures::{
    Container, active_run, another_workflow, consume, enrolled, items_of, john, post, run,
    set_hours, states,
};

#[tokio::test]
async fn an_assignment_enrols_a_lead_and_another_one_ends_the_run_before() {
    let (container, clock) = Container::with_clock().await;
    let other = another_workflow(&container, |_| {}).await;
    let mut lead = john();
    lead.as_object_mut().unwrap().remove("workflow_id");
    let id = container.create(&lead).await;
    set_hours(&clock, 1);
    let body =
        json!({"workflowId": demo::WORKFLOW_ID, "reason": "asked for it", "actorId": "agent 7"});
    let reply = post(&container, &id, "assign-workflow", &body).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let first = reply.body["workflowRunId"].clone();
    assert_eq!(
        reply.body,
        json!({"workflowRunId": first, "workflowId": demo::WORKFLOW_ID, "workflowName": "Sales Outreach",
               "movementType": "enrollment", "paused": false})
    );
    let queued = run(&container, &id, &first).await;
    assert_eq!(
        (&queued["run_status"], states(&queued)),
        (&json!("queued"), vec![])
    );
    assert_eq!(consume(&container.services, &clock).await, (1, 0));
    assert_eq!(active_run(&container, &id).await["run_status"], "running");

    set_hours(&clock, 2);
    let body = json!({"workflowId": other.id});
    let reply = post(&container, &id, "assign-workflow", &body).await;
    assert_eq!(reply.body["movementType"], "reassignment");
    let second = reply.body["workflowRunId"].clone();
    assert_eq!(consume(&container.services, &clock).await, (1, 0));
    let active = active_run(&container, &id).await;
    assert_eq!(
        (&active["id"], &active["workflow"]["name"]),
        (&second, &json!("Second Try"))
    );
    let before = run(&container, &id, &first).await;
    assert_eq!(
        (&before["run_status"], states(&before)),
        (&json!("stopped"), vec!["cancelled"; 9])
    );
    // The cadence begins at the assignment.
    let now = run(&container, &id, &second).await;
    assert_eq!(now["touchpoints"][0]["due_at"], "2026-02-10T14:00:00Z");
    // No start is pending.
    let items = items_of(&container.services, &id).await;
    let lead = items
        .iter()
        .find(|item| item["sk"].as_s().unwrap() == "SELF");
    assert!(!lead.unwrap().contains_key("gsi2pk"));
    let list = container
        .call("GET", &format!("/leads?workflow_id={}", other.id), None)
        .await;
    assert_eq!(list.body["leads"].as_array().unwrap().len(), 1);
    container.stop().await;
}

#[tokio::test]
async fn an_assignment_that_cannot_be_is_refused() {
    let (container, _) = Container::with_clock().await;
    let emails = another_workflow(&container, |workflow| {
        let steps = &mut workflow.cadence.steps;
        steps.retain(|step| step.channel == domain::cadence::Channel::Email);
    })
    .await;
    let id = container.create(&json!({"first_name": "John"})).await;
    for (body, status, message) in [
        (json!({}), StatusCode::BAD_REQUEST, "workflowId is required"),
        (
            json!({"workflowId": "019c0000-0000-7000-8000-00000000dead"}),
            StatusCode::NOT_FOUND,
            "Workflow not found or does not belong to your account",
        ),
        (
            json!({"workflowId": demo::WORKFLOW_ID}),
            StatusCode::BAD_REQUEST,
            "workflowId has a call step, and the lead has no phone number",
        ),
        (
            json!({"workflowId": emails.id}),
            StatusCode::BAD_REQUEST,
            "workflowId has no step that can reach the lead",
        ),
        (
            json!({"workflowId": emails.id, "reason": "x".repeat(1_001)}),
            StatusCode::BAD_REQUEST,
            "reason must not be longer than 1000 characters",
        ),
    ] {
        let reply = post(&container, &id, "assign-workflow", &body).await;
        assert_eq!(
            (reply.status, &reply.body["message"]),
            (status, &json!(message))
        );
    }
    assert_eq!(active_run(&container, &id).await, Value::Null);
    container.stop().await;
}

#[tokio::test]
async fn a_start_that_cannot_be_sent_at_an_assignment_follows() {
    let (container, clock) = Container::with_clock().await;
    let mut lead = john();
    lead.as_object_mut().unwrap().remove("workflow_id");
    let id = container.create(&lead).await;
    container.sqs.set("SendMessage", Fault::Failed);
    let body = json!({"workflowId": demo::WORKFLOW_ID});
    let reply = post(&container, &id, "assign-workflow", &body).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(consume(&container.services, &clock).await, (0, 0));
    let (store, queue) = (&container.services.store, &container.services.queue);
    let requeued = requeue_starts::requeue(store, queue, &clock).await.unwrap();
    assert_eq!(requeued.sent, 1);
    assert_eq!(consume(&container.services, &clock).await, (1, 0));
    assert_eq!(active_run(&container, &id).await["run_status"], "running");
    container.stop().await;
}

#[tokio::test]
async fn a_run_sorts_behind_the_one_before_whatever_the_clocks_say() {
    let (container, clock) = Container::with_clock().await;
    set_hours(&clock, 5);
    let id = enrolled(&container, &clock).await;
    // Another container's clock is five hours behind.
    set_hours(&clock, 0);
    let body = json!({"workflowId": demo::WORKFLOW_ID});
    let reply = post(&container, &id, "assign-workflow", &body).await;
    let late: RunId = reply.body["workflowRunId"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(consume(&container.services, &clock).await, (1, 0));
    let active = active_run(&container, &id).await;
    assert_eq!(
        (&active["id"], &active["run_status"]),
        (&json!(late), &json!("running"))
    );
    container.stop().await;
}
