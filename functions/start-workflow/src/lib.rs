//! Builds a run for each message of the queue
//! ([architecture](../../../docs/architecture.md#no-lost-start)).
//!
//! A message only points at a lead, and the lead's item decides what is built. Each record of a
//! batch is handled on its own. The reply names the failed records, and SQS delivers only those
//! again.

mod build;
mod lookup;
mod metrics;
mod outcome;
mod record;
mod state;

use std::time::{Duration, Instant};

use aws::{
    queue::Hint,
    telemetry::{ErrorChain, METRICS},
};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use tokio::time::timeout;

pub use self::state::{HINT_TIMEOUT, StartWorkflow};
use self::{
    lookup::{Leads, read_leads},
    metrics::RunMetrics,
    outcome::{Outcome, RecordError},
    record::start_run,
};

/// Maximum time for one record. It is shorter than the function's timeout, so that the other
/// records of the batch are acknowledged before that.
pub const RECORD_TIMEOUT: Duration = Duration::from_secs(25);

/// Handles the records of a batch side by side. The reply names the records that failed.
pub async fn handle(state: &StartWorkflow, event: SqsEvent) -> SqsBatchResponse {
    let started = Instant::now();
    let records = event.records.len();
    let leads = &read_leads(state, &event.records).await;
    let results = join_all(
        event
            .records
            .iter()
            .map(|message| handle_record(state, message, leads)),
    )
    .await;
    let mut response = SqsBatchResponse::default();
    let (mut built, mut hints) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(Some((run, hint))) => {
                built.push(run);
                hints.extend(hint);
            }
            Ok(None) => {}
            Err(failure) => response.batch_item_failures.push(failure),
        }
    }
    state.hint(&hints).await;
    let sum = |of: fn(&RunMetrics) -> usize| built.iter().map(of).sum::<usize>();
    tracing::info!(
        target: METRICS,
        records,
        records_failed = response.batch_item_failures.len(),
        runs_built = built.len(),
        // The largest of the batch. A batch is one record unless starts queue up.
        run_lag = built.iter().map(|run| run.lag_ms).max(),
        touchpoints_planned = sum(|run| run.planned),
        touchpoints_skipped_no_phone = sum(|run| run.skipped_no_phone),
        touchpoints_skipped_no_email = sum(|run| run.skipped_no_email),
        duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "batch"
    );
    response
}

/// Handles one record. Returns the run that it built, and its hint if the run is due soon. `None` if
/// it built no run and need not be delivered again.
async fn handle_record(
    state: &StartWorkflow,
    message: &SqsMessage,
    leads: &Leads,
) -> Result<Option<(RunMetrics, Option<Hint>)>, BatchItemFailure> {
    let message_id = message.message_id.clone().unwrap_or_default();
    let started = timeout(RECORD_TIMEOUT, start_run(state, message, leads)).await;
    match started.unwrap_or(Err(RecordError::TimedOut)) {
        Ok(Outcome::Started(metrics, hint)) => Ok(Some((metrics, hint))),
        Ok(Outcome::StartedBefore) => Ok(None),
        Ok(Outcome::Waiting) => {
            tracing::info!(
                queue.message_id = message_id,
                "the workflow is paused: the run waits"
            );
            Ok(None)
        }
        Ok(outcome) => {
            tracing::warn!(
                queue.message_id = message_id,
                outcome = outcome.as_str(),
                "no run built"
            );
            Ok(None)
        }
        Err(error) => {
            tracing::error!(queue.message_id = message_id, error = %ErrorChain(&error), "start failed");
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message_id;
            Err(failure)
        }
    }
}

#[cfg(test)]
mod tests {
    use aws::{
        clients::Clients,
        clock::Clock,
        queue::{DispatchQueue, QueueMessage, WorkflowStart},
        store::Store,
    };
    use aws_sdk_dynamodb::config::{
        BehaviorVersion, Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig,
    };
    use domain::ids::{AccountId, JobId, LeadId, RunId, WorkflowId};
    use jiff::Timestamp;
    use tokio::net::TcpListener;

    use super::*;

    fn start() -> WorkflowStart {
        let now = Timestamp::UNIX_EPOCH;
        WorkflowStart {
            account_id: AccountId::new(now, [7; 10]),
            lead_id: LeadId::new(now, [7; 10]),
            run_id: RunId::new(now, [7; 10]),
            job_id: JobId::new(now, [7; 10]),
            workflow_id: WorkflowId::new(now, [7; 10]),
            enqueued_at: now,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_record_that_waits_without_end_is_given_up_and_named() {
        // A server that accepts connections and never answers. The client has no timeouts.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url(format!("http://{}", silent.local_addr().unwrap()))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .timeout_config(TimeoutConfig::disabled())
            .retry_config(RetryConfig::disabled())
            .build();
        let store = Store::new(aws_sdk_dynamodb::Client::from_conf(config), "leadgate");
        let mut message = SqsMessage::default();
        message.message_id = Some("waits".to_owned());
        message.body = Some(start().to_body());
        let mut event = SqsEvent::default();
        event.records = vec![message];

        let begun = tokio::time::Instant::now();
        // No run is built, so no hint is sent.
        let clients = Clients::local("http://dynamodb.test", "http://sqs.test");
        let dispatch = DispatchQueue::new(clients.sqs, "http://sqs.test/dispatch");
        let function = StartWorkflow::new(store, dispatch, Clock::System);
        let response = handle(&function, event).await;
        assert!(begun.elapsed() >= RECORD_TIMEOUT);
        assert!(begun.elapsed() < RECORD_TIMEOUT + Duration::from_secs(1));
        let failed: Vec<_> = response
            .batch_item_failures
            .iter()
            .map(|failure| failure.item_identifier.as_str())
            .collect();
        assert_eq!(failed, ["waits"]);
    }
}
