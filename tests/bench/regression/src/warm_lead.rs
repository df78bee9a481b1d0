//! `warm_lead`, `calls_per_lead` and `round_trips_per_lead`: a lead when every cache is filled.

use std::time::Duration;

use harness::{Report, Result, Setup, events, median};
use serde_json::json;

use crate::calls::{in_sequence, noise, operations};

/// Requests before the counting.
const WARM_UP: u32 = 20;
/// Requests of one count. The study `annotate` divides a profile by this number.
const REQUESTS: u32 = 100;
/// Counts, to see their spread.
const COUNTS: usize = 2;
/// Requests of `calls_per_lead`. The first is cold and does not count.
const RECORDED: u32 = 5;

/// Maximum number of connections to the Runtime API. One is enough; more cost instructions.
const MAX_CONNECTIONS: usize = 5;

/// Delay of the replies while calls are counted: 20 ms, so that parallel calls overlap.
const DELAY: Duration = Duration::from_millis(20);

/// Measures `warm_lead`: all instructions of the process between two waits for an event.
pub async fn instructions(setup: &Setup, report: &mut Report) -> Result<()> {
    let endpoints = setup.http(Duration::ZERO).await?;
    let (mut api, mut callgrind) = setup.start_counted("api", "warm_lead", &endpoints).await?;
    for _ in 0..WARM_UP {
        api.invoke(events::LEAD).await?.accepted()?;
    }
    let mut counts = Vec::new();
    for _ in 0..COUNTS {
        endpoints.take_calls();
        callgrind.zero().await?;
        for _ in 0..REQUESTS {
            api.invoke(events::LEAD).await?.accepted()?;
        }
        counts.push(callgrind.count().await? / f64::from(REQUESTS) / 1e6);
        let calls = endpoints.take_calls().len();
        if calls != 2 * REQUESTS as usize {
            report.noisy("warm_lead", format!("{calls} calls for {REQUESTS} leads"));
        }
    }
    let connections = api.connections();
    if connections > MAX_CONNECTIONS {
        return Err(format!(
            "api opened {connections} connections to the Runtime API (at most {MAX_CONNECTIONS})"
        )
        .into());
    }
    api.stop().await?;
    if let Some(noise) = noise(&counts) {
        report.noisy("warm_lead", noise);
    }
    report.detail("warm_lead", json!({"millions": counts}));
    report.value("warm_lead", median(counts));
    Ok(())
}

/// Measures `calls_per_lead` and `round_trips_per_lead`, without callgrind.
pub async fn calls(setup: &Setup, report: &mut Report) -> Result<()> {
    let endpoints = setup.http(DELAY).await?;
    let mut api = setup.start_function("api", &endpoints).await?;
    let (mut most, mut longest) = (0, 0);
    let mut seen = Vec::new();
    for round in 0..RECORDED {
        api.invoke(events::LEAD).await?.accepted()?;
        let calls = endpoints.take_calls();
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
