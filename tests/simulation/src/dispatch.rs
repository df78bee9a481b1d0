//! Actors of touchpoints: a client that claims, settles and reports them, and an operator who pauses
//! the workflow and releases the runs that it holds.

use std::{future::Future, time::Duration};

use aws::{
    queue::WorkflowStart,
    store::{HoldScope, Store, StoreError},
};
use domain::{
    ids::{AccountId, LeadId, WorkflowId},
    outcome::Outcome,
    run::{Answer, ClaimOver, Delivery, HeldBy, Owner, Receiver, Run},
    timing::OpenTimes,
    touchpoint_id::TouchpointRef,
    workflow::Workflow,
};
use jiff::{SignedDuration, Timestamp};
use local::demo;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    functions::Simulation,
    observed::{Claimed, Place},
};

/// Time that a change of a run may take, as in template.yaml.
const TIMEOUT: Duration = Duration::from_secs(29);
/// Time for which a claim lasts.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// Most tries of a change that others get in the way of.
const TRIES: u32 = 5;

fn account() -> AccountId {
    demo::ACCOUNT_ID.parse().expect("an id")
}

fn workflow_id() -> WorkflowId {
    demo::WORKFLOW_ID.parse().expect("an id")
}

impl Simulation {
    /// Reads a run, changes it, and writes it if it has changed. `None` if the run is not there, or
    /// if the change cannot be told to be done.
    async fn change_run<T>(
        &self,
        store: &Store,
        (lead, id): Place,
        change: impl Fn(&mut Run, &Workflow, Timestamp) -> T,
    ) -> Option<(T, Timestamp)> {
        for _ in 0..TRIES {
            let mut run = match id {
                Some(id) => store.run(account(), lead, id).await.ok()??,
                None => store.runs(account(), lead, 1).await.ok()?.pop()?,
            };
            if !run.is_planned() {
                return None;
            }
            let version = self.catalogue.version(account(), &run.workflow).await;
            let version = version.ok()?;
            let (before, now) = (run.clone(), self.clock.now());
            let done = change(&mut run, &version, now);
            if run == before {
                return Some((done, now));
            }
            match store.write_run(&before, &run, &[], now).await {
                Ok(()) => return Some((done, now)),
                Err(StoreError::Conflict) => {}
                Err(_) => return None,
            }
        }
        None
    }

    async fn within<T>(&self, work: impl Future<Output = Option<T>>) -> Option<T> {
        self.invoke(TIMEOUT, work).await.flatten()
    }

    /// Claims the touchpoint of a lead that is due, as a worker or a client does. A paused workflow
    /// holds the run instead.
    pub async fn claim(self, lead: String) {
        let lead: LeadId = lead.parse().expect("an id");
        let (owner, is_pushed) = self.transport.draw(|rng| {
            let mut owner = [0; 10];
            rng.fill(&mut owner);
            (Owner(owner), rng.bool())
        });
        let delivery = if is_pushed {
            Delivery::Push(Receiver([7; 6]))
        } else {
            Delivery::Pull
        };
        let claimed = self.within(async {
            let is_paused = self.api_store.is_paused(account(), workflow_id()).await;
            let is_paused = is_paused.ok()?;
            let change = |run: &mut Run, version: &Workflow, now| {
                if is_paused {
                    run.advance(version, now);
                    run.hold(HeldBy::Workflow(version.id), now);
                    return (run.id, None);
                }
                let times = OpenTimes::default();
                let index = run.claim(owner, LEASE, delivery, times, version, now);
                let until = run.hand_over.as_ref().and_then(|it| it.claim);
                let until = until.map(|claim| claim.until);
                (run.id, Some(index.map(|index| (index, until))))
            };
            self.change_run(&self.api_store, (lead, None), change).await
        });
        match claimed.await {
            Some(((run, Some(Ok((index, Some(until))))), at)) => {
                self.log(format!("claimed {index} of {run} until {until}"));
                let claimed = Claimed {
                    place: (lead, Some(run)),
                    index,
                    owner,
                    at,
                    until,
                    is_over: false,
                };
                let problem = self.observed().claimed(claimed);
                problem.into_iter().for_each(|it| self.problem(it));
            }
            Some(((_, Some(Ok((_, None)))), _)) => {
                self.problem(format!("{lead} was claimed without a claim"));
            }
            other => {
                let reason = other.map(|((_, not), _)| not.map(|not| not.err()));
                self.log(format!("not claimed: {reason:?}"));
            }
        }
    }

    /// Records the answer of the receiver of a claimed touchpoint.
    pub async fn settle_claim(self) {
        let Some(claimed) = self.draw_claim() else {
            return;
        };
        let now = self.clock.now();
        let later = |seconds| now + SignedDuration::from_secs(seconds);
        let answer = self.transport.draw(|rng| match rng.u8(0..8) {
            0..4 => Answer::TAKEN,
            4 => Answer::Refused,
            5 => Answer::Back {
                retry_at: later(30),
            },
            6 => Answer::Unknown { retry_at: later(5) },
            _ => Answer::Template,
        });
        let change = |run: &mut Run, version: &Workflow, now| -> Result<(), ClaimOver> {
            run.settle(claimed.owner, answer, version, now)
        };
        let done = self.change_run(&self.api_store, claimed.place, change);
        let done = self.within(done).await;
        self.log(format!(
            "settled with {answer:?}: {:?}",
            done.map(|(it, _)| it)
        ));
    }

    /// Reports the outcome of a claimed touchpoint, as a client does. An outcome of another channel is
    /// refused.
    pub async fn report(self) {
        let Some(Claimed { place, index, .. }) = self.draw_claim() else {
            return;
        };
        let secret = async { self.catalogue.secret(account()).await.ok() };
        let ((lead_id, Some(run_id)), Some(secret)) = (place, self.within(secret).await) else {
            return;
        };
        let id = secret.touchpoint_id(TouchpointRef {
            account_id: account(),
            lead_id,
            run_id,
            index,
        });
        let outcomes = Outcome::REPORTED;
        let outcome = self
            .transport
            .draw(|rng| outcomes[rng.usize(..outcomes.len())]);
        let mut body = json!({"outcome": outcome});
        if outcome == Outcome::Callback {
            let at = self.clock.now() + SignedDuration::from_hours(3);
            body["callback_at"] = json!(at);
        }
        let path = format!("/touchpoints/{id}/outcome");
        let lead = lead_id.to_string();
        match self.call("POST", &path, Some(&body), None).await {
            Some((200, _)) => self.observed().reported = Some((path, body)),
            Some((400 | 409 | 503, _)) | None => {}
            Some((404, _)) if self.observed().erase_tries.contains_key(&lead) => {}
            Some((status, reply)) => {
                self.problem(format!("reporting {outcome} answered {status} {reply}"));
            }
        }
    }

    /// Reports the last outcome again, with another detail.
    pub async fn detail(self) {
        let reported = self.observed().reported.clone();
        let Some((path, mut body)) = reported else {
            return;
        };
        let detail = self.transport.draw(|rng| rng.u32(..));
        body["provider_code"] = json!(detail.to_string());
        let reply = self.call("POST", &path, Some(&body), None).await;
        self.log(format!("detail: {:?}", reply.map(|(status, _)| status)));
    }

    /// Draws one of the confirmed claims, which counts as over from now on.
    fn draw_claim(&self) -> Option<Claimed> {
        let mut observed = self.observed();
        let claims = &mut observed.claims;
        let index = self.transport.draw(|rng| rng.usize(..claims.len().max(1)));
        let claimed = claims.get_mut(index)?;
        claimed.is_over = true;
        Some(claimed.clone())
    }

    /// Does everything that is overdue in the run of each lead.
    pub async fn advance(self) {
        let leads = self.observed().created.clone();
        let done = async {
            for lead in leads {
                let lead: LeadId = lead.parse().expect("an id");
                let change = |run: &mut Run, version: &Workflow, now| run.advance(version, now);
                self.change_run(&self.api_store, (lead, None), change).await;
            }
            Some(())
        };
        self.within(done).await;
    }

    /// Pauses the workflow, or unpauses it and releases everything that waits for it.
    pub async fn pause_workflow(self, is_paused: bool) -> bool {
        let done = self.within(self.set_paused(is_paused)).await;
        self.log(format!("paused: {is_paused}, {done:?}"));
        done.is_some()
    }

    async fn set_paused(&self, is_paused: bool) -> Option<()> {
        let store = &self.operator_store;
        let workflow = store.workflow(account(), workflow_id()).await.ok()??;
        if workflow.is_paused != is_paused {
            let next = Workflow {
                version: workflow.version + 1,
                is_paused,
                ..workflow
            };
            store.replace_workflow(account(), &next).await.ok()?;
        }
        if is_paused {
            return Some(());
        }
        let waiting = store.waiting_starts(account(), workflow_id()).await.ok()?;
        let starts: Vec<_> = waiting
            .into_iter()
            .map(|note| WorkflowStart {
                account_id: account(),
                lead_id: note.lead_id,
                run_id: note.run_id,
                job_id: note.job_id,
                workflow_id: workflow_id(),
                enqueued_at: self.clock.now(),
            })
            .collect();
        let until = Instant::now() + TIMEOUT;
        let sent = self.operator_queue.send_many(&starts, until).await.sent;
        let scope = HoldScope::Workflow(account(), workflow_id());
        for held in store.held_runs(scope).await.ok()? {
            let change = |run: &mut Run, version: &Workflow, now| run.release(version, now);
            self.change_run(store, (held.lead_id, Some(held.run_id)), change)
                .await?;
        }
        sent.into_iter().all(|is_sent| is_sent).then_some(())
    }
}
