//! Events of the walk, and the transitions that it has seen.

use std::{collections::BTreeMap, fmt};

use crate::{
    cadence::TouchpointState,
    outcome::Outcome,
    run::{CadenceState, Run, RunStatus},
};

/// Something that happens to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    Plan,
    Claim,
    Open,
    Extend,
    Taken,
    Refused,
    Back,
    Unknown,
    Skip,
    Template,
    Outcome,
    Deferred,
    Contact,
    Time,
    Hold,
    Release,
    Stop,
    Resume,
    Resend,
    Status,
    End,
}

impl Event {
    pub(super) const ALL: [Self; 21] = [
        Self::Plan,
        Self::Claim,
        Self::Open,
        Self::Extend,
        Self::Taken,
        Self::Refused,
        Self::Back,
        Self::Unknown,
        Self::Skip,
        Self::Template,
        Self::Outcome,
        Self::Deferred,
        Self::Contact,
        Self::Time,
        Self::Hold,
        Self::Release,
        Self::Stop,
        Self::Resume,
        Self::Resend,
        Self::Status,
        Self::End,
    ];
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plan => "planning",
            Self::Claim => "claim",
            Self::Open => "opening",
            Self::Extend => "extension",
            Self::Taken => "taken",
            Self::Refused => "refused",
            Self::Back => "back",
            Self::Unknown => "unknown",
            Self::Skip => "check",
            Self::Template => "template",
            Self::Outcome => "outcome",
            Self::Deferred => "deferred",
            Self::Contact => "contact elsewhere",
            Self::Time => "time",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Stop => "stop",
            Self::Resume => "resume",
            Self::Resend => "resend",
            Self::Status => "status",
            Self::End => "end",
        })
    }
}

/// One of the three machines of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Machine {
    Touchpoint,
    Cadence,
    Run,
}

/// State of a machine, by its name in the docs.
pub(super) type State = &'static str;
/// The state before the planning.
pub(super) const START: State = "start";
pub(super) const OPEN: State = "open try";

/// A change of a state: machine, state before, event, state after.
pub(super) type Transition = (Machine, State, Event, State);

/// Returns the state of a touchpoint. One with an open try has a state of its own.
pub(super) fn touchpoint_state(run: &Run, index: usize) -> State {
    let is_open = |it: &crate::run::HandOver| it.is_open && usize::from(it.index) == index;
    match run.touchpoints.get(index).map(|it| it.state) {
        None => START,
        Some(TouchpointState::Claimed) if run.hand_over.as_ref().is_some_and(is_open) => OPEN,
        Some(TouchpointState::Scheduled) => "scheduled",
        Some(TouchpointState::Claimed) => "claimed",
        Some(TouchpointState::Dispatched) => "dispatched",
        Some(TouchpointState::Unconfirmed) => "unconfirmed",
        Some(TouchpointState::Done) => "done",
        Some(TouchpointState::Failed) => "failed",
        Some(TouchpointState::Skipped) => "skipped",
        Some(TouchpointState::Cancelled) => "cancelled",
        Some(TouchpointState::Expired) => "expired",
    }
}

/// Returns the state of the cadence. A held cadence has a state of its own.
pub(super) fn cadence_state(run: &Run) -> State {
    match run.cadence_state {
        CadenceState::Pending => "pending",
        CadenceState::Active if run.held.is_some() => "active, held",
        CadenceState::Active => "active",
        CadenceState::Paused => "paused",
        CadenceState::Completed => "completed",
        CadenceState::Cancelled => "cancelled",
    }
}

pub(super) fn run_state(run: &Run) -> State {
    match run.status {
        RunStatus::Queued => "queued",
        RunStatus::Running => "running",
        RunStatus::Completed => "completed",
        RunStatus::Stopped => "stopped",
        RunStatus::Failed => "failed",
    }
}

/// Counts of the walk.
#[derive(Default)]
pub(super) struct Seen {
    pub steps: u64,
    pub runs: u64,
    pub drifts: u64,
    pub longest_drift: u64,
    pub events: BTreeMap<Event, u64>,
    pub outcomes: BTreeMap<Outcome, u64>,
    pub states: BTreeMap<(Machine, State), u64>,
    pub transitions: BTreeMap<Transition, u64>,
}

impl Seen {
    pub(super) fn add(mut self, other: Self) -> Self {
        fn add<K: Ord>(to: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
            for (key, count) in from {
                *to.entry(key).or_default() += count;
            }
        }
        self.steps += other.steps;
        self.runs += other.runs;
        self.drifts += other.drifts;
        self.longest_drift = self.longest_drift.max(other.longest_drift);
        add(&mut self.events, other.events);
        add(&mut self.outcomes, other.outcomes);
        add(&mut self.states, other.states);
        add(&mut self.transitions, other.transitions);
        self
    }

    /// Counts an event. `target` is the touchpoint that it was about: it counts even if its state
    /// stays the same.
    pub(super) fn note(&mut self, before: &Run, after: &Run, event: Event, target: Option<u16>) {
        if event == Event::Time && before == after {
            // Only the clock moved.
            return;
        }
        self.steps += 1;
        *self.events.entry(event).or_default() += 1;
        let mut count = |machine, from, to, is_meant: bool| {
            *self.states.entry((machine, to)).or_default() += 1;
            if is_meant || from != to {
                let transition = (machine, from, event, to);
                *self.transitions.entry(transition).or_default() += 1;
            }
        };
        for index in 0..after.touchpoints.len() {
            let from = touchpoint_state(before, index);
            let to = touchpoint_state(after, index);
            let is_meant = target.is_some_and(|it| usize::from(it) == index);
            count(Machine::Touchpoint, from, to, is_meant);
        }
        let (from, to) = (cadence_state(before), cadence_state(after));
        count(Machine::Cadence, from, to, false);
        count(Machine::Run, run_state(before), run_state(after), false);
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (steps, runs, drifts) = (self.steps, self.runs, self.drifts);
        let longest = self.longest_drift;
        writeln!(
            f,
            "{steps} steps, {runs} runs, {drifts} drifts, the longest of {longest} wakes"
        )?;
        for ((machine, state), count) in &self.states {
            writeln!(f, "{count:>9} {machine:?}: {state}")?;
        }
        for (event, count) in &self.events {
            writeln!(f, "{count:>9} {event}")?;
        }
        for (outcome, count) in &self.outcomes {
            writeln!(f, "{count:>9} {outcome}")?;
        }
        for ((machine, from, event, next), count) in &self.transitions {
            writeln!(f, "{count:>9} {machine:?}: {from} --{event}--> {next}")?;
        }
        Ok(())
    }
}
