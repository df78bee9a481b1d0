//! State of the function.

use aws::{catalogue::Catalogue, clock::Clock, queue::DispatchQueue, store::Store};

/// Maximum number of hints of one lane in one tick, so that a backlog of one lane leaves the time of
/// the tick to the others.
const MOST_OF_LANE: u32 = 20_000;

/// Clients and caches of the function. Clones share them.
#[derive(Clone, Debug)]
pub struct WakeRuns {
    pub store: Store,
    pub catalogue: Catalogue,
    pub queue: DispatchQueue,
    pub clock: Clock,
    /// Maximum number of hints of one lane in one tick.
    pub most_of_lane: u32,
}

impl WakeRuns {
    /// Returns a state with empty caches.
    pub fn new(store: Store, queue: DispatchQueue, clock: Clock) -> Self {
        Self {
            catalogue: Catalogue::new(store.clone(), clock.clone()),
            store,
            queue,
            clock,
            most_of_lane: MOST_OF_LANE,
        }
    }
}
