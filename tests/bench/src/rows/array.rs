//! `array_time_ratio`: an array of 1,000 leads against 1,000 single ones.

use std::time::Duration;

use serde_json::json;

use super::median;
use crate::{
    Result, events,
    report::Report,
    world::{World, accepted},
};

const LEADS: u32 = 1_000;
const ROUNDS: u32 = 7;
const SINGLES: u32 = 50;

/// PutItem's median from Lambda.
const FAR: Duration = Duration::from_millis(8);

pub(crate) async fn measure(world: &World, report: &mut Report) -> Result<()> {
    let near = ratio(world, Duration::ZERO).await?;
    let far = ratio(world, FAR).await?;
    report.detail(
        "array_time_ratio",
        json!({"loopback": near, "8_ms_away": far}),
    );
    report.note(format!(
        "array_time_ratio with both services 8 ms away, as they are on AWS: {:.3}; CPU time alone: {:.3}",
        far["ratio"].as_f64().unwrap_or_default(),
        near["ratio_of_cpu_time"].as_f64().unwrap_or_default()
    ));
    report.value(
        "array_time_ratio",
        near["ratio"].as_f64().unwrap_or(f64::NAN),
    );
    Ok(())
}

async fn ratio(world: &World, distance: Duration) -> Result<serde_json::Value> {
    let aws = world.plain(distance).await?;
    let mut api = world.start_function("api", &aws).await?;
    let many = events::leads(LEADS)?;
    let (mut singles, mut arrays, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut cpu_of_singles, mut cpu_of_arrays) = (Duration::ZERO, Duration::ZERO);
    // The first round is not counted: it fills the caches and the pool.
    for round in 0..=ROUNDS {
        let mut times = Vec::new();
        let before = api.cpu_time()?.total();
        for _ in 0..SINGLES {
            let answer = accepted(api.invoke(events::LEAD).await?)?;
            times.push((answer.answered - answer.delivered).as_secs_f64() * 1e3);
        }
        let single = median(times);
        let between = api.cpu_time()?.total();
        let answer = accepted(api.invoke(&many).await?)?;
        let array = (answer.answered - answer.delivered).as_secs_f64() * 1e3;
        if round > 0 {
            cpu_of_singles += between - before;
            cpu_of_arrays += api.cpu_time()?.total() - between;
            singles.push(single);
            arrays.push(array);
            ratios.push(array / (single * f64::from(LEADS)));
        }
        aws.take_calls();
    }
    api.stop().await?;
    let cpu = cpu_of_arrays.as_secs_f64() / cpu_of_singles.as_secs_f64();
    let cpu = cpu * f64::from(SINGLES) / f64::from(LEADS);
    Ok(json!({
        "single_ms": singles, "array_ms": arrays, "ratio": median(ratios), "ratio_of_cpu_time": cpu,
    }))
}
