//! The model of `cost_per_million`: bench/prices.yaml and what was seen of a lead, as dollars.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::{Result, report::shown};

const PRICES: &str = include_str!("../../prices.yaml");

/// What is not measured.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Model {
    prices: Prices,
    assumptions: Assumptions,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Prices {
    http_api_per_million: f64,
    lambda_requests_per_million: f64,
    lambda_gb_second: f64,
    write_units_per_million: f64,
    read_units_per_million: f64,
    sqs_per_million: f64,
    logs_gb: f64,
    xray_traces_per_million: f64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Assumptions {
    memory_mb: f64,
    vcpu_mb: f64,
    round_trip_ms: f64,
    leads_per_second: f64,
    starts_per_batch: f64,
    access_line: String,
}

/// What was seen of a lead. Times in milliseconds of one vCPU, logs in bytes; those of start-workflow for
/// a batch of one and of ten.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Work {
    pub(crate) api_cpu_ms: f64,
    pub(crate) api_in_sequence: f64,
    pub(crate) api_log: f64,
    pub(crate) batch_cpu_ms: [f64; 2],
    pub(crate) batch_in_sequence: f64,
    pub(crate) batch_log: [f64; 2],
    pub(crate) write_units: f64,
    pub(crate) read_units: f64,
    pub(crate) sends: f64,
}

/// Dollars for a million leads, part by part.
#[derive(Debug)]
pub(crate) struct Cost {
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Part {
    what: &'static str,
    formula: String,
    dollars: f64,
}

impl Model {
    pub(crate) fn read() -> Result<Self> {
        serde_saphyr::from_str(PRICES).map_err(|error| format!("bench/prices.yaml: {error}").into())
    }

    /// The same for a stream that is delivered in batches of this size.
    pub(crate) fn with_starts_per_batch(&self, starts_per_batch: f64) -> Self {
        let mut model = self.clone();
        model.assumptions.starts_per_batch = starts_per_batch;
        model
    }

    pub(crate) fn of_a_million(&self, work: &Work) -> Cost {
        let Self {
            prices,
            assumptions,
        } = self;
        let batch = assumptions.starts_per_batch;
        let api_ms = self.api_ms(work, assumptions.memory_mb);
        let batch_ms = self.batch_ms(work, assumptions.memory_mb);
        let access = assumptions.access_line.len() as f64;
        let log = access + work.api_log + at(work.batch_log, batch) / batch;
        // The first of each second and 5 % of the others, api's and start-workflow's calls each by themselves.
        let traced = |calls: f64| (1.0 + 0.05 * (calls - 1.0).max(0.0)) / calls;
        let rate = assumptions.leads_per_second;
        let traces = traced(rate) + traced(rate / batch) / batch;
        let part = |what, formula, dollars| Part {
            what,
            formula,
            dollars,
        };
        let parts = vec![
            part(
                "HTTP API",
                "1 request".to_owned(),
                prices.http_api_per_million,
            ),
            part(
                "api",
                format!("1 request, {api_ms} ms of {} MB", assumptions.memory_mb),
                self.lambda(api_ms, assumptions.memory_mb),
            ),
            part(
                "DynamoDB, writes",
                format!("units: {}", work.write_units),
                work.write_units * prices.write_units_per_million,
            ),
            part(
                "DynamoDB, reads",
                format!("units: {}", work.read_units),
                work.read_units * prices.read_units_per_million,
            ),
            part(
                "SQS",
                format!(
                    "sends: {}; a receive and a delete, in batches of {batch}",
                    work.sends
                ),
                (work.sends + 2.0 / batch) * prices.sqs_per_million,
            ),
            part(
                "start-workflow",
                format!(
                    "1 request in batches of {batch}, {batch_ms} ms of {} MB",
                    assumptions.memory_mb
                ),
                self.lambda(batch_ms, assumptions.memory_mb) / batch,
            ),
            part(
                "logs",
                format!(
                    "{log:.0} bytes: {access} of the gateway, {:.0} of api, {:.0} of start-workflow",
                    work.api_log,
                    at(work.batch_log, batch) / batch
                ),
                log / 1e9 * prices.logs_gb * 1e6,
            ),
            part(
                "X-Ray",
                format!("{traces:.3} traces, at {rate} leads a second"),
                traces * prices.xray_traces_per_million,
            ),
        ];
        Cost { parts }
    }

    /// What both functions cost at each size, and how long they take.
    pub(crate) fn by_memory(&self, work: &Work) -> String {
        let mut table = String::from(
            "| MB | api, ms | start-workflow, ms | both, $ per million |\n| --- | --- | --- | --- |\n",
        );
        for memory in [128.0, 256.0, 512.0, 1_024.0, self.assumptions.vcpu_mb] {
            let (api, batch) = (self.api_ms(work, memory), self.batch_ms(work, memory));
            let both = self.lambda(api, memory)
                + self.lambda(batch, memory) / self.assumptions.starts_per_batch;
            // Writing to a string does not fail.
            let _ = writeln!(table, "| {memory} | {api} | {batch} | {both:.3} |");
        }
        table
    }

    fn api_ms(&self, work: &Work, memory: f64) -> f64 {
        self.billed_ms(work.api_in_sequence, work.api_cpu_ms, memory)
    }

    fn batch_ms(&self, work: &Work, memory: f64) -> f64 {
        let cpu = at(work.batch_cpu_ms, self.assumptions.starts_per_batch);
        self.billed_ms(work.batch_in_sequence, cpu, memory)
    }

    /// The round trips, and the work on the share of a vCPU that comes with the memory; Lambda bills whole
    /// milliseconds.
    fn billed_ms(&self, round_trips: f64, cpu_ms: f64, memory: f64) -> f64 {
        let share = (memory / self.assumptions.vcpu_mb).min(1.0);
        (round_trips * self.assumptions.round_trip_ms + cpu_ms / share).ceil()
    }

    /// Dollars for a million calls.
    fn lambda(&self, ms: f64, memory: f64) -> f64 {
        let gb_seconds = ms / 1e3 * memory / 1_024.0;
        self.prices.lambda_requests_per_million + gb_seconds * self.prices.lambda_gb_second * 1e6
    }
}

/// The value at a batch of `size`, given those at one and at ten.
fn at([one, ten]: [f64; 2], size: f64) -> f64 {
    one + (ten - one) / 9.0 * (size - 1.0)
}

impl Cost {
    pub(crate) fn sum(&self) -> f64 {
        self.parts.iter().map(|part| part.dollars).sum()
    }

    pub(crate) fn table(&self) -> String {
        let mut table = String::from("| part | for a lead | $ |\n| --- | --- | --- |\n");
        for part in &self.parts {
            // Writing to a string does not fail.
            let _ = writeln!(
                table,
                "| {} | {} | {:.2} |",
                part.what, part.formula, part.dollars
            );
        }
        let _ = writeln!(table, "| together | | {} |", shown(self.sum()));
        table
    }
}
