//! Run of a scenario. Afterwards the faults end, everything is delivered, and the invariants are
//! checked.

use std::time::Duration;

use serde_json::Value;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    begin::{LONG, begin, join},
    cloud::Cloud,
    faults::Faults,
    functions::Simulation,
    hand_overs, invariants,
    races::Race,
    scenario::{Scenario, Steps},
    step::Step,
    verdict::{Failure, Passed},
};

/// Longer than a start waits for its run before it counts as stalled.
const VERY_LONG: Duration = Duration::from_secs(3_600);

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
    let receiver = match scenario.steps {
        Steps::PushesDrawn | Steps::Pushes(_) => simulation.begin_pushes(cloud, scenario).await,
        _ => None,
    };
    match scenario.steps {
        Steps::InTurn(steps) => run_in_turn(&simulation, steps).await,
        Steps::SideBySide(steps) => run_side_by_side(&simulation, steps.iter().copied()).await,
        Steps::Race(race) => run_race(&simulation, race).await,
        Steps::HandOversDrawn => hand_overs::run_drawn(cloud, &simulation).await,
        Steps::HandOvers(steps) | Steps::Pushes(steps) => {
            hand_overs::run_steps(cloud, &simulation, steps).await
        }
        Steps::PushesDrawn => hand_overs::run_pushed(cloud, &simulation).await,
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
    let has_hand_overs = matches!(
        scenario.steps,
        Steps::HandOversDrawn | Steps::HandOvers(_) | Steps::PushesDrawn | Steps::Pushes(_)
    );
    let items = finish(cloud, &simulation, has_hand_overs).await;
    if let Some(receiver) = receiver {
        receiver.abort();
    }
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
        handed_over: observed.hand_overs.handed_over.len() + observed.pushes.count(),
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
