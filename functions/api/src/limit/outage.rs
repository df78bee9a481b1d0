//! The time in which limits cannot be kept, as the store does not say what it should.

use jiff::{SignedDuration, Timestamp};

/// For so long after a failure nobody is asked, and all pass: twice as long after each.
const SHORTEST: SignedDuration = SignedDuration::from_secs(1);
const LONGEST: SignedDuration = SignedDuration::from_secs(30);

#[derive(Debug)]
pub struct Outage {
    until: Timestamp,
    next: SignedDuration,
    /// How many requests have passed unchecked.
    unchecked: u64,
}

impl Outage {
    pub const NONE: Self = Self {
        until: Timestamp::MIN,
        next: SHORTEST,
        unchecked: 0,
    };

    pub fn is_on(&self, now: Timestamp) -> bool {
        now < self.until
    }

    pub fn count(&mut self) {
        self.unchecked += 1;
    }

    /// Starts, or goes on; gives for how long.
    pub fn start(&mut self, now: Timestamp) -> SignedDuration {
        let pause = self.next;
        self.until = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        self.next = (pause * 2).min(LONGEST);
        pause
    }

    /// Ends; gives how many requests have passed unchecked, if there was an outage.
    pub fn end(&mut self) -> Option<u64> {
        let was = std::mem::replace(self, Self::NONE);
        (was.until > Timestamp::MIN).then_some(was.unchecked)
    }
}
