//! Outcomes of touchpoints ([contract](../../../../docs/contract.md#outcomes)).

use jiff::SignedDuration;
use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use crate::fixtures::{Live, active_run, due_of, states};

#[tokio::test]
async fn an_outcome_settles_the_touchpoint_and_names_the_next_one() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    let reply = live.outcome(&id, "no_answer").await;
    assert_eq!(
        (&reply["success"], &reply["changed"]),
        (&json!(true), &json!(true))
    );
    let touchpoint = &reply["touchpoint"];
    assert_eq!(
        (
            &touchpoint["id"],
            &touchpoint["state"],
            &touchpoint["outcome"]
        ),
        (&json!(id), &json!("done"), &json!("no_answer"))
    );
    let run = &reply["workflow_run"];
    assert_eq!(
        (&run["run_status"], &run["cadence_state"]),
        (&json!("running"), &json!("active"))
    );
    let shown = live.run(&lead).await;
    let second = &shown["touchpoints"][1];
    let next = json!({"id": second["id"], "channel": "call", "due_at": second["due_at"]});
    assert_eq!(reply["next"], next);
    let active = active_run(&live.container, &lead).await;
    assert_eq!(active["next_touchpoint"], next);
    assert_eq!(
        due_of(second),
        live.clock.now() + SignedDuration::from_hours(2)
    );
    live.stop().await;
}

#[tokio::test]
async fn an_answer_completes_the_cadence_and_not_the_run() {
    let live = Live::start().await;
    for (outcome, takes_over) in [("answered", false), ("replied", true)] {
        let lead = live.enrolled().await;
        let id = live.pulled(&lead).await;
        let reply = live.outcome(&id, outcome).await;
        assert_eq!(reply["next"], Value::Null, "{outcome}");
        let active = active_run(&live.container, &lead).await;
        assert_eq!(
            (&active["run_status"], &active["cadence_state"]),
            (&json!("running"), &json!("completed"))
        );
        assert_eq!(active["current_status"]["key"], "engaged");
        assert_eq!(active["human_takeover"], takes_over, "{outcome}");
        assert_eq!(active["next_touchpoint"], Value::Null);
        let run = live.run(&lead).await;
        assert_eq!(states(&run)[0], "done");
        assert_eq!(states(&run)[1..], ["cancelled"; 8]);
    }
    live.stop().await;
}

#[tokio::test]
async fn a_resume_reopens_a_cadence_that_a_reply_has_completed() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    live.outcome(&id, "replied").await;
    live.forward_hours(5);
    let body = json!({"workflow_id": local::demo::WORKFLOW_ID, "resume_cadence": true});
    let path = format!("/leads/{lead}/automation/resume");
    let resumed = live.call("POST", &path, Some(&body)).await;
    assert_eq!(resumed.body["cadence_resumed"], true, "{}", resumed.text);
    let run = live.run(&lead).await;
    assert_eq!(states(&run)[1..], ["scheduled"; 8]);
    let second = due_of(&run["touchpoints"][1]);
    assert_eq!(second, live.clock.now() + SignedDuration::from_hours(2));
    live.stop().await;
}

#[tokio::test]
async fn a_delivery_and_an_unanswered_call_change_nothing_but_their_touchpoint() {
    let live = Live::start().await;
    for outcome in ["voicemail", "no_answer", "busy", "failed"] {
        let lead = live.enrolled().await;
        let id = live.pulled(&lead).await;
        let reply = live.outcome(&id, outcome).await;
        assert_eq!(reply["workflow_run"]["cadence_state"], "active");
        assert_eq!(reply["workflow_run"]["current_status"]["key"], "contacted");
        assert_eq!(states(&live.run(&lead).await)[1..], ["scheduled"; 8]);
    }
    let lead = at_whatsapp(&live).await;
    let id = live.pulled(&lead).await;
    let reply = live.outcome(&id, "delivered").await;
    assert_eq!(reply["workflow_run"]["cadence_state"], "active");
    assert_eq!(reply["touchpoint"]["outcome"], "delivered");
    live.stop().await;
}

/// Returns a lead whose next touchpoint is a WhatsApp message that is due.
pub async fn at_whatsapp(live: &Live) -> String {
    let lead = live.enrolled().await;
    for _ in 0..3 {
        live.wait_for_next(&lead).await;
        let id = live.pulled(&lead).await;
        live.outcome(&id, "no_answer").await;
    }
    live.wait_for_next(&lead).await;
    lead
}

#[tokio::test]
async fn a_wrong_address_skips_the_rest_of_its_channel() {
    let live = Live::start().await;
    for outcome in ["bounced", "invalid"] {
        let lead = live.enrolled().await;
        let id = live.pulled(&lead).await;
        let reply = live.outcome(&id, outcome).await;
        assert_eq!(reply["next"]["channel"], "whatsapp", "{outcome}");
        let run = live.run(&lead).await;
        for touchpoint in run["touchpoints"].as_array().unwrap() {
            let is_rest = touchpoint["channel"] == "call" && touchpoint["index"] != 0;
            assert_eq!(touchpoint["state"] == "skipped", is_rest, "{touchpoint}");
            assert_eq!(touchpoint["reasons"] == json!(["address_invalid"]), is_rest);
        }
    }
    live.stop().await;
}

#[tokio::test]
async fn an_opt_out_and_a_complaint_end_the_run() {
    let live = Live::start().await;
    for outcome in ["opted_out", "complained"] {
        let lead = live.enrolled().await;
        let id = live.pulled(&lead).await;
        let reply = live.outcome(&id, outcome).await;
        let run = &reply["workflow_run"];
        assert_eq!(
            (&run["run_status"], &run["cadence_state"]),
            (&json!("stopped"), &json!("cancelled"))
        );
        assert_eq!(active_run(&live.container, &lead).await, Value::Null);
        let asked = live.ask(&lead, "pull").await;
        assert_eq!(asked["touchpoint"], Value::Null, "{asked}");
    }
    live.stop().await;
}

#[tokio::test]
async fn a_touchpoint_that_was_never_claimed_takes_no_outcome() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let run = live.run(&lead).await;
    let id = run["touchpoints"][0]["id"].as_str().unwrap();
    for outcome in ["no_answer", "deferred"] {
        let reply = live.send(id, &json!({ "outcome": outcome })).await;
        assert_eq!(
            (reply.status, &reply.body["code"]),
            (StatusCode::CONFLICT, &json!("not_dispatched")),
            "{}",
            reply.text
        );
    }
    assert_eq!(live.run(&lead).await, run);
    live.stop().await;
}

#[tokio::test]
async fn an_outcome_after_a_lapsed_lease_is_accepted() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    live.forward(SignedDuration::from_mins(20));
    let reply = live.outcome(&id, "answered").await;
    assert_eq!(reply["workflow_run"]["cadence_state"], "completed");
    live.stop().await;
}

#[tokio::test]
async fn an_outcome_ends_the_lease_of_its_touchpoint() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    let asked = live.ask(&lead, "pull").await;
    let message = asked["message"].as_str().unwrap();
    assert!(message.contains("is claimed until"), "{message}");
    live.outcome(&id, "busy").await;
    let asked = live.ask(&lead, "pull").await;
    let message = asked["message"].as_str().unwrap();
    assert!(message.contains("due at"), "{message}");
    live.stop().await;
}

#[tokio::test]
async fn a_repeat_changes_nothing_and_fills_in_details_that_were_missing() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    live.report(&id, json!({"outcome": "no_answer", "provider_id": "CA1"}))
        .await;
    let run = live.run(&lead).await;
    let again = json!({
        "outcome": "no_answer", "provider_id": "CA2", "provider_code": "486", "duration_s": 12,
        "from": "+12025550100", "at": "2026-02-10T12:00:01Z", "note": "rang out",
    });
    let reply = live.report(&id, again).await;
    assert_eq!(reply["changed"], false);
    assert_eq!(live.run(&lead).await, run);
    let touchpoint = live.touchpoint(&id).await;
    assert_eq!(
        touchpoint["outcomes"],
        json!([{
            "outcome": "no_answer", "reported_at": "2026-02-10T12:00:00Z",
            "at": "2026-02-10T12:00:01Z", "provider_id": "CA1", "provider_code": "486",
            "from": "+12025550100", "duration_s": 12, "note": "rang out", "callback_at": null,
        }])
    );
    let history = live.history(&lead, "touchpoint_outcome").await;
    assert_eq!(history, ["call 1/3: no_answer, New -> Contacted: rang out"]);
    live.stop().await;
}

#[tokio::test]
async fn a_heavier_outcome_replaces_a_lighter_one_and_a_lighter_one_is_recorded_only() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    for (outcome, changed, kept) in [
        ("no_answer", true, "no_answer"),
        ("busy", false, "no_answer"),
        ("answered", true, "answered"),
        ("voicemail", false, "answered"),
        ("replied", true, "replied"),
        ("callback", false, "replied"),
        ("invalid", true, "invalid"),
        ("bounced", false, "invalid"),
        ("complained", true, "complained"),
        ("opted_out", false, "complained"),
        ("answered", false, "complained"),
    ] {
        let mut body = json!({ "outcome": outcome });
        if outcome == "callback" {
            body["callback_at"] = json!("2026-02-11T12:00:00Z");
        }
        let reply = live.report(&id, body).await;
        assert_eq!(reply["changed"], changed, "{outcome}");
        assert_eq!(reply["touchpoint"]["outcome"], kept, "{outcome}");
    }
    let touchpoint = live.touchpoint(&id).await;
    let reported = touchpoint["outcomes"].as_array().unwrap().len();
    // The second `answered` is a repeat of the first.
    assert_eq!(reported, 10);
    let history = live.history(&lead, "touchpoint_outcome").await;
    assert_eq!(history[1], "call 1/3: busy, recorded only");
    assert_eq!(history.len(), 10, "{history:?}");
    live.stop().await;
}

#[tokio::test]
async fn a_callback_moves_the_next_call_to_the_time_that_the_person_wants() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    let body = json!({"outcome": "callback", "callback_at": "2026-02-12T15:30:00Z"});
    let reply = live.report(&id, body).await;
    let run = live.run(&lead).await;
    let second = &run["touchpoints"][1];
    assert_eq!(second["due_at"], "2026-02-12T15:30:00Z");
    assert_eq!(second["reasons"], json!(["callback"]));
    assert_eq!(reply["workflow_run"]["cadence_state"], "active");
    // The third call comes first now, because only the second one has moved.
    assert_eq!(reply["next"]["id"], run["touchpoints"][2]["id"]);
    live.stop().await;
}

#[tokio::test]
async fn a_callback_after_an_answer_makes_the_cadence_active_again() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    live.outcome(&id, "answered").await;
    let body = json!({"outcome": "callback", "callback_at": "2026-02-10T12:30:00Z"});
    let reply = live.report(&id, body).await;
    assert_eq!(reply["changed"], true);
    assert_eq!(reply["workflow_run"]["cadence_state"], "active");
    assert_eq!(reply["next"]["due_at"], "2026-02-10T12:30:00Z");
    let reply = live.outcome(&id, "answered").await;
    assert_eq!(
        (&reply["changed"], &reply["touchpoint"]["outcome"]),
        (&json!(false), &json!("callback"))
    );
    live.stop().await;
}

#[tokio::test]
async fn a_deferred_touchpoint_goes_back_under_the_same_id() {
    let live = Live::start().await;
    for way in ["pull", "push"] {
        let lead = live.enrolled().await;
        let id = live.claimed(&lead, way).await;
        let reply = live.outcome(&id, "deferred").await;
        assert_eq!(
            (&reply["changed"], &reply["touchpoint"]["state"]),
            (&json!(true), &json!("scheduled")),
            "{way}"
        );
        assert_eq!(reply["touchpoint"]["outcome"], Value::Null);
        assert_eq!(reply["next"]["id"], json!(id));
        live.forward(SignedDuration::from_secs(31));
        assert_eq!(live.claimed(&lead, way).await, id);
        let attempts = live.touchpoint(&id).await["attempts"].take();
        let tries = attempts.as_array().unwrap().iter().map(|it| &it["try"]);
        assert_eq!(tries.collect::<Vec<_>>(), [1, 2], "{way}");
        assert_eq!(attempts[0]["ended"], "deferred", "{way}");
        live.outcome(&id, "no_answer").await;
        let late = live.send(&id, &json!({"outcome": "deferred"})).await;
        assert_eq!(
            (late.status, &late.body["code"]),
            (StatusCode::CONFLICT, &json!("conflict")),
            "{way}: {}",
            late.text
        );
    }
    live.stop().await;
}
