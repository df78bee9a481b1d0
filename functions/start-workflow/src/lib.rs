//! Consumes workflow starts from the queue (docs/architecture.md, "No lost start").
//!
//! Trusts the lead's item, never the message: the message only says where to look. Every record is
//! handled on its own; those that failed are named in the reply, and SQS delivers only them again.

mod record;

use std::time::{Duration, Instant};

use aws::{
    catalogue::Catalogue,
    clock::Clock,
    store::{Store, StoreError},
    telemetry::{ErrorChain, METRICS},
};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use tokio::time::timeout;

use self::record::{Built, Leads, Outcome, RecordError};

/// A record that takes longer is given up and delivered again, so that the batch's others are acknowledged
/// before the function's timeout, which is longer.
pub const RECORD_TIMEOUT: Duration = Duration::from_secs(25);

/// What the handler needs. Clones share it all.
#[derive(Clone, Debug)]
pub struct StartWorkflow {
    store: Store,
    catalogue: Catalogue,
    clock: Clock,
}

impl StartWorkflow {
    /// State with empty caches.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            catalogue: Catalogue::new(store.clone(), clock.clone()),
            store,
            clock,
        }
    }

    /// Opens the connections that a batch will need.
    ///
    /// # Errors
    /// As of [`Store::warm_up`]; a caller can go on without.
    pub async fn warm_up(&self) -> Result<(), StoreError> {
        self.store.warm_up().await
    }
}

/// Handles the records of a batch side by side and names those that failed.
pub async fn handle(state: &StartWorkflow, event: SqsEvent) -> SqsBatchResponse {
    let started = Instant::now();
    let records = event.records.len();
    let known = &record::look_up(state, &event.records).await;
    let results = join_all(
        event
            .records
            .iter()
            .map(|message| handle_record(state, message, known)),
    )
    .await;
    let mut response = SqsBatchResponse::default();
    let mut built = Vec::new();
    for result in results {
        match result {
            Ok(run) => built.extend(run),
            Err(failure) => response.batch_item_failures.push(failure),
        }
    }
    let sum = |of: fn(&Built) -> usize| built.iter().map(of).sum::<usize>();
    tracing::info!(
        target: METRICS,
        records,
        records_failed = response.batch_item_failures.len(),
        runs_built = built.len(),
        // Of the slowest; a batch is one record unless starts queue up.
        run_lag = built.iter().map(|run| run.lag_ms).max(),
        touchpoints_planned = sum(|run| run.planned),
        touchpoints_skipped_no_phone = sum(|run| run.no_phone),
        touchpoints_skipped_no_email = sum(|run| run.no_email),
        duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "batch"
    );
    response
}

/// The run that was built, if one was; or the record's failure.
async fn handle_record(
    state: &StartWorkflow,
    message: &SqsMessage,
    known: &Leads,
) -> Result<Option<Built>, BatchItemFailure> {
    let message_id = message.message_id.clone().unwrap_or_default();
    let started = timeout(RECORD_TIMEOUT, record::start_run(state, message, known)).await;
    match started.unwrap_or(Err(RecordError::TimedOut)) {
        Ok(Outcome::Started(built)) => Ok(Some(built)),
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
    use aws::queue::WorkflowStart;
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
        // Takes connections and says nothing; the client has no limits of its own.
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
        let response = handle(&StartWorkflow::new(store, Clock::System), event).await;
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
