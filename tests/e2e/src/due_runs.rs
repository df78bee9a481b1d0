//! Runs that are due, for the cases of wake-runs and dispatch-touchpoints.

use aws::{
    clock::Clock,
    store::{Hold, HoldScope},
};
use domain::{
    channel::Channel,
    ids::AccountId,
    run::{HeldBy, Run},
    time::whole_second,
};
use jiff::{SignedDuration, Timestamp};
use local::{Services, demo};

/// Demo leads whose first touchpoint is due.
const DUE: [u8; 2] = [4, 5];
/// Demo lead whose first touchpoint is due in five minutes.
const EARLY: u8 = 6;
/// Demo lead whose run waits for its release from a hold that has ended.
const HELD: u8 = 7;

fn account() -> AccountId {
    demo::ACCOUNT_ID.parse().expect("the demo account's id")
}

/// Writes the runs.
pub async fn store(services: &Services) {
    let (store, now) = (&services.store, Clock::System.now());
    for number in DUE {
        build(services, number, now).await;
    }
    build(services, EARLY, now + SignedDuration::from_mins(5)).await;
    let scope = HoldScope::Account(account());
    let hold = Hold {
        since: now,
        reason: None,
    };
    store.hold(scope, &hold).await.expect("a hold");
    let before = build(services, HELD, now).await;
    let mut run = before.clone();
    run.hold(HeldBy::Account, now);
    let written = store.write_run(&before, &run, &[], now).await;
    written.expect("a held run");
    store.unhold(scope).await.expect("the end of the hold");
}

/// Builds the run of a demo lead, whose first touchpoint is due at a time.
async fn build(services: &Services, number: u8, due_at: Timestamp) -> Run {
    let store = &services.store;
    let id = format!("019c0000-0000-7000-8000-0000000011{number:02}");
    let lead = store.lead(account(), id.parse().expect("a lead's id"));
    let lead = lead.await.expect("a lead").found().expect("a demo lead");
    let start = lead.start.as_ref().expect("a start");
    let workflow = store.workflow(account(), start.workflow.id).await;
    let workflow = workflow.expect("a workflow").expect("the demo workflow");
    let mut run = Run::build(&lead, start, Some(&workflow), Clock::System.now());
    run.touchpoints[0].due_at = whole_second(due_at);
    store.create_run(&run).await.expect("a run");
    run
}

/// Returns the number of calls that callers can pull.
pub async fn count_open(services: &Services) -> Result<usize, String> {
    let range = Timestamp::UNIX_EPOCH..Clock::System.now();
    let mut listed = services
        .store
        .open_runs(account(), Channel::Call, range, 100);
    let mut count = 0;
    while let Some(_open) = listed.next().await.map_err(|error| error.to_string())? {
        count += 1;
    }
    Ok(count)
}
