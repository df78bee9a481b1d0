//! The Lambda function `wake-runs`.

use aws::{clients::Clients, clock::Clock, config, queue::DispatchQueue, store::Store, telemetry};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use wake_runs::{ScheduledEvent, WakeRuns, wake};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init_function(config::log_level()?, config::metrics_namespace());
    let (table, queue_url) = (config::table_name()?, config::dispatch_queue_url()?);
    let clients = Clients::from_env()?;
    let store = Store::new(clients.dynamodb, &table);
    let queue = DispatchQueue::new(clients.sqs, &queue_url);
    let state = &WakeRuns::new(store, queue, Clock::System);
    lambda_runtime::run(service_fn(
        move |_: LambdaEvent<ScheduledEvent>| async move { wake(state).await.map_err(Error::from) },
    ))
    .await
}
