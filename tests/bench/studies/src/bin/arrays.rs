//! How much cheaper is an array of 1,000 leads than 1,000 requests with one lead?
//!
//! ```sh
//! cargo run --bin arrays
//! ```

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use harness::{Measures, Places, Report, Result, Setup, events, exit_code, median};
use serde_json::json;

const LIMITS: &str = include_str!("../../limits.yaml");

/// Leads of an array.
const LEADS: u32 = 1_000;
/// Turns of an array and single leads, after one that fills the caches.
const ROUNDS: u32 = 7;
/// Single leads of one turn.
const SINGLES: u32 = 50;

/// Delay of the replies as on AWS: 8 ms is the median of PutItem from Lambda.
const AWS_DELAY: Duration = Duration::from_millis(8);

/// Compares an array of 1,000 leads with single leads.
#[derive(Debug, Parser)]
struct Options {
    #[command(flatten)]
    places: Places,
}

/// The result of one delay.
struct Comparison {
    single_ms: Vec<f64>,
    array_ms: Vec<f64>,
    time_ratio: f64,
    cpu_ratio: f64,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(study(Options::parse()).await)
}

async fn study(Options { places }: Options) -> Result<()> {
    let names = ["array_time_ratio".to_owned()];
    let measures = Measures::parse(LIMITS, "tests/bench/studies/limits.yaml")?.only(&names)?;
    let mut report = Report::new(measures, &places);
    let setup = Setup::start(&places, &["functions/api"]).await?;
    let near = compare(&setup, Duration::ZERO).await?;
    let far = compare(&setup, AWS_DELAY).await?;
    setup.stop().await;
    report.value("array_time_ratio", near.time_ratio);
    report.note(format!(
        "array_time_ratio with both services 8 ms away, as on AWS: {:.3}. By CPU time: {:.3}.",
        far.time_ratio, near.cpu_ratio
    ));
    report.detail(
        "array_time_ratio",
        json!({"loopback": near.to_json(), "8_ms_away": far.to_json()}),
    );
    report.publish(&places.json)
}

impl Comparison {
    fn to_json(&self) -> serde_json::Value {
        json!({
            "single_ms": self.single_ms, "array_ms": self.array_ms,
            "ratio": self.time_ratio, "ratio_of_cpu_time": self.cpu_ratio,
        })
    }
}

async fn compare(setup: &Setup, delay: Duration) -> Result<Comparison> {
    let endpoints = setup.http(delay).await?;
    let mut api = setup.start_function("api", &endpoints).await?;
    let array_event = events::leads(LEADS)?;
    let (mut single_ms, mut array_ms, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut cpu_of_singles, mut cpu_of_arrays) = (Duration::ZERO, Duration::ZERO);
    for round in 0..=ROUNDS {
        let mut times = Vec::new();
        let before = api.cpu_time()?.total();
        for _ in 0..SINGLES {
            let answer = api.invoke(events::LEAD).await?.accepted()?;
            times.push(answer.took().as_secs_f64() * 1e3);
        }
        let single = median(times);
        let between = api.cpu_time()?.total();
        let answer = api.invoke(&array_event).await?.accepted()?;
        let array = answer.took().as_secs_f64() * 1e3;
        if round > 0 {
            cpu_of_singles += between - before;
            cpu_of_arrays += api.cpu_time()?.total() - between;
            single_ms.push(single);
            array_ms.push(array);
            ratios.push(array / (single * f64::from(LEADS)));
        }
        endpoints.take_calls();
    }
    api.stop().await?;
    let cpu_ratio = cpu_of_arrays.as_secs_f64() / cpu_of_singles.as_secs_f64();
    Ok(Comparison {
        single_ms,
        array_ms,
        time_ratio: median(ratios),
        cpu_ratio: cpu_ratio * f64::from(SINGLES) / f64::from(LEADS),
    })
}
