//! A kill of the local stack while callers claim touchpoints.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};

use super::{DEADLINE, Dev, leadgate};

const LEADS: usize = 120;
const CALLERS: usize = 4;
/// Number of claimed touchpoints at which the stack is killed.
const ENOUGH: usize = LEADS / 2;
/// Longer than a lease.
const LEASE_IS_OVER: &str = "6m";

/// The leads of the touchpoints that callers have got, and those whose outcome was answered.
#[derive(Default)]
struct Seen {
    claimed: BTreeSet<String>,
    done: BTreeSet<String>,
    /// Touchpoints by the leads whose outcome was sent, and not answered.
    sent: BTreeMap<String, String>,
    /// Leads whose touchpoint came to two callers.
    doubled: Vec<String>,
}

impl Seen {
    fn claim(&mut self, lead: &str) {
        if !self.claimed.insert(lead.to_owned()) {
            self.doubled.push(lead.to_owned());
        }
    }
}

/// A caller, which claims and reports outcomes.
#[derive(Clone)]
struct Caller {
    http: Client,
    url: String,
    key: String,
    seen: Arc<Mutex<Seen>>,
}

impl Caller {
    fn new(dev: &Dev) -> Self {
        Self {
            http: Client::new(),
            url: format!("{}/api/public", dev.text("api_url")),
            key: dev.text("api_key").to_owned(),
            seen: Arc::default(),
        }
    }

    /// Returns the reply. `None` if the stack is killed before its end.
    async fn post(&self, path: &str, body: &Value) -> Option<Value> {
        let request = self.http.post(format!("{}{path}", self.url));
        let request = request.header("x-api-key", &self.key).json(body);
        let reply = request.send().await.ok()?;
        assert!(reply.status().is_success(), "{path}: {}", reply.status());
        reply.json().await.ok()
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.url));
        let reply = request.header("x-api-key", &self.key).send().await;
        reply.unwrap().json().await.unwrap()
    }

    /// Claims touchpoints, and reports outcomes of a part of them, until the stack is killed.
    async fn work(self, reports: impl Fn(usize) -> bool) -> Option<()> {
        loop {
            let body = json!({ "channels": ["call"], "limit": 10 });
            let claimed = self.post("/touchpoints/claim", &body).await?;
            let touchpoints = claimed["touchpoints"].as_array().unwrap();
            if touchpoints.is_empty() {
                sleep(Duration::from_millis(20)).await;
            }
            for (number, touchpoint) in touchpoints.iter().enumerate() {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let lead = text(&touchpoint["lead"]["id"]);
                self.seen.lock().unwrap().claim(&lead);
                if reports(number) {
                    let id = text(&touchpoint["touchpoint"]["id"]);
                    let path = format!("/touchpoints/{id}/outcome");
                    self.seen.lock().unwrap().sent.insert(lead.clone(), id);
                    self.post(&path, &json!({ "outcome": "answered" })).await?;
                    let mut seen = self.seen.lock().unwrap();
                    seen.sent.remove(&lead);
                    seen.done.insert(lead);
                }
            }
        }
    }
}

fn start(folder: &Path) -> Dev {
    let mut command = leadgate(&["dev", "--json", "--port=0", "--clock=manual", "--no-dialer"]);
    command.current_dir(folder).stderr(Stdio::null());
    Dev::of(command)
}

/// Lets callers work until `is_done`.
async fn work_until(
    caller: &Caller,
    reports: impl Fn(usize) -> bool + Copy + Send + 'static,
    is_done: impl Fn(&Seen) -> bool,
) -> JoinSet<Option<()>> {
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(caller.clone().work(reports));
    }
    let begun = Instant::now();
    while !is_done(&caller.seen.lock().unwrap()) {
        assert!(begun.elapsed() < DEADLINE, "touchpoints are missing");
        sleep(Duration::from_millis(5)).await;
    }
    callers
}

#[tokio::test]
async fn a_kill_amid_claims_loses_no_touchpoint_and_repeats_none_that_has_an_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let dev = start(folder.path());
    let first = Caller::new(&dev);
    let lead = json!({
        "first_name": "John", "phone": "+1234567890", "workflow_id": dev.text("workflow_id"),
    });
    let created = first.post("/leads", &json!(vec![lead; LEADS])).await;
    let leads: BTreeSet<_> = created.unwrap()["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["lead"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(leads.len(), LEADS);
    let is_half = |number: usize| number.is_multiple_of(2);
    let callers = work_until(&first, is_half, |seen| seen.claimed.len() >= ENOUGH).await;
    dev.stop(Signal::SIGKILL);
    callers.join_all().await;
    let before = std::mem::take(&mut *first.seen.lock().unwrap());
    assert_eq!(before.doubled, [""; 0]);
    assert!(!before.done.is_empty() && before.done.len() < before.claimed.len());

    let dev = start(folder.path());
    let mut advance = leadgate(&["clock", "advance", LEASE_IS_OVER]);
    assert!(
        advance
            .current_dir(folder.path())
            .status()
            .unwrap()
            .success()
    );
    let second = Caller::new(&dev);
    let has_all = |seen: &Seen| {
        let is_there = |lead: &String| {
            let is_over = before.done.contains(lead) || before.sent.contains_key(lead);
            is_over || seen.done.contains(lead)
        };
        leads.iter().all(is_there)
    };
    let mut callers = work_until(&second, |_| true, has_all).await;
    // The kill cut the answers to these, so their outcomes may be stored or not.
    for id in before.sent.values() {
        let path = format!("/touchpoints/{id}");
        let begun = Instant::now();
        while second.get(&path).await["touchpoint"]["outcome"] != "answered" {
            assert!(begun.elapsed() < DEADLINE, "{id} is lost");
            sleep(Duration::from_millis(20)).await;
        }
    }
    callers.shutdown().await;
    let after = std::mem::take(&mut *second.seen.lock().unwrap());
    assert_eq!(after.doubled, [""; 0]);
    let again: Vec<_> = after.claimed.intersection(&before.done).collect();
    assert_eq!(again, [""; 0]);
}
