//! The result of a lookup.

/// Result of a lookup.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup<T> {
    Found(T),
    /// The item was erased, and its tombstone is there.
    Erased,
    /// There is no item and no tombstone.
    Missing,
}

impl<T> Lookup<T> {
    /// Returns the item. `None` if it was erased or is missing.
    pub fn found(self) -> Option<T> {
        match self {
            Self::Found(found) => Some(found),
            Self::Erased | Self::Missing => None,
        }
    }
}
