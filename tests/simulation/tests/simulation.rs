//! No lead is lost: the service under faults, redeliveries, reordering and crashes, all drawn from
//! seeds (docs/architecture.md, "The fault simulation"). `LEADGATE_SCHEDULES` is the most schedules
//! that a test tries, and `LEADGATE_SEED` is a seed to replay.

mod hand_overs;

use std::{
    collections::BTreeSet,
    str::FromStr,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use simulation::{
    Cancellations, Cloud, Failure, Fault, FaultAt, Faults, Mutation, Passed, RACES, Race, Scenario,
    Step,
    conditions::{Catch, Mutant, Page, Write, reason},
    outage, run, with_bad_records,
};
use tokio::runtime::{Builder, Runtime};

/// Most schedules that a test tries on a developer's machine. CI tries more.
const SCHEDULES: usize = 75;
/// Number of seeds within which each mutation must be found.
const SEEDS_PER_MUTATION: u64 = 100;
/// Number of seeds that show which conditional writes a race makes.
const SEEDS_OF_WRITES: u64 = 10;
/// Maximum number of schedules in which a problem with one mutant is searched.
const SCHEDULES_OF_SEARCH: usize = 300;

/// Scripts whose every call meets every fault. They cover every way into the queue and out of it,
/// and everything that can happen to a lead meanwhile.
const SCRIPTS: [&[Step]; 5] = [
    &[
        Step::CreateOne {
            is_idempotent: false,
        },
        Step::Deliver,
        Step::Stop,
        Step::Requeue,
    ],
    &[
        Step::CreateOne {
            is_idempotent: true,
        },
        Step::Replay,
        Step::Deliver,
        Step::Erase,
    ],
    &[
        Step::CreateMany {
            is_idempotent: false,
            leads: 3,
        },
        Step::Assign,
        Step::Deliver,
    ],
    &[
        Step::CreateMany {
            is_idempotent: true,
            leads: 2,
        },
        Step::Deliver,
        Step::Replay,
        Step::Deliver,
    ],
    &[
        Step::CreateOne {
            is_idempotent: false,
        },
        Step::Deliver,
        Step::Claim,
        Step::Settle,
    ],
];

/// Runtime whose clock moves only when nothing else does, with a database for its scenarios.
struct Player {
    runtime: Runtime,
    cloud: Cloud,
}

impl Player {
    fn new() -> Self {
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        let cloud = runtime.block_on(Cloud::new());
        Self { runtime, cloud }
    }

    fn play(&self, scenario: &Scenario) -> Result<Passed, Box<Failure>> {
        self.runtime.block_on(run(&self.cloud, scenario))
    }

    fn must_pass(&self, scenario: &Scenario) -> Passed {
        let played = self.play(scenario);
        played.unwrap_or_else(|failure| panic!("{failure}"))
    }
}

/// Does `work` for every number below `end`. Takes half of the cores, because other tests depend on
/// real time.
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
    reason = "a developer chooses how much is tried"
)]
fn number_from_env<T: FromStr>(name: &str) -> Option<T> {
    let value = std::env::var(name).ok()?;
    let number = value.parse().ok();
    Some(number.unwrap_or_else(|| panic!("{name} must be a number")))
}

fn most_schedules() -> usize {
    number_from_env("LEADGATE_SCHEDULES").unwrap_or(SCHEDULES)
}

#[test]
fn no_lead_is_lost_in_any_schedule_of_faults_cancellations_and_redeliveries() {
    if let Some(seed) = number_from_env("LEADGATE_SEED") {
        let passed = Player::new().must_pass(&Scenario::of_seed(seed));
        return passed.log.iter().for_each(|line| println!("{line}"));
    }
    let schedules = most_schedules();
    let [attempts, promised, handed_over] = [const { AtomicUsize::new(0) }; 3];
    on_half_the_cores(schedules, |player, seed| {
        let passed = player.must_pass(&Scenario::of_seed(seed as u64));
        attempts.fetch_add(passed.attempts, Ordering::Relaxed);
        promised.fetch_add(passed.promised, Ordering::Relaxed);
        handed_over.fetch_add(passed.handed_over, Ordering::Relaxed);
    });
    println!(
        "{schedules} schedules: {attempts:?} calls of AWS, {promised:?} runs promised and there, \
         {handed_over:?} touchpoints handed over"
    );
}

#[test]
fn a_seed_is_the_same_schedule_each_time() {
    let player = Player::new();
    for seed in 0..20 {
        let [first, second] = [(); 2].map(|()| player.must_pass(&Scenario::of_seed(seed)).log);
        assert_eq!(first, second);
    }
}

/// Returns the scripts, each with the number of its calls when nothing fails.
fn scripts() -> impl Iterator<Item = (Scenario, usize)> {
    let scenarios = SCRIPTS.into_iter().map(Scenario::of_steps);
    scenarios.map(|scenario| {
        let calls = Player::new().must_pass(&scenario).calls.len();
        (scenario, calls)
    })
}

fn with_faults(scenario: &Scenario, faults: &[FaultAt]) -> Scenario {
    Scenario {
        faults: Faults::At(faults.to_vec()),
        ..scenario.clone()
    }
}

/// Plays scenarios, each of which must pass. Tries an evenly spread part of them if they are more than
/// `most`.
fn must_all_pass(kind: &str, scenarios: &[Scenario], most: usize) {
    let tried = scenarios.len().min(most);
    on_half_the_cores(tried, |player, number| {
        player.must_pass(&scenarios[number * scenarios.len() / tried]);
    });
    println!("{tried} of {} {kind}", scenarios.len());
}

/// Plays each script with a cancellation of each handler after each number of polls. Tries `most` of
/// them.
fn must_pass_with_any_cancellation(
    kind: &str,
    scripts: impl IntoIterator<Item = Scenario>,
    most: usize,
) {
    let player = Player::new();
    let mut scenarios = Vec::new();
    for script in scripts {
        let passed = player.must_pass(&script);
        assert_ne!(passed.promised + passed.handed_over, 0);
        for (handler, polls) in passed.polls.into_iter().enumerate() {
            scenarios.extend((0..polls).map(|polls| Scenario {
                cancellations: Cancellations::At { handler, polls },
                ..script.clone()
            }));
        }
    }
    must_all_pass(kind, &scenarios, most);
}

#[test]
fn no_lead_is_lost_with_any_fault_at_any_call() {
    let mut scenarios = Vec::new();
    for (scenario, calls) in scripts() {
        for call in 0..calls {
            for (fault, hits_retries) in Fault::DRAWN
                .into_iter()
                .flat_map(|fault| [(fault, false), (fault, true)])
            {
                let fault = FaultAt {
                    call,
                    fault,
                    hits_retries,
                };
                scenarios.push(with_faults(&scenario, &[fault]));
            }
        }
    }
    must_all_pass("single faults", &scenarios, most_schedules());
}

#[test]
fn no_lead_is_lost_with_any_two_calls_in_trouble() {
    // Each is different for a caller, or leaves the service in another state: refused, not answered
    // and not done, done and not answered, done too late.
    const KINDS: [Fault; 4] = [
        Fault::Throttled,
        Fault::Refused,
        Fault::ReplyLost,
        Fault::LATE,
    ];
    let mut scenarios = Vec::new();
    for (scenario, calls) in scripts() {
        for (first, second) in
            (0..calls).flat_map(|one| (one + 1..calls).map(move |two| (one, two)))
        {
            for (one, two) in KINDS
                .into_iter()
                .flat_map(|one| KINDS.map(|two| (one, two)))
            {
                let faults = [(first, one), (second, two)].map(|(call, fault)| FaultAt {
                    call,
                    fault,
                    hits_retries: true,
                });
                scenarios.push(with_faults(&scenario, &faults));
            }
        }
    }
    must_all_pass("pairs of faults", &scenarios, most_schedules());
}

#[test]
fn no_lead_is_lost_with_a_cancellation_at_any_await_point() {
    let scripts = SCRIPTS.map(Scenario::of_steps);
    must_pass_with_any_cancellation("cancellations at await points", scripts, most_schedules());
}

#[test]
fn every_mutation_is_found() {
    let (mutations, missed) = (Mutation::all(), Mutex::new(Vec::new()));
    on_half_the_cores(mutations.len(), |player, number| {
        let mutation = mutations[number];
        let mut scenarios =
            (0..SEEDS_PER_MUTATION).map(|seed| Scenario::of_mutation(mutation, seed));
        let found = scenarios.find_map(|it| player.play(&it).err());
        let Some(found) = found else {
            return missed.lock().unwrap().push(mutation);
        };
        let Failure {
            scenario, problems, ..
        } = *found;
        let (seed, problem) = (scenario.seed, &problems[0]);
        println!("{mutation:?}: found by seed {seed}: {problem}");
        player.must_pass(&Scenario {
            mutation: None,
            ..scenario
        });
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "not found: {missed:?}");
}

/// Returns the problem that a race finds with a mutant. `None` if it finds none.
fn problem_of(
    player: &Player,
    race: &'static Race,
    mutant: &'static Mutant,
    seed: u64,
) -> Option<String> {
    let scenario = Scenario {
        mutation: Some(Mutation::Condition(mutant)),
        ..Scenario::of_race(race, seed)
    };
    let failure = player.play(&scenario).err()?;
    Some(failure.problems[0].clone())
}

#[test]
fn every_mutant_that_a_race_catches_breaks_it() {
    let rows: Vec<_> = Page::committed().rows().collect();
    on_half_the_cores(rows.len(), |player, number| {
        let (mutant, catch) = rows[number];
        let race = match catch {
            Catch::Race(name) => Race::named(name),
            Catch::Missing => panic!("no test catches {mutant:?}"),
            Catch::Test(_) | Catch::Redundant(_) => return,
        };
        let race = race.unwrap_or_else(|| panic!("{catch:?} is no race"));
        let mut problems = (0..SEEDS_PER_MUTATION)
            .filter_map(|seed| Some((seed, problem_of(player, race, mutant, seed)?)));
        let caught = problems.next();
        let (seed, problem) = caught.unwrap_or_else(|| panic!("{race:?} misses {mutant:?}"));
        println!("{}: seed {seed}: {problem:.100}", mutant.key());
        player.must_pass(&Scenario::of_race(race, seed));
    });
}

#[test]
fn no_race_loses_anything() {
    let seeds = (most_schedules() / RACES.len()).max(1);
    on_half_the_cores(RACES.len() * seeds, |player, number| {
        let race = &RACES[number % RACES.len()];
        player.must_pass(&Scenario::of_race(race, (number / RACES.len()) as u64));
    });
}

/// Looks for a race that catches each mutant without one. Changes docs/mutations.md: `just mutants`.
#[test]
#[ignore = "it changes the documentation"]
fn the_page_of_mutants_is_written_anew() {
    let writes: Vec<Mutex<BTreeSet<Write>>> = RACES.iter().map(|_| Mutex::default()).collect();
    on_half_the_cores(RACES.len(), |player, number| {
        for seed in 0..SEEDS_OF_WRITES {
            let passed = player.must_pass(&Scenario::of_race(&RACES[number], seed));
            writes[number].lock().unwrap().extend(passed.writes);
        }
    });
    let mut page = Page::read();
    for write in writes.iter().flat_map(|it| it.lock().unwrap().clone()) {
        page.add(&write);
    }
    let rows: Vec<(&'static Mutant, Catch)> = page
        .rows()
        .map(|(mutant, catch)| (&*Box::leak(Box::new(mutant.clone())), catch.clone()))
        .collect();
    let page = Mutex::new(page);
    on_half_the_cores(rows.len(), |player, number| {
        let (mutant, catch) = &rows[number];
        if matches!(catch, Catch::Test(_) | Catch::Redundant(_)) {
            return;
        }
        let makes = |race: &usize| writes[*race].lock().unwrap().contains(&mutant.write);
        let named = RACES
            .iter()
            .position(|it| *catch == Catch::Race(it.name.to_owned()));
        let races = named.into_iter().chain(0..RACES.len()).filter(makes);
        let races: Vec<_> = races.map(|race| &RACES[race]).collect();
        // A seed of each race, then the next one, because most races find a mutant at once or never.
        let plays = (0..).flat_map(|seed| races.iter().map(move |race| (*race, seed)));
        let mut caught = plays
            .take(SCHEDULES_OF_SEARCH.min(races.len() * SCHEDULES_OF_SEARCH))
            .filter(|(race, seed)| problem_of(player, race, mutant, *seed).is_some());
        let catch = match caught.next() {
            Some((race, _)) => Catch::Race(race.name.to_owned()),
            None => reason(mutant).map_or(Catch::Missing, |it| Catch::Redundant(it.to_owned())),
        };
        println!("{}: {catch:?}", mutant.key());
        page.lock().unwrap().set((*mutant).clone(), catch);
    });
    page.lock().unwrap().write();
}

#[test]
fn of_a_batch_exactly_the_bad_records_are_reported_and_the_others_built_once() {
    on_half_the_cores(1 << 10, |player, bad| {
        let handled = with_bad_records(&player.cloud, bad);
        player.runtime.block_on(handled).unwrap();
    });
}

#[test]
fn an_outage_is_not_answered_with_a_storm_of_retries() {
    let player = Player::new();
    for (percent, requests) in [(50, 400), (100, 400)] {
        let cost = outage(&player.cloud, percent, requests);
        let cost = player.runtime.block_on(cost);
        println!(
            "{percent} %: {} attempts for {} calls",
            cost.attempts, cost.calls
        );
        assert!(cost.attempts <= 2 * cost.calls, "{cost:?}");
        assert_eq!(cost.problems, [""; 0]);
    }
}
