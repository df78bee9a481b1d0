//! Actors of a schedule: the clients of the API, SQS, which delivers messages, and the schedule of
//! requeue-starts.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use requeue_starts::{Requeued, requeue};
use serde_json::{Value, json};
use start_workflow::handle;

use crate::{
    answer::text,
    functions::Simulation,
    mutations::Mutation,
    observed::Promise,
    queue::{MAX_RECEIVE_COUNT, Message, POISON},
};

/// Time that start-workflow may take for a batch, as in template.yaml.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// Time that requeue-starts may take, as in template.yaml.
const REQUEUE_TIMEOUT: Duration = Duration::from_secs(50);

/// Largest batch of messages, as in template.yaml.
const BATCH_SIZE: usize = 10;

/// Promises by idempotency key and index.
type Promises = BTreeMap<(String, usize), Promise>;

impl Simulation {
    /// Creates leads as a client does. The client tries again if it gets no answer or a 503.
    pub async fn create(self, body: Value, key: Option<String>, tries: u32) {
        let key = key.as_deref();
        for _ in 0..tries {
            let known = self.observed().promises.clone();
            match self.call("POST", "/leads", Some(&body), key).await {
                Some((201 | 207 | 400, reply)) if body.is_array() => {
                    if self.receive_results(key, &known, &reply) {
                        return;
                    }
                }
                Some((201, reply)) => return self.receive((key, 0), &known, &reply),
                Some((503, _)) | None => {}
                Some((422, _)) if key.is_some() => {
                    // The lead of the key may have been erased, or another request has its key.
                    let observed = self.observed();
                    let is_contested = key.is_some_and(|key| observed.contested.contains_key(key));
                    let is_expected = is_contested || !observed.erase_tries.is_empty();
                    drop(observed);
                    if !is_expected {
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

    /// Takes in the results of an array. Returns false if the client has to try again.
    fn receive_results(&self, key: Option<&str>, known: &Promises, reply: &Value) -> bool {
        let mut is_done = true;
        let mut ids = BTreeSet::new();
        let results = reply["results"].as_array().into_iter().flatten();
        for (index, result) in results.enumerate() {
            if result["success"] == true {
                self.receive((key, index), known, result);
                let id = text(&result["lead"]["id"]);
                if !ids.insert(id) {
                    self.problem(format!("two leads of an array have the id {id}"));
                }
            } else {
                is_done &= result["code"] != "unavailable";
            }
        }
        is_done
    }

    /// Takes in the reply of one lead.
    fn receive(&self, (key, index): (Option<&str>, usize), known: &Promises, reply: &Value) {
        let lead = text(&reply["lead"]["id"]);
        let run = text(&reply["workflow_run"]["id"]);
        self.log(format!("  received {lead} {run}"));
        let key = key.map(|key| (key, index));
        let mut observed = self.observed();
        observed.created(key, lead, run);
        if let Some((key, index)) = key {
            let warning = text(&reply["warning"]).to_owned();
            let run = run.to_owned();
            observed.promised_again((key.to_owned(), index), known, Promise { run, warning });
        }
    }

    pub async fn erase(self, lead: String) {
        self.observed().count_erasure(&lead);
        let path = format!("/leads/{lead}");
        match self.call("DELETE", &path, None, None).await {
            Some((200, _)) => {
                self.observed().erased.insert(lead);
            }
            // Another request has erased the lead.
            Some((404, _)) if self.observed().erase_tries[&lead] > 1 => {}
            Some((409 | 503, _)) | None => {}
            Some((status, _)) => self.problem(format!("DELETE {lead} answered {status}")),
        }
    }

    pub async fn assign(self, lead: String) {
        self.observed().count_assignment(&lead);
        let body = json!({"workflowId": self.services.workflow_of(&lead)});
        let path = format!("/leads/{lead}/assign-workflow");
        match self.call("POST", &path, Some(&body), None).await {
            Some((201, reply)) => {
                let run = text(&reply["workflowRunId"]).to_owned();
                self.observed().promised.insert((lead, run));
            }
            Some((404, _)) if self.observed().erase_tries.contains_key(&lead) => {}
            Some((409 | 503, _)) | None => {}
            Some((status, reply)) => {
                self.problem(format!("assigning {lead} answered {status} {reply}"));
            }
        }
    }

    pub async fn stop(self, lead: String) {
        let body = json!({"workflow_id": self.services.workflow_of(&lead)});
        let path = format!("/leads/{lead}/automation/stop");
        if let Some((200, _)) = self.call("POST", &path, Some(&body), None).await {
            self.observed().stopped.insert(lead);
        }
    }

    pub async fn resume(self, lead: String) {
        self.observed().count_resume(&lead);
        let workflow = self.services.workflow_of(&lead);
        let body = json!({"workflow_id": workflow, "resume_cadence": true});
        let path = format!("/leads/{lead}/automation/resume");
        self.call("POST", &path, Some(&body), None).await;
    }

    /// Reads a lead and returns the status. `None` if no answer comes.
    pub async fn read(&self, lead: &str) -> Option<u16> {
        let path = format!("/leads/{lead}");
        let answer = self.call("GET", &path, None, None).await;
        answer.map(|(status, _)| status)
    }

    /// Delivers up to ten messages to start-workflow, in any order, and deletes those that it has
    /// handled. Leaves messages alone that were delivered `most_deliveries` times. `again`: some
    /// handled messages stay in the queue.
    pub async fn deliver(self, most_deliveries: u32, again: bool) {
        let batch = self.take_batch(most_deliveries);
        if batch.is_empty() {
            return;
        }
        let records = batch.iter().map(|message| self.record(message)).collect();
        let is_in_batch = |message: &Message| batch.iter().any(|it| it.id == message.id);
        if self.mutation == Some(Mutation::AcknowledgedFirst) {
            self.services
                .queue(|queue| queue.messages.retain(|it| !is_in_batch(it)));
        }
        let handled = self.invoke(START_TIMEOUT, self.handle(records)).await;
        let Some(mut failed) = handled else {
            return self.log(format!("delivered {}, no reply", batch.len()));
        };
        self.log(format!(
            "delivered {}, failed {}",
            batch.len(),
            failed.len()
        ));
        match self.mutation {
            Some(Mutation::FailuresDropped) => failed.clear(),
            Some(Mutation::WholeBatchFailed) if !failed.is_empty() => {
                failed = batch.iter().map(|message| message.id.clone()).collect();
            }
            _ => {}
        }
        let was_handled = |message: &Message| is_in_batch(message) && !failed.contains(&message.id);
        let is_dead = |message: &mut Message| {
            failed.contains(&message.id) && message.deliveries >= MAX_RECEIVE_COUNT
        };
        let dead = self.transport.draw(|rng| {
            self.services.queue(|queue| {
                let messages = &mut queue.messages;
                messages.retain(|it| !was_handled(it) || again && rng.u8(0..4) == 0);
                messages.extract_if(.., is_dead).collect::<Vec<_>>()
            })
        });
        self.observed().dead_letters.extend(dead);
    }

    /// Draws the messages of a batch, and counts their delivery.
    fn take_batch(&self, most_deliveries: u32) -> Vec<Message> {
        self.transport.draw(|rng| {
            self.services.queue(|queue| {
                let messages = queue.messages.iter_mut();
                let mut waiting: Vec<_> = messages
                    .filter(|message| message.deliveries < most_deliveries)
                    .collect();
                rng.shuffle(&mut waiting);
                let batch = waiting.into_iter().take(BATCH_SIZE).map(|message| {
                    message.deliveries += 1;
                    message.clone()
                });
                batch.collect()
            })
        })
    }

    /// Hands records to start-workflow. Returns the ids of the messages that it names as failed.
    pub async fn handle(&self, records: Vec<SqsMessage>) -> BTreeSet<String> {
        let mut event = SqsEvent::default();
        event.records = records;
        let reply = handle(&self.start_workflow, event).await;
        let failures = reply.batch_item_failures.into_iter();
        failures.map(|failure| failure.item_identifier).collect()
    }

    /// Returns the record that Lambda makes of a message.
    pub fn record(&self, message: &Message) -> SqsMessage {
        let mut record = SqsMessage::default();
        record.message_id = Some(message.id.clone());
        record.body = Some(match self.mutation {
            Some(mutation) => self.mutated_body(mutation, message),
            None => message.body.clone(),
        });
        record
    }

    fn mutated_body(&self, mutation: Mutation, message: &Message) -> String {
        let mut start: Value = serde_json::from_str(&message.body).expect("a JSON message");
        match mutation {
            Mutation::YoungOrphan => start["enqueued_at"] = json!("2026-01-01T00:00:00Z"),
            Mutation::RunIdPerDelivery if message.deliveries > 1 && message.body != POISON => {
                let last = format!("{:04}", message.deliveries);
                let run = format!("{}{last}", &text(&start["run_id"])[..32]);
                self.services
                    .rename_run(text(&start["lead_id"]), run.clone());
                start["run_id"] = json!(run);
            }
            _ => {}
        }
        start.to_string()
    }

    /// Runs requeue-starts. Returns false if it found nothing to do.
    pub async fn requeue(self) -> bool {
        let requeued = requeue(&self.store, &self.queue, &self.clock);
        let done = self.invoke(REQUEUE_TIMEOUT, requeued).await;
        self.log(format!("requeue-starts: {done:?}"));
        !matches!(done, Some(Ok(done)) if done == Requeued::default())
    }
}
