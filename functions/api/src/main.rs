//! The Lambda function `api`: wiring only.

use api::{AppState, Function};
use aws::{
    clients::Clients,
    clock::Clock,
    config, lambda,
    queue::{DispatchQueue, StartQueue},
    store::Store,
    telemetry,
};
use lambda_http::{Error, lambda_runtime::Runtime, tower::util::AndThenLayer};
use mimalloc::MiMalloc;

/// See [ADR 13](../../../docs/adr/0013-release-profile.md).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main(flavor = "local")]
async fn main() -> Result<(), Error> {
    lambda::run_as_local_task(serve()).await
}

async fn serve() -> Result<(), Error> {
    telemetry::init_function(config::log_level()?, config::metrics_namespace());
    let (table, queue_url) = (config::table_name()?, config::start_queue_url()?);
    let (dispatch_url, api_url) = (config::dispatch_queue_url()?, config::api_url()?);
    let clients = Clients::from_env()?;
    let store = Store::new(clients.dynamodb, &table);
    let queue = StartQueue::new(clients.sqs.clone(), &queue_url);
    let dispatch = DispatchQueue::new(clients.sqs, &dispatch_url);
    let state = AppState::new(store, queue, Clock::System)
        .with_dispatch(dispatch)
        .with_api_url(&api_url);
    state.warm_up().await;
    Runtime::new(Function::new(state))
        .layer(AndThenLayer::new(lambda::return_connection_to_pool))
        .run()
        .await
}
