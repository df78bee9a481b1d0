//! The SDK's HTTP client: it carries each call to the services inside the process, through the faults that a
//! schedule wants.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ::aws::clock::Clock;
use aws_sdk_dynamodb::config::{
    HttpClient, RuntimeComponents, SharedHttpClient,
    http::{HttpRequest, HttpResponse},
};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        result::ConnectorError,
    },
    http::StatusCode,
};
use dynoxide::Database;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use local::dynamodb;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    aws::{self, Answer, Queue, text},
    permission::{self, Permission},
    planted::Planted,
};

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is refused: nothing is done.
    Refused,
    /// It is done, and the connection breaks before the answer.
    ReplyLost,
    /// The connection died while the function was frozen: nothing is done, and nobody answers.
    Dead,
    /// It arrives when the attempt has timed out, and is done then.
    Late,
    /// It takes most of an attempt's time.
    Slow,
    /// The service asks to come back later.
    Throttled,
    /// The service fails with 500: nothing is done.
    Failed,
    /// The service does it and fails with 500.
    FailedAfter,
    /// Of a batch, the first half is done; any other call is throttled.
    Partial,
}

impl Fault {
    /// Each of them.
    pub const ALL: [Self; 9] = [
        Self::Refused,
        Self::ReplyLost,
        Self::Dead,
        Self::Late,
        Self::Slow,
        Self::Throttled,
        Self::Failed,
        Self::FailedAfter,
        Self::Partial,
    ];
    const ERRORS: [Self; 5] = [
        Self::Refused,
        Self::ReplyLost,
        Self::Dead,
        Self::Throttled,
        Self::Failed,
    ];
}

/// Which calls meet which faults.
#[derive(Clone, Debug)]
pub enum Faults {
    /// None does.
    None,
    /// The n-th call does, counted from 0 without retries; `bool`: so do its retries.
    At(Vec<(usize, Fault, bool)>),
    /// So many of a hundred attempts do; half of them with their retries.
    Random(u32),
    /// So many of a hundred attempts, each for itself, are not answered as they should be.
    Errors(u32),
}

/// Longer than an attempt.
const LATE: Duration = Duration::from_secs(3);
/// Longer than an operation.
const DEAD: Duration = Duration::from_secs(10);
const SLOW: Duration = Duration::from_millis(1_500);

/// Whose call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Api,
    StartWorkflow,
    RequeueStarts,
}

/// The wire of one of the functions. Clones are the same wire.
#[derive(Clone)]
pub struct Wire {
    caller: Caller,
    number: u32,
    database: Database,
    clock: Clock,
    /// What the clock shows when `started`.
    origin: Timestamp,
    started: Instant,
    planted: Option<Planted>,
    state: Arc<Mutex<State>>,
}

struct State {
    rng: Rng,
    faults: Faults,
    /// The calls so far, retries apart, and their faults.
    calls: Vec<(String, Option<(Fault, bool)>)>,
    attempts: usize,
    /// Which of the calls an invocation of the SDK is.
    invocations: HashMap<String, usize>,
    queue: Queue,
    /// What all of them needed to be allowed.
    needed: BTreeSet<Permission>,
    /// How often each run was built: the runs' keys.
    built: BTreeMap<String, u32>,
    /// What start-workflow is to find as the run of a lead, for [`Planted::RunIdPerDelivery`].
    renamed: BTreeMap<String, String>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}

impl Wire {
    /// The `number`-th wire of the process, to `database` and an empty queue; `clock` is set by it.
    pub(super) fn new(
        number: u32,
        database: Database,
        clock: Clock,
        rng: Rng,
        faults: Faults,
        planted: Option<Planted>,
    ) -> Self {
        let state = State {
            rng,
            faults,
            calls: Vec::new(),
            attempts: 0,
            invocations: HashMap::new(),
            queue: Queue::default(),
            needed: BTreeSet::new(),
            built: BTreeMap::new(),
            renamed: BTreeMap::new(),
        };
        Self {
            caller: Caller::Api,
            number,
            database,
            origin: clock.now(),
            clock,
            started: Instant::now(),
            planted,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// The SDK's client of `caller`.
    pub(super) fn client_of(&self, caller: Caller) -> SharedHttpClient {
        let wire = self.clone();
        SharedHttpClient::new(Self { caller, ..wire })
    }

    /// What start-workflow is to find as the run of `lead`, for [`Planted::RunIdPerDelivery`].
    pub(super) fn rename_run(&self, lead: &str, run: String) {
        self.state().renamed.insert(lead.to_owned(), run);
    }

    /// No call meets a fault any more.
    pub(super) fn repair(&self) {
        self.state().faults = Faults::None;
    }

    /// The operations that were called, retries apart, with their faults.
    pub(super) fn calls(&self) -> Vec<(String, Option<(Fault, bool)>)> {
        self.state().calls.clone()
    }

    /// How many attempts there were.
    pub(super) fn attempts(&self) -> usize {
        self.state().attempts
    }

    /// What the calls needed to be allowed.
    pub(super) fn needed(&self) -> BTreeSet<Permission> {
        self.state().needed.clone()
    }

    /// How often each run was built.
    pub(super) fn built(&self) -> BTreeMap<String, u32> {
        self.state().built.clone()
    }

    /// Runs that were built more than once.
    pub(super) fn built_twice(&self) -> Vec<String> {
        let state = self.state();
        let twice = state.built.iter().filter(|(_, times)| **times > 1);
        twice.map(|(run, _)| run.clone()).collect()
    }

    /// The queue.
    pub(super) fn queue<T>(&self, look: impl FnOnce(&mut Queue, &mut Rng) -> T) -> T {
        let mut state = self.state();
        let State { queue, rng, .. } = &mut *state;
        look(queue, rng)
    }

    /// Draws from the seed.
    pub(super) fn draw<T>(&self, draw: impl FnOnce(&mut Rng) -> T) -> T {
        draw(&mut self.state().rng)
    }

    /// Sets the functions' clock to the time of the paused clock.
    pub(super) fn tick(&self) {
        let passed = SignedDuration::try_from(self.started.elapsed()).expect("a short time");
        self.clock.set(self.origin + passed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens to an attempt, and how long it takes to get there and back.
    fn meet(&self, operation: &str, invocation: &str) -> (Option<Fault>, [Duration; 2]) {
        let mut state = self.state();
        let State {
            rng,
            faults,
            calls,
            attempts,
            invocations,
            ..
        } = &mut *state;
        *attempts += 1;
        let mut way = || Duration::from_millis(rng.u64(1..=12));
        let ways = [way(), way()];
        let drawn = |rng: &mut Rng, percent: u32, of: &[Fault]| {
            (rng.u32(0..100) < percent).then(|| of[rng.usize(0..of.len())])
        };
        let fault = match invocations.get(invocation) {
            None => {
                let site = calls.len();
                let fault = match faults {
                    Faults::None => None,
                    Faults::At(at) => at
                        .iter()
                        .find(|(wanted, ..)| *wanted == site)
                        .map(|(_, fault, persists)| (*fault, *persists)),
                    Faults::Random(percent) => {
                        drawn(rng, *percent, &Fault::ALL).map(|fault| (fault, rng.bool()))
                    }
                    Faults::Errors(percent) => {
                        drawn(rng, *percent, &Fault::ERRORS).map(|fault| (fault, false))
                    }
                };
                calls.push((operation.to_owned(), fault));
                invocations.insert(invocation.to_owned(), site);
                fault.map(|(fault, _)| fault)
            }
            Some(_) if matches!(faults, Faults::None) => None,
            Some(site) => match (&calls[*site].1, faults) {
                (Some((fault, true)), _) => Some(*fault),
                (_, Faults::Random(percent)) => drawn(rng, *percent, &Fault::ALL),
                (_, Faults::Errors(percent)) => drawn(rng, *percent, &Fault::ERRORS),
                _ => None,
            },
        };
        (fault, ways)
    }

    /// Does the work of a call.
    fn serve(&self, operation: &str, mut request: Value, fault: Option<Fault>) -> Answer {
        self.tick();
        if let Some(token) = request.get_mut("ClientRequestToken") {
            // The SDK draws it from the seed, and the table has seen it when a seed is played again.
            *token = json!(format!(
                "{:08x}{}",
                self.number,
                text(token).get(8..).unwrap_or_default()
            ));
        }
        let mut operation = operation;
        let mut held_back = None;
        if let Some(planted) = self.planted {
            let call = (&mut operation, &mut request);
            if let Some(answer) = planted.instead(self.caller, call, fault) {
                return answer;
            }
        }
        match fault {
            Some(Fault::Throttled) => return refused(400, "ThrottlingException"),
            Some(Fault::Failed) => return refused(500, "InternalServerError"),
            Some(Fault::Partial) => match hold_back(operation, &mut request) {
                None => return refused(400, "ThrottlingException"),
                held => held_back = held,
            },
            _ => {}
        }
        let mut answer = if operation.starts_with("SendMessage") {
            aws::sqs(&mut self.state().queue, operation, &request)
        } else {
            let run = (operation == "PutItem" && text(&request["Item"]["et"]["S"]) == "run")
                .then(|| text(&request["Item"]["sk"]["S"]).to_owned());
            let answer = dynamodb::answer(&self.database, operation, request);
            let kind = text(&answer.1["__type"]);
            assert!(
                answer.0 == 200
                    || kind.contains("ConditionalCheck")
                    || kind.contains("Transaction"),
                "{operation} is refused: {answer:?}"
            );
            if let (Some(run), 200) = (run, answer.0) {
                *self.state().built.entry(run).or_default() += 1;
            }
            answer
        };
        if let Some((name, held_back)) = held_back {
            answer.1[name] = held_back;
        }
        if fault == Some(Fault::FailedAfter) {
            return refused(500, "InternalServerError");
        }
        if let Some(planted) = self.planted {
            planted.amend(self.caller, operation, &mut answer, &self.state().renamed);
        }
        answer
    }
}

/// Takes the second half out of a batch; gives what the reply is to say of it.
fn hold_back(operation: &str, request: &mut Value) -> Option<(&'static str, Value)> {
    match operation {
        "BatchWriteItem" => {
            let (table, requests) = request["RequestItems"].as_object_mut()?.iter_mut().next()?;
            let requests = requests.as_array_mut()?;
            let held = requests.split_off(requests.len() / 2);
            let is_empty = requests.is_empty();
            let unprocessed = json!({ table: held });
            if is_empty {
                // DynamoDB refuses an empty batch; one in which it processes nothing, it throttles.
                return None;
            }
            Some(("UnprocessedItems", unprocessed))
        }
        "SendMessageBatch" => {
            let entries = request["Entries"].as_array_mut()?;
            let held = entries.split_off(entries.len() / 2);
            let failed = held.iter().map(
                |entry| json!({"Id": entry["Id"], "Code": "InternalError", "SenderFault": false}),
            );
            Some(("Failed", failed.collect()))
        }
        _ => None,
    }
}

fn refused(status: u16, kind: &str) -> Answer {
    (status, json!({ "__type": kind, "message": "" }))
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.clone();
        let header = |name| request.headers().get(name).unwrap_or_default().to_owned();
        let target = header("x-amz-target");
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let (fault, [there, back]) = wire.meet(&operation, &header("amz-sdk-invocation-id"));
        let body = request.body().bytes().expect("a body in memory");
        let body = serde_json::from_slice(body).expect("a JSON body");
        let needed = permission::needed(wire.caller, &operation, &body);
        wire.state().needed.extend(needed);
        // What was sent is done even if nobody waits for it any more.
        let done = tokio::spawn(async move {
            match fault {
                Some(Fault::Refused) => return None,
                Some(Fault::Dead) => {
                    sleep(DEAD).await;
                    return None;
                }
                Some(Fault::Late) => sleep(LATE).await,
                Some(Fault::Slow) => sleep(SLOW).await,
                _ => sleep(there).await,
            }
            let answer = wire.serve(&operation, body, fault);
            sleep(back).await;
            (fault != Some(Fault::ReplyLost)).then_some(answer)
        });
        HttpConnectorFuture::new(async move {
            let Ok(Some((status, body))) = done.await else {
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
