//! Outcomes that come late, at the same time, or beside other changes of the run.

use futures::future::join_all;
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};

use crate::fixtures::{
    Live, account, active_run, another_workflow, consume, demo_workflow, due_of, items_of, post,
    run, states,
};

#[tokio::test]
async fn a_late_outcome_changes_the_run_only_if_it_concerns_the_person() {
    let live = Live::start().await;
    for (outcome, expected) in [
        ("busy", "active"),
        ("callback", "active"),
        ("answered", "completed"),
        ("replied", "completed"),
        ("opted_out", "cancelled"),
    ] {
        let lead = live.enrolled().await;
        let first = live.pushed(&lead).await;
        live.forward_hours(2);
        let second = live.pulled(&lead).await;
        let before = live.run(&lead).await;
        let mut body = json!({ "outcome": outcome });
        if outcome == "callback" {
            body["callback_at"] = json!("2026-03-01T12:00:00Z");
        }
        let reply = live.report(&first, body).await;
        assert_eq!(reply["changed"], true, "{outcome}");
        assert_eq!(reply["touchpoint"]["outcome"], outcome);
        assert_eq!(
            reply["workflow_run"]["cadence_state"], expected,
            "{outcome}"
        );
        let id = &before["id"];
        let after = run(&live.container, &lead, id).await;
        // The touchpoint that is claimed stays claimed until its own outcome.
        assert_eq!(states(&after)[1], "claimed", "{outcome}");
        let due = |run: &Value| {
            let touchpoints = run["touchpoints"].as_array().unwrap().iter();
            touchpoints.map(due_of).collect::<Vec<_>>()
        };
        assert_eq!(due(&after), due(&before), "{outcome}");
        live.outcome(&second, "no_answer").await;
    }
    live.stop().await;
}

#[tokio::test]
async fn a_missing_outcome_is_replaced_by_the_outcome_that_comes_later() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let first = live.pushed(&lead).await;
    live.forward_hours(2);
    let second = live.pulled(&lead).await;
    assert_eq!(live.touchpoint(&first).await["outcome"], "no_outcome");
    let reply = live.outcome(&first, "voicemail").await;
    assert_eq!(
        (&reply["changed"], &reply["touchpoint"]["outcome"]),
        (&json!(true), &json!("voicemail"))
    );
    assert_eq!(reply["next"]["id"], json!(second));
    live.stop().await;
}

#[tokio::test]
async fn an_outcome_of_an_ended_run_steers_the_active_run_only_if_it_concerns_the_person() {
    let live = Live::start().await;
    for (outcome, expected) in [
        ("answered", ("running", "active", false)),
        ("no_answer", ("running", "active", false)),
        ("bounced", ("running", "active", false)),
        ("replied", ("running", "completed", true)),
        ("opted_out", ("stopped", "cancelled", false)),
        ("complained", ("stopped", "cancelled", false)),
    ] {
        let lead = live.enrolled().await;
        let id = live.pulled(&lead).await;
        let assignment = json!({"workflowId": demo::WORKFLOW_ID});
        let assigned = post(&live.container, &lead, "assign-workflow", &assignment).await;
        assert_eq!(assigned.status, StatusCode::CREATED, "{}", assigned.text);
        consume(&live.container.services, &live.clock).await;
        let reply = live.outcome(&id, outcome).await;
        assert_eq!(reply["changed"], true);
        assert_eq!(reply["workflow_run"]["run_status"], "stopped", "{outcome}");
        let active = run(&live.container, &lead, &assigned.body["workflowRunId"]).await;
        let (status, cadence, takes_over) = expected;
        assert_eq!(
            (
                &active["run_status"],
                &active["cadence_state"],
                &active["human_takeover"]
            ),
            (&json!(status), &json!(cadence), &json!(takes_over)),
            "{outcome}"
        );
        let calls = if outcome == "bounced" {
            "skipped"
        } else {
            states(&active)[8]
        };
        assert_eq!(states(&active)[0], calls, "{outcome}");
        let contacts = live.history(&lead, "contact_reported").await;
        let is_heavy = !matches!(outcome, "answered" | "no_answer");
        assert_eq!(
            contacts.len(),
            usize::from(is_heavy),
            "{outcome}: {contacts:?}"
        );
    }
    live.stop().await;
}

#[tokio::test]
async fn an_opt_out_of_an_ended_run_ends_a_run_that_waits_for_its_workflow() {
    let live = Live::start().await;
    let paused = another_workflow(&live.container, |workflow| workflow.is_paused = true).await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    let assignment = json!({"workflowId": paused.id});
    let assigned = post(&live.container, &lead, "assign-workflow", &assignment).await;
    assert_eq!(assigned.body["paused"], true, "{}", assigned.text);
    consume(&live.container.services, &live.clock).await;
    live.outcome(&id, "opted_out").await;
    let waiting = run(&live.container, &lead, &assigned.body["workflowRunId"]).await;
    assert_eq!(waiting["run_status"], "stopped");
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_simultaneous_outcomes_one_wins_and_all_are_answered_and_in_the_history() {
    let live = Live::start().await;
    for round in 0..8 {
        let lead = live.enrolled().await;
        let id = live.pulled(&lead).await;
        let path = format!("/touchpoints/{id}/outcome");
        let words = ["busy", "voicemail", "no_answer", "busy"];
        let calls = words.map(|word| {
            live.container
                .spawn("POST", path.clone(), &json!({ "outcome": word }))
        });
        let replies: Vec<_> = join_all(calls)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let kept: Vec<_> = replies
            .iter()
            .map(|reply| {
                assert_eq!(reply.status, StatusCode::OK, "{round}: {}", reply.text);
                &reply.body["touchpoint"]["outcome"]
            })
            .collect();
        assert!(kept.iter().all(|it| *it == kept[0]), "{round}: {kept:?}");
        let changed = replies.iter().filter(|it| it.body["changed"] == true);
        assert_eq!(changed.count(), 1, "{round}");
        let history = live.history(&lead, "touchpoint_outcome").await;
        let recorded = history.iter().filter(|it| it.ends_with(", recorded only"));
        let recorded = recorded.count();
        assert_eq!(history.len() - recorded, 1, "{round}: {history:?}");
        assert!((2..=3).contains(&recorded), "{round}: {history:?}");
    }
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_outcome_beside_a_stop_and_a_status_is_never_lost() {
    let live = Live::start().await;
    for round in 0..8 {
        let lead = live.enrolled().await;
        let id = live.pulled(&lead).await;
        let spawn = |path: String, body: Value| live.container.spawn("POST", path, &body);
        let calls = [
            spawn(
                format!("/touchpoints/{id}/outcome"),
                json!({"outcome": "no_answer"}),
            ),
            spawn(format!("/leads/{lead}/automation/stop"), demo_workflow()),
            spawn(
                format!("/leads/{lead}/status"),
                json!({"status_key": "engaged"}),
            ),
        ];
        for reply in join_all(calls).await {
            let reply = reply.unwrap();
            assert_eq!(reply.status, StatusCode::OK, "{round}: {}", reply.text);
        }
        let run = live.run(&lead).await;
        assert_eq!(run["touchpoints"][0]["outcome"], "no_answer");
        assert_eq!(
            (&run["human_takeover"], &run["current_status"]["key"]),
            (&json!(true), &json!("engaged"))
        );
    }
    live.stop().await;
}

#[tokio::test]
async fn an_outcome_is_taken_in_after_a_stop_a_terminal_status_and_a_reassignment() {
    let live = Live::start().await;
    let changes = [
        ("automation/stop", demo_workflow()),
        ("status", json!({"status_key": "won"})),
        ("assign-workflow", json!({"workflowId": demo::WORKFLOW_ID})),
    ];
    for (action, body) in changes {
        let lead = live.enrolled().await;
        let id = live.pulled(&lead).await;
        let before = active_run(&live.container, &lead).await;
        let changed = post(&live.container, &lead, action, &body).await;
        assert!(changed.status.is_success(), "{action}: {}", changed.text);
        let claimed = run(&live.container, &lead, &before["id"]).await;
        assert_eq!(states(&claimed)[0], "claimed", "{action}");
        let reply = live.outcome(&id, "no_answer").await;
        assert_eq!(
            (&reply["changed"], &reply["touchpoint"]["state"]),
            (&json!(true), &json!("done")),
            "{action}"
        );
        assert_eq!(reply["next"], Value::Null, "{action}");
        consume(&live.container.services, &live.clock).await;
    }
    live.stop().await;
}

#[tokio::test]
async fn leadgate_never_sets_a_status_over_one_that_a_client_has_set() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let status = json!({"status_key": "contacted"});
    post(&live.container, &lead, "status", &status).await;
    let id = live.pulled(&lead).await;
    let reply = live.outcome(&id, "answered").await;
    assert_eq!(reply["workflow_run"]["current_status"]["key"], "contacted");
    live.stop().await;
}

#[tokio::test]
async fn an_outcome_of_an_erased_lead_gets_404_and_leaves_nothing() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    let body = json!({"outcome": "no_answer", "note": "canary"});
    live.report(&id, body.clone()).await;
    let event = json!({"type": "no_answer", "channel": "call", "note": "canary"});
    let path = format!("/leads/{lead}/events");
    let send_event = async || {
        let header = Some(("idempotency-key", "key"));
        let container = &live.container;
        container
            .send(demo::API_KEY, "POST", &path, Some(&event), header)
            .await
    };
    assert_eq!(send_event().await.status, StatusCode::OK);
    let items = items_of(&live.container.services, &lead).await;
    assert!(format!("{items:?}").contains("canary"));
    let erased = live.call("DELETE", &format!("/leads/{lead}"), None).await;
    assert_eq!(erased.status, StatusCode::OK);
    let many = json!([{"id": id, "outcome": "answered"}]);
    for (method, path, body) in [
        ("POST", format!("/touchpoints/{id}/outcome"), Some(&body)),
        ("GET", format!("/touchpoints/{id}"), None),
        ("POST", "/touchpoints/outcomes".to_owned(), Some(&many)),
    ] {
        let reply = live.call(method, &path, body).await;
        assert!(
            reply
                .text
                .contains("Touchpoint not found or does not belong to your account"),
            "{path}: {}",
            reply.text
        );
    }
    let reply = send_event().await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND, "{}", reply.text);
    let unkeyed = live.call("POST", &path, Some(&event)).await;
    assert_eq!(unkeyed.status, StatusCode::NOT_FOUND, "{}", unkeyed.text);
    // The tombstones of the lead and of its run.
    let items = items_of(&live.container.services, &lead).await;
    assert_eq!(items.len(), 2);
    assert!(!format!("{items:?}").contains("canary"));
    live.stop().await;
}

#[tokio::test]
async fn a_paused_workflow_holds_the_run_and_an_unpaused_one_goes_on_later_by_the_pause() {
    let live = Live::start().await;
    let workflow = another_workflow(&live.container, |_| {}).await;
    let body = json!({"first_name": "Ana", "phone": "+12025550100", "email": "ana@example.com",
                      "workflow_id": workflow.id});
    let lead = live.container.create(&body).await;
    consume(&live.container.services, &live.clock).await;
    let id = live.pulled(&lead).await;
    live.outcome(&id, "no_answer").await;
    let planned = live.run(&lead).await;
    let store = &live.container.services.store;
    let set_paused = async |is_paused: bool| {
        let mut changed = store
            .workflow(account(), workflow.id)
            .await
            .unwrap()
            .unwrap();
        changed.is_paused = is_paused;
        changed.version += 1;
        store.replace_workflow(account(), &changed).await.unwrap();
        changed
    };
    set_paused(true).await;
    live.forward_hours(2);
    let asked = live.ask(&lead, "pull").await;
    let message = asked["message"].as_str().unwrap();
    assert!(
        message.contains("held") && message.contains("paused"),
        "{message}"
    );
    let active = active_run(&live.container, &lead).await;
    assert_eq!(
        (
            &active["cadence_state"],
            &active["next_touchpoint"]["held_by"]
        ),
        (&json!("active"), &json!("workflow"))
    );
    live.forward_hours(10);
    let changed = set_paused(false).await;
    let listed = store
        .runs(account(), lead.parse().unwrap(), 1)
        .await
        .unwrap();
    let mut held = listed.into_iter().next().unwrap();
    let (before, now) = (held.clone(), live.clock.now());
    assert!(held.release(&changed, now));
    store.write_run(&before, &held, &[], now).await.unwrap();
    let released = live.run(&lead).await;
    for index in 1..9 {
        let (before, after) = (
            &planned["touchpoints"][index],
            &released["touchpoints"][index],
        );
        let later = due_of(after).duration_since(due_of(before)).as_hours();
        assert_eq!(later, 10, "{index}");
    }
    let active = active_run(&live.container, &lead).await;
    assert_eq!(active["next_touchpoint"]["held_by"], Value::Null);
    live.pulled(&lead).await;
    live.stop().await;
}
