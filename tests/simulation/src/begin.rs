//! Begin of a step: its actors run beside those of the steps before.

use std::time::Duration;

use serde_json::Value;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    canaries,
    functions::Simulation,
    queue::{MAX_RECEIVE_COUNT, POISON},
    step::Step,
};

/// Longer than a message is young, than an erasure belongs to its request, and than a call takes.
pub const LONG: Duration = Duration::from_secs(70);

/// Longer than from the first touchpoint to the second one.
const UNTIL_NEXT: Duration = Duration::from_secs(7_260);

/// Waits until all steps have ended.
pub async fn join(under_way: &mut JoinSet<()>) {
    while let Some(done) = under_way.join_next().await {
        done.expect("no panic");
    }
}

/// Begins a step.
pub fn begin(simulation: &Simulation, step: Step, under_way: &mut JoinSet<()>) {
    simulation.log(format!("{step:?}"));
    let (transport, actor) = (&simulation.transport, simulation.clone());
    let tries = transport.draw(|rng| rng.u32(1..=3));
    let mut create = |body: Value, is_idempotent: bool| {
        let key = is_idempotent.then(|| simulation.observed().new_key(&body));
        under_way.spawn(simulation.clone().create(body, key, tries));
    };
    match step {
        Step::CreateOne { is_idempotent } => create(canaries::lead(), is_idempotent),
        Step::CreateMany {
            is_idempotent,
            leads,
        } => create(canaries::leads(leads), is_idempotent),
        Step::Replay => {
            let requests = simulation.observed().requests.clone();
            let chosen = transport.draw(|rng| rng.choice(&requests).cloned());
            if let Some((key, body)) = chosen {
                under_way.spawn(actor.create(body, Some(key), tries));
            }
        }
        Step::Deliver => {
            under_way.spawn(actor.deliver(MAX_RECEIVE_COUNT - 1, true));
        }
        Step::Requeue => {
            under_way.spawn(async {
                actor.requeue().await;
            });
        }
        Step::Rival => {
            let (body, first) = match transport.draw(|rng| rng.bool()) {
                true => (canaries::lead(), 0),
                false => (canaries::leads(3), 1),
            };
            let key = simulation.observed().new_key(&body);
            simulation.observed().contested.insert(key.clone(), first);
            let rival = canaries::rival(&body);
            under_way.spawn(actor.clone().create(body, Some(key.clone()), tries));
            under_way.spawn(actor.create(rival, Some(key), tries));
        }
        Step::CreateIdle => create(canaries::idle_lead(), false),
        Step::Correct => {
            let key = simulation.observed().new_key(&canaries::half_valid());
            simulation.observed().contested.insert(key.clone(), 1);
            under_way.spawn(actor.correct(key, tries));
        }
        Step::Change
        | Step::Enlarge(_)
        | Step::Shrink(_)
        | Step::Rename
        | Step::Event
        | Step::Erase
        | Step::Assign
        | Step::Stop
        | Step::Resume
        | Step::Claim => {
            let created: Vec<_> = simulation.observed().created.iter().cloned().collect();
            let Some(lead) = transport.draw(|rng| rng.choice(&created).cloned()) else {
                return;
            };
            match step {
                Step::Change => {
                    for key in 0..2 {
                        let change = canaries::large_change(key);
                        under_way.spawn(actor.clone().change(lead.clone(), change));
                    }
                    under_way.spawn(actor.change(lead, canaries::large_change(2)))
                }
                Step::Enlarge(key) => {
                    under_way.spawn(actor.change(lead, canaries::large_change(key)))
                }
                Step::Shrink(key) => under_way.spawn(actor.change(lead, canaries::removal(key))),
                Step::Rename => under_way.spawn(actor.rename(lead)),
                Step::Event => {
                    let key = simulation.observed().new_event(&lead);
                    // An answer changes the run, and no answer does not.
                    let other = ["answered", "no_answer"][transport.draw(|rng| rng.usize(..2))];
                    let other = actor.clone().event(lead.clone(), key.clone(), other);
                    under_way.spawn(other);
                    under_way.spawn(actor.event(lead, key, "answered"))
                }
                Step::Erase => under_way.spawn(actor.erase(lead)),
                Step::Assign => under_way.spawn(actor.assign(lead)),
                Step::Resume => under_way.spawn(actor.resume(lead)),
                Step::Claim => {
                    // Often two at the same moment.
                    if transport.draw(|rng| rng.bool()) {
                        under_way.spawn(actor.clone().claim(lead.clone()));
                    }
                    under_way.spawn(actor.claim(lead))
                }
                _ => under_way.spawn(actor.stop(lead)),
            };
        }
        Step::Poison => {
            simulation.services.queue(|queue| queue.push(POISON));
        }
        Step::Wait => {
            under_way.spawn(sleep(LONG));
        }
        Step::WaitLong => {
            under_way.spawn(sleep(UNTIL_NEXT));
        }
        Step::Settle => {
            under_way.spawn(actor.settle_claim());
        }
        Step::Report => {
            under_way.spawn(actor.report());
        }
        Step::Detail => {
            under_way.spawn(actor.detail());
        }
        Step::Advance => {
            under_way.spawn(actor.advance());
        }
        Step::Pause | Step::Unpause => {
            let is_paused = step == Step::Pause;
            under_way.spawn(async move {
                actor.pause_workflow(is_paused).await;
            });
        }
        Step::Enrol => {
            under_way.spawn(actor.enrol());
        }
        Step::Tick => {
            // Often two at the same moment.
            if transport.draw(|rng| rng.u8(..4) == 0) {
                under_way.spawn(actor.clone().tick());
            }
            under_way.spawn(actor.tick());
        }
        Step::Wake => {
            under_way.spawn(actor.wake());
        }
        Step::Look => {
            if transport.draw(|rng| rng.bool()) {
                under_way.spawn(look(actor.clone()));
            }
            under_way.spawn(look(actor));
        }
        Step::Pull => {
            if transport.draw(|rng| rng.bool()) {
                under_way.spawn(actor.clone().pull());
            }
            under_way.spawn(actor.pull());
        }
        Step::Extend => {
            under_way.spawn(actor.extend());
        }
        Step::GiveBack => {
            under_way.spawn(actor.give_back());
        }
        Step::Tell => {
            under_way.spawn(actor.tell());
        }
        Step::Suppress => {
            under_way.spawn(actor.suppress());
        }
        Step::Unsuppress => {
            under_way.spawn(actor.unsuppress());
        }
        Step::Hold | Step::Unhold => {
            let (scope, is_held) = (simulation.draw_scope(), step == Step::Hold);
            under_way.spawn(async move {
                actor.set_hold(scope, is_held).await;
            });
        }
        Step::UntilDue | Step::Outage => {
            under_way.spawn(sleep(UNTIL_NEXT));
        }
    }
}

/// Delivers hints, of which some come again.
async fn look(actor: Simulation) {
    actor.look(true).await;
}
