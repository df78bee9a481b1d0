//! The result of looking a lead up.

/// The result of looking an item up.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup<T> {
    /// The item.
    Found(T),
    /// The item was erased; its tombstone is there.
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
