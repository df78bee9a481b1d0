//! What was measured: a table for people, JSON for programs.

use std::{collections::BTreeMap, fs, path::Path};

use aws::clock::Clock;
use serde_json::{Map, Value, json};

use crate::{
    Result,
    limits::{Limit, Limits},
};

/// What was measured so far.
#[derive(Debug)]
pub(crate) struct Report {
    bootstraps: String,
    values: BTreeMap<String, f64>,
    noise: BTreeMap<String, String>,
    details: Map<String, Value>,
    notes: Vec<String>,
}

impl Report {
    pub(crate) fn new(bootstraps: &Path) -> Self {
        Self {
            bootstraps: bootstraps.display().to_string(),
            values: BTreeMap::new(),
            noise: BTreeMap::new(),
            details: Map::new(),
            notes: Vec::new(),
        }
    }

    /// The value of a measure, in its unit of bench/limits.yaml.
    pub(crate) fn value(&mut self, name: &str, value: f64) {
        self.values.insert(name.to_owned(), value);
    }

    /// Says why a measure's value is not to be trusted.
    pub(crate) fn noisy(&mut self, name: &str, why: String) {
        self.noise.insert(name.to_owned(), why);
    }

    /// What a value was made of.
    pub(crate) fn detail(&mut self, name: &str, detail: Value) {
        self.details.insert(name.to_owned(), detail);
    }

    /// Text that is printed behind the table.
    pub(crate) fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// The measures whose value is over its bound.
    pub(crate) fn over(&self, limits: &Limits) -> Vec<String> {
        let measured = self.measured(limits);
        measured
            .filter_map(|(limit, value)| {
                let bound = limit.bound.filter(|bound| !limit.keeps(value, *bound))?;
                let value = format!("{} {}", shown(value), limit.unit);
                Some(format!(
                    "{} is {} (bound {bound})",
                    limit.name,
                    value.trim_end()
                ))
            })
            .collect()
    }

    pub(crate) fn to_text(&self, limits: &Limits) -> String {
        let mut lines = vec![
            "| name | measure | value | must | aim | |".to_owned(),
            "| --- | --- | --- | --- | --- | --- |".to_owned(),
        ];
        for (limit, value) in self.measured(limits) {
            let noise = self.noise.get(&limit.name);
            lines.push(format!(
                "| {} | {} | {} | {} | {} | {}{} |",
                limit.name,
                limit.measure,
                format!("{} {}", shown(value), limit.unit).trim_end(),
                limit.must,
                limit.aim,
                verdict(limit, value),
                noise
                    .map(|why| format!("; noisy: {why}"))
                    .unwrap_or_default(),
            ));
        }
        for note in &self.notes {
            lines.push(format!("\n{}", note.trim_end()));
        }
        lines.join("\n")
    }

    pub(crate) fn to_json(&self, limits: &Limits) -> Result<String> {
        let rows: Vec<Value> = self
            .measured(limits)
            .map(|(limit, value)| {
                json!({
                    "name": limit.name, "value": value, "limit": limit, "verdict": verdict(limit, value),
                    "noise": self.noise.get(&limit.name),
                })
            })
            .collect();
        Ok(serde_json::to_string_pretty(&json!({
            "date": Clock::System.now().to_string(),
            "machine": processor(),
            "bootstraps": self.bootstraps,
            "rows": rows,
            "details": self.details,
        }))?)
    }

    fn measured<'a>(&'a self, limits: &'a Limits) -> impl Iterator<Item = (&'a Limit, f64)> {
        limits
            .0
            .iter()
            .filter_map(|limit| Some((limit, *self.values.get(&limit.name)?)))
    }
}

fn verdict(limit: &Limit, value: f64) -> &'static str {
    if limit.keeps(value, limit.aim) {
        "aim reached"
    } else if limit.keeps(value, limit.must) {
        "must reached"
    } else {
        "MISSED"
    }
}

/// Three figures: what is behind them is noise.
pub(crate) fn shown(value: f64) -> String {
    let decimals = match value.abs() {
        big if big >= 100.0 || value.fract() == 0.0 => 0,
        some if some >= 10.0 => 1,
        few if few >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

fn processor() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let models: Vec<&str> = info
        .lines()
        .filter_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, model)| model)
        .collect();
    Some(format!("{} x {}", models.len(), models.first()?))
}
