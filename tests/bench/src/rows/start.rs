//! `cold_start` and `cold_start_handshakes`: from the process's start to its first answer.

use std::time::Duration;

use serde_json::json;

use super::{median, noise, operations};
use crate::{
    Result,
    aws::Call,
    events,
    report::Report,
    world::{World, accepted},
};

const RUNS: usize = 3;

/// So far away are the services while handshakes are counted: calls that are made side by side then meet.
const DISTANCE: Duration = Duration::from_millis(10);

/// `cold_start`: everything that the process executes, the dynamic linker's work included. Callgrind is slow enough for the
/// SDK's timeouts, above all beside other work; a run in which a call was made again does not count.
pub(crate) async fn instructions(world: &World, report: &mut Report) -> Result<()> {
    let (mut counts, mut dropped) = (Vec::new(), Vec::new());
    let mut seen = Vec::new();
    while counts.len() < RUNS && dropped.len() < 2 * RUNS {
        let aws = world.tls(Duration::ZERO).await?;
        let (mut api, mut callgrind) = world.start_counted("api", "cold_start", &aws).await?;
        accepted(api.invoke(events::LEAD).await?)?;
        let count = callgrind.count().await? / 1e6;
        api.stop().await?;
        let calls = aws.take_calls();
        if calls.iter().any(Call::is_retry) {
            dropped.push(count);
        } else {
            counts.push(count);
            seen.push(json!(operations(&calls)));
        }
    }
    if counts.is_empty() {
        report.noisy("cold_start", "a call was made again in each run".to_owned());
    } else if let Some(noise) = noise(&counts) {
        report.noisy("cold_start", noise);
    }
    report.detail(
        "cold_start",
        json!({"millions": counts, "with_repeated_calls": dropped, "calls": seen}),
    );
    report.value(
        "cold_start",
        median(if counts.is_empty() { dropped } else { counts }),
    );
    Ok(())
}

/// `cold_start_handshakes`, at the machine's own speed.
pub(crate) async fn handshakes(world: &World, report: &mut Report) -> Result<()> {
    let mut inside = Vec::new();
    let mut before = Vec::new();
    for _ in 0..RUNS {
        let aws = world.tls(DISTANCE).await?;
        let started = std::time::Instant::now();
        let mut api = world.start_function("api", &aws).await?;
        let answer = accepted(api.invoke(events::LEAD).await?)?;
        before.push(aws.handshakes(started, answer.delivered));
        inside.push(aws.handshakes(answer.delivered, answer.answered));
        api.stop().await?;
    }
    report.detail(
        "cold_start_handshakes",
        json!({"before_the_event": before, "inside": inside}),
    );
    let most = inside.into_iter().max().unwrap_or_default();
    report.value("cold_start_handshakes", u32::try_from(most)?.into());
    Ok(())
}
