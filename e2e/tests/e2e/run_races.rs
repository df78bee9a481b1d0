//! Changes of one run at the same moment: each pair ends as if one had come after the other.

use futures::future::{join, join_all};
use lambda_http::http::StatusCode;
use leadgate::local::demo;
use serde_json::json;

use crate::{
    consumer::consume,
    enrolled::{
        active_run, another_workflow, demo_workflow, enrolled, john, post, proxied, run, states,
    },
    support::items_of,
};

#[tokio::test(flavor = "multi_thread")]
async fn of_many_simultaneous_stops_one_stops_and_the_others_find_it_stopped() {
    let (proxied, clock) = proxied().await;
    for is_built in [true, false] {
        let id = if is_built {
            enrolled(&proxied, &clock).await
        } else {
            proxied.create(&john()).await
        };
        let body = demo_workflow();
        let replies =
            join_all((0..16).map(|_| post(&proxied, &id, "automation/stop", &body))).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_changes_end_as_if_one_had_come_after_the_other() {
    let (proxied, clock) = proxied().await;
    let other = another_workflow(&proxied, |_| {}).await;
    for round in 0..12 {
        // A stop against a reassignment.
        let id = enrolled(&proxied, &clock).await;
        let first = active_run(&proxied, &id).await["id"].take();
        let (body, assignment) = (demo_workflow(), json!({"workflowId": other.id}));
        let stop = post(&proxied, &id, "automation/stop", &body);
        let assign = post(&proxied, &id, "assign-workflow", &assignment);
        let (stop, assign) = join(stop, assign).await;
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
        let replies =
            join_all((0..6).map(|_| post(&proxied, &id, "assign-workflow", &again))).await;
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

        // A status against a stop and against erasing the lead.
        let won = json!({"status_key": "won"});
        let path = format!("/leads/{id}");
        let status = post(&proxied, &id, "status", &won);
        let erase = proxied.call("DELETE", &path, None);
        let (status, erase) = join(status, erase).await;
        assert_eq!(erase.status, StatusCode::OK, "{}", erase.text);
        let is_serial = matches!(status.status, StatusCode::OK | StatusCode::NOT_FOUND);
        assert!(is_serial, "{}", status.text);
        // Whatever came first: no run, no history, and nothing that a late delivery builds.
        while consume(&proxied.services, &clock).await.0 > 0 {}
        let left = items_of(&proxied.services, &id).await;
        let is_trace =
            |item: &std::collections::HashMap<_, _>| format!("{:?}", item["et"]).contains("erased");
        assert!(left.iter().all(is_trace), "{left:?}");
    }
    proxied.stop().await;
}
