//! Times of destinations: how long a touchpoint is tried, how long its outcome is awaited, and how far apart
//! calls for different runs are.

use domain::{
    channel::Channel,
    destination::{Destination, Recipient},
    timing::Timing,
};
use jiff::SignedDuration;
use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use crate::fixtures::{
    Live, Respond, WebhookServer, another_workflow, consume, demo_workflow, pusher, webhook,
};

/// A destination of calls that callers pull.
fn pulled(timing: Timing) -> Destination {
    Destination {
        name: "team".to_owned(),
        channels: vec![Channel::Call],
        to: Recipient::Pull,
        rate: None,
        timing,
    }
}

fn expires_after(time: &str) -> Timing {
    Timing {
        expires_after: time.parse().ok(),
        ..Timing::default()
    }
}

async fn start_with(destination: Destination) -> Live {
    let live = Live::start().await;
    live.set_webhooks(vec![destination]).await;
    live
}

/// Returns the state and the outcome of a lead's first touchpoint.
async fn first(live: &Live, lead: &str) -> (String, Option<String>) {
    let run = live.stored_run(lead).await;
    let touchpoint = &run.touchpoints[0];
    let outcome = touchpoint.outcome.map(|it| it.to_string());
    (touchpoint.state.to_string(), outcome)
}

#[tokio::test]
async fn a_pushed_touchpoint_is_tried_for_the_time_of_its_destination() {
    let server = WebhookServer::start().await;
    let dialer = Destination {
        timing: expires_after("PT10M"),
        ..webhook("dialer", &[Channel::Call], &server.url, None)
    };
    let live = start_with(dialer).await;
    let lead = live.enrolled().await;
    let function = pusher(&live);
    server.always(Respond::Status(500, "", ""));
    live.push(&function).await;
    let received = server.take();
    let not_after = &received[0].data()["touchpoint"]["not_after"];
    assert_eq!(not_after, "2026-02-10T12:10:00Z");
    live.forward(SignedDuration::from_mins(9));
    live.push_tick(&function).await;
    assert_eq!(first(&live, &lead).await.0, "claimed");
    live.forward(SignedDuration::from_mins(1));
    live.push_tick(&function).await;
    assert_eq!(first(&live, &lead).await.0, "unconfirmed");
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn the_outcome_of_a_pushed_touchpoint_is_awaited_for_the_time_of_its_destination() {
    let server = WebhookServer::start().await;
    let dialer = Destination {
        timing: Timing {
            outcome_timeout: "PT5M".parse().ok(),
            ..Timing::default()
        },
        ..webhook("dialer", &[Channel::Call], &server.url, None)
    };
    let live = start_with(dialer).await;
    // Only after the last touchpoint does the time count.
    let workflow = another_workflow(&live.container, |workflow| {
        workflow.cadence.steps.truncate(1);
        workflow.cadence.steps[0].max_attempts = 1;
    });
    let workflow = workflow.await;
    let lead = json!({"first_name": "John", "phone": "+1234567890", "workflow_id": workflow.id});
    let lead = live.container.create(&lead).await;
    consume(&live.container.services, &live.clock).await;
    let function = pusher(&live);
    live.push(&function).await;
    live.forward(SignedDuration::from_mins(4));
    live.push_tick(&function).await;
    assert_eq!(first(&live, &lead).await, ("dispatched".to_owned(), None));
    live.forward(SignedDuration::from_mins(1));
    live.push_tick(&function).await;
    let missing = Some("no_outcome".to_owned());
    assert_eq!(first(&live, &lead).await.1, missing);
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_pulled_touchpoint_is_tried_for_the_time_of_its_destination() {
    let live = start_with(pulled(expires_after("PT10M"))).await;
    let taken = live.enrolled().await;
    live.tick().await;
    let claim = json!({"channels": ["call"], "lease": "PT30S"});
    let reply = live.call("POST", "/touchpoints/claim", Some(&claim)).await;
    let claimed = &reply.body["touchpoints"][0];
    assert_eq!(claimed["lead"]["id"], json!(taken));
    let not_after = &claimed["touchpoint"]["not_after"];
    assert_eq!(not_after, "2026-02-10T12:10:00Z");
    let left = live.enrolled().await;
    live.tick().await;
    live.forward(SignedDuration::from_mins(9));
    live.tick().await;
    assert_eq!(first(&live, &left).await.0, "scheduled");
    live.forward(SignedDuration::from_mins(1));
    live.tick().await;
    assert_eq!(first(&live, &left).await.0, "expired");
    // Its lease has lapsed, so its caller may have made the contact.
    assert_eq!(first(&live, &taken).await.0, "unconfirmed");
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_call_for_another_run_waits_for_the_gap_of_its_destination() {
    for (gap, due_at, reasons) in [
        (Some("PT3H"), "2026-02-10T15:00:00Z", json!(["min_gap"])),
        (Some("PT10M"), "2026-02-10T12:10:00Z", json!(["min_gap"])),
        (Some("PT0S"), "2026-02-10T12:05:00Z", json!([])),
        (None, "2026-02-10T13:00:00Z", json!(["min_gap"])),
    ] {
        let timing = Timing {
            min_gap: gap.and_then(|gap| gap.parse().ok()),
            ..Timing::default()
        };
        let live = start_with(pulled(timing)).await;
        let lead = live.enrolled().await;
        let call = live.pulled(&lead).await;
        live.outcome(&call, "no_answer").await;
        live.forward(SignedDuration::from_mins(5));
        let body = json!({"workflowId": demo_workflow()["workflow_id"]});
        let path = format!("/leads/{lead}/assign-workflow");
        let reply = live.call("POST", &path, Some(&body)).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        consume(&live.container.services, &live.clock).await;
        let run: Value = live.run(&lead).await;
        let call = &run["touchpoints"][0];
        assert_eq!(
            (&call["due_at"], &call["reasons"]),
            (&json!(due_at), &reasons),
            "{gap:?}"
        );
        live.check_table().await;
        live.stop().await;
    }
}
