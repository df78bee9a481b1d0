//! Changes of single fields.

/// What a change does to one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It gets this value.
    Set(T),
    /// It is not known any more.
    Remove,
}

impl<T> Change<T> {
    /// The same change of another value.
    pub fn map<U>(self, value: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Set(set) => Change::Set(value(set)),
            Self::Remove => Change::Remove,
        }
    }
}
