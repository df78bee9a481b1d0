//! Schedules of hand-overs: days in the life of a few leads, with everything that can go wrong.

use std::time::Duration;

use aws::store::{Rule, check};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::{task::JoinSet, time::sleep};

use super::{invariants, push_log::TOKEN, work};
use crate::{
    answer::text,
    begin::{begin, join},
    cloud::Cloud,
    functions::Simulation,
    invariants::attributes,
    step::Step,
};

/// Most rounds in which every run must end once nothing fails any more. Each round does at least the
/// next thing that is due.
const ROUNDS: usize = 120;
/// Time of an outage in which nothing runs.
const OUTAGE: Duration = Duration::from_secs(6 * 3_600);

/// Rules about the entries of runs in the indexes.
const OF_ENTRIES: [Rule; 3] = [Rule::Entry, Rule::EntryCount, Rule::OpenEntry];

/// Draws the next steps of a schedule of hand-overs.
fn draw(rng: &mut Rng) -> &'static [Step] {
    use Step::*;

    match rng.u8(0..70) {
        0..14 => &[UntilDue, Wake, Pull],
        14..18 => &[UntilDue, Pull],
        18..21 => &[Tick, Look],
        21..25 => &[Look],
        25..32 => &[Pull],
        32..44 => &[Tell],
        44..48 => &[Extend],
        48..51 => &[GiveBack],
        51 => &[Enrol, Deliver, Look],
        52..54 => &[Suppress],
        54 => &[Unsuppress],
        55 => &[Hold],
        56..58 => &[Unhold, Wake],
        58 => &[Stop],
        59..61 => &[Resume],
        61 => &[Assign, Deliver],
        62 => &[Erase],
        63 => &[Pause],
        64..66 => &[Unpause],
        66 => &[Requeue, Deliver],
        67 => &[UntilDue],
        68 => &[Outage],
        _ => &[UntilDue, Look, Pull, Wait],
    }
}

/// Runs a drawn schedule. Most steps begin before the end of the one before.
pub async fn run_drawn(cloud: &Cloud, simulation: &Simulation) {
    let number = |most: usize| simulation.transport.draw(|rng| rng.usize(0..most));
    // A schedule begins at noon. In half of the schedules, the windows are open for a while.
    let hours = if number(2) == 0 { 5 } else { 24 };
    let begin_s = number(hours * 3_600);
    sleep(Duration::from_secs(begin_s.try_into().unwrap_or_default())).await;
    let mut steps = vec![Step::Enrol; 1 + number(3)];
    steps.extend([
        Step::Deliver,
        Step::Wait,
        Step::Deliver,
        Step::Wake,
        Step::Pull,
    ]);
    let length = steps.len() + 8 + number(30);
    while steps.len() < length {
        steps.extend(simulation.transport.draw(draw));
    }
    run_steps(cloud, simulation, &steps).await;
}

/// Draws the next steps of a schedule of hand-overs to a webhook.
fn draw_pushed(rng: &mut Rng) -> &'static [Step] {
    use Step::*;

    match rng.u8(0..40) {
        0..12 => &[UntilDue, Wake, Look],
        12..16 => &[UntilDue, Look],
        16..19 => &[Tick, Look],
        19..25 => &[Look, Wait],
        25..27 => &[Enrol, Deliver, Look],
        27 => &[Suppress],
        28 => &[Unsuppress],
        29 => &[Hold],
        30..32 => &[Unhold, Wake],
        32..34 => &[Stop],
        34 => &[Resume],
        35 => &[Erase],
        36 => &[Pause, Unpause],
        37 => &[Outage],
        _ => &[UntilDue, Look, Wait],
    }
}

/// Runs a drawn schedule of hand-overs to a webhook.
pub async fn run_pushed(cloud: &Cloud, simulation: &Simulation) {
    let number = |most: usize| simulation.transport.draw(|rng| rng.usize(0..most));
    let mut steps = vec![Step::Enrol; 2 + number(4)];
    steps.extend([
        Step::Deliver,
        Step::Wait,
        Step::Deliver,
        Step::Wake,
        Step::Look,
    ]);
    let length = steps.len() + 8 + number(24);
    while steps.len() < length {
        steps.extend(simulation.transport.draw(draw_pushed));
    }
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
        let breaches = checked
            .breaches
            .iter()
            .filter(|it| OF_ENTRIES.contains(&it.rule));
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
    let entries = items
        .iter()
        .filter(|it| text(&it["gsi2pk"]["S"]).starts_with("DUE#"));
    let times = entries.map(|it| text(&it["gsi2sk"]["S"]).split('#').next().expect("a time"));
    times.map(|it| it.parse().expect("a time")).min()
}

/// Does everything that comes due, until every run has ended. Outcomes are lost, or no caller claims.
pub async fn run_out(cloud: &Cloud, simulation: &Simulation) {
    for scope in work::scopes() {
        if !simulation.set_hold(scope, false).await {
            simulation.problem(format!("the hold of {scope:?} cannot be ended"));
        }
    }
    let is_pushed = simulation.observed().pushes.is_on;
    if is_pushed {
        // Requests that are under way end first.
        sleep(Duration::from_secs(60)).await;
        simulation.heal_receiver().await;
    }
    let claims = !is_pushed && simulation.transport.draw(|rng| rng.bool());
    let rounds = if is_pushed { 5 * ROUNDS } else { ROUNDS };
    for _ in 0..rounds {
        let items = cloud.items();
        let is_held = items
            .iter()
            .any(|it| text(&it["gsi2pk"]["S"]).starts_with("HELD#"));
        match next_due(&items) {
            // Orders to release what is held are carried out within a minute.
            _ if is_held => sleep(Duration::from_secs(60)).await,
            Some(at) => {
                if is_pushed {
                    sleep(TOKEN.unsigned_abs()).await;
                }
                sleep_until(simulation, at + SignedDuration::from_secs(1)).await;
            }
            None => break,
        }
        // wake-runs costs many reads, and finds the runs that the raw table has.
        if is_held || simulation.transport.draw(|rng| rng.u8(..8)) == 0 {
            simulation.clone().tick().await;
            sleep(Duration::from_secs(1)).await;
        } else {
            simulation.hint(&items);
        }
        let failed = simulation.clone().look(false).await;
        if failed > 0 {
            simulation.problem(format!("{failed} hints failed without a fault"));
        }
        // A claim costs many reads too, even if nothing is open.
        let is_open = |it: &Value| text(&it["gsi1pk"]["S"]).starts_with("OPEN#");
        if claims && cloud.items().iter().any(is_open) {
            simulation.clone().pull().await;
        }
    }
    let items = cloud.items();
    let mut breaches = invariants::breaches(&items, &simulation.observed());
    breaches.extend(simulation.observed().pushes.breaches(&items));
    breaches.into_iter().for_each(|it| simulation.problem(it));
}
