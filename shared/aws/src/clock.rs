//! The only module that reads the wall clock. All other code takes the time as a parameter.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

use domain::time::LAST;
use jiff::{SignedDuration, Timestamp};

/// Source of the time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// Clock of the machine.
    System,
    /// Clock of a test or of a local stack. Clones share it.
    Movable(Arc<Hand>),
}

/// State of a clock that can be moved.
#[derive(Debug)]
pub struct Hand {
    /// Time at `begun`, with all moves since, in milliseconds since 1970.
    base: AtomicI64,
    begun: Instant,
    /// Number of seconds that pass in one second of the machine. The clock stands still at 0.
    factor: u32,
}

impl Clock {
    /// Returns a clock that shows `at` until it is moved.
    pub fn manual(at: Timestamp) -> Self {
        Self::paced(at, 0)
    }

    /// Returns a clock that shows `at`, and then runs `factor` times as fast as the machine's.
    pub fn paced(at: Timestamp, factor: u32) -> Self {
        Self::Movable(Arc::new(Hand {
            base: AtomicI64::new(at.as_millisecond()),
            begun: Instant::now(),
            factor,
        }))
    }

    /// Returns how many times as fast as the machine's the clock runs: 0 if it stands still. `None`
    /// if it is the clock of the machine.
    pub fn factor(&self) -> Option<u32> {
        match self {
            Self::System => None,
            Self::Movable(hand) => Some(hand.factor),
        }
    }

    /// Moves a clock to `at`. Has no effect on the clock of the machine.
    pub fn set(&self, at: Timestamp) {
        if let Self::Movable(hand) = self {
            let base = at.as_millisecond().saturating_sub(hand.passed());
            hand.base.store(base, Ordering::SeqCst);
        }
    }

    /// Moves a clock on. Has no effect on the clock of the machine.
    pub fn advance(&self, by: SignedDuration) {
        if let Self::Movable(hand) = self {
            let by = i64::try_from(by.as_millis()).unwrap_or(0);
            hand.base.fetch_add(by, Ordering::SeqCst);
        }
    }

    /// Returns the time now. A clock that can be moved stops at [`LAST`].
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the module the ban points to"
    )]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Movable(hand) => {
                let base = hand.base.load(Ordering::SeqCst);
                let now = base.saturating_add(hand.passed());
                Timestamp::from_millisecond(now.min(LAST.as_millisecond())).unwrap_or_default()
            }
        }
    }
}

impl Hand {
    /// Returns the milliseconds that have passed on the clock since `begun`, without the moves.
    fn passed(&self) -> i64 {
        let real = i64::try_from(self.begun.elapsed().as_micros()).unwrap_or(i64::MAX);
        real.saturating_mul(i64::from(self.factor)) / 1_000
    }
}

#[cfg(test)]
mod tests {
    use std::{thread::sleep, time::Duration};

    use super::*;

    const START: &str = "2026-02-10T12:00:00Z";

    #[test]
    fn a_manual_clock_stands_still_until_it_is_moved() {
        let start: Timestamp = START.parse().unwrap();
        let clock = Clock::manual(start);
        sleep(Duration::from_millis(5));
        assert_eq!(clock.now(), start);
        clock.clone().advance(SignedDuration::from_hours(2));
        assert_eq!(clock.now(), start + SignedDuration::from_hours(2));
        clock.set(LAST);
        clock.advance(SignedDuration::from_hours(2));
        assert_eq!(clock.now(), LAST);
    }

    #[test]
    fn a_paced_clock_runs_by_its_factor_and_can_be_moved() {
        let start: Timestamp = START.parse().unwrap();
        let clock = Clock::paced(start, 100_000);
        sleep(Duration::from_millis(20));
        let later = clock.now();
        assert!(later >= start + SignedDuration::from_secs(2_000), "{later}");
        clock.advance(SignedDuration::from_hours(240));
        assert!(clock.now() >= later + SignedDuration::from_hours(240));
        clock.set(start);
        assert!(clock.now() < later + SignedDuration::from_hours(240));
        assert_eq!(clock.factor(), Some(100_000));
        assert_eq!(Clock::System.factor(), None);
    }
}
