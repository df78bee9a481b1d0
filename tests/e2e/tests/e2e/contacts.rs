//! Contacts outside of touchpoints ([contract](../../../../docs/contract.md#outcomes)).

use futures::future::join_all;
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};

use crate::fixtures::{Live, Reply, active_run, another_workflow, consume, items_of, run, states};

async fn event_with_key(live: &Live, lead: &str, key: &str, body: &Value) -> Reply {
    let path = format!("/leads/{lead}/events");
    let header = Some(("idempotency-key", key));
    live.container
        .send(demo::API_KEY, "POST", &path, Some(body), header)
        .await
}

#[tokio::test]
async fn a_reply_outside_of_a_touchpoint_steers_the_active_run() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let body = json!({"type": "replied", "channel": "sms", "at": "2026-02-10T11:59:00Z",
                      "note": "wants a call"});
    let reply = live.event(&lead, body).await;
    assert_eq!(
        (&reply["changed"], &reply["touchpoint"], &reply["next"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
    let active = active_run(&live.container, &lead).await;
    assert_eq!(reply["workflow_run"]["id"], active["id"]);
    assert_eq!(
        (&active["cadence_state"], &active["human_takeover"]),
        (&json!("completed"), &json!(true))
    );
    let history = live.history(&lead, "contact_reported").await;
    assert_eq!(
        history,
        ["sms: replied, New -> Engaged, cadence completed, a person takes over: wants a call"]
    );
    live.stop().await;
}

#[tokio::test]
async fn a_contact_of_a_lead_without_an_active_run_is_in_its_history() {
    let live = Live::start().await;
    let lead = live.container.create(&json!({"first_name": "Ana"})).await;
    let body = json!({"type": "opted_out", "channel": "email"});
    let reply = live.event(&lead, body).await;
    assert_eq!(
        (&reply["changed"], &reply["workflow_run"], &reply["next"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    assert_eq!(
        live.history(&lead, "contact_reported").await,
        ["email: opted_out"]
    );
    live.stop().await;
}

#[tokio::test]
async fn an_event_without_an_effect_leaves_the_run_as_it_is() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let before = live.run(&lead).await;
    let reply = live
        .event(&lead, json!({"type": "no_answer", "channel": "call"}))
        .await;
    assert_eq!(reply["changed"], false);
    assert_eq!(reply["next"]["id"], before["touchpoints"][0]["id"]);
    assert_eq!(live.run(&lead).await, before);
    live.stop().await;
}

#[tokio::test]
async fn a_wrong_address_skips_the_touchpoints_of_the_channel_of_the_event() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    live.event(&lead, json!({"type": "bounced", "channel": "email"}))
        .await;
    let run = live.run(&lead).await;
    for touchpoint in run["touchpoints"].as_array().unwrap() {
        let is_email = touchpoint["channel"] == "email";
        assert_eq!(touchpoint["state"] == "skipped", is_email, "{touchpoint}");
    }
    live.stop().await;
}

#[tokio::test]
async fn a_callback_that_a_person_asks_for_moves_the_next_call() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let body =
        json!({"type": "callback", "channel": "call", "callback_at": "2026-02-10T13:00:00Z"});
    let reply = live.event(&lead, body).await;
    assert_eq!(reply["next"]["due_at"], "2026-02-10T13:00:00Z");
    live.stop().await;
}

#[tokio::test]
async fn an_opt_out_ends_a_run_that_waits_for_its_paused_workflow() {
    let live = Live::start().await;
    let paused = another_workflow(&live.container, |workflow| workflow.is_paused = true).await;
    for is_built in [true, false] {
        let body = json!({"first_name": "Ana", "phone": "+12025550100", "workflow_id": paused.id});
        let created = live.container.post(&body, None).await;
        let lead = created.body["lead"]["id"].as_str().unwrap();
        if is_built {
            consume(&live.container.services, &live.clock).await;
        }
        let reply = live
            .event(lead, json!({"type": "opted_out", "channel": "sms"}))
            .await;
        assert_eq!(
            (&reply["changed"], &reply["workflow_run"]["run_status"]),
            (&json!(true), &json!("stopped")),
            "{is_built}"
        );
        consume(&live.container.services, &live.clock).await;
        let run = run(&live.container, lead, &created.body["workflow_run"]["id"]).await;
        assert_eq!(run["run_status"], "stopped");
    }
    live.stop().await;
}

#[tokio::test]
async fn an_event_before_the_run_is_built_counts_once_it_is() {
    let live = Live::start().await;
    let lead = live.container.create(&crate::fixtures::john()).await;
    live.event(&lead, json!({"type": "answered", "channel": "call"}))
        .await;
    consume(&live.container.services, &live.clock).await;
    let run = live.run(&lead).await;
    assert_eq!(states(&run), ["cancelled"; 9]);
    assert_eq!(run["cadence_state"], "completed");
    live.stop().await;
}

#[tokio::test]
async fn a_wrong_event_is_refused_with_the_valid_words() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let words = "type must be one of answered, replied, voicemail, no_answer, busy, failed, bounced, \
                 invalid, opted_out, complained, callback";
    let path = format!("/leads/{lead}/events");
    for (body, problem) in [
        (json!({}), "type is required"),
        (json!({"type": "replied"}), "channel is required"),
        (
            json!({"type": "replied", "channel": "fax"}),
            "must be call, whatsapp, email or sms",
        ),
        (json!({"type": "delivered", "channel": "sms"}), &words[5..]),
        (json!({"type": "deferred", "channel": "sms"}), &words[5..]),
        (
            json!({"type": "no_outcome", "channel": "call"}),
            &words[5..],
        ),
        (
            json!({"type": "answered", "channel": "sms"}),
            "type answered is not for the channel sms; it is for call",
        ),
        (
            json!({"type": "callback", "channel": "call"}),
            "callback_at is required for a callback",
        ),
        (
            json!({"type": "replied", "channel": "sms", "provider_id": "x"}),
            "provider_id is not a field of this request",
        ),
    ] {
        let reply = live.call("POST", &path, Some(&body)).await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{body}: {}",
            reply.text
        );
        assert!(reply.text.contains(problem), "{problem}: {}", reply.text);
    }
    assert!(live.history(&lead, "contact_reported").await.is_empty());
    live.stop().await;
}

#[tokio::test]
async fn a_repeated_event_with_its_key_gets_the_first_reply_and_has_no_second_effect() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let body =
        json!({"type": "callback", "channel": "call", "callback_at": "2026-02-11T12:00:00Z"});
    let first = event_with_key(&live, &lead, "key", &body).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    live.forward_hours(30);
    let again = event_with_key(&live, &lead, "key", &body).await;
    assert_eq!((again.status, &again.text), (StatusCode::OK, &first.text));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(live.history(&lead, "contact_reported").await.len(), 1);
    // Another key is another event.
    let other = json!({"type": "no_answer", "channel": "call"});
    let reply = event_with_key(&live, &lead, "other", &other).await;
    assert!(!reply.headers.contains_key("idempotency-replayed"));
    live.stop().await;
}

#[tokio::test]
async fn a_key_of_another_event_gets_422() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let body = json!({"type": "no_answer", "channel": "call"});
    event_with_key(&live, &lead, "key", &body).await;
    for other in [
        json!({"type": "busy", "channel": "call"}),
        json!({"type": "no_answer", "channel": "call", "note": "x"}),
    ] {
        let reply = event_with_key(&live, &lead, "key", &other).await;
        assert_eq!(
            (reply.status, &reply.body["code"]),
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                &json!("idempotency_key_reused")
            ),
            "{}",
            reply.text
        );
    }
    // The way in which the JSON is written makes no difference.
    let again = json!({"channel": "call", "type": "no_answer"});
    let reply = event_with_key(&live, &lead, "key", &again).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    live.stop().await;
}

#[tokio::test]
async fn a_refused_event_does_not_use_up_its_key_and_leaves_nothing() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let items = items_of(&live.container.services, &lead).await.len();
    let wrong = json!({"type": "busy", "channel": "fax"});
    let reply = event_with_key(&live, &lead, "key", &wrong).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(items_of(&live.container.services, &lead).await.len(), items);
    let right = json!({"type": "busy", "channel": "call"});
    let reply = event_with_key(&live, &lead, "key", &right).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let unknown = "019c0000-0000-7000-8000-00000000dead";
    let reply = event_with_key(&live, unknown, "key", &right).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(items_of(&live.container.services, unknown).await.len(), 0);
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_simultaneous_events_with_one_key_one_is_recorded_and_all_get_its_reply() {
    let live = Live::start().await;
    for round in 0..8 {
        let lead = live.enrolled().await;
        let body = json!({"type": "replied", "channel": "sms"});
        let calls = (0..4).map(|_| event_with_key(&live, &lead, "key", &body));
        let replies = join_all(calls).await;
        let firsts = replies
            .iter()
            .filter(|reply| !reply.headers.contains_key("idempotency-replayed"));
        assert_eq!(firsts.count(), 1, "{round}");
        for reply in &replies {
            assert_eq!(
                (reply.status, &reply.text),
                (StatusCode::OK, &replies[0].text)
            );
        }
        assert_eq!(
            live.history(&lead, "contact_reported").await.len(),
            1,
            "{round}"
        );
    }
    live.stop().await;
}
