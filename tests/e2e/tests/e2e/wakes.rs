//! The way of a touchpoint that is due: wake-runs sends a hint, and dispatch-touchpoints opens it.

use std::time::{Duration, Instant};

use aws::{clock::Clock, store::ListedRun};
use domain::{cadence::TouchpointState, channel::Channel, page::PageRequest};
use jiff::SignedDuration;
use wake_runs::wake;

use crate::fixtures::{
    Api, Live, account, demo_workflow, eventually, john, open_runs, post, raw_table, stack,
};

/// Time within which a touchpoint without delay is open, from the request on.
const SOON: Duration = Duration::from_secs(3);

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

#[tokio::test]
async fn a_first_touchpoint_without_delay_is_open_three_seconds_after_the_request() {
    let stack = stack().await;
    let api = Api::of(&stack);
    let store = &stack.services.store;
    let open = async || {
        let open = open_runs(store, Channel::Call, Clock::System.now()).await;
        let leads = open.into_iter().map(|it| it.run.lead_id);
        leads.collect::<Vec<_>>()
    };
    eventually("the leads of the demo are open", || async {
        (open().await.len() == 10).then_some(())
    })
    .await;
    // The first call of wake-runs is over, and the next one follows in a minute.
    let begun = Instant::now();
    let created = api.create(&john()).await;
    let lead = created["lead"]["id"].as_str().unwrap().parse().unwrap();
    while !open().await.contains(&lead) {
        assert!(begun.elapsed() < SOON, "not open after {SOON:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let path = format!("/api/public/leads/{lead}");
    let erased = api.delete(&path).send().await.unwrap();
    assert_eq!(erased.status(), 200);
    assert!(!open().await.contains(&lead));
    stack.stop().await;
}

#[tokio::test]
async fn an_open_touchpoint_stays_listed_during_a_claim_and_leaves_the_list_with_its_outcome() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    assert_eq!(live.open(Channel::Call).await, []);
    // start-workflow has sent the hint.
    assert_eq!(live.dispatch().await, 1);
    let run = live.stored_run(&lead).await;
    let open = live.open(Channel::Call).await;
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].run, ListedRun::of(&run));
    assert_eq!(open[0].due_at, run.touchpoints[0].due_at);
    let id = live.pulled(&lead).await;
    assert_eq!(live.open(Channel::Call).await, open);
    live.outcome(&id, "no_answer").await;
    assert_eq!(live.open(Channel::Call).await, []);
    live.check_table().await;
    // The next call is due after two hours.
    live.forward(minutes(119));
    live.tick().await;
    assert_eq!(live.open(Channel::Call).await, []);
    live.forward(minutes(1));
    live.tick().await;
    assert_eq!(live.open(Channel::Call).await.len(), 1);
    // A stop takes it from the list.
    let stopped = post(&live.container, &lead, "automation/stop", &demo_workflow()).await;
    assert_eq!(stopped.status, 200, "{}", stopped.text);
    assert_eq!(live.open(Channel::Call).await, []);
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_touchpoint_that_nobody_claims_expires_and_the_next_one_follows() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    live.dispatch().await;
    live.forward_hours(1);
    live.tick().await;
    let run = live.stored_run(&lead).await;
    assert_eq!(run.touchpoints[0].state, TouchpointState::Expired);
    assert_eq!(live.open(Channel::Call).await, []);
    let ended = live.history(&lead, "touchpoint_ended").await;
    assert_eq!(ended, ["call 1/3: expired"]);
    live.forward_hours(1);
    live.tick().await;
    assert_eq!(live.open(Channel::Call).await.len(), 1);
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_tick_that_is_doubled_changes_nothing() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    live.lose_hints().await;
    for _ in 0..3 {
        assert_eq!(live.wake().await.sent, 1);
    }
    assert_eq!(live.dispatch().await, 3);
    let run = live.stored_run(&lead).await;
    assert_eq!((run.revision, live.open(Channel::Call).await.len()), (1, 1));
    let table = raw_table(&live.container.services).await;
    for _ in 0..3 {
        assert_eq!(live.tick().await.due, 0);
    }
    assert!(raw_table(&live.container.services).await == table);
    live.stop().await;
}

#[tokio::test]
async fn a_tick_that_is_missed_delays_a_touchpoint_and_changes_nothing_else() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    live.lose_hints().await;
    let planned = live.stored_run(&lead).await;
    live.forward(minutes(7));
    let woken = live.tick().await;
    assert_eq!((woken.due, woken.sent, woken.oldest_s), (1, 1, 7 * 60));
    let run = live.stored_run(&lead).await;
    assert_eq!(run.touchpoints, planned.touchpoints);
    assert_eq!(live.open(Channel::Call).await.len(), 1);
    assert_eq!(live.wake().await.oldest_s, 0);
    live.stop().await;
}

#[tokio::test]
async fn a_hint_that_comes_early_waits_for_its_run() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    live.dispatch().await;
    let id = live.pulled(&lead).await;
    live.outcome(&id, "no_answer").await;
    // The next call is due in 119 minutes, and in 60 seconds.
    live.forward(minutes(119));
    assert_eq!(live.wake().await.sent, 1);
    assert_eq!(live.dispatch().await, 0);
    live.forward(minutes(1));
    assert_eq!(live.dispatch().await, 1);
    assert_eq!(live.open(Channel::Call).await.len(), 1);
    live.stop().await;
}

#[tokio::test]
async fn an_expiry_waits_for_no_backlog_and_no_lane_is_written() {
    let live = Live::start().await;
    let opened = live.enrolled().await;
    live.dispatch().await;
    let mut backlog = Vec::new();
    for _ in 0..3 {
        backlog.push(live.enrolled().await);
    }
    live.lose_hints().await;
    // The hand-overs are due for 70 minutes, and the expiry is due for ten.
    live.forward(minutes(70));
    let mut state = live.wake_runs();
    state.most_of_lane = 1;
    let woken = wake(&state).await.unwrap();
    assert_eq!((woken.due, woken.sent), (4, 2));
    assert_eq!(live.dispatch().await, 2);
    let run = live.stored_run(&opened).await;
    assert_eq!(run.touchpoints[0].state, TouchpointState::Expired);
    assert_eq!(live.open(Channel::Call).await.len(), 1);
    let table = raw_table(&live.container.services).await;
    assert!(table.keys().all(|key| !key.contains("LANE#")), "{table:?}");
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_fresh_touchpoint_goes_before_the_backlog_of_its_lane() {
    let live = Live::start().await;
    for _ in 0..3 {
        live.enrolled().await;
    }
    live.forward(minutes(30));
    let fresh = live.enrolled().await;
    live.lose_hints().await;
    let mut state = live.wake_runs();
    state.most_of_lane = 1;
    assert_eq!(wake(&state).await.unwrap().sent, 1);
    live.dispatch().await;
    let open = live.open(Channel::Call).await;
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].run.lead_id.to_string(), fresh);
    live.stop().await;
}

#[tokio::test]
async fn the_oldest_open_touchpoint_counts_only_in_a_lane_from_which_a_caller_has_pulled() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    live.dispatch().await;
    live.forward(minutes(20));
    assert_eq!(live.wake().await.oldest_open_s, 0);
    let (store, now) = (&live.container.services.store, live.clock.now());
    store
        .note_pull(account(), Channel::Call, now)
        .await
        .unwrap();
    assert_eq!(live.wake().await.oldest_open_s, 20 * 60);
    // A caller has it.
    live.pulled(&lead).await;
    assert_eq!(live.wake().await.oldest_open_s, 0);
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_touchpoint_whose_leases_end_three_times_needs_a_person() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    live.dispatch().await;
    for _ in 0..3 {
        live.pulled(&lead).await;
        live.forward(minutes(6));
    }
    // No caller claims it again, so its time runs out.
    live.forward(minutes(42));
    live.tick().await;
    let run = live.stored_run(&lead).await;
    assert_eq!(run.touchpoints[0].state, TouchpointState::Unconfirmed);
    let store = &live.container.services.store;
    let request = PageRequest {
        limit: 10,
        after: None,
    };
    let listed = store.attentions(account(), &request).await.unwrap().items;
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].run_id, listed[0].index), (run.id, 0));
    live.check_table().await;
    live.stop().await;
}
