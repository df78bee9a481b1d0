//! The database of all schedules, and the clients that reach it.

use aws::{account_secret::AccountSecret, clients::Clients, clock::Clock, store::Store};
use dynoxide::Database;
use fastrand::Rng;
use local::{demo, dynamodb};
use serde_json::{Value, json};

use crate::{
    answer::text,
    call::{Caller, TABLE},
    hand_overs::office,
    scenario::Scenario,
    services::Services,
    transport::Transport,
};

/// Time at which every schedule begins.
const BEGIN: &str = "2026-02-10T12:00:00Z";

/// Returns a clock that shows the begin of a schedule.
pub fn clock() -> Clock {
    Clock::manual(BEGIN.parse().expect("a time"))
}

/// Database with the demo account, for one schedule after the other.
pub struct Cloud {
    database: Database,
    clients: Clients,
    /// Items of the demo account, at the begin of each schedule.
    account: Vec<Value>,
    /// Secret of the demo account.
    pub secret: AccountSecret,
}

impl Cloud {
    /// Creates a database with the demo account.
    pub async fn new() -> Self {
        let mut cloud = Self {
            database: Database::memory().expect("a database"),
            clients: Clients::local("http://dynamodb.test", "http://sqs.test"),
            account: Vec::new(),
            secret: AccountSecret([0; 32]),
        };
        let clock = clock();
        let transport = cloud.transport(&clock, &Scenario::of_steps(&[]));
        let dynamodb = cloud.clients(&transport, Caller::Api).dynamodb;
        let filled = local::Services::fill(&dynamodb, &clock).await;
        filled.expect("a table");
        let account = demo::ACCOUNT_ID.parse().expect("an id");
        let store = Store::new(dynamodb, TABLE);
        cloud.secret = store.account_secret(account).await.expect("a secret");
        let id = demo::WORKFLOW_ID.parse().expect("an id");
        let workflow = store.workflow(account, id).await.expect("a table");
        let workflow = office::workflow(workflow.expect("a workflow"));
        let created = store.create_workflow(account, &workflow).await;
        created.expect("a workflow");
        let of_account = |item: &Value| !text(&item["pk"]["S"]).starts_with("LEAD#");
        let items = cloud.items();
        cloud.account = items.iter().filter(|it| of_account(it)).cloned().collect();
        cloud.clear(&items);
        cloud
    }

    /// Creates a transport to this database and to an empty queue. The transport sets `clock`.
    pub fn transport(&self, clock: &Clock, scenario: &Scenario) -> Transport<Services> {
        let services = Services::new(self.database.clone(), clock.clone(), scenario.mutation);
        let rng = Rng::with_seed(scenario.seed);
        Transport::new(services, rng, scenario.faults.clone())
    }

    /// Returns clients of `caller` with the functions' settings.
    pub fn clients(&self, transport: &Transport<Services>, caller: Caller) -> Clients {
        transport.clients(&self.clients, caller)
    }

    /// Returns every item of the table.
    pub fn items(&self) -> Vec<Value> {
        let mut reply = self.call("Scan", json!({"TableName": TABLE}));
        match reply["Items"].take() {
            Value::Array(items) => items,
            other => panic!("{other} is no list of items"),
        }
    }

    /// Brings the table, which has these items, back to the begin of a schedule.
    pub fn clear(&self, items: &[Value]) {
        let has_key_of =
            |one: &Value, other: &Value| one["pk"] == other["pk"] && one["sk"] == other["sk"];
        for item in items {
            let mut account = self.account.iter();
            match account.find(|it| has_key_of(it, item)) {
                Some(at_first) if at_first == item => {}
                Some(at_first) => {
                    self.call("PutItem", json!({"TableName": TABLE, "Item": at_first}));
                }
                None => {
                    let key = json!({"pk": item["pk"], "sk": item["sk"]});
                    self.call("DeleteItem", json!({"TableName": TABLE, "Key": key}));
                }
            }
        }
    }

    fn call(&self, operation: &str, request: Value) -> Value {
        let (status, reply) = dynamodb::answer(&self.database, operation, request);
        assert_eq!(status, 200, "{reply}");
        reply
    }
}
