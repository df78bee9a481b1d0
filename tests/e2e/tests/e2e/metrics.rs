//! Log lines that carry metrics, in the format of CloudWatch.

use std::future::Future;

use api::{AppState, router};
use aws::{clock::Clock, telemetry::ALL_METRICS};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use axum::body::Body;
use domain::outcome::Outcome;
use http::Request;
use jiff::SignedDuration;
use local::{Services, demo};
use serde_json::{Value, json};
use tower::ServiceExt;
use tracing::level_filters::LevelFilter;

use crate::fixtures::{Live, Logs, services, starts};

/// Returns the lines with metrics that `work` writes, without times and ids. No other line passes
/// the level.
async fn lines_of(work: impl Future) -> Vec<Value> {
    let clock = Clock::manual("2026-02-10T12:00:00Z".parse().unwrap());
    let (logs, guard) = Logs::capture_at(LevelFilter::OFF, "Leadgate/test", clock);
    work.await;
    drop(guard);
    let text = logs.text();
    let lines = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        for volatile in ["timestamp", "duration_ms", "request.id", "run_lag"] {
            if let Some(value) = line.get_mut(volatile) {
                assert!(value.is_string() || value.is_u64(), "{volatile}");
                *value = json!("*");
            }
        }
        line
    });
    lines.collect()
}

fn counts(names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| json!({"Name": name, "Unit": "Count"}))
        .collect()
}

fn directive(dimensions: Value, metrics: Value) -> Value {
    json!({"Namespace": "Leadgate/test", "Dimensions": [dimensions], "Metrics": metrics})
}

async fn post(services: &Services, body: Value) {
    let state = AppState::new(
        services.store.clone(),
        services.queue.clone(),
        Clock::System,
    );
    let request = Request::post("/api/public/leads")
        .header("x-api-key", demo::API_KEY)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    router(state).oneshot(request).await.unwrap();
}

#[tokio::test]
async fn an_intakes_line_counts_its_leads_and_its_outcome_is_that_of_the_reply() {
    let services = services().await;
    let good = json!({"first_name": "John", "email": "john@example.com"});
    let lines = lines_of(async {
        post(&services, good.clone()).await;
        post(&services, json!({"email": "john@example.com"})).await;
        post(&services, json!([good, {"email": "no name"}, good])).await;
        post(&services, json!([{"email": "no name"}, "no lead"])).await;
        post(&services, json!([good, good])).await;
    })
    .await;
    let taken = || {
        directive(
            json!([]),
            counts(&["leads_created", "leads_replayed", "starts_delayed"]),
        )
    };
    let refused = || directive(json!(["reason"]), counts(&["leads_refused"]));
    let line = |directives: Value, level: &str, status: u16, outcome: &str| {
        json!({
            "_aws": {"Timestamp": 1_770_724_800_000_i64, "CloudWatchMetrics": directives},
            "timestamp": "*", "level": level, "message": "request", "target": "metrics",
            "request.id": "*", "http.method": "POST", "http.route": "/api/public/leads",
            "http.status": status, "outcome": outcome, "duration_ms": "*",
            "leads_created": 0, "leads_replayed": 0, "leads_refused": 0, "starts_delayed": 0,
        })
    };
    let mut created = line(json!([taken()]), "INFO", 201, "ok");
    created["leads_created"] = json!(1);
    let mut failed = line(json!([taken(), refused()]), "INFO", 400, "validation_error");
    failed["leads_refused"] = json!(1);
    failed["reason"] = json!("validation_error");
    let mut mixed = line(json!([taken(), refused()]), "INFO", 207, "partial");
    mixed["leads_created"] = json!(2);
    mixed["leads_refused"] = json!(1);
    mixed["reason"] = json!("validation_error");
    let mut none = failed.clone();
    none["leads_refused"] = json!(2);
    let mut all = created.clone();
    all["leads_created"] = json!(2);
    assert_eq!(lines, [created, failed, mixed, none, all]);
    services.stop().await;
}

#[tokio::test]
async fn a_request_that_takes_no_lead_in_has_no_metrics() {
    let services = services().await;
    let lines = lines_of(async {
        let state = AppState::new(
            services.store.clone(),
            services.queue.clone(),
            Clock::System,
        );
        let request = Request::get("/health").body(Body::empty()).unwrap();
        router(state).oneshot(request).await.unwrap();
    })
    .await;
    let [line] = lines.as_slice() else {
        panic!("one line for each request: {lines:?}")
    };
    assert_eq!(line["http.route"], "/health");
    assert_eq!(line.get("_aws"), None);
    services.stop().await;
}

#[tokio::test]
async fn a_batchs_line_counts_its_runs_and_what_they_plan() {
    let services = services().await;
    let lead = json!({
        "first_name": "John", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID,
    });
    post(&services, lead).await;
    let receive = services.clients.sqs.receive_message();
    let received = receive.queue_url(&services.queue_url).send().await.unwrap();
    let record = |body: &str| {
        let mut message = SqsMessage::default();
        message.message_id = Some("1".to_owned());
        message.body = Some(body.to_owned());
        message
    };
    let mut event = SqsEvent::default();
    event.records = vec![
        record(received.messages()[0].body().unwrap()),
        record("not JSON"),
    ];
    let function = starts(&services, &Clock::System);
    let lines = lines_of(start_workflow::handle(&function, event)).await;
    let mut metrics = counts(&["runs_built"]);
    let all = metrics.as_array_mut().unwrap();
    all.push(json!({"Name": "run_lag", "Unit": "Milliseconds"}));
    all.extend(
        counts(&[
            "touchpoints_planned",
            "touchpoints_skipped_no_phone",
            "touchpoints_skipped_no_email",
            "records_failed",
        ])
        .as_array()
        .unwrap()
        .clone(),
    );
    let expected = json!({
        "_aws": {
            "Timestamp": 1_770_724_800_000_i64,
            "CloudWatchMetrics": [directive(json!([]), metrics)],
        },
        "timestamp": "*", "level": "INFO", "message": "batch", "target": "metrics",
        "records": 2, "records_failed": 1, "runs_built": 1, "run_lag": "*",
        "touchpoints_planned": 8, "touchpoints_skipped_no_phone": 0,
        "touchpoints_skipped_no_email": 1, "duration_ms": "*",
    });
    assert_eq!(lines, [expected]);
    services.stop().await;
}

#[tokio::test]
async fn a_minutes_line_counts_what_waits() {
    let services = services().await;
    let lines = lines_of(requeue_starts::requeue(
        &services.store,
        &services.queue,
        &Clock::System,
    ))
    .await;
    let mut metrics = counts(&["starts_requeued", "starts_unsent"]);
    let all = metrics.as_array_mut().unwrap();
    all.push(json!({"Name": "oldest_unsent_start", "Unit": "Seconds"}));
    all.push(json!({"Name": "erasures_finished", "Unit": "Count"}));
    let expected = json!({
        "_aws": {
            "Timestamp": 1_770_724_800_000_i64,
            "CloudWatchMetrics": [directive(json!([]), metrics)],
        },
        "timestamp": "*", "level": "INFO", "message": "requeued", "target": "metrics",
        "starts_requeued": 0, "starts_unsent": 0, "oldest_unsent_start": 0, "erasures_finished": 0,
    });
    assert_eq!(lines, [expected]);
    services.stop().await;
}

/// Returns the line of a function with metrics and their units, as [`lines_of`] returns it.
fn line_of(message: &str, metrics: &[(&str, &str, u64)], others: &Value) -> Value {
    let named = metrics
        .iter()
        .map(|(name, unit, _)| json!({"Name": name, "Unit": unit}));
    let metrics_in = directive(json!([]), named.collect());
    let mut line = json!({
        "_aws": {"Timestamp": 1_770_724_800_000_i64, "CloudWatchMetrics": [metrics_in]},
        "timestamp": "*", "level": "INFO", "message": message, "target": "metrics",
    });
    for (name, _, value) in metrics {
        line[*name] = json!(value);
    }
    for (name, value) in others.as_object().unwrap() {
        line[name] = value.clone();
    }
    line
}

#[tokio::test]
async fn a_ticks_line_counts_the_runs_that_are_due_and_what_waits() {
    let live = Live::start().await;
    live.enrolled().await;
    live.lose_hints().await;
    live.forward(SignedDuration::from_secs(90));
    let lines = lines_of(live.wake()).await;
    let metrics = [
        ("hints_sent", "Count", 1),
        ("lanes_broken", "Count", 0),
        ("lanes_gone", "Count", 0),
        ("oldest_due", "Seconds", 90),
        ("oldest_open", "Seconds", 0),
        ("oldest_push", "Seconds", 0),
        ("runs_due", "Count", 1),
        ("runs_released", "Count", 0),
    ];
    assert_eq!(lines, [in_order(line_of("woken", &metrics, &json!({})))]);
    live.stop().await;
}

#[tokio::test]
async fn a_line_of_hints_counts_what_was_done_to_their_runs() {
    let live = Live::start().await;
    live.enrolled().await;
    live.forward(SignedDuration::from_secs(2));
    let lines = lines_of(live.dispatch()).await;
    let metrics = [
        ("hints_failed", "Count", 0),
        ("leases_lapsed", "Count", 0),
        ("open_lag", "Milliseconds", 2_000),
        ("outcomes_missing", "Count", 0),
        ("runs_held", "Count", 0),
        ("touchpoints_accepted", "Count", 0),
        ("touchpoints_expired", "Count", 0),
        ("touchpoints_missed", "Count", 0),
        ("touchpoints_opened", "Count", 1),
        ("touchpoints_refused", "Count", 0),
        ("touchpoints_sent", "Count", 0),
        ("touchpoints_unconfirmed", "Count", 0),
        ("touchpoints_unknown", "Count", 0),
        ("touchpoints_waiting", "Count", 0),
    ];
    let others = json!({"records": 1, "duration_ms": "*"});
    assert_eq!(lines, [in_order(line_of("batch", &metrics, &others))]);
    live.stop().await;
}

/// Lists the metrics of a line in the order in which the functions list them.
fn in_order(mut line: Value) -> Value {
    let listed = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array_mut();
    listed.unwrap().sort_by_key(|it| {
        let is_it = |metric: &aws::telemetry::Metric| it["Name"] == metric.name;
        ALL_METRICS.iter().position(is_it)
    });
    line
}

#[tokio::test]
async fn a_reports_line_counts_its_outcomes_by_their_kind_and_no_repeat() {
    let live = Live::start().await;
    let lead = live.enrolled().await;
    let id = live.pulled(&lead).await;
    let many = json!([
        {"id": id, "outcome": "answered"}, {"id": id, "outcome": "busy"},
        {"id": id, "outcome": "replied"}, {"id": "x", "outcome": "busy"},
    ]);
    let none = json!([{"id": "x", "outcome": "busy"}]);
    let lines = lines_of(async {
        live.outcome(&id, "no_answer").await;
        live.outcome(&id, "no_answer").await;
        live.call("POST", "/touchpoints/outcomes", Some(&many))
            .await;
        live.call("POST", "/touchpoints/outcomes", Some(&none))
            .await;
        live.event(&lead, json!({"type": "opted_out", "channel": "sms"}))
            .await;
    })
    .await;
    let metrics_of = |line: &Value| -> Vec<(String, Value)> {
        let directives = line["_aws"]["CloudWatchMetrics"].as_array();
        let metrics = directives.into_iter().flatten().flat_map(|it| {
            assert_eq!(it["Dimensions"], json!([[]]));
            it["Metrics"].as_array().unwrap().clone()
        });
        metrics
            .map(|it| {
                assert_eq!(it["Unit"], "Count");
                let name = it["Name"].as_str().unwrap();
                (name.to_owned(), line[name].clone())
            })
            .collect()
    };
    let count = |name: &str, count: u64| (format!("outcomes_{name}"), json!(count));
    let expected = [
        ("ok", vec![count("no_answer", 1)]),
        ("ok", vec![]),
        (
            "partial",
            vec![count("answered", 1), count("replied", 1), count("busy", 1)],
        ),
        ("validation_error", vec![]),
        (
            "ok",
            vec![
                count("opted_out", 1),
                ("suppressions_created".to_owned(), json!(2)),
            ],
        ),
    ];
    assert_eq!(lines.len(), expected.len());
    for (line, (outcome, metrics)) in lines.iter().zip(expected) {
        assert_eq!(
            (&line["outcome"], metrics_of(line)),
            (&json!(outcome), metrics)
        );
    }
    live.stop().await;
}

#[test]
fn every_outcome_that_clients_report_has_a_metric() {
    let words = Outcome::REPORTED.map(Outcome::as_str).into_iter();
    for word in words.chain(["deferred"]) {
        let name = format!("outcomes_{word}");
        assert!(
            ALL_METRICS.iter().any(|metric| metric.name == name),
            "{name}"
        );
    }
}
