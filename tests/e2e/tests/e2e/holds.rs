//! Holds of an account and of all accounts, and the release of their runs.

use aws::store::{Hold, HoldScope, ListedRun, Store, StoreError};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    cadence::Touchpoint,
    channel::Channel,
    run::{HeldBy, Run},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::fixtures::{Live, account, active_run};

/// Returns a hold of an account, and one of all accounts.
fn scopes() -> [(HoldScope, HeldBy); 2] {
    [
        (HoldScope::Account(account()), HeldBy::Account),
        (HoldScope::All, HeldBy::All),
    ]
}

fn hold(live: &Live) -> Hold {
    Hold {
        since: live.clock.now(),
        reason: Some("the dialer is down".to_owned()),
    }
}

fn store(live: &Live) -> &Store {
    &live.container.services.store
}

async fn orders(live: &Live) -> usize {
    store(live).release_orders().await.unwrap().len()
}

async fn held(live: &Live, scope: HoldScope) -> Vec<ListedRun> {
    store(live).held_runs(scope).await.unwrap()
}

fn due_times(run: &Run) -> Vec<Timestamp> {
    let touchpoints = run.touchpoints.iter();
    touchpoints.map(|it: &Touchpoint| it.due_at).collect()
}

/// Creates a lead whose run parks at its first touchpoint.
async fn parked(live: &Live) -> String {
    let lead = live.enrolled().await;
    live.dispatch().await;
    assert!(live.stored_run(&lead).await.held.is_some());
    lead
}

#[tokio::test]
async fn a_hold_parks_runs_when_they_are_due_and_its_end_moves_them_by_its_length() {
    for (scope, by) in scopes() {
        let live = Live::start().await;
        store(&live).hold(scope, &hold(&live)).await.unwrap();
        assert_eq!(
            store(&live).hold_of(scope).await.unwrap(),
            Some(hold(&live))
        );
        let lead = live.enrolled().await;
        let planned = live.stored_run(&lead).await;
        // The run is planned as always, and parks at its due time.
        assert_eq!((planned.held, held(&live, scope).await), (None, vec![]));
        live.dispatch().await;
        let parked = live.stored_run(&lead).await;
        assert_eq!(parked.held.map(|it| it.by), Some(by));
        assert_eq!(held(&live, scope).await, [ListedRun::of(&parked)]);
        assert_eq!(live.open(Channel::Call).await, []);
        let shown = active_run(&live.container, &lead).await;
        assert_eq!(
            (
                &shown["cadence_state"],
                &shown["next_touchpoint"]["held_by"]
            ),
            (&json!("active"), &json!("operator"))
        );
        live.check_table().await;
        // Time passes, and nothing happens.
        live.forward_hours(3);
        let woken = live.tick().await;
        assert_eq!((woken.due, woken.released), (0, 0));

        store(&live).unhold(scope).await.unwrap();
        assert_eq!(store(&live).hold_of(scope).await.unwrap(), None);
        assert_eq!(orders(&live).await, 1);
        assert_eq!(live.wake().await.released, 1);
        let released = live.stored_run(&lead).await;
        assert_eq!((released.held, held(&live, scope).await), (None, vec![]));
        let later = due_times(&planned).into_iter();
        let later: Vec<_> = later.map(|at| at + SignedDuration::from_hours(3)).collect();
        assert_eq!(due_times(&released), later);
        // The next call finds it due.
        live.tick().await;
        assert_eq!(live.open(Channel::Call).await.len(), 1);
        live.check_table().await;
        live.stop().await;
    }
}

#[tokio::test]
async fn a_hold_takes_an_open_touchpoint_from_the_list_and_its_end_brings_it_back() {
    let live = Live::start().await;
    let (scope, _) = scopes()[0];
    let lead = live.enrolled().await;
    live.dispatch().await;
    let run = live.stored_run(&lead).await;
    let wake_at = run.hand_over.as_ref().unwrap().wake_at;
    store(&live).hold(scope, &hold(&live)).await.unwrap();
    // It parks at its expiry.
    live.clock.set(wake_at);
    live.tick().await;
    let parked = live.stored_run(&lead).await;
    assert!(parked.held.is_some());
    assert_eq!(parked.touchpoints, run.touchpoints);
    assert_eq!(live.open(Channel::Call).await, []);
    live.check_table().await;
    live.forward_hours(5);
    store(&live).unhold(scope).await.unwrap();
    assert_eq!(live.wake().await.released, 1);
    let open = live.open(Channel::Call).await;
    // It has waited for an hour before the hold, and goes on now.
    let due_at = live.clock.now();
    assert_eq!(
        open.iter().map(|it| it.due_at).collect::<Vec<_>>(),
        [due_at]
    );
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn an_open_touchpoint_keeps_the_time_that_it_has_left_when_a_hold_begins() {
    for (scope, by) in scopes() {
        let live = Live::start().await;
        let lead = live.enrolled().await;
        live.dispatch().await;
        live.forward(SignedDuration::from_mins(10));
        store(&live).hold(scope, &hold(&live)).await.unwrap();
        let hold_open = async |by: Option<HeldBy>| {
            let held = store(&live).hold_open_runs(account(), |_| by, live.clock.now());
            held.await.unwrap();
            live.stored_run(&lead).await.held.map(|it| it.by)
        };
        assert_eq!(hold_open(None).await, None, "a run of another workflow");
        assert_eq!(hold_open(Some(by)).await, Some(by));
        assert_eq!(hold_open(Some(by)).await, Some(by));
        assert_eq!(live.open(Channel::Call).await, []);
        live.check_table().await;
        live.forward_hours(5);
        store(&live).unhold(scope).await.unwrap();
        assert_eq!(live.wake().await.released, 1);
        let run = live.stored_run(&lead).await;
        let left = run
            .hand_over
            .unwrap()
            .expires_at
            .duration_since(live.clock.now());
        assert_eq!(left, SignedDuration::from_mins(50));
        assert_eq!(live.open(Channel::Call).await.len(), 1);
        live.check_table().await;
        live.stop().await;
    }
}

#[tokio::test]
async fn a_touchpoint_that_goes_back_during_a_hold_is_held() {
    let (scope, by) = scopes()[0];
    for way in ["release", "outcome"] {
        let live = Live::start().await;
        let lead = live.enrolled().await;
        live.dispatch().await;
        let body = json!({"lead_id": lead});
        let claim = live.call("POST", "/touchpoints/claim", Some(&body)).await;
        let claimed = &claim.body["touchpoints"][0];
        store(&live).hold(scope, &hold(&live)).await.unwrap();
        let id = claimed["touchpoint"]["id"].as_str().unwrap();
        let path = format!("/touchpoints/{id}/{way}");
        let body = match way {
            "release" => json!({"token": claimed["lease"]["token"]}),
            _ => json!({"outcome": "deferred"}),
        };
        let reply = live.call("POST", &path, Some(&body)).await;
        assert!(reply.status.is_success(), "{way}: {}", reply.text);
        let held = live.stored_run(&lead).await.held;
        assert_eq!(held.map(|it| it.by), Some(by), "{way}");
        live.check_table().await;
        live.stop().await;
    }
}

#[tokio::test]
async fn an_order_stays_until_no_run_was_left_for_ten_minutes() {
    let live = Live::start().await;
    let (scope, by) = scopes()[1];
    store(&live).hold(scope, &hold(&live)).await.unwrap();
    let lead = parked(&live).await;
    store(&live).unhold(scope).await.unwrap();
    assert_eq!(live.wake().await.released, 1);
    // No run is left from now on.
    assert_eq!(live.wake().await.released, 0);
    live.forward(SignedDuration::from_mins(9));
    // A worker that read the hold before its end has held the run beside it.
    let (mut run, now) = (live.stored_run(&lead).await, live.clock.now());
    let before = run.clone();
    run.hold(by, now);
    store(&live)
        .write_run(&before, &run, &[], now)
        .await
        .unwrap();
    assert_eq!(live.wake().await.released, 1);
    assert!(live.stored_run(&lead).await.held.is_none());
    // The ten minutes begin again.
    for (minutes, left) in [(5, 1), (5, 1), (4, 1), (2, 0)] {
        live.forward(SignedDuration::from_mins(minutes));
        live.wake().await;
        assert_eq!(orders(&live).await, left);
    }
    live.check_table().await;
    live.stop().await;
}

#[tokio::test]
async fn a_hold_that_begins_again_takes_the_order_back() {
    for (scope, _) in scopes() {
        let live = Live::start().await;
        store(&live).hold(scope, &hold(&live)).await.unwrap();
        let lead = parked(&live).await;
        store(&live).unhold(scope).await.unwrap();
        store(&live).hold(scope, &hold(&live)).await.unwrap();
        assert_eq!(orders(&live).await, 0);
        assert_eq!(live.wake().await.released, 0);
        assert!(live.stored_run(&lead).await.held.is_some());
        // A hold ends only once.
        store(&live).unhold(scope).await.unwrap();
        let again = store(&live).unhold(scope).await;
        assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
        assert_eq!(live.wake().await.released, 1);
        live.stop().await;
    }
}

#[tokio::test]
async fn a_released_run_that_the_index_still_lists_is_left_alone() {
    let live = Live::start().await;
    let (scope, _) = scopes()[0];
    store(&live).hold(scope, &hold(&live)).await.unwrap();
    let lead = parked(&live).await;
    store(&live).unhold(scope).await.unwrap();
    assert_eq!(live.wake().await.released, 1);
    let released = live.stored_run(&lead).await;
    // The entry of before, as an index that lags shows it.
    let services = &live.container.services;
    let text = AttributeValue::S;
    let update = services.clients.dynamodb.update_item();
    let update = update
        .table_name(services.table())
        .key("pk", text(format!("LEAD#{}#{lead}", account())))
        .key("sk", text(format!("RUN#{}", released.id)))
        .update_expression("SET gsi2pk = :held")
        .expression_attribute_values(":held", text(format!("HELD#{scope}")));
    update.send().await.unwrap();
    assert_eq!(held(&live, scope).await, [ListedRun::of(&released)]);
    assert_eq!(live.wake().await.released, 0);
    assert_eq!(live.stored_run(&lead).await, released);
    live.stop().await;
}

#[tokio::test]
async fn a_run_under_another_hold_stays_held_and_is_listed_under_that_one() {
    let live = Live::start().await;
    let [(of_account, _), (of_all, _)] = scopes();
    for scope in [of_account, of_all] {
        store(&live).hold(scope, &hold(&live)).await.unwrap();
    }
    // The widest hold has it.
    let lead = parked(&live).await;
    let since = live.stored_run(&lead).await.held.unwrap().since;
    assert_eq!(held(&live, of_all).await.len(), 1);
    live.forward_hours(1);
    store(&live).unhold(of_all).await.unwrap();
    assert_eq!(live.wake().await.released, 0);
    let run = live.stored_run(&lead).await;
    assert_eq!(held(&live, of_all).await, []);
    assert_eq!(held(&live, of_account).await, [ListedRun::of(&run)]);
    let now_held = run.held.unwrap();
    assert_eq!((now_held.by, now_held.since), (HeldBy::Account, since));
    live.check_table().await;
    live.forward_hours(1);
    store(&live).unhold(of_account).await.unwrap();
    assert_eq!(live.wake().await.released, 1);
    // It moves by the time of both.
    let moved = live.stored_run(&lead).await.touchpoints[0].due_at;
    assert_eq!(
        moved,
        run.touchpoints[0].due_at + SignedDuration::from_hours(2)
    );
    live.stop().await;
}
