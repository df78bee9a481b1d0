//! Lanes of webhooks: the health of an account's receiver
//! ([dispatch](../../../docs/architecture.md#lanes)).
//!
//! A lane breaks when three different touchpoints in a row have failed, or five if all of them were
//! timeouts. It then cools, and one probe at a time goes out until the receiver answers.

use jiff::{SignedDuration, Timestamp};

use crate::{
    bucket::Bucket,
    destination::Rate,
    run::{Receiver, pause_after_miss},
};

/// Number of different touchpoints in a row whose failures break a lane.
const FAILURES: usize = 3;
/// The same, if all failures were timeouts.
const TIMEOUTS: usize = 5;
/// Time for which a probe keeps other probes away: the lease of a claim.
const PROBE: SignedDuration = SignedDuration::from_secs(60);
/// Time from which an answer is slow.
const SLOW: SignedDuration = SignedDuration::from_secs(2);
/// Minimum time between two notes of slow answers.
const NOTED: SignedDuration = SignedDuration::from_mins(1);
/// Time for which a slow answer limits the rate.
const RECENT: SignedDuration = SignedDuration::from_mins(10);
/// Number of requests that a receiver may have at the same time, by the time of its slowest answer: a small
/// part of what the function takes for all lanes together.
const AT_ONCE: u64 = 20;
/// Time after which a receiver that only asks for pauses fails.
const BUSY: SignedDuration = SignedDuration::from_mins(10);
/// Time after the end of its cooling for which a lane that fails counts. One that has something to send
/// tries and cools again long before that.
const COUNTS_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Short hash of a touchpoint, to tell different ones apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TouchpointMark(pub u32);

/// Health of a lane. The default is that of a healthy one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// The receiver that the health is about.
    pub receiver: Receiver,
    /// The pause of the lane. `None` if it is not paused.
    pub paused: Option<Pause>,
    /// Different touchpoints that have failed in a row.
    pub failed: Vec<TouchpointMark>,
    /// Whether one of the failures was no timeout.
    pub has_errors: bool,
    /// Number of times in a row that the lane has cooled because it is broken. 0 if it is not broken.
    pub coolings: u8,
    /// Time of the first answer that asked for a pause, if nothing else has come since.
    pub busy_since: Option<Timestamp>,
    /// Time until which nothing goes out.
    pub cooling_until: Option<Timestamp>,
    /// Time until which one probe is under way.
    pub probe_until: Option<Timestamp>,
    /// Slowest recent answer.
    pub slow: Option<Slow>,
    /// Number of changes so far.
    pub revision: u32,
}

/// Pause of a lane. It ends only by an operator, or by another URL if the receiver asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    pub since: Timestamp,
    pub by: PausedBy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PausedBy {
    /// The receiver has answered 410.
    Receiver,
    Operator,
}

/// A slow answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slow {
    /// Time that the answer took.
    pub took: SignedDuration,
    /// Time of the note.
    pub at: Timestamp,
}

/// State of a lane at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneState {
    /// Touchpoints go out.
    Open,
    /// One touchpoint may go out as a probe.
    Probe,
    /// Nothing goes out before this time.
    Closed(Timestamp),
    /// Nothing goes out until an operator resumes the lane.
    Paused,
}

/// Answer of a receiver, as its lane counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneAnswer {
    /// The receiver has answered for this touchpoint: it has taken or refused it.
    Alive,
    /// An error that is no timeout.
    Error,
    Timeout,
    /// The receiver asks for a pause until this time.
    Busy(Timestamp),
    /// The receiver works, and could not make the contact yet. The lane cools until this time.
    Deferred(Timestamp),
    /// The receiver wants no more touchpoints.
    Gone,
}

impl Lane {
    /// Returns the lane with the health of this receiver: a healthy one, if the health is of another.
    pub fn of(self, receiver: Receiver) -> Self {
        if self.receiver == receiver {
            return self;
        }
        let by_operator = |it: &Pause| it.by == PausedBy::Operator;
        Self {
            receiver,
            paused: self.paused.filter(by_operator),
            revision: self.revision,
            ..Self::default()
        }
    }

    pub fn is_broken(&self) -> bool {
        self.coolings > 0
    }

    /// Returns whether the receiver fails at `now`, so that an operator should look: the lane is broken, or
    /// its receiver has only asked for pauses for ten minutes. A lane that has nothing to send counts for an
    /// hour after its cooling, and one that is paused does not count.
    pub fn fails(&self, now: Timestamp) -> bool {
        let is_busy = self.busy_since.is_some_and(|since| {
            let long = later(since, BUSY);
            long <= now && self.cooling_until.is_some_and(|until| long <= until)
        });
        let is_recent = |until: Timestamp| now < later(until, COUNTS_FOR);
        let is_recent = self.cooling_until.is_some_and(is_recent);
        self.paused.is_none() && is_recent && (self.is_broken() || is_busy)
    }

    /// Returns what may go out at `now`.
    pub fn state(&self, now: Timestamp) -> LaneState {
        let cooling = self.cooling_until.filter(|until| now < *until);
        let probe = self.probe_until.filter(|until| now < *until);
        match (self.paused, cooling.or(probe.filter(|_| self.is_broken()))) {
            (Some(_), _) => LaneState::Paused,
            (None, Some(until)) => LaneState::Closed(until),
            (None, None) if self.is_broken() => LaneState::Probe,
            (None, None) => LaneState::Open,
        }
    }

    /// Begins a probe. The write of the lane must have the condition that nothing else has changed it.
    pub fn begin_probe(&mut self, now: Timestamp) {
        self.probe_until = Some(later(now, PROBE));
    }

    /// Takes in the answer to a try of a touchpoint, and the time that it took.
    pub fn answered(
        &mut self,
        answer: LaneAnswer,
        touchpoint: TouchpointMark,
        took: SignedDuration,
        now: Timestamp,
    ) {
        match answer {
            LaneAnswer::Alive => self.heal(),
            LaneAnswer::Deferred(until) => {
                self.heal();
                self.cool(until);
            }
            LaneAnswer::Error | LaneAnswer::Timeout => {
                self.fail(answer == LaneAnswer::Error, touchpoint, now);
            }
            LaneAnswer::Busy(until) => {
                self.probe_until = None;
                self.busy_since.get_or_insert(now);
                self.cool(until);
            }
            LaneAnswer::Gone => {
                self.probe_until = None;
                self.busy_since = None;
                let by = PausedBy::Receiver;
                self.paused.get_or_insert(Pause { since: now, by });
            }
        }
        self.note(took, now);
    }

    fn heal(&mut self) {
        self.failed.clear();
        self.has_errors = false;
        self.coolings = 0;
        self.busy_since = None;
        self.probe_until = None;
    }

    /// Lets nothing go out until a time.
    pub fn cool(&mut self, until: Timestamp) {
        self.cooling_until = Some(self.cooling_until.map_or(until, |it| it.max(until)));
    }

    fn fail(&mut self, is_error: bool, touchpoint: TouchpointMark, now: Timestamp) {
        self.has_errors |= is_error;
        self.busy_since = None;
        if !self.failed.contains(&touchpoint) && self.failed.len() < TIMEOUTS {
            self.failed.push(touchpoint);
        }
        let most = if self.has_errors { FAILURES } else { TIMEOUTS };
        let is_cooling = self.cooling_until.is_some_and(|until| now < until);
        // Tries that were under way when the lane broke do not let it cool longer.
        if self.failed.len() < most || self.is_broken() && is_cooling {
            return;
        }
        // A longer pause for which the receiver has asked goes on.
        self.cool(later(now, pause_after_miss(self.coolings)));
        self.coolings = self.coolings.saturating_add(1);
        self.probe_until = None;
    }

    fn note(&mut self, took: SignedDuration, now: Timestamp) {
        if took < SLOW {
            return;
        }
        let slowest = self.slow_at(now);
        let is_slower = slowest.is_none_or(|it| it.took <= took);
        let is_noted = slowest.is_some_and(|it| now < later(it.at, NOTED));
        if is_slower && !is_noted {
            self.slow = Some(Slow { took, at: now });
        }
    }

    fn slow_at(&self, now: Timestamp) -> Option<Slow> {
        self.slow.filter(|it| now < later(it.at, RECENT))
    }

    /// Returns the bucket of a webhook's tokens: a slow receiver gets fewer than its rate.
    pub fn bucket(&self, rate: Rate, now: Timestamp) -> Bucket {
        let bucket = rate.bucket();
        let Some(slow) = self.slow_at(now) else {
            return bucket;
        };
        let millis = u64::try_from(slow.took.as_millis()).unwrap_or(1).max(1);
        let most = u32::try_from(AT_ONCE * 10_000 / millis).unwrap_or(u32::MAX);
        let in_ten_seconds = bucket.in_ten_seconds.min(most.max(1));
        Bucket {
            in_ten_seconds,
            burst: bucket.burst.min(in_ten_seconds.div_ceil(10)).max(1),
        }
    }

    /// Pauses the lane by an operator.
    pub fn pause(&mut self, now: Timestamp) {
        let by = PausedBy::Operator;
        self.paused = Some(Pause { since: now, by });
    }

    /// Ends a pause and a cooling. The next touchpoint goes out at once.
    pub fn resume(&mut self) {
        *self = Self {
            receiver: self.receiver,
            slow: self.slow,
            revision: self.revision,
            ..Self::default()
        };
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: SignedDuration = SignedDuration::from_millis(20);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn answer(lane: &mut Lane, answer: LaneAnswer, touchpoint: u32, second: i64) -> LaneState {
        lane.answered(answer, TouchpointMark(touchpoint), QUICK, at(second));
        lane.state(at(second))
    }

    #[test]
    fn three_different_touchpoints_in_a_row_break_a_lane() {
        let mut lane = Lane::default();
        for touchpoint in [1, 2, 2, 1] {
            let state = answer(&mut lane, LaneAnswer::Error, touchpoint, 0);
            assert_eq!(state, LaneState::Open);
        }
        let state = answer(&mut lane, LaneAnswer::Error, 3, 0);
        assert_eq!(state, LaneState::Closed(at(60)));
        assert_eq!(lane.state(at(60)), LaneState::Probe);
    }

    #[test]
    fn a_poison_contact_never_breaks_a_lane() {
        let mut lane = Lane::default();
        for second in 0..100 {
            let state = answer(&mut lane, LaneAnswer::Error, 7, second);
            assert_eq!(state, LaneState::Open);
        }
        for second in 0..100 {
            answer(&mut lane, LaneAnswer::Error, 7, second);
            answer(&mut lane, LaneAnswer::Error, 8, second);
            let state = answer(&mut lane, LaneAnswer::Alive, 9, second);
            assert_eq!(state, LaneState::Open);
        }
    }

    #[test]
    fn five_timeouts_in_a_row_break_a_lane() {
        let mut lane = Lane::default();
        for touchpoint in 1..5 {
            let state = answer(&mut lane, LaneAnswer::Timeout, touchpoint, 0);
            assert_eq!(state, LaneState::Open);
        }
        let state = answer(&mut lane, LaneAnswer::Timeout, 5, 0);
        assert_eq!(state, LaneState::Closed(at(60)));
    }

    #[test]
    fn one_probe_goes_out_at_a_time_and_each_failure_doubles_the_cooling() {
        let mut lane = Lane::default();
        let mut now = 0;
        for touchpoint in 1..4 {
            answer(&mut lane, LaneAnswer::Error, touchpoint, now);
        }
        // A try that was under way when the lane broke.
        answer(&mut lane, LaneAnswer::Error, 4, now);
        let mut minutes = Vec::new();
        for _ in 0..7 {
            let LaneState::Closed(until) = lane.state(at(now)) else {
                panic!("{lane:?}");
            };
            minutes.push(until.duration_since(at(now)).as_mins());
            now = until.duration_since(at(0)).as_secs();
            assert_eq!(lane.state(at(now)), LaneState::Probe);
            lane.begin_probe(at(now));
            assert_eq!(lane.state(at(now + 59)), LaneState::Closed(at(now + 60)));
            assert_eq!(lane.state(at(now + 60)), LaneState::Probe);
            answer(&mut lane, LaneAnswer::Timeout, 1, now);
        }
        assert_eq!(minutes, [1, 2, 4, 8, 16, 30, 30]);
        lane.begin_probe(at(now + 1_800));
        let state = answer(&mut lane, LaneAnswer::Alive, 1, now + 1_801);
        assert_eq!((state, lane.is_broken()), (LaneState::Open, false));
    }

    #[test]
    fn a_busy_receiver_gets_nothing_until_its_time_and_is_not_broken() {
        let mut lane = Lane::default();
        let state = answer(&mut lane, LaneAnswer::Busy(at(30)), 1, 0);
        assert_eq!(state, LaneState::Closed(at(30)));
        let state = answer(&mut lane, LaneAnswer::Busy(at(10)), 2, 0);
        assert_eq!(state, LaneState::Closed(at(30)));
        assert_eq!(lane.state(at(30)), LaneState::Open);
    }

    #[test]
    fn a_receiver_that_only_asks_for_pauses_fails_after_ten_minutes() {
        let mut lane = Lane::default();
        for minute in 0..11 {
            assert!(!lane.fails(at(minute * 60 - 1)), "{minute}");
            answer(
                &mut lane,
                LaneAnswer::Busy(at(minute * 60 + 30)),
                1,
                minute * 60,
            );
        }
        assert!(lane.fails(at(600)));
        assert_eq!(lane.state(at(640)), LaneState::Open);
        answer(&mut lane, LaneAnswer::Alive, 1, 650);
        assert!(!lane.fails(at(650)));
        // One answer of that kind, and then nothing to send.
        answer(&mut lane, LaneAnswer::Busy(at(730)), 1, 700);
        assert!(!lane.fails(at(1_400)));
    }

    #[test]
    fn a_broken_lane_fails_until_an_hour_after_its_cooling_and_never_while_it_is_paused() {
        let mut lane = Lane::default();
        for touchpoint in 0..3 {
            answer(&mut lane, LaneAnswer::Error, touchpoint, 0);
        }
        for (second, expected) in [
            (0, true),
            (60, true),
            (60 + 3_599, true),
            (60 + 3_600, false),
        ] {
            assert_eq!(lane.fails(at(second)), expected, "{second}");
        }
        lane.pause(at(0));
        assert!(!lane.fails(at(0)));
        assert!(!Lane::default().fails(at(0)));
    }

    #[test]
    fn a_receiver_that_defers_a_probe_works_again() {
        let mut lane = Lane::default();
        for touchpoint in 1..4 {
            answer(&mut lane, LaneAnswer::Error, touchpoint, 0);
        }
        lane.begin_probe(at(60));
        let state = answer(&mut lane, LaneAnswer::Deferred(at(91)), 1, 61);
        assert_eq!(
            (state, lane.is_broken()),
            (LaneState::Closed(at(91)), false)
        );
        assert_eq!(lane.state(at(91)), LaneState::Open);
    }

    #[test]
    fn failures_do_not_shorten_the_pause_for_which_a_receiver_has_asked() {
        let mut lane = Lane::default();
        answer(&mut lane, LaneAnswer::Busy(at(3_600)), 1, 0);
        for touchpoint in 2..5 {
            answer(&mut lane, LaneAnswer::Error, touchpoint, 0);
        }
        assert!(lane.is_broken());
        assert_eq!(lane.state(at(60)), LaneState::Closed(at(3_600)));
        assert_eq!(lane.state(at(3_600)), LaneState::Probe);
    }

    #[test]
    fn a_pause_ends_by_an_operator_and_that_of_a_receiver_also_by_another_url() {
        let mut gone = Lane::default();
        assert_eq!(answer(&mut gone, LaneAnswer::Gone, 1, 0), LaneState::Paused);
        let mut paused = Lane::default();
        paused.pause(at(0));
        let elsewhere = Receiver([3; 6]);
        let (other, still) = (gone.clone().of(elsewhere), paused.clone().of(elsewhere));
        assert_eq!(other.state(at(1)), LaneState::Open);
        assert_eq!(still.state(at(1)), LaneState::Paused);
        gone.resume();
        assert_eq!(gone.state(at(1)), LaneState::Open);
    }

    #[test]
    fn a_slow_receiver_gets_no_more_than_it_can_take() {
        let rate = Rate::new(1_000, Some(1_000)).unwrap();
        let mut lane = Lane::default();
        let slow = |lane: &mut Lane, seconds, second| {
            let took = SignedDuration::from_secs(seconds);
            lane.answered(LaneAnswer::Alive, TouchpointMark(1), took, at(second));
            let bucket = lane.bucket(rate, at(second));
            (bucket.in_ten_seconds, bucket.burst)
        };
        assert_eq!(slow(&mut lane, 1, 0), (1_000, 1_000));
        assert_eq!(slow(&mut lane, 4, 0), (50, 5));
        // At most one note a minute.
        assert_eq!(slow(&mut lane, 10, 59), (50, 5));
        assert_eq!(slow(&mut lane, 10, 60), (20, 2));
        assert_eq!(slow(&mut lane, 3, 200), (20, 2));
        assert_eq!(lane.bucket(rate, at(660)), rate.bucket());
    }
}
