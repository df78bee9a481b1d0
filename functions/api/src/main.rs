//! The Lambda function `api`: wiring only.

use api::{AppState, router};
use lambda_http::Error;
use shared::{aws::Clients, clock::Clock, config, queue::StartQueue, store::Store, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init_function(config::log_level()?);
    let (table, queue_url) = (config::table_name()?, config::start_queue_url()?);
    let clients = Clients::from_env().await;
    let store = Store::new(clients.dynamodb, &table);
    let queue = StartQueue::new(clients.sqs, &queue_url);
    // In the init phase, where CPU is plentiful: no request pays for a TLS handshake.
    let (store_ready, queue_ready) = tokio::join!(store.warm_up(), queue.warm_up());
    if let Err(error) = store_ready {
        tracing::warn!(error = %telemetry::Chain(&error), "the store is not warm");
    }
    if let Err(error) = queue_ready {
        tracing::warn!(error = %telemetry::Chain(&error), "the queue is not warm");
    }
    lambda_http::run(router(AppState::new(store, queue, Clock::System))).await
}
