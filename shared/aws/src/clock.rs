//! The only module that reads the wall clock. All other code takes the time as a parameter.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;

/// Source of the time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// Clock of the machine.
    System,
    /// Clock of a test, in milliseconds since 1970. It stands still until the test sets it. Clones
    /// share it.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// Returns a manual clock that shows `at` until [`Clock::set`] moves it.
    pub fn manual(at: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.as_millisecond())))
    }

    /// Moves a manual clock to `at`. Has no effect on the clock of the machine.
    pub fn set(&self, at: Timestamp) {
        if let Self::Manual(hand) = self {
            hand.store(at.as_millisecond(), Ordering::SeqCst);
        }
    }

    /// Returns the time now.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the module the ban points to"
    )]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Manual(hand) => {
                Timestamp::from_millisecond(hand.load(Ordering::SeqCst)).unwrap_or_default()
            }
        }
    }
}
