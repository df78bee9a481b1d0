//! Lateness of touchpoints that are due at a constant rate.

use std::collections::HashMap;

use aws::clock::Clock;
use domain::{ids::RunId, time::whole_second};
use futures::future::try_join_all;
use harness::Result;
use jiff::{SignedDuration, Timestamp};
use local::{Ports, Services, Storage};
use tokio::time::{Duration, Instant, interval, sleep};
use wake_runs::{WakeRuns, wake};

use crate::{dispatch::Dispatch, runs::Runs};

/// Time from the first tick until the first run is due. It is longer than a minute, so that the hints
/// of most runs are sent ahead, as on AWS.
const LEAD_TIME: SignedDuration = SignedDuration::from_secs(70);
/// Time between two calls of wake-runs, as in template.yaml.
const MINUTE: Duration = Duration::from_secs(60);
/// Calls of dispatch-touchpoints at the same time. The machine has two processors.
const AT_ONCE: usize = 4;
/// Pause after a look at the queue that found no hint.
const PAUSE: Duration = Duration::from_millis(50);
/// Maximum time for the whole study.
const DEADLINE: Duration = Duration::from_secs(600);

/// Opens `rate` runs that are due in each of `seconds`, in real time.
pub async fn study(rate: u32, seconds: u32) -> Result<()> {
    let clock = Clock::System;
    let services = Services::start(&Storage::Memory, Ports::ANY, &clock).await?;
    let runs = Runs::of_demo(&services.store, clock.now()).await?;
    // Written with a due time far ahead of the writes, which take some seconds.
    let expected = usize::try_from(rate * seconds)?;
    let write_time = SignedDuration::from_secs(i64::try_from(expected / 300)? + 10);
    let first = whole_second(clock.now() + write_time + LEAD_TIME);
    let due = (0..seconds).flat_map(|second| {
        let at = first + SignedDuration::from_secs(second.into());
        std::iter::repeat_n(at, usize::try_from(rate).unwrap_or_default())
    });
    runs.write(due).await?;

    let until = Instant::now() + DEADLINE;
    let ticks = async {
        let function = WakeRuns::new(
            services.store.clone(),
            services.dispatch.clone(),
            clock.clone(),
        );
        let (mut ticks, mut every) = (Vec::new(), interval(MINUTE));
        // The last tick may find runs that no hint has reached.
        let last = first + SignedDuration::from_secs(seconds.into());
        while clock.now() < last {
            every.tick().await;
            let begun = Instant::now();
            ticks.push((wake(&function).await?.sent, begun.elapsed()));
        }
        Result::<_>::Ok(ticks)
    };
    let dispatch = Dispatch::new(&services, &clock);
    let lags = std::sync::Mutex::new(HashMap::<RunId, SignedDuration>::new());
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let opened = || lags.lock().map(|lags| lags.len()).unwrap_or_default();
    let pollers = (0..AT_ONCE).map(|_| async {
        while opened() < expected && Instant::now() < until {
            let hints = dispatch.next().await?;
            if hints.is_empty() {
                sleep(PAUSE).await;
                continue;
            }
            calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let now: Timestamp = clock.now();
            let mut lags = lags.lock().map_err(|_| "a poller has failed")?;
            for hint in hints {
                lags.entry(hint.run_id)
                    .or_insert_with(|| now.duration_since(hint.due_at));
            }
        }
        Result::<_>::Ok(())
    });
    let (ticks, _) = tokio::try_join!(ticks, try_join_all(pollers))?;
    let lags = lags.into_inner().map_err(|_| "a poller has failed")?;
    let mut lags: Vec<i128> = lags.values().map(SignedDuration::as_millis).collect();
    lags.sort_unstable();
    let at = |permille: usize| lags.get((lags.len() * permille / 1_000).min(lags.len() - 1));
    println!(
        "| runs due a second | opened | p50, ms | p90, ms | p99, ms | max, ms | hints | calls |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let shown: Vec<String> = [500, 900, 990, 1_000]
        .into_iter()
        .map(|permille| at(permille).map(ToString::to_string).unwrap_or_default())
        .collect();
    let hints: u32 = ticks.iter().map(|(sent, _)| sent).sum();
    println!(
        "| {rate} | {} of {expected} | {} | {hints} | {} |",
        lags.len(),
        shown.join(" | "),
        calls.into_inner()
    );
    for (number, (sent, took)) in (1..).zip(ticks) {
        println!("Tick {number} sent {sent} hints in {took:.1?}.");
    }
    services.stop().await;
    Ok(())
}
