//! A lead's run: statuses, stopping and resuming, history (CONTRACT section 6).

use crate::{
    consumer::consume,
    enrolled::{
        START, active_run, another_workflow, demo_workflow, enrolled, john, post, proxied, run,
        set, states,
    },
    support::{account, items_of},
};
use domain::{cadence::Window, workflow::Workflow};
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};

#[tokio::test]
async fn stop_and_resume_pause_the_cadence_and_take_it_up_where_it_was() {
    let (proxied, clock) = proxied().await;
    let id = enrolled(&proxied, &clock).await;
    let run_id = active_run(&proxied, &id).await["id"].take();
    let planned = run(&proxied, &id, &run_id).await;
    assert_eq!(states(&planned), ["scheduled"; 9]);
    assert_eq!(planned["touchpoints"][0]["due_at"], START);

    let path = format!("/leads/{id}/is_paused");
    let paused = || async { proxied.call("GET", &path, None).await.body["paused"].take() };
    assert_eq!(paused().await, false);
    set(&clock, 1);
    let stopped = post(&proxied, &id, "automation/stop", &demo_workflow()).await;
    assert_eq!(
        stopped.body,
        json!({"success": true, "workflow_run_id": run_id, "cadence_paused": true, "tasks_cancelled": 9})
    );
    let again = post(&proxied, &id, "automation/stop", &demo_workflow()).await;
    assert_eq!(
        again.body,
        json!({"success": true, "already_stopped": true, "workflow_run_id": run_id})
    );
    assert_eq!(paused().await, true);
    let active = active_run(&proxied, &id).await;
    assert_eq!(
        (
            &active["human_takeover"],
            &active["cadence_state"],
            &active["run_status"]
        ),
        (&json!(true), &json!("paused"), &json!("running"))
    );
    assert_eq!(states(&run(&proxied, &id, &run_id).await), ["cancelled"; 9]);

    // Ten hours later, the automation alone; two hours later, the cadence too.
    set(&clock, 11);
    let resumed = post(&proxied, &id, "automation/resume", &demo_workflow()).await;
    assert_eq!(
        resumed.body,
        json!({"success": true, "workflow_run_id": run_id, "cadence_resumed": false})
    );
    let again = post(&proxied, &id, "automation/resume", &demo_workflow()).await;
    assert_eq!(
        again.body,
        json!({"success": true, "already_running": true, "workflow_run_id": run_id})
    );
    assert_eq!(paused().await, false);
    set(&clock, 13);
    let body = json!({"workflow_id": demo::WORKFLOW_ID, "resume_cadence": true});
    let resumed = post(&proxied, &id, "automation/resume", &body).await;
    assert_eq!(resumed.body["cadence_resumed"], true);
    let resumed = run(&proxied, &id, &run_id).await;
    assert_eq!(states(&resumed), ["scheduled"; 9]);
    let due = |run: &Value, index: usize| -> Timestamp {
        let due_at = run["touchpoints"][index]["due_at"].as_str();
        due_at.unwrap().parse().unwrap()
    };
    for index in [4, 8] {
        let pause = SignedDuration::from_hours(12);
        assert_eq!(due(&resumed, index), due(&planned, index) + pause);
    }
    // What would be due before now is due now.
    assert_eq!(due(&resumed, 0), clock.now());
    proxied.stop().await;
}

#[tokio::test]
async fn a_status_moves_the_lead_and_a_terminal_one_ends_the_run() {
    let (proxied, clock) = proxied().await;
    let id = enrolled(&proxied, &clock).await;
    let run_id = active_run(&proxied, &id).await["id"].take();
    let engaged = json!({"status_key": "engaged", "reason": "called back"});
    let reply = post(&proxied, &id, "status", &engaged).await;
    assert_eq!(
        reply.body,
        json!({"success": true, "changed": true, "previous_status": "new", "new_status": "engaged",
               "workflow_run": {"id": run_id, "workflow_id": demo::WORKFLOW_ID}})
    );
    assert_eq!(
        post(&proxied, &id, "status", &engaged).await.body["changed"],
        false
    );
    assert_eq!(
        active_run(&proxied, &id).await["current_status"]["key"],
        "engaged"
    );

    let unknown = post(&proxied, &id, "status", &json!({"status_key": "gone"})).await;
    assert_eq!(
        (unknown.status, &unknown.body["message"]),
        (
            StatusCode::BAD_REQUEST,
            &json!("status_key must be one of new, engaged, won, lost")
        )
    );
    let missing = post(&proxied, &id, "status", &json!({"reason": 7, "x": 1})).await;
    assert_eq!(
        missing.body["message"],
        "status_key is required; reason must be a string; x is not a field of this request"
    );
    let won = json!({"status_key": "won", "workflow_id": demo::WORKFLOW_ID});
    assert_eq!(
        post(&proxied, &id, "status", &won).await.body["changed"],
        true
    );
    // The same again, as after an answer that was lost.
    let again = post(&proxied, &id, "status", &won).await;
    assert_eq!(
        (&again.body["changed"], &again.body["new_status"]),
        (&json!(false), &json!("won"))
    );
    assert_eq!(active_run(&proxied, &id).await, Value::Null);
    let ended = run(&proxied, &id, &run_id).await;
    assert_eq!(
        (
            &ended["run_status"],
            &ended["cadence_state"],
            &ended["is_active"]
        ),
        (&json!("completed"), &json!("cancelled"), &json!(false))
    );
    assert_eq!(states(&ended), ["cancelled"; 9]);
    // There is no run any more that could be changed.
    for (what, body) in [
        ("status", engaged),
        ("automation/stop", demo_workflow()),
        ("automation/resume", demo_workflow()),
    ] {
        let reply = post(&proxied, &id, what, &body).await;
        assert_eq!(
            (reply.status, &reply.body["error"], &reply.body["code"]),
            (
                StatusCode::NOT_FOUND,
                &json!("No active workflow run found for this lead and workflow"),
                &json!("not_found")
            ),
            "{what}"
        );
    }
    proxied.stop().await;
}

#[tokio::test]
async fn stop_and_resume_need_a_workflow_that_the_lead_is_in() {
    let (proxied, clock) = proxied().await;
    let id = enrolled(&proxied, &clock).await;
    let other = another_workflow(&proxied, |_| {}).await;
    for what in ["automation/stop", "automation/resume"] {
        for body in [json!({}), json!({"workflow_id": null})] {
            let reply = post(&proxied, &id, what, &body).await;
            assert_eq!(
                (reply.status, &reply.body["error"], &reply.body["code"]),
                (
                    StatusCode::BAD_REQUEST,
                    &json!("workflow_id is required"),
                    &json!("validation_error")
                )
            );
        }
        let reply = post(&proxied, &id, what, &json!({"workflow_id": "x"})).await;
        assert_eq!(reply.body["error"], "Validation error");
        let reply = post(&proxied, &id, what, &json!({"workflow_id": other.id})).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
    }
    let path = format!("/leads/{id}/is_paused?workflow_id={}", other.id);
    assert_eq!(proxied.call("GET", &path, None).await.body["paused"], false);
    proxied.stop().await;
}

#[tokio::test]
async fn the_history_tells_all_that_happened_in_order_page_by_page() {
    let (proxied, clock) = proxied().await;
    let other = another_workflow(&proxied, |_| {}).await;
    let id = enrolled(&proxied, &clock).await;
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
    for (hour, (what, body)) in (1..).zip(&steps) {
        set(&clock, hour);
        assert!(
            post(&proxied, &id, what, body).await.status.is_success(),
            "{what}"
        );
    }
    let (mut history, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/leads/{id}/history?limit=2{cursor}");
        let page = proxied.call("GET", &path, None).await.body;
        assert_eq!(page["lead"]["id"], id);
        history.extend(page["history"].as_array().unwrap().clone());
        match page["pagination"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let told: Vec<_> = history
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
    assert_eq!(told, expected);
    assert_eq!(
        history[5],
        json!({"type": "activity", "channel": "system", "activity_type": "workflow_assigned",
               "title": "Workflow assigned", "description": "Second Try: second try", "actor_type": "user",
               "actor_id": "agent 7", "timestamp": "2026-02-10T16:00:00Z"})
    );
    // All of it goes with the lead.
    let erased = proxied.call("DELETE", &format!("/leads/{id}"), None).await;
    assert_eq!(erased.status, StatusCode::OK);
    let left = format!("{:?}", items_of(&proxied.services, &id).await);
    assert!(
        !left.contains("second try") && !left.contains("called back"),
        "{left}"
    );
    let path = format!("/leads/{id}/history");
    assert_eq!(
        proxied.call("GET", &path, None).await.status,
        StatusCode::NOT_FOUND
    );
    proxied.stop().await;
}

#[tokio::test]
async fn a_run_that_is_not_built_yet_can_be_changed_and_is_not_built_again() {
    let (proxied, clock) = proxied().await;
    let id = proxied.create(&john()).await;
    let stopped = post(&proxied, &id, "automation/stop", &demo_workflow()).await;
    assert_eq!(stopped.body["tasks_cancelled"], 9);
    assert_eq!(consume(&proxied.services, &clock).await, (1, 0));
    let active = active_run(&proxied, &id).await;
    assert_eq!(
        (&active["human_takeover"], &active["cadence_state"]),
        (&json!(true), &json!("paused"))
    );
    proxied.stop().await;
}

#[tokio::test]
async fn an_unknown_run_or_lead_is_not_found() {
    let (proxied, clock) = proxied().await;
    let id = enrolled(&proxied, &clock).await;
    let unknown = "019c0000-0000-7000-8000-00000000dead";
    for (path, what) in [
        (format!("/leads/{id}/runs/{unknown}"), "Run"),
        (format!("/leads/{id}/runs/x"), "Run"),
        (format!("/leads/{unknown}/runs/{unknown}"), "Lead"),
        (format!("/leads/{unknown}/history"), "Lead"),
        (format!("/leads/{unknown}/is_paused"), "Lead"),
    ] {
        let reply = proxied.call("GET", &path, None).await;
        let message = format!("{what} not found or does not belong to your account");
        assert_eq!(
            (reply.status, &reply.body["message"]),
            (StatusCode::NOT_FOUND, &json!(message))
        );
    }
    proxied.stop().await;
}

#[tokio::test]
async fn a_resumed_cadence_keeps_to_the_windows_that_its_run_was_planned_with() {
    let (proxied, clock) = proxied().await;
    let office: Window = serde_json::from_value(
        json!({"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "18:00"}),
    )
    .unwrap();
    let workflow = another_workflow(&proxied, |workflow| {
        workflow.cadence.windows = vec![office];
    })
    .await;
    let mut lead = john();
    lead["workflow_id"] = json!(workflow.id);
    let id = proxied.create(&lead).await;
    assert_eq!(consume(&proxied.services, &clock).await, (1, 0));
    let run_id = active_run(&proxied, &id).await["id"].take();
    let body = json!({"workflow_id": workflow.id, "resume_cadence": true});
    let stop = json!({"workflow_id": workflow.id});
    post(&proxied, &id, "automation/stop", &stop).await;
    // The windows are gone from the workflow, and not from the run.
    let mut edited = Workflow {
        version: workflow.version + 1,
        ..workflow
    };
    edited.cadence.windows.clear();
    proxied
        .store
        .replace_workflow(account(), &edited)
        .await
        .unwrap();
    set(&clock, 13);
    let resumed = post(&proxied, &id, "automation/resume", &body).await;
    assert_eq!(resumed.body["cadence_resumed"], true);
    let run = run(&proxied, &id, &run_id).await;
    for touchpoint in run["touchpoints"].as_array().unwrap() {
        let hour: u8 = touchpoint["local"].as_str().unwrap()[11..13]
            .parse()
            .unwrap();
        let is_call = touchpoint["channel"] == "call";
        assert!(!is_call || (9..18).contains(&hour), "{touchpoint}");
    }
    proxied.stop().await;
}

#[tokio::test]
async fn every_time_is_told_to_the_second() {
    let (proxied, clock) = proxied().await;
    let start: Timestamp = START.parse().unwrap();
    clock.set(start + SignedDuration::from_millis(123));
    let id = enrolled(&proxied, &clock).await;
    clock.set(start + SignedDuration::from_millis(2_456));
    let assignment = json!({"workflowId": demo::WORKFLOW_ID});
    let assigned = post(&proxied, &id, "assign-workflow", &assignment).await;
    assert_eq!(consume(&proxied.services, &clock).await, (1, 0));
    post(&proxied, &id, "automation/stop", &demo_workflow()).await;
    clock.set(start + SignedDuration::from_millis(9_789));
    let resume = json!({"workflow_id": demo::WORKFLOW_ID, "resume_cadence": true});
    post(&proxied, &id, "automation/resume", &resume).await;
    let run_id = assigned.body["workflowRunId"].as_str().unwrap();
    for path in [
        format!("/leads/{id}"),
        format!("/leads/{id}/runs/{run_id}"),
        format!("/leads/{id}/history"),
        "/leads".to_owned(),
    ] {
        let reply = proxied.call("GET", &path, None).await;
        assert_eq!(reply.status, StatusCode::OK);
        let text = reply.text.replace("example.com", "").replace("Inc.", "");
        let times = text.replace("d'Ávila", "");
        assert!(!times.contains('.'), "{times}");
    }
    proxied.stop().await;
}

#[tokio::test]
async fn a_history_shows_no_entry_twice_whatever_happens_between_its_pages() {
    let (proxied, clock) = proxied().await;
    let id = enrolled(&proxied, &clock).await;
    let path = format!("/leads/{id}/history?limit=2");
    let first = proxied.call("GET", &path, None).await.body;
    assert_eq!(first["pagination"]["has_more"], false);
    let path = format!("/leads/{id}/history?limit=1");
    let first = proxied.call("GET", &path, None).await.body;
    let cursor = first["pagination"]["next_cursor"].as_str().unwrap();
    let path = format!("{path}&cursor={cursor}");
    set(&clock, 1);
    post(&proxied, &id, "automation/stop", &demo_workflow()).await;
    let second = proxied.call("GET", &path, None).await.body;
    assert_eq!(second["history"][0]["description"], "Sales Outreach");
    let cursor = second["pagination"]["next_cursor"].as_str().unwrap();
    // The enrolment that was shown is replaced.
    set(&clock, 2);
    let assignment = json!({"workflowId": demo::WORKFLOW_ID, "reason": "again"});
    post(&proxied, &id, "assign-workflow", &assignment).await;
    let path = format!("/leads/{id}/history?limit=10&cursor={cursor}");
    let rest = proxied.call("GET", &path, None).await.body;
    let kinds: Vec<_> = rest["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["activity_type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["automation_stopped", "workflow_assigned"]);
    proxied.stop().await;
}
