//! The lines of a stack's functions, from their log groups.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use jiff::{Timestamp, tz::TimeZone};
use tokio::time::{Duration, sleep};

use super::{
    args::TailArgs,
    error::TailError,
    event::Line,
    print::{print, print_json},
};
use crate::target::{
    TargetError,
    logs::events_since,
    profile::sdk_config,
    stack::{LogGroup, log_groups},
};

/// Time between two reads of the log groups.
const PAUSE: Duration = Duration::from_secs(2);
/// Maximum time from a line to its arrival in CloudWatch, in milliseconds. A line that arrives
/// later is not shown.
const LATENESS: i64 = 60_000;

/// Prints the lines from `start` on.
pub async fn follow(args: &TailArgs, name: &str, start: Timestamp) -> Result<(), TailError> {
    let config = sdk_config().await.map_err(TargetError::from)?;
    let groups = log_groups(&config, name).await.map_err(TargetError::from)?;
    let zone = TimeZone::system();
    let width = groups.iter().map(|group| group.function.len()).max();
    let width = width.unwrap_or_default();
    // CloudWatch refuses a time before 1970.
    let mut start = start.as_millisecond().max(0);
    // Ids of the lines that are shown, with their times.
    let mut shown: BTreeMap<String, i64> = BTreeMap::new();
    loop {
        let reads = groups.iter().map(|group: &LogGroup| async {
            let events = events_since(&config, &group.name, start).await?;
            let function = group.function.as_str();
            Ok::<_, TailError>(events.into_iter().map(move |event| (function, event)))
        });
        let mut events: Vec<_> = try_join_all(reads).await?.into_iter().flatten().collect();
        events.retain(|(_, event)| !shown.contains_key(&event.event_id));
        events.sort_by_key(|(_, event)| event.timestamp);
        for (function, event) in events {
            let line = Line::new(function, &event);
            if args.output.is_json() {
                print_json(&line)?;
            } else {
                print(&line.render(&zone, width))?;
            }
            shown.insert(event.event_id, event.timestamp);
        }
        if args.no_follow {
            return Ok(());
        }
        let newest = shown.values().max().copied().unwrap_or(start);
        start = start.max(newest - LATENESS);
        shown.retain(|_, time| *time >= start);
        sleep(PAUSE).await;
    }
}
