//! Messages that SQS does not take out of a batch that it takes.

use aws::randomness::Randomness;
use aws::{clock::Clock, queue::WorkflowStart, telemetry::ErrorChain};
use domain::ids::{JobId, LeadId, RunId};
use e2e::proxy::{FailedEntry, Fault};
use lambda_http::http::StatusCode;
use local::demo;
use requeue_starts::requeue;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use crate::{logs::Logs, proxied::Proxied, support::account};

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
    let proxied = Proxied::start().await;
    proxied
        .sqs
        .set("SendMessageBatch", Fault::FailEntries(&FAILED));
    let now = Clock::System.now();
    // Two batches: ten, and two.
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
    let many = proxied.queue.send_many(&starts, until).await;
    let unsent: Vec<_> = (0..12).filter(|index| !many.sent[*index]).collect();
    assert_eq!(unsent, [0, 3, 4, 10]);
    assert_eq!(proxied.queued().await, 8);
    let errors = many.errors.iter();
    let errors: Vec<_> = errors.map(|error| ErrorChain(error).to_string()).collect();
    let [internal, invalid, throttled] = REASONS;
    assert_eq!(errors, [internal, invalid, throttled, internal]);
    proxied.stop().await;
}

#[tokio::test]
async fn a_refused_message_is_logged_with_its_reason() {
    let proxied = Proxied::warm(&lead()).await;
    let (logs, _guard) = Logs::capture();
    proxied
        .sqs
        .set("SendMessageBatch", Fault::FailEntries(&FAILED[..2]));
    let leads = json!([lead(), lead(), lead(), lead()]);
    let reply = proxied.post(&leads, None).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let reasons = [REASONS[0], REASONS[1]].map(str::to_owned);
    let expected = reasons
        .clone()
        .map(|it| ("starts were not queued".to_owned(), it));
    assert_eq!(logs.errors(), expected);
    // requeue-starts, too, says why.
    let (store, queue) = (&proxied.store, &proxied.queue);
    proxied
        .sqs
        .set("SendMessageBatch", Fault::FailEntries(&FAILED[..1]));
    requeue(store, queue, &Clock::System).await.unwrap_err();
    let said = ("starts could not be sent".to_owned(), reasons[0].clone());
    assert!(logs.errors().contains(&said), "{:?}", logs.errors());
    proxied.sqs.set("SendMessageBatch", Fault::None);
    let sent = requeue(store, queue, &Clock::System).await.unwrap();
    assert!((1..=2).contains(&sent.sent), "{sent:?}");
    proxied.stop().await;
}
