//! A lead's run: statuses, stop and resume ([contract](../../../../docs/contract.md#a-leads-run)).

use crate::fixtures::{
    Container, START, account, active_run, another_workflow, consume, demo_workflow, enrolled,
    john, post, run, set_hours, states,
};
use domain::{cadence::Window, workflow::Workflow};
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};

#[tokio::test]
async fn stop_and_resume_pause_the_cadence_and_take_it_up_where_it_was() {
    let (container, clock) = Container::with_clock().await;
    let id = enrolled(&container, &clock).await;
    let run_id = active_run(&container, &id).await["id"].take();
    let planned = run(&container, &id, &run_id).await;
    assert_eq!(states(&planned), ["scheduled"; 9]);
    assert_eq!(planned["touchpoints"][0]["due_at"], START);

    let path = format!("/leads/{id}/is_paused");
    let paused = || async { container.call("GET", &path, None).await.body["paused"].take() };
    assert_eq!(paused().await, false);
    set_hours(&clock, 1);
    let stopped = post(&container, &id, "automation/stop", &demo_workflow()).await;
    assert_eq!(
        stopped.body,
        json!({"success": true, "workflow_run_id": run_id, "cadence_paused": true, "tasks_cancelled": 9})
    );
    let again = post(&container, &id, "automation/stop", &demo_workflow()).await;
    assert_eq!(
        again.body,
        json!({"success": true, "already_stopped": true, "workflow_run_id": run_id})
    );
    assert_eq!(paused().await, true);
    let active = active_run(&container, &id).await;
    assert_eq!(
        (
            &active["human_takeover"],
            &active["cadence_state"],
            &active["run_status"]
        ),
        (&json!(true), &json!("paused"), &json!("running"))
    );
    assert_eq!(
        states(&run(&container, &id, &run_id).await),
        ["cancelled"; 9]
    );

    // The automation resumes after ten hours, and the cadence two hours later.
    set_hours(&clock, 11);
    let resumed = post(&container, &id, "automation/resume", &demo_workflow()).await;
    assert_eq!(
        resumed.body,
        json!({"success": true, "workflow_run_id": run_id, "cadence_resumed": false})
    );
    let again = post(&container, &id, "automation/resume", &demo_workflow()).await;
    assert_eq!(
        again.body,
        json!({"success": true, "already_running": true, "workflow_run_id": run_id})
    );
    assert_eq!(paused().await, false);
    set_hours(&clock, 13);
    let body = json!({"workflow_id": demo::WORKFLOW_ID, "resume_cadence": true});
    let resumed = post(&container, &id, "automation/resume", &body).await;
    assert_eq!(resumed.body["cadence_resumed"], true);
    let resumed = run(&container, &id, &run_id).await;
    assert_eq!(states(&resumed), ["scheduled"; 9]);
    let due = |run: &Value, index: usize| -> Timestamp {
        let due_at = run["touchpoints"][index]["due_at"].as_str();
        due_at.unwrap().parse().unwrap()
    };
    for index in [4, 8] {
        let pause = SignedDuration::from_hours(12);
        assert_eq!(due(&resumed, index), due(&planned, index) + pause);
    }
    // A touchpoint with a due time in the past is due now.
    assert_eq!(due(&resumed, 0), clock.now());
    container.stop().await;
}

#[tokio::test]
async fn a_status_moves_the_lead_and_a_terminal_one_ends_the_run() {
    let (container, clock) = Container::with_clock().await;
    let id = enrolled(&container, &clock).await;
    let run_id = active_run(&container, &id).await["id"].take();
    let engaged = json!({"status_key": "engaged", "reason": "called back"});
    let reply = post(&container, &id, "status", &engaged).await;
    assert_eq!(
        reply.body,
        json!({"success": true, "changed": true, "previous_status": "new", "new_status": "engaged",
               "workflow_run": {"id": run_id, "workflow_id": demo::WORKFLOW_ID}})
    );
    assert_eq!(
        post(&container, &id, "status", &engaged).await.body["changed"],
        false
    );
    assert_eq!(
        active_run(&container, &id).await["current_status"]["key"],
        "engaged"
    );

    let unknown = post(&container, &id, "status", &json!({"status_key": "gone"})).await;
    assert_eq!(
        (unknown.status, &unknown.body["message"]),
        (
            StatusCode::BAD_REQUEST,
            &json!("status_key \"gone\" must be one of new, contacted, engaged, won, lost")
        )
    );
    let missing = post(&container, &id, "status", &json!({"reason": 7, "x": 1})).await;
    assert_eq!(
        missing.body["message"],
        "status_key is required; reason must be a string; x is not a field of this request; \
         known are status_key, reason, workflow_id"
    );
    let won = json!({"status_key": "won", "workflow_id": demo::WORKFLOW_ID});
    assert_eq!(
        post(&container, &id, "status", &won).await.body["changed"],
        true
    );
    // A client without an answer sends the request again.
    let again = post(&container, &id, "status", &won).await;
    assert_eq!(
        (&again.body["changed"], &again.body["new_status"]),
        (&json!(false), &json!("won"))
    );
    assert_eq!(active_run(&container, &id).await, Value::Null);
    let ended = run(&container, &id, &run_id).await;
    assert_eq!(
        (
            &ended["run_status"],
            &ended["cadence_state"],
            &ended["is_active"]
        ),
        (&json!("completed"), &json!("cancelled"), &json!(false))
    );
    assert_eq!(states(&ended), ["cancelled"; 9]);
    // No active run is left to change.
    for (action, body) in [
        ("status", engaged),
        ("automation/stop", demo_workflow()),
        ("automation/resume", demo_workflow()),
    ] {
        let reply = post(&container, &id, action, &body).await;
        assert_eq!(
            (reply.status, &reply.body["error"], &reply.body["code"]),
            (
                StatusCode::NOT_FOUND,
                &json!("No active workflow run found for this lead and workflow"),
                &json!("not_found")
            ),
            "{action}"
        );
    }
    container.stop().await;
}

#[tokio::test]
async fn stop_and_resume_need_a_workflow_that_the_lead_is_in() {
    let (container, clock) = Container::with_clock().await;
    let id = enrolled(&container, &clock).await;
    let other = another_workflow(&container, |_| {}).await;
    for action in ["automation/stop", "automation/resume"] {
        for body in [json!({}), json!({"workflow_id": null})] {
            let reply = post(&container, &id, action, &body).await;
            assert_eq!(
                (reply.status, &reply.body["error"], &reply.body["code"]),
                (
                    StatusCode::BAD_REQUEST,
                    &json!("workflow_id is required"),
                    &json!("validation_error")
                )
            );
        }
        let reply = post(&container, &id, action, &json!({"workflow_id": "x"})).await;
        assert_eq!(reply.body["error"], "Validation error");
        let reply = post(&container, &id, action, &json!({"workflow_id": other.id})).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
    }
    let path = format!("/leads/{id}/is_paused?workflow_id={}", other.id);
    assert_eq!(
        container.call("GET", &path, None).await.body["paused"],
        false
    );
    container.stop().await;
}

#[tokio::test]
async fn a_run_that_is_not_built_yet_can_be_changed_and_is_not_built_again() {
    let (container, clock) = Container::with_clock().await;
    let id = container.create(&john()).await;
    let stopped = post(&container, &id, "automation/stop", &demo_workflow()).await;
    assert_eq!(stopped.body["tasks_cancelled"], 9);
    assert_eq!(consume(&container.services, &clock).await, (1, 0));
    let active = active_run(&container, &id).await;
    assert_eq!(
        (&active["human_takeover"], &active["cadence_state"]),
        (&json!(true), &json!("paused"))
    );
    container.stop().await;
}

#[tokio::test]
async fn an_unknown_run_or_lead_is_not_found() {
    let (container, clock) = Container::with_clock().await;
    let id = enrolled(&container, &clock).await;
    let unknown = "019c0000-0000-7000-8000-00000000dead";
    for (path, kind) in [
        (format!("/leads/{id}/runs/{unknown}"), "Run"),
        (format!("/leads/{id}/runs/x"), "Run"),
        (format!("/leads/{unknown}/runs/{unknown}"), "Lead"),
        (format!("/leads/{unknown}/history"), "Lead"),
        (format!("/leads/{unknown}/is_paused"), "Lead"),
    ] {
        let reply = container.call("GET", &path, None).await;
        let message = format!("{kind} not found or does not belong to your account");
        assert_eq!(
            (reply.status, &reply.body["message"]),
            (StatusCode::NOT_FOUND, &json!(message))
        );
    }
    container.stop().await;
}

#[tokio::test]
async fn a_resumed_cadence_keeps_to_the_windows_that_its_run_was_planned_with() {
    let (container, clock) = Container::with_clock().await;
    let office: Window = serde_json::from_value(
        json!({"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "18:00"}),
    )
    .unwrap();
    let workflow = another_workflow(&container, |workflow| {
        workflow.cadence.windows = vec![office];
    })
    .await;
    let mut lead = john();
    lead["workflow_id"] = json!(workflow.id);
    let id = container.create(&lead).await;
    assert_eq!(consume(&container.services, &clock).await, (1, 0));
    let run_id = active_run(&container, &id).await["id"].take();
    let body = json!({"workflow_id": workflow.id, "resume_cadence": true});
    let stop = json!({"workflow_id": workflow.id});
    post(&container, &id, "automation/stop", &stop).await;
    // The workflow loses its windows, and the run keeps them.
    let mut edited = Workflow {
        version: workflow.version + 1,
        ..workflow
    };
    edited.cadence.windows.clear();
    container
        .store
        .replace_workflow(account(), &edited)
        .await
        .unwrap();
    set_hours(&clock, 13);
    let resumed = post(&container, &id, "automation/resume", &body).await;
    assert_eq!(resumed.body["cadence_resumed"], true);
    let run = run(&container, &id, &run_id).await;
    for touchpoint in run["touchpoints"].as_array().unwrap() {
        let hour: u8 = touchpoint["local"].as_str().unwrap()[11..13]
            .parse()
            .unwrap();
        let is_call = touchpoint["channel"] == "call";
        assert!(!is_call || (9..18).contains(&hour), "{touchpoint}");
    }
    container.stop().await;
}

#[tokio::test]
async fn every_time_is_shown_to_the_second() {
    let (container, clock) = Container::with_clock().await;
    let start: Timestamp = START.parse().unwrap();
    clock.set(start + SignedDuration::from_millis(123));
    let id = enrolled(&container, &clock).await;
    clock.set(start + SignedDuration::from_millis(2_456));
    let assignment = json!({"workflowId": demo::WORKFLOW_ID});
    let assigned = post(&container, &id, "assign-workflow", &assignment).await;
    assert_eq!(consume(&container.services, &clock).await, (1, 0));
    post(&container, &id, "automation/stop", &demo_workflow()).await;
    clock.set(start + SignedDuration::from_millis(9_789));
    let resume = json!({"workflow_id": demo::WORKFLOW_ID, "resume_cadence": true});
    post(&container, &id, "automation/resume", &resume).await;
    let run_id = assigned.body["workflowRunId"].as_str().unwrap();
    for path in [
        format!("/leads/{id}"),
        format!("/leads/{id}/runs/{run_id}"),
        format!("/leads/{id}/history"),
        "/leads".to_owned(),
    ] {
        let reply = container.call("GET", &path, None).await;
        assert_eq!(reply.status, StatusCode::OK);
        // Every time with a fraction of a second has a dot between two digits.
        let digits = |part: &[u8]| part[0].is_ascii_digit() && part[2].is_ascii_digit();
        let mut parts = reply.text.as_bytes().windows(3);
        let has_fraction = parts.any(|part| part[1] == b'.' && digits(part));
        assert!(!has_fraction, "{}", reply.text);
    }
    container.stop().await;
}
