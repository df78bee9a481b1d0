//! Touchpoints that Leadgate sends to webhooks: the request, tries under one id, and changes of the
//! destination.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use dispatch_touchpoints::handle;
use domain::{cadence::TouchpointState, channel::Channel, destination::Rate};
use jiff::SignedDuration;
use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use crate::fixtures::{
    Live, Received, Respond, WebhookServer, active_run, consume, demo_workflow, pusher, webhook,
};

const CALLS: [Channel; 1] = [Channel::Call];
const OK: Respond = Respond::Status(200, "", "");
const ERROR: Respond = Respond::Status(500, "", "");

/// Starts a receiver of the demo account's calls.
async fn with_dialer() -> (Live, WebhookServer) {
    let (live, server) = (Live::start().await, WebhookServer::start().await);
    live.set_webhooks(vec![webhook("dialer", &CALLS, &server.url, None)])
        .await;
    (live, server)
}

fn only(mut received: Vec<Received>) -> Received {
    assert_eq!(received.len(), 1, "{received:?}");
    received.remove(0)
}

#[tokio::test]
async fn a_touchpoint_goes_to_its_webhook_signed_and_with_the_data_of_a_claim() {
    let (live, server) = with_dialer().await;
    let lead = live.enrolled().await;
    live.push(&pusher(&live)).await;
    let request = only(server.take());
    assert!(request.is_signed(live.clock.now()));
    assert_eq!(request.body["type"], "touchpoint.due");
    assert_eq!(request.body["test"], false);
    let mut data = request.data().clone();
    assert_eq!(data["touchpoint"]["id"], json!(request.id));
    let url = data["reply_url"].take();
    let expected = format!(
        "http://api.test/api/public/touchpoints/{}/outcome?token=",
        request.id
    );
    assert!(url.as_str().unwrap().starts_with(&expected), "{url}");
    let shown = live.touchpoint(&request.id).await;
    assert_eq!(shown["state"], "dispatched");
    let attempt = &shown["attempts"][0];
    assert_eq!(
        (&attempt["destination"], &attempt["answer"]),
        (&json!("dialer"), &json!("200"))
    );
    assert_eq!(
        live.history(&lead, "touchpoint_sent").await,
        ["call 1/3 to dialer: 200"]
    );

    // The same touchpoint, pulled by a caller, has the same data apart from its lease and its id.
    let pulled = Live::start().await;
    pulled.enrolled().await;
    pulled.tick().await;
    let claim = json!({"channels": ["call"]});
    let reply = pulled
        .call("POST", "/touchpoints/claim", Some(&claim))
        .await;
    let mut claimed = reply.body["touchpoints"][0].clone();
    for ids in [&mut data, &mut claimed] {
        let fields = ids.as_object_mut().unwrap();
        fields.remove("lease");
        fields.remove("reply_url");
        for (of, field) in [("touchpoint", "id"), ("lead", "id"), ("workflow_run", "id")] {
            ids[of][field] = Value::Null;
        }
    }
    assert_eq!(data, claimed);
    pulled.stop().await;
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn each_try_has_the_same_id_and_a_higher_number() {
    let (live, server) = with_dialer().await;
    let lead = live.enrolled().await;
    let function = pusher(&live);
    server.then([ERROR, Respond::Cut, Respond::Never, OK]);
    live.push(&function).await;
    for seconds in [6, 36, 144] {
        live.forward(SignedDuration::from_secs(seconds));
        live.push_tick(&function).await;
    }
    let received = server.take();
    let tries: Vec<_> = received.iter().map(Received::tries).collect();
    assert_eq!(tries, [1, 2, 3, 4]);
    assert!(received.iter().all(|it| it.id == received[0].id));
    assert_eq!(
        live.stored_run(&lead).await.touchpoints[0].state,
        TouchpointState::Dispatched
    );
    let answers = live.history(&lead, "touchpoint_sent").await;
    assert_eq!(answers.len(), 4, "{answers:?}");
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_worker_that_dies_after_its_request_leaves_an_open_try_that_the_next_one_repeats() {
    let (live, server) = with_dialer().await;
    let lead = live.enrolled().await;
    let function = pusher(&live);
    server.then([Respond::Never]);
    let services = &live.container.services;
    let event = crate::fixtures::take(services, &services.dispatch_queue_url).await;
    let dying = handle(&function, event);
    tokio::time::timeout(Duration::from_millis(200), dying)
        .await
        .unwrap_err();
    let first = only(server.take());
    // The claim is alive for a minute.
    live.forward(SignedDuration::from_secs(59));
    live.push_tick(&function).await;
    assert!(server.take().is_empty());
    live.forward(SignedDuration::from_secs(1));
    live.push_tick(&function).await;
    let second = only(server.take());
    assert_eq!((&second.id, second.tries()), (&first.id, 2));
    assert_eq!(
        live.stored_run(&lead).await.touchpoints[0].state,
        TouchpointState::Dispatched
    );
    live.check_table().await;
    live.stop().await;
}

/// Assigns a lead to the demo workflow again.
async fn assign(live: &Live, lead: &str) {
    let body = json!({"workflowId": local::demo::WORKFLOW_ID});
    let path = format!("/leads/{lead}/assign-workflow");
    let reply = live.call("POST", &path, Some(&body)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
}

#[tokio::test]
async fn a_call_whose_answer_is_to_come_counts_for_the_next_run() {
    let (live, server) = with_dialer().await;
    let lead = live.enrolled().await;
    let function = pusher(&live);
    server.then([Respond::Later(""), OK]);
    let pushing = live.push(&function);
    let assigning = async {
        while server.take().is_empty() {
            tokio::task::yield_now().await;
        }
        // The next run keeps an hour from the call, and so does the one after it.
        for _ in 0..2 {
            assign(&live, &lead).await;
            consume(&live.container.services, &live.clock).await;
            let call = live.run(&lead).await["touchpoints"][0].take();
            assert_eq!(
                (&call["due_at"], &call["reasons"]),
                (&json!("2026-02-10T13:00:00Z"), &json!(["min_gap"]))
            );
        }
    };
    tokio::join!(pushing, assigning);
    assert_eq!(live.push_tick(&function).await.sent, 0);
    assert!(server.take().is_empty());
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn an_outcome_in_the_answer_for_an_ended_run_steers_the_active_one() {
    for (body, is_built, steers) in [
        (r#"{"outcome":"opted_out"}"#, true, true),
        (r#"{"outcome":"opted_out"}"#, false, true),
        (r#"{"outcome":"no_answer"}"#, true, false),
    ] {
        let (live, server) = with_dialer().await;
        let lead = live.enrolled().await;
        let function = pusher(&live);
        server.then([Respond::Later(body)]);
        let pushing = live.push(&function);
        let assigning = async {
            while server.take().is_empty() {
                tokio::task::yield_now().await;
            }
            assign(&live, &lead).await;
            // The run is built before the answer, or by it.
            if is_built {
                consume(&live.container.services, &live.clock).await;
            }
        };
        tokio::join!(pushing, assigning);
        consume(&live.container.services, &live.clock).await;
        let active = active_run(&live.container, &lead).await;
        assert_eq!(active.is_null(), steers, "{body}: {active}");
        let reported = live.history(&lead, "contact_reported").await;
        assert_eq!(reported.len(), usize::from(steers), "{reported:?}");
        live.check_table().await;
        live.stop().await;
    }
}

#[tokio::test]
async fn an_outcome_that_is_faster_than_the_settlement_counts_and_the_answer_is_kept() {
    let (live, server) = with_dialer().await;
    let lead = live.enrolled().await;
    server.then([Respond::Never]);
    let function = pusher(&live);
    let pushing = live.push(&function);
    let reporting = async {
        let request = loop {
            if let Some(request) = server.take().pop() {
                break request;
            }
            tokio::task::yield_now().await;
        };
        live.outcome(&request.id, "no_answer").await;
        request.id
    };
    let (_, id) = tokio::join!(pushing, reporting);
    let shown = live.touchpoint(&id).await;
    assert_eq!(
        (&shown["state"], &shown["outcome"]),
        (&json!("done"), &json!("no_answer"))
    );
    assert_eq!(live.history(&lead, "touchpoint_sent").await.len(), 1);
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn an_open_try_is_not_repeated_to_another_url() {
    let (live, server) = with_dialer().await;
    let lead = live.enrolled().await;
    server.always(ERROR);
    live.push(&pusher(&live)).await;
    let first = only(server.take());
    let other = WebhookServer::start().await;
    live.set_webhooks(vec![webhook("dialer", &CALLS, &other.url, None)])
        .await;
    live.forward(SignedDuration::from_secs(10));
    live.push_tick(&pusher(&live)).await;
    assert!(server.take().is_empty() && other.take().is_empty());
    let needing = live
        .call("GET", "/touchpoints?state=unconfirmed", None)
        .await;
    assert_eq!(needing.body["touchpoints"][0]["id"], json!(first.id));
    assert!(live.stored_run(&lead).await.hand_over.is_none());
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn no_request_begins_in_the_last_seconds_of_a_touchpoint() {
    let (live, server) = with_dialer().await;
    server.always(ERROR);
    let lead = live.enrolled().await;
    live.push(&pusher(&live)).await;
    assert_eq!(server.take().len(), 1);
    // Its connection could be ready only after the hour of the touchpoint.
    live.forward(SignedDuration::from_secs(3_600 - 3));
    live.push_tick(&pusher(&live)).await;
    let run = live.stored_run(&lead).await;
    assert_eq!(run.touchpoints[0].state, TouchpointState::Claimed);
    live.forward(SignedDuration::from_secs(4));
    live.push_tick(&pusher(&live)).await;
    let run = live.stored_run(&lead).await;
    assert_eq!(run.touchpoints[0].state, TouchpointState::Unconfirmed);
    assert!(server.take().is_empty());
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn touchpoints_that_callers_could_pull_go_to_a_new_webhook_and_back() {
    let live = Live::start().await;
    let server = WebhookServer::start().await;
    let lead = live.enrolled().await;
    live.tick().await;
    assert_eq!(live.open(Channel::Call).await.len(), 1);
    live.set_webhooks(vec![webhook("dialer", &CALLS, &server.url, None)])
        .await;
    // Callers have nothing to claim from a channel with a webhook.
    live.forward(SignedDuration::from_secs(31));
    let claim = json!({"channels": ["call"]});
    let claimed = live.call("POST", "/touchpoints/claim", Some(&claim)).await;
    assert_eq!(claimed.body["touchpoints"], json!([]));
    server.always(Respond::Status(404, "", ""));
    live.push_tick(&pusher(&live)).await;
    only(server.take());
    assert_eq!(live.open(Channel::Call).await.len(), 0);
    live.set_webhooks(Vec::new()).await;
    live.forward(SignedDuration::from_secs(60));
    live.push_tick(&pusher(&live)).await;
    assert_eq!(live.open(Channel::Call).await.len(), 1);
    let claimed = live.call("POST", "/touchpoints/claim", Some(&claim)).await;
    assert_eq!(claimed.status, StatusCode::OK);
    assert_eq!(claimed.body["touchpoints"][0]["lead"]["id"], json!(lead));
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_touchpoint_that_callers_could_pull_waits_for_a_webhook_that_is_paused() {
    let (live, server) = (Live::start().await, WebhookServer::start().await);
    let lead = live.enrolled().await;
    live.tick().await;
    live.set_webhooks(vec![webhook("dialer", &CALLS, &server.url, None)])
        .await;
    let store = &live.container.services.store;
    let account = crate::fixtures::account();
    let paused = store.pause_lane(account, "dialer", live.clock.now());
    paused.await.unwrap();
    // A call that callers pull has an hour.
    let function = pusher(&live);
    for minutes in [60, 1, 1] {
        live.forward(SignedDuration::from_mins(minutes));
        live.push_tick(&function).await;
    }
    assert!(server.take().is_empty());
    store.resume_lane(account, "dialer").await.unwrap();
    live.push_tick(&function).await;
    only(server.take());
    let state = live.stored_run(&lead).await.touchpoints[0].state;
    assert_eq!(state, TouchpointState::Dispatched);
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn nothing_goes_out_for_a_run_that_is_held_stopped_suppressed_or_erased() {
    for case in ["hold", "stop", "suppress", "erase"] {
        let (live, server) = with_dialer().await;
        let lead = live.enrolled().await;
        match case {
            "hold" => {
                let scope = aws::store::HoldScope::Account(crate::fixtures::account());
                let hold = aws::store::Hold {
                    since: live.clock.now(),
                    reason: None,
                };
                live.container
                    .services
                    .store
                    .hold(scope, &hold)
                    .await
                    .unwrap();
            }
            "stop" => {
                let path = format!("/leads/{lead}/automation/stop");
                let stopped = live.call("POST", &path, Some(&demo_workflow())).await;
                assert_eq!(stopped.status, StatusCode::OK, "{}", stopped.text);
            }
            "suppress" => {
                let body = json!({"phone": "+1234567890", "reason": "opted_out"});
                let reply = live.call("POST", "/suppressions", Some(&body)).await;
                assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
            }
            _ => {
                live.call("DELETE", &format!("/leads/{lead}"), None).await;
            }
        }
        live.push_tick(&pusher(&live)).await;
        assert!(server.take().is_empty(), "{case}");
        live.check_table().await;
        live.stop().await;
    }
}

#[tokio::test]
async fn a_late_delivery_of_a_hint_sends_nothing_twice() {
    let (live, server) = with_dialer().await;
    live.enrolled().await;
    let services = &live.container.services;
    let event = crate::fixtures::take(services, &services.dispatch_queue_url).await;
    let copies = || {
        let mut copy = SqsEvent::default();
        for record in &event.records {
            let mut same = SqsMessage::default();
            same.message_id = record.message_id.clone();
            same.body = record.body.clone();
            copy.records.push(same);
        }
        copy
    };
    let functions = [(); 4].map(|()| pusher(&live));
    let deliveries = functions.iter().map(|it| handle(it, copies()));
    futures::future::join_all(deliveries).await;
    only(server.take());
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn ten_due_at_once_reach_the_receiver_at_the_rate_of_its_lane() {
    let (live, server) = (Live::start().await, WebhookServer::start().await);
    let rate = Rate::new(10, Some(2)).unwrap();
    live.set_webhooks(vec![webhook("dialer", &CALLS, &server.url, Some(rate))])
        .await;
    for _ in 0..10 {
        live.enrolled().await;
    }
    let function = pusher(&live);
    live.push(&function).await;
    assert_eq!(server.take().len(), 2, "the burst");
    let mut counts = Vec::new();
    for second in 0..80 {
        live.forward(SignedDuration::from_secs(1));
        match second % 60 {
            59 => live.push_tick(&function).await.due,
            _ => u32::try_from(live.push(&function).await).unwrap(),
        };
        counts.push(server.take().len());
    }
    let mut sent = 2;
    for (second, count) in (1..).zip(&counts) {
        sent += count;
        assert!(sent <= 2 + second, "{counts:?}");
    }
    assert_eq!(sent, 10, "{counts:?}");
    live.check_table().await;
    live.stop().await;
}
