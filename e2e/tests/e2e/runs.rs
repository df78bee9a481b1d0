//! A lead's run: enrolling, statuses, stopping and resuming, history (CONTRACT section 6), one after the
//! other and all at once.

use futures::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::StatusCode;
use leadgate::local::demo;
use serde_json::{Value, json};
use shared::{
    clock::Clock,
    domain::{
        ids::{RunId, WorkflowId},
        workflow::Workflow,
    },
};

use crate::{
    consumer::consume,
    proxied::{Proxied, Reply},
    support::{account, items_of},
};

const START: &str = "2026-02-10T12:00:00Z";

/// The API at a time of its own, and what moves it.
async fn proxied() -> (Proxied, Clock) {
    let clock = Clock::manual(START.parse().unwrap());
    (Proxied::at(clock.clone()).await, clock)
}

fn set(clock: &Clock, hours: i64) {
    let start: Timestamp = START.parse().unwrap();
    clock.set(start + SignedDuration::from_hours(hours));
}

fn john() -> Value {
    json!({"first_name": "John", "email": "john@example.com", "phone": "+1234567890",
           "workflow_id": demo::WORKFLOW_ID})
}

/// A lead whose run is built.
async fn enrolled(proxied: &Proxied, clock: &Clock) -> String {
    let id = proxied.create(&john()).await;
    assert_eq!(consume(&proxied.services, clock).await, (1, 0));
    id
}

async fn post(proxied: &Proxied, id: &str, what: &str, body: &Value) -> Reply {
    proxied
        .call("POST", &format!("/leads/{id}/{what}"), Some(body))
        .await
}

fn demo_workflow() -> Value {
    json!({"workflow_id": demo::WORKFLOW_ID})
}

async fn active_run(proxied: &Proxied, id: &str) -> Value {
    proxied.get(id).await.body["lead"]["active_workflow_run"].take()
}

async fn run(proxied: &Proxied, id: &str, run: &Value) -> Value {
    let path = format!("/leads/{id}/runs/{}", run.as_str().unwrap());
    let mut reply = proxied.call("GET", &path, None).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    reply.body["workflow_run"].take()
}

fn states(run: &Value) -> Vec<&str> {
    let touchpoints = run["touchpoints"].as_array().unwrap().iter();
    touchpoints
        .map(|it| it["state"].as_str().unwrap())
        .collect()
}

/// A workflow like the demo account's, with one thing that is different.
async fn another_workflow(proxied: &Proxied, change: impl FnOnce(&mut Workflow)) -> Workflow {
    let demo = demo::WORKFLOW_ID.parse().unwrap();
    let demo = proxied.store.workflow(account(), demo).await.unwrap();
    let mut workflow = demo.unwrap();
    workflow.id = WorkflowId::new(workflow.created_at);
    workflow.name = "Second Try".to_owned();
    change(&mut workflow);
    proxied
        .store
        .create_workflow(account(), &workflow)
        .await
        .unwrap();
    workflow
}

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
    for (resumed, planned) in
        [0, 4, 8].map(|it| (&resumed["touchpoints"][it], &planned["touchpoints"][it]))
    {
        let due = |touchpoint: &Value| {
            touchpoint["due_at"]
                .as_str()
                .unwrap()
                .parse::<Timestamp>()
                .unwrap()
        };
        assert_eq!(due(resumed), due(planned) + SignedDuration::from_hours(12));
    }
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
async fn an_assignment_enrols_a_lead_and_another_one_ends_the_run_before() {
    let (proxied, clock) = proxied().await;
    let other = another_workflow(&proxied, |_| {}).await;
    let mut lead = john();
    lead.as_object_mut().unwrap().remove("workflow_id");
    let id = proxied.create(&lead).await;
    set(&clock, 1);
    let body =
        json!({"workflowId": demo::WORKFLOW_ID, "reason": "asked for it", "actorId": "agent 7"});
    let reply = post(&proxied, &id, "assign-workflow", &body).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let first = reply.body["workflowRunId"].clone();
    assert_eq!(
        reply.body,
        json!({"workflowRunId": first, "workflowId": demo::WORKFLOW_ID, "workflowName": "Sales Outreach",
               "movementType": "enrollment", "paused": false})
    );
    let queued = run(&proxied, &id, &first).await;
    assert_eq!(
        (&queued["run_status"], states(&queued)),
        (&json!("queued"), vec![])
    );
    assert_eq!(consume(&proxied.services, &clock).await, (1, 0));
    assert_eq!(active_run(&proxied, &id).await["run_status"], "running");

    set(&clock, 2);
    let body = json!({"workflowId": other.id});
    let reply = post(&proxied, &id, "assign-workflow", &body).await;
    assert_eq!(reply.body["movementType"], "reassignment");
    let second = reply.body["workflowRunId"].clone();
    assert_eq!(consume(&proxied.services, &clock).await, (1, 0));
    let active = active_run(&proxied, &id).await;
    assert_eq!(
        (&active["id"], &active["workflow"]["name"]),
        (&second, &json!("Second Try"))
    );
    let before = run(&proxied, &id, &first).await;
    assert_eq!(
        (&before["run_status"], states(&before)),
        (&json!("stopped"), vec!["cancelled"; 9])
    );
    // The cadence counts from the assignment.
    let now = run(&proxied, &id, &second).await;
    assert_eq!(now["touchpoints"][0]["due_at"], "2026-02-10T14:00:00Z");
    // Nothing was left marked as unsent.
    let items = items_of(&proxied.services, &id).await;
    assert!(items.iter().all(|item| !item.contains_key("gsi2pk")));
    let list = proxied
        .call("GET", &format!("/leads?workflow_id={}", other.id), None)
        .await;
    assert_eq!(list.body["leads"].as_array().unwrap().len(), 1);
    proxied.stop().await;
}

#[tokio::test]
async fn an_assignment_that_cannot_be_is_refused() {
    let (proxied, _) = proxied().await;
    let emails = another_workflow(&proxied, |workflow| {
        let steps = &mut workflow.cadence.steps;
        steps.retain(|step| step.channel == shared::domain::cadence::Channel::Email);
    })
    .await;
    let id = proxied.create(&json!({"first_name": "John"})).await;
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
        let reply = post(&proxied, &id, "assign-workflow", &body).await;
        assert_eq!(
            (reply.status, &reply.body["message"]),
            (status, &json!(message))
        );
    }
    assert_eq!(active_run(&proxied, &id).await, Value::Null);
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
        let message = shared::queue::WorkflowStart {
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

#[tokio::test(flavor = "multi_thread")]
async fn of_many_simultaneous_stops_one_stops_and_the_others_find_it_stopped() {
    let (proxied, clock) = proxied().await;
    for is_built in [true, false] {
        let id = if is_built {
            enrolled(&proxied, &clock).await
        } else {
            proxied.create(&john()).await
        };
        let body = demo_workflow();
        let replies =
            join_all((0..16).map(|_| post(&proxied, &id, "automation/stop", &body))).await;
        let stopped = replies
            .iter()
            .filter(|reply| reply.body["tasks_cancelled"] == 9)
            .count();
        let found = replies
            .iter()
            .filter(|reply| reply.body["already_stopped"] == true)
            .count();
        assert_eq!((stopped, found), (1, 15));
        let history = proxied
            .call("GET", &format!("/leads/{id}/history"), None)
            .await;
        assert_eq!(history.text.matches("automation_stopped").count(), 1);
    }
    proxied.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_changes_end_as_if_one_had_come_after_the_other() {
    let (proxied, clock) = proxied().await;
    let other = another_workflow(&proxied, |_| {}).await;
    for round in 0..12 {
        // A stop against a reassignment.
        let id = enrolled(&proxied, &clock).await;
        let first = active_run(&proxied, &id).await["id"].take();
        let (body, assignment) = (demo_workflow(), json!({"workflowId": other.id}));
        let stop = post(&proxied, &id, "automation/stop", &body);
        let assign = post(&proxied, &id, "assign-workflow", &assignment);
        let (stop, assign) = join(stop, assign).await;
        assert_eq!(assign.status, StatusCode::CREATED, "{}", assign.text);
        let before = run(&proxied, &id, &first).await;
        assert_eq!(
            (&before["run_status"], &before["cadence_state"]),
            (&json!("stopped"), &json!("cancelled"))
        );
        assert_eq!(states(&before), ["cancelled"; 9]);
        match stop.status {
            StatusCode::OK => assert_eq!(before["human_takeover"], true),
            status => {
                assert_eq!(status, StatusCode::NOT_FOUND, "{}", stop.text);
                assert_eq!(before["human_takeover"], false);
            }
        }
        let active = active_run(&proxied, &id).await;
        assert_eq!(
            (&active["id"], &active["human_takeover"]),
            (&assign.body["workflowRunId"], &json!(false))
        );

        // Reassignments against each other: each but the first ends the one before.
        let again = json!({"workflowId": demo::WORKFLOW_ID});
        let replies =
            join_all((0..6).map(|_| post(&proxied, &id, "assign-workflow", &again))).await;
        let active = active_run(&proxied, &id).await["id"].take();
        let mut ended = 0;
        for reply in &replies {
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
            assert_eq!(reply.body["movementType"], "reassignment");
            let run_id = &reply.body["workflowRunId"];
            if *run_id != active {
                assert_eq!(run(&proxied, &id, run_id).await["run_status"], "stopped");
                ended += 1;
            }
        }
        assert_eq!(ended, 5, "round {round}");

        // A status against a stop and against erasing the lead.
        let won = json!({"status_key": "won"});
        let path = format!("/leads/{id}");
        let status = post(&proxied, &id, "status", &won);
        let erase = proxied.call("DELETE", &path, None);
        let (status, erase) = join(status, erase).await;
        assert_eq!(erase.status, StatusCode::OK, "{}", erase.text);
        let is_serial = matches!(status.status, StatusCode::OK | StatusCode::NOT_FOUND);
        assert!(is_serial, "{}", status.text);
        // Whatever came first: no run, no history, and nothing that a late delivery builds.
        while consume(&proxied.services, &clock).await.0 > 0 {}
        let left = items_of(&proxied.services, &id).await;
        let is_trace =
            |item: &std::collections::HashMap<_, _>| format!("{:?}", item["et"]).contains("erased");
        assert!(left.iter().all(is_trace), "{left:?}");
    }
    proxied.stop().await;
}

#[tokio::test]
async fn a_start_that_cannot_be_sent_at_an_assignment_follows() {
    let (proxied, clock) = proxied().await;
    let mut lead = john();
    lead.as_object_mut().unwrap().remove("workflow_id");
    let id = proxied.create(&lead).await;
    proxied.sqs.set("SendMessage", e2e::proxy::Fault::Refuse);
    let body = json!({"workflowId": demo::WORKFLOW_ID});
    let reply = post(&proxied, &id, "assign-workflow", &body).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(consume(&proxied.services, &clock).await, (0, 0));
    let (store, queue) = (&proxied.services.store, &proxied.services.queue);
    let requeued = requeue_starts::requeue(store, queue, &clock).await.unwrap();
    assert_eq!(requeued.sent, 1);
    assert_eq!(consume(&proxied.services, &clock).await, (1, 0));
    assert_eq!(active_run(&proxied, &id).await["run_status"], "running");
    proxied.stop().await;
}

#[tokio::test]
async fn a_run_sorts_behind_the_one_before_whatever_the_clocks_say() {
    let (proxied, clock) = proxied().await;
    set(&clock, 5);
    let id = enrolled(&proxied, &clock).await;
    // Another container's clock is five hours behind.
    set(&clock, 0);
    let body = json!({"workflowId": demo::WORKFLOW_ID});
    let reply = post(&proxied, &id, "assign-workflow", &body).await;
    let late: RunId = reply.body["workflowRunId"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(consume(&proxied.services, &clock).await, (1, 0));
    let active = active_run(&proxied, &id).await;
    assert_eq!(
        (&active["id"], &active["run_status"]),
        (&json!(late), &json!("running"))
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
