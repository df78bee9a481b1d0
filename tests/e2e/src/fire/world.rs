//! The three functions on one wire, and what clients were told. A handler can be killed at any of its await
//! points: its future is dropped, what it has sent is done all the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use api::{AppState, router};
use aws::randomness::Randomness;
use aws::{clients::Clients, clock::Clock, queue::StartQueue, store::Store};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_dynamodb::config::retry::RetryPartition;
use axum::{Router, body::Body};
use dynoxide::Database;
use http::Request;
use local::{Services, demo, dynamodb};
use requeue_starts::requeue;
use serde_json::{Value, json};
use start_workflow::{StartWorkflow, handle};
use tokio::time::{Instant, timeout};
use tower::ServiceExt;

use super::{
    aws::{Message, text},
    plan::{Kills, Plan},
    planted::Planted,
    schedule::reveals,
    wire::{Caller, Faults, Wire},
};

/// As in template.yaml.
const API_TIMEOUT: Duration = Duration::from_secs(29);
const START_TIMEOUT: Duration = Duration::from_secs(30);
const REQUEUE_TIMEOUT: Duration = Duration::from_secs(50);
pub(super) const MAX_RECEIVE_COUNT: u32 = 5;
pub(super) const TABLE: &str = "leadgate";
pub(super) const QUEUE_URL: &str = "http://sqs.test/starts";
/// When every schedule begins.
pub(super) const BEGIN: &str = "2026-02-10T12:00:00Z";

/// The SDK keeps the budgets of retries by their names, for the whole process.
static WIRES: AtomicU32 = AtomicU32::new(0);

/// What a message's body is that nobody can read.
pub(super) const POISON: &str = "{}";

/// A database with the demo account, for one schedule after the other.
pub struct Bench {
    database: Database,
    clients: Clients,
}

impl Bench {
    /// A new one.
    pub async fn new() -> Self {
        let clients = Clients::local("http://dynamodb.test", "http://sqs.test");
        let database = Database::memory().expect("a database");
        let clock = Clock::manual(BEGIN.parse().expect("a time"));
        let rng = fastrand::Rng::with_seed(0);
        let wire = Wire::new(0, database.clone(), clock.clone(), rng, Faults::None, None);
        let bench = Self { database, clients };
        let dynamodb = bench.clients_on(&wire, Caller::Api, 0).dynamodb;
        Services::fill(&dynamodb, &clock).await.expect("a table");
        bench.clear(&bench.items());
        bench
    }

    /// A wire of its own number to the database.
    pub(super) fn wire(&self, clock: &Clock, plan: &Plan) -> (u32, Wire) {
        let number = WIRES.fetch_add(1, Ordering::Relaxed) + 1;
        let rng = fastrand::Rng::with_seed(plan.seed);
        let (database, faults) = (self.database.clone(), plan.faults.clone());
        let wire = Wire::new(number, database, clock.clone(), rng, faults, plan.planted);
        (number, wire)
    }

    /// The SDK's clients with the functions' settings, on a wire. Their retries have a budget of their own.
    pub(super) fn clients_on(&self, wire: &Wire, caller: Caller, number: u32) -> Clients {
        let http = wire.client_of(caller);
        let budget = RetryPartition::new(format!("{number} {caller:?}"));
        let dynamodb = self.clients.dynamodb.config().to_builder();
        let sqs = self.clients.sqs.config().to_builder();
        Clients {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(
                dynamodb
                    .http_client(http.clone())
                    .retry_partition(budget.clone())
                    .build(),
            ),
            sqs: aws_sdk_sqs::Client::from_conf(
                sqs.http_client(http).retry_partition(budget).build(),
            ),
        }
    }

    /// Every item of the table.
    pub(super) fn items(&self) -> Vec<Value> {
        let all = dynamodb::answer(&self.database, "Scan", json!({"TableName": TABLE}));
        match all {
            (200, Value::Object(mut reply)) => match reply.remove("Items") {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            },
            refused => panic!("{refused:?}"),
        }
    }

    /// Takes all of its items out but the account, its key, which was never used then, its workflow and its
    /// campaign.
    pub(super) fn clear(&self, items: &[Value]) {
        for item in items {
            let (pk, sk) = (text(&item["pk"]["S"]), text(&item["sk"]["S"]));
            let key = json!({"pk": item["pk"], "sk": item["sk"]});
            if pk.starts_with("KEY#") {
                let forget = json!({
                    "TableName": TABLE, "Key": key, "UpdateExpression": "REMOVE last_used",
                });
                assert_eq!(
                    dynamodb::answer(&self.database, "UpdateItem", forget).0,
                    200
                );
            }
            if pk.starts_with("LEAD#") || sk.starts_with("WAITING#") {
                let delete = json!({"TableName": TABLE, "Key": key});
                assert_eq!(
                    dynamodb::answer(&self.database, "DeleteItem", delete).0,
                    200
                );
            }
        }
    }
}

/// What clients know, and what has been done to them.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Lead and run of every 201 that named a run.
    pub(super) promised: BTreeSet<(String, String)>,
    /// The lead of every 201.
    pub(super) created: BTreeSet<String>,
    /// What a request's name and index stand for.
    pub(super) named: BTreeMap<(String, usize), String>,
    pub(super) erase_tries: BTreeMap<String, usize>,
    pub(super) erased: BTreeSet<String>,
    pub(super) assign_tries: BTreeMap<String, usize>,
    pub(super) stopped: BTreeSet<String>,
    /// Messages that were delivered too often.
    pub(super) dead: Vec<Message>,
    /// What must never be, whenever it was seen.
    pub(super) problems: Vec<String>,
    /// What happened, for whoever reads a failure.
    pub(super) log: Vec<String>,
    /// How often each handler was polled.
    pub(super) polls: Vec<u32>,
    /// Requests with a name, to be sent again.
    pub(super) requests: Vec<(String, Value)>,
}

/// The functions, running.
#[derive(Clone)]
pub struct World {
    pub(super) wire: Wire,
    api: Router,
    consumer: StartWorkflow,
    store: Store,
    queue: StartQueue,
    clock: Clock,
    planted: Option<Planted>,
    kills: Kills,
    started: Instant,
    told: Arc<Mutex<Told>>,
}

impl World {
    pub(super) fn new(bench: &Bench, plan: &Plan) -> Self {
        let clock = Clock::manual(BEGIN.parse().expect("a time"));
        let (number, wire) = bench.wire(&clock, plan);
        let api = bench.clients_on(&wire, Caller::Api, number);
        let consumer = bench.clients_on(&wire, Caller::StartWorkflow, number);
        let requeue = bench.clients_on(&wire, Caller::RequeueStarts, number);
        let store = Store::new(api.dynamodb, TABLE);
        let queue = StartQueue::new(api.sqs, QUEUE_URL);
        let ids = Randomness::Counted(Arc::new(AtomicU64::new(plan.seed << 16)));
        Self {
            api: router(AppState::new(store, queue, clock.clone()).with_randomness(ids)),
            consumer: StartWorkflow::new(Store::new(consumer.dynamodb, TABLE), clock.clone()),
            store: Store::new(requeue.dynamodb, TABLE),
            queue: StartQueue::new(requeue.sqs, QUEUE_URL),
            clock,
            wire,
            planted: plan.planted,
            kills: plan.kills,
            started: Instant::now(),
            told: Arc::default(),
        }
    }

    pub(super) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn log(&self, what: String) {
        let at = self.started.elapsed();
        self.told().log.push(format!("{at:9.3?}  {what}"));
    }

    /// Kills no handler any more.
    pub(super) fn spare(&mut self) {
        self.kills = Kills::None;
    }

    pub(super) fn problem(&self, what: String) {
        self.log(format!("WRONG: {what}"));
        self.told().problems.push(what);
    }

    /// Runs a handler until it is done, killed or timed out.
    async fn invoke<T>(&self, limit: Duration, handler: impl Future<Output = T>) -> Option<T> {
        self.wire.tick();
        let number = {
            let polls = &mut self.told().polls;
            polls.push(0);
            polls.len() - 1
        };
        let killed_at = match self.kills {
            Kills::None => None,
            Kills::At(handler, polls) => (handler == number).then_some(polls),
            Kills::Random(percent) => self
                .wire
                .draw(|rng| (rng.u32(0..100) < percent).then(|| rng.u32(0..12))),
        };
        let mut handler = pin!(timeout(limit, handler));
        let done = poll_fn(|context| {
            let polls = self.told().polls[number];
            if Some(polls) == killed_at {
                return Poll::Ready(None);
            }
            self.told().polls[number] += 1;
            handler.as_mut().poll(context).map(Some)
        })
        .await;
        match done {
            Some(Ok(done)) => Some(done),
            Some(Err(_)) => {
                self.log("timed out".to_owned());
                None
            }
            None => {
                self.log("killed".to_owned());
                None
            }
        }
    }

    /// Calls the API; none: no answer.
    async fn call(
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
            let body = axum::body::to_bytes(body, usize::MAX)
                .await
                .expect("a body");
            let body: Value = serde_json::from_slice(&body).expect("JSON");
            (parts.status.as_u16(), body)
        };
        // Later than it may be, so that one that is too late is seen.
        let answer = self.invoke(API_TIMEOUT * 2, answered).await;
        if begun.elapsed() > API_TIMEOUT {
            self.problem(format!("{method} {path} took {:?}", begun.elapsed()));
        }
        let status = answer.as_ref().map(|(status, _)| *status);
        self.log(format!(
            "{method} {path} {} -> {status:?}",
            key.unwrap_or_default()
        ));
        if status == Some(500) {
            self.problem(format!("{method} {path} answered 500"));
        }
        let error = answer.as_ref().filter(|(status, _)| *status >= 400);
        if error.is_some_and(|(_, body)| reveals(&body.to_string())) {
            self.problem(format!("the error of {method} {path} reveals something"));
        }
        answer
    }

    /// Creates leads as a client does: what gets no answer, or is told to come again, comes again.
    pub(super) async fn create(self, body: Value, key: Option<String>, tries: u32) {
        for _ in 0..tries {
            match self
                .call("POST", "/leads", Some(&body), key.as_deref())
                .await
            {
                Some((201 | 207 | 400, reply)) if body.is_array() => {
                    let results = reply["results"].as_array().cloned().unwrap_or_default();
                    let mut is_done = true;
                    for (index, result) in results.iter().enumerate() {
                        if result["success"] == true {
                            self.hear(key.as_deref(), index, result);
                        } else {
                            is_done &= result["code"] != "unavailable";
                        }
                    }
                    if is_done {
                        return;
                    }
                }
                Some((201, reply)) => return self.hear(key.as_deref(), 0, &reply),
                Some((503, _)) | None => {}
                Some((422, _)) if key.is_some() => {
                    let is_of_erased = !self.told().erase_tries.is_empty();
                    if !is_of_erased {
                        self.problem(format!("{key:?} was refused"));
                    }
                    return;
                }
                Some((status, reply)) => {
                    return self.problem(format!("POST /leads answered {status} {reply}"));
                }
            }
        }
    }

    fn hear(&self, key: Option<&str>, index: usize, reply: &Value) {
        let lead = text(&reply["lead"]["id"]).to_owned();
        let run = text(&reply["workflow_run"]["id"]);
        self.log(format!("  told of {lead} {run}"));
        let mut told = self.told();
        told.created.insert(lead.clone());
        if !run.is_empty() {
            told.promised.insert((lead.clone(), run.to_owned()));
        }
        if let Some(key) = key {
            let before = told.named.insert((key.to_owned(), index), lead.clone());
            if before.is_some_and(|before| before != lead) {
                told.problems.push(format!("{key} made two leads"));
            }
        }
    }

    pub(super) async fn erase(self, lead: String) {
        *self.told().erase_tries.entry(lead.clone()).or_default() += 1;
        match self
            .call("DELETE", &format!("/leads/{lead}"), None, None)
            .await
        {
            Some((200, _)) => {
                self.told().erased.insert(lead);
            }
            // The other one has erased it.
            Some((404, _)) if self.told().erase_tries[&lead] > 1 => {}
            Some((409 | 503, _)) | None => {}
            Some((status, _)) => self.problem(format!("DELETE {lead} answered {status}")),
        }
    }

    pub(super) async fn assign(self, lead: String) {
        *self.told().assign_tries.entry(lead.clone()).or_default() += 1;
        let body = json!({"workflowId": demo::WORKFLOW_ID});
        let path = format!("/leads/{lead}/assign-workflow");
        match self.call("POST", &path, Some(&body), None).await {
            Some((201, reply)) => {
                let run = text(&reply["workflowRunId"]).to_owned();
                self.told().promised.insert((lead, run));
            }
            Some((404, _)) if self.told().erase_tries.contains_key(&lead) => {}
            Some((409 | 503, _)) | None => {}
            Some((status, reply)) => {
                self.problem(format!("assigning {lead} answered {status} {reply}"));
            }
        }
    }

    pub(super) async fn stop(self, lead: String) {
        let body = json!({"workflow_id": demo::WORKFLOW_ID});
        let path = format!("/leads/{lead}/automation/stop");
        if let Some((200, _)) = self.call("POST", &path, Some(&body), None).await {
            self.told().stopped.insert(lead);
        }
    }

    /// Looks at a lead, as whoever waits for its run would.
    pub(super) async fn look(&self, lead: &str) -> Option<u16> {
        let answer = self
            .call("GET", &format!("/leads/{lead}"), None, None)
            .await;
        answer.map(|(status, _)| status)
    }

    /// Hands up to ten messages to start-workflow, in any order, and deletes those that it has handled;
    /// `again`: some of them come again all the same.
    pub(super) async fn deliver(self, most_deliveries: u32, again: bool) {
        let batch: Vec<Message> = self.wire.queue(|queue, rng| {
            let mut waiting: Vec<&mut Message> = queue
                .messages
                .iter_mut()
                .filter(|message| message.deliveries < most_deliveries)
                .collect();
            rng.shuffle(&mut waiting);
            let batch = waiting.into_iter().take(10).map(|message| {
                message.deliveries += 1;
                message.clone()
            });
            batch.collect()
        });
        if batch.is_empty() {
            return;
        }
        let mut event = SqsEvent::default();
        event.records = batch.iter().map(|message| self.record(message)).collect();
        if self.planted == Some(Planted::AcknowledgedFirst) {
            self.wire.queue(|queue, _| {
                queue
                    .messages
                    .retain(|it| batch.iter().all(|one| one.id != it.id))
            });
        }
        let handled = self
            .invoke(START_TIMEOUT, handle(&self.consumer, event))
            .await;
        let Some(reply) = handled else {
            return self.log(format!("delivered {}, no reply", batch.len()));
        };
        let mut failed: BTreeSet<String> = reply
            .batch_item_failures
            .into_iter()
            .map(|failure| failure.item_identifier)
            .collect();
        self.log(format!(
            "delivered {}, failed {}",
            batch.len(),
            failed.len()
        ));
        match self.planted {
            Some(Planted::FailuresDropped) => failed.clear(),
            Some(Planted::WholeBatchFailed) if !failed.is_empty() => {
                failed = batch.iter().map(|message| message.id.clone()).collect();
            }
            _ => {}
        }
        let dead = self.wire.queue(|queue, rng| {
            let was_handled = |message: &Message| {
                batch.iter().any(|one| one.id == message.id) && !failed.contains(&message.id)
            };
            queue
                .messages
                .retain(|message| !was_handled(message) || again && rng.u8(0..4) == 0);
            let is_dead = |message: &mut Message| {
                failed.contains(&message.id) && message.deliveries >= MAX_RECEIVE_COUNT
            };
            queue.messages.extract_if(.., is_dead).collect::<Vec<_>>()
        });
        self.told().dead.extend(dead);
    }

    /// Hands messages to start-workflow, and gives those that it names as failed.
    pub(super) async fn hand_over(&self, records: Vec<SqsMessage>) -> Vec<String> {
        let mut event = SqsEvent::default();
        event.records = records;
        let failures = handle(&self.consumer, event).await.batch_item_failures;
        failures
            .into_iter()
            .map(|failure| failure.item_identifier)
            .collect()
    }

    /// A message as Lambda hands it over.
    pub(super) fn record(&self, message: &Message) -> SqsMessage {
        let mut record = SqsMessage::default();
        record.message_id = Some(message.id.clone());
        let mut body = message.body.clone();
        if let (Some(planted), Ok(mut start)) =
            (self.planted, serde_json::from_str::<Value>(&message.body))
        {
            match planted {
                Planted::YoungOrphan => start["enqueued_at"] = json!("2026-01-01T00:00:00Z"),
                Planted::RunIdPerDelivery if message.deliveries > 1 && body != POISON => {
                    let last = format!("{:04}", message.deliveries);
                    let run = format!("{}{last}", &text(&start["run_id"])[..32]);
                    self.wire.rename_run(text(&start["lead_id"]), run.clone());
                    start["run_id"] = json!(run);
                }
                _ => {}
            }
            body = start.to_string();
        }
        record.body = Some(body);
        record
    }

    /// Runs requeue-starts; false: it found nothing to do.
    pub(super) async fn requeue(self) -> bool {
        let requeued = requeue(&self.store, &self.queue, &self.clock);
        let done = self.invoke(REQUEUE_TIMEOUT, requeued).await;
        self.log(format!("requeue-starts: {done:?}"));
        !matches!(done, Some(Ok(done)) if done == requeue_starts::Requeued::default())
    }
}
