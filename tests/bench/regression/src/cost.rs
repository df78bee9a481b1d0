//! `write_units_per_lead` and `cost_per_million`: the price of a lead on AWS, from recorded calls.

use std::time::Duration;

use harness::{
    Function, Report, Result, Setup,
    endpoints::{Call, Endpoints},
    events,
};
use serde_json::json;

use crate::{
    calls::{in_sequence, operations},
    item_size,
    model::{Model, Work},
};

/// Events before the CPU time is measured.
const WARM_UP: u32 = 200;
/// Events whose CPU time is measured.
const ROUNDS: u32 = 1_000;

/// Delay of the replies while calls are counted: 20 ms, so that parallel calls overlap.
const DELAY: Duration = Duration::from_millis(20);

/// Measures `write_units_per_lead` and `cost_per_million`.
pub async fn measure(setup: &Setup, report: &mut Report) -> Result<()> {
    let recorded = record_a_lead(setup).await?;
    let calls = || recorded.intake.iter().chain(&recorded.start);
    let table = setup.services.clients.dynamodb.describe_table();
    let table = table.table_name(setup.services.table()).send().await?;
    let table = table.table().ok_or("there is no table")?;
    let (mut write_units, mut parts) = (0.0, Vec::new());
    for call in calls() {
        if let Some((units, part)) = item_size::write_units(call, table)? {
            write_units += units;
            parts.push(part);
        }
    }
    let read_units: f64 = calls()
        .filter(|call| call.operation == "GetItem")
        .map(|call| item_size::read_units(call, recorded.lead_bytes))
        .sum();
    report.detail(
        "write_units_per_lead",
        json!({"writes": parts, "read_units": read_units}),
    );
    report.value("write_units_per_lead", write_units);

    let endpoints = setup.http(Duration::ZERO).await?;
    let mut api = setup.start_function("api", &endpoints).await?;
    let (api_cpu_ms, api_log) = load_of(&mut api, &endpoints, events::LEAD).await?;
    let mut starts = setup.start_function("start-workflow", &endpoints).await?;
    let (one_cpu_ms, one_log) = load_of(&mut starts, &endpoints, events::ONE_START).await?;
    let (ten_cpu_ms, ten_log) = load_of(&mut starts, &endpoints, events::TEN_STARTS).await?;
    // The hint belongs to the first touchpoint, so it is no part of the lead's price.
    let is_hint = |call: &&Call| call.operation.starts_with("SendMessage");
    let without_hint: Vec<Call> = recorded
        .start
        .iter()
        .filter(|call| !is_hint(call))
        .cloned()
        .collect();
    let sends = operations(&recorded.intake)
        .iter()
        .filter(|name| **name == "SendMessage")
        .count();
    let work = Work {
        api_cpu_ms,
        api_in_sequence: in_sequence(&recorded.intake).into(),
        api_log,
        batch_cpu_ms: [one_cpu_ms, ten_cpu_ms],
        batch_in_sequence: in_sequence(&without_hint).into(),
        batch_log: [one_log, ten_log],
        write_units,
        read_units,
        sends: f64::from(u32::try_from(sends)?),
    };
    let model = Model::read()?;
    let cost = model.of_a_million(&work);
    let with_hint = Work {
        batch_in_sequence: in_sequence(&recorded.start).into(),
        ..work.clone()
    };
    let with_hint = model.of_a_million(&with_hint).sum() + model.of_a_million_first_hints();
    report.note(format!(
        "cost_per_million, in dollars:\n\n{}\nWith starts one by one: {:.2}\n\
         With the hint of a first touchpoint that is due within 15 minutes: {:.2}",
        cost.table("lead"),
        model.with_starts_per_batch(1.0).of_a_million(&work).sum(),
        with_hint
    ));
    report.note(format!(
        "cost_per_million, by the memory of both functions:\n\n{}",
        model.by_memory(&work)
    ));
    report.detail(
        "cost_per_million",
        json!({"work": work, "parts": cost.parts, "model": model}),
    );
    report.value("cost_per_million", cost.sum());
    Ok(())
}

/// The calls of one lead, with filled caches.
struct Recorded {
    /// Calls of `api`.
    intake: Vec<Call>,
    /// Calls of `start-workflow`.
    start: Vec<Call>,
    /// Size of the lead's item.
    lead_bytes: usize,
}

async fn record_a_lead(setup: &Setup) -> Result<Recorded> {
    let endpoints = setup.http(DELAY).await?;
    let mut api = setup.start_function("api", &endpoints).await?;
    let mut starts = setup.start_function("start-workflow", &endpoints).await?;
    let mut recorded = None;
    // The first lead fills the caches.
    for _ in 0..2 {
        endpoints.take_calls();
        api.invoke(events::LEAD).await?.accepted()?;
        let intake = endpoints.take_calls();
        let call = |operation: &str| {
            let found = intake.iter().find(|call| call.operation == operation);
            found.ok_or(format!("api accepted a lead without {operation}"))
        };
        let put = call("PutItem")?;
        endpoints.store(put).await?;
        let lead_bytes = item_size::item(&put.body["Item"]);
        let event = events::start(&call("SendMessage")?.body["MessageBody"])?;
        starts.invoke(&event).await?.handled()?;
        recorded = Some(Recorded {
            start: endpoints.take_calls(),
            intake,
            lead_bytes,
        });
    }
    api.stop().await?;
    starts.stop().await?;
    recorded.ok_or_else(|| "no lead was recorded".into())
}

/// Returns the CPU time in milliseconds and the bytes of log of one event.
async fn load_of(
    function: &mut Function,
    endpoints: &Endpoints,
    event: &str,
) -> Result<(f64, f64)> {
    for _ in 0..WARM_UP {
        function.invoke(event).await?;
    }
    let (cpu, logged) = (function.cpu_time()?.total(), function.logged()?);
    for _ in 0..ROUNDS {
        function.invoke(event).await?;
        endpoints.take_calls();
    }
    let cpu = (function.cpu_time()?.total() - cpu).as_secs_f64() * 1e3;
    let logged = (function.logged()? - logged) as f64;
    Ok((cpu / f64::from(ROUNDS), logged / f64::from(ROUNDS)))
}
