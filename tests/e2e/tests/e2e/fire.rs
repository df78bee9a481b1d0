//! Nothing is lost: the service under faults, redeliveries, reordering and crashes, all of them drawn from
//! seeds (docs/architecture.md, "The fault simulation"). `LEADGATE_SCHEDULES` sets how many schedules a test tries at
//! most, `LEADGATE_SEED` plays one again.

use std::{
    str::FromStr,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use e2e::fire::{
    Bench, Broken, Fault, Faults, Held, Kills, Plan, Planted, Step, run, spend, with_bad_records,
};
use tokio::runtime::{Builder, Runtime};

/// How many schedules a test tries at most on a developer's machine; CI tries forty times as many.
const SCHEDULES: usize = 500;
/// Within how many seeds a planted bug must be found.
const SEEDS_PER_BUG: u64 = 2_000;

/// What each call of which meets each fault: every way into the queue and out of it, and what can be done to
/// a lead meanwhile.
const SCRIPTS: [&[Step]; 4] = [
    &[
        Step::CreateOne { is_named: false },
        Step::Deliver,
        Step::Stop,
        Step::Requeue,
    ],
    &[
        Step::CreateOne { is_named: true },
        Step::Replay,
        Step::Deliver,
        Step::Erase,
    ],
    &[
        Step::CreateMany {
            is_named: false,
            leads: 3,
        },
        Step::Assign,
        Step::Deliver,
    ],
    &[
        Step::CreateMany {
            is_named: true,
            leads: 2,
        },
        Step::Deliver,
        Step::Replay,
        Step::Deliver,
    ],
];

/// Somebody with a runtime whose clock moves only when nothing else does.
struct Player {
    runtime: Runtime,
    bench: Bench,
}

impl Player {
    fn new() -> Self {
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        let bench = runtime.block_on(Bench::new());
        Self { runtime, bench }
    }

    fn play(&self, plan: &Plan) -> Result<Held, Broken> {
        self.runtime.block_on(run(&self.bench, plan))
    }

    fn must_hold(&self, plan: &Plan) -> Held {
        self.play(plan).unwrap_or_else(|broken| panic!("{broken}"))
    }
}

/// Does `work` for every number below `end`, on half of the cores: the other tests have clocks that run.
fn on_half_the_cores(end: usize, work: impl Fn(&Player, usize) + Sync) {
    let next = AtomicUsize::new(0);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let players = (cores / 2).max(1);
    thread::scope(|scope| {
        for _ in 0..players {
            scope.spawn(|| {
                let player = Player::new();
                loop {
                    match next.fetch_add(1, Ordering::Relaxed) {
                        number if number < end => work(&player, number),
                        _ => return,
                    }
                }
            });
        }
    });
}

#[expect(
    clippy::disallowed_methods,
    reason = "how much is tried is the developer's choice"
)]
fn wanted<T: FromStr>(name: &str) -> Option<T> {
    let value = std::env::var(name).ok()?;
    let number = value.parse().ok();
    Some(number.unwrap_or_else(|| panic!("{name} must be a number")))
}

fn most_schedules() -> usize {
    wanted("LEADGATE_SCHEDULES").unwrap_or(SCHEDULES)
}

#[test]
fn no_lead_is_lost_in_any_schedule_of_faults_kills_and_redeliveries() {
    if let Some(seed) = wanted("LEADGATE_SEED") {
        let held = Player::new().must_hold(&Plan::of_seed(seed));
        return held.log.iter().for_each(|line| println!("{line}"));
    }
    let schedules = most_schedules();
    let (attempts, promised) = (AtomicUsize::new(0), AtomicUsize::new(0));
    on_half_the_cores(schedules, |player, seed| {
        let held = player.must_hold(&Plan::of_seed(seed as u64));
        attempts.fetch_add(held.attempts, Ordering::Relaxed);
        promised.fetch_add(held.promised, Ordering::Relaxed);
    });
    println!(
        "{schedules} schedules: {attempts:?} calls of AWS, {promised:?} runs promised and there"
    );
}

#[test]
fn a_seed_is_the_same_schedule_each_time() {
    let player = Player::new();
    for seed in 0..20 {
        let [first, second] = [(); 2].map(|()| player.must_hold(&Plan::of_seed(seed)).log);
        assert_eq!(first, second);
    }
}

/// The scripts, and how many calls each makes when nothing is in its way.
fn scripts() -> impl Iterator<Item = (Plan, usize)> {
    let plans = SCRIPTS.into_iter().map(Plan::of_steps);
    plans.map(|plan| {
        let calls = Player::new().must_hold(&plan).calls.len();
        (plan, calls)
    })
}

fn at(plan: &Plan, faults: &[(usize, Fault, bool)]) -> Plan {
    Plan {
        faults: Faults::At(faults.to_vec()),
        ..plan.clone()
    }
}

/// Those of `plans` that are tried, evenly spread if they are too many, must hold.
fn must_all_hold(what: &str, plans: &[Plan]) {
    let tried = plans.len().min(most_schedules());
    on_half_the_cores(tried, |player, number| {
        player.must_hold(&plans[number * plans.len() / tried]);
    });
    println!("{tried} of {} {what}", plans.len());
}

/// Every fault, for one attempt and for all attempts of a call.
fn faults() -> impl Iterator<Item = (Fault, bool)> + Clone {
    let both = |fault| [(fault, false), (fault, true)];
    Fault::ALL.into_iter().flat_map(both)
}

#[test]
fn no_lead_is_lost_with_any_fault_at_any_call() {
    let mut plans = Vec::new();
    for (plan, calls) in scripts() {
        for site in 0..calls {
            plans.extend(faults().map(|(fault, stays)| at(&plan, &[(site, fault, stays)])));
        }
    }
    must_all_hold("single faults", &plans);
}

#[test]
fn no_lead_is_lost_with_any_two_calls_in_trouble() {
    // What a caller can tell apart, and what has been done by then: refused, not answered and not done, done and
    // not answered, done too late.
    const KINDS: [Fault; 4] = [
        Fault::Throttled,
        Fault::Refused,
        Fault::ReplyLost,
        Fault::Late,
    ];
    let mut plans = Vec::new();
    for (plan, calls) in scripts() {
        for (first, second) in
            (0..calls).flat_map(|one| (one + 1..calls).map(move |two| (one, two)))
        {
            for (one, two) in KINDS
                .into_iter()
                .flat_map(|one| KINDS.map(|two| (one, two)))
            {
                plans.push(at(&plan, &[(first, one, true), (second, two, true)]));
            }
        }
    }
    must_all_hold("pairs of faults", &plans);
}

#[test]
fn no_lead_is_lost_with_a_kill_at_any_await_point() {
    let mut plans = Vec::new();
    for plan in SCRIPTS.map(Plan::of_steps) {
        let held = Player::new().must_hold(&plan);
        for (handler, polls) in held.polls.into_iter().enumerate() {
            plans.extend((0..polls).map(|polls| Plan {
                kills: Kills::At(handler, polls),
                ..plan.clone()
            }));
        }
    }
    must_all_hold("kills at await points", &plans);
}

#[test]
fn every_planted_bug_is_found() {
    on_half_the_cores(Planted::ALL.len(), |player, number| {
        let planted = Planted::ALL[number];
        let found = (0..SEEDS_PER_BUG).find(|seed| {
            let plan = Plan {
                planted: Some(planted),
                ..Plan::of_seed(*seed)
            };
            player.play(&plan).is_err()
        });
        let seed = found.unwrap_or_else(|| panic!("{planted:?} is not found"));
        println!("{planted:?}: found by seed {seed}");
    });
}

#[test]
fn of_a_batch_exactly_the_bad_records_are_reported_and_the_others_built_once() {
    on_half_the_cores(1 << 10, |player, bad| {
        let held = with_bad_records(&player.bench, bad);
        player.runtime.block_on(held).unwrap();
    });
}

#[test]
fn an_outage_is_not_answered_with_a_storm_of_retries() {
    let player = Player::new();
    for (percent, requests) in [(50, 400), (100, 400)] {
        let spent = spend(&player.bench, percent, requests);
        let spent = player.runtime.block_on(spent);
        println!(
            "{percent} %: {} attempts for {} calls",
            spent.attempts, spent.calls
        );
        assert!(spent.attempts <= 2 * spent.calls, "{spent:?}");
        assert_eq!(spent.problems, [""; 0]);
    }
}
