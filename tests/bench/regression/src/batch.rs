//! `batch_cpu_ratio` and `batch_instructions_ratio`: a start in a batch of ten, and one alone.

use std::time::Duration;

use harness::{Report, Result, Setup, events};
use serde_json::json;

/// Events before the measurement.
const WARM_UP: u32 = 10;
/// Events of one count of instructions.
const COUNTED: u32 = 20;
/// Turns of both events while CPU time is measured, so that both meet the same load.
const ROUNDS: u32 = 5;
/// Events of one turn.
const TIMED: u32 = 200;

/// Events and their numbers of starts.
const EVENTS: [(&str, u32); 2] = [(events::ONE_START, 1), (events::TEN_STARTS, 10)];

/// Measures `batch_cpu_ratio` and `batch_instructions_ratio`.
pub async fn measure(setup: &Setup, report: &mut Report) -> Result<()> {
    let endpoints = setup.http(Duration::ZERO).await?;
    let (mut function, mut callgrind) = setup
        .start_counted("start-workflow", "batch", &endpoints)
        .await?;
    let (mut millions, mut calls) = ([0.0; 2], [0.0; 2]);
    for (((event, starts), millions), calls) in
        EVENTS.into_iter().zip(&mut millions).zip(&mut calls)
    {
        for _ in 0..WARM_UP {
            function.invoke(event).await?.handled()?;
        }
        endpoints.take_calls();
        callgrind.zero().await?;
        for _ in 0..COUNTED {
            function.invoke(event).await?.handled()?;
        }
        let starts = f64::from(COUNTED * starts);
        *millions = callgrind.count().await? / starts / 1e6;
        *calls = f64::from(u32::try_from(endpoints.take_calls().len())?) / starts;
    }
    function.stop().await?;
    let ([one, ten], [calls_one, calls_ten]) = (millions, calls);
    let [cpu_one, cpu_ten] = cpu_of_a_start(setup).await?;
    report.detail(
        "batch",
        json!({
            "millions_per_record": {"batch_of_1": one, "batch_of_10": ten},
            "calls_per_record": {"batch_of_1": calls_one, "batch_of_10": calls_ten},
            "cpu_ms_per_record": {"batch_of_1": cpu_one, "batch_of_10": cpu_ten},
        }),
    );
    report.value("batch_cpu_ratio", cpu_ten / cpu_one);
    report.value("batch_instructions_ratio", ten / one);
    Ok(())
}

/// Returns the CPU time of a start in milliseconds: alone, and in a batch of ten.
async fn cpu_of_a_start(setup: &Setup) -> Result<[f64; 2]> {
    let endpoints = setup.http(Duration::ZERO).await?;
    let mut function = setup.start_function("start-workflow", &endpoints).await?;
    for (event, _) in EVENTS.repeat(WARM_UP as usize) {
        function.invoke(event).await?.handled()?;
    }
    let mut cpu = [0.0; 2];
    for _ in 0..ROUNDS {
        for ((event, starts), cpu) in EVENTS.into_iter().zip(&mut cpu) {
            let before = function.cpu_time()?.total();
            for _ in 0..TIMED {
                function.invoke(event).await?.handled()?;
                endpoints.take_calls();
            }
            let took = function.cpu_time()?.total() - before;
            *cpu += took.as_secs_f64() * 1e3 / f64::from(ROUNDS * TIMED * starts);
        }
    }
    function.stop().await?;
    Ok(cpu)
}
