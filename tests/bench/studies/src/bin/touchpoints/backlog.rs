//! Touchpoints of many runs that are due at the same time.

use aws::clock::Clock;
use domain::{channel::Channel, ids::AccountId};
use futures::future::try_join_all;
use harness::Result;
use jiff::{SignedDuration, Timestamp};
use local::{Ports, Services, Storage};
use tokio::time::Instant;
use wake_runs::{WakeRuns, wake};

use crate::{dispatch::Dispatch, runs::Runs};

/// Runs of the account beside the backlog.
const OTHERS: usize = 10;
/// Calls of dispatch-touchpoints at the same time. The machine has two processors.
const AT_ONCE: usize = 8;
/// Entries of one read of the open touchpoints, from each shard.
const PAGE: u8 = 250;
/// Maximum number of ticks.
const TICKS: u32 = 60;

/// Opens `number` runs of one account and ten of another one, all due at the same second.
/// The clock stands still while a tick and its hints are handled, and then moves by a minute.
pub async fn study(number: u32, most_of_lane: u32) -> Result<()> {
    let at: Timestamp = "2026-02-10T12:00:00Z".parse()?;
    let clock = Clock::manual(at);
    let services = Services::start(&Storage::Memory, Ports::ANY, &clock).await?;
    let store = &services.store;
    let (runs, others) = (
        Runs::of_demo(store, at).await?,
        Runs::of_another_account(store, at).await?,
    );
    let begun = Instant::now();
    let expected = usize::try_from(number)?;
    // The other account's runs come last, so they have the newest ids.
    runs.write(std::iter::repeat_n(at, expected)).await?;
    others.write(std::iter::repeat_n(at, OTHERS)).await?;
    println!(
        "{expected} and {OTHERS} runs written in {:.0?}.\n",
        begun.elapsed()
    );

    println!("| tick | due | hints | calls | open | of the other account |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let mut function = WakeRuns::new(store.clone(), services.dispatch.clone(), clock.clone());
    function.most_of_lane = most_of_lane;
    let dispatch = Dispatch::new(&services, &clock);
    let (mut hints, mut calls, mut ticks) = (0, 0, 0);
    let mut times = Vec::new();
    for tick in 1..=TICKS {
        let begun = Instant::now();
        let woken = wake(&function).await?;
        let woke = begun.elapsed();
        let of_tick: usize = try_join_all((0..AT_ONCE).map(|_| drain(&dispatch)))
            .await?
            .into_iter()
            .sum();
        times.push((woke, begun.elapsed()));
        let open = count_open(&services, runs.account(), clock.now()).await?;
        let open_others = count_open(&services, others.account(), clock.now()).await?;
        println!(
            "| {tick} | {} | {} | {of_tick} | {open} | {open_others} |",
            woken.due, woken.sent
        );
        hints += woken.sent;
        calls += of_tick;
        ticks = tick;
        if open + open_others == expected + OTHERS {
            break;
        }
        clock.set(clock.now() + SignedDuration::from_mins(1));
    }
    let total = f64::from(number) + OTHERS as f64;
    println!(
        "\n{ticks} ticks, {hints} hints ({:.3} a touchpoint), {calls} calls ({:.3} hints a call).",
        f64::from(hints) / total,
        f64::from(hints) / calls as f64
    );
    for (tick, (woke, all)) in (1..).zip(times) {
        println!("Tick {tick}: {woke:.1?} for wake-runs, {all:.1?} with the hints.");
    }
    services.stop().await;
    Ok(())
}

/// Hands out hints until none is left, and returns the number of calls.
async fn drain(dispatch: &Dispatch<'_>) -> Result<usize> {
    let mut calls = 0;
    while !dispatch.next().await?.is_empty() {
        calls += 1;
    }
    Ok(calls)
}

async fn count_open(services: &Services, account: AccountId, now: Timestamp) -> Result<usize> {
    let after = now + SignedDuration::from_secs(1);
    let range = Timestamp::UNIX_EPOCH..after;
    let mut listed = services
        .store
        .open_runs(account, Channel::Call, range, PAGE);
    let mut count = 0;
    while listed.next().await?.is_some() {
        count += 1;
    }
    Ok(count)
}
