//! Lanes of webhooks: one that is broken cools, and changes nothing for the others.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{channel::Channel, destination::Rate, lane::LaneState, workflow::Workflow};
use jiff::SignedDuration;
use serde_json::json;
use wake_runs::wake;

use crate::fixtures::{
    Live, Respond, WebhookServer, account, another_workflow, consume, john, pusher, webhook,
};

const ERROR: Respond = Respond::Status(500, "", "");

fn fast() -> Option<Rate> {
    Some(Rate::new(1_000, Some(1_000)).unwrap())
}

async fn with_dialer() -> (Live, WebhookServer) {
    let (live, server) = (Live::start().await, WebhookServer::start().await);
    let dialer = webhook("dialer", &[Channel::Call], &server.url, fast());
    live.set_webhooks(vec![dialer]).await;
    (live, server)
}

/// Creates a workflow whose first touchpoint is a message that is due at once.
async fn of_whatsapp(live: &Live) -> Workflow {
    another_workflow(&live.container, |workflow| {
        let steps = &mut workflow.cadence.steps;
        steps.retain(|it| it.channel == Channel::Whatsapp);
        steps[0].delay = "PT0S".parse().unwrap();
    })
    .await
}

impl Live {
    async fn enrolled_in(&self, workflow: &Workflow) {
        let mut lead = john();
        lead["workflow_id"] = json!(workflow.id);
        self.container.create(&lead).await;
        consume(&self.container.services, &self.clock).await;
    }

    async fn lane_of(&self, name: &str) -> LaneState {
        let lane = self.container.services.store.lane(account(), name).await;
        lane.unwrap().state(self.clock.now())
    }
}

#[tokio::test]
async fn a_broken_lane_cools_and_is_probed_by_one_touchpoint_at_a_time() {
    let (live, server) = with_dialer().await;
    server.always(ERROR);
    let function = pusher(&live);
    for _ in 0..3 {
        live.enrolled().await;
        live.push(&function).await;
    }
    assert_eq!(server.take().len(), 3);
    assert!(matches!(live.lane_of("dialer").await, LaneState::Closed(_)));
    for _ in 0..5 {
        live.enrolled().await;
        live.push(&function).await;
    }
    assert!(server.take().is_empty(), "the lane cools");
    let mut probed = std::collections::BTreeSet::new();
    for minutes in [1, 2, 4] {
        live.forward(SignedDuration::from_mins(minutes));
        let woken = live.push_tick(&function).await;
        assert_eq!(woken.lanes_broken, 1);
        let probes = server.take();
        assert_eq!(probes.len(), 1, "{minutes}");
        probed.insert(probes[0].id.clone());
    }
    server.always(Respond::Status(200, "", ""));
    live.forward(SignedDuration::from_mins(8));
    live.push_tick(&function).await;
    assert_eq!(live.lane_of("dialer").await, LaneState::Open);
    // The hints of tries that were due meanwhile can follow the probe at once.
    let mut taken: Vec<_> = server.take().into_iter().map(|it| it.id).collect();
    assert!(!taken.is_empty(), "the probe that works");
    live.forward(SignedDuration::from_mins(1));
    live.push_tick(&function).await;
    taken.extend(server.take().into_iter().map(|it| it.id));
    assert_eq!(taken.len(), 8);
    assert!(probed.iter().all(|id| taken.contains(id)), "{probed:?}");
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn one_poison_contact_breaks_nothing() {
    let (live, server) = with_dialer().await;
    let function = pusher(&live);
    server.always(ERROR);
    live.enrolled().await;
    live.push(&function).await;
    for _ in 0..6 {
        live.forward(SignedDuration::from_mins(5));
        live.push_tick(&function).await;
        assert_eq!(live.lane_of("dialer").await, LaneState::Open);
    }
    live.stop().await;
}

#[tokio::test]
async fn five_timeouts_in_a_row_cool_a_receiver_that_never_answers() {
    let (live, server) = with_dialer().await;
    server.always(Respond::Never);
    let function = pusher(&live);
    for number in 1..=5 {
        live.enrolled().await;
        live.push(&function).await;
        let is_open = live.lane_of("dialer").await == LaneState::Open;
        assert_eq!(is_open, number < 5, "{number}");
    }
    live.stop().await;
}

#[tokio::test]
async fn a_dead_lane_changes_nothing_for_another_one() {
    let (live, dead) = (Live::start().await, WebhookServer::start().await);
    let well = WebhookServer::start().await;
    dead.always(ERROR);
    let function = pusher(&live);
    live.set_webhooks(vec![
        webhook("dead", &[Channel::Call], &dead.url, fast()),
        webhook("well", &[Channel::Whatsapp], &well.url, fast()),
    ])
    .await;
    let workflow = of_whatsapp(&live).await;
    let leads = 20;
    for _ in 0..leads {
        live.enrolled().await;
        live.enrolled_in(&workflow).await;
    }
    live.push(&function).await;
    assert_eq!(well.take().len(), leads);
    let sent = dead.take().len();
    // Ten are handled side by side, so some are under way when the lane breaks.
    assert!((3..=13).contains(&sent), "{sent}");
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_lane_that_an_operator_pauses_sends_nothing_until_it_is_resumed() {
    let (live, server) = with_dialer().await;
    let store = live.container.services.store.clone();
    store
        .pause_lane(account(), "dialer", live.clock.now())
        .await
        .unwrap();
    live.enrolled().await;
    let function = pusher(&live);
    for _ in 0..3 {
        live.push_tick(&function).await;
        live.forward(SignedDuration::from_mins(1));
    }
    assert!(server.take().is_empty());
    store.resume_lane(account(), "dialer").await.unwrap();
    live.push_tick(&function).await;
    assert_eq!(server.take().len(), 1);
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_lane_that_cannot_be_read_stops_no_other_one() {
    let (live, server) = with_dialer().await;
    live.enrolled().await;
    let workflow = of_whatsapp(&live).await;
    live.enrolled_in(&workflow).await;
    live.lose_hints().await;
    let services = &live.container.services;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let partition = format!("PUSHED#{}#dialer", account());
    let damaged = services.clients.dynamodb.put_item();
    let damaged = damaged
        .table_name(services.table())
        .item("pk", text(&partition))
        .item("sk", text("HEALTH"))
        .item("et", text("health"))
        .item("v", AttributeValue::N("99".to_owned()));
    damaged.send().await.unwrap();
    let error = wake(&live.wake_runs()).await.unwrap_err();
    assert_eq!(error.woken.sent, 1, "the hint of the other lane");
    assert!(server.take().is_empty());
    live.stop().await;
}
