//! Simultaneous changes of one run: they end as if one had come after the other.

use futures::future::join_all;
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};
use simulation::Fault;
use tokio::task::JoinHandle;

use crate::fixtures::{
    Container, Reply, active_run, another_workflow, consume, demo_workflow, enrolled, items_of,
    john, post, run, states,
};

/// Sends `POST /leads/{id}/{action}` in a task of its own.
fn at_once(container: &Container, id: &str, action: &str, body: &Value) -> JoinHandle<Reply> {
    container.spawn("POST", format!("/leads/{id}/{action}"), body)
}

/// Waits for the replies of all calls.
async fn await_all(calls: impl IntoIterator<Item = JoinHandle<Reply>>) -> Vec<Reply> {
    // All calls begin before the first one is awaited.
    let calls: Vec<_> = calls.into_iter().collect();
    let replies = join_all(calls).await;
    replies.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn of_many_simultaneous_stops_one_stops_and_the_others_find_it_stopped() {
    let (container, clock) = Container::with_clock().await;
    for is_built in [true, false] {
        let id = if is_built {
            enrolled(&container, &clock).await
        } else {
            container.create(&john()).await
        };
        let body = demo_workflow();
        let stops = (0..16).map(|_| at_once(&container, &id, "automation/stop", &body));
        let replies = await_all(stops).await;
        let stopped = replies
            .iter()
            .filter(|reply| reply.body["tasks_cancelled"] == 9)
            .count();
        let found = replies
            .iter()
            .filter(|reply| reply.body["already_stopped"] == true)
            .count();
        assert_eq!((stopped, found), (1, 15));
        let history = container
            .call("GET", &format!("/leads/{id}/history"), None)
            .await;
        assert_eq!(history.text.matches("automation_stopped").count(), 1);
    }
    container.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn simultaneous_changes_end_as_if_one_had_come_after_the_other() {
    let (container, clock) = Container::with_clock().await;
    let other = another_workflow(&container, |_| {}).await;
    for round in 0..12 {
        // A stop beside a reassignment.
        let id = enrolled(&container, &clock).await;
        let first = active_run(&container, &id).await["id"].take();
        let (body, assignment) = (demo_workflow(), json!({"workflowId": other.id}));
        let calls = [
            at_once(&container, &id, "automation/stop", &body),
            at_once(&container, &id, "assign-workflow", &assignment),
        ];
        let [stop, assign] = await_all(calls).await.try_into().ok().unwrap();
        assert_eq!(assign.status, StatusCode::CREATED, "{}", assign.text);
        let before = run(&container, &id, &first).await;
        assert_eq!(
            (&before["run_status"], &before["cadence_state"]),
            (&json!("stopped"), &json!("cancelled"))
        );
        assert_eq!(states(&before), ["cancelled"; 9]);
        match stop.status {
            StatusCode::OK => assert_eq!(before["human_takeover"], true),
            status => {
                assert_eq!(status, StatusCode::NOT_FOUND, "{}", stop.text);
                assert_eq!(before["human_takeover"], false);
            }
        }
        let active = active_run(&container, &id).await;
        assert_eq!(
            (&active["id"], &active["human_takeover"]),
            (&assign.body["workflowRunId"], &json!(false))
        );

        // Reassignments beside each other: each one ends the run of the one before.
        let again = json!({"workflowId": demo::WORKFLOW_ID});
        let calls = (0..6).map(|_| at_once(&container, &id, "assign-workflow", &again));
        let replies = await_all(calls).await;
        let active = active_run(&container, &id).await["id"].take();
        let mut ended = 0;
        for reply in &replies {
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
            assert_eq!(reply.body["movementType"], "reassignment");
            let run_id = &reply.body["workflowRunId"];
            if *run_id != active {
                assert_eq!(run(&container, &id, run_id).await["run_status"], "stopped");
                ended += 1;
            }
        }
        assert_eq!(ended, 5, "round {round}");

        // A status, a stop and an assignment beside an erasure, while start-workflow runs.
        let won = json!({"status_key": "won"});
        let erased = container.spawn("DELETE", format!("/leads/{id}"), &json!(null));
        let changes = [
            at_once(&container, &id, "status", &won),
            at_once(&container, &id, "automation/stop", &body),
            at_once(&container, &id, "assign-workflow", &again),
        ];
        let (_, failed) = consume(&container.services, &clock).await;
        assert_eq!(failed, 0);
        let erased = erased.await.unwrap();
        assert_eq!(erased.status, StatusCode::OK, "{}", erased.text);
        for reply in await_all(changes).await {
            let is_serial = reply.status.is_success() || reply.status == StatusCode::NOT_FOUND;
            assert!(is_serial, "{}", reply.text);
        }
        // No run and no history is left in any order, and a late delivery builds nothing.
        loop {
            match consume(&container.services, &clock).await {
                (0, _) => break,
                (_, failed) => assert_eq!(failed, 0),
            }
        }
        let left = items_of(&container.services, &id).await;
        let is_tombstone =
            |item: &std::collections::HashMap<_, _>| format!("{:?}", item["et"]).contains("erased");
        assert!(left.iter().all(is_tombstone), "{left:?}");
    }
    container.stop().await;
}

#[tokio::test]
async fn a_write_that_meets_a_transaction_is_tried_again() {
    let (container, clock) = Container::with_clock().await;
    let id = enrolled(&container, &clock).await;
    let path = format!("/leads/{id}");
    for (method, operation, body) in [
        ("PATCH", "UpdateItem", Some(json!({"title": "CTO"}))),
        ("DELETE", "PutItem", None),
    ] {
        container.dynamodb.set_once(operation, Fault::Conflict);
        let reply = container.call(method, &path, body.as_ref()).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    }
    container.stop().await;
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_or_that_is_throttled_is_done_once_or_told() {
    let (container, clock) = Container::with_clock().await;
    let id = enrolled(&container, &clock).await;
    let operation = "TransactWriteItems";
    // The SDK repeats the call with the same token.
    container.dynamodb.set_once(operation, Fault::FailedAfter);
    let stopped = post(&container, &id, "automation/stop", &demo_workflow()).await;
    assert_eq!(stopped.body["tasks_cancelled"], 9, "{}", stopped.text);
    container.dynamodb.set(operation, Fault::Throttled);
    let resumed = post(&container, &id, "automation/resume", &demo_workflow()).await;
    assert_eq!(
        (resumed.status, resumed.retry_after()),
        (StatusCode::SERVICE_UNAVAILABLE, true)
    );
    container.dynamodb.end_fault(operation);
    assert_eq!(active_run(&container, &id).await["human_takeover"], true);
    let history = container
        .call("GET", &format!("/leads/{id}/history"), None)
        .await;
    assert_eq!(history.text.matches("automation_").count(), 1);
    container.stop().await;
}
