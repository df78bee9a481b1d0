//! What is held against what: bench/limits.yaml.

use serde::{Deserialize, Serialize};

use crate::Result;

const LIMITS: &str = include_str!("../limits.yaml");

/// The measures, in the order of the table.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Limits(pub(crate) Vec<Limit>);

/// One measure.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    /// Such as `warm_lead`.
    pub(crate) name: String,
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

    /// The measures with these names, or all if `names` is empty.
    ///
    /// # Errors
    /// A name that no measure has.
    pub(crate) fn only(mut self, names: &[String]) -> Result<Self> {
        let known: Vec<&str> = self.0.iter().map(|limit| limit.name.as_str()).collect();
        if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
            return Err(format!(
                "no measure is named {name}: choose from {}",
                known.join(", ")
            )
            .into());
        }
        self.0
            .retain(|limit| names.is_empty() || names.contains(&limit.name));
        Ok(self)
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
