//! The whole service on this machine: the services, the API, the event source and the schedule.

use api::{AppState, router};
use axum::{response::Html, routing::get};
use shared::clock::Clock;
use start_workflow::StartWorkflow;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    LocalError, Ports, Services, Storage, data_dir::DataDir, event_source::EventSource, recovery,
    schedule, services::listen,
};
use crate::reference::page_for_own_host;

/// The whole service, running.
#[derive(Debug)]
pub struct Stack {
    /// Where the API answers.
    pub api_url: String,
    /// What the functions use.
    pub services: Services,
    stop_intake: CancellationToken,
    stop_work: CancellationToken,
    intake: JoinHandle<()>,
    work: [JoinHandle<()>; 2],
}

impl Stack {
    /// Starts everything. When it returns, the API answers and the demo account is there.
    ///
    /// # Errors
    /// [`LocalError`], each with what to change.
    pub async fn start(storage: &Storage, ports: Ports, clock: Clock) -> Result<Self, LocalError> {
        // First the folder: who has it is a better answer than that a port is taken.
        let data_dir = DataDir::of(storage)?;
        let (listener, api_url) = listen(ports.address, ports.api, "--port").await?;
        let mut services = Services::start_in(data_dir, ports, &clock).await?;
        if let Some(data_dir) = &mut services.data_dir {
            data_dir.sign(&api_url)?;
        }
        let sent = recovery::send_lost_starts(&services, &clock).await?;
        if sent > 0 {
            tracing::info!(starts = sent, "sent the starts that have no run yet");
        }

        let (stop_intake, stop_work) = (CancellationToken::new(), CancellationToken::new());
        let (store, queue) = (services.store.clone(), services.queue.clone());
        let app = router(AppState::new(store.clone(), queue.clone(), clock.clone()))
            .route("/docs", get(async || Html(page_for_own_host())));
        let stopped = stop_intake.clone().cancelled_owned();
        let intake = tokio::spawn(async move {
            let served = axum::serve(listener, app)
                .with_graceful_shutdown(stopped)
                .await;
            if let Err(error) = served {
                tracing::error!(%error, "the API stopped");
            }
        });
        let source = EventSource {
            client: services.clients.sqs.clone(),
            queue_url: services.queue_url.clone(),
            batch_size: services.definition.batch_size(),
            function: StartWorkflow::new(store.clone(), clock.clone()),
        };
        let work = [
            tokio::spawn(source.run(stop_work.clone())),
            tokio::spawn(schedule::run(store, queue, clock, stop_work.clone())),
        ];
        Ok(Self {
            api_url,
            services,
            stop_intake,
            stop_work,
            intake,
            work,
        })
    }

    /// Stops in the order in which work flows, each part after what it has in hand: first no more
    /// requests, then no more starts, then the services.
    pub async fn stop(self) {
        self.stop_intake.cancel();
        // A part that panicked has been reported by the panic hook.
        let _ = self.intake.await;
        self.stop_work.cancel();
        for part in self.work {
            let _ = part.await;
        }
        self.services.stop().await;
    }
}
