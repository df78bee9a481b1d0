//! The whole local stack: the services, the API, the event sources and the schedules.

use std::{net::IpAddr, process};

use api::{AppState, router};
use aws::clock::Clock;
use axum::{
    Router,
    middleware::{from_fn_with_state, map_request},
    routing::get,
};
use dispatch_touchpoints::DispatchTouchpoints;
use domain::webhook_secret::WebhookSecret;
use http::{HeaderName, HeaderValue, Method};
use start_workflow::StartWorkflow;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_http::cors::CorsLayer;
use wake_runs::WakeRuns;

use crate::{
    LocalError, Pace, Ports, Services, Storage,
    clock::KeptClock,
    consumers::Starts,
    data_dir::DataDir,
    dev_routes,
    dialer::Dialer,
    gateway::{self, Gateway},
    guard::Guard,
    home,
    journal::{self, Journal},
    queue_names::QueueName,
    receiver::{self, Receiver},
    recovery,
    reference::page_with_demo_key,
    running::Running,
    schedule,
    services::listen,
};

/// Request headers that web pages may send, as in template.yaml.
const REQUEST_HEADERS: [&str; 3] = ["content-type", "idempotency-key", "x-api-key"];
/// Reply headers that web pages may read, as in template.yaml.
const REPLY_HEADERS: [&str; 7] = [
    "allow",
    "idempotency-replayed",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "x-request-id",
];

/// A running local stack.
#[derive(Debug)]
pub struct Stack {
    /// URL of the API.
    pub api_url: String,
    /// Embedded services that the functions use.
    pub services: Services,
    /// Secret that signs the touchpoints of the demo account. `None` if callers pull them, or if the
    /// account has destinations of its own.
    pub webhook_secret: Option<WebhookSecret>,
    stop_intake: CancellationToken,
    stop_work: CancellationToken,
    intake: JoinHandle<()>,
    work: [JoinHandle<()>; 4],
}

/// Access for people: web pages, the journal and the receiver of the demo account's touchpoints.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Origins of web pages that may call the API, such as `http://localhost:5173`.
    pub origins: Vec<HeaderValue>,
    /// Journal of the requests. `None` if there is none.
    pub journal: Option<Journal>,
    /// Receiver of the demo account's touchpoints.
    pub receiver: Receiver,
}

impl Stack {
    /// Starts a stack for programs only. The API answers when it returns.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn start(storage: &Storage, ports: Ports, clock: Clock) -> Result<Self, LocalError> {
        Self::start_with(Access::default(), storage, ports, clock).await
    }

    /// Same as [`Stack::start`], with access for people.
    ///
    /// # Errors
    /// Same as [`Stack::start`].
    pub async fn start_with(
        access: Access,
        storage: &Storage,
        ports: Ports,
        clock: Clock,
    ) -> Result<Self, LocalError> {
        // The folder comes first: its error names the other stack, and the error of a taken port
        // does not.
        let data_dir = DataDir::of(storage)?;
        if let (Some(data_dir), Some(journal)) = (&data_dir, &access.journal) {
            data_dir.keep(journal)?;
        }
        let (listener, api_url) = listen(ports.address, ports.api, "--port").await?;
        let mut services = Services::start_in(data_dir, ports, &clock).await?;
        let webhook_secret = receiver::set(&services.store, &access.receiver, &api_url).await?;
        let recovered = recovery::send_lost_starts(&services, &clock).await?;
        if !recovered.is_empty() {
            tracing::info!(
                starts = recovered.len(),
                "sent the starts that have no run yet"
            );
        }

        let (stop_intake, stop_work) = (CancellationToken::new(), CancellationToken::new());
        let (store, queue) = (services.store.clone(), services.queue.clone());
        let state = AppState::new(store.clone(), queue.clone(), clock.clone())
            .with_dispatch(services.dispatch.clone())
            .with_api_url(&api_url);
        // A person who sends many requests while the clock stands still would be refused until the
        // clock is moved.
        let state = state.with_limits_by(Clock::System);
        let journal = access.journal.clone();
        let listener = Gateway::new(listener, &api_url);
        let kept = services.clock.clone();
        let (has_dialer, dialer) = match (&access.receiver, &webhook_secret) {
            (Receiver::PracticeDialer, Some(_)) => {
                let dialer = Dialer::new(store.clone(), kept.clone());
                (true, dialer.routes())
            }
            _ => (false, Router::new()),
        };
        let pages = router(state).merge(dialer);
        let home = home::page(&api_url, has_dialer);
        let app = access.around(pages, kept.clone(), home, ports.address);
        let stopped = stop_intake.clone().cancelled_owned();
        let intake = tokio::spawn(async move {
            let served = axum::serve(listener, app)
                .with_graceful_shutdown(stopped)
                .await;
            if let Err(error) = served {
                tracing::error!(%error, "the API stopped");
            }
        });
        let dispatch = services.dispatch.clone();
        let starts = Starts {
            function: StartWorkflow::new(store.clone(), dispatch.clone(), clock.clone()),
            store: store.clone(),
            journal: journal.clone(),
            recovered,
        };
        // Only the local stack may call this machine.
        let hints = DispatchTouchpoints::new(store.clone(), dispatch.clone(), clock.clone())
            .with_sender(webhook::Sender::local()?)
            .with_api_url(&api_url);
        let wake_runs = WakeRuns::new(store.clone(), dispatch, clock.clone());
        let work = [
            tokio::spawn(
                services
                    .source(QueueName::Start, starts)
                    .run(stop_work.clone()),
            ),
            tokio::spawn(
                services
                    .source(QueueName::Dispatch, hints)
                    .run(stop_work.clone()),
            ),
            tokio::spawn(schedule::every_minute(
                kept.clone(),
                stop_work.clone(),
                move || {
                    let wake_runs = wake_runs.clone();
                    async move { schedule::wake_runs(&wake_runs).await }
                },
            )),
            tokio::spawn(schedule::every_minute(
                kept.clone(),
                stop_work.clone(),
                move || {
                    let (store, queue) = (store.clone(), queue.clone());
                    let (kept, journal) = (kept.clone(), journal.clone());
                    async move {
                        schedule::requeue_starts(&store, &queue, &kept, journal.as_ref()).await;
                    }
                },
            )),
        ];
        let running = Running {
            process: process::id(),
            api_url: api_url.clone(),
            dynamodb_url: services.dynamodb_url.clone(),
            sqs_url: services.sqs_url.clone(),
            clock: Pace::of(&clock),
        };
        if let Some(data_dir) = &mut services.data_dir {
            data_dir.announce(&running)?;
        }
        Ok(Self {
            api_url,
            services,
            webhook_secret,
            stop_intake,
            stop_work,
            intake,
            work,
        })
    }

    /// Stops the event sources and the schedules, then the API, whose practice dialer they call, then the
    /// services. Each part finishes its work in progress. The next stack sends the starts that are left.
    pub async fn stop(self) {
        self.stop_work.cancel();
        for part in self.work {
            // An error here is a panic, which the panic hook has reported.
            let _ = part.await;
        }
        self.stop_intake.cancel();
        let _ = self.intake.await;
        self.services.stop().await;
    }
}

impl Access {
    /// Returns the API with its pages, behind the guard. The journal has a line for each request,
    /// even if the guard refuses it.
    fn around(&self, api: Router, clock: KeptClock, home: String, address: IpAddr) -> Router {
        let routes = api
            .merge(dev_routes::routes(clock))
            .route("/docs", get(async || home::unframed(page_with_demo_key())))
            .layer(from_fn_with_state(home, home::serve));
        // In a router of its own, because a layer runs after the choice of the route.
        let mut routes = Router::new()
            .fallback_service(routes)
            .layer(map_request(gateway::forward));
        if !self.origins.is_empty() {
            routes = routes.layer(self.cors());
        }
        let guarded = Guard::for_pages_of(&self.origins, address).protect(routes);
        match self.journal.clone() {
            Some(journal) => guarded.layer(from_fn_with_state(journal, journal::record)),
            None => guarded,
        }
    }

    /// Returns the same rules for pages of `origins` as template.yaml has for `CorsOrigins`.
    fn cors(&self) -> CorsLayer {
        CorsLayer::new()
            .allow_origin(self.origins.clone())
            .allow_methods([
                Method::GET,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ])
            .allow_headers(REQUEST_HEADERS.map(HeaderName::from_static))
            .expose_headers(REPLY_HEADERS.map(HeaderName::from_static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_may_send_and_read_what_they_may_on_aws() {
        let template = include_str!("../../template.yaml");
        for (name, headers) in [
            ("AllowHeaders:", &REQUEST_HEADERS[..]),
            ("ExposeHeaders:", &REPLY_HEADERS),
        ] {
            let (_, list) = template.split_once(name).unwrap();
            let (_, list) = list.split_once('[').unwrap();
            let (list, _) = list.split_once(']').unwrap();
            let there: Vec<_> = list.split(',').map(str::trim).collect();
            assert_eq!(there, headers, "{name}");
        }
    }
}
