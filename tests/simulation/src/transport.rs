//! HTTP client of the SDK. It carries each call to a backend, through faults.

use std::{
    collections::BTreeSet,
    fmt, io,
    ops::RangeInclusive,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use aws::clients::Clients;
use aws_sdk_dynamodb::config::{
    HttpClient, RuntimeComponents, SharedHttpClient,
    http::{HttpRequest, HttpResponse},
    retry::RetryPartition,
};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        result::ConnectorError,
    },
    http::StatusCode,
};
use fastrand::Rng;
use serde_json::Value;
use tokio::time::sleep;

use crate::{
    answer::Answer,
    call::{Call, Caller},
    fault::Fault,
    faults::{Calls, FaultOf, Faults},
    permission::{self, Access},
};

/// Time after which a call on a dead connection fails. Longer than an operation of the SDK.
const DEAD: Duration = Duration::from_secs(10);

/// Number of the next transport. The SDK keeps budgets of retries for the whole process, by name.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Services behind a transport.
pub trait Backend: Clone + Send + Sync + 'static {
    /// Milliseconds of a call on its way there, and on its way back.
    const LATENCY: RangeInclusive<u64>;

    /// Returns the backend with the connections that the SDK asks for.
    fn connected(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> Self {
        self.clone()
    }

    /// Does a call and returns its answer. `None` if the connection breaks.
    fn answer(
        &self,
        call: Call,
        fault: Option<Fault>,
    ) -> impl Future<Output = Option<Answer>> + Send;
}

/// Transport of a function's calls. Clones share their calls and faults.
#[derive(Clone)]
pub struct Transport<B> {
    caller: Caller,
    number: u32,
    pub backend: B,
    network: Arc<Mutex<Network>>,
}

struct Network {
    rng: Rng,
    calls: Calls,
    attempts: Vec<Attempt>,
    /// Number of attempts that have begun and not ended.
    under_way: usize,
}

/// One attempt of a call.
struct Attempt {
    caller: Caller,
    operation: String,
    body: Value,
}

/// Times of an attempt on its way there and back.
struct Latency {
    there: Duration,
    back: Duration,
}

impl<B> fmt::Debug for Transport<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

impl<B: Backend> Transport<B> {
    /// Creates a transport to `backend` that draws from `rng`.
    pub fn new(backend: B, rng: Rng, faults: Faults) -> Self {
        let network = Network {
            rng,
            calls: Calls::new(faults),
            attempts: Vec::new(),
            under_way: 0,
        };
        Self {
            caller: Caller::Api,
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            backend,
            network: Arc::new(Mutex::new(network)),
        }
    }

    /// Returns clients of `caller` with the settings of `clients`. Their calls take this transport,
    /// and share one budget of retries.
    pub fn clients(&self, clients: &Clients, caller: Caller) -> Clients {
        let http = SharedHttpClient::new(Self {
            caller,
            ..self.clone()
        });
        let budget = RetryPartition::new(format!("{} {caller:?}", self.number));
        let dynamodb = clients.dynamodb.config().to_builder();
        let dynamodb = dynamodb
            .http_client(http.clone())
            .retry_partition(budget.clone());
        let sqs = clients.sqs.config().to_builder();
        let sqs = sqs.http_client(http).retry_partition(budget);
        Clients {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
        }
    }

    /// Lets all attempts of `operation`, such as `PutItem`, meet a fault.
    pub fn set(&self, operation: &'static str, fault: Fault) {
        self.set_fault(operation, fault, false);
    }

    /// Lets the next attempt of `operation` meet a fault.
    pub fn set_once(&self, operation: &'static str, fault: Fault) {
        self.set_fault(operation, fault, true);
    }

    /// Ends the fault of `operation`.
    pub fn end_fault(&self, operation: &'static str) {
        self.network().calls.set(operation, None);
    }

    fn set_fault(&self, operation: &'static str, fault: Fault, is_once: bool) {
        let fault = FaultOf {
            operation,
            caller: None,
            fault,
            is_once,
        };
        self.network().calls.set(operation, Some(fault));
    }

    /// Returns the operations of all attempts since the last time, in order.
    pub fn take_calls(&self) -> Vec<String> {
        let attempts = self.take_attempts();
        attempts.map(|attempt| attempt.operation).collect()
    }

    /// Returns the bodies of all attempts since the last time, in order.
    pub fn take_bodies(&self) -> Vec<String> {
        let attempts = self.take_attempts();
        attempts.map(|attempt| attempt.body.to_string()).collect()
    }

    fn take_attempts(&self) -> impl Iterator<Item = Attempt> + use<B> {
        std::mem::take(&mut self.network().attempts).into_iter()
    }

    /// Returns the number of attempts that are under way.
    pub fn under_way(&self) -> usize {
        self.network().under_way
    }

    /// Sets the faults of the next calls.
    pub fn set_faults(&self, faults: Faults) {
        self.network().calls.faults = faults;
    }

    /// Ends all faults.
    pub fn end_faults(&self) {
        self.network().calls.faults = Faults::None;
    }

    /// Returns the operations that were called. Retries do not count.
    pub fn calls(&self) -> Vec<String> {
        self.network().calls.operations()
    }

    /// Returns the number of attempts of all calls.
    pub fn attempts(&self) -> usize {
        self.network().attempts.len()
    }

    /// Returns the permissions that the calls needed.
    pub fn needed(&self) -> BTreeSet<Access> {
        let network = self.network();
        let attempts = network.attempts.iter();
        attempts
            .flat_map(|it| permission::needed(it.caller, &it.operation, &it.body))
            .collect()
    }

    /// Draws from the seed.
    pub fn draw<T>(&self, draw: impl FnOnce(&mut Rng) -> T) -> T {
        draw(&mut self.network().rng)
    }

    fn network(&self) -> MutexGuard<'_, Network> {
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an attempt down. Returns its latency and its fault.
    fn begin(&self, call: &Call) -> (Latency, Option<Fault>) {
        let invocation = call.request.headers().get("amz-sdk-invocation-id");
        let network = &mut *self.network();
        network.under_way += 1;
        network.attempts.push(Attempt {
            caller: call.caller,
            operation: call.operation.clone(),
            body: call.body.clone(),
        });
        let rng = &mut network.rng;
        let mut way = || Duration::from_millis(rng.u64(B::LATENCY));
        let latency = Latency {
            there: way(),
            back: way(),
        };
        let fault = network.calls.next_fault(
            rng,
            (call.caller, &call.operation),
            invocation.unwrap_or_default(),
        );
        (latency, fault)
    }

    /// Carries an attempt to the backend and its answer back. `None` if the connection breaks.
    async fn carry(self, call: Call, latency: Latency, fault: Option<Fault>) -> Option<Answer> {
        let answer = self.answer(call, latency, fault).await;
        self.network().under_way -= 1;
        answer
    }

    async fn answer(&self, call: Call, latency: Latency, fault: Option<Fault>) -> Option<Answer> {
        match fault {
            Some(Fault::Refused) => return None,
            Some(Fault::Dead) => {
                sleep(DEAD).await;
                return None;
            }
            Some(Fault::Slow(by)) => sleep(by).await,
            _ => pause(latency.there).await,
        }
        let answer = self.backend.answer(call, fault).await;
        pause(latency.back).await;
        answer.filter(|_| fault != Some(Fault::ReplyLost))
    }
}

async fn pause(time: Duration) {
    // A pause of no time would wait for the next tick of tokio's timer.
    if !time.is_zero() {
        sleep(time).await;
    }
}

impl<B: Backend> HttpClient for Transport<B> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let backend = self.backend.connected(settings, components);
        SharedHttpConnector::new(Self {
            backend,
            ..self.clone()
        })
    }
}

impl<B: Backend> HttpConnector for Transport<B> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = Call::read(self.caller, self.number, request);
        let (latency, fault) = self.begin(&call);
        // A call that has left the function takes effect, even if its caller gives up.
        let answer = tokio::spawn(self.clone().carry(call, latency, fault));
        HttpConnectorFuture::new(async move {
            let Ok(Some((status, body))) = answer.await else {
                let broken = io::Error::from(io::ErrorKind::ConnectionReset);
                return Err(ConnectorError::io(broken.into()));
            };
            let status = StatusCode::try_from(status).expect("a status");
            let mut response = HttpResponse::new(status, body.to_string().into());
            response
                .headers_mut()
                .insert("content-type", "application/x-amz-json-1.0");
            Ok(response)
        })
    }
}
