//! Metadata of leads ([contract](../../../docs/contract.md#extra-keys)).
//!
//! A value stays the JSON text that the client sent. So `1.0`, `12345678901234567890` and `1e2`
//! come back unchanged, which floating point or DynamoDB's numbers cannot do.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Keys and the JSON texts of their values.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(BTreeMap<String, Box<RawValue>>);

impl Metadata {
    /// Sets `key`, unless it is already there.
    pub fn set_if_absent(&mut self, key: String, value: Box<RawValue>) {
        self.0.entry(key).or_insert(value);
    }

    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Returns the JSON text of the value of a key. `None` if the key is not there.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|value| value.get())
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the keys with the JSON texts of their values, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.get()))
    }
}

impl FromIterator<(String, Box<RawValue>)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (String, Box<RawValue>)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl PartialEq for Metadata {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metadata({} keys, redacted)", self.0.len())
    }
}
