//! The Lambda function `requeue-starts`.

use aws::{clients::Clients, clock::Clock, config, queue::StartQueue, store::Store, telemetry};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use requeue_starts::{ScheduledEvent, requeue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init_function(config::log_level()?, config::metrics_namespace());
    let (table, queue_url) = (config::table_name()?, config::start_queue_url()?);
    let clients = Clients::from_env()?;
    let store = &Store::new(clients.dynamodb, &table);
    let queue = &StartQueue::new(clients.sqs, &queue_url);
    lambda_runtime::run(service_fn(
        move |_: LambdaEvent<ScheduledEvent>| async move {
            requeue(store, queue, &Clock::System)
                .await
                .map_err(Error::from)
        },
    ))
    .await
}
