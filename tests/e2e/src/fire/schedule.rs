//! A plan, carried out. Then everything is healed, and what must hold is checked.

use std::{collections::BTreeSet, fmt, time::Duration};

use local::demo;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};

use super::{
    check,
    permission::Permission,
    plan::{Plan, Step},
    wire::Fault,
    world::{Bench, MAX_RECEIVE_COUNT, POISON, World},
};

/// Longer than a message is young, an erasure is somebody else's, and a call is under way.
const LONG: Duration = Duration::from_secs(70);

/// Longer than a start waits for its run.
const VERY_LONG: Duration = Duration::from_secs(3_600);

/// What a schedule that holds has come to.
#[derive(Debug)]
pub struct Held {
    /// The calls of AWS until it was healed, retries apart.
    pub calls: Vec<(String, Option<(Fault, bool)>)>,
    /// All attempts.
    pub attempts: usize,
    /// What the calls needed to be allowed, those of the healing too.
    pub needed: BTreeSet<Permission>,
    /// How often each handler was polled until then.
    pub polls: Vec<u32>,
    /// Leads that were promised a run.
    pub promised: usize,
    /// All that happened.
    pub log: Vec<String>,
}

/// A schedule that did not hold.
pub struct Broken {
    plan: Plan,
    problems: Vec<String>,
    log: Vec<String>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.plan)?;
        for line in self.log.iter().chain(&self.problems) {
            writeln!(f, "{line}")?;
        }
        match self.plan.steps {
            Some(_) => Ok(()),
            None => write!(
                f,
                "replay: LEADGATE_SEED={} cargo test -p e2e any_schedule -- --nocapture",
                self.plan.seed
            ),
        }
    }
}

/// Runs a schedule on a runtime whose clock is paused. The same plan always does the same.
pub async fn run(bench: &Bench, plan: &Plan) -> Result<Held, Broken> {
    // The SDK draws its pauses between retries from it.
    fastrand::seed(plan.seed);
    let world = World::new(bench, plan);
    let mut under_way = JoinSet::new();
    match plan.steps {
        Some(steps) => {
            for step in steps {
                begin(&world, *step, &mut under_way);
                wait_for(&mut under_way).await;
            }
        }
        None => {
            for number in 0..world.wire.draw(|rng| rng.usize(3..=8)) {
                begin(&world, draw_step(&world, number), &mut under_way);
                match world.wire.draw(|rng| rng.u8(0..10)) {
                    0..4 => wait_for(&mut under_way).await,
                    4 => {
                        sleep(Duration::from_millis(
                            world.wire.draw(|rng| rng.u64(0..6_000)),
                        ))
                        .await
                    }
                    _ => sleep(Duration::from_millis(world.wire.draw(|rng| rng.u64(0..40)))).await,
                }
            }
        }
    }
    wait_for(&mut under_way).await;
    let (calls, polls) = (world.wire.calls(), world.told().polls.clone());
    let items = heal(bench, &world).await;
    let mut told = world.told();
    let mut problems = std::mem::take(&mut told.problems);
    problems.extend(check::problems(&items, &told, &world.wire));
    let log = std::mem::take(&mut told.log);
    if problems.is_empty() {
        Ok(Held {
            calls,
            attempts: world.wire.attempts(),
            needed: world.wire.needed(),
            polls,
            promised: told.promised.len(),
            log,
        })
    } else {
        Err(Broken {
            plan: plan.clone(),
            problems,
            log,
        })
    }
}

async fn wait_for(under_way: &mut JoinSet<()>) {
    while let Some(done) = under_way.join_next().await {
        done.expect("no panic");
    }
}

fn draw_step(world: &World, number: usize) -> Step {
    let is_named = world.wire.draw(|rng| rng.bool());
    if number == 0 {
        return Step::CreateOne { is_named };
    }
    match world.wire.draw(|rng| rng.u8(0..20)) {
        0..2 => Step::CreateOne { is_named },
        2..4 => Step::CreateMany {
            is_named,
            leads: world.wire.draw(|rng| rng.usize(1..=4)),
        },
        4..6 => Step::Replay,
        6..12 => Step::Deliver,
        12 => Step::Requeue,
        13..15 => Step::Erase,
        15 => Step::Assign,
        16..18 => Step::Stop,
        18 => Step::Poison,
        _ => Step::Wait,
    }
}

fn begin(world: &World, step: Step, under_way: &mut JoinSet<()>) {
    world.log(format!("{step:?}"));
    let (actor, tries) = (world.clone(), world.wire.draw(|rng| rng.u32(1..=3)));
    let name = |is_named: bool, body: &Value| {
        is_named.then(|| {
            let requests = &mut world.told().requests;
            let key = format!("request-{}", requests.len());
            requests.push((key.clone(), body.clone()));
            key
        })
    };
    match step {
        Step::CreateOne { is_named } => {
            let body = lead();
            let key = name(is_named, &body);
            under_way.spawn(actor.create(body, key, tries));
        }
        Step::CreateMany { is_named, leads } => {
            let body = self::leads(leads);
            let key = name(is_named, &body);
            under_way.spawn(actor.create(body, key, tries));
        }
        Step::Replay => {
            let requests = world.told().requests.clone();
            let chosen = world.wire.draw(|rng| rng.choice(&requests).cloned());
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
        Step::Erase | Step::Assign | Step::Stop => {
            let created: Vec<_> = world.told().created.iter().cloned().collect();
            let Some(lead) = world.wire.draw(|rng| rng.choice(&created).cloned()) else {
                return;
            };
            match step {
                Step::Erase => under_way.spawn(actor.erase(lead)),
                Step::Assign => under_way.spawn(actor.assign(lead)),
                _ => under_way.spawn(actor.stop(lead)),
            };
        }
        Step::Poison => {
            world.wire.queue(|queue, _| queue.push(POISON));
        }
        Step::Wait => {
            under_way.spawn(sleep(LONG));
        }
    }
}

/// What is in every lead, and must be in no log, message or error.
pub const CANARIES: [&str; 5] = [
    "Canaryname",
    "canary@example.com",
    "+12345678901",
    "canary in the metadata",
    "canary in the message",
];

/// What a client sends to create a lead.
pub(super) fn lead() -> Value {
    let [name, email, phone, note, message] = CANARIES;
    json!({
        "first_name": name, "email": email, "phone": phone, "metadata": {"note": note},
        "workflow_id": demo::WORKFLOW_ID, "force_first_message": {"channel": "sms", "content": message},
    })
}

/// Whether there is something of a lead in a text.
pub(super) fn reveals(text: &str) -> bool {
    CANARIES.iter().any(|canary| text.contains(canary))
}

/// What a client sends to create many.
pub(super) fn leads(number: usize) -> Value {
    vec![lead(); number].into()
}

/// No more faults: everything that is on its way arrives, and what is left is tried until nothing is. Gives
/// the table's items then, and clears it.
async fn heal(bench: &Bench, world: &World) -> Vec<Value> {
    world.wire.repair();
    let mut world = world.clone();
    world.spare();
    let mut items = settle(bench, &world).await;
    let broken = check::promises(&items, &world.told());
    broken.into_iter().for_each(|it| world.problem(it));
    let created = world.told().created.clone();
    for lead in created {
        let status = world.look(&lead).await;
        let wanted = !world.told().erase_tries.contains_key(&lead);
        let was_erased = world.told().erased.contains(&lead);
        if wanted && status != Some(200) || was_erased && status != Some(404) {
            world.problem(format!("GET of {lead} answers {status:?}"));
        }
    }
    // A lead whose client got no answer was promised nothing. It starts when somebody looks at it.
    let stalled = check::stalled(&items);
    if !stalled.is_empty() {
        sleep(VERY_LONG).await;
        for lead in stalled {
            world.look(&lead).await;
        }
        items = settle(bench, &world).await;
    }
    bench.clear(&items);
    items
}

/// Delivers and requeues until there is nothing left to do, and gives the table's items.
async fn settle(bench: &Bench, world: &World) -> Vec<Value> {
    for _ in 0..20 {
        sleep(LONG).await;
        while world.wire.queue(|queue, _| !queue.messages.is_empty()) {
            world.clone().deliver(u32::MAX, false).await;
        }
        if !check::is_marked(&bench.items()) || !world.clone().requeue().await {
            break;
        }
    }
    bench.items()
}
