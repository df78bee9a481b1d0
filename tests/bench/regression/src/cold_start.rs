//! `cold_start` and `cold_start_handshakes`: from the start of the process to its first answer.

use std::time::{Duration, Instant};

use harness::{Report, Result, Setup, endpoints::Call, events, median};
use serde_json::json;

use crate::calls::{noise, operations};

const RUNS: usize = 3;

/// Delay of the replies while handshakes are counted: 10 ms, so that parallel calls overlap.
const DELAY: Duration = Duration::from_millis(10);

/// Measures `cold_start`: all instructions of the process, with those of the dynamic linker.
///
/// Callgrind slows the function down, so calls can time out, above all on a busy machine.
/// A run with a repeated call is dropped.
pub async fn instructions(setup: &Setup, report: &mut Report) -> Result<()> {
    let (mut counts, mut dropped) = (Vec::new(), Vec::new());
    let mut seen = Vec::new();
    while counts.len() < RUNS && dropped.len() < 2 * RUNS {
        let endpoints = setup.tls(Duration::ZERO).await?;
        let (mut api, mut callgrind) = setup.start_counted("api", "cold_start", &endpoints).await?;
        api.invoke(events::LEAD).await?.accepted()?;
        let count = callgrind.count().await? / 1e6;
        api.stop().await?;
        let calls = endpoints.take_calls();
        if calls.iter().any(Call::is_retry) {
            dropped.push(count);
        } else {
            counts.push(count);
            seen.push(json!(operations(&calls)));
        }
    }
    if counts.is_empty() {
        report.noisy("cold_start", "each run repeated a call".to_owned());
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

/// Measures `cold_start_handshakes`, without callgrind.
pub async fn handshakes(setup: &Setup, report: &mut Report) -> Result<()> {
    let mut inside = Vec::new();
    let mut before = Vec::new();
    for _ in 0..RUNS {
        let endpoints = setup.tls(DELAY).await?;
        let started = Instant::now();
        let mut api = setup.start_function("api", &endpoints).await?;
        let answer = api.invoke(events::LEAD).await?.accepted()?;
        before.push(endpoints.handshakes(started, answer.delivered));
        inside.push(endpoints.handshakes(answer.delivered, answer.answered));
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
