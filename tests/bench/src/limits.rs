//! What is held against what: bench/limits.yaml.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Result;

const LIMITS: &str = include_str!("../limits.yaml");

/// The measures by their names, such as `P4` or `P7.memory`, in the order of the table.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Limits(pub(crate) BTreeMap<String, Limit>);

/// One measure.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    pub(crate) measure: String,
    pub(crate) unit: String,
    pub(crate) must: f64,
    pub(crate) aim: f64,
    /// What `--check` holds it against: close to the present value, so that it tells when that grows. None: a
    /// time, which depends on what else the machine does.
    pub(crate) bound: Option<f64>,
    /// The more the better.
    #[serde(default)]
    pub(crate) at_least: bool,
}

impl Limits {
    pub(crate) fn read() -> Result<Self> {
        serde_saphyr::from_str(LIMITS).map_err(|error| format!("bench/limits.yaml: {error}").into())
    }

    /// # Errors
    /// If one of `ids` is not measured.
    pub(crate) fn check_names(&self, ids: &[String]) -> Result<()> {
        let mut known: Vec<&str> = self.0.keys().map(|name| id_of(name)).collect();
        known.dedup();
        match ids.iter().find(|id| !known.contains(&id.as_str())) {
            Some(id) => Err(format!("there is no {id}: choose from {}", known.join(", ")).into()),
            None => Ok(()),
        }
    }
}

impl Limit {
    /// Whether `value` keeps within `limit`, one of this measure's.
    pub(crate) fn keeps(&self, value: f64, limit: f64) -> bool {
        if self.at_least {
            value >= limit
        } else {
            value <= limit
        }
    }
}

/// `P7` of `P7.memory`.
pub(crate) fn id_of(name: &str) -> &str {
    name.split_once('.').map_or(name, |(id, _)| id)
}
