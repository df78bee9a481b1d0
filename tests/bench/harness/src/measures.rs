//! The measures of a program and their limits, as a limits.yaml lists them.

use serde::{Deserialize, Serialize};

use crate::result::Result;

/// The measures of a program, in the order of its table.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Measures(Vec<Measure>);

/// One measure and its limits.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Name, such as `warm_lead`.
    pub name: String,
    /// Description, for the table.
    pub measure: String,
    /// Unit of the value. Empty if the value is a number of things, or a ratio.
    #[serde(default)]
    pub unit: String,
    /// Required value.
    pub must: f64,
    /// Wanted value.
    pub aim: f64,
    /// Limit of `--check`, a little above the present value. `None` if the machine's load changes
    /// the value.
    pub bound: Option<f64>,
    /// Whether a larger value is better.
    #[serde(default)]
    pub at_least: bool,
}

impl Measures {
    /// Reads the text of a limits.yaml. `path` names the file in the error.
    ///
    /// # Errors
    /// A text that is not a list of measures.
    pub fn parse(yaml: &str, path: &str) -> Result<Self> {
        serde_saphyr::from_str(yaml).map_err(|error| format!("{path}: {error}").into())
    }

    /// Keeps the measures with these names. Keeps all if `names` is empty.
    ///
    /// # Errors
    /// A name that no measure has.
    pub fn only(mut self, names: &[String]) -> Result<Self> {
        let known: Vec<&str> = self.names().collect();
        if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let known = known.join(", ");
            return Err(format!("no measure is named `{name}`: choose from {known}").into());
        }
        self.0
            .retain(|measure| names.is_empty() || names.contains(&measure.name));
        Ok(self)
    }

    /// Returns the measures in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Measure> {
        self.0.iter()
    }

    /// Returns the names in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|measure| measure.name.as_str())
    }
}

impl Measure {
    /// Returns whether `value` is within `limit`, which is one of this measure's limits.
    pub fn is_within(&self, value: f64, limit: f64) -> bool {
        if self.at_least {
            value >= limit
        } else {
            value <= limit
        }
    }
}
