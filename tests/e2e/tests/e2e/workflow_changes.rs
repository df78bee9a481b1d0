//! Workflows that are paused, go on, or are edited, and previews of what they plan.

use domain::workflow::Workflow;
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::json;
use start_workflow::StartWorkflow;

use crate::{
    consumer::{consume, consume_by},
    enrolled::{active_run, another_workflow, john, post, proxied, run, set},
    support::account,
};

#[tokio::test]
async fn a_paused_workflow_takes_leads_and_plans_them_from_the_moment_it_goes_on() {
    let (proxied, clock) = proxied().await;
    let store = &proxied.services.store;
    let workflow = another_workflow(&proxied, |workflow| workflow.is_paused = true).await;
    let mut lead = john();
    lead["workflow_id"] = json!(workflow.id);
    let ids = [
        proxied.create(&lead).await,
        proxied.create(&lead).await,
        proxied.create(&lead).await,
    ];
    assert_eq!(consume(&proxied.services, &clock).await, (3, 0));
    for id in &ids {
        let active = active_run(&proxied, id).await;
        assert_eq!(
            (&active["run_status"], &active["cadence_state"]),
            (&json!("queued"), &json!("paused"))
        );
    }
    // A delivery that comes again changes nothing; a person takes one lead over; another lead is erased.
    let waiting = store.waiting_starts(account(), workflow.id).await.unwrap();
    assert_eq!(waiting.len(), 3);
    let body = json!({"workflow_id": workflow.id});
    let stopped = post(&proxied, &ids[1], "automation/stop", &body).await;
    assert_eq!(
        (stopped.status, &stopped.body["tasks_cancelled"]),
        (StatusCode::OK, &json!(0))
    );
    let erased = proxied
        .call("DELETE", &format!("/leads/{}", ids[2]), None)
        .await;
    assert_eq!(erased.status, StatusCode::OK);

    set(&clock, 100);
    let unpaused = Workflow {
        is_paused: false,
        version: workflow.version + 1,
        ..workflow.clone()
    };
    store.replace_workflow(account(), &unpaused).await.unwrap();
    for start in &waiting {
        let message = aws::queue::WorkflowStart {
            account_id: account(),
            lead_id: start.lead_id,
            run_id: start.run_id,
            job_id: start.job_id,
            workflow_id: workflow.id,
            enqueued_at: clock.now(),
        };
        proxied.services.queue.send(&message).await.unwrap();
    }
    assert_eq!(consume(&proxied.services, &clock).await, (3, 0));
    let run_id = active_run(&proxied, &ids[0]).await["id"].take();
    let planned = run(&proxied, &ids[0], &run_id).await;
    assert_eq!(
        (&planned["run_status"], &planned["cadence_state"]),
        (&json!("running"), &json!("active"))
    );
    assert_eq!(planned["touchpoints"][0]["due_at"], "2026-02-14T16:00:00Z");
    let taken_over = active_run(&proxied, &ids[1]).await;
    assert_eq!(
        (&taken_over["human_takeover"], &taken_over["cadence_state"]),
        (&json!(true), &json!("paused"))
    );
    assert_eq!(
        store.waiting_starts(account(), workflow.id).await.unwrap(),
        []
    );
    proxied.stop().await;
}

#[tokio::test]
async fn an_edited_workflow_changes_no_run_that_is_planned() {
    let (proxied, clock) = proxied().await;
    let workflow = another_workflow(&proxied, |_| {}).await;
    let mut lead = john();
    lead["workflow_id"] = json!(workflow.id);
    let id = proxied.create(&lead).await;
    assert_eq!(consume(&proxied.services, &clock).await, (1, 0));
    let run_id = active_run(&proxied, &id).await["id"].take();
    let before = run(&proxied, &id, &run_id).await;
    let mut edited = Workflow {
        version: workflow.version + 1,
        name: "Edited".to_owned(),
        ..workflow
    };
    edited.cadence.steps.truncate(1);
    proxied
        .store
        .replace_workflow(account(), &edited)
        .await
        .unwrap();
    set(&clock, 1);
    assert_eq!(run(&proxied, &id, &run_id).await, before);
    assert_eq!(
        active_run(&proxied, &id).await["workflow"]["name"],
        "Second Try"
    );
    proxied.stop().await;
}

#[tokio::test]
async fn a_preview_shows_the_plan_in_both_times_and_writes_nothing() {
    let (proxied, _) = proxied().await;
    let path = format!("/workflows/{}/preview", demo::WORKFLOW_ID);
    let body =
        json!({"phone": true, "email": false, "at": "2026-03-08T06:30:00Z", "timezone": null});
    proxied.call("GET", "/workflows", None).await;
    proxied.dynamodb.take_calls();
    let reply = proxied.call("POST", &path, Some(&body)).await;
    assert_eq!(proxied.dynamodb.take_calls(), ["GetItem"]);
    assert_eq!(reply.body["timezone"], "America/Santiago");
    let touchpoints = reply.body["touchpoints"].as_array().unwrap();
    assert_eq!(touchpoints.len(), 9);
    assert_eq!(
        touchpoints[0],
        json!({"index": 0, "stepIndex": 0, "channel": "call", "attemptNumber": 1, "maxAttempts": 3,
               "due_at": "2026-03-08T06:30:00Z", "local": "2026-03-08T03:30:00", "state": "scheduled",
               "reason": null, "reasons": [], "message": null})
    );
    assert_eq!(
        (&touchpoints[4]["state"], &touchpoints[4]["reason"]),
        (&json!("skipped"), &json!("no_email"))
    );
    let tokyo = json!({"at": "2026-03-08T06:30:00Z", "timezone": "Asia/Tokyo"});
    let reply = proxied.call("POST", &path, Some(&tokyo)).await;
    assert_eq!(reply.body["touchpoints"][0]["local"], "2026-03-08T15:30:00");
    let wrong = json!({"phone": "yes", "at": "noon", "timezone": "Mars/Base", "x": 1});
    let reply = proxied.call("POST", &path, Some(&wrong)).await;
    assert_eq!(
        reply.body["details"].as_array().unwrap().len(),
        4,
        "{}",
        reply.text
    );
    proxied.stop().await;
}

#[tokio::test]
async fn what_a_consumer_remembers_of_a_paused_workflow_holds_up_nothing() {
    let (proxied, clock) = proxied().await;
    let store = &proxied.services.store;
    let function = StartWorkflow::new(store.clone(), clock.clone());
    let workflow = another_workflow(&proxied, |workflow| workflow.is_paused = true).await;
    let mut lead = john();
    lead["workflow_id"] = json!(workflow.id);
    let waiting = proxied.create(&lead).await;
    assert_eq!(consume_by(&function, &proxied.services).await, (1, 0));
    assert_eq!(active_run(&proxied, &waiting).await["run_status"], "queued");
    let unpaused = Workflow {
        is_paused: false,
        version: workflow.version + 1,
        ..workflow
    };
    store.replace_workflow(account(), &unpaused).await.unwrap();
    // Within the time for which it keeps what it has read.
    let late = proxied.create(&lead).await;
    assert_eq!(consume_by(&function, &proxied.services).await, (1, 0));
    assert_eq!(active_run(&proxied, &late).await["run_status"], "running");
    proxied.stop().await;
}

#[tokio::test]
async fn a_removed_workflow_takes_no_leads_and_keeps_those_that_it_has() {
    let (proxied, clock) = proxied().await;
    let store = &proxied.services.store;
    let workflow = another_workflow(&proxied, |_| {}).await;
    let mut lead = john();
    lead["workflow_id"] = json!(workflow.id);
    let (planned, queued) = (proxied.create(&lead).await, proxied.create(&lead).await);
    let next_version = Workflow {
        version: workflow.version + 1,
        ..workflow.clone()
    };
    let other = store.remove_workflow(account(), &next_version).await;
    assert!(other.unwrap_err().is_conflict());
    store.remove_workflow(account(), &workflow).await.unwrap();
    let again = store.remove_workflow(account(), &workflow).await;
    assert!(again.unwrap_err().is_conflict());

    // Both were ordered before; one of them is moved before its run is built.
    let status = json!({"status_key": "engaged"});
    let moved = post(&proxied, &queued, "status", &status).await;
    assert_eq!(
        (moved.status, &moved.body["changed"]),
        (StatusCode::OK, &json!(true))
    );
    assert_eq!(consume(&proxied.services, &clock).await, (2, 0));
    for id in [&planned, &queued] {
        let active = active_run(&proxied, id).await;
        assert_eq!(active["run_status"], "running");
    }
    let moved = post(&proxied, &planned, "status", &status).await;
    assert_eq!(moved.status, StatusCode::OK);

    // What the process remembers of it is at most 30 seconds old.
    set(&clock, 1);
    let created = proxied.post(&lead, None).await;
    assert_eq!(created.status, StatusCode::CREATED);
    let warning = created.body["warning"].as_str().unwrap();
    assert!(warning.starts_with("the workflow is unknown"), "{warning}");
    let path = format!("/workflows/{}", workflow.id);
    assert_eq!(
        proxied.call("GET", &path, None).await.status,
        StatusCode::NOT_FOUND
    );
    proxied.stop().await;
}
