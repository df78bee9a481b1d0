//! `write_units_per_lead` and `cost_per_million`: what a lead costs on AWS, from what the functions were seen to do with one.

use std::time::Duration;

use serde_json::json;

use super::{in_sequence, operations};
use crate::{
    Result,
    aws::{Aws, Call},
    events, item_size,
    process::Function,
    report::Report,
    rows::model::{Model, Work},
    world::{World, accepted, handled},
};

const WARM_UP: u32 = 200;
const ROUNDS: u32 = 1_000;

/// So far away are the services while calls are counted: those that are made side by side then overlap.
const DISTANCE: Duration = Duration::from_millis(20);

pub(crate) async fn measure(world: &World, report: &mut Report) -> Result<()> {
    let taken = calls_of_a_lead(world).await?;
    let table = world.services.clients.dynamodb.describe_table();
    let table = table.table_name(world.services.table()).send().await?;
    let table = table.table().ok_or("there is no table")?;
    let (mut written, mut parts) = (0.0, Vec::new());
    for call in taken.intake.iter().chain(&taken.start) {
        if let Some((units, of)) = item_size::write_units(call, table)? {
            written += units;
            parts.push(of);
        }
    }
    let read: f64 = taken
        .intake
        .iter()
        .chain(&taken.start)
        .filter(|call| call.operation == "GetItem")
        .map(|call| item_size::read_units(call, taken.lead_bytes))
        .sum();
    report.detail(
        "write_units_per_lead",
        json!({"writes": parts, "read_units": read}),
    );
    report.value("write_units_per_lead", written);

    let aws = world.plain(Duration::ZERO).await?;
    let mut api = world.start_function("api", &aws).await?;
    let (api_cpu_ms, api_log) = cost_of(&mut api, &aws, events::LEAD).await?;
    let mut starts = world.start_function("start-workflow", &aws).await?;
    let (one_cpu_ms, one_log) = cost_of(&mut starts, &aws, events::ONE_START).await?;
    let (ten_cpu_ms, ten_log) = cost_of(&mut starts, &aws, events::TEN_STARTS).await?;
    let sends = operations(&taken.intake)
        .iter()
        .filter(|name| **name == "SendMessage")
        .count();
    let work = Work {
        api_cpu_ms,
        api_in_sequence: in_sequence(&taken.intake).into(),
        api_log,
        // Of a batch: what all have in common, and what each adds.
        batch_cpu_ms: [one_cpu_ms, ten_cpu_ms],
        batch_in_sequence: in_sequence(&taken.start).into(),
        batch_log: [one_log, ten_log],
        write_units: written,
        read_units: read,
        sends: f64::from(u32::try_from(sends)?),
    };
    let model = Model::read()?;
    let cost = model.of_a_million(&work);
    report.note(format!(
        "cost_per_million, in dollars:\n\n{}\nWith starts one by one: {:.2}",
        cost.table(),
        model.with_starts_per_batch(1.0).of_a_million(&work).sum()
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

/// What the functions did with one lead, all caches being warm.
struct Taken {
    intake: Vec<Call>,
    start: Vec<Call>,
    lead_bytes: usize,
}

async fn calls_of_a_lead(world: &World) -> Result<Taken> {
    let aws = world.plain(DISTANCE).await?;
    let mut api = world.start_function("api", &aws).await?;
    let mut starts = world.start_function("start-workflow", &aws).await?;
    // The first lead warms both.
    let mut taken = None;
    for _ in 0..2 {
        aws.take_calls();
        accepted(api.invoke(events::LEAD).await?)?;
        let intake = aws.take_calls();
        let call = |operation: &str| {
            let found = intake.iter().find(|call| call.operation == operation);
            found.ok_or(format!("a lead was taken without {operation}"))
        };
        let put = call("PutItem")?;
        aws.keep(put).await?;
        let lead_bytes = item_size::item(&put.body["Item"]);
        let event = events::start(&call("SendMessage")?.body["MessageBody"])?;
        handled(starts.invoke(&event).await?)?;
        taken = Some(Taken {
            start: aws.take_calls(),
            intake,
            lead_bytes,
        });
    }
    api.stop().await?;
    starts.stop().await?;
    taken.ok_or_else(|| "no lead was taken".into())
}

/// The CPU time in milliseconds and the bytes of log for an event.
async fn cost_of(function: &mut Function, aws: &Aws, event: &str) -> Result<(f64, f64)> {
    for _ in 0..WARM_UP {
        function.invoke(event).await?;
    }
    let (cpu, logged) = (function.cpu_time()?.total(), function.logged()?);
    for _ in 0..ROUNDS {
        function.invoke(event).await?;
        aws.take_calls();
    }
    let cpu = (function.cpu_time()?.total() - cpu).as_secs_f64() * 1e3;
    let logged = (function.logged()? - logged) as f64;
    Ok((cpu / f64::from(ROUNDS), logged / f64::from(ROUNDS)))
}
