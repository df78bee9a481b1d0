//! The model of `cost_per_million` and `cost_per_million_touchpoints`: the recorded work, at the prices
//! of prices.yaml.

use std::fmt::Write as _;

use harness::{Result, rounded};
use serde::{Deserialize, Serialize};

const PRICES: &str = include_str!("../prices.yaml");

/// The prices and the assumptions of prices.yaml.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
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
    data_out_gb: f64,
    logs_gb: f64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Assumptions {
    memory_mb: f64,
    vcpu_mb: f64,
    round_trip_ms: f64,
    starts_per_batch: f64,
    hints_per_batch: f64,
    reply_bytes: f64,
    access_line: String,
}

/// The recorded work of a lead. A pair has the values of a batch of one and of a batch of ten.
#[derive(Clone, Debug, Serialize)]
pub struct Work {
    /// Milliseconds of one vCPU in `api`.
    pub api_cpu_ms: f64,
    /// Calls of `api` of which no two overlap.
    pub api_in_sequence: f64,
    /// Bytes of log of `api`.
    pub api_log: f64,
    /// Milliseconds of one vCPU in `start-workflow`.
    pub batch_cpu_ms: [f64; 2],
    /// Calls of `start-workflow` of which no two overlap.
    pub batch_in_sequence: f64,
    /// Bytes of log of `start-workflow`.
    pub batch_log: [f64; 2],
    /// DynamoDB's write units.
    pub write_units: f64,
    /// DynamoDB's read units.
    pub read_units: f64,
    /// Messages sent to SQS.
    pub sends: f64,
}

/// The recorded work of a call of a function.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Load {
    /// Milliseconds of one vCPU.
    pub cpu_ms: f64,
    /// Calls of which no two overlap.
    pub in_sequence: f64,
    /// Bytes of log.
    pub log: f64,
}

/// The recorded work of a pulled touchpoint.
#[derive(Clone, Debug, Serialize)]
pub struct TouchpointWork {
    /// A claim of one touchpoint.
    pub claim: Load,
    /// A report of its outcome.
    pub outcome: Load,
    /// `dispatch-touchpoints`, with a batch of one and a batch of ten.
    pub opening: [Load; 2],
    /// DynamoDB's write units.
    pub write_units: f64,
    /// DynamoDB's read units.
    pub read_units: f64,
}

/// The price of a million, part by part.
#[derive(Debug)]
pub struct Cost {
    /// Parts of the price.
    pub parts: Vec<Part>,
}

/// One part of the price.
#[derive(Debug, Serialize)]
pub struct Part {
    what: &'static str,
    formula: String,
    dollars: f64,
}

impl Model {
    /// Reads prices.yaml.
    pub fn read() -> Result<Self> {
        serde_saphyr::from_str(PRICES)
            .map_err(|error| format!("tests/bench/regression/prices.yaml: {error}").into())
    }

    /// Returns the model with batches of another size.
    pub fn with_starts_per_batch(&self, starts_per_batch: f64) -> Self {
        let mut model = self.clone();
        model.assumptions.starts_per_batch = starts_per_batch;
        model
    }

    /// Returns the model with batches of hints of another size.
    pub fn with_hints_per_batch(&self, hints_per_batch: f64) -> Self {
        let mut model = self.clone();
        model.assumptions.hints_per_batch = hints_per_batch;
        model
    }

    /// Returns the price of a million pulled touchpoints.
    pub fn of_a_million_touchpoints(&self, work: &TouchpointWork) -> Cost {
        let Self {
            prices,
            assumptions,
        } = self;
        let (memory, batch) = (assumptions.memory_mb, assumptions.hints_per_batch);
        let ms = |load: Load| self.billed_ms(load.in_sequence, load.cpu_ms, memory);
        let (claim_ms, outcome_ms) = (ms(work.claim), ms(work.outcome));
        let [one, ten] = work.opening;
        let opening = Load {
            cpu_ms: at([one.cpu_ms, ten.cpu_ms], batch),
            in_sequence: one.in_sequence,
            log: at([one.log, ten.log], batch),
        };
        let opening_ms = ms(opening);
        let access = assumptions.access_line.len() as f64;
        let of_api = work.claim.log + work.outcome.log;
        let log = 2.0 * access + of_api + opening.log / batch;
        let part = |what, formula, dollars| Part {
            what,
            formula,
            dollars,
        };
        let parts = vec![
            part(
                "HTTP API",
                "2 requests: the claim and the outcome".to_owned(),
                2.0 * prices.http_api_per_million,
            ),
            part(
                "api",
                format!("2 requests, {claim_ms} and {outcome_ms} ms of {memory} MB"),
                self.lambda(claim_ms, memory) + self.lambda(outcome_ms, memory),
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
                format!("the hint: a send, a receive and a delete, in batches of {batch}"),
                self.hint(),
            ),
            part(
                "dispatch-touchpoints",
                format!("1 request in batches of {batch}, {opening_ms} ms of {memory} MB"),
                self.lambda(opening_ms, memory) / batch,
            ),
            part(
                "data to the client",
                format!("2 times {} bytes", assumptions.reply_bytes),
                2.0 * assumptions.reply_bytes / 1e9 * prices.data_out_gb * 1e6,
            ),
            part(
                "logs",
                format!(
                    "{log:.0} bytes: {:.0} of the gateway, {of_api:.0} of api, {:.0} of dispatch-touchpoints",
                    2.0 * access,
                    opening.log / batch
                ),
                log / 1e9 * prices.logs_gb * 1e6,
            ),
        ];
        Cost { parts }
    }

    /// Returns the price of a million hints, in dollars. A batch is sent, received and deleted.
    fn hint(&self) -> f64 {
        3.0 / self.assumptions.hints_per_batch * self.prices.sqs_per_million
    }

    /// Returns the price of the hints that start-workflow sends for a million leads, in dollars.
    pub fn of_a_million_first_hints(&self) -> f64 {
        self.prices.sqs_per_million / self.assumptions.starts_per_batch
    }

    /// Returns the price of a million leads.
    pub fn of_a_million(&self, work: &Work) -> Cost {
        let Self {
            prices,
            assumptions,
        } = self;
        let batch = assumptions.starts_per_batch;
        let api_ms = self.api_ms(work, assumptions.memory_mb);
        let batch_ms = self.batch_ms(work, assumptions.memory_mb);
        let access = assumptions.access_line.len() as f64;
        let log = access + work.api_log + at(work.batch_log, batch) / batch;
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
                "data to the client",
                format!("{} bytes", assumptions.reply_bytes),
                assumptions.reply_bytes / 1e9 * prices.data_out_gb * 1e6,
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
        ];
        Cost { parts }
    }

    /// Returns a table of the times and the price of both functions for each memory size.
    pub fn by_memory(&self, work: &Work) -> String {
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

    /// Returns the time of the round trips and of the work, in milliseconds. The work runs on the part
    /// of a vCPU that comes with the memory. Lambda bills whole milliseconds.
    fn billed_ms(&self, round_trips: f64, cpu_ms: f64, memory: f64) -> f64 {
        let vcpu = (memory / self.assumptions.vcpu_mb).min(1.0);
        (round_trips * self.assumptions.round_trip_ms + cpu_ms / vcpu).ceil()
    }

    /// Returns the price of a million calls of a function, in dollars.
    fn lambda(&self, ms: f64, memory: f64) -> f64 {
        let gb_seconds = ms / 1e3 * memory / 1_024.0;
        self.prices.lambda_requests_per_million + gb_seconds * self.prices.lambda_gb_second * 1e6
    }
}

/// Returns the value of a batch of `size`, on the line through those of one and of ten.
fn at([one, ten]: [f64; 2], size: f64) -> f64 {
    one + (ten - one) / 9.0 * (size - 1.0)
}

impl Cost {
    /// Returns the sum of the parts, in dollars.
    pub fn sum(&self) -> f64 {
        self.parts.iter().map(|part| part.dollars).sum()
    }

    /// Returns a table of the parts. `one` is the name of the unit, such as `lead`.
    pub fn table(&self, one: &str) -> String {
        let mut table = format!("| part | for a {one} | $ |\n| --- | --- | --- |\n");
        for part in &self.parts {
            // Writing to a string does not fail.
            let _ = writeln!(
                table,
                "| {} | {} | {:.2} |",
                part.what, part.formula, part.dollars
            );
        }
        let _ = writeln!(table, "| together | | {} |", rounded(self.sum()));
        table
    }
}
