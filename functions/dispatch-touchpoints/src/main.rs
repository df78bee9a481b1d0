//! The Lambda function `dispatch-touchpoints`.

use aws::{
    clients::Clients, clock::Clock, config, lambda, queue::DispatchQueue, store::Store, telemetry,
};
use aws_lambda_events::sqs::SqsEvent;
use dispatch_touchpoints::{DispatchTouchpoints, handle};
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn, tower::util::AndThenLayer};
use mimalloc::MiMalloc;

/// [ADR 13](../../../docs/adr/0013-release-profile.md) gives the reason for mimalloc.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main(flavor = "local")]
async fn main() -> Result<(), Error> {
    lambda::run_as_local_task(serve()).await
}

async fn serve() -> Result<(), Error> {
    telemetry::init_function(config::log_level()?, config::metrics_namespace());
    let (table, queue_url) = (config::table_name()?, config::dispatch_queue_url()?);
    let api_url = config::api_url()?;
    let clients = Clients::from_env()?;
    let state = DispatchTouchpoints::new(
        Store::new(clients.dynamodb, &table),
        DispatchQueue::new(clients.sqs, &queue_url),
        Clock::System,
    )
    .with_sender(webhook::Sender::new()?)
    .with_api_url(&api_url);
    // In the init phase, so that no batch waits for a TLS handshake.
    state.warm_up().await;
    let state = &state;
    let handler = service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Error>(handle(state, event.payload).await)
    });
    Runtime::new(handler)
        .layer(AndThenLayer::new(lambda::return_connection_to_pool))
        .run()
        .await
}
