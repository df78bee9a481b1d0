//! Runs and workflows in the table: conditions of their writes, entries in the second index, and the
//! check of the whole table.

use aws::store::{HoldScope, ListedRun, Rule, Store, StoreError};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    ids::{LeadId, RunId},
    run::{Delivery, HeldBy, Owner, Receiver, Run},
    timing::OpenTimes,
    workflow::Workflow,
};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::StatusCode;

use crate::fixtures::{
    Container, START, account, another_workflow, enrolled, items_of, john, set_hours,
};

/// Number of held runs that one read of a partition returns.
const PAGE: usize = 500;

async fn stored_run(store: &Store, lead: &str) -> Run {
    let runs = store.runs(account(), lead.parse().unwrap(), 1).await;
    runs.unwrap().pop().unwrap()
}

fn start() -> Timestamp {
    START.parse().unwrap()
}

fn listed(run: &Run) -> ListedRun {
    ListedRun {
        account_id: run.account_id,
        lead_id: run.lead_id,
        run_id: run.id,
    }
}

/// Writes a run whose touchpoints have the states that they had.
async fn write(store: &Store, run: &Run) -> Result<(), StoreError> {
    store.write_run(run, run, &[], start()).await
}

/// Returns the runs that are due at a time, oldest first.
async fn due_runs(store: &Store, at: Timestamp) -> Vec<ListedRun> {
    let second = SignedDuration::from_secs(1);
    let mut listed = store.due_runs(Timestamp::UNIX_EPOCH..at + second);
    let mut due = Vec::new();
    while let Some(next) = listed.next().await.unwrap() {
        due.push(next.run);
    }
    due
}

/// Returns a time after everything.
fn far() -> Timestamp {
    start() + SignedDuration::from_hours(1_000 * 24)
}

fn is_conflict<T: std::fmt::Debug>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict))
}

#[tokio::test]
async fn a_run_is_written_only_if_it_is_as_it_was_read() {
    let (container, clock) = Container::with_clock().await;
    let store = &container.store;
    let id = enrolled(&container, &clock).await;
    let run = stored_run(store, &id).await;
    let workflow = store.workflow_version(account(), run.workflow.id, run.workflow.version);
    let workflow = workflow.await.unwrap().unwrap();
    // Two workers claim the run that both have read. One of them has it.
    let claims = [1, 2].map(|owner| {
        let mut run = run.clone();
        let lease = SignedDuration::from_secs(60);
        run.claim(
            Owner([owner; 10]),
            lease,
            Delivery::Push(Receiver([7; 6])),
            OpenTimes::default(),
            &workflow,
            start(),
        )
        .unwrap();
        run
    });
    let [one, other] = [
        write(store, &claims[0]).await,
        write(store, &claims[1]).await,
    ];
    assert!(one.is_ok() && is_conflict(&other), "{one:?} {other:?}");
    let claimed = stored_run(store, &id).await;
    assert_eq!(
        claimed,
        Run {
            revision: 1,
            ..claims[0].clone()
        }
    );
    // A run that was never written, and one that was erased.
    let absent = Run {
        id: RunId::new(start(), [7; 10]),
        ..claimed.clone()
    };
    assert!(is_conflict(&write(store, &absent).await));
    let erased = container
        .call("DELETE", &format!("/leads/{id}"), None)
        .await;
    assert_eq!(erased.status, StatusCode::OK);
    assert!(is_conflict(&write(store, &claimed).await));
    container.stop().await;
}

#[tokio::test]
async fn a_version_of_a_workflow_is_written_once_and_never_changes() {
    let (container, _) = Container::with_clock().await;
    let store = &container.store;
    let first = another_workflow(&container, |_| {}).await;
    let named = |version, name: &str| Workflow {
        version,
        name: name.to_owned(),
        ..first.clone()
    };
    let name_of = async |version| {
        let stored = store.workflow_version(account(), first.id, version).await;
        stored.unwrap().map(|workflow| workflow.name)
    };
    assert!(is_conflict(
        &store.create_workflow(account(), &named(1, "Again")).await
    ));
    store
        .replace_workflow(account(), &named(2, "Second"))
        .await
        .unwrap();
    assert!(is_conflict(
        &store.replace_workflow(account(), &named(2, "Again")).await
    ));
    assert!(is_conflict(
        &store.replace_workflow(account(), &named(4, "Fourth")).await
    ));
    assert_eq!(name_of(1).await.as_deref(), Some(&*first.name));
    assert_eq!(name_of(2).await.as_deref(), Some("Second"));
    assert_eq!(name_of(3).await, None);
    // A removed workflow keeps its versions, which runs follow. A new one cannot replace them.
    store
        .remove_workflow(account(), &named(2, "Second"))
        .await
        .unwrap();
    assert_eq!(name_of(1).await.as_deref(), Some(&*first.name));
    assert!(is_conflict(
        &store.create_workflow(account(), &named(1, "Again")).await
    ));
    assert_eq!(
        store
            .workflow(account(), first.id)
            .await
            .unwrap()
            .map(|_| ()),
        None
    );
    container.stop().await;
}

#[tokio::test]
async fn the_pause_of_a_workflow_follows_each_of_its_writes() {
    let (container, _) = Container::with_clock().await;
    let store = &container.store;
    let is_paused = async |id| store.is_paused(account(), id).await.unwrap();
    let mut workflow = another_workflow(&container, |workflow| workflow.is_paused = true).await;
    assert!(is_paused(workflow.id).await);
    for paused in [false, true] {
        workflow.version += 1;
        workflow.is_paused = paused;
        store.replace_workflow(account(), &workflow).await.unwrap();
        assert_eq!(is_paused(workflow.id).await, paused);
        assert_eq!(store.check(|_| {}).await.unwrap().breaches, []);
    }
    // A refused write changes nothing.
    workflow.is_paused = false;
    assert!(is_conflict(
        &store.replace_workflow(account(), &workflow).await
    ));
    assert!(is_paused(workflow.id).await);
    workflow.is_paused = true;
    store.remove_workflow(account(), &workflow).await.unwrap();
    assert!(!is_paused(workflow.id).await);
    assert_eq!(store.check(|_| {}).await.unwrap().breaches, []);
    container.stop().await;
}

#[tokio::test]
async fn a_run_is_listed_at_the_time_of_its_next_action_and_leaves_the_list_with_its_end() {
    let (container, clock) = Container::with_clock().await;
    let store = &container.store;
    let id = enrolled(&container, &clock).await;
    let run = stored_run(store, &id).await;
    let due = run.touchpoints[0].due_at;
    let is_due = async |at| due_runs(store, at).await.contains(&listed(&run));
    let second = SignedDuration::from_secs(1);
    assert!(!is_due(due - second).await && is_due(due).await && is_due(due + second).await);
    // A stop takes it from the list, and a resume puts it back for a later time.
    let body = serde_json::json!({"workflow_id": run.workflow.id, "resume_cadence": true});
    let stop = serde_json::json!({"workflow_id": run.workflow.id});
    let path = |action: &str| format!("/leads/{id}/automation/{action}");
    container.call("POST", &path("stop"), Some(&stop)).await;
    assert!(!is_due(far()).await);
    set_hours(&clock, 5);
    container.call("POST", &path("resume"), Some(&body)).await;
    let later = start() + SignedDuration::from_hours(5);
    assert!(!is_due(later - second).await && is_due(later).await);
    // An erasure takes it from the list for good: the tombstone has no entry.
    container
        .call("DELETE", &format!("/leads/{id}"), None)
        .await;
    assert!(!is_due(far()).await);
    let items = items_of(&container.services, &id).await;
    assert!(
        items.iter().all(|item| !item.contains_key("gsi2pk")),
        "{items:?}"
    );
    container.stop().await;
}

/// Writes runs of one lead that the demo workflow holds, each a second later than the one before.
async fn hold(container: &Container, first: &Run, runs: usize) -> Vec<ListedRun> {
    let by = HeldBy::Workflow(first.workflow.id);
    let held = stream::iter(0..runs).map(async |number| {
        let at = start() + SignedDuration::from_secs(number.try_into().unwrap());
        let mut run = Run {
            id: RunId::new(at, [9; 10]),
            ..first.clone()
        };
        run.hold(by, at);
        container.store.create_run(&run).await.unwrap();
        listed(&run)
    });
    held.buffered(16).collect().await
}

#[tokio::test]
async fn the_oldest_held_and_due_runs_are_returned_first_and_at_most_500_held_ones() {
    let (container, clock) = Container::with_clock().await;
    let store = &container.store;
    let first = stored_run(store, &enrolled(&container, &clock).await).await;
    let scope = HoldScope::Workflow(account(), first.workflow.id);
    assert_eq!(store.held_runs(scope).await.unwrap(), []);
    let held = hold(&container, &first, PAGE + 1).await;
    assert_eq!(store.held_runs(scope).await.unwrap(), held[..PAGE]);
    // A held run is not due.
    assert_eq!(due_runs(store, far()).await, [listed(&first)]);

    // Each release makes a run due, in the order of its own time.
    let workflow = store.workflow_version(account(), first.workflow.id, 1);
    let workflow = workflow.await.unwrap().unwrap();
    for listed in &held[..3] {
        let run = store.run(account(), listed.lead_id, listed.run_id).await;
        let mut run = run.unwrap().unwrap();
        assert!(run.release(&workflow, start() + SignedDuration::from_hours(1)));
        write(store, &run).await.unwrap();
    }
    assert_eq!(store.held_runs(scope).await.unwrap(), held[3..]);
    let due = due_runs(store, far()).await;
    assert_eq!(due.len(), 4);
    assert_eq!(due[0], listed(&first));
    container.stop().await;
}

#[tokio::test]
async fn the_check_of_the_table_reports_a_forgotten_entry_and_nothing_else() {
    let (container, clock) = Container::with_clock().await;
    let store = &container.store;
    let ids = [
        enrolled(&container, &clock).await,
        enrolled(&container, &clock).await,
        container.create(&john()).await,
    ];
    container
        .call("DELETE", &format!("/leads/{}", ids[1]), None)
        .await;
    let mut seen = 0;
    let checked = store.check(|items| seen = items).await.unwrap();
    assert_eq!(
        (checked.breaches.clone(), checked.counts.items),
        (Vec::new(), seen)
    );
    assert_eq!((checked.counts.runs, checked.counts.due), (1, 1));

    let run = stored_run(store, &ids[0]).await;
    let text = |text: String| AttributeValue::S(text);
    let update = container.services.clients.dynamodb.update_item();
    let update = update
        .table_name(container.services.table())
        .key("pk", text(format!("LEAD#{}#{}", account(), run.lead_id)))
        .key("sk", text(format!("RUN#{}", run.id)))
        .update_expression("REMOVE gsi2pk, gsi2sk");
    update.send().await.unwrap();
    let breaches = store.check(|_| {}).await.unwrap().breaches;
    let found: Vec<_> = breaches
        .iter()
        .map(|it| (it.rule, it.lead_id, it.run_id))
        .collect();
    let lead: LeadId = ids[0].parse().unwrap();
    assert_eq!(found, [(Rule::Entry, Some(lead), Some(run.id))]);
    // The next change of the run writes the entry again.
    write(store, &run).await.unwrap();
    assert_eq!(store.check(|_| {}).await.unwrap().breaches, []);
    container.stop().await;
}
