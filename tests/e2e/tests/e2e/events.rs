//! Every event of `events/` through the functions' code, against the embedded DynamoDB and SQS.

use aws::clock::Clock;
use dispatch_touchpoints::DispatchTouchpoints;
use e2e::cases::{cases, check_effects, functions, services};
use requeue_starts::{ScheduledEvent, requeue};
use serde_json::{Value, json};
use start_workflow::handle;
use wake_runs::{WakeRuns, wake};

use crate::fixtures::{invoke, starts};

fn report(results: Vec<Result<(), String>>) {
    assert!(!results.is_empty());
    let failures: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn the_api_answers_every_event_as_expected() {
    let services = services("api").await;
    let mut results = Vec::new();
    for case in cases("api") {
        results.push(case.check(&invoke(&services, &case.event).await.0));
    }
    results.push(check_effects("api", &services).await);
    report(results);
}

#[tokio::test]
async fn start_workflow_answers_every_event_as_expected() {
    let services = services("start-workflow").await;
    let function = starts(&services, &Clock::System);
    let mut results = Vec::new();
    for case in cases("start-workflow") {
        let reply = handle(&function, serde_json::from_str(&case.event).unwrap()).await;
        results.push(case.check(&serde_json::to_string(&reply).unwrap()));
    }
    results.push(check_effects("start-workflow", &services).await);
    report(results);
}

#[tokio::test]
async fn requeue_starts_answers_every_event_as_expected() {
    let services = services("requeue-starts").await;
    let mut results = Vec::new();
    for case in cases("requeue-starts") {
        let _: ScheduledEvent = serde_json::from_str(&case.event).unwrap();
        let reply = requeue(&services.store, &services.queue, &Clock::System)
            .await
            .unwrap();
        results.push(case.check(&serde_json::to_string(&reply).unwrap()));
    }
    results.push(check_effects("requeue-starts", &services).await);
    report(results);
}

#[tokio::test]
async fn wake_runs_answers_every_event_as_expected() {
    let services = services("wake-runs").await;
    let (store, queue) = (services.store.clone(), services.dispatch.clone());
    let function = WakeRuns::new(store, queue, Clock::System);
    let mut results = Vec::new();
    for case in cases("wake-runs") {
        let _: wake_runs::ScheduledEvent = serde_json::from_str(&case.event).unwrap();
        let reply = wake(&function).await.unwrap();
        results.push(case.check(&serde_json::to_string(&reply).unwrap()));
    }
    results.push(check_effects("wake-runs", &services).await);
    report(results);
}

#[tokio::test]
async fn dispatch_touchpoints_answers_every_event_as_expected() {
    let services = services("dispatch-touchpoints").await;
    let (store, queue) = (services.store.clone(), services.dispatch.clone());
    let function = DispatchTouchpoints::new(store, queue, Clock::System);
    let mut results = Vec::new();
    for case in cases("dispatch-touchpoints") {
        let event = serde_json::from_str(&case.event).unwrap();
        let reply = dispatch_touchpoints::handle(&function, event).await;
        results.push(case.check(&serde_json::to_string(&reply).unwrap()));
    }
    results.push(check_effects("dispatch-touchpoints", &services).await);
    report(results);
}

#[test]
fn no_folder_of_events_is_left_unread() {
    let expected = [
        "api",
        "dispatch-touchpoints",
        "requeue-starts",
        "start-workflow",
        "wake-runs",
    ];
    assert_eq!(functions(), expected);
}

#[test]
fn a_difference_is_found_wherever_it_is() {
    let case = |expected: Value, actual: Value| e2e::matching::difference(&expected, &actual);
    assert_eq!(
        case(
            json!({"a": ["x<uuid>y"]}),
            json!({"a": ["x019c0000-0000-7000-8000-000000000001y"]})
        ),
        None
    );
    assert_eq!(case(json!("<time>"), json!("2026-02-10T12:00:00Z")), None);
    for (expected, actual) in [
        (json!("<time>"), json!("2026-02-10T12:00:00.5Z")),
        (
            json!("<uuid>"),
            json!("019C0000-0000-7000-8000-000000000001"),
        ),
        (json!({"a": 1}), json!({})),
        (json!({}), json!({"a": null})),
        (json!([1]), json!([1, 2])),
        (json!(1), json!("1")),
    ] {
        assert!(
            case(expected.clone(), actual.clone()).is_some(),
            "{expected} {actual}"
        );
    }
}
