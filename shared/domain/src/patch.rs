//! Changes of single fields.

/// Change of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    #[default]
    Keep,
    Set(T),
    Remove,
}

impl<T> Change<T> {
    pub fn as_ref(&self) -> Change<&T> {
        match self {
            Self::Keep => Change::Keep,
            Self::Set(set) => Change::Set(set),
            Self::Remove => Change::Remove,
        }
    }

    /// Converts the new value.
    pub fn map<U>(self, value: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Set(set) => Change::Set(value(set)),
            Self::Remove => Change::Remove,
        }
    }
}
