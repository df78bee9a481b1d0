//! Run of a scenario. Afterwards the faults end, everything is delivered, and the invariants are
//! checked.

use std::time::Duration;

use serde_json::Value;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    canaries,
    cloud::Cloud,
    faults::Faults,
    functions::Simulation,
    hand_overs, invariants,
    queue::{MAX_RECEIVE_COUNT, POISON},
    races::Race,
    scenario::{Scenario, Steps},
    step::Step,
    verdict::{Failure, Passed},
};

/// Longer than a message is young, than an erasure belongs to its request, and than a call takes.
const LONG: Duration = Duration::from_secs(70);

/// Longer than a start waits for its run before it counts as stalled.
const VERY_LONG: Duration = Duration::from_secs(3_600);

/// Longer than from the first touchpoint to the second one.
const UNTIL_NEXT: Duration = Duration::from_secs(7_260);

/// Most rounds of deliveries and requeues after the faults.
const ROUNDS: usize = 20;

/// Runs a scenario, on a runtime whose clock is paused. The same scenario always runs the same way.
///
/// # Errors
/// [`Failure`] if an invariant does not hold.
pub async fn run(cloud: &Cloud, scenario: &Scenario) -> Result<Passed, Box<Failure>> {
    // The SDK draws its pauses between retries from it.
    fastrand::seed(scenario.seed);
    let simulation = Simulation::new(cloud, scenario);
    match scenario.steps {
        Steps::InTurn(steps) => run_in_turn(&simulation, steps).await,
        Steps::SideBySide(steps) => run_side_by_side(&simulation, steps.iter().copied()).await,
        Steps::Race(race) => run_race(&simulation, race).await,
        Steps::HandOversDrawn => hand_overs::run_drawn(cloud, &simulation).await,
        Steps::HandOvers(steps) => hand_overs::run_steps(cloud, &simulation, steps).await,
        Steps::Drawn => {
            let has_touchpoints = scenario.seed % 4 == 2;
            let transport = &simulation.transport;
            let draw = |number| transport.draw(|rng| Step::draw(rng, number, has_touchpoints));
            let steps = (0..transport.draw(|rng| rng.usize(3..=8))).map(draw);
            run_side_by_side(&simulation, steps).await;
        }
    }
    let calls = simulation.transport.calls();
    let polls = simulation.observed().polls.clone();
    let has_hand_overs = matches!(scenario.steps, Steps::HandOversDrawn | Steps::HandOvers(_));
    let items = finish(cloud, &simulation, has_hand_overs).await;
    let observed = &mut *simulation.observed();
    let mut problems = std::mem::take(&mut observed.problems);
    problems.extend(simulation.services.problems());
    let built_twice = simulation.services.built_twice();
    problems.extend(invariants::breaches(&items, observed, &built_twice));
    let log = std::mem::take(&mut observed.log);
    if !problems.is_empty() {
        return Err(Box::new(Failure {
            scenario: scenario.clone(),
            problems,
            log,
        }));
    }
    Ok(Passed {
        calls,
        attempts: simulation.transport.attempts(),
        needed: simulation.transport.needed(),
        polls,
        promised: observed.promised.len(),
        handed_over: observed.hand_overs.handed_over.len(),
        writes: simulation.services.writes(),
        log,
    })
}

/// Runs steps, each after the end of the one before.
async fn run_in_turn(simulation: &Simulation, steps: &[Step]) {
    let mut under_way = JoinSet::new();
    for step in steps {
        begin(simulation, *step, &mut under_way);
        join(&mut under_way).await;
    }
}

/// Runs steps. Mostly begins the next one before the end of the one before.
async fn run_side_by_side(simulation: &Simulation, steps: impl Iterator<Item = Step>) {
    let transport = &simulation.transport;
    let mut under_way = JoinSet::new();
    for step in steps {
        begin(simulation, step, &mut under_way);
        let most_ms = match transport.draw(|rng| rng.u8(0..10)) {
            0..4 => {
                join(&mut under_way).await;
                continue;
            }
            4 => 6_000,
            _ => 40,
        };
        let pause = transport.draw(|rng| rng.u64(0..most_ms));
        sleep(Duration::from_millis(pause)).await;
    }
    join(&mut under_way).await;
}

/// Runs a race: its steps begin within a time that is drawn, so that each order of their calls
/// occurs.
async fn run_race(simulation: &Simulation, race: &'static Race) {
    let transport = &simulation.transport;
    transport.set_faults(Faults::Of(race.faults_before.to_vec()));
    run_in_turn(simulation, race.before).await;
    transport.set_faults(Faults::Of(race.faults.to_vec()));
    let most_ms = transport.draw(|rng| [1, 20, 60, 200, 600][rng.usize(..5)]);
    let mut under_way = JoinSet::new();
    for step in race.steps {
        begin(simulation, *step, &mut under_way);
        let pause = transport.draw(|rng| rng.u64(0..most_ms));
        sleep(Duration::from_millis(pause)).await;
    }
    join(&mut under_way).await;
    transport.end_faults();
    run_in_turn(simulation, race.after).await;
}

/// Waits until all steps have ended.
pub async fn join(under_way: &mut JoinSet<()>) {
    while let Some(done) = under_way.join_next().await {
        done.expect("no panic");
    }
}

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

/// Ends the faults, delivers everything, and clears the table. Returns the items that were in it.
async fn finish(cloud: &Cloud, simulation: &Simulation, has_hand_overs: bool) -> Vec<Value> {
    let mut simulation = simulation.clone();
    simulation.heal();
    if !simulation.clone().pause_workflow(false).await {
        simulation.problem("the workflow cannot be unpaused".to_owned());
    }
    let mut items = settle(cloud, &simulation).await;
    if has_hand_overs {
        hand_overs::run_out(cloud, &simulation).await;
        items = settle(cloud, &simulation).await;
    }
    let broken = invariants::broken_promises(&items, &simulation.observed());
    broken.into_iter().for_each(|it| simulation.problem(it));
    let created = simulation.observed().created.clone();
    for lead in created {
        let status = simulation.read(&lead).await;
        let is_wanted = !simulation.observed().erase_tries.contains_key(&lead);
        let was_erased = simulation.observed().erased.contains(&lead);
        if is_wanted && status != Some(200) || was_erased && status != Some(404) {
            simulation.problem(format!("GET of {lead} answers {status:?}"));
        }
    }
    // A client without an answer was promised nothing. A read of its lead repairs the stalled
    // start.
    let stalled = invariants::stalled(&items);
    if !stalled.is_empty() {
        sleep(VERY_LONG).await;
        for lead in stalled {
            simulation.read(&lead).await;
        }
        items = settle(cloud, &simulation).await;
    }
    // The reads may have noted the use of the key, and such a write may still be under way.
    sleep(LONG).await;
    cloud.clear(&cloud.items());
    items
}

/// Delivers and requeues until nothing is left to do. Returns the items of the table.
async fn settle(cloud: &Cloud, simulation: &Simulation) -> Vec<Value> {
    for _ in 0..ROUNDS {
        sleep(LONG).await;
        let has_messages = || {
            let services = &simulation.services;
            services.queue(|queue| !queue.messages.is_empty())
        };
        while has_messages() {
            simulation.clone().deliver(u32::MAX, false).await;
        }
        if !invariants::is_pending(&cloud.items()) || !simulation.clone().requeue().await {
            break;
        }
    }
    cloud.items()
}
