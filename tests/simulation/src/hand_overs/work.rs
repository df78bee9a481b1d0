//! The functions that hand touchpoints over, and the people who forbid it: ticks of wake-runs,
//! deliveries of hints, suppressions and holds.

use std::time::Duration;

use aws::store::{Hold, HoldScope, StoreError};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use dispatch_touchpoints::handle;
use jiff::Timestamp;
use local::demo;
use serde_json::{Value, json};
use tokio::time::sleep;
use wake_runs::wake;

use super::bugs::Bug;
use crate::{
    answer::text,
    canaries::{self, PERSONS},
    functions::Simulation,
    queue::{MAX_RECEIVE_COUNT, Message},
};

/// Time that wake-runs may take, as in template.yaml.
const WAKE_TIMEOUT: Duration = Duration::from_secs(50);
/// Time that dispatch-touchpoints may take for a batch, as in template.yaml.
const DISPATCH_TIMEOUT: Duration = Duration::from_secs(40);
/// Time that an operator waits for a command.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(29);
/// Largest batch of hints, as in template.yaml.
const BATCH_SIZE: usize = 10;

/// Returns the scopes of an operator's holds.
pub fn scopes() -> [HoldScope; 2] {
    [
        HoldScope::All,
        HoldScope::Account(demo::ACCOUNT_ID.parse().expect("an id")),
    ]
}

impl Simulation {
    /// Runs wake-runs once.
    pub async fn tick(self) {
        let woken = self.invoke(WAKE_TIMEOUT, wake(&self.wake_runs)).await;
        self.log(format!("wake-runs: {woken:?}"));
    }

    /// Runs wake-runs, and then delivers its hints.
    pub async fn wake(self) {
        self.clone().tick().await;
        sleep(Duration::from_secs(1)).await;
        self.look(true).await;
    }

    /// Puts a hint for each run that is due into the queue, as wake-runs does, without its many
    /// reads.
    pub fn hint(&self, items: &[Value]) {
        let now = self.services.now();
        for item in items {
            let entry = text(&item["gsi2sk"]["S"]);
            let mut entry = entry.split('#');
            let at = entry
                .next()
                .filter(|_| text(&item["gsi2pk"]["S"]).starts_with("DUE#"));
            let at = at.filter(|at| at.parse::<Timestamp>().expect("a time") <= now);
            let (Some(at), Some(channel)) = (at, entry.nth(1)) else {
                continue;
            };
            let mut lead = text(&item["pk"]["S"]).split('#').skip(1);
            let body = json!({
                "type": "run_due.v1", "account_id": lead.next(), "lead_id": lead.next(),
                "run_id": text(&item["sk"]["S"]).trim_start_matches("RUN#"), "channel": channel,
                "due_at": at,
            });
            self.services.hints(|queue| queue.push(&body.to_string()));
        }
    }

    /// Delivers up to ten hints, in any order, to dispatch-touchpoints. `again`: some hints that are
    /// handled come again, up to five times in all. Returns the number of hints that failed.
    pub async fn look(self, again: bool) -> usize {
        let now = self.services.now();
        if self.has(Bug::LapsedClaimAcknowledged) {
            let is_claimed = |it: &Message| self.services.is_claimed(&it.body);
            let claimed: Vec<_> = self.services.hints(|queue| queue.messages.clone());
            let claimed: Vec<_> = claimed
                .into_iter()
                .filter(is_claimed)
                .map(|it| it.id)
                .collect();
            self.services
                .hints(|queue| queue.messages.retain(|it| !claimed.contains(&it.id)));
        }
        let batch: Vec<Message> = self.transport.draw(|rng| {
            self.services.hints(|queue| {
                let mut waiting: Vec<_> = queue
                    .messages
                    .iter_mut()
                    .filter(|it| it.visible_at <= now)
                    .collect();
                rng.shuffle(&mut waiting);
                let batch = waiting.into_iter().take(BATCH_SIZE).map(|message| {
                    message.deliveries += 1;
                    message.clone()
                });
                batch.collect()
            })
        });
        if batch.is_empty() {
            return 0;
        }
        let record = |message: &Message| {
            let mut record = SqsMessage::default();
            record.message_id = Some(message.id.clone());
            record.body = Some(message.body.clone());
            record
        };
        let mut event = SqsEvent::default();
        event.records = batch.iter().map(record).collect();
        let handled = self
            .invoke(DISPATCH_TIMEOUT, handle(&self.dispatch_touchpoints, event))
            .await;
        let Some(reply) = handled else {
            self.log(format!("looked at {}, no reply", batch.len()));
            return batch.len();
        };
        let failures = reply.batch_item_failures.into_iter();
        let failed: Vec<_> = failures.map(|it| it.item_identifier).collect();
        self.log(format!(
            "looked at {}, failed {}",
            batch.len(),
            failed.len()
        ));
        self.transport.draw(|rng| {
            self.services.hints(|queue| {
                queue.messages.retain(|it| {
                    let is_handled =
                        batch.iter().any(|other| other.id == it.id) && !failed.contains(&it.id);
                    let stays = !is_handled || again && rng.u8(0..4) == 0;
                    // wake-runs finds the run of a hint that fails too often.
                    stays && it.deliveries < MAX_RECEIVE_COUNT
                });
            });
        });
        failed.len()
    }

    /// Suppresses a person's number or e-mail address.
    pub async fn suppress(self) {
        let body = self.transport.draw(|rng| {
            let [phone, email] = PERSONS[rng.usize(..PERSONS.len())];
            match rng.u8(..4) {
                0 => json!({"email": email, "reason": "manual"}),
                1 => json!({"phone": phone, "channels": ["call"], "reason": "manual"}),
                _ => json!({"phone": phone, "reason": "manual"}),
            }
        });
        match self.call("POST", "/suppressions", Some(&body), None).await {
            Some((200 | 201, reply)) => {
                let id = text(&reply["suppression"]["id"]).to_owned();
                self.observed().suppressions.insert(id);
            }
            Some((409 | 503, _)) | None => {}
            Some((status, reply)) => {
                self.problem(format!("a suppression answered {status} {reply}"))
            }
        }
    }

    /// Removes a suppression.
    pub async fn unsuppress(self) {
        let all: Vec<_> = self.observed().suppressions.iter().cloned().collect();
        let Some(id) = self.transport.draw(|rng| rng.choice(&all).cloned()) else {
            return;
        };
        let body = json!({"reason": "by mistake"});
        let path = format!("/suppressions/{id}");
        let answer = self.call("DELETE", &path, Some(&body), None).await;
        match answer {
            Some((200 | 400 | 404 | 409 | 503, _)) | None => {}
            Some((status, reply)) => self.problem(format!("a removal answered {status} {reply}")),
        }
    }

    /// Holds all runs, or those of the account, or ends a hold.
    pub async fn set_hold(&self, scope: HoldScope, is_held: bool) -> bool {
        let done = async {
            match is_held {
                true => {
                    let hold = Hold {
                        since: self.clock.now(),
                        reason: None,
                    };
                    self.operator_store.hold(scope, &hold).await
                }
                false => match self.operator_store.unhold(scope).await {
                    // There is no hold.
                    Err(StoreError::Conflict) => Ok(()),
                    ended => ended,
                },
            }
        };
        let done = self.invoke(COMMAND_TIMEOUT, done).await;
        self.log(format!("{scope:?} held: {is_held}, {done:?}"));
        matches!(done, Some(Ok(())))
    }

    /// Draws the scope of a hold.
    pub fn draw_scope(&self) -> HoldScope {
        scopes()[self.transport.draw(|rng| rng.usize(..2))]
    }

    /// Creates a lead of one of a few persons, in the workflow with windows or in the demo workflow.
    pub async fn enrol(self) {
        let body = self.transport.draw(|rng| {
            let person = rng.usize(..PERSONS.len());
            let workflow = if rng.u8(..8) == 0 {
                demo::WORKFLOW_ID
            } else {
                super::office::WORKFLOW_ID
            };
            canaries::person(person, workflow)
        });
        self.create(body, None, 3).await;
    }
}
