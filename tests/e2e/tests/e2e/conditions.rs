//! Conditions of writes that few requests meet: those of an operator's commands, and those that
//! need two writes at the same moment. docs/mutations.md lists all conditions.

use std::slice;

use aws::store::{
    Hold, HoldScope, Lookup, PENDING_SHARDS, PendingStart, ReleaseOrder, Store, StoreError,
};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    account::{Account, AccountPatch},
    activity::{Activity, ActivityKind},
    api_key::ApiKey,
    cadence::TouchpointState,
    campaign::Campaign,
    destination::{Destinations, WebhookSecrets},
    ids::{AccountId, CampaignId, RunId},
    lead::Lead,
    run::Run,
    webhook_secret::WebhookSecret,
    workflow::Workflow,
};
use jiff::{SignedDuration, Timestamp};
use local::demo;

use crate::fixtures::{account, services};

/// Id that nothing has.
fn unused<T: std::str::FromStr<Err: std::fmt::Debug>>() -> T {
    "019c0000-0000-7000-8000-00000000ffff".parse().unwrap()
}

fn now() -> Timestamp {
    "2026-02-10T12:00:00Z".parse().unwrap()
}

fn hours(hours: i64) -> Timestamp {
    now() + SignedDuration::from_hours(hours)
}

fn is_conflict<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict))
}

async fn demo_workflow(store: &Store) -> Workflow {
    let id = demo::WORKFLOW_ID.parse().unwrap();
    store.workflow(account(), id).await.unwrap().unwrap()
}

async fn lead(store: &Store) -> Lead {
    let leads = store.lead(
        account(),
        "019c0000-0000-7000-8000-000000001101".parse().unwrap(),
    );
    match leads.await.unwrap() {
        Lookup::Found(lead) => lead,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_is_created_once_and_changed_only_if_it_is_there() {
    let services = services().await;
    let store = &services.store;
    let mut of_demo = store.account(account()).await.unwrap().unwrap();
    assert!(is_conflict(&store.create_account(&of_demo).await));
    of_demo.id = unused::<AccountId>();
    let missing: Account = of_demo;
    let patch = AccountPatch {
        name: Some("Changed".to_owned()),
        ..AccountPatch::default()
    };
    let changed = store.change_account(&missing, patch);
    assert!(matches!(changed.await, Err(StoreError::NotFound)));
    assert_eq!(store.account(missing.id).await.unwrap(), None);
    services.stop().await;
}

#[tokio::test]
async fn a_key_is_created_and_revoked_once_and_its_last_use_only_rises() {
    let services = services().await;
    let store = &services.store;
    let hash = demo::API_KEY.parse::<ApiKey>().unwrap().hash();
    let record = store.api_key(&hash).await.unwrap().unwrap();
    assert!(is_conflict(&store.create_api_key(&hash, &record).await));
    let other = ApiKey::from_random(&[7; 64]).unwrap().hash();
    assert!(is_conflict(&store.record_use(&other, hours(1)).await));
    assert!(is_conflict(&store.revoke_api_key(&other, hours(1)).await));
    assert_eq!(store.api_key(&other).await.unwrap(), None);

    let used = async || store.api_key(&hash).await.unwrap().unwrap().last_used;
    store.record_use(&hash, hours(2)).await.unwrap();
    assert!(is_conflict(&store.record_use(&hash, hours(2)).await));
    assert!(is_conflict(&store.record_use(&hash, hours(1)).await));
    assert_eq!(used().await, Some(hours(2)));
    store.record_use(&hash, hours(3)).await.unwrap();
    assert_eq!(used().await, Some(hours(3)));

    store.revoke_api_key(&hash, hours(4)).await.unwrap();
    assert!(is_conflict(&store.revoke_api_key(&hash, hours(5)).await));
    let revoked = store.api_key(&hash).await.unwrap().unwrap().revoked_at;
    assert_eq!(revoked, Some(hours(4)));
    services.stop().await;
}

#[tokio::test]
async fn a_campaign_is_created_once_and_removed_only_if_it_is_there() {
    let services = services().await;
    let store = &services.store;
    let id = demo::CAMPAIGN_ID.parse::<CampaignId>().unwrap();
    let campaign: Campaign = store.campaign(account(), id).await.unwrap().unwrap();
    assert!(is_conflict(
        &store.create_campaign(account(), &campaign).await
    ));
    store.remove_campaign(account(), id).await.unwrap();
    let again = store.remove_campaign(account(), id).await;
    assert!(matches!(again, Err(StoreError::NotFound)));
    services.stop().await;
}

/// Returns a version of a workflow, paused and not paused. The writes of the two are different.
fn versions(workflow: &Workflow, version: u32) -> [Workflow; 2] {
    [true, false].map(|is_paused| Workflow {
        version,
        is_paused,
        ..workflow.clone()
    })
}

#[tokio::test]
async fn a_workflow_is_replaced_and_removed_only_in_the_version_that_was_read() {
    let services = services().await;
    let store = &services.store;
    let refuses = async |replaced: u32, workflow: &Workflow| {
        for next in versions(workflow, replaced) {
            assert!(is_conflict(&store.replace_workflow(account(), &next).await));
        }
    };
    let first = demo_workflow(store).await;
    let [_, second] = versions(&first, 2);
    let [paused, unpaused] = versions(&first, 3);
    refuses(3, &first).await;
    assert!(is_conflict(
        &store.remove_workflow(account(), &second).await
    ));
    store.replace_workflow(account(), &second).await.unwrap();
    store.replace_workflow(account(), &paused).await.unwrap();
    refuses(5, &first).await;
    assert!(is_conflict(&store.remove_workflow(account(), &first).await));
    store.remove_workflow(account(), &unpaused).await.unwrap();
    refuses(4, &first).await;
    assert!(is_conflict(
        &store.remove_workflow(account(), &unpaused).await
    ));
    // The versions stay, so that no other workflow can have one of them.
    for anew in versions(&first, 1) {
        assert!(is_conflict(&store.create_workflow(account(), &anew).await));
    }
    assert!(store.workflow(account(), first.id).await.unwrap().is_none());
    let [_, before_all] = versions(&first, 0);
    store.create_workflow(account(), &before_all).await.unwrap();
    refuses(1, &first).await;
    services.stop().await;
}

#[tokio::test]
async fn the_first_version_of_a_workflow_need_not_be_in_its_item() {
    for next in [None, Some(true), Some(false)] {
        let services = services().await;
        let store = &services.store;
        let first = demo_workflow(store).await;
        let missing = Workflow {
            id: unused(),
            ..first.clone()
        };
        for next in versions(&missing, 2) {
            assert!(is_conflict(&store.replace_workflow(account(), &next).await));
        }
        assert!(is_conflict(
            &store.remove_workflow(account(), &missing).await
        ));
        let [_, ninth] = versions(&missing, 9);
        store.create_workflow(account(), &ninth).await.unwrap();
        for next in versions(&missing, 2) {
            assert!(is_conflict(&store.replace_workflow(account(), &next).await));
        }
        assert!(is_conflict(
            &store.remove_workflow(account(), &missing).await
        ));

        let update = services.clients.dynamodb.update_item();
        let partition = format!("ACCOUNT#{}", demo::ACCOUNT_ID);
        let sort = format!("WORKFLOW#{}", demo::WORKFLOW_ID);
        let update = update
            .table_name(services.table())
            .key("pk", AttributeValue::S(partition))
            .key("sk", AttributeValue::S(sort))
            .update_expression("REMOVE #version")
            .expression_attribute_names("#version", "version");
        update.send().await.unwrap();
        let done = match next {
            None => store.remove_workflow(account(), &first).await,
            Some(is_paused) => {
                let next = Workflow {
                    version: 2,
                    is_paused,
                    ..first
                };
                store.replace_workflow(account(), &next).await
            }
        };
        done.unwrap();
        services.stop().await;
    }
}

#[tokio::test]
async fn a_workflow_that_is_there_is_not_created_again() {
    let services = services().await;
    let store = &services.store;
    let first = demo_workflow(store).await;
    for other in versions(&first, 9) {
        assert!(is_conflict(&store.create_workflow(account(), &other).await));
    }
    store.remove_workflow(account(), &first).await.unwrap();
    services.stop().await;
}

#[tokio::test]
async fn the_start_of_an_ended_run_is_replaced_only_if_it_is_the_one_that_was_read() {
    let services = services().await;
    let store = &services.store;
    let read = lead(store).await;
    let mut next = read.start.clone().unwrap();
    next.run_id = unused::<RunId>();
    store.assign(&read, &next, None, now()).await.unwrap();
    let other = read.start.clone().unwrap();
    let assigned = store.assign(&read, &other, None, now()).await;
    assert!(is_conflict(&assigned));
    assert_eq!(lead(store).await.start, Some(next));
    services.stop().await;
}

#[tokio::test]
async fn a_start_is_no_longer_pending_only_if_it_is_the_mark_of_that_run() {
    let services = services().await;
    let store = &services.store;
    let lead = lead(store).await;
    let (id, start) = (lead.profile.id, lead.start.clone().unwrap());
    let is_pending = async || {
        let mut pending = 0;
        for shard in 0..PENDING_SHARDS {
            pending += store
                .pending_starts(shard, None)
                .await
                .unwrap()
                .starts
                .len();
        }
        pending
    };
    store
        .set_pending(account(), id, hours(1), None)
        .await
        .unwrap();
    let of_earlier = PendingStart::new(account(), id, start.clone(), now());
    assert!(is_conflict(&store.clear_pending(&of_earlier).await));
    let mut other = start.clone();
    other.run_id = unused::<RunId>();
    let of_other_run = PendingStart::new(account(), id, other, hours(1));
    assert!(is_conflict(&store.clear_pending(&of_other_run).await));
    assert_eq!(is_pending().await, 1);
    let pending = PendingStart::new(account(), id, start, hours(1));
    store.clear_pending(&pending).await.unwrap();
    assert_eq!(is_pending().await, 0);
    services.stop().await;
}

#[tokio::test]
async fn destinations_are_replaced_only_in_the_revision_that_was_read() {
    let services = services().await;
    let store = &services.store;
    for revision in 0..2 {
        let read = Destinations::new(Vec::new(), revision).unwrap();
        store.replace_destinations(account(), &read).await.unwrap();
        let again = store.replace_destinations(account(), &read).await;
        assert!(is_conflict(&again));
    }
    services.stop().await;
}

#[tokio::test]
async fn the_health_of_a_lane_is_written_only_in_the_revision_that_was_read() {
    let services = services().await;
    let store = &services.store;
    for revision in 0..2 {
        let read = store.lane(account(), "dialer").await.unwrap();
        assert_eq!(read.revision, revision);
        store.write_lane(account(), "dialer", &read).await.unwrap();
        let again = store.write_lane(account(), "dialer", &read).await;
        assert!(is_conflict(&again));
    }
    services.stop().await;
}

#[tokio::test]
async fn the_secrets_of_a_webhook_are_replaced_only_if_the_one_before_is_among_them() {
    let services = services().await;
    let store = &services.store;
    let secrets = |current: u8, previous: Option<u8>| WebhookSecrets {
        current: WebhookSecret::new([current; 32]),
        previous: previous.map(|it| (WebhookSecret::new([it; 32]), hours(24))),
        is_shown: false,
    };
    let put = async |secrets: &WebhookSecrets| {
        store
            .put_webhook_secrets(account(), "dialer", secrets)
            .await
    };
    put(&secrets(1, None)).await.unwrap();
    // The same secret, and a rotation.
    put(&secrets(1, None)).await.unwrap();
    put(&secrets(2, Some(1))).await.unwrap();
    // Another rotation of the first secret was slower.
    assert!(is_conflict(&put(&secrets(3, Some(1))).await));
    let stored = store.webhook_secrets(account(), "dialer").await.unwrap();
    assert_eq!(stored, Some(secrets(2, Some(1))));
    services.stop().await;
}

#[tokio::test]
async fn a_run_that_begins_to_need_a_person_is_written_only_if_it_has_not_changed() {
    let services = services().await;
    let store = &services.store;
    let (lead, workflow) = (lead(store).await, demo_workflow(store).await);
    let start = lead.start.clone().unwrap();
    let run = Run::build(&lead, &start, Some(&workflow), now());
    store.create_run(&run).await.unwrap();
    let mut after = run.clone();
    after.touchpoints[0].state = TouchpointState::Unconfirmed;
    let entry = Activity::new(ActivityKind::ContactReported, "call", now());
    let write = async || {
        store
            .write_run(&run, &after, slice::from_ref(&entry), now())
            .await
    };
    write().await.unwrap();
    assert!(is_conflict(&write().await));
    services.stop().await;
}

#[tokio::test]
async fn a_hold_ends_once_and_its_order_is_dropped_only_by_its_own_id() {
    let services = services().await;
    let store = &services.store;
    let scope = HoldScope::Account(account());
    assert!(is_conflict(&store.unhold(scope).await));
    let hold = Hold {
        since: now(),
        reason: None,
    };
    store.hold(scope, &hold).await.unwrap();
    store.unhold(scope).await.unwrap();
    assert!(is_conflict(&store.unhold(scope).await));
    let orders = store.release_orders().await.unwrap();
    let [order]: &[ReleaseOrder; 1] = orders.as_slice().try_into().unwrap();
    let other = ReleaseOrder {
        id: unused(),
        empty_since: Some(now()),
        ..order.clone()
    };
    store.note_release(&other).await.unwrap();
    store.drop_release(&other).await.unwrap();
    assert_eq!(store.release_orders().await.unwrap(), orders);
    store.drop_release(order).await.unwrap();
    assert_eq!(store.release_orders().await.unwrap(), []);
    services.stop().await;
}
