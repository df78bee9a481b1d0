//! Answers of receivers: each row of the contract's table, and outcomes in the body.

use domain::{
    cadence::TouchpointState,
    channel::Channel,
    lane::{Lane, LaneState},
};
use jiff::SignedDuration;
use lambda_http::http::StatusCode;
use serde_json::json;

use crate::fixtures::{Live, Respond, WebhookServer, account, demo_workflow, pusher, webhook};

const CALLS: [Channel; 1] = [Channel::Call];

/// State after the first answer of a receiver.
struct After {
    live: Live,
    server: WebhookServer,
    lead: String,
}

impl After {
    async fn of(respond: Respond) -> Self {
        let (live, server) = (Live::start().await, WebhookServer::start().await);
        live.set_webhooks(vec![webhook("dialer", &CALLS, &server.url, None)])
            .await;
        server.then([respond]);
        let lead = live.enrolled().await;
        live.push(&pusher(&live)).await;
        Self { live, server, lead }
    }

    async fn state(&self) -> TouchpointState {
        self.live.stored_run(&self.lead).await.touchpoints[0].state
    }

    /// Returns the time until the next try.
    async fn wait(&self) -> SignedDuration {
        let run = self.live.stored_run(&self.lead).await;
        run.retry_at()
            .unwrap()
            .duration_since(self.live.clock.now())
    }

    async fn lane(&self) -> Lane {
        let store = &self.live.container.services.store;
        store.lane(account(), "dialer").await.unwrap()
    }

    async fn lane_state(&self) -> LaneState {
        self.lane().await.state(self.live.clock.now())
    }

    async fn end(self) {
        self.live.check_table().await;
        self.live.stop().await;
    }
}

fn status(status: u16) -> Respond {
    Respond::Status(status, "", "")
}

#[tokio::test]
async fn an_answer_of_2xx_takes_the_touchpoint_whatever_its_body() {
    const LONG: &str = concat!(r#"{"id":"#, r#""x"}"#);
    for respond in [status(200), status(204), Respond::Status(202, "", LONG)] {
        let after = After::of(respond).await;
        assert_eq!(after.state().await, TouchpointState::Dispatched);
        assert_eq!(after.lane_state().await, LaneState::Open);
        after.end().await;
    }
}

#[tokio::test]
async fn an_answer_of_over_64_kib_takes_the_touchpoint_without_its_outcome() {
    let padding = "x".repeat(70_000);
    let body = json!({"outcome": "no_answer", "note": padding}).to_string();
    let after = After::of(Respond::Status(200, "", body.leak())).await;
    assert_eq!(after.state().await, TouchpointState::Dispatched);
    after.end().await;
}

#[tokio::test]
async fn a_refusal_is_tried_once_more_after_a_minute_and_then_needs_a_person() {
    for code in [400, 409, 422, 418] {
        let after = After::of(status(code)).await;
        assert_eq!(after.state().await, TouchpointState::Scheduled, "{code}");
        assert_eq!(after.wait().await, SignedDuration::from_mins(1));
        after.server.then([status(code)]);
        after.live.forward(SignedDuration::from_mins(1));
        after.live.push_tick(&pusher(&after.live)).await;
        assert_eq!(after.state().await, TouchpointState::Failed);
        assert_eq!(after.lane().await, Lane::default());
        let listed = after
            .live
            .call("GET", "/touchpoints?state=failed", None)
            .await;
        assert_eq!(listed.body["touchpoints"].as_array().unwrap().len(), 1);
        after.end().await;
    }
}

#[tokio::test]
async fn an_answer_that_is_not_the_contact_s_own_burns_no_try_and_waits_longer_each_time() {
    for code in [401, 403, 404, 405, 301, 302] {
        let after = After::of(Respond::Status(
            code,
            "location: https://example.com\r\n",
            "",
        ))
        .await;
        assert_eq!(after.state().await, TouchpointState::Scheduled, "{code}");
        assert_eq!(after.wait().await, SignedDuration::from_mins(1));
        after.server.then([status(code)]);
        after.live.forward(SignedDuration::from_mins(1));
        after.live.push_tick(&pusher(&after.live)).await;
        assert_eq!(after.wait().await, SignedDuration::from_mins(2));
        let tries: Vec<_> = after.server.take().iter().map(|it| it.tries()).collect();
        assert_eq!(tries, [1, 1]);
        after.end().await;
    }
}

#[tokio::test]
async fn a_receiver_that_cannot_be_reached_burns_no_try() {
    let live = Live::start().await;
    // No server has this port.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    live.set_webhooks(vec![webhook("dialer", &CALLS, &url, None)])
        .await;
    let lead = live.enrolled().await;
    live.push(&pusher(&live)).await;
    let run = live.stored_run(&lead).await;
    let hand_over = run.hand_over.as_ref().unwrap();
    assert_eq!(
        (hand_over.tries, hand_over.misses, hand_over.is_open),
        (0, 1, false)
    );
    live.stop().await;
}

#[tokio::test]
async fn a_410_pauses_the_lane_until_it_is_resumed() {
    let after = After::of(status(410)).await;
    assert_eq!(after.state().await, TouchpointState::Scheduled);
    assert_eq!(after.lane_state().await, LaneState::Paused);
    after.live.forward_hours(3);
    let woken = after.live.push_tick(&pusher(&after.live)).await;
    assert_eq!((after.server.take().len(), woken.lanes_gone), (1, 1));
    let store = &after.live.container.services.store;
    store.resume_lane(account(), "dialer").await.unwrap();
    after.live.push_tick(&pusher(&after.live)).await;
    assert_eq!(after.state().await, TouchpointState::Dispatched);
    after.end().await;
}

#[tokio::test]
async fn a_busy_receiver_gets_nothing_until_its_time() {
    for (respond, seconds) in [
        (Respond::Status(429, "retry-after: 7\r\n", ""), 7),
        (Respond::Status(503, "retry-after: 100000\r\n", ""), 3_600),
        (status(503), 30),
    ] {
        let after = After::of(respond).await;
        let until = after.live.clock.now() + SignedDuration::from_secs(seconds);
        assert_eq!(after.state().await, TouchpointState::Scheduled);
        assert_eq!(after.lane_state().await, LaneState::Closed(until));
        after.live.enrolled().await;
        after.live.push_tick(&pusher(&after.live)).await;
        assert_eq!(after.server.take().len(), 1, "{seconds}");
        after.live.clock.set(until);
        for _ in 0..2 {
            after.live.push_tick(&pusher(&after.live)).await;
            after.live.forward(SignedDuration::from_secs(60));
        }
        assert_eq!(after.server.take().len(), 2, "{seconds}");
        after.end().await;
    }
}

#[tokio::test]
async fn a_touchpoint_that_may_be_out_stays_claimed_and_is_unconfirmed_at_its_end() {
    for respond in [
        status(500),
        status(502),
        status(408),
        Respond::Cut,
        Respond::Never,
    ] {
        let after = After::of(respond.clone()).await;
        assert_eq!(after.state().await, TouchpointState::Claimed, "{respond:?}");
        let wait = after.wait().await;
        assert!((4..=6).contains(&wait.as_secs()), "{wait}");
        after.server.always(respond.clone());
        // A stop does not drop it.
        let path = format!("/leads/{}/automation/stop", after.lead);
        let stopped = after.live.call("POST", &path, Some(&demo_workflow())).await;
        assert_eq!(stopped.status, StatusCode::OK, "{}", stopped.text);
        assert_eq!(after.state().await, TouchpointState::Claimed);
        after.live.forward(SignedDuration::from_secs(10));
        after.live.push_tick(&pusher(&after.live)).await;
        assert_eq!(after.state().await, TouchpointState::Unconfirmed);
        assert_eq!(after.server.take().len(), 1);
        after.end().await;
    }
}

#[tokio::test]
async fn an_outcome_in_the_answer_counts_at_once() {
    let body = r#"{"outcome":"no_answer","provider_id":"CA1","duration_s":20}"#;
    let after = After::of(Respond::Status(200, "", body)).await;
    assert_eq!(after.state().await, TouchpointState::Done);
    let id = after.server.take().remove(0).id;
    let shown = after.live.touchpoint(&id).await;
    assert_eq!(shown["outcome"], "no_answer");
    assert_eq!(shown["outcomes"].as_array().unwrap().len(), 1);
    assert_eq!(shown["outcomes"][0]["provider_id"], "CA1");
    let outcomes = after.live.history(&after.lead, "touchpoint_outcome").await;
    assert_eq!(outcomes, ["call 1/3: no_answer, New -> Contacted"]);
    // Repeated by a call, it changes nothing.
    assert_eq!(after.live.outcome(&id, "no_answer").await["changed"], false);
    after.end().await;
}

#[tokio::test]
async fn an_opt_out_in_the_answer_suppresses_the_person_and_ends_the_run() {
    let after = After::of(Respond::Status(200, "", r#"{"outcome":"opted_out"}"#)).await;
    let check = "/suppressions/check?phone=%2B1234567890";
    let checked = after.live.call("GET", check, None).await;
    assert_eq!(checked.status, StatusCode::OK);
    assert!(checked.text.contains("opted_out"), "{}", checked.text);
    assert!(!after.live.stored_run(&after.lead).await.is_active());
    after.end().await;
}

#[tokio::test]
async fn a_deferred_touchpoint_goes_back_with_a_higher_try_and_its_lane_cools() {
    let after = After::of(Respond::Status(200, "", r#"{"outcome":"deferred"}"#)).await;
    assert_eq!(after.state().await, TouchpointState::Scheduled);
    assert!(matches!(after.lane_state().await, LaneState::Closed(_)));
    after.live.forward(SignedDuration::from_secs(31));
    after.live.push_tick(&pusher(&after.live)).await;
    let tries: Vec<_> = after.server.take().iter().map(|it| it.tries()).collect();
    assert_eq!(tries, [1, 2]);
    after.end().await;
}

#[tokio::test]
async fn a_wrong_outcome_in_the_answer_is_noted_and_does_not_count() {
    for body in [r#"{"outcome":"delivered"}"#, r#"{"outcome":"great"}"#] {
        let after = After::of(Respond::Status(200, "", body)).await;
        assert_eq!(after.state().await, TouchpointState::Dispatched);
        let sent = after.live.history(&after.lead, "touchpoint_sent").await;
        assert_eq!(
            sent,
            ["call 1/3 to dialer: 200: the outcome in the answer is not valid"]
        );
        after.end().await;
    }
}

#[tokio::test]
async fn a_touchpoint_that_its_receiver_defers_later_goes_back_and_its_lane_cools() {
    let after = After::of(status(202)).await;
    let id = after.server.take().remove(0).id;
    after.live.outcome(&id, "deferred").await;
    assert_eq!(after.state().await, TouchpointState::Scheduled);
    assert!(matches!(after.lane_state().await, LaneState::Closed(_)));
    after.live.forward(SignedDuration::from_secs(31));
    after.live.push_tick(&pusher(&after.live)).await;
    let again = after.server.take();
    assert_eq!((again.len(), again[0].tries()), (1, 2));
    assert_eq!(again[0].id, id);
    after.end().await;
}
