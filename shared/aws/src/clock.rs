//! The one place that reads the wall clock. Everything else is told the time.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;

/// Where the time comes from: the machine, or a test's hand.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until it is set; clones share the hand. Milliseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that shows `at` until [`Clock::set`] moves it.
    pub fn manual(at: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.as_millisecond())))
    }

    /// Moves a manual clock to `at`; the system's clock cannot be set and stays as it is.
    pub fn set(&self, at: Timestamp) {
        if let Self::Manual(hand) = self {
            hand.store(at.as_millisecond(), Ordering::SeqCst);
        }
    }

    /// The time now.
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
