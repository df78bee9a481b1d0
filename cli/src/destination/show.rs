//! `leadgate destination show`, and the words for a destination.

use domain::channel::Channel;
use jiff::Timestamp;
use local::text::counted;

use super::{
    args::OneArgs,
    error::DestinationError,
    find::destination,
    json::{DestinationOut, OneOut},
};
use crate::{
    fields::fields,
    output::{FullArg, exact},
};

pub async fn show(args: &OneArgs) -> Result<(), DestinationError> {
    let (target, store, account, found) = destination(args).await?;
    let now = target.clock.now();
    let destination = DestinationOut::read(&store, account, &found, now).await?;
    args.output
        .print(&OneOut { destination }, |out| text(&out.destination, now))?;
    Ok(())
}

/// Returns the fields of a destination.
pub fn text(destination: &DestinationOut, now: Timestamp) -> String {
    let rate = per_second(destination).map(|rate| match destination.burst {
        Some(burst) => format!("{rate}, {burst} at once after a quiet time"),
        None => rate,
    });
    let mut rows = vec![
        ("Name", destination.name.clone()),
        ("Channels", channels(destination)),
        ("To", to(destination)),
        ("Rate", rate.unwrap_or_else(|| "no limit".to_owned())),
    ];
    let times = [
        (
            "Expires after",
            destination.expires_after.map(|it| it.to_string()),
        ),
        (
            "Outcome timeout",
            destination.outcome_timeout.map(|it| it.to_string()),
        ),
        ("Minimum gap", destination.min_gap.map(|it| it.to_string())),
    ];
    rows.extend(
        times
            .into_iter()
            .filter_map(|(name, time)| Some((name, time?))),
    );
    if let Some(secret) = &destination.secret {
        let shown = match secret.is_shown {
            true => "shown once, not shown again",
            false => "not shown yet: `leadgate destination secret` shows it once",
        };
        rows.push(("Secret", shown.to_owned()));
        if let Some(until) = secret.previous_until {
            let until = exact(until, now);
            rows.push(("", format!("the one before is valid until {until}")));
        }
    }
    if let Some(state) = state_at(destination, |it| exact(it, now)) {
        rows.push(("State", state));
    }
    if destination.failures > 0 {
        let failures = counted(destination.failures, "touchpoint");
        rows.push(("Failures", format!("{failures} in a row")));
    }
    fields(&rows, true)
}

pub fn channels(destination: &DestinationOut) -> String {
    let channels: Vec<_> = destination
        .channels
        .iter()
        .map(Channel::to_string)
        .collect();
    channels.join(", ")
}

/// Returns the URL without its path, or that callers pull.
pub fn to(destination: &DestinationOut) -> String {
    let pulled = || "callers pull".to_owned();
    destination.webhook.clone().unwrap_or_else(pulled)
}

/// Returns the rate. `None` if there is no limit.
pub fn per_second(destination: &DestinationOut) -> Option<String> {
    destination.rate.map(|rate| format!("{rate} a second"))
}

/// Returns the state as tables show it. `None` if callers pull.
pub fn state(destination: &DestinationOut, full: FullArg, now: Timestamp) -> Option<String> {
    state_at(destination, |it| full.time(it, now))
}

fn state_at(destination: &DestinationOut, time: impl Fn(Timestamp) -> String) -> Option<String> {
    let state = destination.state?;
    Some(
        match (state, &destination.paused, destination.cooling_until) {
            ("paused", Some(paused), _) => {
                let by = match paused.by {
                    "receiver" => "the receiver answered 410",
                    _ => "by an operator",
                };
                format!("paused, {by}, {}", time(paused.since))
            }
            ("cooling", _, Some(until)) => format!("cooling, next try {}", time(until)),
            (state, ..) => state.to_owned(),
        },
    )
}
