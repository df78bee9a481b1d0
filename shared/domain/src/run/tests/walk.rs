//! Walks the machine of a run at random, and checks every promise at each step.
//!
//! `cargo test -p domain walk -- --nocapture` prints what the walk has seen.

mod cadences;
mod checks;
mod events;
mod page;
mod runs;
mod steps;
mod table;
mod touchpoints;
mod world;

use std::{collections::BTreeSet, thread};

use jiff::{SignedDuration, Timestamp};

use self::{
    checks::Contact,
    events::{Event, Seen},
};
use super::fixtures::{OWNER, OpenTimes, PUSH};
use crate::{
    cadence::TouchpointState,
    outcome::Outcome,
    run::{CadenceState, Delivery, Run, Wake},
    workflow::Workflow,
};

/// Seeds of the walks, which go side by side. Other seeds walk other ways.
const SEEDS: std::ops::Range<u64> = 4..8;
/// Number of steps of each walk. Together they are a million.
const STEPS: u64 = 250_000;
/// Maximum number of wakes until a run ends that receives no report. An email with a lease of half
/// an hour has 48 in its day.
const MOST_WAKES: u64 = 1_000;

struct Walk<'a> {
    rng: fastrand::Rng,
    workflow: &'a Workflow,
    run: Run,
    now: Timestamp,
    contact: Option<Contact>,
}

#[test]
fn every_promise_holds_on_a_random_walk_of_a_million_steps() {
    let seen = thread::scope(|scope| {
        let walks: Vec<_> = SEEDS.map(|seed| scope.spawn(move || walk(seed))).collect();
        let walks = walks.into_iter().map(|walk| walk.join().unwrap());
        walks.reduce(Seen::add).unwrap()
    });
    show(&seen);
    for event in Event::ALL {
        assert!(seen.events.contains_key(&event), "never seen: {event}");
    }
    for outcome in Outcome::ALL {
        assert!(
            seen.outcomes.contains_key(&outcome),
            "never seen: {outcome}"
        );
    }
    let walked: BTreeSet<_> = seen.transitions.into_keys().collect();
    let parts = [touchpoints::TOUCHPOINTS, cadences::CADENCES, runs::RUNS];
    let table = table::transitions(parts.into_iter().flatten());
    let unknown: Vec<_> = walked.difference(&table).collect();
    let unseen: Vec<_> = table.difference(&walked).collect();
    assert!(unknown.is_empty(), "not in the table: {unknown:?}");
    assert!(unseen.is_empty(), "never seen: {unseen:?}");
}

#[expect(
    clippy::print_stdout,
    reason = "cargo test shows it with --nocapture only"
)]
fn show(seen: &Seen) {
    print!("{seen}");
}

/// Walks from one run to the next.
fn walk(seed: u64) -> Seen {
    let workflows = world::workflows();
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut seen = Seen::default();
    while seen.steps < STEPS {
        let workflow = &workflows[rng.usize(..workflows.len())];
        let mut walk = Walk::begin(rng.fork(), workflow, &mut seen);
        seen.runs += 1;
        while seen.steps < STEPS && !walk.is_over() {
            walk.step(&mut seen);
            if walk.rng.u8(..128) == 0 {
                walk.drift(&mut seen);
            }
        }
    }
    seen
}

impl<'a> Walk<'a> {
    /// Plans a run. Some wait for a paused workflow first, and some have no workflow.
    fn begin(mut rng: fastrand::Rng, workflow: &'a Workflow, seen: &mut Seen) -> Self {
        let (lead, start) = world::lead(&mut rng, workflow);
        let queued = Run::queued(&lead, &start);
        let now = start.enrolled_at;
        let mut walk = Self {
            rng,
            workflow,
            run: queued.clone(),
            now,
            contact: None,
        };
        let paused = Workflow {
            is_paused: true,
            ..workflow.clone()
        };
        let planned_from = match walk.rng.u8(..50) {
            0 => None,
            1..=8 => Some(&paused),
            _ => Some(workflow),
        };
        walk.run = Run::build(&lead, &start, planned_from, now);
        walk.close(&queued, Event::Plan, None, seen);
        if walk.run.is_waiting() {
            for _ in 0..walk.rng.u8(..6) {
                walk.client(seen);
            }
            if walk.run.is_waiting() {
                walk.now += SignedDuration::from_hours(walk.rng.i64(1..100));
                let before = walk.run.clone();
                walk.run = before.after_wait(&lead, &start, workflow, walk.now);
                walk.close(&before, Event::Plan, None, seen);
            }
        }
        walk
    }

    /// Checks and counts a change that has been made.
    fn close(&self, before: &Run, event: Event, target: Option<u16>, seen: &mut Seen) {
        checks::check(before, &self.run, event, self.workflow, self.now);
        seen.note(before, &self.run, event, target);
        for (index, touchpoint) in self.run.touchpoints.iter().enumerate() {
            let earlier = before.touchpoints.get(index).and_then(|it| it.outcome);
            if let Some(outcome) = touchpoint.outcome.filter(|it| Some(*it) != earlier) {
                *seen.outcomes.entry(outcome).or_default() += 1;
            }
        }
    }

    /// Lets time pass in a copy of the run, from wake to wake, without any report. Workers claim
    /// and die. The run ends.
    fn drift(&mut self, seen: &mut Seen) {
        let mut run = self.run.clone();
        let mut now = self.now;
        let mut wakes = 0;
        while let Some(wake) = run.wake() {
            wakes += 1;
            assert!(wakes <= MOST_WAKES, "stranded: {:?}\n{run:?}", self.run);
            let at = match wake {
                Wake::Due { at, .. } => at,
                Wake::Held(_) => {
                    now += SignedDuration::from_hours(1);
                    assert!(run.release(self.workflow, now));
                    continue;
                }
            };
            let claim = run.hand_over.as_ref().and_then(|it| it.claim);
            now = now.max(at).max(claim.map_or(at, |it| it.until));
            let lease = SignedDuration::from_mins(30);
            match self.rng.u8(..6) {
                0 => {
                    run.open(OpenTimes::default(), self.workflow, now);
                }
                1 => {
                    run.advance(self.workflow, now);
                    let _ = run.claim(
                        OWNER,
                        lease,
                        Delivery::Pull,
                        OpenTimes::default(),
                        self.workflow,
                        now,
                    );
                }
                _ => {
                    let _ = run.claim(OWNER, lease, PUSH, OpenTimes::default(), self.workflow, now);
                }
            }
        }
        assert_ne!(run.cadence_state, CadenceState::Active);
        let is_left = |it: TouchpointState| {
            matches!(it, TouchpointState::Scheduled | TouchpointState::Claimed)
        };
        assert!(
            !run.touchpoints.iter().any(|it| is_left(it.state)),
            "{run:?}"
        );
        seen.drifts += 1;
        seen.longest_drift = seen.longest_drift.max(wakes);
    }
}
