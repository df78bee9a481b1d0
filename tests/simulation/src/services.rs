//! DynamoDB and SQS inside the process, for one schedule.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws::clock::Clock;
use dynoxide::Database;
use jiff::{SignedDuration, Timestamp};
use local::{demo, dynamodb};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    answer::{Answer, text},
    call::{Call, Caller, DISPATCH_QUEUE_URL, TABLE},
    conditions::{Write, lacks, planted, unknown, writes},
    fault::Fault,
    hand_overs::{Journal, Memory, RunItem, run_key, writes_of},
    lost::lost_by,
    mutations::Mutation,
    queue::Queue,
    transport::Backend,
};

/// The services of one schedule. Clones are the same services.
#[derive(Clone)]
pub struct Services {
    database: Database,
    clock: Clock,
    /// Time of `clock` at `started`.
    origin: Timestamp,
    started: Instant,
    mutation: Option<Mutation>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    queue: Queue,
    hints: Queue,
    /// Everything about hand-overs that was written.
    journal: Journal,
    /// Number of times that each run was built, by the sort key of the run.
    built: BTreeMap<String, u32>,
    /// Run that start-workflow is to find in each lead, for [`Mutation::RunIdPerDelivery`].
    renamed_runs: BTreeMap<String, String>,
    /// Tokens of the transactions that were done.
    tokens: BTreeSet<String>,
    /// Breaches that calls have made.
    problems: Vec<String>,
    /// Conditional writes of the calls.
    writes: BTreeSet<Write>,
    /// Conditional writes that docs/mutations.md lacks.
    unknown: Vec<Write>,
    /// Memory of a [`Mutation::HandOver`].
    memory: Memory,
}

impl Services {
    /// Creates services with an empty queue. They set `clock`.
    pub fn new(database: Database, clock: Clock, mutation: Option<Mutation>) -> Self {
        Self {
            database,
            origin: clock.now(),
            clock,
            started: Instant::now(),
            mutation: mutation.or_else(|| planted().map(Mutation::Condition)),
            state: Arc::default(),
        }
    }

    /// Sets the functions' clock to the time of tokio's paused clock.
    pub fn tick(&self) {
        let passed = SignedDuration::try_from(self.started.elapsed()).expect("a short time");
        self.clock.set(self.origin + passed);
    }

    /// Calls `access` with the queue.
    pub fn queue<T>(&self, access: impl FnOnce(&mut Queue) -> T) -> T {
        access(&mut self.state().queue)
    }

    /// Calls `access` with the queue of hints.
    pub fn hints<T>(&self, access: impl FnOnce(&mut Queue) -> T) -> T {
        access(&mut self.state().hints)
    }

    /// Calls `access` with the journal of the table.
    pub fn journal<T>(&self, access: impl FnOnce(&Journal) -> T) -> T {
        access(&self.state().journal)
    }

    /// Returns the present time.
    pub fn now(&self) -> Timestamp {
        self.tick();
        self.clock.now()
    }

    /// Lets start-workflow find `run` as the run of `lead`, for [`Mutation::RunIdPerDelivery`].
    pub fn rename_run(&self, lead: &str, run: String) {
        self.state().renamed_runs.insert(lead.to_owned(), run);
    }

    /// Returns the sort keys of the runs that were built, each with its number of times.
    pub fn built(&self) -> BTreeMap<String, u32> {
        self.state().built.clone()
    }

    /// Returns the sort keys of the runs that were built more than once.
    pub fn built_twice(&self) -> Vec<String> {
        let state = self.state();
        let twice = state.built.iter().filter(|(_, times)| **times > 1);
        twice.map(|(run, _)| run.clone()).collect()
    }

    /// Returns the conditional writes of all calls.
    pub fn writes(&self) -> BTreeSet<Write> {
        self.state().writes.clone()
    }

    /// Returns the breaches that calls have made.
    pub fn problems(&self) -> Vec<String> {
        let state = self.state();
        let unknown = (!state.unknown.is_empty()).then(|| lacks(&state.unknown));
        unknown
            .into_iter()
            .chain(state.problems.iter().cloned())
            .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the run of a hint is claimed in the table, also if the lease has lapsed.
    pub fn is_claimed(&self, hint: &str) -> bool {
        let hint: Value = serde_json::from_str(hint).expect("a hint");
        let run = self.ask("GetItem", run_key(&hint))["Item"].take();
        RunItem::read(&run).is_some_and(|run| run.claim().is_some())
    }

    /// Returns the workflow of a lead. A lead without one, or that is erased, has the demo workflow.
    pub fn workflow_of(&self, lead: &str) -> String {
        let pk = format!("LEAD#{}#{lead}", demo::ACCOUNT_ID);
        let key = json!({"pk": {"S": pk}, "sk": {"S": "SELF"}});
        let lead = self.ask("GetItem", json!({"TableName": TABLE, "Key": key}));
        let workflow = text(&lead["Item"]["workflow_id"]["S"]);
        if workflow.is_empty() {
            demo::WORKFLOW_ID
        } else {
            workflow
        }
        .to_owned()
    }

    /// Returns the owner of the claim of a run, as the token of its lease. `None` if there is none.
    pub fn owner(&self, lead: &str, run: &str) -> Option<String> {
        let hint = json!({"account_id": demo::ACCOUNT_ID, "lead_id": lead, "run_id": run});
        let run = self.ask("GetItem", run_key(&hint))["Item"].take();
        Some(RunItem::read(&run)?.claim()?.0.clone())
    }

    /// Returns the reply of the table.
    fn ask(&self, operation: &str, request: Value) -> Value {
        dynamodb::answer(&self.database, operation, request).1
    }

    fn note_writes(&self, call: &Call) {
        let mut state = self.state();
        state.writes.extend(writes(&call.operation, &call.body));
        state.unknown.extend(unknown(&call.operation, &call.body));
    }

    /// Does a call as the real service would.
    fn carry_out(&self, caller: Caller, operation: &str, request: Value) -> Answer {
        if operation.starts_with("SendMessage") {
            if text(&request["QueueUrl"]) == DISPATCH_QUEUE_URL {
                return self
                    .state()
                    .hints
                    .answer(operation, &request, self.clock.now());
            }
            return self.queue(|queue| queue.answer(operation, &request, self.clock.now()));
        }
        let item = &request["Item"];
        let is_build = caller == Caller::StartWorkflow && operation == "PutItem";
        let run = (is_build && text(&item["et"]["S"]) == "run")
            .then(|| text(&item["sk"]["S"]).to_owned());
        let stored = |table: &Value, key: Value| {
            let get = json!({"TableName": table, "Key": key});
            dynamodb::answer(&self.database, "GetItem", get).1["Item"].take()
        };
        let lost = lost_by(operation, &request, stored);
        let writes = writes_of(operation, &request, stored);
        let token = text(&request["ClientRequestToken"]).to_owned();
        let answer = dynamodb::answer(&self.database, operation, request);
        if answer.0 == 200 {
            let state = &mut *self.state();
            // DynamoDB does a transaction once, even if the SDK sends it again.
            if token.is_empty() || state.tokens.insert(token) {
                state.problems.extend(lost);
                let breaches = state.journal.take(self.clock.now(), caller, &writes);
                state.problems.extend(breaches);
            }
        }
        let kind = text(&answer.1["__type"]);
        if answer.0 != 200 && !kind.contains("ConditionalCheck") && !kind.contains("Transaction") {
            let problem = format!("{operation} is refused: {answer:?}");
            self.state().problems.push(problem);
        }
        if let (Some(run), 200) = (run, answer.0) {
            *self.state().built.entry(run).or_default() += 1;
        }
        answer
    }
}

impl Backend for Services {
    const LATENCY: RangeInclusive<u64> = 1..=12;

    async fn answer(&self, mut call: Call, fault: Option<Fault>) -> Option<Answer> {
        self.tick();
        replace_token(&mut call);
        self.note_writes(&call);
        if let Some(mutation) = self.mutation {
            let stored = |request: Value| {
                dynamodb::answer(&self.database, "GetItem", request).1["Item"].take()
            };
            mutation.forget_entry(&mut call, stored);
        }
        let intercepted = match self.mutation {
            Some(Mutation::HandOver(bug)) => {
                let ask = |operation: &str, request| self.ask(operation, request);
                bug.intercept(&mut call, &mut self.state().memory, ask)
            }
            mutation => mutation.and_then(|it| it.intercept(&mut call, fault)),
        };
        if intercepted.is_some() {
            return intercepted;
        }
        let mut answer = match fault.and_then(|it| it.before(&mut call)) {
            Some(answer) => answer,
            None => {
                let mut answer = self.carry_out(call.caller, &call.operation, call.body.take());
                if let Some(fault) = fault {
                    fault.after(&mut call, &mut answer);
                }
                answer
            }
        };
        match self.mutation {
            Some(Mutation::HandOver(bug)) if answer.0 == 200 => {
                bug.amend(&call, &mut answer.1, &mut self.state().memory);
            }
            Some(mutation) => mutation.amend(&call, &mut answer, &self.state().renamed_runs),
            None => {}
        }
        Some(answer)
    }
}

/// Puts the number of the transport into the token of a transaction. The SDK draws the token from
/// the seed, so the table has seen it before when a seed is replayed.
fn replace_token(call: &mut Call) {
    if let Some(token) = call.body.get_mut("ClientRequestToken") {
        let rest = text(token).get(8..).unwrap_or_default();
        *token = json!(format!("{:08x}{rest}", call.transport));
    }
}
