//! Workflows that are paused, resumed, edited or removed, and previews of their plans.

use domain::{
    ids::WorkflowId,
    outcome::{CadenceEffect, Effect, Outcome, Outcomes},
    workflow::Workflow,
};
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::json;

use crate::fixtures::{
    Container, account, active_run, another_workflow, consume, consume_by, john, post, run,
    set_hours, starts,
};

#[tokio::test]
async fn a_paused_workflow_takes_leads_and_plans_them_from_the_moment_it_goes_on() {
    let (container, clock) = Container::with_clock().await;
    let store = &container.services.store;
    let workflow = another_workflow(&container, |workflow| workflow.is_paused = true).await;
    let mut lead = john();
    lead["workflow_id"] = json!(workflow.id);
    let ids = [
        container.create(&lead).await,
        container.create(&lead).await,
        container.create(&lead).await,
    ];
    assert_eq!(consume(&container.services, &clock).await, (3, 0));
    for id in &ids {
        let active = active_run(&container, id).await;
        assert_eq!(
            (&active["run_status"], &active["cadence_state"]),
            (&json!("queued"), &json!("paused"))
        );
    }
    // A person takes over the second lead, and the third one is erased.
    let waiting = store.waiting_starts(account(), workflow.id).await.unwrap();
    assert_eq!(waiting.len(), 3);
    let body = json!({"workflow_id": workflow.id});
    let stopped = post(&container, &ids[1], "automation/stop", &body).await;
    assert_eq!(
        (stopped.status, &stopped.body["tasks_cancelled"]),
        (StatusCode::OK, &json!(0))
    );
    let erased = container
        .call("DELETE", &format!("/leads/{}", ids[2]), None)
        .await;
    assert_eq!(erased.status, StatusCode::OK);

    set_hours(&clock, 100);
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
        container.services.queue.send(&message).await.unwrap();
    }
    assert_eq!(consume(&container.services, &clock).await, (3, 0));
    let run_id = active_run(&container, &ids[0]).await["id"].take();
    let planned = run(&container, &ids[0], &run_id).await;
    assert_eq!(
        (&planned["run_status"], &planned["cadence_state"]),
        (&json!("running"), &json!("active"))
    );
    assert_eq!(planned["touchpoints"][0]["due_at"], "2026-02-14T16:00:00Z");
    let taken_over = active_run(&container, &ids[1]).await;
    assert_eq!(
        (&taken_over["human_takeover"], &taken_over["cadence_state"]),
        (&json!(true), &json!("paused"))
    );
    assert_eq!(
        store.waiting_starts(account(), workflow.id).await.unwrap(),
        []
    );
    container.stop().await;
}

#[tokio::test]
async fn an_edited_workflow_changes_no_run_that_is_planned() {
    let (container, clock) = Container::with_clock().await;
    let workflow = another_workflow(&container, |_| {}).await;
    let mut lead = john();
    lead["workflow_id"] = json!(workflow.id);
    let id = container.create(&lead).await;
    assert_eq!(consume(&container.services, &clock).await, (1, 0));
    let run_id = active_run(&container, &id).await["id"].take();
    let before = run(&container, &id, &run_id).await;
    let mut edited = Workflow {
        version: workflow.version + 1,
        name: "Edited".to_owned(),
        ..workflow
    };
    edited.cadence.steps.truncate(1);
    container
        .store
        .replace_workflow(account(), &edited)
        .await
        .unwrap();
    set_hours(&clock, 1);
    assert_eq!(run(&container, &id, &run_id).await, before);
    assert_eq!(
        active_run(&container, &id).await["workflow"]["name"],
        "Second Try"
    );
    container.stop().await;
}

#[tokio::test]
async fn a_preview_shows_the_plan_in_both_times_and_writes_nothing() {
    let (container, _) = Container::with_clock().await;
    let path = format!("/workflows/{}/preview", demo::WORKFLOW_ID);
    let body =
        json!({"phone": true, "email": false, "at": "2026-03-08T06:30:00Z", "timezone": null});
    container.call("GET", "/workflows", None).await;
    container.dynamodb.take_calls();
    let reply = container.call("POST", &path, Some(&body)).await;
    assert_eq!(container.dynamodb.take_calls(), ["GetItem"]);
    assert_eq!(reply.body["timezone"], "America/Santiago");
    let touchpoints = reply.body["touchpoints"].as_array().unwrap();
    assert_eq!(touchpoints.len(), 9);
    assert_eq!(
        touchpoints[0],
        json!({"index": 0, "stepIndex": 0, "channel": "call", "attemptNumber": 1, "maxAttempts": 3,
               "due_at": "2026-03-08T06:30:00Z", "local": "2026-03-08T03:30:00", "state": "scheduled",
               "reason": null, "reasons": [], "outcome": null, "message": null})
    );
    assert_eq!(
        (&touchpoints[4]["state"], &touchpoints[4]["reason"]),
        (&json!("skipped"), &json!("no_email"))
    );
    let tokyo = json!({"at": "2026-03-08T06:30:00Z", "timezone": "Asia/Tokyo"});
    let reply = container.call("POST", &path, Some(&tokyo)).await;
    assert_eq!(reply.body["touchpoints"][0]["local"], "2026-03-08T15:30:00");
    let wrong = json!({"phone": "yes", "at": "noon", "timezone": "Mars/Base", "x": 1});
    let reply = container.call("POST", &path, Some(&wrong)).await;
    assert_eq!(
        reply.body["details"].as_array().unwrap().len(),
        4,
        "{}",
        reply.text
    );
    container.stop().await;
}

#[tokio::test]
async fn a_cached_pause_of_a_workflow_holds_up_nothing() {
    let (container, clock) = Container::with_clock().await;
    let store = &container.services.store;
    let function = starts(&container.services, &clock);
    let workflow = another_workflow(&container, |workflow| workflow.is_paused = true).await;
    let mut lead = john();
    lead["workflow_id"] = json!(workflow.id);
    let waiting = container.create(&lead).await;
    assert_eq!(consume_by(&function, &container.services).await, (1, 0));
    assert_eq!(
        active_run(&container, &waiting).await["run_status"],
        "queued"
    );
    let unpaused = Workflow {
        is_paused: false,
        version: workflow.version + 1,
        ..workflow
    };
    store.replace_workflow(account(), &unpaused).await.unwrap();
    // The cached workflow is still valid.
    let late = container.create(&lead).await;
    assert_eq!(consume_by(&function, &container.services).await, (1, 0));
    assert_eq!(active_run(&container, &late).await["run_status"], "running");
    container.stop().await;
}

#[tokio::test]
async fn a_removed_workflow_takes_no_leads_and_keeps_those_that_it_has() {
    let (container, clock) = Container::with_clock().await;
    let store = &container.services.store;
    let workflow = another_workflow(&container, |_| {}).await;
    let mut lead = john();
    lead["workflow_id"] = json!(workflow.id);
    let (planned, queued) = (container.create(&lead).await, container.create(&lead).await);
    let next_version = Workflow {
        version: workflow.version + 1,
        ..workflow.clone()
    };
    let other = store.remove_workflow(account(), &next_version).await;
    assert!(other.unwrap_err().is_conflict());
    store.remove_workflow(account(), &workflow).await.unwrap();
    let again = store.remove_workflow(account(), &workflow).await;
    assert!(again.unwrap_err().is_conflict());

    // Both leads had their starts before. One lead is moved before its run is built.
    let status = json!({"status_key": "engaged"});
    let moved = post(&container, &queued, "status", &status).await;
    assert_eq!(
        (moved.status, &moved.body["changed"]),
        (StatusCode::OK, &json!(true))
    );
    assert_eq!(consume(&container.services, &clock).await, (2, 0));
    for id in [&planned, &queued] {
        let active = active_run(&container, id).await;
        assert_eq!(active["run_status"], "running");
    }
    let moved = post(&container, &planned, "status", &status).await;
    assert_eq!(moved.status, StatusCode::OK);

    // The cache keeps a workflow for at most 30 seconds.
    set_hours(&clock, 1);
    let created = container.post(&lead, None).await;
    assert_eq!(created.status, StatusCode::CREATED);
    let warning = created.body["warning"].as_str().unwrap();
    assert!(warning.starts_with("the workflow is unknown"), "{warning}");
    let path = format!("/workflows/{}", workflow.id);
    assert_eq!(
        container.call("GET", &path, None).await.status,
        StatusCode::NOT_FOUND
    );
    container.stop().await;
}

#[tokio::test]
async fn a_workflow_shows_the_effect_of_each_outcome() {
    let container = Container::start().await;
    let outcomes = async |id: WorkflowId| {
        let path = format!("/workflows/{id}");
        let mut reply = container.call("GET", &path, None).await;
        reply.body["workflow"]["outcomes"].take()
    };
    let demo = outcomes(demo::WORKFLOW_ID.parse().unwrap()).await;
    let words: Vec<_> = Outcome::CONFIGURABLE.map(Outcome::as_str).into();
    let shown: Vec<_> = demo.as_object().unwrap().keys().collect();
    assert_eq!(shown.len(), words.len());
    assert!(
        shown.iter().all(|it| words.contains(&it.as_str())),
        "{demo}"
    );
    let replied = json!({"cadence": "complete", "status": "engaged", "human_takeover": true});
    assert_eq!(demo["replied"], replied);
    let goes_on = json!({"cadence": "continue", "status": null, "human_takeover": false});
    assert_eq!(demo["no_outcome"], goes_on);

    let effect = Effect {
        cadence: CadenceEffect::NextStep,
        status: Some("lost".to_owned()),
        human_takeover: false,
    };
    let changed = another_workflow(&container, |workflow| {
        workflow.outcomes = Outcomes::new([(Outcome::Busy, effect)].into());
        workflow.statuses.retain(|status| status.key != "engaged");
    });
    let changed = outcomes(changed.await.id).await;
    let busy = json!({"cadence": "next_step", "status": "lost", "human_takeover": false});
    assert_eq!(changed["busy"], busy);
    // The workflow does not have the default's status.
    assert_eq!(changed["answered"]["status"], json!(null));
    container.stop().await;
}
