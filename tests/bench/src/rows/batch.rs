//! `batch_cpu_ratio`, `batch_instructions_ratio`: what a record of start-workflow costs in a batch of ten against one alone.

use std::time::Duration;

use serde_json::json;

use crate::{
    Result, events,
    report::Report,
    world::{World, handled},
};

const WARM_UP: u32 = 10;
const BATCHES: u32 = 20;
const ROUNDS: u32 = 5;
const TIMED: u32 = 200;

/// As CPU time, the kernel's part included, and in instructions.
pub(crate) async fn measure(world: &World, report: &mut Report) -> Result<()> {
    let aws = world.plain(Duration::ZERO).await?;
    let (mut function, mut callgrind) =
        world.start_counted("start-workflow", "batch", &aws).await?;
    let mut per_record = Vec::new();
    for (event, records) in [(events::ONE_START, 1), (events::TEN_STARTS, 10)] {
        for _ in 0..WARM_UP {
            handled(function.invoke(event).await?)?;
        }
        aws.take_calls();
        callgrind.zero().await?;
        for _ in 0..BATCHES {
            handled(function.invoke(event).await?)?;
        }
        let count = callgrind.count().await? / f64::from(BATCHES * records) / 1e6;
        let calls = aws.take_calls().len();
        per_record.push((
            count,
            f64::from(u32::try_from(calls)?) / f64::from(BATCHES * records),
        ));
    }
    function.stop().await?;
    let [(one, calls_of_one), (ten, calls_of_ten)] = per_record.as_slice() else {
        return Err("two sizes of batches were not measured".into());
    };
    let [cpu_one, cpu_ten] = cpu_of_a_record(world).await?;
    report.detail(
        "batch",
        json!({
            "millions_per_record": {"batch_of_1": one, "batch_of_10": ten},
            "calls_per_record": {"batch_of_1": calls_of_one, "batch_of_10": calls_of_ten},
            "cpu_ms_per_record": {"batch_of_1": cpu_one, "batch_of_10": cpu_ten},
        }),
    );
    report.value("batch_cpu_ratio", cpu_ten / cpu_one);
    report.value("batch_instructions_ratio", ten / one);
    Ok(())
}

/// In milliseconds, of one alone and of one of ten, in turns.
async fn cpu_of_a_record(world: &World) -> Result<[f64; 2]> {
    let aws = world.plain(Duration::ZERO).await?;
    let mut function = world.start_function("start-workflow", &aws).await?;
    let sizes = [(events::ONE_START, 1), (events::TEN_STARTS, 10)];
    for (event, _) in sizes.repeat(WARM_UP as usize) {
        handled(function.invoke(event).await?)?;
    }
    let mut cpu = [0.0; 2];
    for _ in 0..ROUNDS {
        for ((event, records), cpu) in sizes.into_iter().zip(&mut cpu) {
            let before = function.cpu_time()?.total();
            for _ in 0..TIMED {
                handled(function.invoke(event).await?)?;
                aws.take_calls();
            }
            let took = function.cpu_time()?.total() - before;
            *cpu += took.as_secs_f64() * 1e3 / f64::from(ROUNDS * TIMED * records);
        }
    }
    function.stop().await?;
    Ok(cpu)
}
