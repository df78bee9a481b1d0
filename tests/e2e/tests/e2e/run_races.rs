//! Changes of one run at the same moment: each pair ends as if one had come after the other.

use e2e::proxy::Fault;
use futures::future::join_all;
use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    consumer::consume,
    enrolled::{
        active_run, another_workflow, demo_workflow, enrolled, john, post, proxied, run, states,
    },
    proxied::{Proxied, Reply},
    support::items_of,
};

/// A call that goes on beside others.
fn at_once(proxied: &Proxied, id: &str, what: &str, body: &Value) -> JoinHandle<Reply> {
    proxied.spawn("POST", format!("/leads/{id}/{what}"), body)
}

async fn done(calls: impl IntoIterator<Item = JoinHandle<Reply>>) -> Vec<Reply> {
    // All are under way before the first is waited for.
    let calls: Vec<_> = calls.into_iter().collect();
    let replies = join_all(calls).await;
    replies.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn of_many_simultaneous_stops_one_stops_and_the_others_find_it_stopped() {
    let (proxied, clock) = proxied().await;
    for is_built in [true, false] {
        let id = if is_built {
            enrolled(&proxied, &clock).await
        } else {
            proxied.create(&john()).await
        };
        let body = demo_workflow();
        let stops = (0..16).map(|_| at_once(&proxied, &id, "automation/stop", &body));
        let replies = done(stops).await;
        let stopped = replies
            .iter()
            .filter(|reply| reply.body["tasks_cancelled"] == 9)
            .count();
        let found = replies
            .iter()
            .filter(|reply| reply.body["already_stopped"] == true)
            .count();
        assert_eq!((stopped, found), (1, 15));
        let history = proxied
            .call("GET", &format!("/leads/{id}/history"), None)
            .await;
        assert_eq!(history.text.matches("automation_stopped").count(), 1);
    }
    proxied.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn simultaneous_changes_end_as_if_one_had_come_after_the_other() {
    let (proxied, clock) = proxied().await;
    let other = another_workflow(&proxied, |_| {}).await;
    for round in 0..12 {
        // A stop against a reassignment.
        let id = enrolled(&proxied, &clock).await;
        let first = active_run(&proxied, &id).await["id"].take();
        let (body, assignment) = (demo_workflow(), json!({"workflowId": other.id}));
        let calls = [
            at_once(&proxied, &id, "automation/stop", &body),
            at_once(&proxied, &id, "assign-workflow", &assignment),
        ];
        let [stop, assign] = done(calls).await.try_into().ok().unwrap();
        assert_eq!(assign.status, StatusCode::CREATED, "{}", assign.text);
        let before = run(&proxied, &id, &first).await;
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
        let active = active_run(&proxied, &id).await;
        assert_eq!(
            (&active["id"], &active["human_takeover"]),
            (&assign.body["workflowRunId"], &json!(false))
        );

        // Reassignments against each other: each but the first ends the one before.
        let again = json!({"workflowId": demo::WORKFLOW_ID});
        let calls = (0..6).map(|_| at_once(&proxied, &id, "assign-workflow", &again));
        let replies = done(calls).await;
        let active = active_run(&proxied, &id).await["id"].take();
        let mut ended = 0;
        for reply in &replies {
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
            assert_eq!(reply.body["movementType"], "reassignment");
            let run_id = &reply.body["workflowRunId"];
            if *run_id != active {
                assert_eq!(run(&proxied, &id, run_id).await["run_status"], "stopped");
                ended += 1;
            }
        }
        assert_eq!(ended, 5, "round {round}");

        // A status, a stop and an assignment against erasing the lead, while start-workflow is at work.
        let won = json!({"status_key": "won"});
        let erased = proxied.spawn("DELETE", format!("/leads/{id}"), &json!(null));
        let changes = [
            at_once(&proxied, &id, "status", &won),
            at_once(&proxied, &id, "automation/stop", &body),
            at_once(&proxied, &id, "assign-workflow", &again),
        ];
        let (_, failed) = consume(&proxied.services, &clock).await;
        assert_eq!(failed, 0);
        let erased = erased.await.unwrap();
        assert_eq!(erased.status, StatusCode::OK, "{}", erased.text);
        for reply in done(changes).await {
            let is_serial = reply.status.is_success() || reply.status == StatusCode::NOT_FOUND;
            assert!(is_serial, "{}", reply.text);
        }
        // Whatever came first: no run, no history, and nothing that a late delivery builds.
        loop {
            match consume(&proxied.services, &clock).await {
                (0, _) => break,
                (_, failed) => assert_eq!(failed, 0),
            }
        }
        let left = items_of(&proxied.services, &id).await;
        let is_trace =
            |item: &std::collections::HashMap<_, _>| format!("{:?}", item["et"]).contains("erased");
        assert!(left.iter().all(is_trace), "{left:?}");
    }
    proxied.stop().await;
}

#[tokio::test]
async fn a_write_that_meets_a_transaction_is_tried_again() {
    let (proxied, clock) = proxied().await;
    let id = enrolled(&proxied, &clock).await;
    let path = format!("/leads/{id}");
    for (method, operation, body) in [
        ("PATCH", "UpdateItem", Some(json!({"title": "CTO"}))),
        ("DELETE", "PutItem", None),
    ] {
        proxied
            .dynamodb
            .set(operation, Fault::TransactionUnderWayOnce);
        let reply = proxied.call(method, &path, body.as_ref()).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    }
    proxied.stop().await;
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_or_that_is_throttled_is_done_once_or_told() {
    let (proxied, clock) = proxied().await;
    let id = enrolled(&proxied, &clock).await;
    let operation = "TransactWriteItems";
    // The SDK sends it again with the same token.
    proxied.dynamodb.set(operation, Fault::LoseReplyOnce);
    let stopped = post(&proxied, &id, "automation/stop", &demo_workflow()).await;
    assert_eq!(stopped.body["tasks_cancelled"], 9, "{}", stopped.text);
    proxied.dynamodb.set(operation, Fault::Throttle);
    let resumed = post(&proxied, &id, "automation/resume", &demo_workflow()).await;
    assert_eq!(
        (resumed.status, resumed.retry_after()),
        (StatusCode::SERVICE_UNAVAILABLE, true)
    );
    proxied.dynamodb.set(operation, Fault::None);
    assert_eq!(active_run(&proxied, &id).await["human_takeover"], true);
    let history = proxied
        .call("GET", &format!("/leads/{id}/history"), None)
        .await;
    assert_eq!(history.text.matches("automation_").count(), 1);
    proxied.stop().await;
}
