//! Output of the commands on destinations.

use aws::store::{Store, StoreError};
use domain::{
    channel::Channel,
    destination::{Destination, WebhookSecrets},
    ids::AccountId,
    lane::{Lane, LaneState, PausedBy},
    timing::{ExpiresAfter, MinGap, OutcomeTimeout},
};
use jiff::Timestamp;
use serde::Serialize;

/// Output of a command on one destination.
#[derive(Serialize)]
pub struct OneOut {
    pub destination: DestinationOut,
}

/// A destination.
#[derive(Serialize)]
pub struct DestinationOut {
    pub name: String,
    pub channels: Vec<Channel>,
    /// URL without its path. `None` if callers pull.
    pub webhook: Option<String>,
    pub pull: bool,
    /// Touchpoints a second. `None` if there is no limit.
    pub rate: Option<f64>,
    pub burst: Option<u16>,
    /// Time for which a touchpoint is tried. `None` if it is the default of each channel.
    pub expires_after: Option<ExpiresAfter>,
    /// Time for which the outcome of a run's last touchpoint is awaited. `None` if it is the default, or if
    /// callers pull.
    pub outcome_timeout: Option<OutcomeTimeout>,
    /// Least time between two calls to a lead for different runs. `None` if it is the default, or if there
    /// are no calls.
    pub min_gap: Option<MinGap>,
    /// State of the lane. `None` if callers pull.
    pub state: Option<&'static str>,
    pub paused: Option<PausedOut>,
    pub cooling_until: Option<Timestamp>,
    /// Number of different touchpoints in a row that have failed.
    pub failures: usize,
    pub secret: Option<SecretOut>,
}

/// The pause of a lane.
#[derive(Serialize)]
pub struct PausedOut {
    pub since: Timestamp,
    pub by: &'static str,
}

/// State of the secret of a webhook. Its text is not in it.
#[derive(Serialize)]
pub struct SecretOut {
    pub is_shown: bool,
    /// End of the validity of the secret before. `None` if there is no rotation.
    pub previous_until: Option<Timestamp>,
}

impl DestinationOut {
    /// Reads a destination with its lane and its secret.
    ///
    /// # Errors
    /// The errors of a read of the store.
    pub async fn read(
        store: &Store,
        account: AccountId,
        destination: &Destination,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let Some(receiver) = destination.receiver() else {
            return Ok(Self::new(destination, None, None, now));
        };
        let name = &destination.name;
        let lane = store.lane(account, name).await?.of(receiver);
        let secrets = store.webhook_secrets(account, name).await?;
        Ok(Self::new(destination, Some(&lane), secrets.as_ref(), now))
    }

    fn new(
        destination: &Destination,
        lane: Option<&Lane>,
        secrets: Option<&WebhookSecrets>,
        now: Timestamp,
    ) -> Self {
        let rate = match lane {
            Some(_) => Some(destination.push_rate()),
            None => destination.rate,
        };
        let paused = lane.and_then(|lane| lane.paused);
        let cooling = lane.and_then(|lane| lane.cooling_until);
        Self {
            name: destination.name.clone(),
            channels: destination.channels.clone(),
            webhook: destination.webhook().map(ToString::to_string),
            pull: destination.webhook().is_none(),
            rate: rate.map(|it| f64::from(it.in_ten_seconds()) / 10.0),
            burst: rate.map(|it| it.burst()),
            expires_after: destination.timing.expires_after,
            outcome_timeout: destination.timing.outcome_timeout,
            min_gap: destination.timing.min_gap,
            state: lane.map(|lane| match lane.state(now) {
                LaneState::Open => "open",
                LaneState::Probe => "probing",
                LaneState::Closed(_) if cooling.is_some_and(|it| now < it) => "cooling",
                LaneState::Closed(_) => "probing",
                LaneState::Paused => "paused",
            }),
            paused: paused.map(|it| PausedOut {
                since: it.since,
                by: match it.by {
                    PausedBy::Receiver => "receiver",
                    PausedBy::Operator => "operator",
                },
            }),
            cooling_until: cooling.filter(|it| now < *it),
            failures: lane.map_or(0, |lane| lane.failed.len()),
            secret: secrets.map(|secrets| SecretOut {
                is_shown: secrets.is_shown,
                previous_until: previous_until(secrets, now),
            }),
        }
    }
}

/// Returns the end of the validity of the secret before. `None` if it is not valid any more.
pub fn previous_until(secrets: &WebhookSecrets, now: Timestamp) -> Option<Timestamp> {
    let (_, until) = secrets.previous.as_ref()?;
    Some(*until).filter(|until| now < *until)
}
