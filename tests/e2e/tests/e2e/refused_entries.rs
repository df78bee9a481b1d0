//! Entries that SQS refuses in a batch that it accepts.

use aws::randomness::Randomness;
use aws::{clock::Clock, queue::WorkflowStart, telemetry::ErrorChain};
use domain::ids::{JobId, LeadId, RunId};
use lambda_http::http::StatusCode;
use local::demo;
use requeue_starts::requeue;
use serde_json::{Value, json};
use simulation::{FailedEntry, Fault};
use tokio::time::{Duration, Instant};

use crate::fixtures::{Container, Logs, account};

const FAILED: [FailedEntry; 3] = [
    FailedEntry {
        index: 0,
        code: "InternalError",
        is_sender_fault: false,
    },
    FailedEntry {
        index: 3,
        code: "InvalidMessageContents",
        is_sender_fault: true,
    },
    FailedEntry {
        index: 4,
        code: "RequestThrottled",
        is_sender_fault: true,
    },
];
/// Error of each entry in [`FAILED`].
const REASONS: [&str; 3] = [
    "SQS did not take a message of a batch, and may take it later (code InternalError)",
    "SQS refused a message of a batch (code InvalidMessageContents)",
    "SQS did not take a message of a batch, and may take it later (code RequestThrottled)",
];

fn lead() -> Value {
    json!({"first_name": "John", "phone": "+1234567890", "workflow_id": demo::WORKFLOW_ID})
}

#[tokio::test]
async fn the_reason_of_each_refused_message_is_kept_and_no_other_is_unsent() {
    let container = Container::start().await;
    container
        .sqs
        .set("SendMessageBatch", Fault::FailedEntries(&FAILED));
    let now = Clock::System.now();
    // Two batches, of ten entries and of two.
    let starts: Vec<_> = (0..12)
        .map(|_| WorkflowStart {
            account_id: account(),
            lead_id: LeadId::new(now, Randomness::System.bits()),
            run_id: RunId::new(now, Randomness::System.bits()),
            job_id: JobId::new(now, Randomness::System.bits()),
            workflow_id: demo::WORKFLOW_ID.parse().unwrap(),
            enqueued_at: now,
        })
        .collect();
    let until = Instant::now() + Duration::from_secs(60);
    let many = container.queue.send_many(&starts, until).await;
    let unsent: Vec<_> = (0..12).filter(|index| !many.sent[*index]).collect();
    assert_eq!(unsent, [0, 3, 4, 10]);
    assert_eq!(container.queued().await, 8);
    let errors = many.errors.iter();
    let errors: Vec<_> = errors.map(|error| ErrorChain(error).to_string()).collect();
    let [internal, invalid, throttled] = REASONS;
    assert_eq!(errors, [internal, invalid, throttled, internal]);
    container.stop().await;
}

#[tokio::test]
async fn a_refused_message_is_logged_with_its_reason() {
    let container = Container::warm(&lead()).await;
    let (logs, _guard) = Logs::capture();
    container
        .sqs
        .set("SendMessageBatch", Fault::FailedEntries(&FAILED[..2]));
    let leads = json!([lead(), lead(), lead(), lead()]);
    let reply = container.post(&leads, None).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let reasons = [REASONS[0], REASONS[1]].map(str::to_owned);
    let expected = reasons
        .clone()
        .map(|it| ("starts were not queued".to_owned(), it));
    assert_eq!(logs.errors(), expected);
    // requeue-starts logs the reason, too.
    let (store, queue) = (&container.store, &container.queue);
    container
        .sqs
        .set("SendMessageBatch", Fault::FailedEntries(&FAILED[..1]));
    requeue(store, queue, &Clock::System).await.unwrap_err();
    let expected = ("starts could not be sent".to_owned(), reasons[0].clone());
    assert!(logs.errors().contains(&expected), "{:?}", logs.errors());
    container.sqs.end_fault("SendMessageBatch");
    let sent = requeue(store, queue, &Clock::System).await.unwrap();
    assert!((1..=2).contains(&sent.sent), "{sent:?}");
    container.stop().await;
}
