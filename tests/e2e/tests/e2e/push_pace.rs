//! Pace of the lanes of webhooks: a backlog leaves at the rate of its lane, and a dead receiver slows no
//! other lane.
//!
//! The clock of these tests moves by a second at a time. All hints that are visible are handled in
//! between, as many containers of Lambda would do it. On a busy machine, the embedded DynamoDB does not
//! answer some calls in time. As on AWS, the next call of wake-runs makes up for them.

use dispatch_touchpoints::{DispatchTouchpoints, handle};
use domain::{
    channel::Channel,
    destination::{Destination, Rate},
    ids::WorkflowId,
};
use jiff::SignedDuration;
use local::demo;
use wake_runs::wake;

use crate::{
    fixtures::{Live, Respond, WebhookServer, another_workflow, pusher, take, webhook},
    lanes::{OTHER_KEY, other_account},
};

const SECOND: SignedDuration = SignedDuration::from_secs(1);
/// Maximum time of a run of these tests, in seconds of the clock.
const LONGEST: usize = 1_800;

/// Requests to a receiver in each second.
#[derive(Debug, Default)]
struct Timeline {
    counts: Vec<usize>,
}

impl Timeline {
    fn total(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Returns the number of requests in each ten seconds.
    fn tens(&self) -> Vec<usize> {
        let tens = self.counts.chunks(10).map(|tens| tens.iter().sum());
        tens.collect()
    }

    /// Checks that a lane was not held up from its start on by what happened beside it.
    fn must_begin_like(&self, alone: &Self) {
        let (beside, alone) = (self.tens(), alone.tens());
        assert!(beside[0] * 2 >= alone[0], "{beside:?}, and alone {alone:?}");
    }

    /// Returns the second in which the last request came.
    fn end(&self) -> usize {
        self.counts
            .iter()
            .rposition(|count| *count > 0)
            .unwrap_or(0)
    }

    /// Checks that no span of time has more requests than the rate and the burst allow.
    fn check_rate(&self, rate: usize, burst: usize) {
        for first in 0..self.counts.len() {
            let mut sum = 0;
            for (seconds, count) in (1..).zip(&self.counts[first..]) {
                sum += count;
                assert!(sum <= burst + rate * seconds, "{:?}", self.counts);
            }
        }
    }
}

/// Two lanes of webhooks, with leads whose first touchpoints are due now.
struct Lanes {
    live: Live,
    first: WebhookServer,
    second: WebhookServer,
}

impl Lanes {
    /// Starts a lane of calls and a lane of text messages of one account.
    async fn of_channels(rate: u16, calls: usize, texts: usize) -> Self {
        let lanes = Self::start().await;
        let live = &lanes.live;
        live.set_webhooks(vec![
            at_rate("dialer", Channel::Call, &lanes.first, rate),
            at_rate("texts", Channel::Sms, &lanes.second, rate),
        ])
        .await;
        let text_first = another_workflow(&live.container, |workflow| {
            workflow.cadence.steps[0].channel = Channel::Sms;
        });
        let text_first = text_first.await.id;
        live.enroll(demo::API_KEY, demo_workflow(), calls).await;
        live.enroll(demo::API_KEY, text_first, texts).await;
        lanes
    }

    /// Starts a lane of calls of each of two accounts. Both have the same name. Returns the workflow of the
    /// second account, which has no leads yet.
    async fn of_accounts(rate: u16, of_first: usize) -> (Self, WorkflowId) {
        let lanes = Self::start().await;
        let live = &lanes.live;
        let (other, workflow) = other_account(live).await;
        let dialer = |server| vec![at_rate("dialer", Channel::Call, server, rate)];
        live.set_webhooks(dialer(&lanes.first)).await;
        live.set_webhooks_of(other, dialer(&lanes.second)).await;
        live.enroll(demo::API_KEY, demo_workflow(), of_first).await;
        (lanes, workflow)
    }

    async fn start() -> Self {
        Self {
            live: Live::start().await,
            first: WebhookServer::start().await,
            second: WebhookServer::start().await,
        }
    }

    /// Moves the clock until each receiver has as many requests, and for at least `least` seconds. Returns
    /// the requests to both.
    async fn run(&self, first: usize, second: usize, least: usize) -> (Timeline, Timeline) {
        let (mut of_first, mut of_second) = (Timeline::default(), Timeline::default());
        let function = pusher(&self.live);
        for elapsed in 0..LONGEST {
            let is_done = of_first.total() >= first && of_second.total() >= second;
            if is_done && elapsed >= least {
                break;
            }
            if elapsed % 60 == 0 {
                let _ = wake(&self.live.wake_runs()).await;
            }
            self.push(&function).await;
            of_first.counts.push(self.first.take().len());
            of_second.counts.push(self.second.take().len());
            self.live.forward(SECOND);
        }
        (of_first, of_second)
    }

    /// Handles the hints that are visible.
    async fn push(&self, function: &DispatchTouchpoints) {
        let services = &self.live.container.services;
        loop {
            let event = take(services, &services.dispatch_queue_url).await;
            if event.records.is_empty() {
                return;
            }
            handle(function, event).await;
        }
    }

    async fn stop(self) {
        self.live.check_table().await;
        self.live.stop().await;
    }
}

/// Returns a webhook with a rate a second, which is also its burst.
fn at_rate(name: &str, channel: Channel, server: &WebhookServer, rate: u16) -> Destination {
    let rate = Rate::new(rate * 10, Some(rate)).unwrap();
    webhook(name, &[channel], &server.url, Some(rate))
}

fn demo_workflow() -> WorkflowId {
    demo::WORKFLOW_ID.parse().unwrap()
}

/// Sends touchpoints that are due at one instant to a receiver that takes them.
async fn drain(leads: usize, rate: u16) -> Timeline {
    let lanes = Lanes::of_channels(rate, leads, 0).await;
    let (calls, _) = lanes.run(leads, 0, 0).await;
    assert_eq!(calls.total(), leads, "{:?}", calls.counts);
    lanes.stop().await;
    let rate = usize::from(rate);
    println!(
        "{leads} touchpoints at {rate} a second, burst {rate}, in each ten seconds: {:?}",
        calls.tens()
    );
    calls.check_rate(rate, rate);
    let first = calls.counts.iter().position(|count| *count > 0);
    assert!(
        first.is_some_and(|second| second < 10),
        "{:?}",
        calls.counts
    );
    calls
}

/// Sends text messages to a receiver that takes them, beside calls to a receiver that does not answer.
/// Returns the seconds that the text messages took, alone and beside the calls.
async fn beside_a_dead_lane(leads: usize, rate: u16, respond: Respond) -> (usize, usize) {
    let alone = Lanes::of_channels(rate, 0, leads).await;
    let (_, texts_alone) = alone.run(0, leads, 0).await;
    alone.stop().await;
    let both = Lanes::of_channels(rate, leads, leads).await;
    both.first.always(respond);
    let (calls, texts) = both.run(0, leads, 120).await;
    assert_eq!((texts_alone.total(), texts.total()), (leads, leads));
    println!(
        "{leads} touchpoints at {rate} a second, in each ten seconds: {:?} alone, {:?} beside a dead lane, which \
         got {:?}",
        texts_alone.tens(),
        texts.tens(),
        calls.tens()
    );
    texts.must_begin_like(&texts_alone);
    // The failures that break the lane, those of the same moment, and a probe in each minute.
    assert!(calls.total() <= 40, "{:?}", calls.counts);
    let early = calls.counts.iter().take(10).sum::<usize>();
    assert!(early > 0, "{:?}", calls.counts);
    both.stop().await;
    (texts_alone.end(), texts.end())
}

#[tokio::test]
async fn touchpoints_that_are_due_at_one_instant_reach_the_webhook_at_the_rate_of_its_lane() {
    let calls = drain(300, 10).await;
    // 10 at once and 10 a second take 29 seconds. A token that no look draws in its second is not lost.
    assert!(calls.end() <= 60, "{:?}", calls.counts);
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn a_thousand_touchpoints_that_are_due_at_one_instant_reach_the_webhook_at_20_a_second() {
    let calls = drain(1_000, 20).await;
    assert!(calls.end() <= 180, "{:?}", calls.counts);
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn ten_thousand_touchpoints_that_are_due_at_one_instant_reach_the_webhook_at_50_a_second() {
    let calls = drain(10_000, 50).await;
    assert!(calls.end() <= 360, "{:?}", calls.counts);
}

#[tokio::test]
async fn a_receiver_that_fails_changes_nothing_for_another_lane() {
    let error = Respond::Status(500, "", "");
    let (alone, beside) = beside_a_dead_lane(100, 10, error).await;
    assert!(beside <= alone + 60, "{alone} {beside}");
}

#[tokio::test]
async fn a_receiver_that_never_answers_changes_nothing_for_another_account() {
    let timeline = async |of_dead| {
        let (lanes, workflow) = Lanes::of_accounts(10, of_dead).await;
        lanes.first.always(Respond::Never);
        // Five timeouts in a row break the lane.
        let (dead, _) = lanes.run(0, 0, 10).await;
        assert_eq!(dead.total() >= 5, of_dead > 0, "{:?}", dead.counts);
        lanes.live.enroll(OTHER_KEY, workflow, 50).await;
        let (_, live) = lanes.run(0, 50, 0).await;
        assert_eq!(live.total(), 50, "{:?}", live.counts);
        lanes.stop().await;
        live
    };
    let (alone, beside) = (timeline(0).await, timeline(50).await);
    beside.must_begin_like(&alone);
    assert!(beside.end() <= alone.end() + 60, "{alone:?} {beside:?}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn a_thousand_touchpoints_for_a_receiver_that_never_answers_delay_no_other_lane() {
    let (alone, beside) = beside_a_dead_lane(1_000, 50, Respond::Never).await;
    assert!(beside <= alone + 60, "{alone} {beside}");
}
