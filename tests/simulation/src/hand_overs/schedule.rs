//! Schedules of hand-overs: days in the life of a few leads, with everything that can go wrong.

use std::time::Duration;

use aws::store::{Rule, check};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::{task::JoinSet, time::sleep};

use super::{invariants, work};
use crate::{
    answer::text,
    cloud::Cloud,
    functions::Simulation,
    invariants::attributes,
    run::{begin, join},
    step::Step,
};

/// Most rounds in which every run must end once nothing fails any more. Each round does at least the
/// next thing that is due.
const ROUNDS: usize = 120;
/// Time of an outage in which nothing runs.
const OUTAGE: Duration = Duration::from_secs(6 * 3_600);

/// Rules about the entries of runs in the indexes.
const OF_ENTRIES: [Rule; 3] = [Rule::Entry, Rule::EntryCount, Rule::OpenEntry];

impl Step {
    /// Draws a step of a schedule of hand-overs.
    fn draw_of_hand_overs(rng: &mut Rng) -> Self {
        match rng.u8(0..74) {
            0..12 => Self::Look,
            12..18 => Self::Tick,
            18..30 => Self::Pull,
            30..40 => Self::UntilDue,
            40..49 => Self::Tell,
            49..52 => Self::Extend,
            52..55 => Self::GiveBack,
            55..58 => Self::Deliver,
            58 => Self::Enrol,
            59..61 => Self::Suppress,
            61 => Self::Unsuppress,
            62 => Self::Hold,
            63..65 => Self::Unhold,
            65 => Self::Stop,
            66..68 => Self::Resume,
            68 => Self::Assign,
            69 => Self::Erase,
            70 => Self::Pause,
            71 => Self::Unpause,
            72 => Self::Requeue,
            _ => Self::Outage,
        }
    }
}

/// Runs a drawn schedule. Most steps begin before the end of the one before.
pub async fn run_drawn(cloud: &Cloud, simulation: &Simulation) {
    let draw = |most: u64| simulation.transport.draw(|rng| rng.u64(0..most));
    sleep(Duration::from_secs(draw(24 * 3_600))).await;
    let mut steps = vec![Step::Enrol; 1 + usize::try_from(draw(3)).unwrap_or_default()];
    steps.extend([Step::Deliver, Step::Look, Step::Pull]);
    let drawn = 8 + draw(24);
    steps.extend((0..drawn).map(|_| simulation.transport.draw(Step::draw_of_hand_overs)));
    run_steps(cloud, simulation, &steps).await;
}

/// Runs steps of hand-overs, and checks the table after each.
pub async fn run_steps(cloud: &Cloud, simulation: &Simulation, steps: &[Step]) {
    let mut under_way = JoinSet::new();
    for step in steps {
        match step {
            Step::UntilDue => until_due(cloud, simulation).await,
            Step::Outage => {
                // The functions that run are over long before.
                simulation.log("outage".to_owned());
                sleep(OUTAGE).await;
            }
            step => begin(simulation, *step, &mut under_way),
        }
        let draw = |most: u64| simulation.transport.draw(|rng| rng.u64(0..most));
        match draw(10) {
            0..5 => join(&mut under_way).await,
            5 => sleep(Duration::from_millis(draw(6_000))).await,
            _ => sleep(Duration::from_millis(draw(40))).await,
        }
        let items = cloud.items();
        let checked = check(items.iter().map(attributes));
        let breaches = checked.breaches.iter().filter(|it| OF_ENTRIES.contains(&it.rule));
        breaches.for_each(|it| simulation.problem(format!("meanwhile: {it}")));
    }
    join(&mut under_way).await;
}

/// Waits until the next thing is due, and often a little longer.
async fn until_due(cloud: &Cloud, simulation: &Simulation) {
    let Some(at) = next_due(&cloud.items()) else {
        return;
    };
    let late_s = simulation.transport.draw(|rng| match rng.u8(..8) {
        0 => rng.i64(0..7_200),
        1 => rng.i64(0..600),
        _ => rng.i64(1..5),
    });
    sleep_until(simulation, at + SignedDuration::from_secs(late_s)).await;
}

async fn sleep_until(simulation: &Simulation, at: Timestamp) {
    let wait = at.duration_since(simulation.services.now());
    sleep(wait.max(SignedDuration::from_secs(1)).unsigned_abs()).await;
    simulation.services.tick();
}

/// Returns the time of the next thing that is due. `None` if nothing is due at any time.
fn next_due(items: &[Value]) -> Option<Timestamp> {
    let entries = items.iter().filter(|it| text(&it["gsi2pk"]["S"]).starts_with("DUE#"));
    let times = entries.map(|it| text(&it["gsi2sk"]["S"]).split('#').next().expect("a time"));
    times.map(|it| it.parse().expect("a time")).min()
}

/// Does everything that comes due, until every run has ended. Outcomes are lost, or nobody claims.
pub async fn run_out(cloud: &Cloud, simulation: &Simulation) {
    for scope in work::scopes() {
        if !simulation.set_hold(scope, false).await {
            simulation.problem(format!("the hold of {scope:?} cannot be ended"));
        }
    }
    let claims = simulation.transport.draw(|rng| rng.bool());
    for _ in 0..ROUNDS {
        let items = cloud.items();
        let is_held = items.iter().any(|it| text(&it["gsi2pk"]["S"]).starts_with("HELD#"));
        match next_due(&items) {
            // Orders to release what is held are carried out within a minute.
            _ if is_held => sleep(Duration::from_secs(60)).await,
            Some(at) => sleep_until(simulation, at).await,
            None => break,
        }
        simulation.clone().tick().await;
        sleep(Duration::from_secs(1)).await;
        simulation.services.tick();
        let failed = simulation.clone().look(false).await;
        if failed > 0 {
            simulation.problem(format!("{failed} hints failed without a fault"));
        }
        if claims {
            simulation.clone().pull().await;
        }
    }
    let breaches = invariants::breaches(&cloud.items(), &simulation.observed());
    breaches.into_iter().for_each(|it| simulation.problem(it));
}
