//! `warm_lead`, `calls_per_lead` and `round_trips_per_lead`: a lead when all is warm.

use std::time::Duration;

use serde_json::json;

use super::{in_sequence, median, noise, operations};
use crate::{
    Result, annotated, events,
    report::Report,
    world::{World, accepted},
};

const WARM_UP: u32 = 20;
const REQUESTS: u32 = 100;
const WINDOWS: usize = 2;
/// To the Runtime API, where one is enough.
const MOST_CONNECTIONS: usize = 5;

/// So far away are the services while calls are counted: those that are made side by side then overlap.
const DISTANCE: Duration = Duration::from_millis(20);

/// `warm_lead`: everything that the process executes between two moments at which it waits for an event.
pub(crate) async fn instructions(world: &World, report: &mut Report) -> Result<()> {
    let aws = world.plain(Duration::ZERO).await?;
    let (mut api, mut callgrind) = world.start_counted("api", "warm_lead", &aws).await?;
    for _ in 0..WARM_UP {
        accepted(api.invoke(events::LEAD).await?)?;
    }
    let mut counts = Vec::new();
    for _ in 0..WINDOWS {
        aws.take_calls();
        callgrind.zero().await?;
        for _ in 0..REQUESTS {
            accepted(api.invoke(events::LEAD).await?)?;
        }
        counts.push(callgrind.count().await? / f64::from(REQUESTS) / 1e6);
        let calls = aws.take_calls().len();
        if calls != 2 * REQUESTS as usize {
            report.noisy("warm_lead", format!("{calls} calls for {REQUESTS} leads"));
        }
    }
    let connections = api.connections();
    if connections > MOST_CONNECTIONS {
        return Err(format!("api opened {connections} connections to ask for its events").into());
    }
    api.stop().await?;
    if let Some(noise) = noise(&counts) {
        report.noisy("warm_lead", noise);
    }
    let parts = annotated::by_part(&callgrind.last_profile(), REQUESTS)?;
    if let Some(parts) = &parts {
        report.note(format!(
            "warm_lead, thousands of instructions by part:\n\n{}",
            annotated::table(parts)
        ));
    }
    report.detail(
        "warm_lead",
        json!({"millions": counts, "thousands_by_part": parts}),
    );
    report.value("warm_lead", median(counts));
    Ok(())
}

/// `calls_per_lead` and `round_trips_per_lead`, at the machine's own speed.
pub(crate) async fn calls(world: &World, report: &mut Report) -> Result<()> {
    let aws = world.plain(DISTANCE).await?;
    let mut api = world.start_function("api", &aws).await?;
    let (mut most, mut longest) = (0, 0);
    let mut seen = Vec::new();
    for round in 0..5 {
        accepted(api.invoke(events::LEAD).await?)?;
        let calls = aws.take_calls();
        if round > 0 {
            most = most.max(u32::try_from(calls.len())?);
            longest = longest.max(in_sequence(&calls));
        }
        seen.push(json!(operations(&calls)));
    }
    api.stop().await?;
    report.detail(
        "calls_per_lead",
        json!({"calls_of_each_request_the_first_is_cold": seen}),
    );
    report.value("calls_per_lead", most.into());
    report.value("round_trips_per_lead", longest.into());
    Ok(())
}
