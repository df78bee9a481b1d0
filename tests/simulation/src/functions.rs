//! The functions on one transport. A handler can be cancelled at any of its await points: its
//! future is dropped, and the calls that it has sent still take effect.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
    task::Poll,
    time::Duration,
};

use api::{AppState, router};
use aws::{
    account_secret::AccountSecret,
    catalogue::Catalogue,
    clock::Clock,
    queue::{DispatchQueue, StartQueue},
    randomness::Randomness,
    store::Store,
};
use axum::{Router, body::Body};
use dispatch_touchpoints::{DispatchTouchpoints, Receivers, Request as Push};
use http::Request;
use local::demo;
use serde_json::Value;
use start_workflow::StartWorkflow;
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::{Instant, timeout},
};
use tower::ServiceExt;
use wake_runs::WakeRuns;

use crate::{
    call::{Caller, DISPATCH_QUEUE_URL, QUEUE_URL, TABLE},
    canaries::reveals,
    cloud::{self, Cloud},
    hand_overs::Bug,
    mutations::Mutation,
    observed::Observed,
    scenario::{Cancellations, Scenario},
    services::Services,
    transport::Transport,
};

/// Time that a handler of the API may take, as in template.yaml.
const API_TIMEOUT: Duration = Duration::from_secs(29);

/// Functions that run, and the observations of their clients. Clones are the same simulation.
#[derive(Clone)]
pub struct Simulation {
    pub transport: Transport<Services>,
    pub services: Services,
    api: Router,
    pub start_workflow: StartWorkflow,
    pub wake_runs: WakeRuns,
    pub dispatch_touchpoints: DispatchTouchpoints,
    /// Requests to webhooks. `None` if the receiver has begun.
    pub requests: Arc<Mutex<Option<UnboundedReceiver<Push>>>>,
    /// Secret of the account.
    pub secret: AccountSecret,
    /// Store of the API's doors of touchpoints, and the versions of workflows that they read.
    pub api_store: Store,
    pub catalogue: Catalogue,
    /// Store and queue of an operator's commands.
    pub operator_store: Store,
    pub operator_queue: StartQueue,
    /// Store of requeue-starts.
    pub store: Store,
    /// Queue of requeue-starts.
    pub queue: StartQueue,
    pub clock: Clock,
    pub mutation: Option<Mutation>,
    /// Count of the ids that the API has made.
    pub ids: Arc<AtomicU64>,
    cancellations: Cancellations,
    started: Instant,
    observed: Arc<Mutex<Observed>>,
}

impl Simulation {
    pub fn new(cloud: &Cloud, scenario: &Scenario) -> Self {
        let clock = cloud::clock();
        let transport = cloud.transport(&clock, scenario);
        let api = cloud.clients(&transport, Caller::Api);
        let start_workflow = cloud.clients(&transport, Caller::StartWorkflow);
        let requeue_starts = cloud.clients(&transport, Caller::RequeueStarts);
        let operator = cloud.clients(&transport, Caller::Operator);
        let wake_runs = cloud.clients(&transport, Caller::WakeRuns);
        let dispatch = cloud.clients(&transport, Caller::DispatchTouchpoints);
        let api_store = Store::new(api.dynamodb, TABLE);
        let ids = Arc::new(AtomicU64::new(scenario.seed << 16));
        let state = AppState::new(
            api_store.clone(),
            StartQueue::new(api.sqs.clone(), QUEUE_URL),
            clock.clone(),
        )
        .with_dispatch(DispatchQueue::new(api.sqs, DISPATCH_QUEUE_URL));
        let store = Store::new(start_workflow.dynamodb, TABLE);
        let (requests, received) = unbounded_channel();
        let hints = DispatchQueue::new(start_workflow.sqs, DISPATCH_QUEUE_URL);
        Self {
            api: router(state.with_randomness(Randomness::Counted(ids.clone()))),
            start_workflow: StartWorkflow::new(store, hints, clock.clone()),
            wake_runs: WakeRuns::new(
                Store::new(wake_runs.dynamodb, TABLE),
                DispatchQueue::new(wake_runs.sqs, DISPATCH_QUEUE_URL),
                clock.clone(),
            ),
            dispatch_touchpoints: DispatchTouchpoints {
                receivers: Some(Receivers::Simulated(requests)),
                randomness: Randomness::Counted(ids.clone()),
                ..DispatchTouchpoints::new(
                    Store::new(dispatch.dynamodb, TABLE),
                    DispatchQueue::new(dispatch.sqs, DISPATCH_QUEUE_URL),
                    clock.clone(),
                )
            },
            requests: Arc::new(Mutex::new(Some(received))),
            secret: cloud.secret,
            catalogue: Catalogue::new(api_store.clone(), clock.clone()),
            api_store,
            operator_store: Store::new(operator.dynamodb, TABLE),
            operator_queue: StartQueue::new(operator.sqs, QUEUE_URL),
            store: Store::new(requeue_starts.dynamodb, TABLE),
            queue: StartQueue::new(requeue_starts.sqs, QUEUE_URL),
            clock,
            services: transport.backend.clone(),
            transport,
            mutation: scenario.mutation,
            ids,
            cancellations: scenario.cancellations,
            started: Instant::now(),
            observed: Arc::default(),
        }
    }

    pub fn observed(&self) -> MutexGuard<'_, Observed> {
        self.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn log(&self, event: String) {
        let at = self.started.elapsed();
        self.observed().log.push(format!("{at:9.3?}  {event}"));
    }

    /// Returns whether a bug of hand-overs is planted.
    pub fn has(&self, bug: Bug) -> bool {
        self.mutation == Some(Mutation::HandOver(bug))
    }

    /// Notes down a breach of a rule that must hold at any time.
    pub fn problem(&self, problem: String) {
        self.log(format!("WRONG: {problem}"));
        self.observed().problems.push(problem);
    }

    /// Ends all faults and cancellations.
    pub fn heal(&mut self) {
        self.transport.end_faults();
        self.cancellations = Cancellations::None;
    }

    /// Runs a handler until it is done. `None` if it is cancelled or runs out of time.
    pub async fn invoke<T>(&self, limit: Duration, handler: impl Future<Output = T>) -> Option<T> {
        self.services.tick();
        let number = {
            let polls = &mut self.observed().polls;
            polls.push(0);
            polls.len() - 1
        };
        let most_polls = match self.cancellations {
            Cancellations::None => None,
            Cancellations::At { handler, polls } => (handler == number).then_some(polls),
            Cancellations::Random(percent) => self
                .transport
                .draw(|rng| (rng.u32(0..100) < percent).then(|| rng.u32(0..12))),
        };
        let mut handler = pin!(timeout(limit, handler));
        let done = poll_fn(|context| {
            let polls = self.observed().polls[number];
            if Some(polls) == most_polls {
                return Poll::Ready(None);
            }
            self.observed().polls[number] += 1;
            handler.as_mut().poll(context).map(Some)
        })
        .await;
        match done {
            Some(Ok(done)) => return Some(done),
            Some(Err(_)) => self.log("timed out".to_owned()),
            None => self.log("cancelled".to_owned()),
        }
        None
    }

    /// Calls the API. Returns the status and the body of the answer. `None` if no answer comes.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Option<(u16, Value)> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/public{path}"))
            .header("x-api-key", demo::API_KEY)
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request.body(Body::from(body)).expect("a request");
        let begun = Instant::now();
        let answered = async {
            let Ok(response) = self.api.clone().oneshot(request).await;
            let (parts, body) = response.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await;
            let body = serde_json::from_slice(&body.expect("a body")).expect("JSON");
            (parts.status.as_u16(), body)
        };
        // Twice the time that it may take, so that an answer that comes too late is seen.
        let answer = self.invoke(API_TIMEOUT * 2, answered).await;
        self.check_answer(method, path, key, begun.elapsed(), answer.as_ref());
        answer
    }

    fn check_answer(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        duration: Duration,
        answer: Option<&(u16, Value)>,
    ) {
        if duration > API_TIMEOUT {
            self.problem(format!("{method} {path} took {duration:?}"));
        }
        let status = answer.map(|(status, _)| *status);
        let key = key.unwrap_or_default();
        self.log(format!("{method} {path} {key} -> {status:?}"));
        if status == Some(500) {
            self.problem(format!("{method} {path} answered 500"));
        }
        let error = answer.filter(|(status, _)| *status >= 400);
        if error.is_some_and(|(_, body)| reveals(&body.to_string())) {
            self.problem(format!("the error of {method} {path} reveals something"));
        }
    }
}
