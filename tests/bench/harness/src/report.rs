//! The report of a program: a table for people, and JSON for programs.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::Path,
};

use aws::clock::Clock;
use serde_json::{Map, Value, json};

use crate::{
    figures::rounded,
    measures::{Measure, Measures},
    places::Places,
    result::Result,
};

/// The values that a program has measured so far.
#[derive(Debug)]
pub struct Report {
    measures: Measures,
    bootstraps: String,
    values: BTreeMap<String, f64>,
    noise: BTreeMap<String, String>,
    details: Map<String, Value>,
    notes: Vec<String>,
}

impl Report {
    /// Creates an empty report of these measures.
    pub fn new(measures: Measures, places: &Places) -> Self {
        Self {
            measures,
            bootstraps: places.bootstraps.display().to_string(),
            values: BTreeMap::new(),
            noise: BTreeMap::new(),
            details: Map::new(),
            notes: Vec::new(),
        }
    }

    /// Returns whether one of these measures is in the report.
    pub fn wants(&self, names: &[&str]) -> bool {
        self.measures.names().any(|name| names.contains(&name))
    }

    /// Sets the value of a measure, in its unit of limits.yaml.
    pub fn value(&mut self, name: &str, value: f64) {
        self.values.insert(name.to_owned(), value);
    }

    /// Marks the value of a measure as unreliable.
    pub fn noisy(&mut self, name: &str, reason: String) {
        self.noise.insert(name.to_owned(), reason);
    }

    /// Adds the counts behind a value to the JSON.
    pub fn detail(&mut self, name: &str, detail: Value) {
        self.details.insert(name.to_owned(), detail);
    }

    /// Adds a text below the table.
    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// Writes the JSON to a file and prints the table.
    pub fn publish(&self, json: &Path) -> Result<()> {
        fs::write(json, self.to_json()?)?;
        writeln!(
            io::stdout(),
            "{}\n\nRaw results: {}",
            self.to_text(),
            json.display()
        )?;
        Ok(())
    }

    /// Returns a text for each measure whose value is beyond its bound.
    pub fn beyond_bound(&self) -> Vec<String> {
        self.rows()
            .filter_map(|(measure, value)| {
                let bound = measure.bound?;
                let shown = with_unit(value, measure);
                (!measure.is_within(value, bound))
                    .then(|| format!("{} is {shown} (bound {bound})", measure.name))
            })
            .collect()
    }

    fn to_text(&self) -> String {
        let mut lines = vec![
            "| name | measure | value | must | aim | |".to_owned(),
            "| --- | --- | --- | --- | --- | --- |".to_owned(),
        ];
        for (measure, value) in self.rows() {
            let noise = self.noise.get(&measure.name);
            let noise = noise.map(|reason| format!("; noisy: {reason}"));
            lines.push(format!(
                "| {} | {} | {} | {} | {} | {}{} |",
                measure.name,
                measure.measure,
                with_unit(value, measure),
                measure.must,
                measure.aim,
                verdict(measure, value),
                noise.unwrap_or_default(),
            ));
        }
        for note in &self.notes {
            lines.push(format!("\n{}", note.trim_end()));
        }
        lines.join("\n")
    }

    fn to_json(&self) -> Result<String> {
        let rows: Vec<Value> = self
            .rows()
            .map(|(measure, value)| {
                json!({
                    "name": measure.name, "value": value, "limit": measure,
                    "verdict": verdict(measure, value), "noise": self.noise.get(&measure.name),
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

    fn rows(&self) -> impl Iterator<Item = (&Measure, f64)> {
        self.measures
            .iter()
            .filter_map(|measure| Some((measure, *self.values.get(&measure.name)?)))
    }
}

fn with_unit(value: f64, measure: &Measure) -> String {
    format!("{} {}", rounded(value), measure.unit)
        .trim_end()
        .to_owned()
}

fn verdict(measure: &Measure, value: f64) -> &'static str {
    if measure.is_within(value, measure.aim) {
        "aim reached"
    } else if measure.is_within(value, measure.must) {
        "must reached"
    } else {
        "MISSED"
    }
}

/// Returns the number of processors and their model. `None` if Linux does not show them.
fn processor() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let models: Vec<&str> = info
        .lines()
        .filter_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, model)| model)
        .collect();
    Some(format!("{} x {}", models.len(), models.first()?))
}
