//! The lines of the running local stack, from its data folder.

use std::{
    env,
    io::{self, Write},
};

use aws::clock::Clock;
use jiff::tz::TimeZone;
use local::{LogReader, nearest_data_dir, running_in};
use tokio::time::{Duration, sleep};

use super::{
    args::TailArgs,
    error::TailError,
    print::{print, print_json},
};
use crate::target::{TargetError, local_api::clock_of};

/// Time between two looks at the file.
const PAUSE: Duration = Duration::from_millis(200);
/// Number of looks at the file for each look at the lock, whose holder is the stack.
const LOOKS: u32 = 5;

/// Prints the lines from the time of `--since` on, until the stack has stopped.
pub async fn follow(args: &TailArgs) -> Result<(), TailError> {
    let folder = match &args.data_dir {
        Some(folder) if running_in(folder).is_some() => folder.clone(),
        Some(folder) => return Err(TargetError::NoStackIn(folder.clone()).into()),
        None => {
            let here = env::current_dir().map_err(TargetError::NoFolder)?;
            nearest_data_dir(&here).ok_or(TailError::NoLocalStack(here))?
        }
    };
    let clock = match running_in(&folder) {
        Some(running) => clock_of(&running).map_err(TargetError::from)?,
        None => Clock::System,
    };
    let start = args.since.before(clock.now(), &TimeZone::UTC);
    let zone = TimeZone::system();
    let width = terminal_size::terminal_size_of(io::stdout());
    let width = width.map(|(columns, _)| usize::from(columns.0));
    let mut reader = LogReader::new(&folder);
    let mut show = || {
        let entries = reader.read();
        let entries = entries.map_err(|error| TailError::Read(folder.clone(), error))?;
        let entries = entries.iter().filter(|entry| entry.at >= start);
        if args.output.is_json() {
            return entries.into_iter().try_for_each(print_json);
        }
        let lines: String = entries
            .map(|entry| entry.render(&zone, width) + "\n")
            .collect();
        print(&lines)
    };
    loop {
        for _ in 0..LOOKS {
            show()?;
            if args.no_follow {
                return Ok(());
            }
            sleep(PAUSE).await;
        }
        if running_in(&folder).is_none() {
            show()?;
            let _ = writeln!(io::stderr(), "The local stack has stopped.");
            return Ok(());
        }
    }
}
