//! Lanes with a rate: how fast touchpoints leave them, and that no lane delays another one.

use aws::randomness::Randomness;
use axum::{Router, body::to_bytes};
use domain::{
    account::Account,
    api_key::ApiKey,
    channel::Channel,
    destination::{Destination, Destinations, Rate, Recipient},
    ids::{AccountId, ApiKeyId, WorkflowId},
    timing::Timing,
    workflow::Workflow,
};
use futures::future::join_all;
use jiff::SignedDuration;
use lambda_http::http::{Request, StatusCode};
use local::demo;
use serde_json::{Value, json};
use tower::ServiceExt;
use wake_runs::wake;

use crate::fixtures::{Live, account, another_workflow, consume_by, starts};

/// Key of the account that must not be delayed.
pub const OTHER_KEY: &str = "nxr_live_LeadgateOtherAccountKeyLocalOnly0meheX";
/// Maximum number of leads in one request. A busy machine stores so many within the time of one attempt.
const MOST_LEADS: usize = 100;
/// Maximum number of touchpoints in one claim.
const MOST_CLAIMED: usize = 25;

/// Name, channels, and rate with burst of a destination.
type NewDestination<'a> = (&'a str, &'a [Channel], Option<(u16, u16)>);

impl Live {
    /// Sets the destinations of the demo account. The rates are in tenths of a touchpoint a second.
    async fn set_destinations(&self, destinations: &[NewDestination<'_>]) {
        let store = &self.container.services.store;
        let revision = store.destinations(account()).await.unwrap().revision;
        let list = destinations
            .iter()
            .map(|(name, channels, rate)| Destination {
                name: (*name).to_owned(),
                channels: channels.to_vec(),
                to: Recipient::Pull,
                rate: rate.map(|(tenths, burst)| Rate::new(tenths, Some(burst)).unwrap()),
                timing: Timing::default(),
            });
        let all = Destinations::new(list.collect(), revision).unwrap();
        store.replace_destinations(account(), &all).await.unwrap();
    }

    /// Creates leads whose first touchpoint is due now.
    pub async fn enroll(&self, key: &str, workflow: WorkflowId, leads: usize) {
        let lead = json!({"first_name": "John", "phone": "+1234567890", "workflow_id": workflow});
        for first in (0..leads).step_by(MOST_LEADS) {
            let batch = vec![lead.clone(); MOST_LEADS.min(leads - first)];
            let body = Some(json!(batch));
            let reply = self.container.call_as(key, "POST", "/leads", body.as_ref());
            let reply = reply.await;
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        }
        let function = starts(&self.container.services, &self.clock);
        let mut started = 0;
        while started < leads {
            let (records, failures) = consume_by(&function, &self.container.services).await;
            assert_eq!(failures, 0);
            assert!(records > 0, "{started} of {leads} starts were sent");
            started += records;
        }
    }

    /// Claims touchpoints over the first container.
    async fn claim_as(&self, key: &str, body: &Value) -> Vec<Value> {
        claim(&self.container.api, key, body).await
    }

    /// Returns the calls of the container to the buckets of lanes.
    fn bucket_calls(&self) -> usize {
        let calls = self.container.dynamodb.take_bodies();
        calls.iter().filter(|it| it.contains("LIMIT#")).count()
    }
}

/// Returns a request for as many calls as one claim can have.
fn calls() -> Value {
    json!({"channels": ["call"], "limit": MOST_CLAIMED})
}

async fn claim(api: &Router, key: &str, body: &Value) -> Vec<Value> {
    let request = Request::post("/api/public/touchpoints/claim").header("x-api-key", key);
    let request = request.body(body.to_string()).unwrap();
    let reply = api.clone().oneshot(request).await.unwrap();
    assert_eq!(reply.status(), StatusCode::OK, "{body}");
    let reply = to_bytes(reply.into_body(), usize::MAX).await.unwrap();
    let mut reply: Value = serde_json::from_slice(&reply).unwrap();
    serde_json::from_value(reply["touchpoints"].take()).unwrap()
}

/// Creates an account with the demo workflow, and returns the workflow.
pub async fn other_account(live: &Live) -> (AccountId, WorkflowId) {
    let (store, now) = (&live.container.services.store, live.clock.now());
    let other = Account {
        id: AccountId::new(now, Randomness::System.bits()),
        name: "Other".to_owned(),
        default_country: None,
        limit: None,
        created_at: now,
    };
    let key: ApiKey = OTHER_KEY.parse().unwrap();
    let id = ApiKeyId::new(now, Randomness::System.bits());
    let record = key.record(id, other.settings(None), "Other", now);
    store.create_api_key(&key.hash(), &record).await.unwrap();
    store.create_account(&other).await.unwrap();
    let demo = store.workflow(account(), demo_workflow()).await;
    let workflow = Workflow {
        id: WorkflowId::new(now, Randomness::System.bits()),
        ..demo.unwrap().unwrap()
    };
    store.create_workflow(other.id, &workflow).await.unwrap();
    (other.id, workflow.id)
}

fn demo_workflow() -> WorkflowId {
    demo::WORKFLOW_ID.parse().unwrap()
}

/// Claims eagerly over three containers in each second, and reports an outcome for each touchpoint,
/// until `leads` touchpoints have left their lane. Returns the number of touchpoints that left in each
/// ten seconds of the clock.
async fn drain(leads: usize, rate: u16, burst: u16) -> Vec<usize> {
    let live = Live::start().await;
    let lane = Some((rate * 10, burst));
    live.set_destinations(&[("dialer", &[Channel::Call], lane)])
        .await;
    live.enroll(demo::API_KEY, demo_workflow(), leads).await;
    live.dispatch().await;
    live.tick().await;
    let containers = [(); 3].map(|()| live.container.fresh_api(live.clock.clone()));
    let mut counts = Vec::new();
    let mut left = leads;
    while left > 0 {
        let mut count = 0;
        for _ in 0..10 {
            // Again and again, until the lane has no token or no touchpoint.
            loop {
                let request = calls();
                let claims = containers
                    .iter()
                    .map(|api| claim(api, demo::API_KEY, &request));
                let claimed = join_all(claims).await.concat();
                if claimed.is_empty() {
                    break;
                }
                count += claimed.len();
                // A touchpoint with an outcome leaves the list of its lane.
                let ids = claimed
                    .iter()
                    .map(|it| it["touchpoint"]["id"].as_str().unwrap());
                join_all(ids.map(|id| live.outcome(id, "answered"))).await;
            }
            live.forward(SignedDuration::from_secs(1));
        }
        assert!(count > 0, "{counts:?}, and {left} are left");
        counts.push(count);
        left -= count;
    }
    live.check_table().await;
    live.stop().await;
    counts
}

/// Checks the counts of each ten seconds against the rate and the burst.
fn check_rate(counts: &[usize], rate: usize, burst: usize) {
    let mut sum = 0;
    for (tens, count) in (1..).zip(counts) {
        sum += count;
        assert!(sum <= burst + rate * 10 * tens, "{counts:?}");
        assert!(*count <= burst + rate * 10, "{counts:?}");
    }
    let [first, middle @ .., _] = counts else {
        panic!("{counts:?}");
    };
    assert!(*first >= rate * 10, "{counts:?}");
    // A caller who was slower loses its tokens.
    assert!(
        middle.iter().all(|count| *count * 10 >= rate * 10 * 9),
        "{counts:?}"
    );
}

#[tokio::test]
async fn touchpoints_that_are_due_at_one_instant_leave_at_the_rate_of_their_lane() {
    let counts = drain(300, 5, 10).await;
    println!("300 touchpoints at 5 a second, burst 10, in each ten seconds: {counts:?}");
    check_rate(&counts, 5, 10);
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn ten_thousand_touchpoints_that_are_due_at_one_instant_leave_at_50_a_second() {
    let counts = drain(10_000, 50, 50).await;
    println!("10,000 touchpoints at 50 a second, burst 50, in each ten seconds: {counts:?}");
    check_rate(&counts, 50, 50);
}

#[tokio::test]
async fn a_backlog_of_one_account_delays_no_touchpoint_of_another_one() {
    let live = Live::start().await;
    let (other, workflow) = other_account(&live).await;
    live.set_destinations(&[("dialer", &[Channel::Call], Some((1, 1)))])
        .await;
    live.enroll(demo::API_KEY, demo_workflow(), 50).await;
    live.enroll(OTHER_KEY, workflow, 10).await;
    live.lose_hints().await;
    // The budget of one tick is less than the backlog.
    let mut state = live.wake_runs();
    state.most_of_lane = 20;
    assert_eq!(wake(&state).await.unwrap().sent, 30);
    live.dispatch().await;
    let (store, until) = (&live.container.services.store, live.clock.now());
    let range = jiff::Timestamp::UNIX_EPOCH..until;
    let mut open = store.open_runs(other, Channel::Call, range, 25);
    let mut found = 0;
    while open.next().await.unwrap().is_some() {
        found += 1;
    }
    assert_eq!((found, live.open(Channel::Call).await.len()), (10, 20));
    // The lane of the first account has one token.
    assert_eq!(live.claim_as(demo::API_KEY, &calls()).await.len(), 1);
    assert_eq!(live.claim_as(demo::API_KEY, &calls()).await.len(), 0);
    assert_eq!(live.claim_as(OTHER_KEY, &calls()).await.len(), 10);
    live.check_table().await;
    live.stop().await;
}

/// Opens 120 touchpoints, forbids them, and claims until none is left.
async fn claim_forbidden(forbid: impl AsyncFn(&Live)) {
    let live = Live::start().await;
    live.enroll(demo::API_KEY, demo_workflow(), 120).await;
    live.dispatch().await;
    live.tick().await;
    forbid(&live).await;
    for left in [70, 20, 0] {
        let one = json!({"channels": ["call"]});
        assert_eq!(live.claim_as(demo::API_KEY, &one).await.len(), 0);
        assert_eq!(live.open(Channel::Call).await.len(), left);
    }
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_claim_ends_after_fifty_touchpoints_that_may_not_go_out() {
    claim_forbidden(async |live| {
        let suppression = json!({"phone": "+1234567890", "reason": "manual"});
        let reply = live.call("POST", "/suppressions", Some(&suppression)).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    })
    .await;
    // Each has used up its time, and no tick has come since.
    claim_forbidden(async |live| live.forward(SignedDuration::from_hours(1))).await;
}

#[tokio::test]
async fn the_lanes_of_one_account_are_independent() {
    let live = Live::start().await;
    let texts = another_workflow(&live.container, |workflow| {
        workflow.cadence.steps[0].channel = Channel::Sms;
    });
    let texts = texts.await.id;
    live.set_destinations(&[
        ("dialer", &[Channel::Call], Some((1, 2))),
        ("desk", &[Channel::Sms, Channel::Email], Some((1, 3))),
    ])
    .await;
    live.enroll(demo::API_KEY, demo_workflow(), 5).await;
    live.enroll(demo::API_KEY, texts, 5).await;
    live.dispatch().await;
    live.tick().await;
    let channels = |claimed: &[Value]| {
        let mut channels: Vec<_> = claimed
            .iter()
            .map(|it| it["touchpoint"]["channel"].to_string())
            .collect();
        channels.sort();
        channels.join(" ")
    };
    // A lane without tokens leaves its places to the other one.
    let four = json!({"limit": 4});
    let first = live.claim_as(demo::API_KEY, &four).await;
    assert_eq!(first.len(), 4);
    let rest = live.claim_as(demo::API_KEY, &four).await;
    let both = channels(&[first, rest].concat());
    assert_eq!(both, r#""call" "call" "sms" "sms" "sms""#);
    assert_eq!(live.claim_as(demo::API_KEY, &four).await.len(), 0);
    live.forward(SignedDuration::from_secs(10));
    let next = live.claim_as(demo::API_KEY, &json!({})).await;
    let next = [next, live.claim_as(demo::API_KEY, &json!({})).await].concat();
    assert_eq!(channels(&next), r#""call" "sms""#);
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_claim_pays_all_its_tokens_with_one_write_and_an_empty_lane_costs_none() {
    let live = Live::start().await;
    live.set_destinations(&[("dialer", &[Channel::Call], Some((100, 20)))])
        .await;
    live.enroll(demo::API_KEY, demo_workflow(), 30).await;
    live.dispatch().await;
    live.tick().await;
    live.bucket_calls();
    assert_eq!(live.claim_as(demo::API_KEY, &calls()).await.len(), 20);
    assert_eq!(live.bucket_calls(), 1);
    assert_eq!(live.claim_as(demo::API_KEY, &calls()).await.len(), 0);
    assert_eq!(live.bucket_calls(), 0);
    live.forward(SignedDuration::from_millis(250));
    assert_eq!(live.claim_as(demo::API_KEY, &calls()).await.len(), 2);
    assert_eq!(live.bucket_calls(), 1);
    // Without a rate there is no limit, and no write. The change works after 30 seconds.
    live.set_destinations(&[("dialer", &[Channel::Call], None)])
        .await;
    live.forward(SignedDuration::from_secs(30));
    live.bucket_calls();
    assert_eq!(live.claim_as(demo::API_KEY, &calls()).await.len(), 8);
    assert_eq!(live.bucket_calls(), 0);
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn the_touchpoint_of_one_lead_costs_a_token_too() {
    let live = Live::start().await;
    live.set_destinations(&[("dialer", &[Channel::Call], Some((1, 1)))])
        .await;
    let leads = [live.enrolled().await, live.enrolled().await];
    live.tick().await;
    let of = |lead: &str| json!({"lead_id": lead});
    assert_eq!(live.claim_as(demo::API_KEY, &of(&leads[0])).await.len(), 1);
    assert_eq!(live.claim_as(demo::API_KEY, &of(&leads[1])).await.len(), 0);
    live.forward(SignedDuration::from_secs(10));
    assert_eq!(live.claim_as(demo::API_KEY, &of(&leads[1])).await.len(), 1);
    live.stop().await;
}
